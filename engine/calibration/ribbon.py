"""Viable ranges of all persons in the order of their score, as means over slices: a ribbon to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.calibration.multiplicity import Multiplicity
from engine.types import Floats, Ints, frozen

SLICES = 100
FEWEST = 10     # persons in a slice: nobody stands alone


@dataclass(frozen=True, eq=False)
class Ribbon:
    """S slices of persons, from the lowest score of the baseline to the highest."""

    rows: Ints       # (S,) persons
    begin: Floats    # (S,) share of persons before the slice
    base: Floats     # (S,) mean score of the baseline
    low: Floats      # (S,) mean of the persons' lowest scores
    high: Floats     # (S,) mean of their highest ones
    flips: Floats    # (S,) share whose decision some model that is as good turns


def ribbon(found: Multiplicity, who: NDArray[np.bool_] | None = None, slices: int = SLICES) -> Ribbon:
    """Return the viable ranges of some persons looked at, slice by slice; equal scores are never split.

    Weighted by its rows, the mean of `high` - `low` is the mean range, and the mean of `flips` the share that can flip.

    Parameters
    ----------
    found
        Whose ranges.
    who
        (m,) which of its persons; None: all.
    slices
        At most this many, of about equal size and of 10 persons or more where there are as many.

    Source: Watson-Daniels, Parkes and Ustun 2023.
    """
    base, low, high = (part if who is None else part[who] for part in (found.base, found.low, found.high))
    turned = np.where(base >= found.threshold, low < found.threshold, high >= found.threshold)
    order = np.argsort(base)
    starts = _starts(base[order], slices)
    rows = np.diff(np.append(starts, len(base)))

    def mean(amount: NDArray[np.generic]) -> Floats:
        return frozen(np.add.reduceat(amount[order].astype(np.float64), starts) / rows if len(starts) else np.zeros(0))

    return Ribbon(rows, frozen(starts / max(len(base), 1)), mean(base), mean(low), mean(high), mean(turned))


def _starts(score: Floats, slices: int) -> Ints:
    """Return where slices of ascending scores begin: none within a tie, none that leaves fewer than ten persons."""
    count = len(score)
    even = np.arange(min(slices, max(count // FEWEST, 1))) * count // min(slices, max(count // FEWEST, 1))
    starts: list[int] = []
    for start in np.unique(np.searchsorted(score, score[even], side="left")) if count else ():
        if not starts or (start - starts[-1] >= FEWEST and count - start >= FEWEST):
            starts.append(int(start))
    return np.array(starts, dtype=np.int64)
