"""Gaps between the cells' mean predictions: simultaneous bounds, and what chance alone makes between equal cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.intervals import Bounds, quantile, square_and_add, wilson
from engine.types import Codes, Estimate, Estimates, Floats, Ints

DRAWS = 2_000


@dataclass(frozen=True, eq=False)
class CellMeans:
    """A number per cell: a mean, a rate per exposure, or a share of selected rows (`share`)."""

    value: Floats     # (G,) NaN where a cell has no rows
    error: Floats     # (G,) standard error; NaN below two rows
    rows: Ints        # (G,)
    size: Floats      # (G,) effective rows: Kish's where rows have weights
    share: bool

    def bounds(self, z: float) -> Bounds:
        """Return bounds per cell: Wilson's of a share, else normal ones; NaN where there is no error."""
        if self.share:
            return wilson(self.value, np.where(self.size > 0, self.size, np.nan), z)
        return self.value - z * self.error, self.value + z * self.error

    def estimates(self, names: Sequence[str], level: float) -> Estimates:
        """Return the cells' numbers with their intervals, one by one and not simultaneous; small cells by Student."""
        from scipy.special import stdtrit

        low, high = self.bounds(quantile(level))
        if not self.share:
            with np.errstate(invalid="ignore"):
                wide = np.where(self.size > 1, stdtrit(np.maximum(self.size - 1, 1), 0.5 + level / 2), np.nan)
            low, high = self.value - wide * self.error, self.value + wide * self.error
        reasons = tuple(
            f"not estimable: {name} has no rows" if rows == 0
            else f"no interval: {name} has one row" if rows == 1 and not self.share else None
            for name, rows in zip(names, self.rows, strict=True)
        )
        return Estimates(self.value, low, high, self.rows.astype(np.float64), reasons)


def cell_means(
    values: Floats, codes: Codes | Ints, cells: int, weight: Floats | None = None, unit: Floats | None = None,
    share: bool = False,
) -> CellMeans:
    """Return each cell's weighted sum of values over its weighted sum of units (1 where not given).

    Parameters
    ----------
    values
        (n,) predictions; 0 and 1 where `share`.
    unit
        (n,) exposure, so that the number is a rate per exposure.

    Returns
    -------
    means
        The error is the linearised one of a ratio of sums (Cochran 1977, chapter 2), of a mean where units are 1.
    """
    weight = np.ones(len(values)) if weight is None else weight
    unit = np.ones(len(values)) if unit is None else unit
    rows = np.bincount(codes, minlength=cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.bincount(codes, weight * unit, cells)
        value = np.bincount(codes, weight * values, cells) / whole
        off = weight * (values - value[codes] * unit)
        error = np.sqrt(np.bincount(codes, off**2, cells) * (rows / (rows - 1.0))) / whole
        size = np.bincount(codes, weight, cells) ** 2 / np.bincount(codes, weight**2, cells)
    error = np.where(rows > 1, error, np.nan)
    return CellMeans(value, error, rows, np.where(rows > 0, size, 0.0), share)


def rest_means(means: CellMeans, values: Floats, codes: Codes | Ints, weight: Floats | None = None) -> CellMeans:
    """Return for each cell the mean of all rows outside it, from sums of each cell; O(rows + cells^2).

    The errors are those of `cell_means` with the rows outside as one cell.

    >>> values, codes = np.array([0.0, 1.0, 2.0, 6.0]), np.array([0, 0, 1, 1])
    >>> rest_means(cell_means(values, codes, 2), values, codes).value
    array([4. , 0.5])
    """
    weight, cells = np.ones(len(values)) if weight is None else weight, len(means.rows)
    centre = np.where(means.rows > 0, means.value, 0.0)
    off = values - centre[codes]
    mass, square, first, second = (
        np.bincount(codes, amount, cells) for amount in (weight, weight**2, weight**2 * off, (weight * off) ** 2))
    outside = ~np.eye(cells, dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole, rows = outside @ mass, outside @ means.rows
        value = outside @ (mass * centre) / whole
        apart = centre - value[:, None]   # (cell left out, cell)
        spread = (np.where(outside, second + 2 * apart * first + apart**2 * square, 0.0)).sum(axis=1)
        error = np.where(rows > 1, np.sqrt(spread * (rows / (rows - 1.0))) / whole, np.nan)
        size = np.where(rows > 0, whole**2 / (outside @ square), 0.0)
    return CellMeans(value, error, rows, size, means.share)


def kept(means: CellMeans, min_group: int) -> Ints:
    """Return the cells with enough rows to be compared."""
    return np.flatnonzero(means.rows >= max(min_group, 2 - means.share))


def gap(means: CellMeans, chosen: Ints, level: float) -> Estimate:
    """Return the highest minus the lowest of the chosen cells, with simultaneous bounds over all pairs.

    Bonferroni over the pairs, each by square-and-add: the bounds cover the true gap at least at the level, equal
    cells included, where the largest of many noisy differences would flatter nobody.
    """
    if len(chosen) < 2:
        return Estimate(math.nan, n=float(means.rows[chosen].sum()),
                        reason="not estimable: fewer than two groups have enough rows")
    pairs = len(chosen) * (len(chosen) - 1) / 2
    low, high = (end[chosen] for end in means.bounds(quantile(1 - (1 - level) / pairs)))
    value = means.value[chosen]
    lower, upper = square_and_add(value[:, None], (low[:, None], high[:, None]), value, (low, high))
    off = ~np.eye(len(chosen), dtype=bool)
    return Estimate(float(value.max() - value.min()), max(0.0, float(lower[off].max())),
                    float(upper[off].max()), float(means.rows[chosen].sum()))


def largest(estimates: Sequence[Estimate]) -> Estimate:
    """Return the estimate with the largest value; one without a value where none has any."""
    known = [each for each in estimates if not math.isnan(each.value)]
    if known:
        return max(known, key=lambda each: each.value)
    return estimates[0] if estimates else Estimate(math.nan, reason="not estimable: no attribute")


def chance(means: CellMeans, chosen: Ints, level: float, rng: np.random.Generator) -> tuple[float, float]:
    """Return the gap that equal cells of these sizes and spreads reach at the level, and the p-value of this one.

    Normal draws with each cell's own error; for shares with the pooled share's.
    """
    if len(chosen) < 2:
        return math.nan, math.nan
    value, error = means.value[chosen], means.error[chosen]
    if means.share:
        size = means.size[chosen]
        pooled = float(value @ size / size.sum())
        error = np.sqrt(pooled * (1 - pooled) / size)
    gaps = np.ptp(rng.normal(size=(DRAWS, len(chosen))) * error, axis=1)
    observed = float(np.ptp(value))
    return float(np.quantile(gaps, level)), float((1 + (gaps >= observed).sum()) / (1 + DRAWS))
