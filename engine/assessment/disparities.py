"""Disparities over groups: highest against lowest, with an interval that covers and a noise band; and each against one.

The largest of many noisy gaps is too large and its bootstrap interval never contains 0 when all groups are equal.
So a max-min number carries simultaneous bounds of all pairs and the gap that chance alone makes between equal groups.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan

import numpy as np

from engine.assessment.rates import Reading, rarer
from engine.counting.counts import GroupCounts
from engine.intervals import Bounds, auc_bounds, mover_ratio, quantile, square_and_add, wilson
from engine.metrics import AUC, DISPARITIES, ERROR_ODDS, PROPORTIONS, RATES, DisparityRule, denominator
from engine.types import Estimates, Floats

DRAWS = 2000
NO_BAND = "no noise band: no pooled null is defined for it"


@dataclass(frozen=True)
class Disparity:
    """The gap (highest minus lowest) or ratio (lowest over highest) of a rate over groups.

    `low`, `high` cover the true value at least at the level, equal groups included; `interval` names the method.
    `noise_high` is where chance alone reaches between equal groups (the level's quantile of the gap; of a ratio, the
    low end); `p_value` the chance of a disparity at least this large between equal groups.
    """

    value: float
    low: float
    high: float
    noise_high: float
    p_value: float
    reason: str | None
    noise_reason: str | None
    highest: str | None
    lowest: str | None
    left_out: tuple[tuple[str, str], ...]
    interval: str


@dataclass(frozen=True, eq=False)
class Compared:
    """One rate of all groups, ready to be compared: values, bounds at any z, and the binomial behind it if any."""

    value: Floats
    bounds: Callable[[float], Bounds]
    n: Floats | None                       # effective denominators; None where no binomial is behind it
    undefined: str
    reasons: tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class _Gap:
    """A max-min number before its sentence: value, bounds, draws of the same number between equal groups."""

    value: float
    low: float
    high: float
    null: Floats | None
    highest: int
    lowest: int
    groups: int


def compared(
    counts: GroupCounts, rates: Mapping[str, Estimates], areas: Estimates, area_errors: Floats, reading: Reading
) -> dict[str, Compared]:
    """Return every rate that a disparity compares, by key."""
    found: dict[str, Compared] = {}
    for key in {key for rule in DISPARITIES.values() for key in rule.rates} & set(PROPORTIONS):
        share, (_, n) = rates[key].value, denominator(counts, key)
        found[key] = Compared(share, _wilson(share, n), n, RATES[key].undefined, rates[key].reasons)
    odds = _error_odds(counts, reading)
    found[ERROR_ODDS.key] = odds
    smaller = rarer(counts)
    found[AUC.key] = Compared(
        areas.value, lambda z: auc_bounds(areas.value, area_errors, smaller, z), None, AUC.undefined, areas.reasons
    )
    return found


def disparity(
    rule: DisparityRule, found: Mapping[str, Compared], names: Sequence[str], sizes: Floats, min_group: int,
    level: float, rng: np.random.Generator,
) -> Disparity:
    """Return one disparity over the groups that are large enough and whose rate is estimable.

    Parameters
    ----------
    rule
        Row of `DISPARITIES`. With several rates (equalized odds) the largest of their gaps; each at half the error.
    found
        From `compared`.
    sizes, min_group
        Groups with fewer rows are left out, and listed.
    level
        Of the interval and of the noise band.
    rng
        Left as it was: every disparity has the same draws, so that two that are the same number have the same band.
    """
    parts, left_out = [], {}
    rng = copy.deepcopy(rng)
    each = 1 - (1 - level) / len(rule.rates)
    for key in rule.rates:
        rate = found[key]
        for g, name in enumerate(names):
            if sizes[g] < min_group:
                left_out[name] = f"{int(sizes[g])} rows, fewer than {min_group}"
            elif isnan(rate.value[g]):
                left_out[name] = rate.reasons[g] or f"not estimable: {name} {rate.undefined}"
        kept = np.flatnonzero((sizes >= min_group) & ~np.isnan(rate.value))
        parts.append(_gap(rule, rate, kept, each, rng) if len(kept) > 1 else None)
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts) or any(isnan(part.value) for part in whole):
        return _none(rule, len(whole) == len(parts), min_group, left_out)
    return _settled(rule, whole, names, tuple(left_out.items()), level)


def against_reference(
    rates: Mapping[str, Estimates], reference: int, names: Sequence[str]
) -> dict[str, dict[str, Estimates]]:
    """Return each group's rates minus, and over, the reference group's, with intervals; by rate and disparity key."""
    difference, ratio = {}, {}
    for key, rate in rates.items():
        ours, theirs = rate.value, np.full(len(names), rate.value[reference])
        bounds = (rate.low, rate.high)
        base = (np.full(len(names), rate.low[reference]), np.full(len(names), rate.high[reference]))
        difference[key] = _pairs(rate, ours - theirs, square_and_add(ours, bounds, theirs, base), reference, names)
        if key != "matthews_correlation":   # may be negative: a ratio of it means nothing
            with np.errstate(divide="ignore", invalid="ignore"):
                quotient = np.where(theirs > 0, ours / theirs, nan)
            ratio[key] = _pairs(rate, quotient, mover_ratio(ours, bounds, theirs, base), reference, names)
    for rule in DISPARITIES.values():
        kind = difference if rule.form == "difference" else ratio
        if len(rule.rates) == 1 and rule.rates[0] in kind:
            kind[rule.key] = kind[rule.rates[0]]
    return {"difference": difference, "ratio": ratio}


def _pairs(rate: Estimates, value: Floats, bounds: Bounds, reference: int, names: Sequence[str]) -> Estimates:
    reasons: list[str | None] = []
    for g in range(len(names)):
        if g == reference:
            reasons.append("this is the reference group")
        elif rate.reasons[g] or rate.reasons[reference]:
            reasons.append(rate.reasons[g] or rate.reasons[reference])
        else:
            reasons.append(f"not estimable: the rate of {names[reference]} is 0" if isnan(value[g]) else None)
    blank = np.isnan(value) | (np.arange(len(names)) == reference)
    low, high = (np.where(blank | ~np.isfinite(bound), nan, bound) for bound in bounds)
    reasons = [r if r or not isnan(high[g]) else f"no upper bound: the rate of {names[reference]} may be 0"
               for g, r in enumerate(reasons)]
    return Estimates(np.where(blank, nan, value), low, high, rate.n, tuple(reasons))


def _wilson(share: Floats, n: Floats) -> Callable[[float], Bounds]:
    return lambda z: wilson(share, n, z)


def _error_odds(counts: GroupCounts, reading: Reading) -> Compared:
    """Return false negatives per false positive: the odds of a share of errors, so its Wilson bounds transformed."""
    _, n = denominator(counts, ERROR_ODDS.key)
    value = ERROR_ODDS.formula(counts, reading.costs) if ERROR_ODDS.formula else np.full(len(n), nan)
    value = value if reading.has_outcome else np.full(len(n), nan)
    share = value / (1 + value)

    def bounds(z: float) -> Bounds:
        low, high = wilson(share, n, z)
        return low / (1 - low), np.where(high < 1, high / np.maximum(1 - high, 1e-300), inf)

    return Compared(value, bounds, None, ERROR_ODDS.undefined, (None,) * len(n))


def _gap(rule: DisparityRule, rate: Compared, kept: np.ndarray, level: float, rng: np.random.Generator) -> _Gap:
    value = rate.value[kept]
    top, bottom = int(kept[value.argmax()]), int(kept[value.argmin()])
    observed = _extreme(rule, value)
    if isnan(observed):
        return _Gap(nan, nan, nan, None, top, bottom, len(kept))
    pairs = len(kept) * (len(kept) - 1) // 2
    bounds = tuple(bound[kept] for bound in rate.bounds(quantile(1 - (1 - level) / pairs)))
    low, high = _simultaneous(rule, value, (bounds[0], bounds[1]))
    null = None if rate.n is None else _equal_groups(rule, value, rate.n[kept], rng)
    return _Gap(observed, low, high, null, top, bottom, len(kept))


def _extreme(rule: DisparityRule, values: Floats) -> float:
    high, low = float(values.max()), float(values.min())
    if rule.form == "difference":
        return high - low
    return low / high if high > 0 else nan


def _simultaneous(rule: DisparityRule, value: Floats, bounds: Bounds) -> tuple[float, float]:
    """Return bounds of the max-min number from those of every ordered pair; two groups: folded at the ideal value."""
    i, j = np.nonzero(~np.eye(len(value), dtype=bool))
    one, other = (value[i], (bounds[0][i], bounds[1][i])), (value[j], (bounds[0][j], bounds[1][j]))
    if rule.form == "difference":
        low, high = square_and_add(one[0], one[1], other[0], other[1])
        return max(0.0, float(low.max())), float(high.max())
    low, high = mover_ratio(one[0], one[1], other[0], other[1])
    return float(low.min()), min(1.0, float(high.min()))


def _equal_groups(rule: DisparityRule, share: Floats, n: Floats, rng: np.random.Generator) -> Floats:
    """Return the same number in draws where all groups share the pooled rate."""
    pooled = float(np.clip(share @ n / n.sum(), 0, 1))
    size = np.maximum(np.rint(n).astype(np.int64), 1)
    drawn = rng.binomial(size, pooled, (DRAWS, len(size))) / size
    high, low = drawn.max(axis=1), drawn.min(axis=1)
    if rule.form == "difference":
        gap: Floats = high - low
        return gap
    ratio: Floats = np.divide(low, high, out=np.ones(DRAWS), where=high > 0)
    return ratio


def _settled(
    rule: DisparityRule, parts: Sequence[_Gap], names: Sequence[str], left_out: tuple[tuple[str, str], ...],
    level: float,
) -> Disparity:
    worst = max(parts, key=lambda part: part.value) if rule.form == "difference" else parts[0]
    low, high = max(part.low for part in parts), max(part.high for part in parts)
    noise_high, p_value = nan, nan
    nulls = [part.null for part in parts if part.null is not None]
    many = max(part.groups for part in parts) > 2
    if len(nulls) == len(parts):
        null = np.max(nulls, axis=0)
        extreme = null >= worst.value - 1e-12 if rule.form == "difference" else null <= worst.value + 1e-12
        p_value = (1 + int(extreme.sum())) / (1 + len(null))
        noise_high = float(np.quantile(null, level if rule.form == "difference" else 1 - level))
        if many and p_value > 1 - level:
            low, high = (0.0, high) if rule.form == "difference" else (low, 1.0)
    reason = None
    if not np.isfinite(high):
        high, reason = nan, "no upper bound: a denominator may be 0"
    return Disparity(
        worst.value, low, high, noise_high, p_value, reason, None if nulls else NO_BAND,
        names[worst.highest], names[worst.lowest], left_out, _method(rule, many),
    )


def _method(rule: DisparityRule, many: bool) -> str:
    kind = "Newcombe" if rule.form == "difference" else "MOVER"
    if AUC.key in rule.rates or ERROR_ODDS.key in rule.rates:
        kind = "square-and-add"
    if many:
        words = f"simultaneous {kind} bounds of all pairs (Bonferroni)"
        return words if kind == "square-and-add" else f"{words}, to the ideal value when equal groups are not rejected"
    both = ", the larger of its two gaps at half the error each" if len(rule.rates) > 1 else ""
    return f"signed {kind} interval folded at the ideal value{both}"


def _none(rule: DisparityRule, compared_any: bool, min_group: int, left_out: Mapping[str, str]) -> Disparity:
    reason = f"not estimable: fewer than two groups of {min_group} rows or more with an estimable rate"
    if compared_any:
        reason = "not estimable: the rate is 0 in every group"
    return Disparity(nan, nan, nan, nan, nan, reason, reason, None, None, tuple(left_out.items()), _method(rule, False))
