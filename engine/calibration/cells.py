"""Calibration from counts: the sums that are exact, and blocks at the cells' mean scores for the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.calibration.balance import Moments
from engine.calibration.blocks import Blocks
from engine.calibration.probability import check
from engine.counting.counts import NEGATIVE, POSITIVE
from engine.counting.table import CountTable
from engine.errors import invalid
from engine.types import Floats, frozen

# Bounds of what was measured against the rows' own values, groups of 5,000 and of 50,000 rows, 1,024 cells; the tests
# measure it again. Balance, calibration-in-the-large, their errors, the two-bin error and Brier differ by rounding
# alone, and nothing differs where each value of the score is its own cell.
TOLERANCE = {
    "ece": 2e-3, "ecce_mad": 5e-4, "ecce_r": 5e-4, "spiegelhalter": 1e-2, "mcb": 5e-4, "smooth_ece": 1e-4,
    "log_loss": 1e-4, "slope": 5e-4,
}


def usable(table: CountTable, name: str) -> None:
    """Refuse tables whose scores are no probabilities.

    Raises
    ------
    InvalidData
        As for rows; a table with quantile edges has scores outside [0, 1].
    """
    check(table.edges, name)
    if not table.counts[..., (NEGATIVE, POSITIVE)].any():
        raise invalid("calibration needs rows with a score and an outcome", name, "none", "name the outcome")


def is_edge(table: CountTable, cut: float) -> bool:
    """Return whether a cut is the lower end of a cell, or beyond them all: sums split there are exact."""
    return not np.isfinite(cut) or cut > 1 or bool(np.isin(cut, table.edges)) or cut <= table.edges[0]


def blocks_and_sums(table: CountTable, cuts: Sequence[float]) -> tuple[tuple[Blocks, Moments], ...]:
    """Return for every group its cells as blocks at their mean score, and its sums, exact where its cut is an edge.

    With weights the standard errors take each cell's scores as equal to their mean.
    """
    found = []
    for g, cut in enumerate(cuts):
        rows = table.counts[g, :, (NEGATIVE, POSITIVE)].astype(np.float64)      # (2, B)
        weights = rows if table.weights is None else table.weights[g, :, (NEGATIVE, POSITIVE)]
        squares = rows if table.squares is None else table.squares[g, :, (NEGATIVE, POSITIVE)]
        sums, score_squares = (part[g, :, (NEGATIVE, POSITIVE)] for part in (table.score_sum, table.score_squares))
        held = rows.sum(axis=0) > 0
        kept = rows[:, held]
        # Where each value is a cell, the edge is the score; a mean would round it.
        mean = table.edges[held] if table.rule == "values" else None
        blocks = _blocks(kept, kept if weights is rows else weights[:, held], squares[:, held], sums[:, held], mean)
        high = table.edges[held] >= cut
        found.append((blocks, _moments(blocks, sums[:, held], score_squares[:, held], high)))
    return tuple(found)


def _blocks(rows: Floats, weights: Floats, squares: Floats, sums: Floats, score: Floats | None) -> Blocks:
    mass = frozen(weights.sum(axis=0))
    score = frozen(np.clip(sums.sum(axis=0) / mass, 0, 1)) if score is None else score
    if weights is rows:
        positive = frozen(rows[1].copy())
        return Blocks(score, mass, mass, positive, mass, positive)
    return Blocks(score, frozen(rows.sum(axis=0)), mass, frozen(weights[1]), frozen(squares.sum(axis=0)),
                  frozen(squares[1]))


def _moments(blocks: Blocks, sums: Floats, score_squares: Floats, high: np.ndarray) -> Moments:
    """Return the sums; the residual's square is 1 - 2p + p^2 for a positive row and p^2 for another."""
    scores, squared = float(sums.sum()), float(score_squares.sum())
    residual = blocks.positive - sums.sum(axis=0)
    squares = blocks.positives - 2 * float(sums[1].sum()) + squared
    first = (blocks.n, blocks.total, blocks.positives, scores, squared, float(residual[high].sum()),
             float(residual[~high].sum()), squares)
    if not blocks.weighted:
        return Moments(*first, blocks.total, first[5], first[6], squares, scores - squared)
    residual = blocks.positive_square - blocks.square * blocks.score
    squares = float(blocks.positive_square @ (1 - blocks.score) ** 2
                    + (blocks.square - blocks.positive_square) @ blocks.score**2)
    return Moments(*first, float(blocks.square.sum()), float(residual[high].sum()), float(residual[~high].sum()),
                   squares, float(blocks.variance.sum()))
