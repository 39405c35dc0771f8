"""Sharp bounds where some rows' group is unknown: every disparity over all ways to give those rows a group.

The largest gap gives one group all unknown rows that raise its rate and another all that lower it. The smallest gap is
that of the narrowest window that holds all rates: its ends are found apart, as rows that raise a low rate are not those
that lower a high one. Manski 2003, Partial identification of probability distributions, for the approach.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from engine.assessment import GroupingResult
from engine.metrics import DISPARITIES
from engine.types import MISSING, Favourable, Floats

# Of the count slots tp, fp, fn, tn, selected without outcome, rejected without: what a rate counts, and what else it
# divides by.
PARTS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "selection_rate": ((0, 1, 4), (2, 3, 5)), "true_positive_rate": ((0,), (2,)), "false_positive_rate": ((1,), (3,)),
    "precision": ((0,), (1,)), "accuracy": ((0, 3), (1, 2)),
}
OF: dict[str, tuple[str, ...]] = {
    "demographic_parity_difference": ("selection_rate",), "demographic_parity_ratio": ("selection_rate",),
    "disparate_impact_ratio": ("favourable_rate",), "equal_opportunity_difference": ("true_positive_rate",),
    "predictive_equality_difference": ("false_positive_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "predictive_parity_difference": ("precision",), "accuracy_difference": ("accuracy",),
}
_STEPS = 100


@dataclass(frozen=True)
class Bounds:
    """The smallest and largest value of a disparity, its value with the unknown rows ignored, and why there is none."""

    low: float
    high: float
    ignoring_unknown: float
    reason: str | None = None


def bounds(result: GroupingResult, favourable: Favourable = "selected") -> Mapping[str, Bounds]:
    """Return the bounds of every disparity of a grouping over all assignments of rows whose group is missing.

    Groups with fewer known rows than the minimum are compared with nobody but may be given unknown rows. Both bounds
    are attained; with more than two groups, with groups left out or with weights, the end nearer to parity up to the
    rounding to whole rows.

    Parameters
    ----------
    result
        Counts per group, one of whose levels may be `MISSING`.
    favourable
        Which decision is good for the person.
    """
    unknown = np.array([MISSING in levels for levels in result.levels])
    counts = np.asarray(result.counts.values, dtype=np.float64)
    kept = ~unknown & (result.sizes >= result.min_group)
    spare = bool((~unknown & ~kept & (result.sizes > 0)).any())
    whole = bool(np.issubdtype(result.counts.values.dtype, np.integer))
    found = {}
    for key, rule in DISPARITIES.items():
        if key not in OF:
            found[key] = _none("not estimable here: it is no share of rows")
            continue
        parts = [_bounds_of(counts, kept, unknown, rate, favourable, rule.form == "ratio", spare, whole)
                 for rate in OF[key]]
        # Two rates count different rows, so that both can be at their ends at once.
        wrong = next((part.reason for part in parts if part.reason), None)
        found[key] = _none(wrong) if wrong else Bounds(*(max(getattr(part, end) for part in parts)
                                                         for end in ("low", "high", "ignoring_unknown")))
    return found


def _bounds_of(
    counts: Floats, kept: np.ndarray, unknown: np.ndarray, rate: str, favourable: Favourable, ratio: bool, spare: bool,
    whole: bool,
) -> Bounds:
    up, down = PARTS["selection_rate" if rate == "favourable_rate" else rate]
    if rate == "favourable_rate" and favourable == "not-selected":
        up, down = down, up
    raising, lowering = counts[:, up].sum(axis=1), counts[:, down].sum(axis=1)
    estimable = kept & (raising + lowering > 0)
    if estimable.sum() < 2:
        return _none("not estimable: fewer than two groups are large enough and have the rate")
    some = float(raising[unknown].sum()), float(lowering[unknown].sum())
    hits, misses = raising[estimable], lowering[estimable]
    shares = hits / (hits + misses)
    compare = _ratio if ratio else lambda low, high: high - low
    now = compare(float(shares.min()), float(shares.max()))
    near = compare(*_window(hits, misses, some, spare))
    if whole and len(hits) == 2 and not spare:
        near = _two(hits, misses, some, compare, ratio)
    far = _furthest(hits, misses, some, compare, ratio)
    return Bounds(min(near, far), max(near, far), now) if math.isfinite(now + near + far) else _none(
        "not estimable: no row counts in any group")


def _furthest(
    hits: Floats, misses: Floats, some: tuple[float, float], compare: Callable[[float, float], float], ratio: bool
) -> float:
    """Return the disparity when one group is given all that raises it and another all that lowers it."""
    found = []
    for high, low in permutations(range(len(hits)), 2):
        top = (hits[high] + some[0]) / (hits[high] + some[0] + misses[high])
        bottom = hits[low] / (hits[low] + misses[low] + some[1])
        found.append(compare(float(min(top, bottom)), float(max(top, bottom))))
    return min(found) if ratio else max(found)


def _window(hits: Floats, misses: Floats, some: tuple[float, float], spare: bool) -> tuple[float, float]:
    """Return the ends of the narrowest window that can hold all rates."""
    def lifted(low: float) -> float:
        return float(np.clip((low * (hits + misses) - hits) / (1 - low), 0, None).sum()) if low < 1 else math.inf

    def lowered(high: float) -> float:
        return float(np.clip(hits / high - hits - misses, 0, None).sum()) if high > 0 else math.inf

    low = _last(lambda rate: lifted(rate) <= some[0], 0.0, 1.0)
    high = _last(lambda rate: lowered(rate) <= some[1], 1.0, 0.0)
    everybody = float((hits.sum() + some[0]) / (hits.sum() + misses.sum() + sum(some)))
    middle = (low + high) / 2 if spare else everybody   # spare: rows that no compared group needs go to the others
    return min(low, middle), max(high, middle)


def _last(holds: Callable[[float], bool], inside: float, beyond: float) -> float:
    if holds(beyond):
        return beyond
    for _ in range(_STEPS):
        middle = (inside + beyond) / 2
        inside, beyond = (middle, beyond) if holds(middle) else (inside, middle)
    return inside


def _two(
    hits: Floats, misses: Floats, some: tuple[float, float], compare: Callable[[float, float], float], ratio: bool
) -> float:
    """Return the smallest disparity of two groups in whole rows: for each split of the hits, the best two splits."""
    first = np.arange(int(some[0]) + 1, dtype=np.float64)
    total, all_hits = hits.sum() + misses.sum() + sum(some), hits.sum() + some[0]
    mine = hits[0] + first
    ideal = (total * mine / all_hits if all_hits else mine) - mine - misses[0]
    splits = np.clip(np.stack([np.floor(ideal), np.ceil(ideal)]), 0, some[1])
    one = mine / (mine + misses[0] + splits)
    rest = all_hits - mine
    other = rest / (rest + misses[1] + some[1] - splits)
    low, high = np.minimum(one, other), np.maximum(one, other)
    if ratio:
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.nanmax(np.where(high > 0, low / high, np.nan))) if all_hits else math.nan
    return float((high - low).min())


def _ratio(low: float, high: float) -> float:
    return low / high if high > 0 else math.nan


def _none(reason: str | None) -> Bounds:
    return Bounds(math.nan, math.nan, math.nan, reason)
