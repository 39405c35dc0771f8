"""Delimited text to a `Table`, block by block, every cell kept as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv

from engine.data.limits import LONGEST_LINE, Limits
from engine.data.sniffing import delimiter, encoding, first_lines, too_many_columns
from engine.data.sniffing import header as header_of
from engine.data.table import Table
from engine.errors import InvalidData, Issue, invalid, stopped
from engine.text import plain
from engine.types import Cancelled, Progress

Reader = tuple[Any, Any]   # Arrow's block reader and the stream under it; pyarrow has no types that mypy can read

_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


def read_delimited(
    data: bytes, name: str, sha256: str, limits: Limits, progress: Progress, cancelled: Cancelled,
    wanted: tuple[str, ...] | None = None, header: tuple[str, ...] | None = None,
) -> Table:
    """Return the table in delimited text; see `engine.data.reading.read` for what it raises."""
    coding = encoding(data)
    head = first_lines(data, name, coding)
    mark = delimiter(head, name)
    in_file = header or header_of(head, mark, name, limits)
    if len(in_file) > limits.columns:
        raise too_many_columns(len(in_file), name, limits)
    columns, notes = distinct_names(in_file)
    kept = columns
    if wanted is not None:   # what is said of columns that are not read is of no use
        kept, notes = tuple(column for column in columns if column in wanted), ()
    if coding != "utf-8":
        notes = (*notes, Issue("note", "the text is not UTF-8", f"file '{plain(name)}'", "other bytes",
                               "it was read as Latin-1; check names with accents"))
    try:
        reader = _reader(data, columns, kept, mark, coding, skip=0 if header else 1)
        batches = _batches(reader, len(data), name, len(columns), limits, progress, cancelled)
    except pa.ArrowInvalid as error:
        raise _refusal(str(error), name) from None
    arrow = pa.Table.from_batches(batches, reader[0].schema)
    if arrow.num_rows == 0:
        raise invalid("the table has no rows", f"file '{plain(name)}'", "a header alone", "choose a file with rows")
    return Table(name, sha256, kept, {column: arrow.column(column) for column in kept}, arrow.num_rows, notes)


def distinct_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[Issue, ...]]:
    """Return the names made distinct, and a note for each name that had to change.

    >>> distinct_names(["a", "b", "a", ""])[0]
    ('a', 'b', 'a (2)', 'column 4')
    """
    taken, distinct, notes = set(names), [], []
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        new = name or f"column {position}"
        count = 2
        while new in seen or (new != name and new in taken):
            new, count = f"{name or f'column {position}'} ({count})", count + 1
        if new != name:
            what = "two columns have the same name" if name else "a column has no name"
            do = f"it is called '{plain(new)}' here"
            notes.append(Issue("note", what, f"column {position}", f"'{plain(name)}'", do))
        seen.add(new)
        distinct.append(new)
    return tuple(distinct), tuple(notes)


def _reader(
    data: bytes, columns: tuple[str, ...], kept: tuple[str, ...], mark: str, coding: str, skip: int
) -> Reader:
    """Return Arrow's block reader and the stream under it, whose position tells how far the reading is."""
    stream = pa.BufferReader(data)
    reader = pa.csv.open_csv(
        stream,
        read_options=pa.csv.ReadOptions(
            column_names=list(columns), skip_rows_after_names=skip, block_size=LONGEST_LINE, encoding=coding,
            use_threads=False,   # as fast here, and refusals then name the row
        ),
        parse_options=pa.csv.ParseOptions(delimiter=mark, newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), include_columns=list(kept), strings_can_be_null=False
        ),
    )
    return reader, stream


def _batches(
    reader: Reader, size: int, name: str, columns: int, limits: Limits, progress: Progress, cancelled: Cancelled
) -> list[Any]:
    batches, rows = [], 0
    blocks, stream = reader
    for batch in blocks:
        if cancelled():
            raise stopped(f"reading '{plain(name)}'")
        rows += batch.num_rows
        if rows > limits.rows or rows * columns > limits.cells:
            raise too_many_rows(f"over {rows:,}", columns, name, limits)
        batches.append(batch)
        progress(min(stream.tell() / size, 1.0), f"{rows:,} rows read")
    return batches


def too_many_rows(rows: str, columns: int, name: str, limits: Limits) -> InvalidData:
    """Return the refusal of a table that is too long, or too long for its width."""
    return invalid(
        "the table is too large", f"file '{plain(name)}'",
        f"{rows} rows of {columns:,} columns, the limits are {limits.rows:,} rows and {limits.cells:,} cells",
        "keep the rows and columns you need, or count it with 'python -m engine tabulate'",
    )


def _refusal(message: str, name: str) -> InvalidData:
    """Return what went wrong in our words; Arrow's message quotes the row, which stays out of the sentence."""
    where = f"file '{plain(name)}'"
    ragged = _RAGGED.search(message)
    if ragged:
        row, expected, got = (int(part) for part in ragged.groups())
        return invalid(
            "every row must have as many cells as the header", f"row {row:,} of {where}",
            f"{got} instead of {expected} cells", "quote cells that hold the delimiter, or correct the row",
        )
    if "straddling" in message:
        return invalid("a row cannot be read", where, "an endless row or an open quote", "close the quote")
    return invalid("the text cannot be read as a table", where, "text that breaks off", "look for a quote left open")
