"""Attacks that change rows: which rows to move from cell to cell so that few, or near ones, are enough.

After Lafargue et al. 2025, arXiv 2507.20708. A list of candidates is sorted once by cost and read through a pointer:
choosing among them is one look per list, and no table of all pairs of rows is ever built.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import invalid, stopped
from engine.manipulation.cells import Goal, rates
from engine.manipulation.projection import optimal
from engine.manipulation.sample import Sample
from engine.types import Cancelled, Floats, Ints

Cell = tuple[int, int]   # group, decision
LOW, HIGH = 0, 1         # the two sides
UP, DOWN = ((LOW, 0), (LOW, 1)), ((HIGH, 1), (HIGH, 0))
REPLACE = (UP, ((LOW, 0), (HIGH, 0)), ((HIGH, 1), (LOW, 1)))
MATCHING = (UP, ((LOW, 0), (HIGH, 0)), ((HIGH, 1), (LOW, 1)), DOWN)
BLOCK = 4_000            # source rows whose neighbours are sought at a time; between two, the work can be stopped


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rows of one cell that could move to another, cheapest first, and what each would cost."""

    source: Cell
    target: Cell
    rows: Ints      # (k,) rows of the source cell
    become: Ints    # (k,) the row each would become; itself where only its cell changes
    cost: Floats    # (k,)


@dataclass(frozen=True, eq=False)
class Moved:
    """Rows that move, what each becomes, and the cost of all together."""

    rows: Ints
    become: Ints
    group: Ints
    decision: Ints
    cost: float


def shuffled(sample: Sample, moves: Sequence[tuple[Cell, Cell]], rng: np.random.Generator) -> list[Candidates]:
    """Return candidates that keep everything but their cell, in random order, each at cost 1."""
    found = []
    for source, target in moves:
        rows = rng.permutation(_rows(sample, source))
        found.append(Candidates(source, target, rows, rows, np.ones(len(rows))))
    return found


def nearest(
    sample: Sample, moves: Sequence[tuple[Cell, Cell]], points: Floats, cancelled: Cancelled | None = None
) -> list[Candidates]:
    """Return candidates that become the nearest row of the target cell, nearest first.

    Parameters
    ----------
    sample
        The rows.
    moves
        From which cell to which.
    points
        (n, d) where each row lies; the side and the decision add their own distance of 1 each.
    cancelled
        Asked between blocks of rows whether to stop.
    """
    found = []
    for source, target in moves:
        rows, others = _rows(sample, source), _rows(sample, target)
        if not len(rows) or not len(others):
            continue
        become, squared = _neighbours(points, rows, others, cancelled)
        apart = (source[0] != target[0]) + (source[1] != target[1])
        cost = np.sqrt(squared + apart)
        order = np.argsort(cost, kind="stable")
        found.append(Candidates(source, target, rows[order], become[order], cost[order]))
    return found


def greedy(sample: Sample, goal: Goal, candidates: Sequence[Candidates]) -> Moved:
    """Return moves of two sides, at each step the one that gains most per cost, until the goal is reached.

    Raises
    ------
    InvalidData
        The candidates are used up before.
    """
    favourable, total = [int(n) for n in sample.counts[:, 1]], [int(n) for n in sample.counts.sum(axis=1)]
    used = np.zeros(len(sample), dtype=bool)
    lists = [(c, c.rows.tolist(), c.cost.tolist(), _steps(c)) for c in candidates]
    place, chosen, wanted = [0] * len(lists), [], goal.target if goal.ratio else -goal.target
    now = _closeness(favourable, total, goal.ratio)
    while now < wanted:
        best, pick, after = -math.inf, -1, now
        for i, (_, rows, cost, (f0, t0, f1, t1)) in enumerate(lists):
            while place[i] < len(rows) and used[rows[place[i]]]:
                place[i] += 1
            if place[i] == len(rows):
                continue
            then = _closeness([favourable[0] + f0, favourable[1] + f1], [total[0] + t0, total[1] + t1], goal.ratio)
            price = cost[place[i]]
            worth = (then - now) / price if price > 0 else math.inf if then > now else -math.inf
            if worth > best:
                best, pick, after = worth, i, then
        if pick < 0 or best <= 0:
            raise invalid("this attack cannot reach the target", "target",
                          f"{goal.target:g}, its rows end at {abs(now):.4f}", "choose another attack or target")
        f0, t0, f1, t1 = lists[pick][3]
        favourable, total, now = [favourable[0] + f0, favourable[1] + f1], [total[0] + t0, total[1] + t1], after
        used[lists[pick][1][place[pick]]] = True
        chosen.append((pick, place[pick]))
    return _moved(candidates, chosen)


def to_rates(sample: Sample, goal: Goal, candidates: Sequence[Candidates]) -> Moved:
    """Return decisions to turn in each of several groups, cheapest first, until all lie in the best common band."""
    counts, chosen = sample.counts, []
    share = optimal(counts, goal)
    wanted, sizes = rates(share), counts.sum(axis=1)
    for i, each in enumerate(candidates):
        g, up = each.source[0], each.target[1] == 1
        change = (wanted[g] - counts[g, 1] / sizes[g]) * sizes[g] * (1 if up else -1)
        chosen += [(i, k) for k in range(min(math.ceil(change - 1e-9), len(each.rows)))]
    return _moved(candidates, chosen)


def _moved(candidates: Sequence[Candidates], chosen: Sequence[tuple[int, int]]) -> Moved:
    def column(get: str) -> Ints:
        return np.array([getattr(candidates[i], get)[k] for i, k in chosen], dtype=np.int64)

    cells = np.array([candidates[i].target for i, _ in chosen], dtype=np.int64).reshape(-1, 2)
    cost = float(sum(candidates[i].cost[k] for i, k in chosen))
    return Moved(column("rows"), column("become"), cells[:, 0], cells[:, 1], cost)


def _closeness(favourable: Sequence[int], total: Sequence[int], ratio: bool) -> float:
    """Return the measure of two sides, turned so that more is closer; plain numbers are 20 times faster than arrays."""
    if not total[0] or not total[1] or (ratio and not favourable[1]):
        return -math.inf
    first, second = favourable[0] / total[0], favourable[1] / total[1]
    return first / second if ratio else first - second


def _steps(move: Candidates) -> tuple[int, int, int, int]:
    """Return what one move adds to the favourable rows and all rows of the first and of the second side."""
    change = np.zeros((2, 2), dtype=int)
    change[move.source] -= 1
    change[move.target] += 1
    (a, b), (c, d) = change
    return int(b), int(a + b), int(d), int(c + d)


def _rows(sample: Sample, cell: Cell) -> Ints:
    return np.flatnonzero((sample.group == cell[0]) & (sample.decision == cell[1])).astype(np.int64)


def _neighbours(points: Floats, rows: Ints, others: Ints, cancelled: Cancelled | None) -> tuple[Ints, Floats]:
    """Return the nearest of `others` for each of `rows` and the squared distance, found in blocks."""
    from sklearn.neighbors import NearestNeighbors

    if not points.shape[1]:
        return np.full(len(rows), others[0]), np.zeros(len(rows))
    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(points[others])
    become = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), BLOCK):
        if cancelled is not None and cancelled():
            raise stopped("looking for the nearest rows")
        part = slice(start, start + BLOCK)
        become[part] = others[search.kneighbors(points[rows[part]], return_distance=False)[:, 0]]
    # From the rows themselves: the search's own distances lose digits where rows nearly agree.
    return become, ((points[rows] - points[become]) ** 2).sum(axis=1)
