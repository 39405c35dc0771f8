"""Empirical cumulative calibration errors: how far the cumulative curve strays, and what chance alone would do.

Arrieta-Ibarra, Gujral, Tannen, Tygert and Xu 2022, "Metrics of calibration for probabilistic predictions" (MAD is the
analogue of Kolmogorov-Smirnov, R of Kuiper). If scores are calibrated the curve is, in units of sigma, a Brownian
motion; the p-values are those of the maximum and of the range of one, limits for many rows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.calibration.balance import CERTAIN, nobody
from engine.calibration.blocks import Blocks
from engine.calibration.results import Statistic
from engine.types import Floats

TERMS = 200


def walk(blocks: Blocks) -> Floats:
    """Return C, (b + 1,): 0, then the running sum of weight x (outcome - score) over the weight, at each block's end.

    >>> from engine.calibration.blocks import by_group
    >>> label = np.array([1, 0, 0, 1], dtype=np.int8)
    >>> [rows] = by_group(np.array([0.8, 0.3, 0.6, 0.1]), label, np.zeros(4, dtype=np.int32), 1)
    >>> walk(rows).round(4)
    array([0.   , 0.225, 0.15 , 0.   , 0.05 ])
    """
    return np.concatenate([[0.0], np.cumsum(blocks.residual)]) / (blocks.total or 1.0)


def cumulative_errors(blocks: Blocks, curve: Floats, name: str = "the group") -> tuple[Statistic, Statistic]:
    """Return ECCE-MAD, max |C|, and ECCE-R, max C - min C: the worst sum of residuals over any interval of scores.

    `sigma` is sqrt(sum of squared weight x p (1 - p)) over the weight. p-values are NaN where every score is 0 or 1.
    """
    if not len(blocks):
        empty = Statistic(math.nan, math.nan, reason=nobody(name))
        return empty, empty
    sigma = math.sqrt(float(blocks.variance.sum())) / blocks.total
    mad, spread = float(np.abs(curve).max()), float(curve.max() - curve.min())
    if not sigma > 0:
        return Statistic(mad, sigma, reason=CERTAIN), Statistic(spread, sigma, reason=CERTAIN)
    return Statistic(mad, sigma, p_of_maximum(mad / sigma)), Statistic(spread, sigma, p_of_range(spread / sigma))


def p_of_maximum(x: float) -> float:
    """Return P(max |W| > x) for a Brownian motion W on [0, 1].

    >>> round(p_of_maximum(2.2414), 4)
    0.05
    """
    if x < 0.1:   # a smaller maximum has a probability below 1e-53
        return 1.0
    k = np.arange(TERMS, dtype=np.float64)
    sign = (-1.0) ** k
    if x < 1:   # the series in exponentials converges at once here, that in tails further out
        half = k + 0.5
        inside = 2 / math.pi * float((sign / half * np.exp(-((half * math.pi / x) ** 2) / 2)).sum())
        return min(max(1 - inside, 0.0), 1.0)
    return min(4 * float((sign * _tail((2 * k + 1) * x)).sum()), 1.0)


def p_of_range(x: float) -> float:
    """Return P(max W - min W > x) for a Brownian motion W on [0, 1] (Feller 1951).

    >>> round(p_of_range(2.4977), 4)
    0.05
    """
    if x < 0.3:   # the probability of so small a range is below 1e-20
        return 1.0
    k = np.arange(1, TERMS, dtype=np.float64)
    return float(np.clip(8 * ((-1.0) ** (k - 1) * k * _tail(k * x)).sum(), 0, 1))


def _tail(x: NDArray[np.floating[Any]]) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(-x), dtype=np.float64)


def spiegelhalter(blocks: Blocks, name: str = "the group") -> Statistic:
    """Return Spiegelhalter's z, sum of r (1 - 2p) over its standard error if calibrated; two-sided p-value.

    Spiegelhalter 1986, Stat. Med. 5, 421-433. It is minus the confidence-weighted Balance. NaN where every score is
    0, 1/2 or 1: the statistic has no variance then.
    """
    if not len(blocks):
        return Statistic(math.nan, reason=nobody(name))
    tilt = 1 - 2 * blocks.score
    variance = float(tilt**2 @ blocks.variance)
    if not variance > 0:
        return Statistic(math.nan, reason="not estimable: every score is 0, one half or 1")
    z = float(blocks.residual @ tilt) / math.sqrt(variance)
    return Statistic(z, 1.0, math.erfc(abs(z) / math.sqrt(2)))
