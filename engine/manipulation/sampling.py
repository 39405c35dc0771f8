"""From a doctored table to the sample that is handed in: how many rows of each cell, and which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.errors import invalid
from engine.manipulation.cells import Counts, Goal, kl, shares_of, tally
from engine.types import Cancelled, Codes, Floats, Ints, Labels

Rng = np.random.Generator


@dataclass(frozen=True)
class Scheme:
    """One row of `SAMPLINGS`: how the rows handed in are drawn."""

    key: str
    name: str
    sentence: str


SAMPLINGS: dict[str, Scheme] = {scheme.key: scheme for scheme in (
    Scheme("quota", "quota", "exactly the planned number of rows of each cell, drawn evenly within it: the cells have "
           "no noise and what the rows hold besides is untouched"),
    Scheme("multinomial", "multinomial", "each row's cell is drawn from the plan, then the row evenly within it"),
    Scheme("weighted", "weighted without replacement", "rows are drawn one by one with unequal weights and not put "
           "back, as the paper's code does; heavy rows run out, so the larger the sample, the further it falls short"),
)}


def drawn(
    cell: Ints, plan: Floats, size: int, scheme: str, goal: Goal, tries: int, accept: Callable[[Counts], bool],
    rng: Rng, cancelled: Cancelled,
) -> tuple[Ints, int, bool]:
    """Return (size,) rows to hand in, the number of draws made, and whether the last was accepted.

    Parameters
    ----------
    cell
        (n,) cell of each row, 2 * group + decision.
    plan
        (G, 2) shares of the cells wanted.
    size
        Rows to hand in.
    scheme
        A key of `SAMPLINGS`.
    goal
        What the sample shall reach.
    tries
        Draws at most; the first that reaches the goal and is accepted is kept, else the nearest one.
    accept
        Whether a table of cells would go unnoticed.
    """
    if scheme == "quota":
        counts = quota(plan, size, goal)
        return rows_of(cell, counts, rng), 1, goal.reached(counts) and accept(counts)
    draw = _weighted(cell, plan, size) if scheme == "weighted" else _multinomial(cell, plan, size)
    best, closest = None, -np.inf
    for done in range(1, max(tries, 1) + 1):
        if cancelled():
            break
        counts, rows = draw(rng)
        unnoticed = accept(counts)
        if goal.reached(counts) and unnoticed:
            return rows(), done, True
        closeness = float(np.nan_to_num(goal.closeness(counts), nan=-1e9)) - (0 if unnoticed else 1e6)
        if closeness > closest:
            best, closest = rows(), closeness
    if best is None:
        raise invalid("the work was stopped", "drawing samples", "on request", "start it again when you like")
    return best, done, False


def quota(plan: Floats, size: int, goal: Goal) -> Ints:
    """Return (G, 2) whole numbers that add up to `size`, nearest to the plan and not short of the goal by rounding.

    >>> quota(np.array([[0.25, 0.25], [0.25, 0.25]]), 9, Goal(target=1.0)).sum()
    np.int64(9)
    """
    exact = plan * size
    counts = np.floor(exact).astype(np.int64)
    for place in np.argsort(-(exact - counts), axis=None, kind="stable")[: size - int(counts.sum())]:
        counts.flat[place] += 1
    for _ in range(4 * len(counts)):
        shares = counts[:, 1] / np.maximum(counts.sum(axis=1), 1)
        if goal.reached(counts) or np.isnan(goal.value(counts)):
            break
        low = 0 if len(counts) == 2 else int(shares.argmin())
        if not counts[low, 0]:
            break
        counts[low] += (-1, 1)
    return counts


def rows_of(cell: Ints, counts: Ints, rng: Rng) -> Ints:
    """Return rows with exactly these cells, drawn evenly within each; a cell too small gives its rows repeatedly.

    Raises
    ------
    InvalidData
        A cell has no row at all.
    """
    chosen = []
    for place, wanted in enumerate(counts.ravel()):
        rows = np.flatnonzero(cell == place)
        if wanted and not len(rows):
            raise invalid("a cell of the plan must hold rows", "the data", "a cell without any",
                          "choose an attack that changes rows, such as replace")
        whole, rest = divmod(int(wanted), max(len(rows), 1))
        chosen += [rows] * whole + [rng.choice(rows, rest, replace=False) if rest else rows[:0]]
    found: Ints = rng.permutation(np.concatenate(chosen)).astype(np.int64)
    return found


def unnoticed_by_g(before: Counts, size: int, alpha: float, finite: bool = True) -> Callable[[Counts], bool]:
    """Return whether a sample's cells go unnoticed by the G test with the chi-square quantile."""
    from scipy.stats import chi2

    total = before.sum()
    limit = float(chi2.ppf(1 - alpha, before.size - 1)) * (max(1 - size / total, 0.0) if finite else 1.0)
    return lambda counts: bool(2 * size * kl(before, np.maximum(counts, 0.5)) <= limit)


Draw = Callable[[Rng], tuple[Ints, Callable[[], Ints]]]


def _multinomial(cell: Ints, plan: Floats, size: int) -> Draw:
    shares = shares_of(plan).ravel()

    def draw(rng: Rng) -> tuple[Ints, Callable[[], Ints]]:
        counts = rng.multinomial(size, shares).reshape(-1, 2)
        return counts, lambda: rows_of(cell, counts, rng)

    return draw


def _weighted(cell: Ints, plan: Floats, size: int) -> Draw:
    """Sequential draws with unequal weights are the smallest of exponential clocks: one pass instead of `size`."""
    if size > len(cell):
        raise invalid("a sample without replacement cannot exceed its source", "size",
                      f"{size:,} of {len(cell):,} rows", "choose a smaller size, or multinomial sampling")
    have = np.bincount(cell, minlength=plan.size)
    weight = np.divide(plan.ravel(), have, out=np.zeros(plan.size), where=have > 0)[cell]

    def draw(rng: Rng) -> tuple[Ints, Callable[[], Ints]]:
        with np.errstate(divide="ignore"):
            clock = rng.exponential(size=len(cell)) / weight
        rows = np.argpartition(clock, size - 1)[:size].astype(np.int64)
        return _counted(cell[rows], plan.size), lambda: rows

    return draw


def _counted(cell: Ints, cells: int) -> Ints:
    group: Codes = (cell // 2).astype(np.int32)
    decision: Labels = (cell % 2).astype(np.int8)
    return tally(group, decision, cells // 2)
