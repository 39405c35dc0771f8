"""How much a policy flatters itself on the rows it was found on, and the bound to ask for instead.

The rows are resampled, the frontier found again on each draw, and its policy judged on the rows as they are: what the
draw promised against what it gives. Rows are never touched: Poisson weights of rows add up to Poisson counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.errors import stopped
from engine.frontier import FrontierResult
from engine.frontier.points import Points
from engine.frontier.problem import Choice, Curve, Problem, bounded, estimable, pure
from engine.frontier.solvers import solved
from engine.frontier.utility import value_of
from engine.policy import PolicyKind
from engine.types import Cancelled, Floats, Progress

REPLICATES = 200
BINS = 1024       # operating points of a group that are kept
HALVINGS = 12


@dataclass(frozen=True)
class Optimism:
    """What to expect on rows that were not used, when a bound is asked for on those that were.

    `high` is the level's quantile of the disparity (of a ratio, the low end): with that chance it is no worse.
    """

    bound: float
    disparity: float        # mean
    high: float
    level: float
    utility_lost: float     # mean of promised minus realised
    utility_spread: float   # its standard deviation
    replicates: int


@dataclass(frozen=True, eq=False)
class Refits:
    """The frontier found again on each of many draws; any bound can then be asked about."""

    problem: Problem
    draws: tuple[tuple[Problem, Curve], ...]

    def expect(self, bound: float, level: float = 0.9) -> Optimism | None:
        """Return what a bound gives on other rows; None where no draw reaches it."""
        found = [(choice.utility, *_judged(self.problem, drawn, choice)) for drawn, curve in self.draws
                 if (choice := curve.at(bound)) is not None]
        kept = np.array([row for row in found if not np.isnan(row).any()])
        if not len(kept):
            return None
        lost, ratio = kept[:, 0] - kept[:, 1], self.problem.rule.form == "ratio"
        high = float(np.quantile(kept[:, 2], 1 - level if ratio else level))
        return Optimism(bound, float(kept[:, 2].mean()), high, level, float(lost.mean()),
                        float(lost.std(ddof=1)) if len(kept) > 1 else 0.0, len(kept))

    def safe_bound(self, bound: float, level: float = 0.9) -> float | None:
        """Return the loosest bound to ask for so that, with the level's chance, `bound` is met on other rows.

        None where not even parity on these rows is enough: more rows are needed.
        """
        ratio = self.problem.rule.form == "ratio"
        strict, loose = (1.0, bound) if ratio else (0.0, bound)
        if self._meets(loose, bound, level):
            return loose
        if not self._meets(strict, bound, level):
            return None
        for _ in range(HALVINGS):
            middle = (strict + loose) / 2
            strict, loose = (middle, loose) if self._meets(middle, bound, level) else (strict, middle)
        return strict

    def _meets(self, asked: float, bound: float, level: float) -> bool:
        found = self.expect(asked, level)
        if found is None:
            return False
        return found.high >= bound if self.problem.rule.form == "ratio" else found.high <= bound


def refits(
    result: FrontierResult, kind: PolicyKind, replicates: int = REPLICATES, seed: int = 0,
    progress: Progress | None = None, cancelled: Cancelled | None = None,
) -> Refits:
    """Return the frontier of a kind, found again on draws of the rows it was found on.

    Parameters
    ----------
    result
        From `engine.frontier.find`.
    replicates
        Draws; a draw in which a compared group loses its rate is left out.
    progress, cancelled
        Told after each draw; asked before each.

    Raises
    ------
    InvalidData
        Where the visitor stopped it.

    References
    ----------
    Efron 1983, Estimating the error rate of a prediction rule, JASA 78, for the refit bootstrap.
    """
    rng = np.random.default_rng(seed)
    points = tuple(_thinned(group) for group in result.problem.points)
    problem = replace(result.problem, points=points)
    draws: list[tuple[Problem, Curve]] = []
    for replicate in range(replicates):
        if cancelled is not None and cancelled():
            raise stopped("the refits")
        drawn = replace(problem, points=tuple(_drawn(group, rng) for group in points))
        curve = solved(drawn, kind) if _usable(drawn) else ""
        if not isinstance(curve, str):
            draws.append((drawn, curve))
        if progress is not None:
            progress((replicate + 1) / replicates, f"refit {replicate + 1} of {replicates}")
    return Refits(problem, tuple(draws))


def _thinned(points: Points) -> Points:
    kept = np.unique(np.linspace(0, len(points.scores), min(len(points.scores), BINS) + 1).astype(np.int64))
    return Points(points.scores[kept[1:] - 1], points.selected[kept], points.rows, points.between)


def _drawn(points: Points, rng: np.random.Generator) -> Points:
    """Return the points of resampled rows; of weighted rows, as many as there are, at their mean weight."""
    weight = float(points.totals.sum()) / points.rows if points.rows else 1.0
    cells = np.maximum(np.diff(points.selected, axis=0), 0) / weight
    selected = np.concatenate([np.zeros((1, 3)), np.cumsum(rng.poisson(cells), axis=0)]) * weight
    return Points(points.scores, selected, points.rows, points.between)


def _usable(problem: Problem) -> bool:
    outcomes = bool((problem.totals[:2] > 0).all())
    keys = bounded(problem.rule, problem.limits)
    return outcomes and all(estimable(p, keys, problem.favourable) is None for p in problem.chosen)


def _judged(problem: Problem, drawn: Problem, choice: Choice) -> tuple[float, float]:
    """Return the utility and the disparity, on the rows as they are, of a policy that was found on a draw."""
    others: Sequence[Points] = [p for g, p in enumerate(problem.points) if g not in problem.compared]
    threshold = choice.threshold if choice.threshold is not None else drawn.otherwise if others else np.inf
    mixes = choice.mixes
    if choice.threshold is not None:
        mixes = pure([points.reached(threshold) for points in problem.chosen])
    taken: Floats = problem.selected(mixes).sum(axis=0)
    for points in others:
        taken = taken + points.selected[points.reached(threshold)]
    return float(value_of(problem.utility, taken, problem.totals, problem.costs)), problem.disparity(mixes)
