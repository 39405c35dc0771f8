"""``score``: a model from a file on every row of a table, written as a copy with one more column."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.values import finite
from engine.cli.watching import watched
from engine.cli.written import Column, write
from engine.counting.file import is_counts
from engine.data.catalogue import CATALOGUE, open_table
from engine.data.limits import Limits
from engine.data.reading import Table, read
from engine.errors import invalid
from engine.scoring import scorer
from engine.scoring.sandbox import BOUNDS
from engine.scoring.scored import Scored
from engine.scoring.scorer import FileModel


def run(arguments: argparse.Namespace) -> Outcome:
    """Return what scored the rows and how fast; write them where ``-o`` says."""
    table = _table(arguments.data)
    model, sha256 = model_in(arguments.model, arguments.map, table)
    begun = perf_counter()
    found = model.score(table, watched)
    seconds = perf_counter() - begun
    watched(1.0, "done")
    write(Path(arguments.output), arguments.data, table, {arguments.column: _column(found)})
    return Outcome({
        "rows": table.rows, "column": arguments.column, "provider": found.provider,
        "rows_per_second": finite(table.rows / seconds) if seconds > 0 else None, "seconds": seconds,
        "unscored": found.unscored, "notes": [note.sentence() for note in found.notes],
        "model": model.name, "model_sha256": sha256, "reads": list(model.columns),
        "data_sha256": table.sha256, "output": arguments.output,
    })


def model_in(file: str, maps: Sequence[str], table: Table) -> tuple[FileModel, str]:
    """Return the model that a file holds, fed by a table's columns, and the hash of its bytes.

    Raises
    ------
    InvalidData
        Where the file cannot be read, is refused, or finds no columns; where a mapping is none.
    """
    path = Path(file)
    content = _content(path)
    model = scorer.opened(content, path.name, table.columns, dict(map(_mapping, maps)))
    return model, hashlib.sha256(content).hexdigest()


def add_mapping(parser: argparse._ActionsContainer) -> None:
    """Add which columns feed a model from a file."""
    parser.add_argument("--map", metavar="INPUT=COL,...", action="append", default=[],
                        help="the columns of an ONNX model's input, in the order of its training; repeat for more "
                             "(the column of the input's name)")


def _content(path: Path) -> bytes:
    """Return the model file's bytes; one too large is not read."""
    try:
        if path.stat().st_size > BOUNDS.file:
            raise invalid("a model's file may be so large", f"--model {path.name!r}",
                          f"{path.stat().st_size:,} bytes, more than {BOUNDS.file:,}", "use a smaller model")
        return path.read_bytes()
    except OSError as error:
        why = (error.strerror or "an error").lower()
        raise invalid("the model cannot be read", f"--model {path.name!r}", why, "check the path") from None


def _table(data: str) -> Table:
    if data in CATALOGUE:
        return open_table(data, progress=watched)
    if _holds_counts(Path(data)):
        raise invalid("a model scores rows", f"file {Path(data).name!r}", "a count table, which holds none",
                      "name the file that it was counted from")
    return read(Path(data), Path(data).name, Limits.from_environment())


def _holds_counts(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1" and is_counts(path.read_bytes())
    except OSError:   # `read` says what is wrong with it
        return False


def _mapping(words: str) -> tuple[str, tuple[str, ...]]:
    name, equals, columns = words.partition("=")
    found = types.names(columns)
    if not (equals and name and found):
        raise invalid("a mapping names an input and its columns", "--map", repr(words), "write INPUT=COLUMN,...")
    return name.strip(), found


def _column(found: Scored) -> Column:
    import pyarrow as pa

    return pa.array(found.values, mask=~np.isfinite(found.values))


def _show(value: Value) -> str:
    speed = value["rows_per_second"]
    lines = [f"{value['rows']:,} rows scored by {value['model']} on {value['provider']}"
             + (f", {speed:,.0f} rows a second" if speed is not None else "")]
    if value["unscored"]:
        lines.append(f"{value['unscored']:,} rows have no score")
    return "\n".join([*lines, *value["notes"], f"column {value['column']!r} written: {value['output']}"])


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="a CSV or Parquet file, or the name of a catalogued data set")
    parser.add_argument("--model", metavar="FILE", required=True,
                        help="a model in ONNX, or logistic coefficients in JSON; run in a process of its own")
    parser.add_argument("-o", "--output", metavar="FILE", required=True,
                        help="where the rows are written, with their score (CSV)")
    parser.add_argument("--column", metavar="NAME", default="score", help="the added column's name (score)")
    add_mapping(parser)


SCORE_COMMAND = Command("score", "a model from a file on every row of a table: one more column", _add_arguments, run,
                        _show)
