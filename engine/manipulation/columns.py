"""Do the submitted rows look like the reference's rows of the same group and decision? Permutations within cells.

Two statistics on the same draws: the sliced Wasserstein distance on quantile knots (shifts and tails) and the maximum
mean discrepancy with random Fourier features (anything smooth). Sources: Rahimi and Recht 2007; Bonneel et al. 2015;
Gretton et al. 2012.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import stopped
from engine.manipulation.inclusion import aligned
from engine.manipulation.nulls import Mode, p_values
from engine.manipulation.sample import Sample, matrix, scales
from engine.types import Cancelled, Feature, Floats, Ints, Progress

SLICES, KNOTS, WAVES = 32, 32, 64       # directions, quantile knots on each, pairs of Fourier features
MOST_LEVELS = 50                        # a category with more values is a name, not a trait
FLOATS = 40_000_000                     # of Fourier features held at once
Statistics = tuple[Floats, Floats]      # sliced Wasserstein, squared MMD


@dataclass(frozen=True, eq=False)
class ColumnsResult:
    """The two distances of the columns given the cell, and the p-values of the sample, first, and of the draws."""

    sliced: float
    mmd: float
    p_sliced: float
    p_mmd: float
    p: Floats              # (R + 1,) of the smaller of both p-values
    columns: int           # columns compared


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows as the statistics see them: knot passed on each direction, and Fourier features."""

    bins: Ints        # (n, SLICES)
    waves: Floats     # (n, D)


@dataclass(frozen=True, eq=False)
class _Frame:
    """What all draws share: the pool's rows by cell, each cell's summary, and what a draw is compared with."""

    rows: _Rows
    places: list[Ints]                      # rows of the pool in each cell
    whole: list[tuple[Floats, Floats]]      # each cell's curve and mean wave
    gaps: Floats                            # (SLICES, KNOTS) width between knots
    rest: bool                              # compare with the rows not drawn (mode B), else with all of the cell


def columns_given_cell(
    submitted: Sample, reference: Sample, mode: Mode, permutations: int, rng: np.random.Generator,
    progress: Progress, cancelled: Cancelled,
) -> ColumnsResult | None:
    """Return how far the columns lie from the reference's within cells, with p-values; None without one to compare.

    Parameters
    ----------
    submitted, reference
        Rows with columns; in mode A the reference holds the submitted rows, in mode B it does not.
    mode
        ``A``: a draw takes rows of the reference; ``B``: of both together, against the rest.
    permutations
        Draws; each takes as many rows of each cell as the sample has.
    """
    pairs = [pair for pair in aligned(reference.features, submitted.features) if len(pair[0].levels) <= MOST_LEVELS]
    points = _points(pairs, mode) if pairs else (np.zeros((0, 0)),) * 2
    if not points[0].shape[1]:
        return None
    frame, own, mine = _framed(submitted, reference, *_seen(*points, rng), mode)
    sizes = [min(len(m), len(place)) for m, place in zip(mine, frame.places, strict=True)]
    found = [_distance(frame, own, mine)]
    for draw in range(permutations):
        if cancelled():
            raise stopped("drawing permutations")
        if draw % 20 == 0:
            progress(draw / permutations, f"permutation {draw + 1:,} of {permutations:,}")
        chosen = [rng.choice(p, k, replace=False, shuffle=False) for p, k in zip(frame.places, sizes, strict=True)]
        found.append(_distance(frame, frame.rows, chosen))
    sliced, discrepancy = (np.round(np.array(column), 12) for column in zip(*found, strict=True))
    first, second = p_values(sliced), p_values(discrepancy)
    return ColumnsResult(float(sliced[0]), float(discrepancy[0]), float(first[0]), float(second[0]),
                         p_values(-np.minimum(first, second)), len(pairs))


def _framed(
    submitted: Sample, reference: Sample, pool: _Rows, own: _Rows, gaps: Floats, mode: Mode
) -> tuple[_Frame, _Rows, list[Ints]]:
    """Return what draws share, the submitted rows, and which of them lie in each cell that both samples have."""
    pool_cell = 2 * reference.group.astype(np.int64) + reference.decision
    own_cell = 2 * submitted.group.astype(np.int64) + submitted.decision
    if mode == "B":
        pool = _Rows(np.concatenate([pool.bins, own.bins]), np.concatenate([pool.waves, own.waves]))
        pool_cell = np.append(pool_cell, own_cell)
    cells = [c for c in range(2 * len(reference.groups)) if (pool_cell == c).any() and (own_cell == c).any()]
    places = [np.flatnonzero(pool_cell == c) for c in cells]
    whole = [_summary(pool, place) for place in places]
    return _Frame(pool, places, whole, gaps, mode == "B"), own, [np.flatnonzero(own_cell == c) for c in cells]


def _points(pairs: list[tuple[Feature, Feature]], mode: Mode) -> tuple[Floats, Floats]:
    """Return both samples' rows in space, in units of the reference; of both together where they are exchangeable."""
    ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    both = [Feature(a.name, np.concatenate([a.values, b.values]), a.levels) for a, b in pairs]
    units = scales(both if mode == "B" else ours)
    return matrix(ours, units), matrix(theirs, units)


def _seen(pool: Floats, own: Floats, rng: np.random.Generator) -> tuple[_Rows, _Rows, Floats]:
    """Return both samples' bins and waves, and the widths between knots."""
    ways = rng.normal(size=(pool.shape[1], SLICES))
    ways /= np.linalg.norm(ways, axis=0)
    along, own_along = pool @ ways, own @ ways
    levels = (np.arange(KNOTS) + 0.5) / KNOTS
    knots = np.quantile(along, levels, axis=0).T    # (SLICES, KNOTS)
    gaps = np.diff(knots, axis=1, append=knots[:, -1:])
    pairs = int(np.clip(FLOATS // (2 * (len(pool) + len(own))), 8, WAVES))
    frequencies = rng.normal(size=(pool.shape[1], pairs)) / _width(pool, rng)

    def rows(points: Floats, projected: Floats) -> _Rows:
        bins = np.stack([np.searchsorted(knots[k], projected[:, k], side="left") for k in range(SLICES)], axis=1)
        angle = (points @ frequencies).astype(np.float32)
        return _Rows(bins, np.concatenate([np.cos(angle), np.sin(angle)], axis=1) / pairs**0.5)

    return rows(pool, along), rows(own, own_along), gaps


def _width(pool: Floats, rng: np.random.Generator) -> float:
    """Return the median distance of two rows: the kernel's width."""
    some = pool[rng.choice(len(pool), min(400, len(pool)), replace=False)]
    square = (some**2).sum(axis=1)
    apart = np.clip(square[:, None] + square - 2 * some @ some.T, 0, None)
    return float(np.sqrt(np.median(apart))) or 1.0


def _distance(frame: _Frame, rows: _Rows, chosen: list[Ints]) -> tuple[float, float]:
    """Return both statistics of the rows chosen in each cell, weighted by the cells' shares of the sample."""
    total = max(sum(map(len, chosen)), 1)
    sliced = discrepancy = 0.0
    for place, (base, centre), mine in zip(frame.places, frame.whole, chosen, strict=True):
        curve, mean = _summary(rows, mine)
        other = len(place) - len(mine) if frame.rest else 0
        if frame.rest and not other:
            continue
        scale = len(place) / other if other else 1.0   # from the distance to all of a cell to that to the others
        sliced += len(mine) / total * scale * float((np.abs(curve - base) * frame.gaps).sum()) / SLICES
        discrepancy += len(mine) / total * scale**2 * float(((mean - centre) ** 2).sum())
    return sliced, discrepancy


def _summary(rows: _Rows, chosen: Ints) -> tuple[Floats, Floats]:
    """Return the share of rows below each knot, (SLICES, KNOTS), and the mean wave, (D,)."""
    span = KNOTS + 1
    flat = rows.bins[chosen] + np.arange(SLICES) * span
    counts = np.bincount(flat.ravel(), minlength=SLICES * span).reshape(SLICES, span)
    curve = counts.cumsum(axis=1)[:, :KNOTS] / len(chosen)
    return curve, rows.waves[chosen].mean(axis=0, dtype=np.float64)
