"""A Parquet file to a `Table`, bounded by its shape: the sizes in its footer are the file's own claim and can lie."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from engine.data.delimited import distinct_names, too_many_rows
from engine.data.limits import Limits
from engine.data.sniffing import too_many_columns
from engine.data.table import Table
from engine.errors import InvalidData, invalid, stopped
from engine.text import plain
from engine.types import Cancelled, Progress

File = Any       # pyarrow has no types that mypy can read
DataType = Any

_ROWS_AT_A_TIME = 262_144


def read_parquet(
    data: bytes, name: str, sha256: str, limits: Limits, progress: Progress, cancelled: Cancelled,
    wanted: tuple[str, ...] | None = None,
) -> Table:
    """Return the table in a Parquet file; see `engine.data.reading.read` for what it raises."""
    try:
        file = _open(data, name, limits)
        in_file = file.schema_arrow.names
        columns, notes = distinct_names(in_file)
        kept = [i for i, column in enumerate(columns) if wanted is None or column in wanted]
        batches = _batches(file, [in_file[i] for i in kept], name, limits, progress, cancelled)
        schema = pa.schema([file.schema_arrow.field(i) for i in kept])
        arrow = pa.Table.from_batches(batches, schema)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InvalidData):
            raise
        raise _damaged(name) from None
    names = tuple(columns[i] for i in kept)
    named = {column: arrow.column(i) for i, column in enumerate(names)}
    return Table(name, sha256, names, named, arrow.num_rows, notes)


def _open(data: bytes, name: str, limits: Limits) -> File:
    """Return the open file once its shape and types are known to be acceptable; no page has been read by then."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(pa.BufferReader(data))
    if footer.num_columns > limits.columns:
        raise too_many_columns(footer.num_columns, name, limits)
    if footer.num_rows > limits.rows or footer.num_rows * footer.num_columns > limits.cells:
        raise too_many_rows(f"{footer.num_rows:,}", footer.num_columns, name, limits)
    schema = footer.schema.to_arrow_schema()
    where = f"file '{plain(name)}'"
    for field in schema:
        if pa.types.is_nested(field.type) or _is_binary(field.type):
            raise invalid(
                "columns must hold numbers, text, dates or truth values", f"column '{plain(field.name)}' of {where}",
                f"values of type {plain(field.type)}", "flatten or drop the column",
            )
    if footer.num_rows == 0 or footer.num_columns == 0:
        raise invalid("the table has no rows", where, "an empty table", "choose a file with rows")
    if len(set(schema.names)) < len(schema.names):
        raise invalid("column names must differ", where, "a name that occurs twice", "rename the columns")
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    return pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts)


def _is_binary(kind: DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _batches(
    file: File, columns: list[str], name: str, limits: Limits, progress: Progress, cancelled: Cancelled
) -> list[Any]:
    batches, rows, held = [], 0, 0
    total = file.metadata.num_rows
    budget = 8 * max(limits.cells, limits.bytes)
    for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, columns=columns, use_threads=False):
        if cancelled():
            raise stopped(f"reading '{plain(name)}'")
        rows, held = rows + batch.num_rows, held + batch.nbytes
        if rows > total or held > budget:   # more than the footer says, or very long texts
            raise too_many_rows(f"over {rows:,}", len(columns), name, limits)
        batches.append(batch)
        progress(min(rows / total, 1.0), f"{rows:,} rows read")
    return batches


def _damaged(name: str) -> InvalidData:
    return invalid("the Parquet file cannot be read", f"file '{plain(name)}'", "a damaged file", "write it again")
