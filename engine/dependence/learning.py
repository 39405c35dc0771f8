"""A data set and a plan to something that can be fitted: features, outcome, penalty, and a model at each strength."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from engine.dependence import penalties
from engine.dependence.attributes import ProtectedColumn, columns
from engine.dependence.boosting import boost
from engine.dependence.families import Family, Scale
from engine.dependence.fit import Penalty, Problem, Settings, expected, fit
from engine.dependence.request import PenaltyKind, Plan
from engine.dependence.shapes import HiddenLayer, Matrix, Shape, Sum
from engine.scoring import encoding
from engine.types import UNKNOWN, Cancelled, Dataset, Floats, Ints

DENSE = 20_000_000      # cells up to which features are kept dense: faster, and 160 MB at most
AT_ONCE = 100_000       # rows that are predicted at once
HIDDEN_ITERATIONS = 200


@dataclass(frozen=True, eq=False)
class Learned:
    """A fitted model: its predictor of encoded features, what it cost, and where the next one may start."""

    predictor: Callable[[Matrix], Floats]
    strength: float
    loss: float
    penalty: float
    iterations: int
    evaluations: int
    converged: bool
    message: str
    parameters: Floats | None = None


@dataclass(frozen=True, eq=False)
class Bench:
    """The training rows under a plan, ready to be fitted again and again."""

    dataset: Dataset
    plan: Plan
    train: Ints
    problem: Problem
    columns: tuple[ProtectedColumn, ...]     # of all rows
    encoding: encoding.Encoding

    @classmethod
    def of(cls, dataset: Dataset, plan: Plan, train: Ints) -> Bench:
        """Return the bench of some rows; everything that is learned is learned from them."""
        taught = encoding.learned(dataset.features, train)
        matrix = taught.of(dataset.features, train)
        if plan.model == "gbm" or matrix.shape[0] * matrix.shape[1] <= DENSE:
            matrix = matrix.toarray()
        share = np.ones(len(train)) if dataset.weight is None else dataset.weight[train]
        exposure = exposure_of(dataset, plan)
        problem = Problem(matrix, outcome_of(dataset, plan)[train], plan.family, share / share.sum(),
                          None if exposure is None else exposure[train], plan.scale)
        return cls(dataset, plan, train, problem, columns(dataset, plan.attributes, plan.continuous), taught)

    def penalty(self, kind: PenaltyKind | None = None) -> penalties.Penalty:
        """Return the plan's penalty of the training rows, or one of another kind."""
        request, mass = self.plan.request, mass_of(self.dataset, self.plan)
        return penalties.build(
            [column.at(self.train) for column in self.columns], kind or request.penalty, c=request.c,
            estimator="V" if mass is not None else request.estimator,
            weights=None if mass is None else mass[self.train],
            normalised=request.normalised, rng=np.random.default_rng(request.seed),
        )

    def learn(
        self, penalty: Penalty | None, strength: float, start: Learned | None = None,
        cancelled: Cancelled | None = None,
    ) -> Learned:
        """Return the model at one strength, from the parameters of a nearby one where there are any."""
        request = self.plan.request
        if self.plan.model == "gbm":
            grown = boost(self.problem, penalty, strength, request.rounds, request.seed, cancelled)
            count = len(grown.trees)
            ended = f"lowest objective after {count} of {request.rounds} rounds"
            return Learned(grown.predictor, strength, grown.loss, grown.penalty, count, request.rounds, True, ended)
        shape: Shape = HiddenLayer(request.hidden) if self.plan.model == "mlp" else Sum()
        iterations = HIDDEN_ITERATIONS if self.plan.model == "mlp" else Settings.iterations
        settings = Settings(self.plan.l2, iterations, restarts=self.plan.restarts)
        found = fit(self.problem, shape, penalty, strength, None if start is None else start.parameters, settings,
                    np.random.default_rng(request.seed), cancelled)
        return Learned(lambda features: shape.forward(found.parameters, features)[0], strength, found.loss,
                       found.penalty, found.iterations, found.evaluations, found.converged, found.message,
                       found.parameters)

    def encoded(self, rows: Ints) -> Matrix:
        """Return the features of some rows as a sparse array, encoded as the training rows taught."""
        return self.encoding.of(self.dataset.features, rows)

    def predictor(self, learned: Learned, rows: Ints) -> Floats:
        """Return the linear predictor of some rows of the data, in portions that fit in memory."""
        parts = []
        for begin in range(0, len(rows), AT_ONCE):
            matrix = self.encoded(rows[begin : begin + AT_ONCE])
            parts.append(learned.predictor(matrix.toarray() if self.plan.model == "gbm" else matrix))
        return np.concatenate(parts) if parts else np.zeros(0)


def outcome_of(dataset: Dataset, plan: Plan) -> Floats:
    """Return the outcome as numbers, (n,); NaN where it is not known."""
    if plan.family.task == "classification" and dataset.label is not None:
        return np.where(dataset.label == UNKNOWN, np.nan, dataset.label)
    if dataset.target is None:
        raise ValueError("the plan was made for other data")
    return dataset.target


def one_core() -> AbstractContextManager[object]:
    """Return what keeps matrix products on one core while it lasts.

    They are short, and threads that wait for each other at every one cost ten times their work on a busy machine.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn, untyped

    limited: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limited


def exposure_of(dataset: Dataset, plan: Plan) -> Floats | None:
    """Return the exposure of each row, for counts alone."""
    return dataset.exposure if plan.family.task == "poisson" else None


def mass_of(dataset: Dataset, plan: Plan) -> Floats | None:
    """Return what each row weighs in a dependence: its weight, times its exposure where rates are looked at."""
    exposure = exposure_of(dataset, plan) if plan.scale == "rate" else None
    if dataset.weight is None or exposure is None:
        return dataset.weight if exposure is None else exposure
    return dataset.weight * exposure


def shown(family: Family, scale: Scale, predictor: Floats, exposure: Floats | None) -> Floats:
    """Return predictions as they are shown and measured: probability, value, count, or rate where rates are asked."""
    return expected(family, predictor, None if scale == "rate" else exposure)
