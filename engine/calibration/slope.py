"""Slope and intercept: the outcome's log odds as a straight line in the score's. Cox 1958, Biometrika 45, 562-565."""

from __future__ import annotations

import math

import numpy as np

from engine.calibration.balance import nobody
from engine.calibration.blocks import Blocks
from engine.calibration.logistic import CLIP, logistic, sigmoid
from engine.intervals import quantile
from engine.types import Estimate, Floats

STEPS = 12
COARSEST, COARSE = 256, 4096    # runs of blocks that the first two fits see
PORTION = 2**14    # blocks at a time: sums of a million rows in one go wait for memory
SETTLED = 1e-5    # of a Newton step: the error left after it is about its square

Columns = tuple[Floats, Floats, Floats]   # log odds, mass and positives of blocks


def log_odds(blocks: Blocks) -> tuple[Floats, Floats, int]:
    """Return ln p and ln (1 - p) of each block, p moved inside [1e-6, 1 - 1e-6], and the rows that were moved."""
    inside = np.clip(blocks.score, CLIP, 1 - CLIP)
    return np.log(inside), np.log(1 - inside), int(blocks.rows[inside != blocks.score].sum())


def log_loss(blocks: Blocks, logs: tuple[Floats, Floats]) -> float:
    """Return the mean of -(y ln p + (1 - y) ln (1 - p)); 0 and above, NaN without rows."""
    if not len(blocks):
        return math.nan
    return -float(blocks.positive @ logs[0] + (blocks.mass - blocks.positive) @ logs[1]) / blocks.total


def slope_intercept(
    blocks: Blocks, logs: tuple[Floats, Floats], level: float, name: str = "the group"
) -> tuple[Estimate, Estimate]:
    """Return slope b and intercept a of logit P(y) = a + b logit p, by maximum likelihood, with Wald intervals.

    b < 1: over-confident, b > 1: under-confident; calibrated scores have b = 1, a = 0. With weights the errors are the
    sandwich's. Not estimable where one outcome is absent, where all scores are equal, or where the score separates
    the outcomes, for which the likelihood has no maximum.
    """
    reason = _impossible(blocks, name)
    if reason:
        estimate = Estimate(math.nan, n=blocks.n, reason=reason)
        return estimate, estimate
    x = logs[0] - logs[1]
    found, inverse = _newton((x, blocks.mass, blocks.positive), _coarse((x, blocks.mass, blocks.positive)))
    if inverse is None:
        estimate = Estimate(math.nan, n=blocks.n, reason=f"not estimable: the scores of {name} nearly separate the "
                                                         "outcomes")
        return estimate, estimate
    if blocks.weighted:
        inverse = inverse @ _meat(x, blocks, found) @ inverse
    half = quantile(level) * np.sqrt(np.diag(inverse))
    intercept, slope = (Estimate(float(v), float(v - h), float(v + h), blocks.n)
                        for v, h in zip(found, half, strict=True))
    return slope, intercept


def _impossible(blocks: Blocks, name: str) -> str | None:
    if not len(blocks):
        return nobody(name)
    negative, positive = blocks.square > blocks.positive_square, blocks.positive_square > 0
    if not positive.any() or not negative.any():
        return f"not estimable: {name} has {'no positives' if not positive.any() else 'positives only'}"
    ends = [(kind.argmax(), len(kind) - 1 - kind[::-1].argmax()) for kind in (negative, positive)]
    (low, high), (low_positive, high_positive) = np.clip(blocks.score[np.array(ends)], CLIP, 1 - CLIP)
    if min(low, low_positive) == max(high, high_positive):
        return f"not estimable: all scores of {name} are equal"
    if high <= low_positive or high_positive <= low:
        return f"not estimable: the scores of {name} separate the outcomes"
    return None


def _coarse(data: Columns) -> Floats:
    """Return intercept and slope with every run of blocks as one: a start from which Newton's steps cannot stray.

    The safe but slow fit sees few runs, plain steps go on from there with more.
    """
    more = _runs(data, COARSE)
    x, mass, positive = _runs(more, COARSEST)
    start = logistic(np.column_stack([np.ones(len(x)), x]), np.clip(positive / mass, 0, 1), mass)
    return _newton(more, start)[0]


def _runs(data: Columns, count: int) -> Columns:
    """Return neighbouring blocks added up, about `count` of them, at their mean log odds."""
    x, mass, positive = data
    starts = np.arange(0, len(x), max(len(x) // count, 1))
    total = np.add.reduceat(mass, starts)
    return np.add.reduceat(mass * x, starts) / total, total, np.add.reduceat(positive, starts)


def _newton(data: Columns, start: Floats) -> tuple[Floats, Floats | None]:
    """Return (intercept, slope) and the inverse of the information; None where the steps do not settle."""
    found = start
    for _ in range(STEPS):
        information, slope = _at(data, found)
        if not np.linalg.cond(information) < 1e14:
            return start, None
        inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
        change = inverse @ slope
        found = found + change
        if float(np.abs(change).max()) < SETTLED * (1 + float(np.abs(found).max())):
            return found, inverse
    return start, None


def _at(data: Columns, found: Floats) -> tuple[Floats, Floats]:
    """Return information (2, 2) and slope (2,) of the log likelihood, added up in portions that stay in cache."""
    information, slope = np.zeros((2, 2)), np.zeros(2)
    for begin in range(0, len(data[0]), PORTION):
        x, mass, positive = (column[begin : begin + PORTION] for column in data)
        chance = sigmoid(found[0] + found[1] * x)
        expected = mass * chance
        curvature, miss = expected * (1 - chance), positive - expected
        tilted = curvature * x
        information += [[curvature.sum(), tilted.sum()], [tilted.sum(), tilted @ x]]
        slope += miss.sum(), miss @ x
    return information, slope


def _meat(x: Floats, blocks: Blocks, found: Floats) -> Floats:
    """Return the sum of squared weight x squared score contributions."""
    chance = sigmoid(found[0] + found[1] * x)
    each = blocks.positive_square * (1 - chance) ** 2 + (blocks.square - blocks.positive_square) * chance**2
    return np.array([[each.sum(), each @ x], [each @ x, each @ (x * x)]])
