"""The frontier of the data in use, kept for this session: found on half of the rows, reported on the other half."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from engine.assessment import Assessment
from engine.counting.counted import Index
from engine.counting.table import CountTable
from engine.frontier import FrontierResult, Point, Reported, Request, find
from engine.frontier.effects import Effects, effects
from engine.frontier.split import halves, held_out, index_of
from engine.frontier.stops import Line, lines
from engine.policy import Policy, PolicyKind
from engine.types import Dataset
from pages.parts import cache

ENTRIES = 4   # a frontier of a million rows takes some 50 MB


@dataclass(frozen=True, eq=False)
class Found:
    """A frontier, how it is drawn, and the request in words that names it."""

    result: FrontierResult
    lines: dict[PolicyKind, Line]
    key: str

    @property
    def request(self) -> Request:
        """What was asked."""
        return self.result.request

    @property
    def attributes(self) -> tuple[str, ...]:
        """Of the groups."""
        return self.result.groups.attributes


def frontier(data: Dataset, attributes: tuple[str, ...], request: Request) -> Found:
    """Return the frontier of the score in use over the groups of some attributes."""
    return _found(data.fingerprint, data.score, attributes, repr(request), _data=data, _request=request)


def point(data: Dataset, found: Found, kind: PolicyKind, bound: float) -> Point:
    """Return the best policy of a kind within a bound."""
    return _chosen(data.fingerprint, data.score, found.key, kind, bound, _found=found)[0]


def reported(data: Dataset, found: Found, kind: PolicyKind, bound: float) -> Reported | None:
    """Return what that policy gives on the rows that were not used to find it."""
    return _chosen(data.fingerprint, data.score, found.key, kind, bound, _found=found)[1]


def everybody(data: Dataset, found: Found, policy: Policy) -> Assessment:
    """Return what a policy does to all rows: the numbers of the threshold page."""
    from engine.assessment import Request as Assessed

    asked = found.request
    every = together(found.attributes, policy)
    return cache.assessment(data, every, Assessed(policy, (found.attributes,), asked.level, asked.min_group,
                                                  asked.cost_fp, asked.cost_fn))


def together(attributes: tuple[str, ...], *policies: Policy) -> tuple[str, ...]:
    """Return attributes and those that policies need besides, in order."""
    return tuple(dict.fromkeys((*attributes, *(name for policy in policies for name in policy.attributes))))


def affected(data: Dataset, found: Found, policy: Policy, baseline: Policy) -> Effects:
    """Return who is affected, of all rows, when one policy replaces another."""
    index = cache.score_index(data, together(found.attributes, policy, baseline))
    return effects(index, found.attributes, policy, baseline, data.roles.favourable)


def all_affected(data: Dataset, found: Found, baseline: Policy) -> dict[PolicyKind, list[Effects | None]]:
    """Return who is affected by each point that is drawn, against the policy in use."""
    return _affected(data.fingerprint, data.score, found.key, repr(baseline), _data=data, _found=found,
                     _baseline=baseline)


def placed(data: Dataset, found: Found, policy: Policy) -> tuple[float, float]:
    """Return disparity and utility of any policy on the rows where the frontier was found; NaN where it cannot be."""
    if set(policy.attributes) - set(found.attributes):
        return np.nan, np.nan
    utility, disparity = found.result.realised(policy)
    return disparity, utility


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner="Halving the rows")
def _halves(
    fingerprint: str, score: str | None, attributes: tuple[str, ...], share: float, seed: int, _data: Dataset
) -> tuple[Index, Index]:
    if _data.counts is not None:
        return halves(CountTable.build(_data, attributes), share, seed)
    kept = held_out(_data, attributes, share, seed)
    return index_of(_data, attributes, ~kept), index_of(_data, attributes, kept)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner="Finding the best trade-offs")
def _found(
    fingerprint: str, score: str | None, attributes: tuple[str, ...], request: str, _data: Dataset, _request: Request
) -> Found:
    first, second = _halves(fingerprint, score, attributes, _request.test_size, _request.seed, _data=_data)
    result = replace(find(_data, replace(_request, attributes=attributes), first), reported_on=second)
    return Found(result, lines(result), f"{attributes} {request}")


@st.cache_resource(scope="session", max_entries=64, show_spinner=False)
def _chosen(
    fingerprint: str, score: str | None, key: str, kind: PolicyKind, bound: float, _found: Found
) -> tuple[Point, Reported | None]:
    chosen = _found.result.at(kind, bound)
    return chosen, _found.result.test(chosen)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner=False)
def _affected(
    fingerprint: str, score: str | None, key: str, baseline: str, _data: Dataset, _found: Found, _baseline: Policy
) -> dict[PolicyKind, list[Effects | None]]:
    return {kind: [None if each.policy is None else affected(_data, _found, each.policy, _baseline)
                   for each in line.points] for kind, line in _found.lines.items()}
