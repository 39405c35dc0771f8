"""Balance for the positive and the negative class, and what calibration alone would imply for them.

Kleinberg, Mullainathan and Raghavan 2017: with unequal base rates, calibrated scores cannot give both classes the same
mean score in every group. For calibrated scores q: E[q | y = 1] = E[q^2] / E[q], E[q | y = 0] = (E[q] - E[q^2]) /
(1 - E[q]).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from engine.calibration.blocks import Blocks
from engine.calibration.results import ClassBalance, ClassGap, GroupCalibration
from engine.intervals import quantile
from engine.types import Estimate, Floats

OUTCOMES = ("negative", "positive")


def class_balances(blocks: Blocks, fitted: Floats, level: float, name: str) -> tuple[ClassBalance, ClassBalance]:
    """Return the mean score of the negative and of the positive rows, each beside what calibration implies.

    `fitted` is the increasing recalibration of the same rows (CORP), which is calibrated on them exactly: `implied` is
    the class's mean of it. It is fitted and read on the same rows, which flatters discrimination a little.
    """
    positive = (blocks.positive, blocks.positive_square)
    negative = (blocks.mass - blocks.positive, blocks.square - blocks.positive_square)
    found = [ClassBalance(_mean(blocks, *weights, level, f"{name} has no {which}s"), *_implied(blocks, which, fitted))
             for which, weights in zip(OUTCOMES, (negative, positive), strict=True)]
    return found[0], found[1]


def _mean(blocks: Blocks, mass: Floats, square: Floats, level: float, none: str) -> Estimate:
    total, squares = float(mass.sum()), float(square.sum())
    if not squares > 0:
        return Estimate(math.nan, reason=f"not estimable: {none}")
    value = float(mass @ blocks.score) / total
    spread = float(square @ (blocks.score - value) ** 2)
    size = total**2 / squares if blocks.weighted else total   # Kish's effective size
    rows = round(total) if not blocks.weighted else size
    if size < 2 or not spread > 0:
        return Estimate(value, n=rows, reason="no interval: all scores are equal, or there is one row")
    half = quantile(level) * math.sqrt(spread * (1.0 if blocks.weighted else size / (size - 1))) / total
    return Estimate(value, value - half, value + half, rows)


def _implied(blocks: Blocks, which: str, fitted: Floats) -> tuple[float, str | None]:
    if not len(fitted):
        return math.nan, "not estimable: one outcome is absent"
    mean = blocks.positives / blocks.total
    square = float(blocks.mass @ fitted**2) / blocks.total
    return (square / mean if which == "positive" else (mean - square) / (1 - mean)), None


def class_gap(
    groups: Sequence[GroupCalibration], pick: Callable[[GroupCalibration], ClassBalance], min_group: int
) -> ClassGap:
    """Return the largest minus the smallest mean over groups, observed and implied by calibrated scores."""
    kept, left = [], []
    for group in groups:
        item = pick(group)
        if group.n < min_group:
            left.append((group.name, f"{group.n:,} rows, fewer than {min_group}"))
        elif math.isnan(item.observed.value) or math.isnan(item.implied):
            left.append((group.name, item.observed.reason or item.reason or "not estimable"))
        else:
            kept.append((item.observed.value, item.implied))
    if len(kept) < 2:
        return ClassGap(math.nan, math.nan, tuple(left), "not estimable: fewer than two groups to compare")
    observed, implied = np.ptp(np.array(kept), axis=0)
    return ClassGap(float(observed), float(implied), tuple(left))
