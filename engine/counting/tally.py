"""Blocks of rows added up by NumPy: each distinct value looked at once per block, each row by its codes alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.counting import arrow
from engine.counting.counts import Numbers
from engine.counting.expression import BIN, DECISION, GROUP, LABEL, ROWS, SCORE, SUMS, keys_of
from engine.counting.lines import Counted, aligned, folded, too_large
from engine.counting.plan import BAD_WEIGHT, NO_SCORE, NO_WEIGHT, OUTSIDE, Plan
from engine.counting.table import BINS
from engine.types import Floats, Ints

Block = Any      # pyarrow.Table and its columns: pyarrow has no types that mypy can read
Column = Any
Book = dict[Any, int]   # distinct values of a column and their codes, None first

DENSE = 1 << 21   # cells of groups, outcomes and bins that are counted in place; more are kept as lines
MOST_VALUES = 1 << 20
CLOSE = 64        # whole numbers so close are not looked up
LOOKED_UP = 4096  # codes, which the processor's nearest cache holds
SHIFT = 5         # of the bins, so that the reasons for having none are 0 to 4


@dataclass(frozen=True, eq=False)
class _Coded:
    """A column as codes: row i has ``codes[index[i]]``."""

    codes: Ints    # of the distinct values of this block
    index: NDArray[np.int32]


class Tally:
    """What the blocks added so far come to; its memory is that of the table, whatever the number of rows."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._books: dict[str, Book] = {name: {None: 0} for name in keys_of(plan) if name != BIN}
        for k, attribute in enumerate(plan.protected):
            if attribute.kind == "continuous":
                self._books[GROUP.format(k)] = {str(code - 1): code for code in range(len(attribute.edges) + 2)}
        edges = plan.edges()
        self._bins = (1 if edges is None or plan.prediction is not None else len(edges)) + SHIFT
        self._sums: dict[str, Numbers] = {}
        self._lines: list[Counted] = []

    @property
    def _shape(self) -> tuple[int, ...]:
        return (*(len(book) for book in self._books.values()), self._bins)

    def _is_large(self) -> bool:
        return math.prod(self._shape) > DENSE

    def add(self, block: Block) -> None:
        """Add the rows of a pyarrow.Table in which the plan's numeric columns hold numbers."""
        place, amounts = _placed(block, self._plan)
        coded = self._coded(block, place, amounts.pop(SCORE, np.zeros(0)))
        if max(map(len, self._books.values())) > MOST_VALUES:
            raise too_large(self._plan, f"more than {MOST_VALUES:,} distinct values in a column")
        if self._is_large():
            self._lines.append(self._sparse(coded, place + SHIFT, amounts))
            if len(self._lines) == 8:
                self._lines = [folded(self._lines, self._plan)]   # never more than a few tables in memory
        else:
            self._add_dense(coded, place + SHIFT, amounts)

    def merge(self, other: Tally) -> None:
        """Add what another tally of the same plan has counted."""
        for book, theirs in zip(self._books.values(), other._books.values(), strict=True):
            for value in theirs:
                book.setdefault(value, len(book))
        if self._is_large():
            self._lines.append(other.lines())
            return
        books = zip(self._books.values(), other._books.values(), strict=True)
        codes = [np.array([book[value] for value in theirs]) for book, theirs in books]
        for name, amount in other._sums.items():
            known = [code[:length] for code, length in zip(codes, amount.shape, strict=False)]
            self._place(name, amount.dtype)[np.ix_(*known, np.arange(self._bins))] += amount
        self._lines += other._lines

    def lines(self) -> Counted:
        """Return one line for each combination of groups, outcome and bin that occurred."""
        parts = list(self._lines)
        if self._sums:
            cells = np.nonzero(self._sums[ROWS])
            parts.append(self._said(cells, {name: amount[cells] for name, amount in self._sums.items()}))
        if not parts:   # no rows
            none = np.zeros(0, dtype=np.int64)
            parts.append(self._said([none] * len(self._shape), {ROWS: none}))
        return folded(parts, self._plan)

    def _coded(self, block: Block, place: Ints, score: Floats) -> list[_Coded]:
        """Return the columns that rows are grouped by as codes, new values written into the books."""
        plan = self._plan
        columns = {LABEL: plan.label, DECISION: plan.prediction}
        columns |= {GROUP.format(k): attribute.column for k, attribute in enumerate(plan.protected)}
        edges = {GROUP.format(k): a.edges for k, a in enumerate(plan.protected) if a.kind == "continuous"}
        found = []
        for name, book in self._books.items():
            if name in edges:
                code = _interval(_numbers(block[columns[name]]), edges[name])
                found.append(_Coded(np.arange(len(book)), code))
            elif name == SCORE:
                found.append(_encoded(arrow.numbers(score), book, lambda values: values))
            elif columns[name] is None:
                found.append(_Coded(np.zeros(1, dtype=np.int64), np.zeros(len(place), dtype=np.int32)))
            else:
                found.append(_encoded(block[columns[name]], book, lambda values: values.cast(pa.string())))
        return found

    def _add_dense(self, coded: Sequence[_Coded], cell: Ints, amounts: dict[str, Floats]) -> None:
        strides = np.cumprod(self._shape[:0:-1])[::-1]
        steps = [_Coded(column.codes * stride, column.index) for column, stride in zip(coded, strides, strict=True)]
        for step in _joined(steps):
            cell += step.codes[step.index]
        np.add.at(self._place(ROWS, np.dtype(np.int64)).reshape(-1), cell, 1)
        for name, amount in amounts.items():
            np.add.at(self._place(name, amount.dtype).reshape(-1), cell, amount)

    def _place(self, name: str, kind: np.dtype[Any]) -> Numbers:
        """Return where an amount is added up: an array over all values known now."""
        before = self._sums.get(name)
        if before is None or before.shape != self._shape:
            self._sums[name] = np.zeros(self._shape, dtype=kind)
            if before is not None:
                self._sums[name][tuple(map(slice, before.shape))] = before
        return self._sums[name]

    def _sparse(self, coded: Sequence[_Coded], place: Ints, amounts: dict[str, Floats]) -> Counted:
        """Return the lines of one block, found by hashing; for tables too large to be counted in place."""
        codes = {f"k{k}": column.codes[column.index] for k, column in enumerate(coded)} | {BIN: place}
        names = list(codes)
        columns = {name: arrow.numbers(values) for name, values in {**codes, **amounts}.items()}
        total = pa.table(columns).group_by(names).aggregate(
            [([], "count_all"), *((name, "sum") for name in amounts)])
        sums = {name: arrow.plain_numbers(total[f"{name}_sum"]) for name in amounts}
        return self._said(tuple(arrow.plain_numbers(total[name]) for name in names),
                          {ROWS: arrow.plain_numbers(total["count_all"]), **sums})

    def _said(self, cells: Sequence[Ints], sums: dict[str, Numbers]) -> Counted:
        """Return the lines of some cells, their codes replaced by the values."""
        values: dict[str, Column] = {BIN: arrow.numbers(cells[-1] - SHIFT)}
        for (name, book), codes in zip(self._books.items(), cells[:-1], strict=True):
            known = arrow.numbers(np.array(list(book), dtype=np.float64)) if name == SCORE else arrow.texts(list(book))
            values[name] = known.take(arrow.numbers(codes))
        rows = sums[ROWS].astype(np.float64)
        amounts = dict(zip(SUMS, (0 * rows, 0 * rows, rows, rows), strict=True)) | sums
        return aligned(pa.table(values | {name: arrow.numbers(amount) for name, amount in amounts.items()}), self._plan)


def _joined(steps: Sequence[_Coded]) -> list[_Coded]:
    """Return columns of few values as one, which has the sums of their codes: a row is looked up once for them all."""
    found = [steps[0]]
    for step in steps[1:]:
        before = found[-1]
        if len(before.codes) * len(step.codes) <= LOOKED_UP:
            codes = np.add.outer(before.codes, step.codes).reshape(-1)
            found[-1] = _Coded(codes, before.index * np.int32(len(step.codes)) + step.index)
        else:
            found.append(step)
    return found


def _encoded(column: Column, book: Book, said: Callable[[Column], Column]) -> _Coded:
    """Return a column as codes of the book, in which values not seen before are entered; no value is code 0."""
    span = _span(column)
    if span:   # whole numbers close together are their own index: an eighth of the time that hashing takes
        values = list(map(str, span))
        index = arrow.plain_numbers(column.cast(pa.int32()), span.stop) - np.int32(span.start)
    else:
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        encoded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
        values = said(encoded.dictionary).to_pylist()
        indices = encoded.indices.cast(pa.int32()) if encoded.indices.null_count else encoded.indices
        index = arrow.plain_numbers(indices, len(values))
    codes = np.array([*(book.setdefault(value, len(book)) for value in values), 0], dtype=np.int64)
    return _Coded(codes, index.astype(np.int32, copy=False))


def _span(column: Column) -> range:
    """Return the numbers from the least to the largest of a column of whole numbers; nothing where that is many."""
    if not pa.types.is_integer(column.type) or column.null_count == len(column):
        return range(0)
    least, largest = (end.as_py() for end in pc.min_max(column).values())
    return range(least, largest + 1) if largest - least < CLOSE and abs(least) < 1 << 30 else range(0)


def _numbers(column: Column) -> Floats:
    """Return a column as numbers, NaN without a value."""
    numbers = column if pa.types.is_float64(column.type) else column.cast(pa.float64(), safe=False)
    return arrow.plain_numbers(numbers, np.nan)


def _interval(values: Floats, edges: tuple[float, ...]) -> NDArray[np.int32]:
    """Return 1 + the interval that holds each value; 0 without one."""
    return np.where(np.isfinite(values), np.searchsorted(edges, values, side="right") + 1, 0).astype(np.int32)


def _placed(block: Block, plan: Plan) -> tuple[Ints, dict[str, Floats]]:
    """Return the bin of each row, or why it has none, and what is added up; 0 in rows without a bin."""
    amounts: dict[str, Floats] = {}
    if plan.score is None:
        place = np.zeros(block.num_rows, dtype=np.int64)
    else:
        place, score = _bins(_numbers(block[plan.score]), plan)
        amounts |= {SUMS[0]: score, SUMS[1]: score * score}
        amounts |= {SCORE: score} if plan.edges() is None else {}
    if plan.weight is not None:
        place = _with_weight(place, weight := _numbers(block[plan.weight]))
        weight = np.where(place >= 0, weight, 0.0)
        amounts = {name: amount if name == SCORE else amount * weight for name, amount in amounts.items()}
        amounts |= {SUMS[2]: weight, SUMS[3]: weight * weight}
    return place, amounts


def _bins(score: Floats, plan: Plan) -> tuple[Ints, Floats]:
    """Return the bin of each score, or why it has none, and the scores, 0 in place of those."""
    edges = plan.edges()
    if plan.bins == "grid":
        usable = (score >= 0) & (score <= 1)
    else:
        usable = np.isfinite(score) if edges is None else (score >= edges[0]) & (score < np.inf)
    lost = np.flatnonzero(~usable)
    why = np.where(np.isfinite(score[lost]), OUTSIDE, NO_SCORE)
    if len(lost):
        score = score.copy()
        score[lost] = 0.0
    if plan.bins == "grid":
        place = (score * BINS).astype(np.int64)
    elif edges is None:
        place = np.zeros(len(score), dtype=np.int64)
    else:
        place = np.searchsorted(edges, score, side="right") - 1
    place[lost] = why
    return place, score


def _with_weight(place: Ints, weight: Floats) -> Ints:
    """Return the bins, but why a row does not count where its weight is not above 0."""
    none = np.where((weight < 0) | (weight == np.inf), BAD_WEIGHT, NO_WEIGHT)
    return np.where((weight > 0) & (weight < np.inf), place, none)
