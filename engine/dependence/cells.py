"""Rows in cells: the exact route for attributes with few combinations. A table K x K and one pass over sorted rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine import backend
from engine.dependence.attributes import Cells, Members, ProtectedColumn, distances
from engine.dependence.coupling import constant_of
from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.types import Floats, Ints

CHUNK = 1 << 20   # table entries looked up at once


@dataclass(frozen=True, eq=False)
class CellCoupling:
    """W as a table over cells; see `engine.dependence.coupling`."""

    sampling: Sampling
    codes: Ints          # (n,) in [0, K)
    table: Floats        # (K, K)
    constant: float = 0.0

    def pull(self, ranking: Ranking) -> Floats:
        """Return the pull of W, (n,); O(n (K + B) + n K² / B) for blocks of B rows."""
        return pull_of_cells(self.table, self.codes, self.sampling.mass, ranking)

    def square(self) -> float:
        """Return the distance variance of the attributes."""
        mass = self.sampling.by_cell(self.codes, len(self.table))
        found = mass @ self.table**2 @ mass
        if self.sampling.bias_corrected:
            found -= mass @ np.diag(self.table) ** 2
        return float(self.sampling.scale * found)


def concatenated(sampling: Sampling, cells: Cells, protected: Sequence[ProtectedColumn]) -> CellCoupling:
    """Return the coupling of all attributes as one point: distance covariance, CCdCov for several attributes."""
    squared = sum((distances(column.kind, member, member) for column, member in _members(cells, protected)),
                  np.zeros((len(cells), len(cells))))
    table = np.negative(np.sqrt(squared, out=squared), out=squared)
    mass = sampling.by_cell(cells.codes, len(cells))
    _centre(sampling, table, mass)
    return CellCoupling(sampling, cells.codes, np.negative(table, out=table))


def joint(
    sampling: Sampling, cells: Cells, protected: Sequence[ProtectedColumn], c: float, units: Sequence[float]
) -> CellCoupling:
    """Return the coupling of the joint measure: the product of each attribute's U + c.

    `units` divides the distances of each attribute: its distance standard deviation, or 1.
    """
    mass = sampling.by_cell(cells.codes, len(cells))
    table = product_of_attributes(sampling, cells, protected, c, units)
    total = _centre(sampling, table, mass)
    return CellCoupling(sampling, cells.codes, np.negative(table, out=table),
                        constant_of(sampling, total, c, len(protected)))


def product_of_attributes(
    sampling: Sampling, cells: Cells, protected: Sequence[ProtectedColumn], c: float, units: Sequence[float]
) -> Floats:
    """Return the product over attributes of U + c, (K, K), before any centring; 1 for no attribute."""
    mass = sampling.by_cell(cells.codes, len(cells))
    table = np.ones((len(cells), len(cells)))
    for (column, member), unit in zip(_members(cells, protected), units, strict=True):
        apart = np.sqrt(distances(column.kind, member, member)) / unit
        rows = apart @ mass
        apart = np.negative(apart, out=apart)
        apart += rows[:, None] / sampling.row
        apart += rows[None, :] / sampling.row
        apart += c - float(rows @ mass) / sampling.total
        table *= apart
    return table


def _members(cells: Cells, protected: Sequence[ProtectedColumn]) -> list[tuple[ProtectedColumn, Members]]:
    return list(zip(protected, cells.members, strict=True))


def _centre(sampling: Sampling, table: Floats, mass: Floats) -> float:
    """Centre a table (K, K) in place and return the total of P, pairs of a row with itself as the sampling says."""
    rows = table @ mass
    if sampling.bias_corrected:
        rows -= np.diag(table)
    total = float(rows @ mass)
    table -= rows[:, None] / sampling.row
    table -= rows[None, :] / sampling.row
    table += total / sampling.total
    if len(table) == 1:
        table[:] = 0   # nothing varies; rounding must not be divided by itself when it is normalised
    return total


def pull_of_cells(table: Floats, codes: Ints, mass: Floats | None, ranking: Ranking) -> Floats:
    """Return ``sum_j m_j table[c_i, c_j] sign(y_i - y_j)``, (n,).

    Sorted rows are cut into blocks. What lies in earlier blocks is counted per cell and multiplied by the table at
    once; within a block every row looks its neighbours up. Exact, no Python loop over cells or rows.
    """
    n, count = len(codes), len(table)
    device = backend.chosen("sweep", n)
    if device is not backend.NUMPY:
        return device.sweep(ranking.places(), codes, table, mass)
    if ranking.tie is not None and (ranking.tie[-1] + 1) * count <= 8 * n:
        return ranking.by_row(_pull_of_values(table, codes[ranking.order], mass, ranking.tie, ranking.order))
    block = int(np.clip(3 * np.sqrt(count), 8, 256))
    ordered = np.zeros((n // block + 1) * block, dtype=np.int64)
    ordered[:n] = codes[ranking.order]
    weight = np.zeros(len(ordered))
    weight[:n] = 1.0 if mass is None else mass[ranking.order]
    where = np.arange(len(ordered)) // block * count + ordered
    per_block = np.bincount(where, weight, minlength=len(ordered) // block * count).reshape(-1, count)
    everybody = (table @ per_block.sum(axis=0))[ordered[:n]]
    before: Floats = np.zeros(per_block.shape)
    np.cumsum(per_block[:-1], axis=0, out=before[1:])
    del per_block, where   # n K / B numbers each: two of them at a time are enough
    before = before @ table
    sums = _Prefixes(np.ascontiguousarray(table).ravel(), before, ordered.reshape(-1, block), weight.reshape(-1, block))
    if ranking.first is None or ranking.last is None:
        below = sums.up_to_themselves().ravel()[:n]
        return ranking.by_row(2 * below + weight[:n] * np.diag(table)[ordered[:n]] - everybody)
    return ranking.by_row(sums.up_to(ordered[:n], ranking.first) + sums.up_to(ordered[:n], ranking.last) - everybody)


def _pull_of_values(table: Floats, codes: Ints, mass: Floats | None, tie: Ints, order: Ints) -> Floats:
    """Return the same by place, where predictions take few distinct values: counts by value and cell say all."""
    values = int(tie[-1]) + 1
    where = tie * len(table) + codes
    found = np.bincount(where, None if mass is None else mass[order], minlength=values * len(table))
    counts = found.reshape(values, len(table)).astype(np.float64, copy=False)
    del found
    below = np.cumsum(counts, axis=0)
    total = below[-1].copy()
    below *= 2
    below -= counts
    below -= total
    del counts   # 8 n numbers each at the most: two of them at a time are enough
    pulled: Floats = (below @ table).ravel()[where]
    return pulled


@dataclass(frozen=True, eq=False)
class _Prefixes:
    """Sums of table entries over the rows before a place, for rows sorted and cut into blocks."""

    flat: Floats         # (K * K,) the table
    before: Floats       # (blocks, K) sums over earlier blocks, per cell that asks
    codes: Ints          # (blocks, B)
    weight: Floats       # (blocks, B) 0 in the padding

    def up_to_themselves(self) -> Floats:
        """Return the sums over the rows before each row, (blocks, B)."""
        count, block = self.before.shape[1], self.codes.shape[1]
        earlier = np.tri(block, k=-1)
        sums = np.take_along_axis(self.before, self.codes, axis=1)
        step = max(1, CHUNK // block**2)
        for start in range(0, len(self.codes), step):
            some = slice(start, start + step)
            codes = self.codes[some]
            entries = self.flat.take(codes[:, :, None] * count + codes[:, None, :])
            entries *= self.weight[some, None, :]
            sums[some] += np.einsum("bij,ij->bi", entries, earlier)
        return sums

    def up_to(self, codes: Ints, places: Ints) -> Floats:
        """Return the sums over the rows before given places, as cells `codes` see them, (n,)."""
        count, block = self.before.shape[1], self.codes.shape[1]
        which, inside = places // block, places % block
        sums: Floats = self.before[which, codes]
        step = max(1, CHUNK // block)
        for start in range(0, len(codes), step):
            some = slice(start, start + step)
            entries = self.flat.take(codes[some, None] * count + self.codes[which[some]])
            entries *= self.weight[which[some]]
            entries *= np.arange(block) < inside[some, None]
            sums[some] += entries.sum(axis=1)
        return sums
