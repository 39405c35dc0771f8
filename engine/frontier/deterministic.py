"""One threshold per group, without lots: exact for a disparity of any one rate, monotone in the threshold or not.

Whoever holds the lowest rate l, every group must lie in the window that begins there, so the best policy is the best
over windows: per window the sum of each group's best utility inside it. Where a hull bounds what a window can give,
only the windows whose bound exceeds the best policy found so far are searched; the answer is certified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.frontier.dominance import improving
from engine.frontier.parity import Losses, best_low, best_window, losses
from engine.frontier.points import Points
from engine.frontier.problem import SLACK, Choice, Curve, Drawn, Problem, linear, pure
from engine.frontier.utility import Payoff
from engine.frontier.windows import best_in_windows
from engine.types import Favourable, Floats, Ints

WHOLE = 1_500     # distinct rates of all groups together up to which the whole frontier is listed
BOUNDS = 20       # bounds solved, one by one, to draw a larger one
FIRST = 9         # powers of four by which the first reach of the search is smaller than the last


@dataclass(frozen=True, eq=False)
class Steps:
    """A group's distinct rates, ascending, the best utility at each and its point."""

    rate: Floats
    worth: Floats
    point: Ints


def steps(points: Points, key: str, payoff: Payoff, favourable: Favourable) -> Steps:
    """Return a group's steps; points whose rate is undefined are left out."""
    rate, worth = points.rate(key, favourable), payoff.worth(points.selected)
    point = np.flatnonzero(~np.isnan(rate))
    rate = rate[point]
    if len(rate) and rate[0] > rate[-1]:
        rate, point = rate[::-1], point[::-1]
    if np.any(np.diff(rate) < 0):
        order = np.argsort(rate, kind="stable")
        rate, point = rate[order], point[order]
    first = np.flatnonzero(np.append(True, np.diff(rate) > 0)) if len(rate) else np.zeros(0, dtype=np.int64)
    if len(first) < len(rate):   # one rate, several points: the best of them
        run = np.cumsum(np.append(True, np.diff(rate) > 0)) - 1
        best = np.lexsort((-worth[point], run))[first]
        point, rate = point[best], rate[first]
    return Steps(rate, worth[point], point)


@dataclass(frozen=True, eq=False)
class Windows:
    """The search for one threshold per group under a bound on one rate's gap or ratio."""

    groups: tuple[Steps, ...]
    base: float
    ratio: bool
    hull: Losses | None   # where the rate is linear

    @cached_property
    def size(self) -> int:
        """Distinct rates of all groups."""
        return sum(len(group.rate) for group in self.groups)

    def top(self, low: Floats, bound: float) -> Floats:
        """Return where windows end that begin at `low`."""
        if not self.ratio:
            return np.asarray(low + bound)
        return np.asarray(low / bound) if bound > 0 else np.full(np.shape(low), np.inf)

    def gap(self, picked: Sequence[int]) -> float:
        """Return the disparity of one step per group; NaN where all rates are 0 in a ratio."""
        rates = np.array([group.rate[i] for group, i in zip(self.groups, picked, strict=True)])
        if not self.ratio:
            return float(np.ptp(rates))
        return float(rates.min() / rates.max()) if rates.max() > 0 else np.nan

    def meets(self, gap: float, bound: float) -> bool:
        """Return whether a disparity lies within a bound; NaN does not."""
        return gap >= bound - SLACK if self.ratio else gap <= bound + SLACK

    def free(self) -> list[int]:
        """Return each group's best step without a bound."""
        picked = [int(group.worth.argmax()) for group in self.groups]
        if self.ratio and all(g.rate[i] == 0 for g, i in zip(self.groups, picked, strict=True)):
            return self._somebody(picked)
        return picked

    def _somebody(self, picked: list[int]) -> list[int]:
        """Return the cheapest way to give one group a rate above 0: a ratio of nothing but zeros says nothing."""
        _, group, step = min(
            (float(g.worth.max() - g.worth[1:].max()), k, 1 + int(g.worth[1:].argmax()))
            for k, g in enumerate(self.groups) if len(g.rate) > 1
        )
        return [step if k == group else i for k, i in enumerate(picked)]

    def solve(self, bound: float) -> list[int] | None:
        """Return the best step of each group within a bound; None where there is none."""
        if any(not len(group.rate) for group in self.groups):   # `free` needs a step of each
            return None
        free = self.free()
        if self.meets(self.gap(free), bound):
            return free
        if self.hull is None:
            return self._best(self.groups, self._starts(self.groups), bound)
        return self._certified(self.hull, bound)

    @cached_property
    def shortfalls(self) -> tuple[Floats, ...]:
        """How far each step lies below its group's hull."""
        hulls = self.hull.envelopes if self.hull else ()
        return tuple(hull.worth_at(g.rate) - g.worth for hull, g in zip(hulls, self.groups, strict=True))

    def _certified(self, hull: Losses, bound: float) -> list[int] | None:
        """Return the best steps, looking only at those near the hulls.

        With lots, `ceiling` can be had. Thresholds that give at least ``ceiling - reach`` lie no more than `reach`
        below the hulls, all together, and so does the hulls' best in their window. So the best of the steps and
        windows that near is the best of all once it gives as much; else the reach grows to where it must.
        """
        window = best_window(hull, bound) if self.ratio else _window(hull, bound)
        ceiling = hull.best - hull.base - float(hull.of(np.array(window[0]), np.array(window[1])))
        farthest = sum(float(np.ptp(group.worth)) for group in self.groups)
        reach = farthest / 4**FIRST
        while True:
            low, high = self._promising(hull, bound, ceiling - reach)
            top = float(self.top(np.array(high), bound))
            near = [_near(g, below, (low, top), reach) for g, below in zip(self.groups, self.shortfalls, strict=True)]
            groups = [Steps(g.rate[i], g.worth[i], i) for g, i in zip(self.groups, near, strict=True)]
            starts = self._starts(groups)
            picked = self._best(groups, starts[(starts >= low - SLACK) & (starts <= high + SLACK)], bound)
            worth = -np.inf if picked is None else worth_of(groups, picked)
            if worth >= ceiling - reach or reach >= farthest:
                return None if picked is None else [int(g.point[i]) for g, i in zip(groups, picked, strict=True)]
            reach = min(ceiling - worth if picked else 8 * reach, farthest)

    def _promising(self, hull: Losses, bound: float, floor: float) -> tuple[float, float]:
        """Return where windows begin within which the hulls give at least `floor`: concave, so one interval."""
        other = hull.knots * bound if self.ratio else np.maximum(hull.knots - bound, 0)
        knots = np.unique(np.concatenate([hull.knots, other]))
        gives = hull.best - hull.base - hull.of(knots, np.minimum(self.top(knots, bound), 1.0))
        above = np.flatnonzero(gives >= floor - SLACK)
        if not len(above):   # the peak lies between two knots
            above = np.array([int(gives.argmax())])
        outer = max(int(above[0]) - 1, 0), min(int(above[-1]) + 1, len(knots) - 1)
        return (_crossing(knots, gives, floor, int(above[0]), outer[0]),
                _crossing(knots, gives, floor, int(above[-1]), outer[1]))

    def _starts(self, groups: Sequence[Steps]) -> Floats:
        """Return every rate at which a window can begin; of a ratio, above 0."""
        rates = np.unique(np.concatenate([group.rate for group in groups]))
        return rates[rates > 0] if self.ratio else rates

    def _best(self, groups: Sequence[Steps], starts: Floats, bound: float) -> list[int] | None:
        if any(not len(group.rate) for group in groups):
            return None
        return best_in_windows(groups, starts, self.top(starts, bound))[1]


def _near(group: Steps, shortfall: Floats, window: tuple[float, float], reach: float) -> Ints:
    """Return the steps inside a window that lie at most `reach` below the hull."""
    i, j = np.searchsorted(group.rate, [window[0] - SLACK, window[1] + SLACK])
    found: Ints = i + np.flatnonzero(shortfall[i:j] <= reach + SLACK)
    return found


def _crossing(knots: Floats, gives: Floats, floor: float, inside: int, outside: int) -> float:
    """Return where the line between two knots falls to a floor; the outer knot where it does not."""
    fall = gives[inside] - gives[outside]
    share = min((gives[inside] - floor + SLACK) / fall, 1.0) if fall > 0 else 1.0
    return float(knots[outside] if share < 0 else knots[inside] + share * (knots[outside] - knots[inside]))


def _window(hull: Losses, gap: float) -> tuple[float, float]:
    low = best_low(hull, gap)
    return low, low + gap


@dataclass(frozen=True, eq=False)
class StepCurve(Drawn):
    """The frontier of one threshold per group: a staircase."""

    search: Windows
    note: str

    @cached_property
    def drawn(self) -> tuple[Floats, Floats]:
        """The whole staircase up to `WHOLE` distinct rates; beyond, `BOUNDS` of its steps, each exact."""
        return staircase(self.search) if self.search.size <= WHOLE else _sampled(self.search)

    def at(self, bound: float) -> Choice | None:
        """Return the best choice within a bound, exactly; None where no thresholds reach it."""
        picked = self.search.solve(bound)
        if picked is None:
            return None
        points = [group.point[i] for group, i in zip(self.search.groups, picked, strict=True)]
        return Choice(pure(points), self.search.base + worth_of(self.search.groups, picked))


def worth_of(groups: Sequence[Steps], picked: Sequence[int]) -> float:
    """Return what one step per group adds to the utility."""
    return float(sum(group.worth[i] for group, i in zip(groups, picked, strict=True)))


def solve(problem: Problem) -> Curve:
    """Return the frontier of one threshold per group, for a disparity of one rate and a linear utility."""
    payoff, key = problem.payoff, problem.rule.rates[0]
    if payoff is None:
        raise ValueError("the utility must be linear")
    groups = tuple(steps(points, key, payoff, problem.favourable) for points in problem.chosen)
    bound = losses(problem) if linear(problem) else None
    search = Windows(groups, problem.base(payoff), problem.rule.form == "ratio", bound)
    whole = search.size <= WHOLE
    return StepCurve(search, "exact: every step" if whole else f"exact at any bound, drawn from {BOUNDS} of them")


def staircase(search: Windows) -> tuple[Floats, Floats]:
    """Return every (disparity, utility) that no other thresholds beat in both, by all windows at once."""
    rates = np.unique(np.concatenate([group.rate for group in search.groups]))
    total = np.zeros((len(rates), len(rates)))
    inside = np.triu(np.ones_like(total, dtype=bool))
    for group in search.groups:
        worth = np.full(len(rates), -np.inf)
        worth[np.searchsorted(rates, group.rate)] = group.worth
        total += np.maximum.accumulate(np.where(inside, worth, -np.inf), axis=1)
    low, high = np.nonzero(np.isfinite(total))
    total = total[low, high]
    if search.ratio:
        known = rates[high] > 0
        low, high, total = low[known], high[known], total[known]
    gap = rates[low] / rates[high] if search.ratio else rates[high] - rates[low]
    return _improved(gap, total + search.base, search.ratio)


def _sampled(search: Windows) -> tuple[Floats, Floats]:
    free = search.gap(search.free())
    parts = np.linspace(0, 1, BOUNDS + 1)[1:] ** 2   # denser near parity, where it bends
    found = [search.solve(bound) for bound in (1 - (1 - free) * parts if search.ratio else free * parts)]
    picked = [steps for steps in found if steps is not None]
    gaps = np.array([search.gap(steps) for steps in picked])
    utility = np.array([search.base + worth_of(search.groups, steps) for steps in picked])
    return _improved(gaps, utility, search.ratio)


def _improved(gap: Floats, utility: Floats, ratio: bool) -> tuple[Floats, Floats]:
    kept = improving(-gap, utility)[::-1] if ratio else improving(gap, utility)
    return gap[kept], utility[kept]
