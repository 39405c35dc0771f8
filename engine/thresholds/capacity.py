"""How many may be selected: the threshold that comes nearest without selecting more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.counting.index import S, ScoreIndex
from engine.counting.table import CountTable
from engine.types import Floats


def at_capacity(
    index: ScoreIndex | CountTable, selected: float, members: Sequence[int] | None = None
) -> tuple[float, int]:
    """Return the threshold that selects at most `selected` rows, and how many rows it selects.

    Ties cannot be split by a threshold: the realised number may be smaller, and is returned to be shown. A table is
    as fine as its bins; an index is exact.

    Parameters
    ----------
    selected
        Rows, not weights.
    members
        Groups of the index that the capacity is for; all of them by default.

    Returns
    -------
    threshold, realised
        The threshold is a score that occurs (or a table's edge); ``inf`` where nobody can be selected.
    """
    chosen = list(range(len(index.groups))) if members is None else list(members)
    values, tails = _counted(index, chosen) if isinstance(index, CountTable) else _sorted(index, chosen)
    place = int(np.flatnonzero(tails <= selected)[0])
    return (float(values[place]) if place < len(values) else float("inf")), int(tails[place])


def _counted(table: CountTable, members: Sequence[int]) -> tuple[Floats, Floats]:
    rows = table.counts[members].sum(axis=(0, 2))
    return table.edges, np.append(np.cumsum(rows[::-1])[::-1], 0).astype(np.float64)


def _sorted(index: ScoreIndex, members: Sequence[int]) -> tuple[Floats, Floats]:
    """Return the distinct scores of some groups, ascending, and the rows at or above each, then nobody's 0."""
    whole = len(members) == len(index.groups)
    parts = [index.scores] if whole else [index.scores[index.starts[S * g]:index.starts[S * (g + 1)]] for g in members]
    values, rows = np.unique(np.concatenate([*parts, np.zeros(0)]), return_counts=True)
    return values, np.append(np.cumsum(rows[::-1])[::-1], 0).astype(np.float64)
