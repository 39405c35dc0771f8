"""A doctored sample as a table to take away, marked as what it is in every row and in its name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.features import MOST_LEVELS, OTHER
from engine.data.table import Table
from engine.manipulation.attacks import Forgery
from engine.manipulation.sample import Sample
from engine.text import cell
from engine.types import Dataset, Floats, Ints

WATERMARK = "manipulated: simulation"
MARK = "manipulated-simulation"      # the same in a file's name, where a colon may not stand
COLUMN, CHANGED = "watermark", "row_changed"
DECISION = "decision"
Fetch = Callable[[str, Ints], Sequence[object]]   # a column's name, rows -> its cells as the source holds them


def marked(name: str) -> str:
    """Return a file name that says what the file holds; one that says so already stays.

    >>> marked("out/sample.csv"), marked("manipulated-simulation.csv")
    ('out/sample.manipulated-simulation.csv', 'manipulated-simulation.csv')
    """
    path = PurePath(name)
    return name if MARK in path.name else str(path.with_name(f"{path.stem}.{MARK}{path.suffix or '.csv'}"))


def doctored_columns(
    forgery: Forgery, columns: Sequence[str], protected: Sequence[str], fetch: Fetch, decision: str = DECISION,
    words: tuple[object, object] = (0, 1),
) -> dict[str, list[object]]:
    """Return the submitted sample column by column.

    Rows show the columns of the row they became; a row that changed its side takes the protected values of a row of the
    largest group there. The decision column is written anew.

    Parameters
    ----------
    forgery
        What `simulate` returned for the source that `fetch` reads.
    columns
        Names of all columns to write, in order.
    protected
        Those among them that make the groups.
    fetch
        Reads cells of the source.
    decision
        The decision's column; added where it is not among the columns.
    words
        What it says for an unfavourable and for a favourable decision.
    """
    found: dict[str, list[object]] = {name: list(fetch(name, forgery.origin)) for name in columns}
    _regrouped(found, forgery, protected, fetch)
    for feature in forgery.sample.features if forgery.request.attack == "gradient" else ():
        if not feature.levels and feature.name in found:
            for i in np.flatnonzero(forgery.changed):
                found[feature.name][i] = float(feature.values[i])
    found[decision] = [words[int(y)] for y in forgery.sample.decision]
    found[CHANGED] = [int(changed) for changed in forgery.changed]
    found[COLUMN] = [WATERMARK] * len(forgery.sample)
    return found


def decision_words(sample: Sample, decision: str, fetch: Fetch) -> tuple[object, object]:
    """Return what a column says for an unfavourable and for a favourable decision; 0 or 1 where there is none."""
    found: list[object] = [0, 1]
    for y in (0, 1):
        rows = sample.rows[np.flatnonzero(sample.decision == y)[:1]]
        found[y] = next(iter(fetch(decision, rows)), y)
    return found[0], found[1]


def csv_text(columns: Mapping[str, Sequence[object]]) -> str:
    """Return columns as CSV that no spreadsheet takes for formulas."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([cell(name) for name in columns])
    writer.writerows([_written(value) for value in row] for row in zip(*columns.values(), strict=True))
    return written.getvalue()


def reader(dataset: Dataset) -> tuple[tuple[str, ...], Fetch]:
    """Return the names of the columns that a data set still holds, and how their cells are read."""
    columns: dict[str, Callable[[Ints], Sequence[object]]] = {}
    for attribute in dataset.attributes:
        if attribute.values is not None:
            columns[attribute.name] = _numbers(attribute.values)
        else:
            columns[attribute.name] = _names(attribute.levels, attribute.codes)
    for feature in dataset.features:
        columns[feature.name] = (_names((*feature.levels, ""), feature.values) if feature.levels
                                 else _numbers(feature.values.astype(np.float64)))
    if dataset.label is not None and dataset.roles.label is not None:
        names = (f"not {dataset.roles.positive}", str(dataset.roles.positive), "")
        columns[dataset.roles.label] = _names(names, dataset.label)
    return tuple(columns), lambda name, rows: columns[name](rows)


def table_of(dataset: Dataset, decision: Floats, name: str = DECISION, words: tuple[str, str] = ("0", "1")) -> Table:
    """Return what a data set still holds as a table, to be compared with a file.

    The outcome is left out, since its other value is not kept, and so are columns whose rare values were put together
    when they were read: they would differ from a file's without reason.
    """
    import pyarrow as pa

    names, fetch = reader(dataset)
    merged = {f.name for f in dataset.features if len(f.levels) > MOST_LEVELS and OTHER in f.levels}
    kept = [column for column in names if column not in merged and column not in (dataset.roles.label, name)]
    every = np.arange(dataset.n)
    data = {column: pa.chunked_array([pa.array(fetch(column, every))]) for column in kept}
    data[name] = pa.chunked_array([pa.array([None if np.isnan(v) else words[int(v)] for v in decision])])
    return Table(dataset.name, dataset.sha256, (*kept, name), data, dataset.n)


def _names(levels: Sequence[str], codes: NDArray[Any]) -> Callable[[Ints], Sequence[object]]:
    return lambda rows: [levels[int(code)] for code in codes[rows]]


def _numbers(values: Floats) -> Callable[[Ints], Sequence[object]]:
    return lambda rows: [None if np.isnan(value) else float(value) for value in values[rows]]


def _regrouped(found: dict[str, list[object]], forgery: Forgery, protected: Sequence[str], fetch: Fetch) -> None:
    places = np.full(int(forgery.source.rows.max()) + 1, -1, dtype=np.int64)
    places[forgery.source.rows] = forgery.source.group
    moved = np.flatnonzero(places[forgery.origin] != forgery.sample.group)
    for side in np.unique(forgery.sample.group[moved]):
        model = _typical(forgery.source, int(side), protected, fetch)
        for name in protected:
            for i in moved[forgery.sample.group[moved] == side]:
                found[name][i] = model[name]


def _typical(source: Sample, side: int, protected: Sequence[str], fetch: Fetch) -> dict[str, object]:
    """Return the protected values that most rows of a side have."""
    rows = source.rows[np.flatnonzero(source.group == side)]
    cells = list(zip(*(fetch(name, rows) for name in protected), strict=True))
    most = _most(cells)
    return dict(zip(protected, most, strict=True))


def _most(cells: Sequence[tuple[object, ...]]) -> tuple[object, ...]:
    counts: dict[tuple[object, ...], int] = {}
    for each in cells:
        counts[each] = counts.get(each, 0) + 1
    return max(counts, key=counts.__getitem__)


def _written(value: object) -> object:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, str) and not re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", value):
        return cell(value)
    return "" if value is None else value
