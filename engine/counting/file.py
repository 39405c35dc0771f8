"""A count table as a Parquet file with its roles inside: what one machine counts, another one assesses or adds up."""

from __future__ import annotations

import hashlib
import io
import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from engine.counting import arrow
from engine.counting.counts import Numbers
from engine.counting.gathering import Tabulated
from engine.counting.groups import Groups
from engine.counting.plan import Plan
from engine.counting.table import SLOTS, CountTable
from engine.errors import InvalidData, Issue
from engine.text import plain
from engine.types import Attribute, Exclusion, Floats, frozen

FORMAT = "equipoise-counts/1"
KEY = b"equipoise"
LARGEST = 200_000_000    # bytes of a file; 1,300 groups of 1,025 bins take a tenth of it
MOST_CELLS = 60_000_000  # groups x bins x outcomes
COLUMNS = ("cell", "bin", "outcome", "rows", "score_sum", "score_squares", "weights", "squares")


@dataclass(frozen=True, eq=False)
class CountsFile:
    """A count table, what its columns were, and the rows that are not in it."""

    tabulated: Tabulated
    plan: Plan
    suppressed: int = 0      # groups left out because they are small
    sha256: str = ""         # of the file's bytes; empty before it is written

    @property
    def table(self) -> CountTable:
        """The counts."""
        return self.tabulated.table


def written(counts: CountsFile) -> bytes:
    """Return the file's bytes; equal counts of the same version of PyArrow give equal bytes."""
    import pyarrow.parquet as pq

    table = counts.table
    cell, place, slot = np.nonzero(table.counts)
    weights = table.weights if table.weights is not None else table.counts.astype(np.float64)
    squares = table.squares if table.squares is not None else weights
    sums = (table.counts, table.score_sum, table.score_squares, weights, squares)
    arrays = (cell, place, slot.astype(np.int8), *(part[cell, place, slot] for part in sums))
    said = json.dumps(_said(counts), sort_keys=True, allow_nan=False)
    columns = dict(zip(COLUMNS, map(arrow.numbers, arrays), strict=True))
    lines = pa.table(columns).replace_schema_metadata({KEY: said.encode()})
    out = io.BytesIO()
    pq.write_table(lines, out, compression="zstd")
    return out.getvalue()


def is_counts(data: bytes) -> bool:
    """Return whether a file's bytes are those of a count table, from its footer alone."""
    import pyarrow.parquet as pq

    if not data.startswith(b"PAR1"):
        return False
    try:
        return KEY in (pq.read_schema(pa.BufferReader(data)).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return False


def read_counts(source: bytes | Path, name: str) -> CountsFile:
    """Return the count table in a file.

    Raises
    ------
    InvalidData
        It is too large, no count table, of another version, or its numbers contradict each other.
    """
    data = source if isinstance(source, bytes) else _bytes(source, name)
    if len(data) > LARGEST:
        raise _refused(name, f"{len(data) / 1e6:,.0f} MB")
    try:
        lines, said = _parsed(data)
        counts = _counts(lines, said)
    except InvalidData:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, IndexError, RecursionError, OverflowError):
        raise _refused(name, "something else, or a damaged file") from None
    return replace(counts, sha256=hashlib.sha256(data).hexdigest())


def _bytes(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise _refused(name, (error.strerror or "an error").lower()) from None


def _parsed(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(data))
    said = json.loads(file.schema_arrow.metadata[KEY])
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ValueError("format")
    if file.metadata.num_rows > MOST_CELLS:
        raise ValueError("rows")
    lines = file.read(columns=list(COLUMNS))
    return {name: lines[name].to_numpy() for name in COLUMNS}, said


def _counts(lines: dict[str, Any], said: dict[str, Any]) -> CountsFile:
    plan = _plan(said["plan"])
    edges = np.array(said["edges"], dtype=np.float64)
    levels = tuple(tuple(str(level) for level in each) for each in said["levels"])
    members = np.array(said["members"], dtype=np.int64).reshape(-1, len(levels))
    shape = (len(members), len(edges), SLOTS)
    place = tuple(lines[name].astype(np.int64) for name in COLUMNS[:3])
    _check(lines, place, shape, members, levels, edges)
    groups = Groups(tuple(a.column for a in plan.protected), levels, frozen(members))

    def filled(name: str, kind: type) -> Numbers:
        out: Numbers = np.zeros(shape, dtype=kind)
        out[place] = lines[name].astype(kind)
        return frozen(out)

    weighted = plan.weight is not None
    excluded = tuple(Exclusion(str(item["reason"]), int(item["rows"])) for item in said["excluded"])
    table = CountTable(
        groups, frozen(edges), said["rule"], filled("rows", np.int64), filled("score_sum", np.float64),
        filled("score_squares", np.float64), int(said["unscored"]),
        filled("weights", np.float64) if weighted else None, filled("squares", np.float64) if weighted else None,
    )
    return CountsFile(Tabulated(table, int(said["rows"]), excluded), plan, int(said["suppressed"]))


def _check(
    lines: dict[str, Any], place: tuple[Any, ...], shape: tuple[int, int, int], members: Any,   # noqa: ANN401
    levels: tuple[tuple[str, ...], ...], edges: Floats,
) -> None:
    """Raise ValueError where the numbers of a file cannot be those of a table."""
    sizes = np.array([len(each) for each in levels])
    sound = (
        0 < math.prod(shape) <= MOST_CELLS
        and all(len(p) == 0 or (p.min() >= 0 and p.max() < size) for p, size in zip(place, shape, strict=True))
        and bool((members >= 0).all() and (members < sizes).all())
        and bool(np.isfinite(edges).all() and (np.diff(edges) > 0).all())
        and bool((lines["rows"] >= 0).all())
        and all(bool(np.isfinite(lines[name]).all()) for name in COLUMNS[4:])
        and len(np.unique(np.ravel_multi_index(place, shape))) == len(place[0])
    )
    if not sound:
        raise ValueError("contradiction")


def _said(counts: CountsFile) -> dict[str, Any]:
    table, whole = counts.table, counts.tabulated
    return {
        "format": FORMAT, "plan": asdict(counts.plan), "levels": table.groups.levels,
        "members": table.groups.members.tolist(), "edges": table.edges.tolist(), "rule": table.rule,
        "rows": whole.rows, "unscored": table.unscored, "suppressed": counts.suppressed,
        "excluded": [asdict(item) for item in whole.excluded], "digest": table.digest(),
    }


def _plan(said: dict[str, Any]) -> Plan:
    protected = tuple(
        Attribute(str(a["column"]), a["kind"], tuple(float(edge) for edge in a["edges"]), a["reference"])
        for a in said["protected"]
    )
    bins = said["bins"]
    return Plan(**{**said, "protected": protected, "bins": bins if isinstance(bins, str) else tuple(map(float, bins))})


def _refused(name: str, got: str) -> InvalidData:
    return InvalidData(Issue("error", "the file must be a count table", f"file '{plain(name)}'", got,
                             "write it with 'python -m engine tabulate'"))
