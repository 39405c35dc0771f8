"""The report as a value: every number shown, where it came from, and blanks for what only a person can fill in.

All of it is plain data that strict JSON can hold; text is as it was in the data, and is made harmless by what shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FORMAT = "equipoise-report/1"
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """A number with its interval, the rows behind it and, where one of them is None, the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    reason: str | None = None


Cell = str | float | int | bool | Measured | None     # None is a blank: there is nothing to say


@dataclass(frozen=True)
class Table:
    """Numbers in rows.

    Parameters
    ----------
    name
        Stem of its file; lower case, digits and hyphens, unique in the report.
    columns, rows
        Heads, and rows as long as the heads.
    caption
        One sentence above it.
    notes
        Sentences below it.
    definitions
        Keys of `GLOSSARY` for what its numbers are.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    notes: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A chart: its figure as Plotly's own JSON without code, what it says in words, and the same numbers as a table."""

    name: str
    title: str
    alt: str
    reading: str
    figure: Json = field(hash=False)
    table: Table
    note: str = ""                       # what the reader should know about this one chart
    definitions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading; `comment` is the visitor's own and is marked as such."""

    name: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    comment: str = ""
    collected: bool = False              # put together by a visitor on the pages: `rerun` keeps it as it stands


@dataclass(frozen=True)
class Blank:
    """Something that only a person can say; empty, it is printed as a line to write on."""

    label: str
    value: str = ""


@dataclass(frozen=True)
class Definition:
    """A term of the glossary, as it stood when the report was made."""

    key: str
    name: str
    sentence: str
    formula: str = ""
    undefined: str = ""
    source: str = ""


@dataclass(frozen=True)
class Provenance:
    """What is needed to make the same report again, and to see that it is the same."""

    name: str                            # of the data
    source: str                          # base name of the file, or the catalogue's key
    sha256: str                          # of the source's bytes
    fingerprint: str                     # of bytes and roles
    rows: int
    rows_used: int
    labelled: int                        # of the rows used: with a known outcome
    excluded: tuple[tuple[str, int], ...]
    simulated: bool
    roles: Json = field(hash=False)
    score: str | None
    score_source: str
    groupings: tuple[str, ...]
    request: Json = field(hash=False)    # policy, baseline, rejected policies, level, seed: all that was asked
    versions: Json = field(hash=False)
    command: str                         # one line that makes the report again
    clock: str                           # UTC, ISO 8601


@dataclass(frozen=True)
class Report:
    """A report; `engine.report.json_form` reads and writes it, the other renderers show it."""

    template: str
    title: str
    provenance: Provenance
    sections: tuple[Section, ...] = ()
    warnings: tuple[str, ...] = ()
    blanks: tuple[Blank, ...] = ()
    definitions: tuple[Definition, ...] = ()
    format: str = FORMAT

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables in order, those of the charts included."""
        return tuple(table for section in self.sections
                     for table in (*section.tables, *(picture.table for picture in section.pictures)))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All charts in order."""
        return tuple(picture for section in self.sections for picture in section.pictures)
