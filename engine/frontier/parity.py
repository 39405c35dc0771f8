"""Randomised group thresholds under parity of one rate: the whole frontier, for every bound at once.

A group's best utility at a rate r is the concave hull U(r) of its operating points, with its peak at r*. Within a
window [l, h] its best rate is r* moved into the window, so the loss splits into what raising low groups to l costs and
what lowering high groups to h costs, both convex and piecewise linear. For a difference the best loss at a gap eps is
``min over l of raise(l) + lower(l + eps)``, an infimal convolution: their segments, merged by slope. Any number of
groups; the only cost is a sort of the hulls' vertices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.frontier.points import Points, rate_of, upper_hull
from engine.frontier.problem import SLACK, Choice, Curve, Mix, Problem
from engine.frontier.utility import Payoff
from engine.types import Favourable, Floats, Ints

FLAT = 1e-14      # utilities this close are equal: far below one row in a hundred million
CERTAIN = 1e-12   # a chance this small is none
STEPS = 128       # of a ratio's frontier, whose pieces are not straight


@dataclass(frozen=True, eq=False)
class Envelope:
    """A group's best utility at each rate: the vertices of a concave function, and which point each is."""

    rate: Floats    # (v,) ascending, distinct
    worth: Floats   # (v,)
    point: Ints     # (v,)

    @cached_property
    def peak(self) -> tuple[float, float]:
        """The lowest and the highest rate of best utility."""
        top = np.flatnonzero(self.worth >= self.worth.max() - FLAT)
        return float(self.rate[top[0]]), float(self.rate[top[-1]])

    def worth_at(self, rates: Floats) -> Floats:
        """Return the best utility at any rates."""
        return np.interp(rates, self.rate, self.worth)

    def mix(self, rate: float) -> Mix:
        """Return the one or two points that realise a rate at its best utility."""
        upper = int(np.clip(np.searchsorted(self.rate, rate), 1, max(len(self.rate) - 1, 1)))
        if len(self.rate) == 1:
            return ((int(self.point[0]), 1.0),)
        low, high = self.rate[upper - 1], self.rate[upper]
        chance = float(np.clip((rate - low) / (high - low), 0, 1))
        if chance <= CERTAIN or chance >= 1 - CERTAIN:
            return ((int(self.point[upper if chance > 0.5 else upper - 1]), 1.0),)
        return ((int(self.point[upper - 1]), 1 - chance), (int(self.point[upper]), chance))

    def within(self, low: float, high: float) -> float:
        """Return the best rate in a window, a vertex where one is as good."""
        peak_low, peak_high = self.peak
        if peak_high <= low:
            return low
        if peak_low >= high:
            return high
        low, high = max(low, peak_low), min(high, peak_high)
        inside = self.rate[(self.rate >= low) & (self.rate <= high)]
        return float(inside[0]) if len(inside) else low


def envelope(points: Points, key: str, payoff: Payoff, favourable: Favourable) -> Envelope:
    """Return the hull of a group's points in the plane of a rate and the utility.

    Without unknown outcomes it is the hull of the ROC curve: rate and utility are linear in TP and FP, which keeps
    its vertices. Rows without an outcome move selection rates alone; the hull is then made in that plane.
    """
    vertices = points.hull
    if points.unlabelled and key in ("selection_rate", "favourable_rate"):
        vertices = upper_hull(points.selected.sum(axis=1), payoff.worth(points.selected))
    selected = points.selected[vertices]
    rate, worth = rate_of(key, selected, points.totals, favourable), payoff.worth(selected)
    order = np.lexsort((-worth, rate))   # one rate, several utilities: the best of them
    distinct = order[np.append(True, np.diff(rate[order]) > 0)]
    return Envelope(rate[distinct], worth[distinct], vertices[distinct])


@dataclass(frozen=True, eq=False)
class Losses:
    """What windows cost: both parts of the loss at the knots, between which they are straight."""

    envelopes: tuple[Envelope, ...]
    base: float   # utility when nobody of the compared groups is selected

    @cached_property
    def best(self) -> float:
        """The utility without any bound."""
        return self.base + sum(float(e.worth.max()) for e in self.envelopes)

    @cached_property
    def start(self) -> tuple[float, float]:
        """The lowest and the highest rate of the groups' peaks, as near to each other as flat peaks allow."""
        return min(e.peak[1] for e in self.envelopes), max(e.peak[0] for e in self.envelopes)

    @cached_property
    def knots(self) -> Floats:
        """Every vertex' rate, ascending."""
        return np.unique(np.concatenate([[0.0, 1.0], *(e.rate for e in self.envelopes)]))

    @cached_property
    def raising(self) -> Floats:
        """Loss when no rate may be lower than a knot."""
        total = np.zeros(len(self.knots))
        for e in self.envelopes:
            total += np.where(self.knots > e.peak[1], e.worth.max() - e.worth_at(self.knots), 0.0)
        return total

    @cached_property
    def lowering(self) -> Floats:
        """Loss when no rate may be higher than a knot."""
        total = np.zeros(len(self.knots))
        for e in self.envelopes:
            total += np.where(self.knots < e.peak[0], e.worth.max() - e.worth_at(self.knots), 0.0)
        return total

    def of(self, low: Floats, high: Floats) -> Floats:
        """Return the loss of windows."""
        return np.interp(low, self.knots, self.raising) + np.interp(high, self.knots, self.lowering)

    def slopes(self, low: float, high: float) -> tuple[float, float]:
        """Return what raising `low`, and what lowering `high`, costs next, per unit of the rate."""
        up = min(int(np.searchsorted(self.knots, low, side="right")), len(self.knots) - 1)
        down = max(int(np.searchsorted(self.knots, high, side="left")) - 1, 0)
        rise = (self.raising[up] - self.raising[up - 1]) / (self.knots[up] - self.knots[up - 1])
        fall = (self.lowering[down] - self.lowering[down + 1]) / (self.knots[down + 1] - self.knots[down])
        return float(rise), float(fall)

    def choice(self, low: float, high: float, price: float) -> Choice:
        """Return each group's best mix in a window."""
        mixes = tuple(e.mix(e.within(low, high)) for e in self.envelopes)
        return Choice(mixes, self.best - float(self.of(np.array(low), np.array(high))), price)


def losses(problem: Problem) -> Losses:
    """Return the loss of every window of a problem's rate under its linear utility."""
    payoff = problem.payoff
    if payoff is None:
        raise ValueError("the utility must be linear")
    key = problem.rule.rates[0]
    envelopes = tuple(envelope(points, key, payoff, problem.favourable) for points in problem.chosen)
    return Losses(envelopes, problem.base(payoff))


@dataclass(frozen=True, eq=False)
class DifferenceCurve:
    """The frontier of a difference: straight between its breakpoints, so exact everywhere."""

    disparity: Floats   # (b,) ascending gaps
    utility: Floats     # (b,)
    low: Floats         # (b,) window of rates
    high: Floats
    losses: Losses
    note: str = "exact at every gap, a straight line between breakpoints"

    def at(self, bound: float) -> Choice | None:
        """Return the best choice whose gap is at most `bound`."""
        if bound < -SLACK:
            return None
        gap = float(np.clip(bound, 0, self.disparity[-1]))
        low, high = (float(np.interp(gap, self.disparity, side)) for side in (self.low, self.high))
        return self.losses.choice(low, high, self._price(bound))

    def _price(self, bound: float) -> float:
        """Return the utility that a smaller gap costs per unit; at a gap of 0, what the last unit cost."""
        if len(self.disparity) < 2 or bound > self.disparity[-1]:
            return 0.0
        right = max(int(np.searchsorted(self.disparity, bound, side="left")), 1)
        rise = self.utility[right] - self.utility[right - 1]
        return float(max(rise, 0.0) / (self.disparity[right] - self.disparity[right - 1]))


@dataclass(frozen=True, eq=False)
class RatioCurve:
    """The frontier of a ratio: exact at any bound; its breakpoints are `STEPS` even ones."""

    disparity: Floats
    utility: Floats
    losses: Losses
    note: str = "exact at every ratio, drawn at even steps"

    def at(self, bound: float) -> Choice | None:
        """Return the best choice whose ratio is at least `bound`."""
        if bound > 1 + SLACK:
            return None
        low, high = best_window(self.losses, min(bound, 1.0))
        rise, fall = self.losses.slopes(low, high) if high > 0 else (0.0, 0.0)
        slack = bound < self.disparity[0]
        price = 0.0 if slack or not low else min(rise * high, fall * high**2 / low)
        return self.losses.choice(low, high, max(price, 0.0))


def best_window(found: Losses, ratio: float) -> tuple[float, float]:
    """Return the window [ratio h, h] of least loss.

    The loss is convex in h and straight between vertices of either end, so the best h is a vertex or one over the
    ratio. Among equals the largest is taken: a window of nothing is the last resort.
    """
    low, high = found.start
    if low >= ratio * high:
        return min(low, high), high
    tops = np.concatenate([found.knots, found.knots / ratio])
    tops = np.unique(tops[tops <= 1])[::-1]
    loss = found.of(ratio * tops, tops)
    top = float(tops[int((loss <= loss.min() + FLAT).argmax())])
    return ratio * top, top


def best_low(found: Losses, gap: float) -> float:
    """Return where the best window of a gap begins."""
    curve = _difference(found)
    return float(np.interp(gap, curve.disparity, curve.low))


def solve(problem: Problem) -> Curve:
    """Return the frontier of randomised group thresholds under parity of one linear rate.

    Parameters
    ----------
    problem
        A rule with one rate that is linear in what is selected, and a linear utility.

    References
    ----------
    Hardt, Price and Srebro 2016 for lotteries between two thresholds; the merge by slope is derived above.
    """
    found = losses(problem)
    return _difference(found) if problem.rule.form == "difference" else _ratio(found)


def _difference(found: Losses) -> DifferenceCurve:
    low, high = found.start
    if high <= low:
        one = np.array([high])
        return DifferenceCurve(np.zeros(1), np.array([found.best]), one, one, found)
    inner = found.knots[(found.knots > low) & (found.knots < high)]
    ends = np.concatenate([[low], inner, [high]])
    length = np.diff(ends)
    up = np.diff(np.interp(ends, found.knots, found.raising)) / length
    down = (-np.diff(np.interp(ends, found.knots, found.lowering)) / length)[::-1]
    slope = np.concatenate([np.maximum.accumulate(up), np.maximum.accumulate(down)])
    length = np.concatenate([length, length[::-1]])
    order = np.argsort(slope, kind="stable")
    slope, length, raises = slope[order], length[order], order < len(up)
    last = int(np.searchsorted(np.cumsum(length), high - low - FLAT))
    slope, length, raises = slope[: last + 1], length[: last + 1].copy(), raises[: last + 1]
    length[-1] -= length.sum() - (high - low)

    def walked(steps: Floats) -> Floats:
        return np.append(0.0, np.cumsum(steps))

    gap = np.maximum((high - low) - walked(length), 0)
    gap[-1] = 0.0
    columns = (gap, found.best - walked(length * slope), low + walked(length * raises), high - walked(length * ~raises))
    disparity, utility, lows, highs = (column[::-1] for column in columns)
    return DifferenceCurve(disparity, utility, lows, highs, found)


def _ratio(found: Losses) -> RatioCurve:
    low, high = found.start
    free = min(low / high, 1.0) if high > 0 else 1.0
    bounds = np.unique(np.append(np.linspace(free, 1, STEPS + 1), 1.0))
    windows = np.array([best_window(found, bound) for bound in bounds])
    return RatioCurve(bounds, found.best - found.of(windows[:, 0], windows[:, 1]), found)
