"""What a visitor should know about a data set before believing a number made from it. Nothing here changes a row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.data.table import Table, canonical
from engine.errors import Issue
from engine.text import plain
from engine.types import MISSING, UNKNOWN, AttributeValues, Dataset, Floats, Ints

LEAKAGE = 0.995      # area under the ROC curve from which a column looks like the outcome itself
REVERSED = 0.45      # area below which a score seems to rank towards the other outcome
SMALL = 30           # rows of a group below which its rates are mostly noise
ID_LIKE = 0.95       # share of distinct texts from which a column looks like an identifier
_MANY = 5            # names in one sentence


def inspect(dataset: Dataset, table: Table | None = None) -> tuple[Issue, ...]:
    """Return what is remarkable: the issues of ingestion, then of columns, rows, groups and leakage.

    Looks at rows once or sorts them: O(n log n). With the table also: missing cells, repeated rows, constant columns
    and columns that look like identifiers.

    Parameters
    ----------
    dataset
        As ingested.
    table
        What it was ingested from, while it is still at hand.
    """
    found = list(dataset.issues)
    if table is not None:
        found += _table(dataset, table)
    found += _scores_missing(dataset)
    for attribute in dataset.attributes:
        found += _groups(dataset, attribute)
    found += _leakage(dataset)
    return tuple(found)


def separation(values: Floats, label: NDArray[np.int8]) -> float:
    """Return the area under the ROC curve of a column for the outcome, ties at one half; in [0, 1].

    Rows without a value or an outcome are left out; NaN where that leaves one class. Mann and Whitney 1947.

    >>> separation(np.array([0.1, 0.4, 0.4, 0.9]), np.array([0, 0, 1, 1], dtype=np.int8))
    0.875
    """
    used = ~np.isnan(values) & (label != UNKNOWN)
    distinct, place = np.unique(values[used], return_inverse=True)
    positive = np.bincount(place[label[used] == 1], minlength=len(distinct))
    negative = np.bincount(place[label[used] == 0], minlength=len(distinct))
    pairs = float(positive.sum()) * float(negative.sum())
    if pairs == 0:
        return float("nan")
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs)


def _table(dataset: Dataset, table: Table) -> Iterator[Issue]:
    missing, constant, unlike = [], [], []
    roles, marks, named = dataset.roles, np.zeros(table.rows, dtype=np.uint64), False
    protected = {attribute.column for attribute in roles.protected}
    for column in table.columns:
        keep = canonical(str(roles.positive)) if column == roles.label else None   # as ingestion takes it
        text, name = table.text(column, column in protected, keep), f"'{plain(column)}'"
        if text.missing:
            missing.append(f"{name} {text.missing:,}")
        if len(text.levels) < 2:
            constant.append(name)
        if column == roles.id:
            named = len(text.levels) == table.rows
        else:
            marks = _mixed(marks ^ _mixed(text.codes.astype(np.uint64)))
            if _looks_like_id(table, column, len(text.levels)):
                unlike.append(name)
    rows = f"{table.rows:,} rows"
    if missing:
        yield Issue("note", "cells without a value, by column", rows, _several("", missing), "check why they are empty")
    if constant:
        yield Issue("note", "the same value in every row", _several("columns", constant), rows, "leave them out")
    if unlike:
        yield Issue("warning", "values that look like identifiers", _several("columns", unlike),
                    f"over {ID_LIKE:.0%} of them differ", "do not use them as features")
    repeated = table.rows - len(np.unique(marks))
    if repeated:
        yield _repeated(dataset, f"{repeated:,} of {rows}", named)


def _repeated(dataset: Dataset, got: str, named: bool) -> Issue:
    """Return what is said of rows that are alike: no reason to worry where the row id names each one."""
    where = f"data set '{plain(dataset.name)}'"
    if named:
        return Issue("note", "rows that differ from another row in the row id alone", where, got,
                     "nothing to do where the row id names a person or case: none was counted twice")
    return Issue("warning", "rows that repeat another row in every column read", where, got,
                 "find out whether a unit was counted twice")


def _looks_like_id(table: Table, column: str, distinct: int) -> bool:
    """Return whether nearly all values differ and are texts or whole numbers; measurements may well all differ."""
    if distinct <= SMALL or distinct < ID_LIKE * table.rows:
        return False
    numbers = table.numbers(column)
    known = numbers.values[~np.isnan(numbers.values)]
    return bool(numbers.unreadable) or bool(np.all(known % 1 == 0))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well spread 64-bit marks: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _scores_missing(dataset: Dataset) -> Iterator[Issue]:
    for name, values in dataset.scores.items():
        without = int(np.isnan(values).sum())
        if without:
            word = _word(dataset, name)
            yield Issue("warning", f"rows without a {word}", f"{word} '{plain(name)}'", f"{without:,} of {dataset.n:,}",
                        f"they are left out of every rate of this {word} and counted")


def _word(dataset: Dataset, name: str) -> str:
    return "decision" if name == dataset.roles.prediction else "score"


def _groups(dataset: Dataset, attribute: AttributeValues) -> Iterator[Issue]:
    rows = _counts(attribute)
    where = f"attribute '{plain(attribute.name)}'"
    small = [_sized(attribute, k, rows) for k in _places((rows > 0) & (rows < SMALL))]
    if small:
        yield Issue("warning", f"groups of fewer than {SMALL} rows", where, _several("", small),
                    "their intervals are wide, and they stay out of the differences between groups")
    empty = [f"'{plain(attribute.levels[k])}'" for k in _places(rows == 0)]
    if empty:
        yield Issue("note", "groups without rows", where, _several("", empty), "their rates are not estimable")
    if dataset.label is not None:
        positive, negative = (_counts(attribute, dataset.label == value) for value in (1, 0))
        one = [_sized(attribute, k, rows) for k in _places((positive == 0) != (negative == 0))]
        if one:
            yield Issue("warning", "groups with one outcome only", where, _several("", one),
                        "rates that need the other are not estimable there")


def _places(flags: NDArray[np.bool_]) -> list[int]:
    return [int(k) for k in np.flatnonzero(flags)]


def _counts(attribute: AttributeValues, rows: NDArray[np.bool_] | None = None) -> Ints:
    codes = attribute.codes if rows is None else attribute.codes[rows]
    return np.bincount(codes, minlength=len(attribute.levels)).astype(np.int64)


def _sized(attribute: AttributeValues, k: int, rows: Ints) -> str:
    name = attribute.levels[k]
    return f"'{MISSING if name == MISSING else plain(name)}' {rows[k]:,}"


def _leakage(dataset: Dataset) -> Iterator[Issue]:
    if dataset.label is None:
        return
    columns = {f"{_word(dataset, name)} '{plain(name)}'": values for name, values in dataset.scores.items()}
    for feature in dataset.features:
        values = _rate_by_level(feature.values, dataset) if feature.levels else feature.values.astype(np.float64)
        columns[f"feature '{plain(feature.name)}'"] = values
    for where, values in columns.items():
        area = separation(values, dataset.label)
        if max(area, 1 - area) > LEAKAGE:
            yield Issue("warning", "a column tells the outcomes apart almost perfectly", where,
                        f"area under the ROC curve {area:.4f}", "check that it was known before the outcome was")
        elif area < REVERSED and not where.startswith("feature "):
            yield ranks_away(where, area)


def ranks_away(where: str, area: float) -> Issue:
    """Return what is said of a score or decision, named first in `where`, whose area is below `REVERSED`."""
    word = where.split(" ", 1)[0]
    meant = ", and which of the decision means selected" if word == "decision" else ""
    return Issue("warning", f"the {word} ranks away from the positive value", where,
                 f"area under the ROC curve {area:.3f}",
                 f"check which value of the outcome is the positive one{meant}")


def _rate_by_level(codes: NDArray[np.int32] | Floats, dataset: Dataset) -> Floats:
    """Return the share of positives in each row's level: the order of levels that tells the outcomes apart best."""
    place = codes.astype(np.int64) + 1
    label = dataset.label
    if label is None:
        return np.full(len(place), np.nan)
    known = np.bincount(place[label != UNKNOWN], minlength=int(place.max()) + 1)
    positive = np.bincount(place[label == 1], minlength=int(place.max()) + 1)
    share: Floats = np.divide(positive, known, out=np.full(len(known), np.nan), where=known > 0)[place]
    return share


def _several(word: str, names: list[str]) -> str:
    more = f" and {len(names) - _MANY:,} more" if len(names) > _MANY else ""
    return f"{word} {', '.join(names[:_MANY])}{more}".strip()
