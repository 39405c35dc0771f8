"""How alike two people are in their protected attributes, as positive semi-definite kernels over points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.dependence.attributes import Members, ProtectedColumn
from engine.dependence.sampling import Sampling
from engine.types import Floats, Ints

Points = list[Floats]   # per attribute (m, p): one-hot, 0/1 or the value


def points(protected: Sequence[ProtectedColumn], rows: Ints | slice) -> Points:
    """Return the coordinates of some rows, one array per attribute."""
    return [_coordinates(column, column.raw[rows]) for column in protected]


def _coordinates(column: ProtectedColumn, members: Members) -> Floats:
    if column.kind == "nominal":
        return np.asarray(members[:, None] == np.arange(_levels(column)), dtype=np.float64)
    return np.asarray(members, dtype=np.float64)[:, None]


def _levels(column: ProtectedColumn) -> int:
    return max(len(column.levels), int(column.raw.max(initial=0)) + 1)


@dataclass(frozen=True, eq=False)
class OnePoint:
    """All attributes as one point: ``|z - o| + |z' - o| - |z - z'|``, o the mean point. Centred, it is minus distance.

    Source: Sejdinovic et al. 2013, Ann. Statist. 41, 2263-2291.
    """

    origin: tuple[Floats, ...]

    @staticmethod
    def of(protected: Sequence[ProtectedColumn], sampling: Sampling) -> OnePoint:
        """Return the kernel around the mean of the rows."""
        return OnePoint(tuple(_mean(column, sampling) for column in protected))

    def between(self, a: Points, b: Points) -> Floats:
        """Return the kernel of points `a` with points `b`, (len a, len b)."""
        from scipy.spatial.distance import cdist

        flat, other, origin = np.hstack(a), np.hstack(b), np.hstack(self.origin)[None]
        alike: Floats = cdist(flat, origin) + cdist(origin, other) - cdist(flat, other)
        return alike


def _mean(column: ProtectedColumn, sampling: Sampling) -> Floats:
    if column.kind == "nominal":
        return sampling.by_cell(column.raw, _levels(column)) / sampling.sum
    return np.array([sampling.weighed(column.numbers).sum() / sampling.sum])


@dataclass(frozen=True, eq=False)
class Product:
    """The product over attributes of U_k + c, U_k the centred distance of attribute k in its unit; c of 0 or more."""

    c: float
    parts: tuple[Centred, ...]

    @staticmethod
    def of(protected: Sequence[ProtectedColumn], sampling: Sampling, c: float, units: Sequence[float]) -> Product:
        """Return the kernel, centred on the rows."""
        return Product(c, tuple(Centred.of(column, sampling, unit)
                                for column, unit in zip(protected, units, strict=True)))

    def between(self, a: Points, b: Points) -> Floats:
        """Return the kernel of points `a` with points `b`, (len a, len b)."""
        product = np.ones((len(a[0]), len(b[0])))
        for part, left, right in zip(self.parts, a, b, strict=True):
            product *= part.between(left, right) + self.c
        return product


@dataclass(frozen=True, eq=False)
class Centred:
    """One attribute: ``E|x - X| + E|x' - X| - |x - x'| - E|X - X'|``, over its unit; means as the sampling divides."""

    support: Floats      # (L, p) points that the rows take, ascending where there is one coordinate
    share: Floats        # (L,) of the rows, over the divisor of row sums
    unit: float
    spread: float        # E|X - X'|

    @staticmethod
    def of(column: ProtectedColumn, sampling: Sampling, unit: float) -> Centred:
        """Return the centred distance of a column of the rows."""
        members, codes = np.unique(column.raw, return_inverse=True)
        support, mass = _coordinates(column, members), sampling.by_cell(codes, len(members))
        found = Centred(support, mass / sampling.row, unit, 0.0)
        spread = float(mass @ found.mean_distance(support)) * sampling.row / sampling.total
        return Centred(support, found.share, unit, spread)

    def mean_distance(self, at: Floats) -> Floats:
        """Return the mean distance of points (m, p) from the rows, (m,)."""
        if self.support.shape[1] > 1:
            from scipy.spatial.distance import cdist

            mean: Floats = cdist(at, self.support) @ self.share
            return mean
        s, x = self.support[:, 0], at[:, 0]
        below, moment = _running(self.share), _running(self.share * s)
        place = np.searchsorted(s, x)
        far: Floats = x * (2 * below[place] - below[-1]) + moment[-1] - 2 * moment[place]
        return far

    def between(self, a: Floats, b: Floats) -> Floats:
        """Return the centred distance of points `a` with points `b`, (len a, len b)."""
        from scipy.spatial.distance import cdist

        alike: Floats = self.mean_distance(a)[:, None] + self.mean_distance(b) - cdist(a, b) - self.spread
        return alike / self.unit


def _running(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])
