"""Columns that a model trained here may use: numbers where every known value is one, else categories."""

from __future__ import annotations

import numpy as np

from engine.data.roles import column_words
from engine.data.table import Table, Text
from engine.errors import Issue
from engine.types import Feature, frozen

MOST_LEVELS = 30        # the rest of a categorical column becomes OTHER
MOST_TEXTS = 1_000      # a text column with more values is no category
OTHER = "other"


def feature(table: Table, column: str, issues: list[Issue]) -> Feature | None:
    """Return one feature; None, with a note, for a text column with more than `MOST_TEXTS` values.

    Infinite numbers count as missing. Of a category the `MOST_LEVELS` most frequent values stay; others are `OTHER`.
    """
    numbers = table.numbers(column)
    if not numbers.unreadable:
        values = numbers.values
        return Feature(column, frozen(np.where(np.isinf(values), np.nan, values)) if np.isinf(values).any() else values)
    text = table.text(column)
    if len(text.levels) > MOST_TEXTS:
        issues.append(Issue("note", "a text column with too many values is not used as a feature", column_words(column),
                            f"{len(text.levels):,} values", "group its values if it matters"))
        return None
    return _category(column, text)


def _category(column: str, text: Text) -> Feature:
    names = text.names()
    frequent = np.argsort(-text.counts(), kind="stable")[:MOST_LEVELS]
    levels = [names[i] for i in sorted(frequent)]
    others = len(names) > len(levels)
    if others and OTHER not in levels:
        levels.append(OTHER)
    position = {name: i for i, name in enumerate(levels)}
    renumbered = np.array([*(position.get(name, position.get(OTHER, -1)) for name in names), -1], dtype=np.int32)
    return Feature(column, frozen(renumbered[text.codes]), tuple(levels))
