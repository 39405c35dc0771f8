"""The interval of a ratio of two shares by inverting the score test, narrower where the sample exhausts its source.

Source: Miettinen and Nurminen 1985, Statistics in Medicine 4, 213-226, without their factor N/(N-1).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np

from engine.intervals import quantile
from engine.manipulation.cells import Counts, rates, ratio
from engine.manipulation.projection import constrained
from engine.types import Estimate, Floats

METHOD = "score interval of a ratio (Miettinen and Nurminen)"
_STEPS = 80


def ratio_estimate(counts: Counts, level: float = 0.95, factor: float = 1.0) -> Estimate:
    """Return the disparate impact ratio of one table with its interval.

    Parameters
    ----------
    counts
        (G, 2). Two sides: the score interval. More groups: all ordered pairs at once at a share of the error
        (Bonferroni); the smallest lower and the smallest upper end bound the smallest ratio.
    level
        Confidence level.
    factor
        What the variance is multiplied by: 1 - m/n where the sample was drawn from a database of n rows.

    Returns
    -------
    Estimate
        NaN with a reason at 0/0; the upper end is inf where the denominator could be 0.

    Examples
    --------
    >>> found = ratio_estimate(np.array([[148, 16], [227, 109]]))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.301, 0.184, 0.483)
    """
    value, size = float(ratio(counts)), float(counts.sum())
    if math.isnan(value):
        return Estimate(math.nan, n=size, reason="not estimable: the group divided by has no favourable decision, or a "
                                                 "group has no rows")
    pairs = [(0, 1)] if len(counts) == 2 else list(permutations(range(len(counts)), 2))
    ends = [score_interval(counts[list(pair)], 1 - (1 - level) / max(len(pairs) / 2, 1), factor) for pair in pairs]
    low, high = min(end[0] for end in ends), min(end[1] for end in ends)
    return Estimate(value, low, high if len(counts) == 2 else min(high, 1.0), size)


def score_interval(counts: Counts, level: float, factor: float = 1.0) -> tuple[float, float]:
    """Return the two ratios that the score test just does not reject; 0 and inf where no end exists."""
    z = quantile(level) * math.sqrt(factor)
    n, weight, shares = counts.sum(axis=1), counts.sum(axis=1) / counts.sum(), rates(counts)
    if z == 0:
        return (float(ratio(counts)),) * 2

    def outside(log: float) -> bool:
        target = math.exp(log)
        a, b = constrained(shares, weight, target)
        spread = a * (1 - a) / n[0] + target * target * b * (1 - b) / n[1]
        return abs(float(shares[0] - target * shares[1])) > z * math.sqrt(max(spread, 0.0))

    middle = math.log(max(float(ratio(counts)), 1e-9)) if shares[1] > 0 else 0.0
    low = 0.0 if shares[0] == 0 else math.exp(_edge(outside, middle, -25.0))
    high = math.inf if not outside(25.0) else math.exp(_edge(outside, middle, 25.0))
    return low, high


def _edge(outside: Callable[[float], bool], inside: float, beyond: float) -> float:
    for _ in range(_STEPS):
        middle = (inside + beyond) / 2
        if outside(middle):
            beyond = middle
        else:
            inside = middle
    return inside


def log_ratio_variance(shares: Floats, weight: Floats) -> float:
    """Return the variance of the logarithm of the ratio of two shares, times the sample size."""
    (p, q), (u, v) = shares, weight
    with np.errstate(divide="ignore"):
        return float((1 - p) / (u * p) + (1 - q) / (v * q))
