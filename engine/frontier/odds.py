"""Randomised group thresholds under several linear bounds at once: equalised odds, capacities, floors, mixtures.

A linear programme over lotteries between the vertices of each group's ROC hull; points below the hull are never
needed, since (0, 0) and (1, 1) are vertices. The value is concave in the bound of a difference, so that its tangents
(value and dual price) find every breakpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from engine.frontier.points import rate_of, upper_hull
from engine.frontier.problem import SLACK, Choice, Curve, Drawn, Limit, Mix, Problem
from engine.types import Floats, Ints

CLOSE = 1e-9      # a tangent that is nearer than this to the frontier is the frontier
MOST = 200        # programmes for one frontier
EVEN = 40         # bounds of a ratio's frontier
SOLVER = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass
class _Rows:
    """Inequalities being written: coefficients of the lotteries and of the free edges, right-hand sides."""

    columns: int
    edges: int
    coefficients: list[Floats]
    right: list[float]

    def add(self, places: slice, values: Floats, right: float, edge: int | None = None, share: float = 0.0) -> int:
        """Add ``values @ lottery + share * edge <= right`` and return its number."""
        row = np.zeros(self.columns + self.edges)
        row[places] += values
        if edge is not None:
            row[self.columns + edge] += share
        self.coefficients.append(row)
        self.right.append(right)
        return len(self.right) - 1


@dataclass(frozen=True, eq=False)
class Programme:
    """The linear programme of one problem over fixed columns: some points of each compared group."""

    problem: Problem
    columns: tuple[Ints, ...]

    def at(self, bound: float) -> Choice | None:
        """Return the best lottery within a bound; None where the bounds contradict each other."""
        from scipy.optimize import linprog

        problem, sizes = self.problem, [len(c) for c in self.columns]
        payoff = problem.payoff
        if payoff is None:
            raise ValueError("the utility must be linear")
        ends = np.cumsum([0, *sizes])
        worth = np.concatenate([payoff.worth(p.selected[c]) for p, c in zip(problem.chosen, self.columns, strict=True)])
        rows, tight = self._rows(bound, ends)
        one_each = np.zeros((len(sizes), ends[-1] + rows.edges))
        one_each[np.repeat(np.arange(len(sizes)), sizes), np.arange(ends[-1])] = 1
        scale = float(np.abs(worth).max()) or 1.0
        found = linprog(
            np.append(-worth / scale, np.zeros(rows.edges)), np.array(rows.coefficients), np.array(rows.right),
            one_each, np.ones(len(sizes)), bounds=(0, 1), method="highs-ds", options=SOLVER,
        )
        if found.status != 0:
            return None
        price = -scale * sum(float(found.ineqlin.marginals[row]) * factor for row, factor in tight(found.x))
        mixes = tuple(_mix(found.x[a:b], c) for a, b, c in zip(ends[:-1], ends[1:], self.columns, strict=True))
        return Choice(mixes, problem.base(payoff) - scale * float(found.fun), max(price, 0.0))

    def _rows(self, bound: float, ends: Ints) -> tuple[_Rows, Any]:
        """Return the inequalities, and a function from a solution to the rows that the bound is in, with factors."""
        problem, ratio = self.problem, self.problem.rule.form == "ratio"
        spans = [limit for limit in problem.limits if limit.scope == "difference"]
        rows = _Rows(int(ends[-1]), len(problem.rule.rates) + len(spans), [], [])
        tight: list[tuple[int, int]] = []
        places = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        for edge, key in enumerate(problem.rule.rates):
            for place, rate in zip(places, self._rates(key), strict=True):
                if ratio:   # the edge is the highest rate
                    rows.add(place, rate, 0.0, edge, -1.0)
                    tight.append((rows.add(place, -rate, 0.0, edge, bound), edge))
                else:       # the edge is the lowest rate
                    rows.add(place, -rate, 0.0, edge, 1.0)
                    tight.append((rows.add(place, rate, bound, edge, -1.0), edge))
        for limit in problem.limits:
            self._limit(rows, limit, places, len(problem.rule.rates) + (spans.index(limit) if limit in spans else 0))
        return rows, lambda x: [(row, float(x[rows.columns + edge]) if ratio else 1.0) for row, edge in tight]

    def _limit(self, rows: _Rows, limit: Limit, places: list[slice], edge: int) -> None:
        problem = self.problem
        if limit.scope == "overall":
            totals, favourable = problem.totals, problem.favourable
            none = float(rate_of(limit.rate, np.zeros(3), totals, favourable))
            moved = np.concatenate([rate_of(limit.rate, p.selected[c], totals, favourable) - none
                                    for p, c in zip(problem.chosen, self.columns, strict=True)])
            rest = float(rate_of(limit.rate, problem.rest, totals, favourable))
            rows.add(slice(0, rows.columns), moved, limit.at_most - rest)
            rows.add(slice(0, rows.columns), -moved, rest - limit.at_least)
            return
        for place, rate in zip(places, self._rates(limit.rate), strict=True):
            if limit.scope == "groups":
                rows.add(place, rate, limit.at_most)
                rows.add(place, -rate, -limit.at_least)
            else:
                rows.add(place, rate, limit.at_most, edge, -1.0)
                rows.add(place, -rate, 0.0, edge, 1.0)

    def _rates(self, key: str) -> list[Floats]:
        return [rate_of(key, p.selected[c], p.totals, self.problem.favourable)
                for p, c in zip(self.problem.chosen, self.columns, strict=True)]


def _mix(chances: Floats, columns: Ints) -> Mix:
    kept = np.flatnonzero(chances > SLACK)
    shares = chances[kept] / chances[kept].sum()
    return tuple((int(columns[i]), float(p)) for i, p in zip(kept, shares, strict=True))


def columns_of(problem: Problem) -> tuple[Ints, ...]:
    """Return the points that lotteries need, of each compared group.

    The vertices of the ROC hull; where rows without an outcome move selection rates, which then are no function of
    TP and FP, also those of the hull over all rows, and an even choice of `MOST` points.
    """
    found = []
    for points in problem.chosen:
        vertices = points.hull
        if points.unlabelled and problem.payoff is not None:
            everybody = upper_hull(points.selected.sum(axis=1), problem.payoff.worth(points.selected))
            even = np.linspace(0, len(points.scores), min(len(points.scores) + 1, MOST)).astype(np.int64)
            vertices = np.union1d(np.union1d(vertices, everybody), even)
        found.append(vertices)
    return tuple(found)


def exact(problem: Problem) -> bool:
    """Return whether the columns are all that lotteries can need: not where unlabelled rows move a bounded rate."""
    bounded = {*problem.rule.rates, *(limit.rate for limit in problem.limits)}
    moved = bool(bounded & {"selection_rate", "favourable_rate"})
    return not (moved and any(points.unlabelled for points in problem.chosen))


@dataclass(frozen=True, eq=False)
class ProgrammeCurve(Drawn):
    """The frontier of a linear programme: straight between its breakpoints where the bound is a difference."""

    programme: Programme
    ratio: bool

    @cached_property
    def drawn(self) -> tuple[Floats, Floats]:
        """Every breakpoint of a difference; of a ratio, whose pieces are not straight, even steps."""
        if not self.ratio:
            return tangents(self.programme)
        bounds = np.linspace(0, 1, EVEN + 1)
        found = [(bound, choice.utility) for bound in bounds if (choice := self.programme.at(float(bound)))]
        disparity, utility = np.array(found).reshape(-1, 2).T
        return disparity, utility

    @property
    def note(self) -> str:
        """What is exact, and where."""
        near = "" if exact(self.programme.problem) else f"; rows without an outcome: over {MOST} points of a group"
        if self.ratio:
            return f"exact at any ratio, drawn at {EVEN} even steps{near}"
        return f"exact at any gap, a straight line between breakpoints within {CLOSE:.0e}{near}"

    def at(self, bound: float) -> Choice | None:
        """Return the best choice within a bound: one programme, exact."""
        if bound > 1 + SLACK if self.ratio else bound < -SLACK:
            return None
        return self.programme.at(min(max(bound, 0.0), 1.0))


def solve(problem: Problem) -> Curve:
    """Return the frontier of lotteries under linear bounds: equalised odds, or any rule with limits.

    References
    ----------
    Hardt, Price and Srebro 2016, Equality of opportunity in supervised learning, section 4; HiGHS: Huangfu and Hall
    2018, Parallelizing the dual revised simplex method.
    """
    return ProgrammeCurve(Programme(problem, columns_of(problem)), problem.rule.form == "ratio")


def tangents(programme: Programme) -> tuple[Floats, Floats]:
    """Return the breakpoints of a concave frontier.

    Where two tangents cross, the frontier is there, and between them straight; or it lies below and gives a third.
    """
    loosest = programme.at(1.0)
    if loosest is None:
        return np.zeros(0), np.zeros(0)
    tightest = _tightest(programme)
    points = {1.0: loosest, tightest: programme.at(tightest) or loosest}
    spans = [(tightest, 1.0)]
    while spans and len(points) < MOST:
        low, high = spans.pop(0)
        a, b = points[low], points[high]
        if a.price - b.price < SLACK or high - low < CLOSE:
            continue
        cross = (b.utility - a.utility + a.price * low - b.price * high) / (a.price - b.price)
        between = programme.at(cross) if low < cross < high else None
        if between is None:
            continue
        points[cross] = between
        if a.utility + a.price * (cross - low) - between.utility > CLOSE:
            spans += [(low, cross), (cross, high)]
    return _until_flat(points)


def _tightest(programme: Programme) -> float:
    """Return the smallest gap that can be had: 0, unless further limits forbid it."""
    if programme.at(0.0) is not None:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if programme.at(middle) is not None else (middle, high)
    return high


def _until_flat(points: dict[float, Choice]) -> tuple[Floats, Floats]:
    """Return the breakpoints, ascending, up to the gap from which the utility rises no more."""
    disparity = np.array(sorted(points))
    utility = np.maximum.accumulate([points[gap].utility for gap in disparity])
    last = int((utility >= utility[-1] - CLOSE).argmax())
    return disparity[: last + 1], utility[: last + 1]
