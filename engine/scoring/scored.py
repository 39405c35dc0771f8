"""What a model's file says of a table's rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import Issue
from engine.types import Floats


@dataclass(frozen=True, eq=False)
class Scored:
    """A score for each row, and what computed it."""

    values: Floats                   # (rows,) NaN: no score
    provider: str                    # e.g. "CPUExecutionProvider", "NumPy"
    notes: tuple[Issue, ...] = ()    # why rows have none, where known

    @property
    def unscored(self) -> int:
        """Return how many rows have no score."""
        return int(np.count_nonzero(~np.isfinite(self.values)))
