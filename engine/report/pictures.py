"""Charts and columns of the pages as parts of a report."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np

from engine.charts.offline import DIGITS, figure_of
from engine.charts.theme import Chart, Column
from engine.report.value import Cell, Measured, Picture, Table
from engine.types import Estimate

_OTHER = re.compile(r"[^a-z0-9]+")


def picture(
    chart: Chart, title: str, name: str | None = None, note: str = "", definitions: tuple[str, ...] = ()
) -> Picture:
    """Return a chart as a part of a report, with its table twin."""
    stem = slug(name or chart.name)
    twin = table(chart.table, stem, title)
    return Picture(stem, title, chart.alt, chart.reading, figure_of(chart.figure), twin, note, definitions)


def table(
    columns: Mapping[str, Column], name: str, title: str, caption: str = "", notes: tuple[str, ...] = (),
    definitions: tuple[str, ...] = (),
) -> Table:
    """Return columns of equal length as a table of a report."""
    rows = tuple(tuple(cell(value) for value in row) for row in zip(*columns.values(), strict=True))
    return Table(slug(name), title, tuple(columns), rows, caption, notes, definitions)


def measured(estimate: Estimate) -> Measured:
    """Return an estimate as a cell.

    >>> measured(Estimate(1 / 3, float("nan"), 1.0, 12.0))
    Measured(value=0.333333333333, low=None, high=1.0, n=12, reason='no interval: too little data for one')
    """
    value, low, high = (number(x) for x in (estimate.value, estimate.low, estimate.high))
    reason = estimate.reason
    if reason is None and None in (value, low, high):
        reason = "not estimable" if value is None else "no interval: too little data for one"
    return Measured(value, low, high, _count(estimate.n), reason)


def cell(value: object) -> Cell:
    """Return a value as a cell: numbers at 12 significant digits, None where there is no number.

    >>> cell(np.float64("nan")), cell(2 / 3), cell(True)
    (None, 0.666666666667, True)
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Measured | bool | int | str) or value is None:
        return value
    return number(value) if isinstance(value, float) else str(value)


def number(value: float) -> float | None:
    """Return a number at 12 significant digits; None for NaN and infinities."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _count(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else number(value)


def titled(words: str) -> str:
    """Return words with a capital at their beginning, the others as they are.

    >>> titled("selection rate by AGE")
    'Selection rate by AGE'
    """
    return words[:1].upper() + words[1:]


def slug(words: str) -> str:
    """Return words as the stem of a file, of an element and of a label: lower case, digits, hyphens.

    >>> slug("Race x sex: ../rates"), slug("人")
    ('race-x-sex-rates', 'part')
    """
    return _OTHER.sub("-", words.lower()).strip("-")[:60].strip("-") or "part"
