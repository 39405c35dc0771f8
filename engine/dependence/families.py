"""Outcome families with their canonical links: what a linear predictor means, and what a wrong one costs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.types import Floats

Task = Literal["classification", "regression", "poisson"]
Scale = Literal["probability", "value", "count", "rate", "linear"]

LARGEST = 30.0   # of a log rate: exp(30) counts are no data, and overflow would stop the optimiser


@dataclass(frozen=True)
class Family:
    """A kind of outcome. The link is canonical, so the slope of a row's loss in its predictor is mean minus outcome.

    Parameters
    ----------
    task
        Its key in `FAMILIES`.
    mean
        Expected outcome per unit of exposure, of the linear predictor; (n,) to (n,).
    slope
        Derivative of that mean in the predictor, of the mean itself.
    loss
        Loss of each row, of outcome, predictor, expected outcome and logarithm of the exposure: negative log
        likelihood without its constant; half the squared error for a measurement.
    predictor
        The constant predictor whose mean is a number.
    scales
        Scales that a penalty may look at; the first is the default.
    performance
        Key of the measure of performance on held-out rows.
    """

    task: Task
    mean: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    loss: Callable[[Floats, Floats, Floats, Floats | float], Floats]
    predictor: Callable[[float], float]
    scales: tuple[Scale, ...]
    performance: Literal["auc", "rmse", "rps"]


def _expit(predictor: Floats) -> Floats:
    from scipy.special import expit

    result: Floats = expit(predictor)
    return result


def _logit(share: float) -> float:
    share = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(share / (1 - share))


FAMILIES: dict[str, Family] = {
    family.task: family
    for family in (
        Family("classification", _expit, lambda mean: mean * (1 - mean),
               lambda outcome, eta, mean, offset: np.logaddexp(0, eta) - outcome * eta,
               _logit, ("probability", "linear"), "auc"),
        Family("regression", lambda eta: eta, np.ones_like,
               lambda outcome, eta, mean, offset: 0.5 * (outcome - mean) ** 2,
               float, ("value",), "rmse"),
        Family("poisson", lambda eta: np.exp(np.clip(eta, -LARGEST, LARGEST)), lambda mean: mean,
               lambda outcome, eta, mean, offset: mean - outcome * (np.clip(eta, -LARGEST, LARGEST) + offset),
               lambda rate: math.log(max(rate, 1e-9)), ("count", "rate", "linear"), "rps"),
    )
}
