"""Boosted trees with the gradient of the penalty: Newton leaves, kept up to the round with the lowest objective.

The first trees start from one constant, where the penalty has a kink and no gradient: they raise it, and later ones
lower it again. So no step is refused; what counts is the lowest objective of all rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.dependence.fit import Penalty, Problem
from engine.dependence.shapes import Matrix
from engine.errors import stopped
from engine.types import Cancelled, Floats

Tree = Any      # scikit-learn has no types that mypy can read
RATE = 0.1      # share of a Newton step; the penalty's own curvature is ignored, so a full one overshoots
BURN = 10       # rounds before a rise of the objective counts
CALMER = 0.7    # of the rate, after a step that raised the objective: near a kink steps must get shorter
SLOWEST = 0.005
DEPTH = 3
SMALLEST_LEAF = 50
FLATTEST = 1e-6    # curvature below which a row counts as this much


@dataclass(frozen=True, eq=False)
class Boosted:
    """Trees with the rate at which each was added, and where they start from."""

    constant: float
    trees: tuple[tuple[float, Tree], ...]
    loss: float
    penalty: float
    objective: float

    def predictor(self, features: Matrix) -> Floats:
        """Return the linear predictor of rows, (n,)."""
        total = np.full(features.shape[0], self.constant)
        for rate, tree in self.trees:
            total += rate * tree.predict(features)
        return total


def boost(
    problem: Problem, penalty: Penalty | None, strength: float, rounds: int, seed: int,
    cancelled: Cancelled | None = None,
) -> Boosted:
    """Return trees that lower mean loss + strength * penalty, round by round.

    Each tree is fitted to the Newton step of every row, weighted by the curvature of the loss, so that its leaves
    hold Newton steps. The trees after the round with the lowest objective are dropped.

    Parameters
    ----------
    problem
        With dense features.
    penalty, strength
        As in `engine.dependence.fit.fit`.
    rounds
        At most this many trees.
    seed
        Breaks ties between splits.

    References
    ----------
    Friedman 2001, Greedy function approximation: a gradient boosting machine, Annals of Statistics 29.
    """
    from sklearn.tree import DecisionTreeRegressor

    task = _Task(problem, penalty if strength > 0 else None, strength)
    eta = np.full(len(problem.outcome), problem.constant)
    trees: list[tuple[float, Tree]] = []
    objective, loss, value, gradient = task.at(eta)
    best = (objective, loss, value, 0)
    leaf = max(1, min(SMALLEST_LEAF, len(eta) // 20))
    rate = RATE
    for done in range(rounds):
        if cancelled is not None and cancelled():
            raise stopped("fitting a model")
        curvature = task.curvature(eta)
        tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=leaf, random_state=seed)
        tree.fit(problem.features, -gradient / curvature, sample_weight=curvature / curvature.mean())
        trees.append((rate, tree))
        eta, before = eta + rate * tree.predict(problem.features), objective
        objective, loss, value, gradient = task.at(eta)
        if done >= BURN and objective > before:
            rate = max(CALMER * rate, SLOWEST)
        best = min(best, (objective, loss, value, len(trees)))
    objective, loss, value, count = best
    return Boosted(problem.constant, tuple(trees[:count]), loss, value, objective)


@dataclass(frozen=True, eq=False)
class _Task:
    problem: Problem
    penalty: Penalty | None
    strength: float

    def at(self, eta: Floats) -> tuple[float, float, float, Floats]:
        """Return objective, loss, penalty and the gradient in the predictor."""
        loss, slopes = self.problem.loss(eta)
        if self.penalty is None:
            return loss, loss, 0.0, slopes
        seen, slope = self.problem.penalised(eta)
        value, gradient = self.penalty.value_and_gradient(seen)
        return loss + self.strength * value, loss, value, slopes + self.strength * gradient * slope

    def curvature(self, eta: Floats) -> Floats:
        family, exposure = self.problem.family, self.problem.exposure
        slope = family.slope(family.mean(eta))
        slope = slope if exposure is None else slope * exposure
        return self.problem.share * np.maximum(slope, FLATTEST)
