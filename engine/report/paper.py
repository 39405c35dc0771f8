"""How tables are laid on paper: as wide as needed, else turned or cut, each part with what names its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.report.value import Cell, Measured, Table
from engine.report.words import figures, shown
from engine.text import plain

_LONG, _PIECE = re.compile(r"\S{21,}"), re.compile(r".{1,12}")
WIDE = 138        # signs that fit side by side
GAP = 2           # signs between columns
ROWS = 150        # of one table; beyond, the reader is sent to the files
LEAST, MOST = 4, 100
WORD = 20         # a longer word may be broken
TEXT = 16         # signs of a column of sentences, at least: none is set word under word
PEN = 36          # signs of a column that is left blank, to write in
NAME = 34         # signs of a name of a row that is not broken
Printed = str | dict[str, str]


@dataclass(frozen=True)
class _Column:
    """A column in words: its head, its cells, and how many signs it takes at least and at best."""

    head: str
    cells: tuple[Printed, ...]
    least: int
    best: int


def printed(table: Table) -> dict[str, Any]:
    """Return a table as its printed parts: columns, their widths, rows of text."""
    rows = table.rows[:ROWS]
    notes = [plain(note, 2_000) for note in table.notes]
    if len(rows) < len(table.rows):
        notes.append(f"{len(rows)} of {len(table.rows):,} rows are printed; the JSON and CSV forms of this report have "
                     f"them all ({table.name}).")
    heads = [plain(column, 120) for column in table.columns]
    columns = [_column(head, tuple(_cell(row[place], head) for row in rows)) for place, head in enumerate(heads)]
    naming = _naming(rows)
    parts = _parts(columns, naming)
    turned = _parts(_turned(columns), 1) if len(parts) > 1 and naming == 1 else parts
    chosen = turned if len(turned) < len(parts) else parts
    return {"title": plain(table.title, 200), "caption": plain(table.caption, 2_000), "notes": notes,
            "parts": [_laid(part) for part in chosen]}


def _naming(rows: Sequence[Sequence[Cell]]) -> int:
    """Return how many of the first columns name a row: until no two rows have the same; 1 where none do.

    >>> _naming([("race", "A", 1), ("race", "B", 1), ("sex", "F", 1)])
    2
    """
    for count in range(1, len(rows[0]) if rows else 0):
        heads = {tuple(row[:count]) for row in rows}
        if any(isinstance(cell, Measured) for cell in rows[0][:count]):
            break
        if len(heads) == len(rows):
            return count
    return 1


def _parts(columns: list[_Column], naming: int) -> list[list[_Column]]:
    """Return which columns stand side by side; every part begins with those that name the rows."""
    names = [replace(column, least=max(column.least, min(column.best, NAME))) for column in columns[:naming]]
    others, room = columns[naming:], WIDE - _taken(names)
    if not others:
        return [names] if names else []
    parts = _filled(others, room, len(others))
    even = _filled(others, room, -(-len(others) // len(parts)))
    return [[*names, *part] for part in (even if len(even) == len(parts) else parts)]


def _filled(columns: list[_Column], room: int, most: int) -> list[list[_Column]]:
    """Return columns in strips that have room for them, at most so many in each."""
    parts: list[list[_Column]] = [[]]
    for column in columns:
        if parts[-1] and (len(parts[-1]) == most or _taken([*parts[-1], column]) > room):
            parts.append([])
        parts[-1].append(column)
    return parts


def _taken(columns: Sequence[_Column]) -> int:
    return sum(column.least + GAP for column in columns)


def _turned(columns: list[_Column]) -> list[_Column]:
    """Return a table whose first column has become its heads."""
    heads = [cell if isinstance(cell, str) else cell["value"] for cell in columns[0].cells]
    rows = [(column.head, *column.cells) for column in columns[1:]]
    return [_column(head, tuple(row[place] for row in rows)) for place, head in enumerate([columns[0].head, *heads])]


def _column(head: str, cells: tuple[Printed, ...]) -> _Column:
    """Return a column with its widths: at least its longest word or number, at best its longest cell."""
    words = [word for text in (head, *(cell for cell in cells if isinstance(cell, str))) for word in text.split()]
    numbers = [len(cell["value"]) + len(cell["rest"]) * 8 // 10 for cell in cells if not isinstance(cell, str)]
    texts = [len(cell) for cell in cells if isinstance(cell, str)]
    least = max(LEAST, max((min(len(word) + 1, WORD) for word in words), default=0), *numbers, 0)
    if max(texts, default=0) > 3 * least:
        least = max(least, TEXT)
    if cells and not any(cells):
        return _Column(head, cells, max(least, TEXT), PEN)
    return _Column(head, cells, least, max(least, min(max(len(head), *texts, 0) + 1, MOST)))


def _laid(part: list[_Column]) -> dict[str, Any]:
    """Return a part with its widths as shares of the page; cells that would break have what room is left."""
    widths, left = [column.least + GAP for column in part], WIDE - _taken(part)
    wanting = sorted(range(len(part)), key=lambda place: part[place].best - part[place].least)
    for waiting, place in zip(range(len(part), 0, -1), wanting, strict=True):   # who wants little gets all of it
        more = max(0, min(part[place].best - part[place].least, left // waiting))
        widths[place] += more
        left -= more
    whole = max(WIDE, sum(widths))
    rows = zip(*(column.cells for column in part), strict=True)
    return {"columns": [breakable(column.head) for column in part], "widths": [width / whole for width in widths],
            "rows": [[breakable(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]}


def rest_of(cell: Measured) -> str:
    """Return what stands behind a number: its interval and its denominator."""
    if cell.value is None:
        return ""
    rest = shown(cell).removeprefix(figures(cell.value)).strip()
    return ", ".join(filter(None, (rest, f"n {figures(cell.n)}" if cell.n is not None else "")))


def _cell(cell: Cell, head: str) -> Printed:
    if isinstance(cell, Measured) and cell.value is not None:
        return {"value": figures(cell.value), "rest": rest_of(cell)}
    return shown(cell, head)


def breakable(text: str) -> str:
    """Return text whose long words may be broken: they would run over the next column.

    >>> breakable("y" * 30).count("\u200b"), breakable("short words stay")
    (2, 'short words stay')
    """
    return _LONG.sub(lambda word: "\u200b".join(_PIECE.findall(word[0])), text)
