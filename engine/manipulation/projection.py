"""The nearest table of cells that reaches a goal: what an optimal cheat would submit, and what a test would see of it.

Only cells move; what the rows hold besides is untouched. Sources: Csiszár 1975 (I-projection); Miettinen and Nurminen
1985 for the reverse projection of two sides, which is their constrained estimate; Lafargue et al. 2025,
arXiv 2507.20708, for the setting.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.errors import invalid
from engine.manipulation.cells import Counts, Goal, rates, shares_of
from engine.types import Floats

Slope = Callable[[Floats, Floats], Floats]   # (wanted rate, rate now) -> derivative of a group's divergence
_TINY = 1e-13


def optimal(counts: Counts, goal: Goal, free: bool = False) -> Floats:
    """Return the table nearest in KL(Q || P) that reaches the goal, as shares (G, 2).

    Parameters
    ----------
    counts
        (G, 2); two sides or more groups.
    goal
        A ratio of at least, or a difference of at most, a target.
    free
        Whether the groups' shares may move too; else they stay.

    Raises
    ------
    InvalidData
        The goal cannot be reached by reweighting: a cell that would have to grow is empty.

    Examples
    --------
    >>> from engine.manipulation.cells import kl
    >>> adult = np.array([[1478, 160], [2267, 1095]])
    >>> kl(optimal(adult, Goal(target=0.8)), adult).round(5), kl(optimal(adult, Goal(target=0.8), True), adult).round(5)
    (np.float64(0.02451), np.float64(0.02433))
    """
    if goal.reached(counts):
        return shares_of(counts)
    _refuse_empty(counts, goal)
    now, weight = rates(counts), counts.sum(axis=-1) / counts.sum()

    def weights(wanted: Floats) -> Floats:
        tilted: Floats = weight * np.exp(-binary_kl(wanted, now)) if free else weight
        return tilted / float(tilted.sum())

    wanted = _meeting(now, weights, goal, lambda q, p: _logit(q) - _logit(p))
    return _table(weights(wanted), wanted)


def reverse(counts: Counts, goal: Goal) -> Floats:
    """Return the table nearest in KL(P || Q) that just reaches the goal, as shares (G, 2): the least a G test can see.

    Examples
    --------
    >>> from engine.manipulation.cells import kl
    >>> adult = np.array([[1478, 160], [2267, 1095]])
    >>> kl(adult, reverse(adult, Goal(target=0.8))).round(7)
    np.float64(0.0212382)
    """
    if goal.reached(counts):
        return shares_of(counts)
    weight = counts.sum(axis=-1) / counts.sum()
    if len(counts) == 2 and goal.ratio:
        return _table(weight, np.array(constrained(rates(counts), weight, goal.target)))
    wanted = _meeting(rates(counts), lambda _: weight, goal, lambda q, p: (q - p) / (q * (1 - q)))
    return _table(weight, wanted)


def constrained(now: Floats, weight: Floats, target: float) -> tuple[float, float]:
    """Return the two sides' rates of largest likelihood among those whose ratio is `target`: a root of a quadratic."""
    (p, q), (u, v) = now, weight
    middle = v + target * u + u * p + target * v * q
    root = np.sqrt(max(middle * middle - 4 * target * (u * p + v * q), 0.0))
    low = (middle - root) / (2 * target)
    return target * low, low


def entropic(counts: Counts, goal: Goal, balanced: bool) -> Floats:
    """Return the entropic reweighting of two sides as shares (2, 2), in closed form.

    Balanced: as many rows are added to the unprivileged side's favourable cell as are taken from the other's.
    Otherwise proportional: both rates move by the same amount.

    >>> from engine.manipulation.cells import kl
    >>> adult = np.array([[1478, 160], [2267, 1095]])
    >>> [kl(entropic(adult, Goal(target=0.8), b), adult).round(5).item() for b in (True, False)]
    [0.02488, 0.02559]
    """
    if goal.reached(counts):
        return shares_of(counts)
    two_sides(counts, "an entropic attack")
    _refuse_empty(counts, goal)
    (p, q), (n, m) = rates(counts), counts.sum(axis=-1)
    factor = goal.target if goal.ratio else 1.0
    short = factor * q - p - (0.0 if goal.ratio else goal.target)
    rows = short / (1 / n + factor / m)   # the same number of rows on both sides
    up, down = (rows / n, rows / m) if balanced else (short / (1 + factor),) * 2
    wanted = np.array([p + up, q - down])
    if wanted.min() < 0 or wanted.max() > 1:
        raise invalid("the target is out of reach of this attack", "target", f"{goal.target:g}", "choose kl_optimal")
    return _table(np.array([n, m]) / (n + m), wanted)


def two_sides(counts: Counts, what: str) -> None:
    """Refuse more than two groups where a method knows two sides only."""
    if len(counts) != 2:
        raise invalid(f"{what} needs two sides", "groups", f"{len(counts)} of them",
                      "name the unprivileged groups, or choose kl_optimal or nearest_x")


def binary_kl(first: Floats, second: Floats) -> Floats:
    """Return the divergence of two rates in nats, (...)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(first > 0, first * np.log(first / second), 0.0) + np.where(
            first < 1, (1 - first) * np.log((1 - first) / (1 - second)), 0.0)
    return found


def _meeting(now: Floats, weights: Callable[[Floats], Floats], goal: Goal, slope: Slope) -> Floats:
    """Return the rates that meet: none over a cap, none under the floor that belongs to it; the best cap is a root."""
    from scipy.optimize import brentq

    low, high = (np.array([True, False]), np.array([False, True])) if len(now) == 2 else (np.ones(len(now), bool),) * 2
    per = goal.target if goal.ratio else 1.0

    def floor(cap: float) -> float:
        return goal.target * cap if goal.ratio else cap - goal.target

    def wanted(cap: float) -> Floats:
        capped = np.where(high, np.minimum(now, cap), now)
        return np.where(low, np.maximum(capped, floor(cap)), capped)

    def gain(cap: float) -> float:
        rates_ = wanted(cap)
        with np.errstate(divide="ignore", invalid="ignore"):
            pull = np.where(rates_ != now, slope(rates_, now), 0.0)
        return float((weights(rates_) * pull * np.where(low & (rates_ > now), per, 1.0)).sum())

    start = now[low].min() / goal.target if goal.ratio else now[low].min() + goal.target
    ends = start * (1 + 1e-12) + _TINY, min(now[high].max(), (1 - 1e-12) / per if goal.ratio else 1.0) * (1 - 1e-12)
    if ends[0] >= ends[1] or gain(ends[1]) <= 0:
        return wanted(max(ends[1], 0.0))
    if gain(ends[0]) >= 0:
        return wanted(ends[0])
    return wanted(float(brentq(gain, *ends, xtol=1e-15, rtol=1e-14)))


def _logit(rate: Floats) -> Floats:
    found: Floats = np.log(rate / (1 - rate))
    return found


def _table(weight: Floats, wanted: Floats) -> Floats:
    found: Floats = np.stack([weight * (1 - wanted), weight * wanted], axis=-1)
    return found


def _refuse_empty(counts: Counts, goal: Goal) -> None:
    """Refuse a goal that needs favourable rows of a group that has none: reweighting cannot make any."""
    shares = rates(counts)
    if np.isnan(shares).any():
        raise invalid("every group must have rows", "groups", "one without any", "leave it out")
    lowest = shares[0] if len(shares) == 2 else shares.min()
    if lowest == 0:
        raise invalid("reweighting cannot make favourable decisions where there are none", "the lowest group",
                      "0 favourable rows", "choose an attack that changes rows, such as replace")
