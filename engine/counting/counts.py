"""Confusion counts per group: what every rate is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.types import Ints

Numbers = NDArray[Any]   # int64 rows, or float64 weights and expectations
CELLS = ("tp", "fp", "fn", "tn", "selected_unknown", "rejected_unknown")
SLOTS = ("negative", "positive", "unknown")
NEGATIVE, POSITIVE, NO_LABEL = 0, 1, 2


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """Counts of decisions by outcome, per group; leading axes are a sweep, a bootstrap, or nothing.

    Parameters
    ----------
    values
        (..., G, 6) in the order of `CELLS`: weighted where the data has weights, expected where a policy draws lots.
    rows
        The same in rows; equal to `values` without weights.
    squares
        The same in squared weights; None without weights. Their ratio gives Kish's effective size.
    """

    values: Numbers
    rows: Numbers
    squares: Numbers | None = None

    @staticmethod
    def of(tp: Numbers, fp: Numbers, fn: Numbers, tn: Numbers) -> GroupCounts:
        """Return unweighted counts from the four cells, each (..., G), every outcome known."""
        none = np.zeros_like(np.asarray(tp))
        values = np.stack([np.asarray(tp), np.asarray(fp), np.asarray(fn), np.asarray(tn), none, none], axis=-1)
        return GroupCounts(values, values)

    @property
    def tp(self) -> Numbers:
        """Selected, positive outcome."""
        return self.values[..., 0]

    @property
    def fp(self) -> Numbers:
        """Selected, not positive."""
        return self.values[..., 1]

    @property
    def fn(self) -> Numbers:
        """Not selected, positive."""
        return self.values[..., 2]

    @property
    def tn(self) -> Numbers:
        """Not selected, not positive."""
        return self.values[..., 3]

    @property
    def selected_unknown(self) -> Numbers:
        """Selected, outcome unknown."""
        return self.values[..., 4]

    @property
    def rejected_unknown(self) -> Numbers:
        """Not selected, outcome unknown."""
        return self.values[..., 5]

    @property
    def sizes(self) -> Ints:
        """Rows per group, (..., G), whatever their weight."""
        sizes: Ints = np.rint(self.rows.sum(axis=-1)).astype(np.int64)
        return sizes

    def fold(self, index: Ints, groups: int) -> GroupCounts:
        """Return the counts of coarser groups: group g goes to ``index[g]`` of `groups`."""

        def folded(cells: Numbers) -> Numbers:
            out = np.zeros((*cells.shape[:-2], groups, cells.shape[-1]), dtype=cells.dtype)
            np.add.at(np.moveaxis(out, -2, 0), index, np.moveaxis(cells, -2, 0))
            return out

        values = folded(self.values)
        rows = values if self.rows is self.values else folded(self.rows)
        return GroupCounts(values, rows, None if self.squares is None else folded(self.squares))

    def total(self) -> GroupCounts:
        """Return the counts of everybody, as one group."""
        return self.fold(np.zeros(self.values.shape[-2], dtype=np.int64), 1)


def from_selected(selected: Numbers, totals: Numbers) -> Numbers:
    """Return (..., G, 6) from what is selected (..., G, 3) and what there is (G, 3), by label slot.

    >>> from_selected(np.array([[1, 2, 0]]), np.array([[5, 4, 0]]))
    array([[2, 1, 2, 4, 0, 0]])
    """
    rest = totals - selected
    order = ((selected, POSITIVE), (selected, NEGATIVE), (rest, POSITIVE), (rest, NEGATIVE), (selected, NO_LABEL),
             (rest, NO_LABEL))
    return np.stack([part[..., slot] for part, slot in order], axis=-1)
