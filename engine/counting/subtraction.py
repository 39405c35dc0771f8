"""Which numbers to keep back so that nobody can have them by subtraction: complementary suppression.

Every published total is an equation over the finest cells. A number that is kept back can be had exactly where its own
sum of cells is a combination of those equations, so further numbers go until none is. Whole rows go, so that one
answer holds for every count of theirs.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from engine.types import Floats, Ints

Mask = NDArray[np.bool_]
_TINY, _MOVED = 1e-9, 1e-6


def totals(members: Ints) -> list[Mask]:
    """Return which cells each total of every coarser grouping adds up, the grand total first.

    Parameters
    ----------
    members
        (C, A) level of each attribute that each cell has.
    """
    found = [np.ones(len(members), dtype=bool)]
    for size in range(1, members.shape[1]):
        for columns in combinations(range(members.shape[1]), size):
            _, line = np.unique(members[:, columns], axis=0, return_inverse=True)
            found += list(np.arange(line.max() + 1)[:, None] == line.reshape(-1))
    return found


def exposed(shown: Mask, hidden: Mask) -> Mask:
    """Return which hidden sums of cells the shown ones determine, by any sum or difference of them.

    Parameters
    ----------
    shown, hidden
        (L, C) and (T, C): the cells that each adds up.

    Examples
    --------
    >>> total, first = [True, True, True], [True, False, False]
    >>> exposed(np.array([total, first]), np.array([[False, True, True], [False, True, False]]))
    array([ True, False])

    References
    ----------
    Cox 1980, Journal of the American Statistical Association 75, 377-385.
    """
    known = shown[shown.sum(axis=1) == 1].any(axis=0)   # cells shown by themselves
    lines, targets = shown[:, ~known], hidden[:, ~known].astype(float)
    lines = np.unique(lines[lines.any(axis=1)], axis=0).astype(float)
    if not len(lines):
        return np.asarray(targets.max(axis=1, initial=0.0) == 0, dtype=np.bool_)
    _, scale, rows = np.linalg.svd(lines)
    free = rows[int((scale > _TINY * scale[0]).sum()):]   # what can move without changing any total
    return np.asarray(np.abs(targets @ free.T).max(axis=1, initial=0.0) < _TINY, dtype=np.bool_)


def kept_back(lines: Mask, sizes: Ints, under: int, part: Ints) -> Mask:
    """Return which sums to keep back: those of fewer rows than `under`, and more until none can be had from the rest.

    For each small sum that is exposed the cheapest change of the cells is found that alters it and leaves all that is
    known as it is; what else it alters goes too. So whatever goes could have another value as far as a reader can
    tell. Small sums are cheap, and those that go already cost nothing. Where no such change exists, a sum stays
    exposed: ask `exposed`.

    Parameters
    ----------
    lines
        (L, C) the cells that each published sum adds up.
    sizes
        (L,) rows in each; sums without rows are no secret.
    under
        The fewest rows that are shown.
    part
        (L,) which table each sum stands in; negative for one that is known anyhow, which never goes.

    References
    ----------
    Kelly, Golden and Assad 1992, Networks 22, 397-417, for complements by linear programming.
    """
    free = (part >= 0) & (sizes > 0)
    hidden: Mask = free & (sizes < under)
    if not hidden.any():
        return hidden
    secret = np.flatnonzero(hidden)
    safe = np.zeros(len(lines), dtype=bool)
    for one in secret[exposed(lines[~hidden], lines[secret])]:
        if not safe[one]:
            moved = _moved(lines, np.where(hidden, 0.0, np.log1p(sizes)), free, int(one))
            hidden, safe = hidden | moved, safe | moved
    return hidden


def _moved(lines: Mask, costs: Floats, free: Mask, one: int) -> Mask:
    """Return which sums the cheapest change of the cells alters that alters this one; none where there is no change."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack, vstack

    cells, priced = csr_array(lines.astype(float)), np.flatnonzero(free & (costs > 0))
    up = csr_array((np.ones(len(priced)), (np.arange(len(priced)), np.arange(len(priced)))))
    # Cells may change either way; a sum that is not hidden yet pays for its change, up or down.
    paying = hstack([cells[priced], -up, up])
    rest = vstack([cells[np.flatnonzero(~free)], cells[[one]]])
    fixed = hstack([rest, csr_array((rest.shape[0], 2 * len(priced)))])
    wanted = np.zeros(len(priced) + rest.shape[0])
    wanted[-1] = 1.0
    price = np.concatenate([np.zeros(lines.shape[1]), costs[priced], costs[priced]])
    bounds = [(None, None)] * lines.shape[1] + [(0, None)] * (2 * len(priced))
    found = linprog(price, A_eq=vstack([paying, fixed]), b_eq=wanted, bounds=bounds, method="highs-ds")
    if found.x is None:
        return np.zeros(len(lines), dtype=bool)
    return np.asarray(np.abs(cells @ found.x[: lines.shape[1]]) > _MOVED, dtype=np.bool_)
