"""A table that was brought and whose roles are not settled: what it seems to be, and the values of its columns."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.data.guessing import Guess
from engine.data.reading import Table

MOST = 200   # values offered of a column


@dataclass(frozen=True, eq=False)
class Draft:
    """The table, its guess, and the values of columns asked for so far."""

    table: Table
    guess: Guess
    seen: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    def values(self, column: str) -> tuple[tuple[str, int], ...]:
        """Return a column's most frequent values with their rows; looked up once."""
        if column not in self.seen:
            self.seen[column] = self.table.distinct(column, MOST)
        return self.seen[column]
