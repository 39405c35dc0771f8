"""Rows elsewhere to a count table here: a file, a folder or a pattern of files, by the engine that has them."""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.counting.engines import ENGINES, installed, quickest, spark_engine
from engine.counting.gathering import Tabulated, gathered
from engine.counting.lines import SEPARATORS, Counted
from engine.counting.plan import Plan
from engine.errors import invalid, stopped
from engine.text import plain
from engine.types import Cancelled, Progress

READABLE = SEPARATORS | {".parquet", ".pq"}


def tabulate(
    source: str, plan: Plan, engine: str | None = None, master: str | None = None, parts: Path | None = None,
    progress: Progress | None = None, cancelled: Cancelled | None = None,
) -> Tabulated:
    """Return the count table of a source; its rows are never held here, only the table.

    Parameters
    ----------
    source
        The path of a Parquet or delimited file, of a folder of such files, or a pattern such as ``2026-*.parquet``.
    plan
        Columns, groups and bins. Every engine gives the same whole numbers; sums of scores agree up to rounding.
    engine
        ``duckdb``, ``polars``, ``spark`` or ``numpy``; NumPy for Parquet and DuckDB for text without.
    master
        For Spark: the address of an existing cluster (``spark://...``, ``sc://...``); a local session without.
    parts
        A folder that keeps the lines of each file counted, so that work that broke off goes on where it stopped.
    progress, cancelled
        Told after each file; asked before each.

    Raises
    ------
    InvalidData
        No such file, a column that does not exist or does not hold what its role needs, an engine that is not there.
    """
    files = files_of(source)
    count: Callable[[Path, Plan], Counted] = quickest if engine is None else ENGINES[installed(engine)]
    if engine == "spark":
        count, files = partial(spark_engine, master=master), files if len(files) == 1 else [Path(source)]
    lines = []
    for done, file in enumerate(files):
        if cancelled is not None and cancelled():
            raise stopped("counting")
        if progress is not None:
            progress(done / len(files), f"{plain(file.name)}, file {done + 1:,} of {len(files):,}")
        lines.append(_counted(file, plan, count, parts))
    return gathered(lines, plan, f"'{plain(Path(source).name)}'")


def files_of(source: str) -> list[Path]:
    """Return the files that a source names, in order of their names.

    Raises
    ------
    InvalidData
        There is none that can be read.
    """
    path = Path(source)
    if path.is_dir():
        found = [file for file in sorted(path.rglob("*")) if file.suffix.lower() in READABLE and file.is_file()]
    elif path.is_file():
        found = [path]
    else:
        found = [Path(name) for name in sorted(glob.glob(source, recursive=True)) if Path(name).is_file()]
    if not found:
        raise invalid("the source must name files", f"source '{plain(source)}'", "none found",
                      "name a Parquet or CSV file, a folder of them, or a pattern")
    return found


def _counted(file: Path, plan: Plan, count: Callable[[Path, Plan], Counted], parts: Path | None) -> Counted:
    """Return the lines of one file; kept in `parts`, and taken from there where the file has not changed since."""
    if parts is None:
        return count(file, plan)
    kept = parts / f"{_mark(file, plan)}.arrow"
    if kept.exists():
        with pa.OSFile(str(kept)) as opened:
            return pa.ipc.open_file(opened).read_all()
    lines = count(file, plan)
    parts.mkdir(parents=True, exist_ok=True)
    new = kept.with_suffix(".new")
    with pa.OSFile(str(new), "wb") as opened, pa.ipc.new_file(opened, lines.schema) as writer:
        writer.write_table(lines)
    new.replace(kept)   # a file that broke off half-way is never taken for a whole one
    return lines


def _mark(file: Path, plan: Plan) -> str:
    seen = file.stat()
    said: dict[str, Any] = {"file": str(file.resolve()), "size": seen.st_size, "time": seen.st_mtime_ns,
                            "plan": asdict(plan)}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
