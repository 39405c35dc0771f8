"""Who pays for a point: the persons who change sides, and the groups that only got worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.frontier import FrontierResult
from engine.metrics import rate_values
from engine.policy import Policy, PolicyKind
from engine.thresholds.changes import Changes, changes
from engine.types import Favourable

SAME = 1e-12


@dataclass(frozen=True, eq=False)
class Effects:
    """What a policy changes against a baseline, per group: who changes sides, and which groups only got worse."""

    changes: Changes
    worse: NDArray[np.bool_]   # (G,) levelled down


def effects(
    index: ScoreIndex | CountTable, attributes: Sequence[str], policy: Policy, baseline: Policy, favourable: Favourable
) -> Effects:
    """Return what a policy changes for each group against a baseline.

    A group only got worse (levelling down) when fewer of its people get the favourable decision while decisions about
    them are no more often right: parity was then bought by taking from it and giving it nothing. Where no outcome is
    known, the favourable decision alone tells.

    Parameters
    ----------
    index
        Counts over at least the attributes of the grouping and of both policies.
    attributes
        The grouping.
    favourable
        Which decision is good for the person.

    References
    ----------
    Mittelstadt, Wachter and Russell 2023, The unfairness of fair machine learning: levelling down and strict
    egalitarianism by default.
    """
    groups, place = index.groups.project(attributes)
    after, before = (rate_values(index.under(p).fold(place, len(groups)), favourable) for p in (policy, baseline))
    fewer = after["favourable_rate"] < before["favourable_rate"] - SAME
    righter = after["accuracy"] > before["accuracy"] + SAME
    return Effects(changes(index, attributes, policy, baseline), fewer & ~righter)


def price_of(result: FrontierResult, kind: PolicyKind, bound: float) -> float:
    """Return the utility that a kind of policy gives up at a bound, against lots: 0 or more; NaN where there is none.

    For ``deterministic`` it is the price of not drawing lots, for ``common`` that of one common threshold.
    """
    return result.at("randomised", bound).utility - result.at(kind, bound).utility
