"""What every engine hands over: one line for each combination of groups, outcome and bin, with its rows and sums."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.counting.expression import BIN, DECISION, GROUP, LABEL, ROWS, SCORE, SUMS, keys_of
from engine.counting.plan import Plan
from engine.errors import invalid
from engine.text import plain

Counted = Any      # pyarrow.Table: pyarrow has no types that mypy can read

MOST_LINES = 4_000_000    # of a table: 1,300 groups of 1,025 bins and 3 outcomes
SEPARATORS = {".csv", ".txt", ".tsv"}


def aligned(lines: Counted, plan: Plan) -> Counted:
    """Return the lines with one schema, whatever the engine's types, so that the lines of several files add up."""
    if lines.num_rows > MOST_LINES:
        raise too_large(plan, f"{lines.num_rows:,} lines")
    kinds = {BIN: pa.int64(), SCORE: pa.float64(), ROWS: pa.int64(), LABEL: pa.string(), DECISION: pa.string()}
    kinds |= dict.fromkeys(SUMS, pa.float64())
    kinds |= {GROUP.format(k): pa.string() for k in range(len(plan.protected))}
    names = (*keys_of(plan), ROWS, *SUMS)
    return pa.table({name: lines[name].cast(kinds[name]) for name in names})


def too_large(plan: Plan, got: str) -> Exception:
    """Return the refusal of a table that has outgrown what a table is for."""
    return invalid("the table of counts would be too large", f"score '{plain(plan.column)}' by group", got,
                   "use fewer attributes, or --bins grid")


def folded(parts: Sequence[Counted], plan: Plan) -> Counted:
    """Return the lines of several parts added up."""
    if len(parts) == 1:
        return parts[0]
    keys, sums = keys_of(plan), (ROWS, *SUMS)
    total = pa.concat_tables(parts).group_by(list(keys)).aggregate([(name, "sum") for name in sums])
    return aligned(total.rename_columns([name.removesuffix("_sum") if name.removesuffix("_sum") in sums else name
                                         for name in total.column_names]), plan)


def named(path: Path) -> str:
    """Return how messages call a file."""
    return f"file '{plain(path.name)}'"


def unreadable(path: Path) -> Exception:
    """Return the refusal of a file that is no table."""
    return invalid("the source must be Parquet or delimited text", named(path), "something else, or a damaged file",
                   "write it again, or name another file")
