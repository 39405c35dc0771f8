"""Features to the columns that a model sees: numbers imputed and standardised, categories one-hot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.types import Codes, Feature, Floats, Ints

Matrix = Any   # scipy sparse array, (rows, columns)


@dataclass(frozen=True)
class _Number:
    """A number: its median where it is missing, standardised, with a column that tells the missing where there are."""

    median: float
    mean: float
    spread: float
    indicator: bool

    @property
    def width(self) -> int:
        return 1 + self.indicator

    def encode(self, values: Floats | Codes) -> Floats:
        absent = np.isnan(values)
        standard = (np.where(absent, self.median, values) - self.mean) / self.spread
        return np.column_stack([standard, absent]) if self.indicator else standard[:, None]


@dataclass(frozen=True)
class _Category:
    """A category: one column for each of its levels and one for missing, the first."""

    levels: int

    @property
    def width(self) -> int:
        return self.levels + 1

    def encode(self, values: Floats | Codes) -> Floats:
        hot: Floats = (values[:, None] == np.arange(-1, self.levels)).astype(np.float64)
        return hot


@dataclass(frozen=True, eq=False)
class Encoding:
    """What turns features into columns; medians and scales are those of the rows that it was learned from."""

    parts: tuple[_Number | _Category, ...]   # one per feature

    @property
    def owners(self) -> Ints:
        """Return for each column the index of the feature it was made of, (columns,)."""
        return np.repeat(np.arange(len(self.parts)), [part.width for part in self.parts])

    def of(self, features: Sequence[Feature], rows: Ints) -> Matrix:
        """Return the columns of some rows as a sparse array, (rows, columns)."""
        from scipy.sparse import csr_array, hstack

        blocks = [part.encode(feature.values[rows].astype(np.float64) if isinstance(part, _Number)
                              else feature.values[rows])
                  for part, feature in zip(self.parts, features, strict=True)]
        return hstack([csr_array(block) for block in blocks], format="csr")


def learned(features: Sequence[Feature], rows: Ints) -> Encoding:
    """Return the encoding that some rows teach.

    >>> encoding = learned([Feature("x", np.array([1.0, 3.0, np.nan]))], np.array([0, 1, 2]))
    >>> encoding.owners.tolist(), encoding.of([Feature("x", np.array([2.0]))], np.array([0])).toarray().tolist()
    ([0, 0], [[0.0, 0.0]])
    """
    return Encoding(tuple(_Category(len(f.levels)) if f.levels else _number(f, rows) for f in features))


def _number(feature: Feature, rows: Ints) -> _Number:
    seen = feature.values[rows].astype(np.float64)
    missing = np.isnan(seen)
    median = float(np.median(seen[~missing])) if not missing.all() else 0.0
    filled = np.where(missing, median, seen)
    return _Number(median, float(filled.mean()), float(filled.std()) or 1.0, bool(missing.any()))
