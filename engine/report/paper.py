"""How tables are cut to fit on paper: few columns side by side, the first one repeated, not too many rows."""

from __future__ import annotations

import re
from typing import Any

from engine.report.value import Cell, Measured, Table
from engine.report.words import figures, shown
from engine.text import plain

_LONG, _PIECE = re.compile(r"\S{21,}"), re.compile(r".{1,12}")
WIDE = 128        # signs that fit side by side
ROWS = 150        # of one table; beyond, the reader is sent to the files
LEAST, MOST = 6, 32


def printed(table: Table) -> dict[str, Any]:
    """Return a table as its printed parts: columns, their widths, rows of text."""
    rows = table.rows[:ROWS]
    widths = [_width(name, [row[place] for row in rows]) for place, name in enumerate(table.columns)]
    notes = [plain(note, 2_000) for note in table.notes]
    if len(rows) < len(table.rows):
        notes.append(f"{len(rows)} of {len(table.rows):,} rows are printed; the JSON and CSV forms of this report have "
                     f"them all ({table.name}).")
    heads = [breakable(plain(column, 120)) for column in table.columns]
    parts = [{"columns": [heads[place] for place in chosen], "widths": [widths[place] for place in chosen],
              "rows": [[_cell(row[place]) for place in chosen] for row in rows]} for chosen in _parts(widths)]
    return {"title": plain(table.title, 200), "caption": plain(table.caption, 2_000), "notes": notes, "parts": parts}


def _parts(widths: list[int]) -> list[list[int]]:
    """Return which columns stand side by side; every part begins with the first one.

    >>> _parts([30, 60, 30, 40])
    [[0, 1, 2], [0, 3]]
    """
    if not widths:
        return []
    parts: list[list[int]] = [[0]]
    room = WIDE - widths[0]
    for place, width in enumerate(widths[1:], 1):
        if width > room and len(parts[-1]) > 1:
            parts.append([0])
            room = WIDE - widths[0]
        parts[-1].append(place)
        room -= width
    return parts


def _width(name: str, cells: list[Cell]) -> int:
    """Return how many signs a column takes: its longest cell, and the longest word of its head."""
    longest = max((_length(cell) for cell in cells), default=0)
    head = max((len(word) for word in name.split()), default=0)
    return min(max(longest, head, LEAST), MOST)


def _length(cell: Cell) -> int:
    if isinstance(cell, Measured) and cell.value is not None:
        return len(figures(cell.value)) + len(rest_of(cell)) * 9 // 10
    return len(shown(cell))


def rest_of(cell: Measured) -> str:
    """Return what stands behind a number: its interval and its denominator."""
    if cell.value is None:
        return ""
    rest = shown(cell).removeprefix(figures(cell.value)).strip()
    return ", ".join(filter(None, (rest, f"n {figures(cell.n)}" if cell.n is not None else "")))


def _cell(cell: Cell) -> Any:   # noqa: ANN401 - text, or a number and what stands behind it
    if isinstance(cell, Measured) and cell.value is not None:
        return {"value": figures(cell.value), "rest": rest_of(cell)}
    return breakable(shown(cell))


def breakable(text: str) -> str:
    """Return text whose long words may be broken: they would run over the next column.

    >>> breakable("y" * 30).count("\u200b"), breakable("short words stay")
    (2, 'short words stay')
    """
    return _LONG.sub(lambda word: "\u200b".join(_PIECE.findall(word[0])), text)
