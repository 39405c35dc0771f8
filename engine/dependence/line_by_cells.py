"""The joint measure of one continuous attribute and a few cells, exactly: one merge that counts per cell, O(n K log n).

P_ij = (a_i + a_j - |s_i - s_j| + g) Q[c_i, c_j]: the first factor is U_k + c of the continuous attribute, Q the product
of the other attributes' tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.dependence.cells import pull_of_cells
from engine.dependence.coupling import centred_pull, constant_of
from engine.dependence.line import Line, distance_sums, padded, running
from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.types import Floats, Ints


@dataclass(frozen=True, eq=False)
class LineByCellsCoupling:
    """W of the joint measure; see `engine.dependence.coupling`."""

    sampling: Sampling
    values: Floats       # (n,) of the continuous attribute, around their mean, in its unit
    codes: Ints          # (n,) cells of the other attributes
    table: Floats        # (K, K) Q
    c: float
    attributes: int      # how many, the continuous one included

    @property
    def constant(self) -> float:
        """The y-free part of the joint measure."""
        return constant_of(self.sampling, self._total, self.c, self.attributes)

    @cached_property
    def _line(self) -> Line:
        return Line.of(self.values)

    @cached_property
    def _own(self) -> tuple[Floats, float]:
        """The a_i and g of the continuous attribute's factor."""
        sums = distance_sums(self.values, self._line.exceeding(self.sampling.mass), self.sampling)
        total = float(self.sampling.weighed(sums).sum())
        return sums / self.sampling.row, self.c - total / self.sampling.total

    @cached_property
    def _exceeding(self) -> Floats:
        return self._over_cells(self.table, np.ones(len(self.codes)))

    @cached_property
    def _row_sums(self) -> Floats:
        a, g = self._own
        found = (a + g) * self._spread(self.table, np.ones(len(a))) + self._spread(self.table, a)
        found -= self._absolute(self.table, np.ones(len(a)))
        if self.sampling.bias_corrected:
            found -= (2 * a + g) * np.diag(self.table)[self.codes]
        return found

    @cached_property
    def _total(self) -> float:
        return float(self.sampling.weighed(self._row_sums).sum())

    def pull(self, ranking: Ranking) -> Floats:
        """Return the pull of W, (n,)."""
        (a, g), s, mass = self._own, self.values, self.sampling.mass
        even = pull_of_cells(self.table, self.codes, mass, ranking)
        tilted = pull_of_cells(self.table, self.codes, self.sampling.weighed(a - s), ranking)
        above = 2 * self._exceeding_before(ranking) - self._exceeding
        pulled = (a + g + s) * even + tilted - 2 * above
        return centred_pull(self.sampling, ranking, pulled, self._row_sums, self._total)

    def square(self) -> float:
        """Return the sum of W², pairs of a row with itself as the sampling says."""
        (a, g), s, sampling = self._own, self.values, self.sampling
        squares, one = self.table**2, np.ones(len(self.codes))
        tilt = a + g
        # The square of tilt_i + a_j - |s_i - s_j|, summed over j with weights Q².
        found = tilt**2 * self._spread(squares, one) + 2 * tilt * self._spread(squares, a)
        found += self._spread(squares, a**2)
        found -= 2 * tilt * self._absolute(squares, one) + 2 * self._absolute(squares, a)
        found += s**2 * self._spread(squares, one) - 2 * s * self._spread(squares, s) + self._spread(squares, s**2)
        if sampling.bias_corrected:
            found -= (2 * a + g) ** 2 * np.diag(squares)[self.codes]
        rows = self._row_sums
        norm = sampling.weighed(found).sum() - 2 / sampling.row * sampling.weighed(rows**2).sum()
        return max(sampling.scale * float(norm + self._total**2 / sampling.total), 0.0)

    def _spread(self, table: Floats, values: Floats) -> Floats:
        """Return ``sum_j m_j table[c_i, c_j] values_j``, (n,)."""
        per_cell = np.bincount(self.codes, self.sampling.weighed(values), minlength=len(table))
        return (table @ per_cell)[self.codes]

    def _absolute(self, table: Floats, values: Floats) -> Floats:
        """Return ``sum_j m_j table[c_i, c_j] values_j |s_i - s_j|``, (n,)."""
        s = self.values
        difference = s * self._spread(table, values) - self._spread(table, values * s)
        return 2 * self._over_cells(table, values) - difference

    def _over_cells(self, table: Floats, values: Floats) -> Floats:
        """Return ``sum_j m_j table[c_i, c_j] values_j (s_i - s_j)`` over the rows below on the line, (n,)."""
        line, codes = self._line, self.codes[self._line.rows]
        weight = self.sampling.weighed(values)[line.rows]
        found = np.zeros(len(codes))
        for k in range(len(table)):
            some = weight * (codes == k)
            found += table[k].take(codes) * (line.values * np.cumsum(some) - np.cumsum(some * line.values))
        return line.by_row(found)

    def _exceeding_before(self, ranking: Ranking) -> Floats:
        if ranking.first is None:
            return self._before(ranking)
        return (self._before(ranking) + self._before(ranking.reversed_ties())) / 2

    def _before(self, ranking: Ranking) -> Floats:
        line = self._line
        mass = np.ones(len(line.rows)) if self.sampling.mass is None else self.sampling.mass[line.rows]
        found = np.zeros(padded(len(line.rows)))
        for lefts, rights, before, base in line.halvings(ranking, [line.values, mass, self.codes[line.rows]]):
            (_, s, weight, cells), (places, above, _, asking) = lefts, rights
            gained = np.zeros(len(places))
            for k in range(len(self.table)):
                some = weight * (cells == k)
                heap, run = running(some), running(some * s)
                exceeding = above * (heap[before] - heap[base]) - (run[before] - run[base])
                gained += self.table[k].take(asking) * exceeding
            found[places] += gained
        return ranking.by_row(found[: len(line.rows)])
