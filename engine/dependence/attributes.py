"""Protected attributes as points in space: how far apart two people are, for distance covariance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import invalid
from engine.text import plain
from engine.types import MISSING, AttributeValues, Dataset, Floats, Ints, frozen

Members = NDArray[np.generic]   # of one attribute: codes of levels, or numbers
ColumnKind = Literal["nominal", "binary", "continuous"]
SQUARED = {"nominal": 2.0, "binary": 1.0}   # squared distance between different levels: one-hot, one 0/1 column


@dataclass(frozen=True, eq=False)
class ProtectedColumn:
    """One protected attribute of n rows.

    Two rows of a nominal attribute are 0 or sqrt(2) apart (one-hot), of a binary one 0 or 1, of a continuous one the
    difference of their values; no order is read into levels, so their labels and codes do not matter.
    """

    name: str
    kind: ColumnKind
    codes: Ints | None = None        # (n,) index into levels; None for a continuous attribute
    values: Floats | None = None     # (n,) scaled by whoever made it; None for the others
    levels: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.raw)

    @property
    def raw(self) -> Members:
        """The codes or the values, (n,)."""
        found: Members | None = self.values if self.kind == "continuous" else self.codes
        if found is None:
            raise invalid("a continuous attribute has values, another one codes", f"attribute '{plain(self.name)}'",
                          "neither", "give them")
        return found

    @property
    def numbers(self) -> Floats:
        """The codes or the values as floats, (n,)."""
        return self.raw.astype(np.float64)

    def at(self, rows: Ints | np.ndarray) -> ProtectedColumn:
        """Return the attribute on some rows (indices or a mask); kind, levels and scale stay those of all rows."""
        return replace(self, codes=None if self.codes is None else self.codes[rows],
                       values=None if self.values is None else self.values[rows])


def columns(
    dataset: Dataset, names: Sequence[str] | None = None, as_continuous: Collection[str] | None = None
) -> tuple[ProtectedColumn, ...]:
    """Return a data set's protected attributes as columns.

    Parameters
    ----------
    dataset
        Whose attributes; every row is kept.
    names
        Which of them, in this order; all where not given.
    as_continuous
        Which continuous attributes enter by their numbers; the others enter by their groups. All where not given.

    Returns
    -------
    tuple
        Nominal attributes one-hot; those of two levels as one 0/1 column; continuous ones min-max to [0, 1], 0 where
        constant. A missing value is a level of its own; where a continuous attribute has some they take the median, and
        a binary column "<name>: missing" is added, so that the rows without a value are protected too.

    Examples
    --------
    >>> from tests.build import dataset
    >>> [(c.name, c.kind) for c in columns(dataset([0.1, 0.2, 0.3], sex="fmf", race="abc"))]
    [('sex', 'binary'), ('race', 'nominal')]
    """
    chosen = [dataset.attribute(name) for name in names] if names is not None else list(dataset.attributes)
    found: list[ProtectedColumn] = []
    for attribute in chosen:
        wanted = as_continuous is None or attribute.name in as_continuous
        found += _continuous(attribute) if attribute.values is not None and wanted else [_nominal(attribute)]
    return tuple(found)


def _nominal(attribute: AttributeValues) -> ProtectedColumn:
    kind: ColumnKind = "binary" if len(attribute.levels) == 2 else "nominal"
    return ProtectedColumn(attribute.name, kind, frozen(attribute.codes.astype(np.int64)), None, attribute.levels)


def _continuous(attribute: AttributeValues) -> list[ProtectedColumn]:
    values = np.asarray(attribute.values, dtype=np.float64)
    missing = np.isnan(values)
    if missing.all():
        return [_nominal(attribute)]
    low, high = float(values[~missing].min()), float(values[~missing].max())
    filled = np.where(missing, np.median(values[~missing]), values)
    scaled = (filled - low) / (high - low) if high > low else np.zeros(len(values))
    number = ProtectedColumn(attribute.name, "continuous", None, frozen(scaled))
    if not missing.any():
        return [number]
    flag = ProtectedColumn(f"{attribute.name}: {MISSING}", "binary", frozen(missing.astype(np.int64)), None,
                           ("known", MISSING))
    return [number, flag]


def equal_cells(protected: Sequence[ProtectedColumn]) -> Floats:
    """Return weights (n,) that give every observed combination of levels the same sum, 1 / K each.

    Without them a combination that holds a share p of the rows counts about as p² (1 - p)², so that small groups are
    hardly protected. Weights belong to the V estimator.

    >>> column = ProtectedColumn("a", "binary", np.array([0, 0, 0, 1]), None, ("x", "y"))
    >>> equal_cells([column]).round(3)
    array([0.167, 0.167, 0.167, 0.5  ])
    """
    cells = distinct(protected, protected[0].n)
    if cells is None:
        raise invalid("equal weights need combinations of levels", "the protected attributes", "none", "name some")
    sizes = np.bincount(cells.codes)
    return 1.0 / (len(sizes) * sizes[cells.codes])


@dataclass(frozen=True, eq=False)
class Cells:
    """The distinct combinations of protected values that occur: K cells, and the cell of each row."""

    codes: Ints                       # (n,) in [0, K)
    members: tuple[Members, ...]   # per attribute (K,): its level's code, or its value

    def __len__(self) -> int:
        return len(self.members[0])


def distinct(protected: Sequence[ProtectedColumn], most: int) -> Cells | None:
    """Return the distinct combinations, or None where there are more than `most`.

    A continuous attribute of few distinct values, e.g. age in years, is folded in like any other: nothing is lost.
    """
    codes = np.zeros(protected[0].n, dtype=np.int64)
    size = 1
    for column in protected:
        each, levels = _numbered(column.raw)
        if levels > most:
            return None
        codes, size = _numbered(codes * levels + each)
        if size > most:
            return None
    first = np.zeros(size, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)   # the last write wins: each cell's first row
    return Cells(codes, tuple(column.raw[first] for column in protected))


def _numbered(values: Members) -> tuple[Ints, int]:
    """Return each value's rank among the distinct ones, and how many there are; by counting where that is possible."""
    if values.dtype.kind == "i" and (top := int(values.max(initial=0))) <= max(4 * len(values), 1_000_000):
        present = np.bincount(values, minlength=top + 1) > 0
        return (np.cumsum(present) - 1)[values], int(present.sum())
    levels, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.int64), len(levels)


def distances(kind: ColumnKind, a: Members, b: Members) -> Floats:
    """Return squared distances between the members `a` (I,) and `b` (J,) of one attribute, (I, J)."""
    if kind == "continuous":
        apart: Floats = np.square(np.subtract.outer(a, b), dtype=np.float64)
        return apart
    return np.multiply(SQUARED[kind], np.not_equal.outer(a, b), dtype=np.float64)
