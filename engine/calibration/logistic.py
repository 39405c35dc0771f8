"""Log odds, logistic curves by Newton's method, and log loss."""

from __future__ import annotations

import numpy as np

from engine.types import Floats

CLIP = 1e-6            # probabilities this close to 0 or 1 have no useful logit
_STEPS = 50
_SETTLED = 1e-12


def log_loss(probability: Floats, label: Floats, weight: Floats | None = None) -> tuple[float, int]:
    """Return the mean negative log likelihood over rows with an outcome, and how many rows were clipped to get it.

    >>> log_loss(np.array([0.5, 0.5]), np.array([0.0, 1.0]))
    (0.6931471805599453, 0)
    """
    known = np.isfinite(label)
    given, outcome = probability[known], label[known]
    inside = np.clip(given, CLIP, 1 - CLIP)
    loss = -(outcome * np.log(inside) + (1 - outcome) * np.log1p(-inside))
    mean = np.average(loss, weights=None if weight is None else weight[known])
    return float(mean), int((inside != given).sum())


def logit(probability: Floats) -> Floats:
    """Return log odds; probabilities within `CLIP` of 0 or 1 count as that near."""
    inside = np.clip(probability, CLIP, 1 - CLIP)
    odds: Floats = np.log(inside) - np.log1p(-inside)
    return odds


def sigmoid(odds: Floats) -> Floats:
    """Return the probability of log odds."""
    probability: Floats = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
    return probability


def logistic(columns: Floats, target: Floats, weight: Floats) -> Floats:
    """Return coefficients of least log loss by Newton's method, halving steps that do not help.

    Parameters
    ----------
    columns
        (n, d), with a column of ones for an intercept.
    target
        (n,) in 0 to 1.
    weight
        (n,) >= 0.

    Returns
    -------
    coefficients
        (d,); of a column that says nothing new, the smallest that will do. Where a column separates targets of 0 and 1
        there is no minimum: what is returned then is where the steps ended.
    """
    found = np.zeros(columns.shape[1])

    def loss(point: Floats) -> float:
        odds = columns @ point
        return float(weight @ (np.logaddexp(0, odds) - target * odds))

    now = loss(found)
    for _ in range(_STEPS):
        chance = sigmoid(columns @ found)
        gradient = columns.T @ (weight * (chance - target))
        hessian = (columns * (weight * chance * (1 - chance))[:, None]).T @ columns
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]   # a constant score: the shortest step
        size = 1.0
        while loss(found - size * step) > now and size > _SETTLED:
            size /= 2
        after = loss(found - size * step)
        if now - after <= _SETTLED * abs(now):
            return found
        found, now = found - size * step, after
    return found
