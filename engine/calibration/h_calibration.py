"""h-calibration of binary scores: the two numbers of a monotone map that keep every stretch of scores unbiased.

A map s -> sigmoid(a + exp(b) s) never changes the order of the rows, so they are sorted once and the mean residual of
every window of neighbouring rows is a difference of running sums: loss and gradient are O(n). The positive column is
used alone: with one row per class and event the published iteration sees one label at a time and its minimum is biased.
"""

from __future__ import annotations

import numpy as np

from engine.types import Floats

WINDOW = 200      # rows whose mean residual is looked at, as published; an eighth of the rows where there are fewer
CLUSTERS = 15     # stretches of the score that weigh alike, so that crowded ones do not decide alone
LEAST_WINDOW = 10


def parameters(logit: Floats, label: Floats, start: tuple[float, float]) -> tuple[float, float]:
    """Return intercept and logarithm of the slope of the map with the smallest windowed mean residual.

    Parameters
    ----------
    logit
        (n,) the score's logits.
    label
        (n,) 1 for the event, 0 without.
    start
        Intercept and log slope to start from, such as Platt's; the identity is tried too.

    References
    ----------
    Huang et al. 2025, h-calibration; written from the formula, with equal-width clusters in place of k-means.
    """
    from scipy.optimize import minimize

    order = np.argsort(logit, kind="stable")
    ordered, outcome = logit[order], label[order]
    window = min(WINDOW, max(LEAST_WINDOW, len(order) // 8))

    def value(point: Floats) -> float:
        return loss(point, ordered, outcome, window)[0]

    found = [
        minimize(loss, np.asarray(point), args=(ordered, outcome, window), jac=True, method="L-BFGS-B")
        for point in (start, (0.0, 0.0))
    ]
    best = min(found, key=lambda each: float(each.fun))
    best = minimize(value, best.x, method="Nelder-Mead")   # the loss has kinks that gradients stop at
    return float(best.x[0]), float(best.x[1])


def loss(point: Floats, logit: Floats, label: Floats, window: int) -> tuple[float, Floats]:
    """Return the mean absolute residual of windows of rows in ascending order, and its gradient; clusters weigh alike.

    Parameters
    ----------
    point
        Intercept and log slope.
    logit, label
        (n,) in ascending order of the logit.
    window
        Rows in a window, at most n.
    """
    slope = np.exp(np.clip(point[1], -20, 20))
    mapped = 1 / (1 + np.exp(-np.clip(point[0] + slope * logit, -35, 35)))
    residual = _windows(mapped - label, window)
    middle = mapped[window // 2: window // 2 + len(residual)]
    cluster = np.minimum((middle * CLUSTERS).astype(np.int64), CLUSTERS - 1)
    rows = np.bincount(cluster, minlength=CLUSTERS)
    weight = 1 / (rows[cluster] * (rows > 0).sum())
    sign = np.sign(residual) * weight
    steep = mapped * (1 - mapped)
    gradient = np.array([sign @ _windows(change, window) for change in (steep, steep * slope * logit)])
    return float(np.abs(residual) @ weight), gradient


def _windows(values: Floats, window: int) -> Floats:
    """Return the mean of every run of neighbouring values."""
    running = np.concatenate([[0.0], np.cumsum(values)])
    means: Floats = (running[window:] - running[:-window]) / window
    return means
