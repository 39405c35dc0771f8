"""Where heavy arithmetic runs: NumPy always; CuPy or PyTorch where one is installed, a device answers and it pays.

``EQUIPOISE_BACKEND`` overrides: ``auto`` (the default), ``numpy``, ``cupy`` or ``torch``. Named, a library is used for
every call, PyTorch even without a card.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec

from engine.backend.break_even import measured
from engine.backend.cupy_kernels import CupyBackend
from engine.backend.kernels import Backend, Kernel, NumpyBackend
from engine.backend.torch_kernels import TorchBackend
from engine.errors import InvalidData, invalid
from engine.text import plain

__all__ = ["Backend", "Kernel", "NumpyBackend", "chosen", "device", "in_use", "onnx_providers", "setting"]

VARIABLE = "EQUIPOISE_BACKEND"
WORTH_ASKING = 1_000_000   # numbers; importing a device's library costs a second, more than smaller work takes
NUMPY = NumpyBackend()
CARDS: dict[str, Callable[[], Backend | None]] = {"cupy": CupyBackend.on_card, "torch": TorchBackend.on_card}
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


def chosen(kernel: Kernel, size: int) -> Backend:
    """Return where a kernel runs on so many numbers.

    Parameters
    ----------
    kernel
        One of the methods of `Backend`.
    size
        Numbers that go through it: rows for ``bincount`` and ``sweep``, cells times replicates for draws.

    Returns
    -------
    Backend
        NumPy, unless ``EQUIPOISE_BACKEND`` names another or a device is past its break-even, which is measured once
        per kernel on this machine.

    Raises
    ------
    InvalidData
        ``EQUIPOISE_BACKEND`` names what is unknown, not installed or without a device.
    """
    named = setting()
    if named != "auto":
        return _named(named)
    if size < WORTH_ASKING:
        return NUMPY
    card = device()
    return card if card is not None and size >= _break_even(kernel) else NUMPY


def setting() -> str:
    """Return what ``EQUIPOISE_BACKEND`` says: ``auto`` where it says nothing."""
    named = os.environ.get(VARIABLE, "").strip().lower() or "auto"
    if named not in ("auto", "numpy", *CARDS):
        raise invalid("the backend must be known", f"environment variable {VARIABLE}", f"'{plain(named)}'",
                      f"use one of: auto, numpy, {', '.join(CARDS)}")
    return named


@lru_cache
def device() -> Backend | None:
    """Return the first card that answers, through the first library that is installed; None without. Asked once."""
    for library, on_card in CARDS.items():
        try:
            card = on_card() if find_spec(library) is not None else None
        except (ImportError, OSError, RuntimeError):   # a library whose driver is missing or of another version
            card = None
        if card is not None:
            return card
    return None


def in_use() -> str:
    """Return in words where heavy arithmetic runs; imports no library to find out."""
    try:
        named = setting()
    except InvalidData:   # said where something is to be computed
        return f"{VARIABLE} names no backend"
    if named != "auto":
        return "NumPy" if named == "numpy" else f"{named}, by {VARIABLE}"
    libraries = [library for library in CARDS if find_spec(library) is not None]
    if not libraries:
        return "NumPy"
    if not device.cache_info().currsize:
        return f"NumPy; {' or '.join(libraries)} is asked for a device from {WORTH_ASKING:,} numbers on"
    card = device()
    return "NumPy; no device answers" if card is None else f"NumPy, and {card.name} on {card.device} where it is faster"


def onnx_providers() -> tuple[str, ...]:
    """Return what ONNX Runtime is asked to run on, the first that it has; the processor is always among them."""
    return (CPU,) if setting() == "numpy" else (CUDA, CPU)


@lru_cache
def _named(name: str) -> Backend:
    if name == "numpy":
        return NUMPY
    where = f"environment variable {VARIABLE}"
    if find_spec(name) is None:
        raise invalid("the backend must be installed", where, f"no {name}", "install it (requirements-gpu.txt) or use "
                      "another")
    card = CARDS[name]()
    if card is None and name == "torch":
        return TorchBackend("cpu")
    if card is None:
        raise invalid("the backend needs a device", where, f"{name} finds none", "use auto")
    return card


@lru_cache
def _break_even(kernel: Kernel) -> float:
    card = device()
    return float("inf") if card is None else measured(kernel, card)
