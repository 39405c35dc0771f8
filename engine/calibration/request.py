"""What is asked about the calibration of a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.policy import Policy

Order = Literal["score", "confidence"]
Regions = Literal["deciles", "tenths"]


@dataclass(frozen=True)
class Request:
    """Which groups, which cut, how many bins, how much chance.

    Parameters
    ----------
    groupings
        Tuples of protected attributes; None: each alone and every intersection of up to three.
    cut
        Where Balance changes its sign: one half is the published score; a policy stands for its thresholds.
    bins
        Of the expected calibration error, the reliability plot and the debiased error.
    level
        Of intervals, bars and of the upper end of noise bands.
    min_group
        Smaller groups are shown and kept out of tests between groups.
    draws
        Calibrated outcomes drawn for each noise band; 0 for none.
    seed
        Of those draws.
    regions
        Parts of the score's range that Balance is split over: tenths of all rows, or of the range.
    order
        Of the cumulative curve: by score, or by confidence, max(p, 1 - p).
    """

    groupings: tuple[tuple[str, ...], ...] | None = None
    cut: float | Policy = 0.5
    bins: int = 15
    level: float = 0.95
    min_group: int = 30
    draws: int = 200
    seed: int = 0
    regions: Regions = "deciles"
    order: Order = "score"
