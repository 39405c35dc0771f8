"""A table written as CSV: every input column as it is, then columns that a command adds."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.data.table import Table
from engine.errors import invalid

Column = Any   # pyarrow.Array: pyarrow has no types that mypy can read


def write(path: Path, source: str, table: Table, added: Mapping[str, Column]) -> None:
    """Write every input column as it is, then those that are added; nothing half-written is left.

    Raises
    ------
    InvalidData
        An added column is there already, the output is the data's own file, or it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.csv

    taken = [name for name in added if name in table.columns]
    if taken:
        raise invalid("the columns that are added must be new", f"file {table.name!r}", f"a column {taken[0]!r}",
                      "rename or drop it")
    if path.exists() and Path(source).exists() and path.samefile(source):
        raise invalid("the output must be another file than the data", "-o", repr(path.name), "name another file")
    columns = [table.data[name] for name in table.columns]
    columns = [*(pa.chunked_array(column).cast(pa.string()) for column in columns), *added.values()]
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow([*table.columns, *added])
    names = [str(place) for place in range(len(columns))]   # of the Arrow table, which are not written
    half = path.with_name(path.name + ".part")
    try:
        with half.open("wb") as file:
            file.write(head.getvalue().encode())
            options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
            pa.csv.write_csv(pa.table(columns, names=names), file, options)
        os.replace(half, path)
    except OSError as error:
        half.unlink(missing_ok=True)
        why = (error.strerror or "an error").lower()
        raise invalid("the output cannot be written", f"-o {path.name!r}", why, "choose another place") from None
