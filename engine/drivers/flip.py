"""The flip test: would this person's decision change if only the recorded group changed? On real rows, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.drivers.shares import shares
from engine.types import Codes, Estimate, Estimates, Favourable, Floats, Ints

CAVEAT = ("It changes only the recorded attribute; everything that goes with it (proxies) stays as it is. 0 % does not "
          "mean no discrimination: a model without the column always shows 0 %.")


@dataclass(frozen=True, eq=False)
class Flips:
    """What recoding the attribute does to m rows; V values, in the order of `values`.

    A row's own value is `own`; a row flips when its decisions over the values are not all the same.
    """

    attribute: str
    values: tuple[str, ...]        # raw names of the V values
    rows: Ints                     # (m,) positions in the data set
    own: Codes                     # (m,) index into values
    scores: Floats                 # (m, V) score of each row under each value
    thresholds: Floats             # (V,)
    selected: NDArray[np.bool_]    # (m, V)
    flipped: Estimate              # share of rows that flip
    by_group: Estimates            # (V,) the same among rows of each own value
    gaining: tuple[Estimates, ...]   # per own value: share that would gain the favourable decision, by recoded value
    losing: tuple[Estimates, ...]    # per own value: share that would lose it
    left_out: tuple[tuple[str, int], ...] = ()   # why rows are not here, how many
    model: str = ""
    reason: str | None = None      # why the test says nothing about this score

    @property
    def flips(self) -> NDArray[np.bool_]:
        """Which rows flip, (m,)."""
        return np.asarray(self.selected.any(axis=1) & ~self.selected.all(axis=1))

    @property
    def gaps(self) -> Floats:
        """How far a row's score moves over the values: highest minus lowest, (m,)."""
        return np.asarray(np.ptp(self.scores, axis=1)) if len(self.scores) else np.zeros(0)

    def largest(self, count: int) -> Ints:
        """Return the places, among these rows, of the largest gaps; equal ones in the order of the data."""
        chosen: Ints = np.argsort(-self.gaps, kind="stable")[:count]
        return chosen


def flips(
    scores: Floats, own: Codes, values: Sequence[str], thresholds: Floats, level: float = 0.95,
    favourable: Favourable = "selected", attribute: str = "group", rows: Ints | None = None,
) -> Flips:
    """Return what recoding does, from the score of every row under every value.

    Parameters
    ----------
    scores
        (m, V) score of row i if its attribute were value v, everything else as it is.
    own
        (m,) the value that the row has.
    thresholds
        (V,) selected is ``score >= threshold`` of the value; one threshold for all is V times the same.
    level
        Of Clopper and Pearson's intervals; 0 of n rows has an upper bound.
    favourable
        Which decision is good for the person: gaining and losing are counted towards it.

    References
    ----------
    Galhotra, Brun and Meliou 2017, Fairness testing, for the question; they draw inputs at random, here are real rows.

    Examples
    --------
    >>> found = flips(np.array([[0.4, 0.6], [0.7, 0.9], [0.1, 0.2]]), np.array([0, 0, 1]), ("F", "M"),
    ...               np.array([0.5, 0.5]))
    >>> found.flipped.value, found.gaining[0].value.tolist(), found.losing[0].value.tolist()
    (0.3333333333333333, [nan, 0.5], [nan, 0.0])
    """
    selected = scores >= thresholds
    flip = selected.any(axis=1) & ~selected.all(axis=1)
    good = selected if favourable == "selected" else ~selected
    names, m = tuple(values), len(own)
    sizes = np.bincount(own, minlength=len(names)).astype(np.float64)
    now = good[np.arange(m), own]
    gaining, losing = [], []
    for g, name in enumerate(names):
        mine = own == g
        up, down = (side.sum(axis=0).astype(np.float64)
                    for side in (good[mine] & ~now[mine, None], ~good[mine] & now[mine, None]))
        gaining.append(_directed(up, sizes[g], name, g, names, level))
        losing.append(_directed(down, sizes[g], name, g, names, level))
    total = shares(np.array([float(flip.sum())]), np.array([float(m)]), ("the sample",), "no rows", level)[0]
    by_group = shares(np.bincount(own, flip, minlength=len(names)).astype(np.float64), sizes, names, "no rows", level)
    return Flips(attribute, names, np.arange(m) if rows is None else rows, own, scores, thresholds, selected, total,
                 by_group, tuple(gaining), tuple(losing))


def _directed(
    count: Floats, size: float, name: str, own: int, values: tuple[str, ...], level: float
) -> Estimates:
    """Return one group's shares by recoded value; its own value is no recoding."""
    found = shares(count, np.full(len(values), size), (name,) * len(values), "no rows", level)
    same = np.arange(len(values)) == own
    value, low, high = (np.where(same, np.nan, part) for part in (found.value, found.low, found.high))
    reasons = tuple("this is the group's own value" if is_own else reason
                    for is_own, reason in zip(same, found.reasons, strict=True))
    return Estimates(value, low, high, found.n, reasons)
