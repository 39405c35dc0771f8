"""Which points no other beats: non-dominated sets, fronts, and how much of the space they cover.

Objectives are columns and higher is better; turn the sign of a disparity first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import Floats, Ints

Mask = NDArray[np.bool_]
ROUNDING = 1e-13   # of sums that are equal
CELLS = 4096    # of the sieve that drops most points before the sort
BLOCK = 256     # rows compared at once
CHUNK = 8192    # kept rows they are compared with at once


def improving(cost: Floats, value: Floats) -> Ints:
    """Return the points whose value exceeds that of every point of lower or equal cost, by ascending cost.

    Points whose cost is NaN are left out; of equal points the first is kept. Values closer than `ROUNDING` are equal.

    >>> improving(np.array([0.2, 0.1, 0.1, np.nan]), np.array([5.0, 3.0, 4.0, 9.0]))
    array([2, 0])
    """
    order = np.flatnonzero(~np.isnan(cost))
    if len(order) > 16 * CELLS:
        order = order[_sieve(cost[order], value[order])]
    order = order[np.lexsort((-value[order], cost[order]))]
    highest = np.maximum.accumulate(np.append(-np.inf, value[order]))[:-1]
    kept: Ints = order[value[order] > highest + ROUNDING]
    return kept


def _sieve(cost: Floats, value: Floats) -> Mask:
    """Return what may improve: points above the best of every cheaper cell."""
    low, high = cost.min(), cost.max()
    cell = ((cost - low) * ((CELLS - 1) / (high - low))).astype(np.int64) if high > low else np.zeros(len(cost), int)
    best = np.full(CELLS, -np.inf)
    np.maximum.at(best, cell, value)
    cheaper = np.maximum.accumulate(np.append(-np.inf, best))[:-1]
    found: Mask = value > cheaper[cell]
    return found


def nondominated(points: Floats, tolerance: Floats | float = 0.0) -> Mask:
    """Return which points no other dominates.

    Parameters
    ----------
    points
        (n, m) objectives, higher is better. Equal points do not dominate each other.
    tolerance
        Per objective, or one for all: objectives are compared in steps of this width, so that noise does not fill
        the front (eps-dominance; Laumanns et al. 2002, Evolutionary Computation 10). 0 compares exactly.

    Examples
    --------
    >>> nondominated(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 1.0]]))
    array([ True,  True, False])
    """
    points = np.asarray(points, dtype=np.float64)
    width = np.broadcast_to(np.asarray(tolerance, dtype=np.float64), points.shape[1:])
    points = np.where(width > 0, np.floor(points / np.where(width > 0, width, 1)), points)
    distinct, place = np.unique(points, axis=0, return_inverse=True)
    best = _maxima(distinct[::-1])[::-1]   # of distinct rows, at least as high everywhere is dominance
    mask: Mask = best[place.reshape(-1)]
    return mask


def _maxima(rows: Floats) -> Mask:
    """Return the maxima of distinct rows in descending order, in which no row is dominated by a later one."""
    found = np.zeros(len(rows), dtype=bool)
    if rows.shape[1] == 2:
        highest = np.maximum.accumulate(np.append(-np.inf, rows[:, 1]))[:-1]
        return np.asarray(rows[:, 1] > highest)
    kept = np.empty((0, rows.shape[1]))
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        alive = np.flatnonzero(~_below(block, kept))
        alive = alive[~_below(block[alive], block[alive], themselves=True)]
        found[start + alive] = True
        kept = np.concatenate([kept, block[alive]])
    return found


def _below(rows: Floats, others: Floats, themselves: bool = False) -> Mask:
    """Return which rows another row reaches in every objective; one 2-D comparison per objective."""
    below = np.zeros(len(rows), dtype=bool)
    for start in range(0, len(others), CHUNK):
        part = others[start : start + CHUNK]
        reaches = np.ones((len(rows), len(part)), dtype=bool)
        for objective in range(rows.shape[1]):
            reaches &= part[:, objective] >= rows[:, objective, None]
        if themselves:
            np.fill_diagonal(reaches, False)
        below |= reaches.any(axis=1)
    return below


def fronts(points: Floats) -> Ints:
    """Return the front of each point: 0 is not dominated, 1 is dominated by front 0 alone, and so on."""
    points = np.asarray(points, dtype=np.float64)
    front = np.full(len(points), -1, dtype=np.int64)
    left, depth = np.arange(len(points)), 0
    while len(left):
        best = nondominated(points[left])
        front[left[best]] = depth
        left, depth = left[~best], depth + 1
    return front


def hypervolume(points: Floats, reference: Floats) -> float:
    """Return the volume that points dominate above a reference point; exact, by slabs of the last objective.

    Parameters
    ----------
    points
        (n, m), higher is better. O(n log n) for two objectives; each further one multiplies by n.
    reference
        (m,) the point that counts as worthless; points not above it in every objective add nothing.

    References
    ----------
    Zitzler and Thiele 1998, Multiobjective optimization using evolutionary algorithms.

    Examples
    --------
    >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.zeros(2))
    3.0
    """
    points = np.asarray(points, dtype=np.float64)
    reference = np.asarray(reference, dtype=np.float64)
    points = points[(points > reference).all(axis=1)]
    if not len(points):
        return 0.0
    if points.shape[1] == 1:
        return float(points.max() - reference[0])
    points = points[nondominated(points)]
    if points.shape[1] == 2:
        points = points[np.argsort(-points[:, 0], kind="stable")]
        below = np.append(reference[1], np.maximum.accumulate(points[:, 1])[:-1])
        return float((points[:, 0] - reference[0]) @ np.maximum(points[:, 1] - below, 0))
    levels = np.unique(points[:, -1])
    heights = np.diff(np.append(reference[-1], levels))
    slabs = [hypervolume(points[points[:, -1] >= level][:, :-1], reference[:-1]) for level in levels]
    return float(heights @ slabs)


@dataclass(frozen=True)
class Volume:
    """A hypervolume with its interval and the reference point, which it means nothing without."""

    value: float
    low: float
    high: float
    reference: tuple[float, ...]


def hypervolume_interval(points: Floats, draws: Floats, reference: Floats, level: float = 0.95) -> Volume:
    """Return the hypervolume and its basic bootstrap interval, cut at 0.

    What the draws exceed the value by is taken off it: the best of many noisy points is too good on each draw, too.

    Parameters
    ----------
    points
        (n, m) as observed.
    draws
        (R, n, m) the same points on resampled counts.
    reference
        (m,) printed with the result.
    """
    values = np.array([hypervolume(draw, reference) for draw in draws])
    value = hypervolume(points, reference)
    low, high = 2 * value - np.quantile(values, [(1 + level) / 2, (1 - level) / 2])
    return Volume(value, max(float(low), 0.0), max(float(high), 0.0), tuple(float(r) for r in reference))
