"""Blocks of evidence under a regulator's headings: what is there, what a person has to say, and how much is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.report.request import Material
from engine.report.tables.legal import anchor, law
from engine.report.value import Blank, Section, Table
from engine.text import plain

State = Literal["complete", "partial", "not provided"]
LONGEST = 2_000


@dataclass(frozen=True)
class Item:
    """One field of a block; no `value` means that it is not provided."""

    label: str
    value: str | None
    person: bool = False   # only a person can say it


@dataclass(frozen=True)
class Block:
    """A heading with its fields, and the tables that some of them name."""

    code: str
    title: str
    items: tuple[Item, ...]
    tables: tuple[Table, ...] = ()

    @property
    def state(self) -> State:
        """Whether all fields are there, some, or none."""
        there = [item.value is not None for item in self.items]
        return "complete" if all(there) else "partial" if any(there) else "not provided"

    @property
    def missing(self) -> tuple[str, ...]:
        """Labels of the fields that are not there."""
        return tuple(item.label for item in self.items if item.value is None)


def said(material: Material, code: str, *labels: str) -> tuple[Item, ...]:
    """Return fields that only a person can say, as the request's blanks hold them."""
    filled = {blank.label: blank.value.strip() for blank in material.request.blanks}
    return tuple(Item(label, filled.get(f"{code}: {label}") or None, True) for label in labels)


def shown(label: str, table: Table | None) -> Item:
    """Return a field that a table of the block answers; not provided where there is none or it has no rows."""
    return Item(label, f"table “{table.title}”" if table is not None and table.rows else None)


def blanks(fields: dict[str, tuple[str, ...]]) -> tuple[Blank, ...]:
    """Return what a person has to say, by block, as the blanks of a template."""
    return tuple(Blank(f"{code}: {label}") for code, labels in fields.items() for label in labels)


def sections(template: str, blocks: Sequence[Block]) -> list[Section]:
    """Return the lines on the law, the state of every block, and the blocks."""
    first = law(template)
    rows = tuple((f"{block.code} {block.title}", block.state, "; ".join(block.missing)) for block in blocks)
    whole = Section("evidence", f"Evidence for {blocks[0].code} to {blocks[-1].code}", (
        "Complete: every field is there. Partial: some are. Whether what is there is enough, the reader says.",),
        (Table(f"{template}-evidence", "State of the evidence", ("block", "state", "not provided"), rows),))
    return [first, whole, *(_section(template, block) for block in blocks)]


def _section(template: str, block: Block) -> Section:
    rows = tuple((item.label, None if item.value is None else plain(item.value, LONGEST),
                  "given" if item.value is not None else "for a person to say" if item.person else "not provided")
                 for item in block.items)
    fields = Table(f"{template}-{block.code.lower()}", f"Fields of {block.code}", ("field", "evidence", "state"), rows)
    return Section(block.code.lower(), f"{block.code} {block.title}", (
        f"Evidence for {block.code}: {block.state}.", f"Where it stands: {anchor(template, block.code)}."),
        (fields, *(table for table in block.tables if table.rows)))
