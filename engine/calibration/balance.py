"""The Balance score and calibration-in-the-large: two sums, two standard errors, one test of equality.

Balance is the mean of f = sgn(p - cut) (y - p), sgn(0) = +1 (Choi, Kim and Lee 2023, arXiv 2309.06248, with the cut
at one half). It is an identification function, 0 in the mean where scores are calibrated, not a proper score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.calibration.blocks import Blocks
from engine.calibration.results import Equality, Statistic
from engine.intervals import quantile
from engine.types import Estimate

SAME = "no interval: every row has the same residual"
CERTAIN = "no test: every score is 0 or 1, so that chance has no part"


@dataclass(frozen=True)
class Moments:
    """The sums that Balance, calibration-in-the-large, Brier and their errors are made of; from rows or from counts."""

    n: float                 # rows
    mass: float              # sum of weights
    positives: float         # weighted
    scores: float            # sum of weight x score
    score_squares: float     # sum of weight x score squared
    high: float              # sum of weight x (y - p) over p >= cut
    low: float               # over p < cut
    residual_squares: float  # sum of weight x (y - p)^2
    square_mass: float       # sum of squared weights
    square_high: float       # as `high`, in squared weights
    square_low: float
    square_residual_squares: float
    variance: float          # sum of squared weight x p (1 - p)


def moments(blocks: Blocks, cut: float) -> Moments:
    """Return the sums of one group's rows, exactly."""
    at, p = blocks.start_at(cut), blocks.score
    residual, wrong = blocks.residual, (1 - p) ** 2
    low, high = float(residual[:at].sum()), float(residual[at:].sum())
    squares = float(blocks.positive @ wrong + (blocks.mass - blocks.positive) @ p**2)
    mean = blocks.mass * p
    first = (blocks.n, blocks.total, blocks.positives, float(mean.sum()), float(mean @ p), high, low, squares)
    if not blocks.weighted:
        return Moments(*first, float(blocks.n), high, low, first[-1], float(blocks.variance.sum()))
    residual = blocks.positive_square - blocks.square * p
    squares = float(blocks.positive_square @ wrong + (blocks.square - blocks.positive_square) @ p**2)
    return Moments(*first, float(blocks.square.sum()), float(residual[at:].sum()), float(residual[:at].sum()),
                   squares, float(blocks.variance.sum()))


def balance(sums: Moments, level: float, name: str = "the group") -> tuple[Estimate, Statistic]:
    """Return Balance with its interval, and its test against "calibrated".

    Returns
    -------
    estimate
        Mean of f in [-1, 1] (in [-1, 1/2] with the cut at one half); above 0 under-confident, below over-confident.
        Value ± z sd(f) / sqrt(n), sd with n - 1; with weights sqrt(sum w^2 (f - B)^2) / sum w. 0 rows: NaN.
    null
        Value Balance, sigma sqrt(sum p (1 - p)) / n, two-sided normal p-value.
    """
    return _mean(sums, sums.high - sums.low, sums.square_high - sums.square_low, level, name)


def in_the_large(sums: Moments, level: float, name: str = "the group") -> tuple[Estimate, Statistic]:
    """Return calibration-in-the-large, base rate minus mean score, likewise; above 0 the scores are too low."""
    return _mean(sums, sums.high + sums.low, sums.square_high + sums.square_low, level, name)


def _mean(sums: Moments, total: float, square_total: float, level: float, name: str) -> tuple[Estimate, Statistic]:
    if sums.n == 0:
        reason = nobody(name)
        return Estimate(math.nan, reason=reason), Statistic(math.nan, math.nan, reason=reason)
    value = total / sums.mass
    error = _error(sums, value, square_total)
    null = normal_test(value, math.sqrt(sums.variance) / sums.mass)
    if not error > 0:
        return Estimate(value, n=sums.n, reason=SAME if sums.n > 1 else "no interval: one row"), null
    half = quantile(level) * error
    return Estimate(value, value - half, value + half, sums.n), null


def _error(sums: Moments, value: float, square_total: float) -> float:
    """Return the standard error of a mean of f, whose squares are those of the residuals."""
    weighted = sums.square_mass != sums.n or sums.mass != sums.n
    spread = sums.square_residual_squares - 2 * value * square_total + value**2 * sums.square_mass
    floor = 1e-14 * sums.square_residual_squares   # rounding of equal residuals
    if spread <= floor or sums.n < 2:
        return 0.0
    return math.sqrt(spread if weighted else spread * sums.n / (sums.n - 1)) / sums.mass


def normal_test(value: float, sigma: float) -> Statistic:
    """Return the two-sided normal test of a mean whose standard error under the null is known."""
    if not sigma > 0:
        return Statistic(value, sigma, reason=CERTAIN)
    return Statistic(value, sigma, math.erfc(abs(value) / sigma / math.sqrt(2)))


def nobody(name: str) -> str:
    """Return why nothing can be said about a group without usable rows."""
    return f"not estimable: {name} has no rows with a score and an outcome"


def standard_error(estimate: Estimate, level: float) -> float:
    """Return the standard error that an estimate's interval was made of; NaN without one."""
    return (estimate.high - estimate.low) / (2 * quantile(level))


def equality(
    names: Sequence[str], balances: Sequence[Estimate], level: float, min_group: int
) -> Equality:
    """Return the test of equal Balance over groups: Q = sum of (B - weighted mean)^2 / se^2, chi-square.

    Groups under `min_group` rows, and those without a standard error, are left out and named.
    """
    kept, left = [], []
    for name, item in zip(names, balances, strict=True):
        if item.n < min_group:
            left.append((name, f"{item.n:,.0f} rows, fewer than {min_group}"))
        elif not math.isfinite(item.low):
            left.append((name, item.reason or "no interval"))
        else:
            kept.append((item.value, standard_error(item, level)))
    if len(kept) < 2:
        return Equality(math.nan, 0, math.nan, tuple(left), "not estimable: fewer than two groups to compare")
    from scipy.special import chdtrc

    values, errors = np.array(kept).T
    weights = errors**-2.0
    q = float(weights @ (values - weights @ values / weights.sum()) ** 2)
    return Equality(q, len(kept) - 1, float(chdtrc(len(kept) - 1, q)), tuple(left))
