"""Where Balance comes from: its split over parts of the score's range, each on one side of the cut."""

from __future__ import annotations

import numpy as np

from engine.calibration.blocks import Blocks
from engine.calibration.request import Regions as Rule
from engine.calibration.results import Regions
from engine.types import Floats, Ints, frozen

PARTS = 10


def region_edges(blocks: Blocks, rule: Rule, cut: float) -> Floats:
    """Return the edges of the regions, (r + 1,), from 0 to 1, the cut among them where it lies between.

    Deciles are those of the rows given (everybody's, so that groups share their regions); tied scores are not split.
    """
    inner = np.arange(1, PARTS) / PARTS
    if rule == "deciles" and len(blocks):
        inner = blocks.score[np.searchsorted(blocks.running, inner * blocks.total, side="right")]
    edges = np.unique(np.concatenate([inner, [cut]]))
    return np.concatenate([[0.0], edges[(edges > 0) & (edges <= 1)], [1.0]])   # [1, 1]: scores of 1 alone


def decomposed(blocks: Blocks, edges: Floats, cut: float) -> Regions:
    """Return what each region adds to Balance, and the sums of what raises and what lowers it.

    The contributions are sums of f over the region, over the weight of the whole group: Balance = over - under.
    """
    starts: Ints = np.searchsorted(blocks.score, edges[:-1], side="left")
    sign = np.where(edges[:-1] >= cut, 1.0, -1.0)
    total = blocks.total or np.nan
    part = sign * blocks.added(blocks.residual, starts) / total
    rows = np.rint(blocks.added(blocks.rows, starts)).astype(np.int64)
    part = np.where(rows > 0, part, 0.0) if len(blocks) else part
    error = np.sqrt(np.maximum(blocks.added(blocks.variance, starts), 0)) / total
    z = np.divide(part, error, out=np.full(len(part), np.nan), where=(error > 0) & (rows > 0))
    over, under = float(part[part > 0].sum()), float(-part[part < 0].sum())
    return Regions(frozen(edges[:-1]), frozen(edges[1:]), frozen(part), frozen(rows), frozen(z),
                   over if len(blocks) else np.nan, under if len(blocks) else np.nan)
