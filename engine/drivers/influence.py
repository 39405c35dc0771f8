"""Gaps as averages over rows: how much each row moves a difference of two groups' rates.

The square of these numbers gives the gap's variance, and their difference between two decisions on the same rows gives
that of the paired difference, whose interval is narrower than the one of two separate samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.counting.counts import CELLS
from engine.intervals import quantile
from engine.metrics import RATES
from engine.types import Estimate, Favourable, Floats, Labels

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Gap:
    """A rate in A minus the same in B, and each row's influence on it."""

    value: float         # NaN where a group has no row in the denominator
    influence: Floats    # (n,) mean 0; variance of the gap is sum(influence^2) / n^2
    n: int               # rows in the two denominators

    @property
    def error(self) -> float:
        """Standard error."""
        return math.sqrt(float(self.influence @ self.influence)) / len(self.influence)


def row_parts(
    key: str, chance: Floats, label: Labels | None, favourable: Favourable = "selected"
) -> tuple[Floats, Floats]:
    """Return what each row adds to the top and to the bottom of a rate, each (n,).

    Parameters
    ----------
    key
        A proportion of `engine.metrics.RATES`.
    chance
        (n,) probability that the row is selected: 0 or 1 unless lots are drawn.
    label
        (n,) as in `Dataset`; None where no outcome is known.
    favourable
        Which decision `favourable_rate` counts.
    """
    positive = np.zeros(len(chance), dtype=bool) if label is None else label == 1
    negative = np.zeros(len(chance), dtype=bool) if label is None else label == 0
    unknown = ~(positive | negative)
    rest = 1 - chance
    cells = {"tp": chance * positive, "fp": chance * negative, "fn": rest * positive, "tn": rest * negative,
             "selected_unknown": chance * unknown, "rejected_unknown": rest * unknown}
    top = RATES[key].top
    if key == "favourable_rate" and favourable == "not-selected":
        top = tuple(cell for cell in CELLS if cell not in top)

    def added(names: tuple[str, ...]) -> Floats:
        return np.asarray(np.sum([cells[name] for name in names], axis=0), dtype=np.float64)

    return added(top), added(RATES[key].bottom)


def gap(parts: tuple[Floats, Floats], in_a: Mask, in_b: Mask, weight: Floats | None = None) -> Gap:
    """Return a rate in A minus the rate in B, with each row's influence.

    A rate is a ratio of sums, so that a row's influence is ``1[row in A] (top - rate_A bottom) / mean bottom of A``,
    minus the same for B. For a selection rate it is ``a (d - p_A) / share_A - (1 - a) (d - p_B) / share_B``.

    Parameters
    ----------
    parts
        From `row_parts`.
    in_a, in_b
        (n,) which rows belong to each group.
    weight
        (n,) or None.

    References
    ----------
    Hampel 1974, The influence curve and its role in robust estimation, for the method.

    Examples
    --------
    >>> chance, a = np.array([1.0, 0, 1, 0, 0]), np.array([True, True, False, False, False])
    >>> found = gap(row_parts("selection_rate", chance, None), a, ~a)
    >>> round(found.value, 4), round(found.error, 4)   # sqrt(1/2 1/2 / 2 + 1/3 2/3 / 3)
    (0.1667, 0.4462)
    """
    top, bottom = parts
    mass = np.ones(len(top)) if weight is None else weight
    value, influence, n = 0.0, np.zeros(len(top)), 0
    for member, sign in ((in_a, 1), (in_b, -1)):
        mine = mass * member
        below = float(mine @ bottom)
        n += int(np.count_nonzero(member & (bottom > 0)))
        if below <= 0:
            return Gap(math.nan, np.full(len(top), math.nan), n)
        rate = float(mine @ top) / below
        value += sign * rate
        influence += sign * mine * (top - rate * bottom) / below * len(top)
    return Gap(value, influence, n)


def paired_difference(first: Gap, second: Gap, level: float) -> Estimate:
    """Return the first gap minus the second, of two decisions on the same rows, with its interval.

    Where no row moves the two gaps differently there is no interval: its width would be 0, which claims too much.
    """
    value = first.value - second.value
    if math.isnan(value):
        return Estimate(value, n=max(first.n, second.n), reason="not estimable: a group has no row in the denominator")
    n = max(first.n, second.n)
    change = first.influence - second.influence
    error = math.sqrt(float(change @ change)) / len(change)
    if error < 1e-12:
        return Estimate(value, n=n, reason="no interval: both decide alike on every row that counts here")
    half = quantile(level) * error
    return Estimate(value, value - half, value + half, n)
