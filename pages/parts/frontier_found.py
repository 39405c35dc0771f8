"""The frontier of the data in use, kept for this session: found on half of the rows, reported on the other half."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st

from engine.assessment import Assessment
from engine.counting.counted import Index
from engine.counting.table import CountTable
from engine.frontier import FrontierResult, Point, Reported, Request, find
from engine.frontier.effects import Effects, effects
from engine.frontier.split import halves, held_out, index_of
from engine.frontier.stops import Line, lines
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import Policy, PolicyKind
from engine.types import Cancelled, Dataset, Progress
from pages.parts import answers, cache

ENTRIES = 4   # a frontier of a million rows takes some 50 MB
SEARCH = answers.Kind("frontier", "Finding the best trade-offs", "Find the best trade-offs", ENTRIES)
SLOW = replace(SEARCH, patience=1.0)   # few rows: mostly done before a progress bar would be read
Halves = tuple[Index, Index]


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


def frontier(data: Dataset, attributes: tuple[str, ...], request: Request) -> Found | None:
    """Return the frontier of the score in use over the groups of some attributes; None while it is searched for.

    One rate and a linear utility are quick; F1, equalised odds and limits take many searches, and many rows take long.
    """
    asked = replace(request, attributes=attributes)
    few = data.counts is not None or data.n <= answers.MANY
    linear = UTILITIES[asked.utility].linear is not None and not asked.limits
    quick = linear and len(DISPARITIES[asked.disparity].rates) == 1
    return answers.found(SLOW if few else SEARCH, repr((data.fingerprint, data.score, asked)),
                         partial(_search, data, asked, _halves_kept(data, asked)), at_once=few and quick)


def _search(
    data: Dataset, request: Request, halves_kept: Halves | None, progress: Progress, cancelled: Cancelled
) -> Found:
    progress(0.0, "halving the rows")
    first, second = halves_kept or _halved(data, request)
    progress(0.1, "sorting operating points")
    result = replace(find(data, request, first), reported_on=second)
    found = lines(result, lambda share, words: progress(0.2 + 0.8 * share, words), cancelled)
    if found and data.n > answers.MANY:
        result.test(next(iter(found.values())).points[0])   # merges the other half's scores here, once for all points
    return Found(result, found, repr(request))


def _halved(data: Dataset, request: Request) -> Halves:
    attributes = request.attributes or ()
    if data.counts is not None:
        return halves(CountTable.build(data, attributes), request.test_size, request.seed)
    kept = held_out(data, attributes, request.test_size, request.seed)
    return index_of(data, attributes, ~kept), index_of(data, attributes, kept)


def _halves_kept(data: Dataset, request: Request) -> Halves | None:
    """Return the halves of an earlier search that had the same ones; sorting them again would take longest."""
    for found in answers.kept(SEARCH):
        result: FrontierResult = found.result
        same = [(each.attributes, each.test_size, each.seed) for each in (result.request, request)]
        if result.dataset is data and same[0] == same[1] and result.reported_on is not None:
            return result.found_on, result.reported_on
    return None


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
