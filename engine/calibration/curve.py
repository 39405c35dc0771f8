"""The cumulative curve for drawing, and its worst stretch in scores and persons."""

from __future__ import annotations

import math

import numpy as np

from engine.calibration.blocks import Blocks
from engine.calibration.results import Curve, Stretch
from engine.types import Floats, Ints, frozen

POINTS = 400


def drawn(blocks: Blocks, curve: Floats, cut: float) -> Curve:
    """Return at most 400 points of the curve (b + 1,), its ends, extremes and the cut among them, and what it says.

    Balance is the end minus twice the value at the cut; the end is calibration-in-the-large.
    """
    if not len(blocks):
        empty = frozen(np.zeros(0))
        return Curve(empty, empty, empty, math.nan, math.nan, math.nan, math.nan, None)
    at = blocks.start_at(cut)
    share = np.concatenate([[0.0], blocks.running / blocks.total])
    keep = _chosen(share, (0, at, int(curve.argmin()), int(curve.argmax()), len(blocks)))
    score = np.concatenate([[0.0], blocks.score])[keep]
    sigma = math.sqrt(float(blocks.variance.sum())) / blocks.total
    return Curve(frozen(score), frozen(share[keep]), frozen(curve[keep]), sigma, float(curve[at]), float(curve[-1]),
                 float(share[at]), _worst(blocks, curve))


def _chosen(share: Floats, always: tuple[int, ...]) -> Ints:
    """Return indices into the curve, about evenly spaced in the share of rows."""
    if len(share) <= POINTS:
        return np.arange(len(share))
    even = np.searchsorted(share, np.linspace(0, 1, POINTS - len(always)))
    return np.unique(np.concatenate([np.minimum(even, len(share) - 1), always]))


def _worst(blocks: Blocks, curve: Floats) -> Stretch:
    """Return the stretch between the curve's lowest and highest point: its sum of residuals is ECCE-R."""
    a, b = sorted((int(curve.argmin()), int(curve.argmax())))
    b = max(b, a + 1)   # a flat curve: its first block
    return Stretch(
        float(blocks.score[a]), float(blocks.score[b - 1]), int(blocks.rows[a:b].sum()),
        float(blocks.residual[a:b].sum()), math.sqrt(float(blocks.variance[a:b].sum())),
    )
