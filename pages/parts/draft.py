"""A table that was brought and whose roles are not settled: what it seems to be, and the values of its columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.data.guessing import Guess
from engine.data.quality import separation
from engine.data.reading import Table
from engine.types import UNKNOWN, Kind

MOST = 200   # values offered of a column


@dataclass(frozen=True, eq=False)
class Draft:
    """The table, its guess, and what was asked of columns so far.

    Columns are counted as the engine will read them: in a nominal protected attribute ``NA`` is a value.
    """

    table: Table
    guess: Guess
    seen: dict[tuple[str, bool], tuple[tuple[str, int], ...]] = field(default_factory=dict)
    counted: dict[tuple[str, Kind | None], tuple[int, int]] = field(default_factory=dict)
    areas: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def values(self, column: str, protected: bool = False) -> tuple[tuple[str, int], ...]:
        """Return a column's most frequent values with their rows; looked up once."""
        key = (column, protected)
        if key not in self.seen:
            self.seen[key] = self.table.distinct(column, MOST, protected)
        return self.seen[key]

    def counts(self, column: str, kind: Kind | None) -> tuple[int, int]:
        """Return distinct values and rows without one of a column; `kind` is that of the attribute it is, if any."""
        guess, key = self.guess.columns[column], (column, kind)
        if kind == (guess.attribute if guess.role == "protected" else None):
            return guess.distinct, guess.missing
        if key not in self.counted:
            self.counted[key] = self._count(column, kind)
        return self.counted[key]

    def area(self, score: str, label: str, positive: str) -> float:
        """Return the area under the ROC curve of a column of numbers for a value of another; worked out once."""
        key = (score, label, positive)
        if key not in self.areas:
            text = self.table.text(label, keep=positive)
            known = np.where(text.codes < 0, UNKNOWN, text.codes == text.code(positive)).astype(np.int8)
            values = self.table.numbers(score).values
            self.areas[key] = separation(np.where(np.isfinite(values), values, np.nan), known)
        return self.areas[key]

    def _count(self, column: str, kind: Kind | None) -> tuple[int, int]:
        text = self.table.text(column, protected=kind == "nominal")
        if kind != "continuous":
            return len(text.levels), text.missing
        return len(text.levels), int(np.count_nonzero(~np.isfinite(self.table.numbers(column).values)))
