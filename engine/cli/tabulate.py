"""``tabulate`` and ``merge``: rows elsewhere to a small table of counts, and several such tables to one."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

from engine.cli import naming, options
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.watching import watched
from engine.counting.engines import ENGINES
from engine.counting.file import CountsFile, is_counts, read_counts, written
from engine.counting.plan import Bins, Plan
from engine.counting.pooling import coarsened, merged, without_small
from engine.counting.tabulate import tabulate
from engine.errors import invalid
from engine.types import Attribute


def run(arguments: argparse.Namespace) -> Outcome:
    """Count a source and write its table."""
    out = _out(arguments.output)
    plan = plan_of(arguments)
    parts = out.with_name(out.name + ".parts")
    found = tabulate(arguments.data, plan, arguments.engine, arguments.master, parts, watched)
    counts = CountsFile(found, plan)
    if arguments.coarsen:
        counts = replace(counts, tabulated=replace(found, table=coarsened(found.table, arguments.coarsen)))
    if arguments.suppress_under:
        counts = without_small(counts, arguments.suppress_under)
    outcome = _write(counts, out)
    shutil.rmtree(parts, ignore_errors=True)
    return outcome


def merge(arguments: argparse.Namespace) -> Outcome:
    """Add up count tables and write the sum."""
    out = _out(arguments.output)
    files = [read_counts(Path(name), Path(name).name) for name in arguments.tables]
    return _write(merged(files), out)


def plan_of(arguments: argparse.Namespace) -> Plan:
    """Return what the options ask to be counted; a kind that is not given is nominal unless there are edges."""
    words = [*arguments.protected]
    names = [naming.attribute(word, _spoken(word)) for word in words]
    columns = [name for name, _ in names]
    edges, references = naming.edges(arguments.edges, columns), naming.references(arguments.reference, columns)
    protected = tuple(
        Attribute(name, kind or ("continuous" if name in edges else "nominal"), edges.get(name, ()),
                  references.get(name))
        for name, kind in names
    )
    return Plan(
        protected, arguments.score, arguments.prediction, arguments.selected, arguments.label, arguments.positive,
        arguments.favourable or "selected", arguments.weight, _bins(arguments.bins),
    )


def _spoken(word: str) -> list[str]:
    """Return the column names that a word may stand for, so that a colon before a kind is told from one in a name."""
    name, _, kind = word.rpartition(":")
    return [] if name and kind in ("nominal", "continuous") else [word, word.replace("::", ":")]


def _bins(word: str) -> Bins:
    if word == "grid" or word == "values":
        return "grid" if word == "grid" else "values"
    path = Path(word)
    if not path.is_file():
        raise invalid("bins are grid, values or a file of edges", "--bins", repr(word), "name a file, or use grid")
    if path.open("rb").read(4) == b"PAR1" and is_counts(path.read_bytes()):
        return tuple(read_counts(path, path.name).table.edges.tolist())
    try:
        return tuple(float(edge) for edge in json.loads(path.read_bytes()[:1_000_000]))
    except (ValueError, TypeError, RecursionError):
        raise invalid("a file of edges holds a JSON list of numbers", f"--bins {path.name!r}", "something else",
                      "e.g. [0, 0.25, 0.5, 0.75]") from None


def _out(name: str) -> Path:
    path = Path(name)
    if not path.parent.is_dir():
        raise invalid("the file must be written into a folder that exists", "-o", repr(name), "make the folder first")
    return path


def _write(counts: CountsFile, out: Path) -> Outcome:
    data = written(counts)
    try:
        out.write_bytes(data)
    except OSError as error:
        raise invalid("the file cannot be written", "-o", (error.strerror or "an error").lower(), "check the path"
                      ) from None
    table, whole = counts.table, counts.tabulated
    return Outcome({
        "rows": whole.rows, "rows_counted": int(table.counts.sum()),
        "excluded": [asdict(item) for item in whole.excluded], "suppressed_groups": counts.suppressed,
        "cells": int((table.counts > 0).sum()), "groups": len(table.groups), "bins": len(table.edges),
        "digest": table.digest(), "bytes": len(data), "file": out.name,
    })


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    group = parser.add_argument_group("counting")
    group.add_argument("-o", "--output", metavar="FILE", required=True, help="the table, a Parquet file")
    group.add_argument("--engine", choices=tuple(ENGINES),
                       help="what counts the rows (numpy for Parquet, duckdb for text)")
    group.add_argument("--master", metavar="URL", help="the Spark cluster, e.g. spark://host:7077 or sc://host")
    group.add_argument("--bins", metavar="grid|values|FILE", default="grid",
                       help="k/1024 in [0, 1] (grid), each distinct score (values), or edges from a file")
    group.add_argument("--suppress-under", metavar="N", type=types.count, default=0,
                       help="leave out groups of fewer rows, and more where one could be had by subtraction")
    group.add_argument("--coarsen", metavar="BINS", type=types.count, default=0, help="fewer bins of the grid, e.g. 64")


def _add_merge_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tables", metavar="COUNTS", nargs="+", help="files written by tabulate or merge")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the sum, a Parquet file")


def _show(value: Value) -> str:
    lost = "".join(f"\n  {item['rows']:,} rows left out: {item['reason']}" for item in value["excluded"])
    small = f"\n  {value['suppressed_groups']:,} small groups left out" if value["suppressed_groups"] else ""
    return (f"{value['rows_counted']:,} of {value['rows']:,} rows counted into {value['cells']:,} cells "
            f"({value['groups']:,} groups, {value['bins']:,} bins), {value['bytes'] / 1e6:.2f} MB{lost}{small}\n"
            f"digest {value['digest']}")


TABULATE_COMMAND = Command("tabulate", "count rows where they are: files, folders, a cluster", _add_arguments, run,
                           _show)
MERGE_COMMAND = Command("merge", "add up count tables of several sources", _add_merge_arguments, merge, _show)
