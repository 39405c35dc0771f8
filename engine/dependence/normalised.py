"""The distance variance of predictions with its gradient: what makes a penalty free of their scale."""

from __future__ import annotations

import numpy as np

from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.types import Floats


def distance_variance(values: Floats, ranking: Ranking, sampling: Sampling) -> tuple[float, Floats]:
    """Return dVar²(y) = dCov²(y, y) of numbers (n,) and its gradient (n,); O(n) once they are ranked.

    0 or more, with U as with V; 0 with a gradient of 0 where all numbers are equal. Units of y squared.

    Source: Székely, Rizzo and Bakirov 2007, Ann. Statist. 35, 2769-2794; bias-corrected, Székely and Rizzo 2014.

    >>> y = np.array([0.0, 1.0])
    >>> value, gradient = distance_variance(y, Ranking.of(y), Sampling.of(2, "V"))
    >>> value, gradient.tolist()
    (0.25, [-0.5, 0.5])
    """
    if np.ptp(values) == 0:
        return 0.0, np.zeros(len(values))
    mass = np.ones(len(values)) if sampling.mass is None else sampling.mass
    y = values - mass @ values / sampling.sum
    below = ranking.mass_below_less_above(sampling.mass)
    rows = y * below - ranking.signed(mass * y)          # sum_j m_j |y_i - y_j|
    total = float(mass @ rows)
    squares = 2 * (sampling.sum * float(mass @ y**2) - float(mass @ y) ** 2)
    value = squares - 2 / sampling.row * float(mass @ rows**2) + total**2 / sampling.total
    slope = 4 * (sampling.sum * y - float(mass @ y))
    slope -= 4 / sampling.row * (rows * below + ranking.signed(mass * rows))
    slope += 4 * total / sampling.total * below
    return max(sampling.scale * value, 0.0), sampling.scale * mass * slope
