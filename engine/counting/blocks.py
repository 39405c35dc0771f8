"""A file block by block, by PyArrow and NumPy alone: Parquet by one thread for each core, each its own row groups."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.counting import arrow
from engine.counting.lines import SEPARATORS, Counted, named, unreadable
from engine.counting.plan import Plan, missing_columns
from engine.counting.tally import Block, Tally
from engine.errors import invalid
from engine.text import plain

IN_FLIGHT = 1 << 21   # rows held at a time, by all threads together: up to 300 MB; smaller blocks cost page faults
MOST_THREADS = 4


def numpy_engine(path: Path, plan: Plan) -> Counted:
    """Count a file by NumPy; what is held is a block of rows and a table for each thread, however long the file."""
    try:
        if path.suffix.lower() in SEPARATORS:
            return _tallied(_text_blocks(path), path, plan).lines()
        shares = _shares(path, plan)
        with ThreadPoolExecutor(len(shares)) as pool:
            first, *others = pool.map(partial(_share, path, plan, IN_FLIGHT // len(shares)), shares)
        for other in others:
            first.merge(other)
        return first.lines()
    except (pa.ArrowException, OSError):
        raise unreadable(path) from None


def _shares(path: Path, plan: Plan) -> list[Sequence[int]]:
    """Return which row groups of a Parquet file each thread reads."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        missing_columns(plan, schema.names, named(path))
        for name in plan.columns:
            if pa.types.is_nested(schema.field(name).type):
                raise invalid("a column must hold one value in each row", f"column '{plain(name)}' of {named(path)}",
                              "lists or records", "choose another column")
        groups = range(file.num_row_groups)
    threads = max(1, min(os.cpu_count() or 1, len(groups), MOST_THREADS))
    return [groups[k::threads] for k in range(threads)]


def _share(path: Path, plan: Plan, rows: int, groups: Sequence[int]) -> Tally:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        texts = [name for name in plan.columns if pa.types.is_string(file.schema_arrow.field(name).type)]
    with pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False) as file:
        blocks = file.iter_batches(rows, groups, list(plan.columns), use_threads=False) if groups else ()
        return _tallied(map(_table, blocks), path, plan)


def _table(batch: Any) -> Block:   # noqa: ANN401  pyarrow.RecordBatch
    return pa.Table.from_batches([batch])


def _tallied(blocks: Iterator[Block], path: Path, plan: Plan) -> Tally:
    tally = Tally(plan)
    for block in blocks:
        missing_columns(plan, block.schema.names, named(path))
        tally.add(_with_numbers(block.select(plan.columns), plan))
    return tally


def _text_blocks(path: Path) -> Iterator[Block]:
    import pyarrow.csv

    from engine.data.limits import Limits
    from engine.data.sniffing import delimiter, first_lines, header

    with path.open("rb") as file:
        head = file.read(1 << 20)
    lines = first_lines(head, path.name, "utf-8")
    mark = delimiter(lines, path.name)
    columns = header(lines, mark, path.name, Limits())
    convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False)
    with pyarrow.csv.open_csv(path, parse_options=pyarrow.csv.ParseOptions(delimiter=mark),
                              convert_options=convert) as reader:
        yield from map(_table, reader)


def _with_numbers(table: Block, plan: Plan) -> Block:
    """Return the table with columns of text that must hold numbers converted.

    Raises
    ------
    InvalidData
        A cell holds something else.
    """
    from engine.data.table import Table

    for name in plan.numeric:
        kind = table.schema.field(name).type
        if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
            read = Table("", "", (name,), {name: table[name]}, table.num_rows).numbers(name)
            if read.unreadable:
                raise invalid("scores, weights and continuous attributes must hold numbers",
                              f"column '{plain(name)}'",
                              f"cells that hold something else, e.g. '{plain(read.example)}'",
                              "correct them, or choose another column")
            table = table.set_column(table.column_names.index(name), name, arrow.numbers(read.values))
    return table
