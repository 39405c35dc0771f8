"""How features become a linear predictor: a weighted sum, or one hidden layer. Parameters are one flat array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from engine.types import Floats

Matrix = Any                            # (n, columns) dense or scipy sparse
Memory = tuple[Floats, Floats] | None   # what the way back needs from the way there


class Shape(Protocol):
    """A predictor with parameters: where to start, the way there, and the way back for the gradient."""

    def start(self, columns: int, constant: float, rng: np.random.Generator) -> Floats:
        """Return parameters to start from whose prediction is about constant."""

    def shrunk(self, parameters: Floats, factor: float, constant: float) -> Floats:
        """Return parameters whose predictor is drawn towards a constant: factor times its distance from there."""

    def forward(self, parameters: Floats, features: Matrix) -> tuple[Floats, Memory]:
        """Return the linear predictor, (n,), and what `backward` needs."""

    def backward(self, features: Matrix, slopes: Floats, memory: Memory) -> Floats:
        """Return the gradient in the parameters from the gradient in the predictor, (n,)."""


@dataclass(frozen=True)
class Sum:
    """A weighted sum of the features plus an intercept, which comes last."""

    def start(self, columns: int, constant: float, rng: np.random.Generator) -> Floats:
        """Return weights of 0 and the constant as intercept."""
        return np.append(np.zeros(columns), constant)

    def shrunk(self, parameters: Floats, factor: float, constant: float) -> Floats:
        """Return smaller weights, and an intercept nearer to the constant."""
        return np.append(factor * parameters[:-1], constant + factor * (parameters[-1] - constant))

    def forward(self, parameters: Floats, features: Matrix) -> tuple[Floats, Memory]:
        """Return the sum, (n,)."""
        return np.asarray(features @ parameters[:-1]) + parameters[-1], None

    def backward(self, features: Matrix, slopes: Floats, memory: Memory) -> Floats:
        """Return the gradient in weights and intercept."""
        return np.append(features.T @ slopes, slopes.sum())


@dataclass(frozen=True)
class HiddenLayer:
    """One hidden layer of hyperbolic tangents; parameters are weights in, biases, weights out, intercept."""

    width: int = 16

    def start(self, columns: int, constant: float, rng: np.random.Generator) -> Floats:
        """Return small random weights, so that the units differ from each other."""
        inward = rng.normal(size=columns * self.width) / np.sqrt(max(columns, 1))
        outward = rng.normal(size=self.width) / np.sqrt(self.width) * 0.1
        return np.concatenate([inward, np.zeros(self.width), outward, [constant]])

    def shrunk(self, parameters: Floats, factor: float, constant: float) -> Floats:
        """Return smaller weights out of the layer, and an intercept nearer to the constant."""
        drawn = parameters.copy()
        drawn[-1 - self.width : -1] *= factor
        drawn[-1] = constant + factor * (parameters[-1] - constant)
        return drawn

    def forward(self, parameters: Floats, features: Matrix) -> tuple[Floats, Memory]:
        """Return the predictor, (n,), with the units' values, (n, width), and the weights out."""
        h, columns = self.width, features.shape[1]
        inward = parameters[: columns * h].reshape(columns, h)
        bias, outward = parameters[columns * h : columns * h + h], parameters[columns * h + h : -1]
        units = np.tanh(np.asarray(features @ inward) + bias)
        return units @ outward + parameters[-1], (units, outward)

    def backward(self, features: Matrix, slopes: Floats, memory: Memory) -> Floats:
        """Return the gradient in all weights, biases and the intercept."""
        if memory is None:
            raise ValueError("the way back needs what the way there returned")
        units, outward = memory
        within = slopes[:, None] * outward * (1 - units * units)
        return np.concatenate([np.asarray(features.T @ within).ravel(), within.sum(axis=0), units.T @ slopes,
                               [slopes.sum()]])
