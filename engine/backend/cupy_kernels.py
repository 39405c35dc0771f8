"""The kernels in CuPy, on an NVIDIA card."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.types import Floats, Ints

CupyArray = Any   # CuPy is not a requirement


class CupyBackend:
    """CuPy on one card; see `engine.backend.kernels.Backend`."""

    name = "cupy"

    def __init__(self, device: str) -> None:
        self.device = device

    @staticmethod
    def on_card() -> CupyBackend | None:
        """Return the backend on the first card; None where no card answers."""
        import cupy

        try:
            return CupyBackend("cuda:0") if cupy.cuda.runtime.getDeviceCount() else None
        except cupy.cuda.runtime.CUDARuntimeError:   # no driver
            return None

    def bincount(self, cells: Ints, length: int) -> Ints:
        """Return the rows of each cell."""
        import cupy

        return _whole(cupy.bincount(cupy.asarray(cells), minlength=length))

    def tails(self, counts: Ints) -> Ints:
        """Return reverse running sums along the bins."""
        import cupy

        upward = cupy.cumsum(cupy.asarray(counts)[:, ::-1], axis=1)[:, ::-1]
        return _whole(cupy.pad(upward, ((0, 0), (0, 1), (0, 0))))

    def poisson(self, expected: Floats, replicates: int, rng: np.random.Generator) -> Floats:
        """Return Poisson draws."""
        import cupy

        drawn = _generator(rng).poisson(cupy.asarray(expected), (replicates, *expected.shape))
        return _real(drawn.astype(cupy.float64))

    def multinomial(self, size: int, shares: Floats, replicates: int, rng: np.random.Generator) -> Ints:
        """Return multinomial draws: the rows are split in two halves of the cells, and each half again."""
        import cupy

        generator, depth = _generator(rng), max(len(shares) - 1, 0).bit_length()
        leaves = cupy.asarray(np.pad(shares, (0, 2**depth - len(shares))))
        counts = cupy.full((replicates, 1), size, dtype=cupy.int64)
        for level in range(depth):
            halves = leaves.reshape(2 ** (level + 1), -1).sum(axis=1).reshape(-1, 2)
            left = halves[:, 0] / cupy.maximum(halves.sum(axis=1), np.finfo(np.float64).tiny)
            drawn = generator.binomial(counts, cupy.broadcast_to(cupy.clip(left, 0, 1), counts.shape))
            counts = cupy.stack([drawn, counts - drawn], axis=2).reshape(replicates, -1)
        return _whole(counts[:, : len(shares)].astype(cupy.int64))

    def sweep(self, values: Floats, cells: Ints, table: Floats, mass: Floats | None = None) -> Floats:
        """Return the signed sum over all pairs."""
        import cupy

        there = cupy.asarray(values)
        order = cupy.argsort(there)
        ordered, codes, weights = there[order], cupy.asarray(cells)[order], cupy.asarray(table)
        first, last = (cupy.searchsorted(ordered, ordered, side=side) for side in ("left", "right"))
        weight, total = None if mass is None else cupy.asarray(mass)[order], cupy.zeros(len(values))
        for k in range(len(table)):
            inside = codes == k if mass is None else cupy.where(codes == k, weight, 0.0)
            below = cupy.pad(cupy.cumsum(inside), (1, 0))
            total += weights[codes, k] * (below[first] + below[last] - below[-1])
        out = cupy.empty_like(total)
        out[order] = total
        return _real(out)


def _generator(rng: np.random.Generator) -> Any:  # noqa: ANN401  CuPy's
    import cupy

    return cupy.random.default_rng(int(rng.integers(2**63 - 1)))


def _whole(array: CupyArray) -> Ints:
    back: Ints = array.get()
    return back


def _real(array: CupyArray) -> Floats:
    back: Floats = array.get()
    return back
