"""From which size a device is faster than NumPy, measured on the machine that it is asked on."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter

import numpy as np

from engine.backend.kernels import Backend, Kernel, NumpyBackend

SIZES = tuple(2**power for power in range(16, 25, 2))   # numbers that go through a kernel
ENOUGH = 0.5   # seconds of one trial after which no larger one is made
K = 8          # cells of the sweep's table
# The sweep that stands in for NumPy here is the plain one; the one in use looks cells up in blocks and was up to four
# times as fast on 300,000 rows with 4 to 100 cells, so a device must win by that much.
MARGIN: dict[Kernel, float] = {"sweep": 4.0}

Trial = Callable[[Backend], object]


def measured(kernel: Kernel, device: Backend, clock: Callable[[], float] = perf_counter) -> float:
    """Return the smallest size tried from which the device wins, transfers included; inf where it never does.

    Each kernel runs twice per size, the second is timed: the first pays for what a device compiles. Trials grow
    fourfold from 65,536 numbers to 16.8 million and end where NumPy takes over half a second. The device counts as
    faster from the first size after which it wins at every larger one tried.
    """
    wins: list[tuple[int, bool]] = []
    for size in SIZES:
        trial = trials(size)[kernel]
        ours, theirs = (_seconds(trial, backend, clock) for backend in (NumpyBackend(), device))
        wins.append((size, theirs * MARGIN.get(kernel, 1.0) < ours))
        if ours > ENOUGH:
            break
    found = math.inf
    for size, won in reversed(wins):
        if not won:
            break
        found = size
    return found


def trials(size: int) -> dict[Kernel, Trial]:
    """Return what each kernel is timed with: one call on numbers of that size."""
    rng = np.random.default_rng(0)
    return {
        "bincount": _on(rng.integers(0, 48 * 1024, size), lambda b, cells: b.bincount(cells, 48 * 1024)),
        "tails": _on(rng.integers(0, 9, (16, size // 48, 3)), lambda b, counts: b.tails(counts)),
        "poisson": lambda b: b.poisson(np.linspace(1, 500, size // 512), 512, np.random.default_rng(0)),
        "multinomial": lambda b: b.multinomial(10_000, np.full(64, 1 / 64), size // 64, np.random.default_rng(0)),
        "sweep": _on(rng.random(size), lambda b, v: b.sweep(v, np.arange(size) % K, np.ones((K, K)))),
    }


def _on(array: np.ndarray, call: Callable[[Backend, np.ndarray], object]) -> Trial:
    return lambda backend: call(backend, array)


def _seconds(trial: Trial, backend: Backend, clock: Callable[[], float]) -> float:
    trial(backend)
    begun = clock()
    trial(backend)
    return clock() - begun
