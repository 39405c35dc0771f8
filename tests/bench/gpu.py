"""Each kernel on each backend: milliseconds, ratio to NumPy, whether it is equal, and where the device begins to win.

    python -m tests.bench.gpu [numbers ...]     (default 1e5 1e6 1e7)

Transfers to the device and back are part of every time; the first call, which compiles, is not. Counts must be equal to
the last one, sums over pairs to 1e-9 of their size; draws are compared by their mean. Without a card, PyTorch runs on
the processor, which shows that the code works and nothing of a card's speed; the last line says what was used. Where
ONNX Runtime has the CUDA provider, `python -m tests.bench.scoring` uses it and says so.
"""

import importlib.util
import sys
from time import perf_counter

import numpy as np

from engine.backend.break_even import measured, trials
from engine.backend.cupy_kernels import CupyBackend
from engine.backend.kernels import NumpyBackend
from engine.backend.torch_kernels import TorchBackend

REPEATS = 3
EXACT = ("bincount", "tails")


def backends():
    """Yield what this machine has; PyTorch on the processor only where no card answers."""
    cards = []
    for library, on_card in (("cupy", CupyBackend.on_card), ("torch", TorchBackend.on_card)):
        if importlib.util.find_spec(library) is None:
            print(f"not installed: {library}")
            continue
        card = on_card()
        print(f"{library}: {'no card answers' if card is None else card.device}")
        cards += [] if card is None else [card]
    if not cards and importlib.util.find_spec("torch") is not None:
        cards = [TorchBackend("cpu")]
    return cards


def seconds(trial, backend):
    trial(backend)
    times = []
    for _ in range(REPEATS):
        begun = perf_counter()
        found = trial(backend)
        times.append(perf_counter() - begun)
    return min(times), found


def agrees(kernel, ours, theirs):
    if kernel in EXACT:
        return "equal" if np.array_equal(ours, theirs) else "NOT EQUAL"
    if kernel == "sweep":
        return f"apart by {np.abs(ours - theirs).max() / max(np.abs(ours).max(), 1):.0e} of the largest"
    return f"means {ours.mean():.4f} and {theirs.mean():.4f}"


def main(sizes):
    numpy, found = NumpyBackend(), backends()
    for size in sizes:
        print(f"{size:,} numbers")
        for kernel, trial in trials(size).items():
            base, ours = seconds(trial, numpy)
            print(f"  {kernel:12} numpy {1000 * base:10.2f} ms", end="")
            for backend in found:
                took, theirs = seconds(trial, backend)
                print(f"   {backend.name} on {backend.device} {1000 * took:10.2f} ms, {base / took:6.2f} times as "
                      f"fast, {agrees(kernel, ours, theirs)}", end="")
            print(flush=True)
    for backend in found:
        points = {kernel: measured(kernel, backend) for kernel in trials(2**16)}
        words = ", ".join(f"{kernel} {'never' if np.isinf(at) else f'{int(at):,}'}" for kernel, at in points.items())
        print(f"break-even of {backend.name} on {backend.device}, in numbers: {words}")
    print("used: " + (", ".join(f"{b.name} on {b.device}" for b in found) or "NumPy alone"))


if __name__ == "__main__":
    main([int(float(word)) for word in sys.argv[1:]] or [100_000, 1_000_000, 10_000_000])
