"""Rates with their intervals, denominators and, where undefined, reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.counting.counts import GroupCounts
from engine.intervals import auc_bounds, bootstrap_cells, cost_bounds, quantile, square_and_add, wilson
from engine.metrics import AUC, PROPORTIONS, RATES, Costs, denominator, proportions, rate_values
from engine.types import Estimates, Favourable, Floats

REPLICATES = 2000
NO_OUTCOME_COLUMN = "not estimable: the data has no outcome column"


@dataclass(frozen=True)
class Reading:
    """How counts are read: which decision is favourable, what errors cost, the level of intervals."""

    favourable: Favourable
    costs: Costs
    level: float
    has_outcome: bool


def estimate_rates(
    counts: GroupCounts, names: Sequence[str], reading: Reading, rng: np.random.Generator
) -> dict[str, Estimates]:
    """Return every registered rate of every group with interval, denominator and reason.

    Parameters
    ----------
    counts
        (G,) groups.
    names
        (G,) names, used in reasons.
    rng
        For the one interval that is resampled (Matthews correlation).

    Returns
    -------
    dict
        Key of `RATES` to `Estimates`. Wilson for proportions; F1 is a monotone function of the proportion
        TP / (TP + FP + FN) and takes that one's Wilson bounds; balanced accuracy square-and-add; expected cost
        square-and-add with the multinomial correlation; Matthews correlation a Poisson bootstrap on cells.
    """
    values = rate_values(counts, reading.favourable, reading.costs)
    bounds = rate_bounds(counts, values, reading)
    bounds["matthews_correlation"] = resampled_bounds(counts, values["matthews_correlation"], reading, rng)
    estimates = {}
    for key, rate in RATES.items():
        rows, _ = denominator(counts, key)
        blank = rate.needs_outcome and not reading.has_outcome
        value = np.full(len(names), np.nan) if blank else values[key]
        reasons = tuple(
            _reason(name, v, low, rate.undefined, blank)
            for name, v, low in zip(names, value, bounds[key][0], strict=True)
        )
        low, high = (np.where(np.isnan(value), np.nan, bound) for bound in bounds[key])
        estimates[key] = Estimates(value, low, high, rows, reasons)
    return estimates


def estimate_areas(
    areas: Sequence[tuple[float, float]], counts: GroupCounts, names: Sequence[str], reading: Reading
) -> Estimates:
    """Return the area under each group's ROC curve with its DeLong interval on the logit scale."""
    value, error = (np.array(column, dtype=np.float64) for column in zip(*areas, strict=True))
    low, high = auc_bounds(value, error, rarer(counts), quantile(reading.level))
    blank = not reading.has_outcome
    reasons = tuple(_reason(name, v, 0.0, AUC.undefined, blank) for name, v in zip(names, value, strict=True))
    return Estimates(value, low, high, denominator(counts, "accuracy")[0], reasons)


def rarer(counts: GroupCounts) -> Floats:
    """Return the effective rows of the rarer outcome, per group."""
    return np.minimum(denominator(counts, "true_positive_rate")[1], denominator(counts, "false_positive_rate")[1])


def rate_bounds(
    counts: GroupCounts, values: Mapping[str, Floats], reading: Reading
) -> dict[str, tuple[Floats, Floats]]:
    """Return the bounds of every rate that has them in closed form; leading axes (a sweep) allowed."""
    z = quantile(reading.level)
    shares, below = proportions(counts, reading.favourable)
    if counts.squares is not None:
        below = np.stack([denominator(counts, key)[1] for key in PROPORTIONS], axis=-1)
    low, high = wilson(shares, below, z)
    found = {key: (low[..., i], high[..., i]) for i, key in enumerate(PROPORTIONS)}
    found["balanced_accuracy"] = _half_sum(values, found)
    found["f1"] = _f1(counts, values["f1"], z)
    _, known = denominator(counts, "expected_cost")
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = tuple(np.where(known > 0, cell / _labelled(counts), np.nan) for cell in (counts.fp, counts.fn))
    costs = (reading.costs.false_positive, reading.costs.false_negative)
    found["expected_cost"] = cost_bounds(costs, (errors[0], errors[1]), known, z)[1]
    return found


def _labelled(counts: GroupCounts) -> Floats:
    return np.asarray(counts.values[..., :4].sum(axis=-1), dtype=np.float64)


def _half_sum(values: Mapping[str, Floats], found: Mapping[str, tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    tpr, tnr = "true_positive_rate", "true_negative_rate"
    low, high = square_and_add(values[tpr], found[tpr], -values[tnr], (-found[tnr][1], -found[tnr][0]))
    return low / 2, high / 2


def _f1(counts: GroupCounts, value: Floats, z: float) -> tuple[Floats, Floats]:
    low, high = wilson(value / (2 - value), denominator(counts, "f1")[1], z)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def resampled_bounds(
    counts: GroupCounts, value: Floats, reading: Reading, rng: np.random.Generator, replicates: int = REPLICATES
) -> tuple[Floats, Floats]:
    """Return percentile bounds of the Matthews correlation; NaN where over one draw in twenty is itself undefined."""
    cells = np.asarray(counts.values, dtype=np.float64)
    if counts.squares is not None:   # as many rows as the weights are worth
        total, square = cells.sum(axis=-1, keepdims=True), counts.squares.sum(axis=-1, keepdims=True)
        cells = np.divide(cells * total, square, out=np.zeros_like(cells), where=square > 0)
    draws = bootstrap_cells(cells, replicates, rng)
    drawn = RATES["matthews_correlation"].formula
    sample = drawn(GroupCounts(draws, draws), reading.costs) if drawn else draws[..., 0]
    usable = np.isnan(value) | (np.isnan(sample).mean(axis=0) <= 0.05)
    sample = np.where(np.isnan(sample), 0.0, sample)
    tail = (1 - reading.level) / 2
    low, high = np.quantile(sample, [tail, 1 - tail], axis=0)
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)


def _reason(name: str, value: float, low: float, undefined: str, blank: bool) -> str | None:
    if blank:
        return NO_OUTCOME_COLUMN
    if np.isnan(value):
        return f"not estimable: {name} {undefined}"
    return "no interval: too few rows to resample" if np.isnan(low) else None
