"""A table as it was read: nothing is converted until a column is asked for as text or as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.errors import Issue
from engine.types import Codes, Floats, Ints, frozen

Column = Any   # pyarrow.ChunkedArray: pyarrow has no types that mypy can read

ALWAYS_MISSING = frozenset({"", "nan", "NaN", "NAN", "null", "NULL", "<NA>", "#N/A"})
MAYBE_MISSING = frozenset({"NA", "N/A", "None", "?"})   # missing, except in a protected attribute

_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$|^[+-]?(?i:inf|infinity)$"
_WHOLE = r"^(-?(?:0|[1-9][0-9]*))\.0*$"


@dataclass(frozen=True, eq=False)
class Text:
    """A column as canonical text: the code of each row, and the distinct values in order of first occurrence."""

    codes: Codes     # (n,) index into levels; -1 missing
    levels: Column   # pyarrow string array, distinct

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return int(np.count_nonzero(self.codes < 0))

    def counts(self) -> Ints:
        """Return the rows of each level, (levels,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.levels)).astype(np.int64)

    def names(self, most: int | None = None) -> tuple[str, ...]:
        """Return the levels as text, the first `most` of them; meant for columns with few."""
        return tuple(self.levels[:most].to_pylist() if most is not None else self.levels.to_pylist())

    def code(self, value: str) -> int:
        """Return the code of a value, -1 where it does not occur."""
        return int(pc.index(self.levels, value).as_py())


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column as numbers, with what could not be read as one."""

    values: Floats              # (n,) NaN where missing or unreadable
    unreadable: int = 0         # cells that hold something else than a number
    example: str | None = None  # one of them


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length under distinct names, the hash of the bytes they came from, and notes about them."""

    name: str
    sha256: str
    columns: tuple[str, ...]
    data: Mapping[str, Column]
    rows: int
    notes: tuple[Issue, ...] = ()
    missing_tokens: frozenset[str] = field(default_factory=frozenset)   # this file's own, on top of the usual ones

    def text(self, column: str, protected: bool = False, keep: str | None = None) -> Text:
        """Return a column as canonical text.

        Trimmed; a whole number written as a float equals the integer (``1.0`` is ``1``), nothing else is converted
        (``01`` stays). Truth values of a typed file read ``true`` and ``false``, dates and times in ISO form.

        Parameters
        ----------
        column
            One of ``columns``; KeyError otherwise.
        protected
            In a protected attribute ``NA``, ``N/A``, ``None`` and ``?`` are values: NA may be Native American.
        keep
            A value that is not missing whatever it looks like; the positive value of an outcome.
        """
        unset = ALWAYS_MISSING | self.missing_tokens | (frozenset() if protected else MAYBE_MISSING)
        return _as_text(self.data[column], unset - {keep})

    def numbers(self, column: str) -> Numbers:
        """Return a column as float64; what is no number is NaN and counted. Infinities stay. KeyError if absent."""
        return _as_numbers(self.data[column], ALWAYS_MISSING | MAYBE_MISSING | self.missing_tokens)

    def distinct(self, column: str, most: int = 50, protected: bool = False) -> tuple[tuple[str, int], ...]:
        """Return the most frequent values of a column with their rows, ties in order of first occurrence.

        `protected` as in `text`: whether ``NA`` and its like are values.
        """
        text = self.text(column, protected)
        counts = text.counts()
        first = np.argsort(-counts, kind="stable")[:most]
        return tuple((text.levels[int(i)].as_py(), int(counts[i])) for i in first)

    def with_column(self, name: str, values: NDArray[Any] | Column) -> Table:
        """Return the same table with one more column, or another in place of the one of that name."""
        column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([pa.array(values)])
        columns = self.columns if name in self.columns else (*self.columns, name)
        return replace(self, columns=columns, data={**self.data, name: column})

    def without_first(self, rows: int) -> Table:
        """Return the same table without its first `rows` rows."""
        data = {name: column.slice(rows) for name, column in self.data.items()}
        return replace(self, data=data, rows=max(self.rows - rows, 0))


def canonical(value: str) -> str:
    """Return one value in the form that columns are compared in.

    >>> canonical(" 1.0 "), canonical("01"), canonical("yes")
    ('1', '01', 'yes')
    """
    return re.sub(_WHOLE, r"\1", value.strip())


def _canonical(strings: Column) -> Column:
    return pc.replace_substring_regex(pc.utf8_trim_whitespace(strings), _WHOLE, r"\1")


def _as_text(column: Column, unset: frozenset[str]) -> Text:
    codes, raw = _encoded(column)
    strings = _strings(raw)
    levels = _canonical(strings)
    if pa.types.is_dictionary(column.type) or not levels.equals(strings):   # " 1" and "1.0" become one level
        encoded = levels.dictionary_encode()
        levels = encoded.dictionary
        codes = np.append(_indices(encoded.indices), -1)[codes]
    known = _is_none_of(levels, unset)
    flags = known.to_numpy(zero_copy_only=False)
    if not flags.all():
        codes = np.append(np.where(flags, np.cumsum(flags) - 1, -1), -1)[codes]   # code -1 takes the last, -1
        levels = levels.filter(known)
    return Text(frozen(codes.astype(np.int32, copy=False)), levels)


def _is_none_of(strings: Column, tokens: Iterable[str]) -> Column:
    """Return whether each string is there and is none of the tokens; one pattern is one pass for all of them."""
    pattern = "|".join(re.escape(token) for token in sorted(tokens))
    token = pc.match_substring_regex(strings, rf"\A(?:{pattern})\z")
    return pc.fill_null(pc.invert(token), False)


def _indices(indices: Column) -> Codes:
    """Return Arrow's indices as codes, -1 for null."""
    codes = indices.to_numpy(zero_copy_only=False)
    return (np.where(np.isnan(codes), -1, codes) if indices.null_count else codes).astype(np.int32)


def _encoded(column: Column) -> tuple[Codes, Column]:
    """Return codes (n,), -1 for null, and the distinct values they point to."""
    array = column.unify_dictionaries().combine_chunks()
    coded = pa.types.is_dictionary(array.type)
    if not coded:
        array = array.dictionary_encode()   # of one chunk: by chunks it takes 60 times as long for distinct values
    codes = _indices(array.indices)
    nulls = array.dictionary.is_null().to_numpy(zero_copy_only=False)   # a dictionary may hold a null as a value
    if nulls.any():
        codes = np.where(np.append(nulls, True)[codes], np.int32(-1), codes)
    return _by_first_row(codes, array.dictionary) if coded else (codes, array.dictionary)


def _by_first_row(codes: Codes, levels: Column) -> tuple[Codes, Column]:
    """Return codes and levels in order of first occurrence, without levels that no row has: a file may list such."""
    rows, size = len(codes), len(levels)
    first = np.full(size + 1, rows)
    first[codes[::-1]] = np.arange(rows - 1, -1, -1)   # the last one written, the first row, stays
    used = np.argsort(first[:size], kind="stable")[: int((first[:size] < rows).sum())]
    renumbered = np.full(size + 1, -1, dtype=np.int32)
    renumbered[used] = np.arange(len(used))
    return renumbered[codes], levels.take(pa.array(used))


def _strings(levels: Column) -> Column:
    if pa.types.is_string(levels.type):
        return levels
    strings = levels.cast(pa.string())
    if pa.types.is_floating(levels.type):
        strings = pc.replace_substring_regex(strings, "^-0$", "0")
    return strings


def _as_numbers(column: Column, unset: frozenset[str]) -> Numbers:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_boolean(kind):
        column, kind = column.cast(pa.int8()), pa.int8()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return Numbers(_floats(column.cast(pa.float64(), safe=False)))
    return _read_numbers(column.cast(pa.string()), unset)


def _read_numbers(strings: Column, unset: frozenset[str]) -> Numbers:
    strings = pc.utf8_trim_whitespace(strings)
    known = _is_none_of(strings, unset)
    nothing = pa.scalar(None, pa.string())
    try:
        return Numbers(_floats(pc.if_else(known, strings, nothing).cast(pa.float64())))
    except pa.ArrowInvalid:   # at least one cell is no number: find out how many
        readable = pc.and_(known, pc.match_substring_regex(strings, _NUMBER))
        bad = strings.filter(pc.and_not(known, readable))
        values = pc.if_else(readable, strings, nothing).cast(pa.float64())
        return Numbers(_floats(values), len(bad), bad[0].as_py() if len(bad) else None)


def _floats(column: Column) -> Floats:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return frozen(np.array(array.to_numpy(zero_copy_only=False), dtype=np.float64))
