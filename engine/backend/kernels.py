"""The few kernels that a device may run, and NumPy's own, which every other one is compared with."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

from engine.types import Floats, Ints

Kernel = Literal["bincount", "tails", "poisson", "multinomial", "sweep"]


class Backend(Protocol):
    """Kernels on one device; NumPy arrays go in and come out.

    Counts are whole numbers and equal NumPy's exactly. Draws come from the device's own generator, seeded by the one
    passed in: the same seed gives the same draws on the same backend. Sums of weights never come here, because a sum
    of fractions depends on the order in which a device adds.
    """

    name: str
    device: str

    def bincount(self, cells: Ints, length: int) -> Ints:
        """Return how many rows each cell has, (length,), from each row's cell in 0 .. length - 1."""
        ...

    def tails(self, counts: Ints) -> Ints:
        """Return reverse running sums of (G, B, S) along the bins, (G, B + 1, S); the last bin's tail is 0."""
        ...

    def poisson(self, expected: Floats, replicates: int, rng: np.random.Generator) -> Floats:
        """Return (replicates, *shape) independent Poisson draws of the expected counts."""
        ...

    def multinomial(self, size: int, shares: Floats, replicates: int, rng: np.random.Generator) -> Ints:
        """Return (replicates, K) counts of `size` rows dealt into K cells by their shares, which add up to 1."""
        ...

    def sweep(self, values: Floats, cells: Ints, table: Floats, mass: Floats | None = None) -> Floats:
        """Return for each row i the sum over rows j of ``m_j table[c_i, c_j] sign(v_i - v_j)``; ties add nothing.

        `values`, `cells` and `mass` are (n,), a mass of None is 1 for every row; `table` is (K, K). O(n log n + n K)
        time, O(n) memory. It is the derivative of every distance-covariance penalty that depends on K cells, up to a
        factor.
        """
        ...


class NumpyBackend:
    """The reference: always there, always exact."""

    name = "numpy"
    device = "CPU"

    def bincount(self, cells: Ints, length: int) -> Ints:
        """Return the rows of each cell."""
        return np.bincount(cells, minlength=length)

    def tails(self, counts: Ints) -> Ints:
        """Return reverse running sums along the bins."""
        upward = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
        return np.concatenate([upward, np.zeros((len(counts), 1, counts.shape[2]), dtype=counts.dtype)], axis=1)

    def poisson(self, expected: Floats, replicates: int, rng: np.random.Generator) -> Floats:
        """Return Poisson draws."""
        return rng.poisson(expected, (replicates, *expected.shape)).astype(np.float64)

    def multinomial(self, size: int, shares: Floats, replicates: int, rng: np.random.Generator) -> Ints:
        """Return multinomial draws."""
        return rng.multinomial(size, shares, replicates)

    def sweep(self, values: Floats, cells: Ints, table: Floats, mass: Floats | None = None) -> Floats:
        """Return the signed sum over all pairs."""
        order = np.argsort(values, kind="stable")
        ordered, codes = values[order], cells[order]
        new = np.append(True, ordered[1:] != ordered[:-1]) if len(ordered) else np.zeros(0, dtype=bool)
        first = np.flatnonzero(new)
        tie, last = np.cumsum(new) - 1, np.append(first[1:], len(ordered))
        total = np.zeros(len(ordered))
        for k in range(len(table)):
            inside = codes == k if mass is None else np.where(codes == k, mass[order], 0.0)
            below = np.append(0, np.cumsum(inside))
            total += table[codes, k] * (below[first] + below[last] - below[-1])[tie]   # rows under minus rows over
        out = np.empty(len(ordered))
        out[order] = total
        return out
