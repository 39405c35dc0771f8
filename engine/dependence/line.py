"""One continuous attribute, exactly: sums of distances |s_i - s_j| over smaller less larger predictions, O(n log n)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.dependence.coupling import centred_pull
from engine.dependence.normalised import distance_variance
from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.types import Floats, Ints

Halves = tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...], Ints, Ints]


@dataclass(frozen=True, eq=False)
class Line:
    """Rows in the order of a continuous attribute, found once; each step only merges them with the predictions."""

    rows: Ints           # (n,) the row at each place along the attribute
    values: Floats       # (n,) ascending, around their mean

    @staticmethod
    def of(values: Floats) -> Line:
        """Return the line of values (n,)."""
        rows = np.argsort(values)
        return Line(rows, values[rows] - values.mean())

    def by_row(self, along: Floats) -> Floats:
        """Return values along the line as values of rows."""
        out = np.empty(len(self.rows))
        out[self.rows] = along
        return out

    def exceeding(self, mass: Floats | None) -> Floats:
        """Return ``sum_j m_j (s_i - s_j)`` over the rows below on the line, (n,) by row."""
        along = np.ones(len(self.rows)) if mass is None else mass[self.rows]
        return self.by_row(self.values * np.cumsum(along) - np.cumsum(along * self.values))

    def exceeding_before(self, mass: Floats | None, ranking: Ranking) -> Floats:
        """Return the same over rows that also have a smaller prediction; an equal one counts one half."""
        if ranking.first is None:
            return self._before(mass, ranking)
        return (self._before(mass, ranking) + self._before(mass, ranking.reversed_ties())) / 2

    def _before(self, mass: Floats | None, ranking: Ranking) -> Floats:
        carried = [self.values] if mass is None else [self.values, mass[self.rows]]
        found = np.zeros(padded(len(self.rows)))
        for lefts, rights, before, base in self.halvings(ranking, carried):
            heap: Floats | Ints = before - base
            run = running(lefts[1])
            if mass is not None:
                weight = running(lefts[2])
                heap, run = weight[before] - weight[base], running(lefts[1] * lefts[2])
            found[rights[0]] += rights[1] * heap - (run[before] - run[base])
        return ranking.by_row(found[: len(self.rows)])

    def halvings(self, ranking: Ranking, carried: list[np.ndarray]) -> Iterator[Halves]:
        """Yield, level by level, the halves of a merge sort by prediction, each in the order of the line.

        Every pair of rows meets in exactly one level, the smaller prediction on the left. Yielded: the left halves' and
        the right halves' (place among predictions, then `carried`), how many lefts stand before each right, and how
        many before its node. Padding to a power of two comes last in both orders.
        """
        n, size = len(self.rows), padded(len(self.rows))
        places = np.empty(n, dtype=np.int64)
        places[ranking.order] = np.arange(n)
        state = [np.concatenate([places[self.rows], np.arange(n, size)])]
        state += [np.concatenate([each, np.zeros(size - n, dtype=each.dtype)]) for each in carried]
        half, counter = size // 2, np.arange(size // 2)
        while half:
            is_right = (state[0] & half) != 0
            left, right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
            lefts, rights = tuple(a[left] for a in state), tuple(a[right] for a in state)
            yield lefts, rights, right - counter, counter // half * half
            state = [np.stack([a.reshape(-1, half), b.reshape(-1, half)], axis=1).ravel()
                     for a, b in zip(lefts, rights, strict=True)]
            half //= 2


def padded(n: int) -> int:
    """Return the smallest power of two that is n or more."""
    return 1 << max(n - 1, 0).bit_length()


def running(values: Floats) -> Floats:
    """Return running sums that begin with 0, (n + 1,)."""
    run = np.zeros(len(values) + 1)
    np.cumsum(values, out=run[1:])
    return run


@dataclass(frozen=True, eq=False)
class LineCoupling:
    """Distance covariance with one continuous attribute; see `engine.dependence.coupling`."""

    sampling: Sampling
    values: Floats       # (n,) of the attribute
    constant: float = 0.0

    @cached_property
    def _line(self) -> Line:
        return Line.of(self.values)

    @cached_property
    def _exceeding(self) -> Floats:
        return self._line.exceeding(self.sampling.mass)

    @cached_property
    def _distances(self) -> Floats:
        return distance_sums(self.values, self._exceeding, self.sampling)

    def pull(self, ranking: Ranking) -> Floats:
        """Return the pull of W, (n,)."""
        mass, s = self.sampling.mass, self.values - self.values.mean()
        # |x| is twice its positive part, less x: the parts that exceed come from the merge, the rest in closed form.
        above = 2 * self._line.exceeding_before(mass, ranking) - self._exceeding
        plain = s * ranking.mass_below_less_above(mass) - ranking.signed(self.sampling.weighed(s))
        sums = self._distances
        return centred_pull(self.sampling, ranking, plain - 2 * above, -sums, -float(self.sampling.weighed(sums).sum()))

    def square(self) -> float:
        """Return the distance variance of the attribute."""
        return distance_variance(self.values, Ranking.of(self.values), self.sampling)[0]


def distance_sums(values: Floats, exceeding: Floats, sampling: Sampling) -> Floats:
    """Return ``sum_j m_j |s_i - s_j|`` from its half over smaller values, (n,)."""
    s = values - values.mean()
    sums: Floats = 2 * exceeding - (s * sampling.sum - float(sampling.weighed(s).sum()))
    return sums
