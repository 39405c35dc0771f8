"""Count tables of several sites to one, and what a site may keep back: small groups, fine bins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.counting.counts import Numbers
from engine.counting.file import CountsFile
from engine.counting.gathering import Tabulated
from engine.counting.groups import Groups
from engine.counting.plan import Plan
from engine.counting.subtraction import kept_back, totals
from engine.counting.table import CountTable
from engine.errors import invalid
from engine.text import plain
from engine.types import Exclusion, Floats, Ints, frozen


def merged(files: Sequence[CountsFile]) -> CountsFile:
    """Return the table of all sources' rows; the order of the files does not matter to any count.

    Raises
    ------
    InvalidData
        Columns, groups' edges or bins differ: such tables do not add up.
    """
    first = files[0]
    for other in files[1:]:
        _refuse_other(first.plan, other.plan)
    table = first.table
    for other in files[1:]:
        table = table.merge(other.table)
    lost: Counter[str] = Counter()
    for file in files:
        lost.update({item.reason: item.rows for item in file.tabulated.excluded})
    whole = Tabulated(table, sum(file.tabulated.rows for file in files),
                      tuple(Exclusion(reason, lost[reason]) for reason in sorted(lost)))
    return CountsFile(whole, first.plan, sum(file.suppressed for file in files))


def _refuse_other(one: Plan, other: Plan) -> None:
    for what in ("protected", "score", "prediction", "selected", "label", "positive", "favourable", "weight"):
        mine, theirs = getattr(one, what), getattr(other, what)
        if what == "protected":
            mine, theirs = ([(a.column, a.kind, a.edges) for a in side] for side in (mine, theirs))
        if mine != theirs:
            raise invalid("tables must mean the same to be added", f"their {what}",
                          f"{plain(str(mine), 80)} and {plain(str(theirs), 80)}", "tabulate all with the same options")


def coarsened(table: CountTable, bins: int) -> CountTable:
    """Return the table on a coarser grid of `bins` bins; counts at the edges that stay are the same.

    Raises
    ------
    InvalidData
        The table is not on the grid k/1024, or `bins` does not divide it.
    """
    if table.rule != "grid" or bins < 1 or (len(table.edges) - 1) % bins:
        raise invalid("only the grid can be coarsened, to a divisor of its bins", "--coarsen", f"{bins}",
                      "use --bins grid and a power of two, e.g. 64")
    step = (len(table.edges) - 1) // bins
    return _binned(table, np.append(np.arange(len(table.edges) - 1) // step, bins), table.edges[::step])


def _binned(table: CountTable, place: Ints, edges: Floats) -> CountTable:
    def folded(cells: Numbers) -> Numbers:
        out: Numbers = np.zeros((len(edges), cells.shape[0], cells.shape[2]), dtype=cells.dtype)
        np.add.at(out, place, np.moveaxis(cells, 1, 0))
        return frozen(np.ascontiguousarray(np.moveaxis(out, 0, 1)))

    weights = None if table.weights is None else folded(table.weights)
    squares = None if table.squares is None else folded(table.squares)
    return replace(table, edges=frozen(edges), counts=folded(table.counts), score_sum=folded(table.score_sum),
                   score_squares=folded(table.score_squares), weights=weights, squares=squares)


def without_small(counts: CountsFile, under: int) -> CountsFile:
    """Return the file without its groups of fewer rows, and without more where one could be had by subtraction.

    Whoever knows the totals of the coarser groupings (those that are not small themselves) could solve for a group
    that is left out alone: so the smallest group that shares most with it goes too, until no hidden group is
    determined by them. Nothing is said of how many rows were left out.

    Raises
    ------
    InvalidData
        No group would be left.
    """
    table = counts.table
    sizes = table.counts.sum(axis=(1, 2))
    if not ((sizes > 0) & (sizes < under)).any():
        return counts
    known = [line for line in totals(table.groups.members) if sizes[line].sum() >= under]
    lines = np.vstack([np.eye(len(sizes), dtype=bool), *known])
    part = np.append(np.zeros(len(sizes), dtype=np.int64), np.full(len(known), -1))
    gone = kept_back(lines, sizes, under, part)[: len(sizes)]
    kept = np.flatnonzero(~gone & (sizes > 0))
    if not len(kept):
        raise invalid("some group must be left", f"--suppress-under {under}", "every group is small, or could be had "
                      "by subtraction", "use fewer attributes")
    whole = counts.tabulated
    shown = replace(whole, table=_only(table, kept), rows=int(whole.rows - sizes[gone].sum()))
    return replace(counts, tabulated=shown, suppressed=counts.suppressed + int(gone.sum()))


def _only(table: CountTable, kept: Ints) -> CountTable:
    """Return the table of some groups; levels that none of them has go too, or they would look empty."""
    members, levels = table.groups.members[kept].copy(), []
    for column, names in enumerate(table.groups.levels):
        used, members[:, column] = np.unique(members[:, column], return_inverse=True)
        levels.append(tuple(names[level] for level in used))
    groups = Groups(table.groups.attributes, tuple(levels), frozen(members))
    weights = None if table.weights is None else frozen(table.weights[kept])
    squares = None if table.squares is None else frozen(table.squares[kept])
    return replace(table, groups=groups, counts=frozen(table.counts[kept]), score_sum=frozen(table.score_sum[kept]),
                   score_squares=frozen(table.score_squares[kept]), weights=weights, squares=squares)
