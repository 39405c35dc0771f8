"""What a calibrated score of this size would show: outcomes drawn from the scores themselves, on cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.calibration.blocks import Blocks
from engine.calibration.results import Banded
from engine.types import Floats, Ints, frozen

GRID = 256            # cells of [0, 1], cut further where a bin begins
THINNED = 8192        # blocks that a draw of MCB fits
RATE, SPREAD = 2 / 3, 5 / 6   # powers of n with which the mean and the spread of MCB fall (cube-root asymptotics)
SMOOTH_GRID = 256     # more moves the band by less than 1 %
WEIGHTED = "no band: rows have weights"
NOT_DRAWN = "no band: none was asked for"


@dataclass(frozen=True, eq=False)
class Cells:
    """Neighbouring blocks added up, no cell across the start of a bin; and where bins begin among the cells."""

    rows: Ints                     # (c,)
    mean: Floats                   # (c,) mean score
    bins: tuple[Ints, ...]         # one binning each: first cell of every bin that holds rows


def cells(blocks: Blocks, binnings: tuple[Ints, ...]) -> Cells:
    """Return the cells of blocks without weights; each block its own where they are few."""
    grid = np.searchsorted(blocks.score, np.arange(GRID) / GRID, side="left")
    if len(blocks) <= GRID:
        grid = np.arange(len(blocks))
    starts = np.unique(np.concatenate([grid, *binnings]))
    starts = starts[starts < len(blocks)]
    rows = np.rint(blocks.added(blocks.rows, starts)).astype(np.int64)
    mean = np.clip(blocks.added(blocks.mass * blocks.score, starts) / rows, 0, 1)
    places = tuple(np.unique(np.searchsorted(starts, each[each < len(blocks)])) for each in binnings)
    return Cells(rows, mean, places)


def null_draws(table: Cells, draws: int, rng: np.random.Generator, fewest: int) -> dict[str, Floats]:
    """Return what each measure shows in `draws` calibrated samples: ``ece``, ``ece_mass``, ``mce``, ``smooth_ece``.

    Positives of a cell are binomial with its mean score, which leaves out the spread of scores within the cell (its
    variance is at most (1 / 256)^2 / 4 a row).
    """
    positives = rng.binomial(table.rows, table.mean, (draws, len(table.rows))).astype(np.float64)
    total = float(table.rows.sum())
    residual = positives - table.rows * table.mean
    wide = np.add.reduceat(residual, table.bins[0], axis=1)
    sizes = np.add.reduceat(table.rows, table.bins[0])
    kept = sizes >= fewest
    return {
        "ece": np.abs(wide).sum(axis=1) / total,
        "ece_mass": np.abs(np.add.reduceat(residual, table.bins[1], axis=1)).sum(axis=1) / total,
        "mce": (np.abs(wide[:, kept]) / sizes[kept]).max(axis=1) if kept.any() else np.full(draws, math.nan),
        "smooth_ece": _smooth(table, residual / total),
    }


def null_miscalibration(blocks: Blocks, draws: int, rng: np.random.Generator) -> Floats:
    """Return the MCB of `draws` calibrated samples; the fit follows every row, so that cells would understate it.

    Exact up to 8,192 distinct scores. Beyond, 8,192 rows at even ranks are drawn, and mean and spread brought to the
    group's size: an increasing fit to n rows errs like n^(-2/3), over about n^(1/3) pieces that vary on their own.
    The tests measure how far that is off.
    """
    from engine.calibration.corp import increasing

    rows, score, n = blocks.rows, blocks.score, blocks.n
    if len(blocks) > THINNED:
        ranks = (np.arange(THINNED) + 0.5) * (n / THINNED)
        score, rows = score[np.searchsorted(blocks.running, ranks)], np.ones(THINNED)
    found, alone = np.empty(draws), bool((rows == 1).all())
    own = float(rows @ score**2)
    for k in range(draws):
        positive = rng.random(len(score)) < score if alone else rng.binomial(rows.astype(np.int64), score)
        shares, mass = _runs(positive > 0) if alone else (positive / rows, rows)
        # Both Brier scores share the rows' own part; what differs is a sum over blocks.
        found[k] = (mass @ increasing(shares, mass) ** 2 - 2 * (positive @ score) + own) / rows.sum()
    if len(blocks) <= THINNED:
        return found
    ratio = THINNED / n
    return np.asarray(found.mean() * ratio**RATE + (found - found.mean()) * ratio**SPREAD, dtype=np.float64)


def _runs(positive: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return shares and rows of the runs of ones with the zeros after them: an increasing fit is level on each.

    >>> _runs(np.array([False, True, True, False, True]))
    (array([0.        , 0.66666667, 1.        ]), array([1., 3., 1.]))
    """
    turns = np.flatnonzero(positive[1:] != positive[:-1]) + 1
    ends = [len(positive)] * (1 + (len(turns) + int(positive[0])) % 2)   # after ones stand no zeros
    edges = np.concatenate([[0] if positive[0] else [0, 0], turns, ends])
    mass = np.diff(edges[::2]).astype(np.float64)
    return (edges[1::2] - edges[:-1:2]) / mass, mass


def _smooth(table: Cells, residual: Floats) -> Floats:
    from engine.calibration.smooth import fixed_point

    place = np.minimum((table.mean * SMOOTH_GRID).astype(np.int64), SMOOTH_GRID - 1)
    first = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
    grid = np.zeros((len(residual), SMOOTH_GRID))
    grid[:, place[first]] = np.add.reduceat(residual, first, axis=1)
    return fixed_point(grid, close=1e-5)


def banded(value: float, drawn: Floats | None, level: float, reason: str | None, no_band: str | None) -> Banded:
    """Return a measure beside the mean and the upper end of its calibrated draws."""
    if math.isnan(value):
        return Banded(value, reason=reason, noise_reason=reason)
    if drawn is None or math.isnan(drawn[0]):
        return Banded(value, noise_reason=no_band or "no band: no bin holds enough rows")
    return Banded(value, float(drawn.mean()), float(np.quantile(drawn, level)))


def bootstrap(
    blocks: Blocks, statistic: Callable[[Blocks], float], draws: int, rng: np.random.Generator,
    cells_at_most: int = GRID,
) -> Floats:
    """Return a measure in `draws` resamples of the rows, drawn as counts of (cell, outcome).

    Exact in law for a measure that sees cells alone; blocks are cells where there are at most `cells_at_most` of them.
    For what has no interval in closed form. Rows must have no weights; 0 draws are an empty array.
    """
    starts = np.arange(len(blocks))
    if len(blocks) > cells_at_most:
        starts = np.unique(np.searchsorted(blocks.score, np.arange(cells_at_most) / cells_at_most, side="left"))
        starts = starts[starts < len(blocks)]
    rows, positive = (np.rint(blocks.added(amount, starts)) for amount in (blocks.rows, blocks.positive))
    mean = blocks.added(blocks.mass * blocks.score, starts) / rows
    share = np.concatenate([rows - positive, positive]) / rows.sum()
    counts = rng.multinomial(int(rows.sum()), share / share.sum(), draws).astype(np.float64)
    return np.array([statistic(_resampled(mean, *np.split(each, 2))) for each in counts], dtype=np.float64)


def _resampled(score: Floats, negative: Floats, positive: Floats) -> Blocks:
    rows = negative + positive
    held = rows > 0
    mass, ones = frozen(rows[held]), frozen(positive[held])
    return Blocks(frozen(score[held]), mass, mass, ones, mass, ones)
