"""One common threshold for everybody: the only kind that treats equal scores alike. One sweep answers every bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.frontier.dominance import improving
from engine.frontier.ladder import Ladder, threshold_of
from engine.frontier.points import rate_of
from engine.frontier.problem import SLACK, Choice, Curve, Problem, extent, pure
from engine.types import Floats, Ints


@dataclass(frozen=True, eq=False)
class CommonCurve:
    """The thresholds that no other common threshold beats in both disparity and utility."""

    disparity: Floats
    utility: Floats
    rungs: Ints
    sign: float   # 1 where smaller is nearer to parity
    problem: Problem
    steps: Ladder
    note: str = "exact: every common threshold was tried"

    def at(self, bound: float) -> Choice | None:
        """Return the best common threshold within a bound."""
        within = np.flatnonzero(self.sign * self.disparity <= self.sign * bound + SLACK)
        if not len(within):
            return None
        best = int(within[self.utility[within].argmax()])
        rung = int(self.rungs[best])
        points = [self.steps.reached[g][rung] for g in self.problem.compared]
        threshold = threshold_of(self.problem.points, self.steps, rung)
        return Choice(pure(points), float(self.utility[best]), threshold=threshold)


def solve(problem: Problem) -> Curve:
    """Return the frontier of one common threshold, for any disparity and any utility."""
    rungs, utility = problem.rungs, problem.along
    disparity = _disparity(problem, rungs)
    sign = 1.0 if problem.rule.form == "difference" else -1.0
    allowed = ~np.isnan(disparity) & _within_limits(problem, rungs)
    kept = improving(sign * np.where(allowed, disparity, np.nan), utility)
    kept = kept if sign > 0 else kept[::-1]
    return CommonCurve(disparity[kept], utility[kept], kept, sign, problem, rungs)


def _disparity(problem: Problem, rungs: Ladder) -> Floats:
    if len(problem.compared) < 2:
        return np.full(len(rungs.scores) + 1, problem.rule.ideal)
    found: list[Floats] = []
    for key in problem.rule.rates:
        high, low = np.full(len(rungs.scores) + 1, -np.inf), np.full(len(rungs.scores) + 1, np.inf)
        for g in problem.compared:   # group by group: a matrix of all would not fit at a million thresholds
            rate = problem.points[g].rate(key, problem.favourable)[rungs.reached[g]]
            high, low = np.maximum(high, rate), np.minimum(low, rate)
        found.append(extent(problem.rule, np.stack([high, low], axis=-1)))
    worst: Floats = np.max(found, axis=0)
    return worst


def _within_limits(problem: Problem, rungs: Ladder) -> np.ndarray:
    allowed = np.ones(len(rungs.scores) + 1, dtype=bool)
    for limit in problem.limits:
        groups = range(len(problem.points)) if limit.scope == "overall" else problem.compared
        taken = [problem.points[g].selected[rungs.reached[g]] for g in groups]
        totals = [problem.points[g].totals for g in groups]
        if limit.scope == "overall":
            taken, totals = [np.sum(taken, axis=0)], [np.sum(totals, axis=0)]
        rates = np.stack([rate_of(limit.rate, s, t, problem.favourable) for s, t in zip(taken, totals, strict=True)])
        if limit.scope == "difference":
            rates = np.ptp(rates, axis=0, keepdims=True)
        inside = (rates >= limit.at_least - SLACK) & (rates <= limit.at_most + SLACK)
        allowed &= inside.all(axis=0)
    return allowed
