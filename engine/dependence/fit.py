"""A penalised model fitted on all its rows at once: exact gradients, L-BFGS, and a guard against the cold start.

At a constant prediction every pair of rows is tied, so the penalty has a kink and its gradient is 0 or points nowhere:
an optimiser that starts there with a penalty stays there. So the unpenalised model is fitted first, and a fit that
does not move or collapses to a constant is started again from a nearby point. Where features take few values there are
other kinks, wherever two groups of equal rows meet, and a fit may stop at one: so it is asked at the end whether the
same predictions, drawn towards their constant, would be better, and if so it goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from engine.dependence.families import Family, Scale
from engine.dependence.shapes import Matrix, Shape
from engine.errors import stopped
from engine.types import Cancelled, Floats

FLAT = 1e-8      # a spread of predictions below which they count as one constant
JITTER = 1e-3    # how far a fit that did not move is pushed, relative to its parameters' size
ATTEMPTS = 2
DRAWN = (0.9, 0.5, 0.2, 0.05, 0.0)   # how far predictions are drawn in, to see whether that is better
WANDER = 0.3     # how far a restart along a path begins from the warm start


class Penalty(Protocol):
    """What a penalty must be able to do; see `engine.dependence.penalties`."""

    def value_and_gradient(self, prediction: Floats) -> tuple[float, Floats]:
        """Return the penalty of predictions, (n,), and its gradient in each, (n,)."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows to learn from. `share` weighs the rows and sums to 1; `scale` is what the penalty looks at."""

    features: Matrix             # (n, columns)
    outcome: Floats              # (n,)
    family: Family
    share: Floats                # (n,)
    exposure: Floats | None = None   # (n,) > 0, counts only
    scale: Scale | None = None       # None: the family's first

    @property
    def constant(self) -> float:
        """Return the predictor of the best constant model."""
        units = 1.0 if self.exposure is None else float(self.share @ self.exposure)
        return self.family.predictor(float(self.share @ self.outcome) / units)

    def constant_loss(self) -> float:
        """Return the mean loss of the best constant model."""
        return self.loss(np.full(len(self.outcome), self.constant))[0]

    def loss(self, predictor: Floats) -> tuple[float, Floats]:
        """Return the mean loss and its gradient in the predictor, (n,)."""
        mean = expected(self.family, predictor, self.exposure)
        offset = 0.0 if self.exposure is None else np.log(self.exposure)
        rows = self.family.loss(self.outcome, predictor, mean, offset)
        return float(self.share @ rows), self.share * (mean - self.outcome)

    def penalised(self, predictor: Floats) -> tuple[Floats, Floats]:
        """Return the predictions on the scale of the penalty, and their derivative in the predictor."""
        if self.scale == "linear":
            return predictor, np.ones_like(predictor)
        mean = expected(self.family, predictor, None if self.scale == "rate" else self.exposure)
        return mean, self.family.slope(mean)


@dataclass(frozen=True)
class Settings:
    """How to optimise: ridge on all but the intercept, most iterations, tolerance of the gradient, restarts."""

    l2: float = 1e-6
    iterations: int = 500
    tolerance: float = 1e-7
    restarts: int = 1


@dataclass(frozen=True, eq=False)
class Fitted:
    """Parameters at a minimum. `objective` is loss, penalty and ridge; `loss` and `penalty` are without factors."""

    parameters: Floats
    objective: float
    loss: float
    penalty: float
    iterations: int
    evaluations: int
    converged: bool
    message: str


def expected(family: Family, predictor: Floats, exposure: Floats | None) -> Floats:
    """Return the expected outcome, (n,): the family's mean, times the exposure where there is one."""
    mean = family.mean(predictor)
    return mean if exposure is None else exposure * mean


def fit(
    problem: Problem, shape: Shape, penalty: Penalty | None = None, strength: float = 0.0,
    start: Floats | None = None, settings: Settings | None = None, rng: np.random.Generator | None = None,
    cancelled: Cancelled | None = None,
) -> Fitted:
    """Return the model that minimises mean loss + strength * penalty + l2/2 * (size of the weights) squared.

    Parameters
    ----------
    problem, shape
        Rows, and how features become a predictor.
    penalty, strength
        The penalty of the predictions on the problem's scale, and its factor lambda, 0 or more.
    start
        Parameters of a nearby fit (warm start). Without one and with a penalty, the unpenalised model is fitted first.
    settings
        With `restarts` above 1 the fit is begun again from random points and the lowest objective is kept.
    rng
        Draws starting points; seed 0 where not given.
    cancelled
        Asked at each evaluation.

    Raises
    ------
    InvalidData
        The visitor stopped it.

    References
    ----------
    Lee, Antonio, Avanzi, Marchi and Zhou 2025 for the objective, by mini-batches there; Byrd, Lu, Nocedal and Zhu
    1995 for L-BFGS-B.
    """
    settings, rng = settings or Settings(), rng or np.random.default_rng(0)
    strength = strength if penalty is not None else 0.0
    if strength > 0 and start is None:
        start = fit(problem, shape, None, 0.0, None, settings, rng, cancelled).parameters
    task = _Task(problem, shape, penalty, strength, settings, cancelled or (lambda: False))
    best: Fitted | None = None
    for begin in _starts(task, start, rng):
        found = _guarded(task, begin, rng)
        if best is None or found.objective < best.objective:
            best = found
    if best is None:
        raise ValueError("a fit needs at least one start")
    return best


@dataclass(frozen=True, eq=False)
class _Task:
    problem: Problem
    shape: Shape
    penalty: Penalty | None
    strength: float
    settings: Settings
    cancelled: Cancelled

    def parts(self, parameters: Floats) -> tuple[float, float, Floats]:
        """Return loss, penalty and the gradient of loss + strength * penalty in the parameters."""
        predictor, memory = self.shape.forward(parameters, self.problem.features)
        loss, slopes = self.problem.loss(predictor)
        value = 0.0
        if self.penalty is not None and self.strength > 0:
            seen, slope = self.problem.penalised(predictor)
            value, gradient = self.penalty.value_and_gradient(seen)
            slopes = slopes + self.strength * gradient * slope
        return loss, value, self.shape.backward(self.problem.features, slopes, memory)

    def objective(self, parameters: Floats) -> tuple[float, Floats]:
        if self.cancelled():
            raise stopped("fitting a model")
        loss, value, gradient = self.parts(parameters)
        weights = parameters.copy()
        weights[-1] = 0.0
        ridge = self.settings.l2
        return loss + self.strength * value + 0.5 * ridge * float(weights @ weights), gradient + ridge * weights

    def flat(self, parameters: Floats) -> bool:
        predictor, _ = self.shape.forward(parameters, self.problem.features)
        return bool(np.ptp(self.problem.penalised(predictor)[0]) < FLAT)


def _starts(task: _Task, start: Floats | None, rng: np.random.Generator) -> Iterator[Floats]:
    columns = task.problem.features.shape[1]
    for attempt in range(max(1, task.settings.restarts)):
        if start is None:
            yield task.shape.start(columns, task.problem.constant, rng)
        else:
            yield start if attempt == 0 else start + WANDER * rng.normal(size=len(start))


def _guarded(task: _Task, begin: Floats, rng: np.random.Generator) -> Fitted:
    """Minimise; where nothing moved or the predictions became one constant, try again from beside the start."""
    best = _minimised(task, begin)
    for _ in range(ATTEMPTS if task.strength > 0 else 0):
        nearer = _drawn_in(task, best)
        if nearer is None:
            break
        best = min(best, _minimised(task, nearer), key=lambda found: found.objective)
    size = JITTER * max(1.0, float(np.abs(begin).max()))
    for _ in range(ATTEMPTS if task.strength > 0 else 0):
        if best.iterations > 0 and not task.flat(best.parameters):
            break
        again = _minimised(task, begin + size * rng.normal(size=len(begin)))
        best = min(best, again, key=lambda found: found.objective)
    return _levelled(task, best) if task.strength > 0 and task.flat(best.parameters) else best


def _levelled(task: _Task, found: Fitted) -> Fitted:
    """Return predictions that are one number but for rounding as that very number, so that nothing ranks by noise."""
    level = task.shape.shrunk(found.parameters, 0.0, float(found.parameters[-1]))
    loss, _, _ = task.parts(level)
    return replace(found, parameters=level, objective=task.objective(level)[0], loss=loss, penalty=0.0)


def _drawn_in(task: _Task, found: Fitted) -> Floats | None:
    """Return the best of the same predictions drawn towards the constant; None where none beats them as they are."""
    constant = task.problem.constant
    nearer = [task.shape.shrunk(found.parameters, factor, constant) for factor in DRAWN]
    values = [task.objective(each)[0] for each in nearer]
    best = int(np.argmin(values))
    return nearer[best] if values[best] < found.objective - 1e-9 * max(1.0, abs(found.objective)) else None


def _minimised(task: _Task, begin: Floats) -> Fitted:
    from scipy.optimize import minimize

    settings = task.settings
    options = {"maxiter": settings.iterations, "maxcor": 20, "gtol": settings.tolerance, "ftol": 1e-12,
               "maxfun": 5 * settings.iterations}
    found = minimize(task.objective, begin, jac=True, method="L-BFGS-B", options=options)
    loss, value, _ = task.parts(found.x)
    return Fitted(found.x, float(found.fun), loss, value, int(found.nit), int(found.nfev), bool(found.success),
                  str(found.message))
