"""Measures over bins of the score: calibration errors, and the reliability plot with exact bars."""

from __future__ import annotations

import math

import numpy as np

from engine.calibration.blocks import Blocks
from engine.calibration.results import Reliability
from engine.types import Floats, Ints, frozen

FEWEST = 30   # rows of a bin that the largest bin error looks at


def equal_width(blocks: Blocks, bins: int) -> Ints:
    """Return where each bin [k / bins, (k + 1) / bins) begins, as a block; a score of 1 is in the last one."""
    return np.searchsorted(blocks.score, np.arange(bins) / bins, side="left")


def equal_mass(blocks: Blocks, bins: int) -> Ints:
    """Return where bins of about equal weight begin, as a block; a tie is never split, so there may be fewer."""
    if not len(blocks):
        return np.zeros(0, dtype=np.int64)
    cuts = np.searchsorted(blocks.running, np.arange(1, bins) * blocks.total / bins, side="right")
    return np.unique(np.concatenate([[0], cuts[cuts < len(blocks)]]))


def reliability(blocks: Blocks, starts: Ints, level: float) -> Reliability:
    """Return the bins that hold rows, with share of positives and its Clopper-Pearson bounds.

    With weights the bounds are Korn and Graubard's (1998): Clopper-Pearson with Kish's effective size.
    """
    from scipy.special import betaincinv

    ends = np.append(starts[1:], len(blocks))
    held = ends > starts
    first, last = starts[held], ends[held] - 1
    rows = np.rint(blocks.added(blocks.rows, starts)).astype(np.int64)[held]
    mass, positive = _sums(blocks, starts, held)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.clip(positive / mass, 0, 1)
        size = rows if not blocks.weighted else mass**2 / blocks.added(blocks.square, starts)[held]
        mean = blocks.added(blocks.mass * blocks.score, starts)[held] / mass
    k, tail = observed * size, (1 - level) / 2
    k = np.rint(k) if not blocks.weighted else k
    low = np.where(k > 0, betaincinv(np.where(k > 0, k, 1), size - k + 1, tail), 0.0)
    high = np.where(k < size, betaincinv(k + 1, np.where(k < size, size - k, 1), 1 - tail), 1.0)
    found = (blocks.score[first], blocks.score[last], rows, mass, mean, observed, low, high)
    return Reliability(*(frozen(np.asarray(column)) for column in found))


def _sums(blocks: Blocks, starts: Ints, held: np.ndarray) -> tuple[Floats, Floats]:
    mass, positive = (blocks.added(amount, starts)[held] for amount in (blocks.mass, blocks.positive))
    return mass, np.maximum(positive, 0)


def calibration_error(blocks: Blocks, starts: Ints) -> float:
    """Return the expected calibration error: sum over bins of share of rows x |share of positives - mean score|.

    In [0, 1]; 0 is ideal, and chance alone keeps it above 0. NaN without rows.
    """
    return float(np.abs(blocks.added(blocks.residual, starts)).sum() / blocks.total) if len(blocks) else math.nan


def largest_error(blocks: Blocks, starts: Ints) -> float:
    """Return the largest |share of positives - mean score| over bins of 30 rows or more; NaN where there is none."""
    rows = blocks.added(blocks.rows, starts)
    kept = rows >= FEWEST
    if not kept.any():
        return math.nan
    gaps = np.abs(blocks.added(blocks.residual, starts)[kept]) / blocks.added(blocks.mass, starts)[kept]
    return float(gaps.max())


def corrected_square(blocks: Blocks, starts: Ints) -> float:
    """Return the squared calibration error over bins, without what chance adds to it.

    Sum over bins of n_b / n [(ybar - pbar)^2 - ybar (1 - ybar) / (n_b - 1)], bins of 2 rows or more, in the mean equal
    to the binned squared error, so that it may be negative (Kumar, Liang and Ma 2019, Verified uncertainty
    calibration). NaN with weights, for which the correction is not known here, and where no bin has 2 rows.
    """
    n = np.rint(blocks.added(blocks.rows, starts))
    kept = n > 1
    if blocks.weighted or not kept.any():
        return math.nan
    n = n[kept]
    share = np.rint(blocks.added(blocks.positive, starts)[kept]) / n
    gap = blocks.added(blocks.residual, starts)[kept] / n
    return float(n @ (gap**2 - share * (1 - share) / (n - 1)) / n.sum())
