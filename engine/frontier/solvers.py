"""Who solves what: one row per kind of policy and kind of question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.frontier import boxes, common, deterministic, odds, parity
from engine.frontier.fractional import FractionalCurve
from engine.frontier.problem import Curve, Problem, linear
from engine.metrics import AUC
from engine.policy import PolicyKind


@dataclass(frozen=True)
class Solver:
    """One row of `SOLVERS`: the policies it finds, when it can, and whether it needs a linear utility."""

    key: str
    kind: PolicyKind
    name: str
    can: Callable[[Problem], bool]
    solve: Callable[[Problem], Curve]
    linear_only: bool = True


def _always(problem: Problem) -> bool:
    return True


def _one_rate(problem: Problem) -> bool:
    return len(problem.rule.rates) == 1 and not problem.limits


def _two_rates(problem: Problem) -> bool:
    return len(problem.rule.rates) == 2 and not problem.limits


SOLVERS: dict[str, Solver] = {
    row.key: row
    for row in (
        Solver("common", "common", "one sweep over all thresholds", _always, common.solve, linear_only=False),
        Solver("windows", "deterministic", "windows over one rate, certified by hulls", _one_rate, deterministic.solve),
        Solver("boxes", "deterministic", "boxes over two rates", _two_rates, boxes.solve),
        Solver("slopes", "randomised", "hulls merged by slope", lambda p: _one_rate(p) and linear(p), parity.solve),
        Solver("programme", "randomised", "linear programme over hull vertices", linear, odds.solve),
    )
}


def solved(problem: Problem, kind: PolicyKind) -> Curve | str:
    """Return the frontier of a kind of policy, or why there is none."""
    if AUC.key in problem.rule.rates:
        return "no threshold changes the area under the ROC curve"
    for row in SOLVERS.values():
        if row.kind == kind and row.can(problem):
            ratio = row.linear_only and problem.utility.linear is None
            return FractionalCurve(problem, row.solve) if ratio else row.solve(problem)
    if kind == "randomised":
        return f"{problem.rule.name} is not linear in what is selected, so lots cannot be solved exactly"
    return "further limits are solved for one common threshold and for randomised thresholds alone"
