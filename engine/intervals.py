"""Intervals in closed form, vectorised; and the noise band of a gap between the highest and the lowest group.

Every function takes and returns plain arrays. Sources: Wilson 1927; Clopper and Pearson 1934; Newcombe 1998, Stat.
Med. 17, 873-890 (method 10); Donner and Zou 2012, Stat. Methods Med. Res. 21, 347-359 (MOVER); DeLong et al. 1988,
Biometrics 44, 837-845.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from engine import backend
from engine.types import Floats

Bounds = tuple[Floats, Floats]


@lru_cache
def quantile(level: float) -> float:
    """Return the normal quantile of a two-sided level.

    >>> quantile(0.95)
    1.959963984540054
    """
    from scipy.special import ndtri  # the standard library's is one unit off in the last place

    return float(ndtri(0.5 + level / 2))


def wilson(share: Floats, n: Floats, z: float) -> Bounds:
    """Return Wilson's bounds of a proportion.

    Parameters
    ----------
    share
        Observed proportion in [0, 1]; NaN where n is 0.
    n
        Denominator, or Kish's effective size where rows have weights.
    z
        Normal quantile.

    Returns
    -------
    low, high
        Within [0, 1]; NaN where n is 0.

    Examples
    --------
    >>> low, high = wilson(np.array([0.0]), np.array([10.0]), 1.959963984540054)
    >>> low.round(4), high.round(4)
    (array([0.]), array([0.2775]))
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shrink = 1 + z * z / n
        centre = (share + z * z / (2 * n)) / shrink
        # Rounding in sums of weights can leave a share a hair outside [0, 1].
        half = z * np.sqrt(np.maximum(share * (1 - share), 0) / n + z * z / (4 * n * n)) / shrink
        return np.where(share <= 0, 0.0, np.maximum(0, centre - half)) + 0 * share, np.where(
            share >= 1, 1.0, np.minimum(1, centre + half)
        ) + 0 * share


def student(mean: Floats, error: Floats, freedom: Floats, level: float) -> Bounds:
    """Return Student's bounds of a mean, or of another estimate whose error is known like a mean's.

    Parameters
    ----------
    mean, error
        Estimate and its standard error, in the same units.
    freedom
        Degrees of freedom: rows less one.
    level
        Two-sided.

    Returns
    -------
    low, high
        NaN where there is no degree of freedom or no error.

    References
    ----------
    Student 1908, Biometrika 6, 1-25.

    Examples
    --------
    >>> low, high = student(np.array([5.0]), np.array([1.0]), np.array([9.0]), 0.95)
    >>> low.round(3), high.round(3)
    (array([2.738]), array([7.262]))
    """
    from scipy.special import stdtrit

    half = stdtrit(np.where(freedom > 0, freedom, np.nan), 0.5 + level / 2) * error
    return mean - half, mean + half


def clopper_pearson(count: Floats, n: Floats, level: float) -> Bounds:
    """Return the exact bounds of a proportion: they cover at least at the level, whatever the truth.

    Parameters
    ----------
    count, n
        Rows with the property, of how many; whole numbers.
    level
        Two-sided; each tail gets half of the error, also at 0 of n, whose upper bound is 1 - (error / 2)^(1 / n).

    Returns
    -------
    low, high
        Within [0, 1]; NaN where n is 0.

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26, 404-413.

    Examples
    --------
    >>> low, high = clopper_pearson(np.array([0.0]), np.array([16281.0]), 0.95)
    >>> low.round(5), high.round(5)
    (array([0.]), array([0.00023]))
    """
    from scipy.special import betaincinv

    count, n = np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64)
    tail = (1 - level) / 2
    # A parameter of 0 has no beta distribution behind it: 1 stands in, and the bound is set below.
    low = betaincinv(np.where(count > 0, count, 1), n - count + 1, tail)
    high = betaincinv(count + 1, np.where(count < n, n - count, 1), 1 - tail)
    empty = np.where(n > 0, 0.0, np.nan)
    return np.where(count <= 0, 0.0, low) + empty, np.where(count >= n, 1.0, high) + empty


def square_and_add(a: Floats, a_bounds: Bounds, b: Floats, b_bounds: Bounds) -> Bounds:
    """Return the bounds of ``a - b`` from those of two independent estimates; Newcombe's for Wilson's bounds."""
    low = (a - b) - np.sqrt((a - a_bounds[0]) ** 2 + (b_bounds[1] - b) ** 2)
    high = (a - b) + np.sqrt((a_bounds[1] - a) ** 2 + (b - b_bounds[0]) ** 2)
    return low, high


def mover_ratio(a: Floats, a_bounds: Bounds, b: Floats, b_bounds: Bounds) -> Bounds:
    """Return the bounds of ``a / b`` from those of two independent, non-negative estimates (MOVER-R).

    The fraction is rationalised, so that nothing is singular; the upper bound is inf where b's interval reaches 0.
    """
    product = a * b
    with np.errstate(divide="ignore", invalid="ignore"):
        over, under = a_bounds[0] * (2 * a - a_bounds[0]), b_bounds[1] * (2 * b - b_bounds[1])
        low = over / (product + np.sqrt(np.maximum(product**2 - over * under, 0)))
        over, under = a_bounds[1] * (2 * a - a_bounds[1]), b_bounds[0] * (2 * b - b_bounds[0])
        high = (product + np.sqrt(np.maximum(product**2 - over * under, 0))) / under
    low = np.where(a_bounds[0] <= 0, 0.0, low)
    high = np.where(b_bounds[0] <= 0, np.inf, high)
    return low + 0 * product, high + 0 * product


def cost_bounds(
    costs: tuple[float, float], shares: tuple[Floats, Floats], n: Floats, z: float
) -> tuple[Floats, Bounds]:
    """Return the mean cost per row and its bounds, from the shares of two exclusive errors and their costs.

    Square-and-add with the multinomial correlation of the two shares (Zou 2008); with equal costs the error rate's
    Wilson bounds times the cost, exactly.
    """
    (a, b), (p, q) = costs, shares
    value = a * p + b * q
    if a == b:
        low, high = wilson(p + q, n, z)
        return value, (a * low, a * high)
    (p_low, p_high), (q_low, q_high) = wilson(p, n, z), wilson(q, n, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = -np.sqrt(np.maximum(p * q / ((1 - p) * (1 - q)), 0))
    correlation = np.where(np.isfinite(correlation), np.maximum(correlation, -1), 0.0)

    def spread(u: Floats, v: Floats) -> Floats:
        return np.sqrt(np.maximum(u * u + v * v + 2 * correlation * u * v, 0))

    low = value - spread(a * (p - p_low), b * (q - q_low))
    return value, (np.maximum(low, 0), value + spread(a * (p_high - p), b * (q_high - q)))


def bootstrap_cells(cells: Floats, replicates: int, rng: np.random.Generator) -> Floats:
    """Return (replicates, ..., cells) draws of counts: Poisson row weights, added up per cell.

    Poisson(1) weights of rows summed over a cell are exactly Poisson(count), so no row is touched. Expected counts of
    a lottery are drawn alike.
    """
    return backend.chosen("poisson", replicates * cells.size).poisson(cells, replicates, rng)


def auc(tp: Floats, fp: Floats, tp_squares: Floats, fp_squares: Floats) -> tuple[float, float]:
    """Return the area under the ROC curve and its standard error (DeLong), from counts at distinct thresholds.

    Parameters
    ----------
    tp, fp
        (m + 1,) cumulative counts from nobody selected to everybody; weighted where rows have weights.
    tp_squares, fp_squares
        The same in squared weights.

    Returns
    -------
    area, error
        Ties count one half. NaN where one of the two outcomes does not occur.
    """
    positives, negatives = tp[-1], fp[-1]
    if positives <= 0 or negatives <= 0:
        return math.nan, math.nan
    below = 1 - (fp[1:] + fp[:-1]) / 2 / negatives     # share of negatives scored lower than a positive here
    above = (tp[1:] + tp[:-1]) / 2 / positives         # share of positives scored higher than a negative here
    area = float(np.diff(tp) @ below / positives)

    def variance(mass: Floats, squares: Floats, share: Floats) -> float:
        size = mass[-1] ** 2 / squares[-1]   # Kish's effective size; the number of rows without weights
        spread = float(np.diff(squares) @ (share - area) ** 2) / mass[-1] ** 2
        return spread * size / (size - 1) if size > 1 else 0.25

    return area, math.sqrt(variance(tp, tp_squares, below) + variance(fp, fp_squares, above))


def auc_bounds(area: Floats, error: Floats, smaller: Floats, z: float) -> Bounds:
    """Return bounds of an area from its standard error, on the logit scale.

    Where the outcomes are separated perfectly the error is 0 and says nothing: the bounds are then Wilson's for a
    proportion over the rows of the rarer outcome, which are wider than the truth.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        centre, half = np.log(area / (1 - area)), z * error / (area * (1 - area))
        low, high = 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))
    wide = wilson(area, smaller, z)
    inside = (area > 0) & (area < 1) & (error > 0)
    return np.where(inside, low, wide[0]), np.where(inside, high, wide[1])
