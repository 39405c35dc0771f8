"""CORP: the Brier score split by the best increasing recalibration into miscalibration, discrimination, uncertainty.

Dimitriadis, Gneiting and Jordan 2021, PNAS 118(8): consistent, optimally binned, reproducible, pool-adjacent-violators.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.calibration.blocks import Blocks
from engine.types import Floats, frozen

POINTS = 400   # corners of the drawn step


@dataclass(frozen=True, eq=False)
class Corp:
    """Brier = mcb - dsc + unc."""

    mcb: float               # what the best increasing map would save; 0 is ideal, chance keeps it above 0
    dsc: float               # what the map's ranking is worth
    unc: float               # base rate x (1 - base rate)
    fitted: Floats           # (b,) the map at each block's score


def corp(blocks: Blocks, brier: float) -> Corp:
    """Return the decomposition of the Brier score of one group; NaN without rows or with one outcome only."""
    if blocks.single_class:
        return Corp(math.nan, math.nan, math.nan, frozen(np.zeros(0)))
    fitted = increasing(blocks.positive / blocks.mass, blocks.mass)
    rate = blocks.positives / blocks.total
    after = float(blocks.positive @ (1 - fitted) ** 2 + (blocks.mass - blocks.positive) @ fitted**2) / blocks.total
    uncertainty = rate * (1 - rate)
    return Corp(brier - after, uncertainty - after, uncertainty, frozen(fitted))


def increasing(shares: Floats, weights: Floats) -> Floats:
    """Return the increasing values closest to `shares` in weighted squares (pool adjacent violators)."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(shares, weights=weights).x, dtype=np.float64)


def step(blocks: Blocks, fitted: Floats) -> tuple[Floats, Floats]:
    """Return the corners of the fitted step, (score, share), first and last score of each level; at most 400."""
    if not len(fitted):
        return frozen(np.zeros(0)), frozen(np.zeros(0))
    jump = fitted[1:] != fitted[:-1]
    corners = np.flatnonzero(np.append(True, jump) | np.append(jump, True))
    if len(corners) > POINTS:
        corners = corners[np.linspace(0, len(corners) - 1, POINTS).round().astype(int)]
    return frozen(blocks.score[corners]), frozen(fitted[corners])
