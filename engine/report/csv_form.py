"""A report as CSV: one file per table, one for what the report says of itself; no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from engine.report.facts import facts
from engine.report.value import Cell, Measured, Report, Table
from engine.text import cell, plain

PARTS = ("low", "high", "n", "note")   # columns that follow a number with an interval


def files(report: Report) -> dict[str, str]:
    """Return every table of a report as the text of a CSV file, by the file's name; `report.csv` says the rest.

    Numbers are as in the JSON. A column of numbers with intervals becomes five.
    """
    written = {"report.csv": _text([("part", "name", "text"), *_about(report)])}
    for table in report.tables:
        written[f"{table.name}.csv"] = _text([_head(table), *(_row(table, row) for row in table.rows)])
    return written


def _about(report: Report) -> Iterable[tuple[str, str, str]]:
    yield from (("provenance", name, value) for name, value in facts(report))
    yield ("provenance", "command", report.provenance.command)
    yield from (("blank", blank.label, blank.value) for blank in report.blanks)
    yield from (("warning", "", warning) for warning in report.warnings)
    for section in report.sections:
        yield from (("section", section.title, paragraph) for paragraph in section.paragraphs)
        if section.comment:
            yield ("comment", section.title, section.comment)
        yield from (("table", f"{table.name}.csv", "; ".join((table.title, *table.notes))) for table in section.tables)
        yield from (("chart", f"{each.name}.csv", f"{each.title}. {each.alt}") for each in section.pictures)
    yield from (("definition", term.name, f"{term.sentence} {term.formula}".strip()) for term in report.definitions)


def _wide(table: Table) -> list[bool]:
    return [any(isinstance(row[place], Measured) for row in table.rows) for place in range(len(table.columns))]


def _head(table: Table) -> list[str]:
    heads: list[str] = []
    for name, wide in zip(table.columns, _wide(table), strict=True):
        heads += [name, *(f"{name}, {part}" for part in PARTS)] if wide else [name]
    return heads


def _row(table: Table, row: Sequence[Cell]) -> list[Cell]:
    cells: list[Cell] = []
    for value, wide in zip(row, _wide(table), strict=True):
        if isinstance(value, Measured):
            cells += [value.value, value.low, value.high, value.n, value.reason]
        else:
            cells += [value, *([None] * len(PARTS) if wide else [])]
    return cells


def _text(rows: Iterable[Sequence[Cell]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerows([_safe(value) for value in row] for row in rows)
    return written.getvalue()


def _safe(value: Cell) -> object:
    """Return a cell that no spreadsheet takes for a formula, in one line without invisible signs.

    >>> _safe("=1+1"), _safe(None), _safe(-0.5)
    ("'=1+1", '', -0.5)
    """
    if isinstance(value, str):
        return cell(plain(value, 100_000))
    return "" if value is None else value
