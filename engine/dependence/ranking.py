"""Predictions in order, once per step: sums over everybody with a smaller, minus everybody with a larger one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.types import Floats, Ints


@dataclass(frozen=True, eq=False)
class Ranking:
    """The order of n predictions and its ties. Places count from the smallest; equal predictions share theirs."""

    order: Ints                  # (n,) the row at each place
    first: Ints | None = None    # (n,) by place: places strictly below; None without ties
    last: Ints | None = None     # (n,) by place: places below or equal
    tie: Ints | None = None      # (n,) by place: which of the distinct predictions

    @staticmethod
    def of(prediction: Floats) -> Ranking:
        """Return the ranking of predictions (n,); O(n log n)."""
        order = np.argsort(prediction)
        ordered = prediction[order]
        rises = ordered[1:] != ordered[:-1]
        if rises.all():
            return Ranking(order)
        starts = np.flatnonzero(np.append(True, rises))
        ends = np.append(starts[1:], len(order))
        sizes = ends - starts
        ties = np.arange(len(sizes))
        return Ranking(order, np.repeat(starts, sizes), np.repeat(ends, sizes), np.repeat(ties, sizes))

    def permuted(self, rng: np.random.Generator) -> Ranking:
        """Return the ranking of the same predictions, dealt out to the rows anew."""
        return replace(self, order=rng.permutation(len(self.order)))

    def by_row(self, by_place: Floats) -> Floats:
        """Return values (n,) of places as values of rows."""
        out = np.empty(len(self.order))
        out[self.order] = by_place
        return out

    def places(self) -> Floats:
        """Return the place of each row, (n,); equal predictions share theirs."""
        return self.by_row(np.arange(len(self.order), dtype=np.float64) if self.first is None else
                           self.first.astype(np.float64))

    def signed(self, values: Floats) -> Floats:
        """Return ``sum_j values_j sign(y_i - y_j)`` of every row, (n,); equal predictions count 0."""
        run = np.zeros(len(values) + 1)
        np.cumsum(values[self.order], out=run[1:])
        if self.first is None or self.last is None:
            return self.by_row(run[:-1] + run[1:] - run[-1])
        return self.by_row(run[self.first] + run[self.last] - run[-1])

    def mass_below_less_above(self, mass: Floats | None) -> Floats:
        """Return the mass of rows with a smaller prediction, less that with a larger one, (n,)."""
        if mass is not None:
            return self.signed(mass)
        n = len(self.order)
        if self.first is None or self.last is None:
            return self.by_row(np.arange(1.0 - n, n, 2.0))
        return self.by_row((self.first + self.last - n).astype(np.float64))

    def reversed_ties(self) -> Ranking:
        """Return the same order with the rows of each tie the other way round."""
        if self.first is None or self.last is None:
            return self
        mirrored = self.first + self.last - 1 - np.arange(len(self.order))
        return replace(self, order=self.order[mirrored])
