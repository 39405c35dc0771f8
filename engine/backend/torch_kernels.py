"""The kernels in PyTorch, on an NVIDIA or AMD card; on the processor where asked for by name, e.g. in tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.types import Floats, Ints

Tensor = Any   # PyTorch is not a requirement


class TorchBackend:
    """PyTorch on one device; see `engine.backend.kernels.Backend`."""

    name = "torch"

    def __init__(self, device: str) -> None:
        self.device = device

    @staticmethod
    def on_card() -> TorchBackend | None:
        """Return the backend on the first card; None where no card answers."""
        import torch

        return TorchBackend("cuda:0") if torch.cuda.is_available() else None

    def bincount(self, cells: Ints, length: int) -> Ints:
        """Return the rows of each cell."""
        import torch

        return _whole(torch.bincount(self._there(cells), minlength=length))

    def tails(self, counts: Ints) -> Ints:
        """Return reverse running sums along the bins."""
        import torch

        upward = self._there(counts).flip(1).cumsum(1).flip(1)
        return _whole(torch.nn.functional.pad(upward, (0, 0, 0, 1)))

    def poisson(self, expected: Floats, replicates: int, rng: np.random.Generator) -> Floats:
        """Return Poisson draws."""
        import torch

        rates = self._there(expected).expand(replicates, *expected.shape)
        return _real(torch.poisson(rates, generator=self._generator(rng)))

    def multinomial(self, size: int, shares: Floats, replicates: int, rng: np.random.Generator) -> Ints:
        """Return multinomial draws: the rows are split in two halves of the cells, and each half again."""
        import torch

        generator, depth = self._generator(rng), max(len(shares) - 1, 0).bit_length()
        leaves = torch.nn.functional.pad(self._there(shares), (0, 2**depth - len(shares)))
        counts = torch.full((replicates, 1), float(size), dtype=torch.float64, device=self.device)
        for level in range(depth):
            halves = leaves.reshape(2 ** (level + 1), -1).sum(1).reshape(-1, 2)
            left = halves[:, 0] / halves.sum(1).clamp_min(torch.finfo(torch.float64).tiny)
            drawn = torch.binomial(counts, left.clamp(0, 1).expand_as(counts), generator=generator)
            counts = torch.stack([drawn, counts - drawn], dim=2).reshape(replicates, -1)
        return _whole(counts[:, : len(shares)].round().to(torch.int64))

    def sweep(self, values: Floats, cells: Ints, table: Floats, mass: Floats | None = None) -> Floats:
        """Return the signed sum over all pairs."""
        import torch

        ordered, order = torch.sort(self._there(values), stable=True)
        codes, weights = self._there(cells)[order], self._there(table)
        first, last = torch.searchsorted(ordered, ordered), torch.searchsorted(ordered, ordered, right=True)
        weight, total = None if mass is None else self._there(mass)[order], torch.zeros_like(ordered)
        for k in range(len(table)):
            inside = codes == k if mass is None else torch.where(codes == k, weight, 0.0)
            below = torch.nn.functional.pad(inside.cumsum(0), (1, 0))
            total += weights[codes, k] * (below[first] + below[last] - below[-1])
        return _real(torch.empty_like(total).scatter_(0, order, total))

    def _there(self, array: np.ndarray) -> Tensor:
        import torch

        return torch.as_tensor(np.array(array), device=self.device)   # a copy: PyTorch warns of read-only arrays

    def _generator(self, rng: np.random.Generator) -> Tensor:
        import torch

        return torch.Generator(self.device).manual_seed(int(rng.integers(2**63 - 1)))


def _whole(tensor: Tensor) -> Ints:
    back: Ints = tensor.cpu().numpy()
    return back


def _real(tensor: Tensor) -> Floats:
    back: Floats = tensor.cpu().numpy()
    return back
