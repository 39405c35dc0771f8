"""Shares of rows with exact intervals, by group."""

from __future__ import annotations

import numpy as np

from engine.intervals import clopper_pearson
from engine.types import Estimates, Floats


def shares(count: Floats, n: Floats, names: tuple[str, ...], without: str, level: float) -> Estimates:
    """Return shares of rows with Clopper and Pearson's intervals; NaN with the reason where there are no rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(n > 0, count / n, np.nan)
    low, high = clopper_pearson(count, n, level)
    reasons = tuple(None if rows > 0 else f"not estimable: {name} has {without}"
                    for name, rows in zip(names, n, strict=True))
    return Estimates(value, low, high, np.asarray(n, dtype=np.float64), reasons)
