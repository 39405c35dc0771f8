"""Utilities that are ratios of linear functions, such as F1: solved as a few linear problems.

At a guess g of the best F1 the linear utility ``2 TP - g (TP + FP + P)`` has best value 0 exactly where g is right;
the F1 of its best policy is the next guess, and the guesses converge faster than any geometric series.

References
----------
Dinkelbach 1967, On nonlinear fractional programming, Management Science 13.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from engine.counting.counts import NEGATIVE, POSITIVE
from engine.frontier.problem import Choice, Curve, Drawn, Problem
from engine.frontier.utility import f1_payoff
from engine.types import Floats

Solve = Callable[[Problem], Curve]
ROUNDS = 30
SETTLED = 1e-14
BOUNDS = 24   # solved to draw the frontier


@dataclass(frozen=True, eq=False)
class FractionalCurve(Drawn):
    """The frontier of a ratio of linear functions."""

    problem: Problem
    solver: Solve
    note: str = f"exact at any bound, drawn from {BOUNDS} of them"
    _solved: dict[float, Choice | None] = field(default_factory=dict, repr=False)

    @cached_property
    def drawn(self) -> tuple[Floats, Floats]:
        """Bounds between parity and none, denser near parity, and the best utility at each."""
        ratio = self.problem.rule.form == "ratio"
        free = best(self.problem, self.solver, 0.0 if ratio else np.inf)
        if free is None:
            return np.zeros(0), np.zeros(0)
        widest = float(np.nan_to_num(self.problem.disparity(free.mixes), nan=1.0))
        parts = np.linspace(0, 1, BOUNDS + 1) ** 2
        bounds = 1 - (1 - widest) * parts if ratio else widest * parts   # the tightest first: each is a start
        found = [(bound, choice.utility) for bound in bounds if (choice := self.at(float(bound)))]
        disparity, utility = np.array(found[::-1] if ratio else found).reshape(-1, 2).T
        return disparity, utility

    def at(self, bound: float) -> Choice | None:
        """Return the best choice within a bound; what was found within tighter ones is where the search starts."""
        if bound not in self._solved:
            ratio = self.problem.rule.form == "ratio"
            tighter = [choice for other, choice in self._solved.items()
                       if choice is not None and (other >= bound if ratio else other <= bound)]
            start = max(tighter, key=lambda choice: choice.utility, default=None)
            found = best(self.problem, self.solver, bound, start.utility if start else 0.0)
            if start and found and found.utility < start.utility:   # as good, but for rounding
                found = replace(start, price=found.price)
            self._solved[bound] = found
        return self._solved[bound]


def best(problem: Problem, solve: Solve, bound: float, guess: float = 0.0) -> Choice | None:
    """Return the choice of highest F1 within a bound, by Dinkelbach's iteration from an F1 that can be had there."""
    positives, found = float(problem.totals[POSITIVE]), None
    for _ in range(ROUNDS):
        linear = solve(problem.with_payoff(f1_payoff(guess, positives))).at(bound)
        if linear is None:
            return found
        value = problem.value(linear.mixes)
        if found is not None and value <= guess + SETTLED:
            break
        taken = problem.selected(linear.mixes).sum(axis=0) + problem.rest
        under = (taken[POSITIVE] + taken[NEGATIVE] + positives) / positives
        found, guess = replace(linear, utility=value, price=linear.price / under), value
    return found
