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
_NODES = 2_000   # of the search for sets; a number of nodes, not of seconds, so that the answer is always the same


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


def kept_back(lines: Mask, cells: Ints, under: int, part: Ints) -> Mask:
    """Return which sums to keep back: those of fewer rows than `under`, and more until none can be had from the rest.

    Nor can the rows of several hidden sums together where they are fewer: what a total leaves beside the sums that are
    shown of it is a secret like a small sum. For each secret that is exposed the cheapest change of the cells is found
    that alters it and leaves all that is known as it is; what else it alters goes too. So whatever goes could have
    another value as far as a reader can tell. Small sums are cheap, and those that go already cost nothing. Where no
    such change exists, a sum stays exposed: ask `exposed`. The search for sets across tables ends after a fixed number
    of steps; what totals leave beside their parts is found in any case.

    Parameters
    ----------
    lines
        (L, C) the cells that each published sum adds up.
    cells
        (C,) rows in each cell; cells and sums without rows are no secret.
    under
        The fewest rows that are shown.
    part
        (L,) which table each sum stands in; negative for one that is known anyhow, which never goes.

    References
    ----------
    Kelly, Golden and Assad 1992, Networks 22, 397-417, for complements by linear programming.
    """
    lines, rows = lines[:, cells > 0], cells[cells > 0]
    sizes = lines @ rows
    free = (part >= 0) & (sizes > 0)
    hidden: Mask = free & (sizes < under)
    if not hidden.any():
        return hidden
    hidden = _covered(lines, lines[hidden], hidden, free, sizes)
    tried: Mask = np.zeros((0, len(rows)), dtype=bool)
    while len(found := _little(lines, hidden, rows, under, part, tried)):
        tried = np.vstack([tried, found])
        hidden = _covered(lines, found, hidden, free, sizes)
    return hidden


def _covered(lines: Mask, secrets: Mask, hidden: Mask, free: Mask, sizes: Ints) -> Mask:
    """Return which sums go so that no secret sum of cells can be had from the others, where that can be."""
    safe = np.zeros(len(lines), dtype=bool)
    for secret in secrets[exposed(lines[~hidden], secrets)]:
        if not (safe & (lines == secret).all(axis=1)).any():
            moved = _moved(lines, np.where(hidden, 0.0, np.log1p(sizes)), free, secret)
            hidden, safe = hidden | moved, safe | moved
    return hidden


def _little(lines: Mask, hidden: Mask, rows: Ints, under: int, part: Ints, tried: Mask) -> Mask:
    """Return sets of fewer rows that the shown sums determine and that were not tried: what totals leave, or others."""
    shown = lines[~hidden]
    left = []
    for table in np.unique(part[part >= 0]):
        groups = lines[~hidden & (part == table)].astype(float)
        within = (groups @ ~shown.T == 0).astype(float)       # which groups lie in which total
        rest = shown & (within.T @ groups == 0)
        size = rest @ rows
        left.append(rest[(size > 0) & (size < under) & (rest != shown).any(axis=1)])
    found = np.unique(np.vstack(left), axis=0)
    known = {one.tobytes() for one in tried}
    new = found[np.array([one.tobytes() not in known for one in found], dtype=bool)]
    return new if len(new) else _combined(shown, rows, under, tried)


def _combined(shown: Mask, rows: Ints, under: int, tried: Mask) -> Mask:
    """Return one set of fewer rows that any sums and differences of the shown ones make; none: no row."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, hstack

    small = np.flatnonzero(rows < under)
    if not len(small):
        return tried[:0]
    sums = np.unique(shown, axis=0)
    # Weights of the sums add up to 1 in the cells of the set and to 0 elsewhere.
    chosen = eye_array(len(rows), format="csc")[:, small]
    blank = csr_array((1, len(sums)))
    limits = [LinearConstraint(hstack([csr_array(sums.T.astype(float)), -chosen]), 0, 0),
              LinearConstraint(hstack([blank, csr_array(rows[small][None].astype(float))]), 1, under - 1)]
    for one in tried[~tried[:, rows >= under].any(axis=1)]:
        signs = np.where(one[small], 1.0, -1.0)
        limits.append(LinearConstraint(hstack([blank, csr_array(signs[None])]), -np.inf, one.sum() - 1))
    whole = np.arange(len(sums) + len(small)) >= len(sums)
    found = milp(np.concatenate([np.zeros(len(sums)), rows[small]]), integrality=whole.astype(int),
                 bounds=Bounds(np.where(whole, 0, -np.inf), np.where(whole, 1, np.inf)), constraints=limits,
                 options={"node_limit": _NODES})
    if found.x is None:
        return tried[:0]
    mask = np.zeros((1, len(rows)), dtype=bool)
    mask[0, small] = found.x[len(sums):] > 0.5
    return mask if exposed(shown, mask).all() else tried[:0]


def _moved(lines: Mask, costs: Floats, free: Mask, secret: Mask) -> Mask:
    """Return which sums the cheapest change of the cells alters that alters the secret; none: there is no change."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack, vstack

    cells, priced = csr_array(lines.astype(float)), np.flatnonzero(free & (costs > 0))
    up = csr_array((np.ones(len(priced)), (np.arange(len(priced)), np.arange(len(priced)))),
                   shape=(len(priced), len(priced)))
    # Cells may change either way; a sum that is not hidden yet pays for its change, up or down.
    paying = hstack([cells[priced], -up, up])
    rest = vstack([cells[np.flatnonzero(~free)], csr_array(secret[None].astype(float))])
    fixed = hstack([rest, csr_array((rest.shape[0], 2 * len(priced)))])
    wanted = np.zeros(len(priced) + rest.shape[0])
    wanted[-1] = 1.0
    price = np.concatenate([np.zeros(lines.shape[1]), costs[priced], costs[priced]])
    bounds = [(None, None)] * lines.shape[1] + [(0, None)] * (2 * len(priced))
    found = linprog(price, A_eq=vstack([paying, fixed]), b_eq=wanted, bounds=bounds, method="highs-ds")
    if found.x is None:
        return np.zeros(len(lines), dtype=bool)
    return np.asarray(np.abs(cells @ found.x[: lines.shape[1]]) > _MOVED, dtype=np.bool_)
