"""What a visitor puts together for a report: charts and tables of any page in an order, with titles and comments.

A part keeps what was on the screen when it was added, with a line on the settings then in force. One that a session
file names waits, without numbers, until the same chart is added again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.counting.groups import attribute_sets
from engine.glossary import GLOSSARY
from engine.text import markdown, plain
from pages.parts import frame, state

if TYPE_CHECKING:   # the report's own modules are loaded with the first part
    from engine.charts.theme import Chart, Column
    from engine.report import Picture, Section, Table
    from engine.types import Dataset

MOST = 40                            # parts of one report
LONGEST_TITLE, LONGEST_COMMENT = 120, 4_000
TITLE = 70                           # characters of a title that a chart brings
_OUTLINES, _SAID = "equipoise report", "equipoise report said"


@dataclass(eq=False)
class Part:
    """One chart or table of the report; without content it waits to be added again."""

    number: int                      # never used twice in an outline: widgets are known by it
    page: str                        # the page it came from
    key: str                         # of the chart there
    title: str
    content: Picture | Table | None = None
    comment: str = ""


@dataclass(eq=False)
class Outline:
    """The report that is being put together about one data set."""

    parts: list[Part] = field(default_factory=list)
    blanks: dict[str, str] = field(default_factory=dict)    # what only a person can say, by its label
    made: Any = None                 # the report last made, with its files
    taken: int = 0                   # numbers given to parts so far

    def put(self, page: str, key: str, title: str, content: Picture | Table) -> Part | None:
        """Add a part at the end, or fill the one that waits for it; None where it is there already, or no room is."""
        for part in self.parts:
            if part.content == content:
                return None
            if (part.page, part.key, part.content) == (page, key, None):
                part.content = content
                return part
        return self.append(page, key, title, content) if len(self.parts) < MOST else None

    def append(
        self, page: str, key: str, title: str, content: Picture | Table | None = None, comment: str = ""
    ) -> Part:
        """Add a part at the end, whatever is there."""
        self.taken += 1
        self.parts.append(Part(self.taken, page, key, title, content, comment))
        return self.parts[-1]

    def move(self, part: Part, steps: int) -> None:
        """Move a part up (negative) or down, as far as there is room."""
        place = self.parts.index(part)
        self.parts.insert(max(place + steps, 0), self.parts.pop(place))

    def sections(self) -> tuple[Section, ...]:
        """Return the parts that have content as sections of a report, each under its title."""
        return tuple(_section(part) for part in self.parts if part.content is not None)


def outline() -> Outline:
    """Return the outline about the data in use."""
    data = state.dataset()
    outlines: dict[str, Outline] = st.session_state.setdefault(_OUTLINES, {})
    return outlines.setdefault(data.fingerprint if data is not None else "", Outline())


def button(content: Chart | Mapping[str, Column], name: str, key: str) -> None:
    """Offer a chart, or columns, for the report."""
    if st.button("Add to report", key=f"report {key}", type="tertiary", icon=":material/post_add:", on_click=_add,
                 args=(content, name, key)):
        said = st.session_state.pop(_SAID, None)
        if said is not None:
            st.toast(said, icon=":material/post_add:")   # a fragment's callback may show nothing


@frame.callback
def _add(content: Chart | Mapping[str, Column], name: str, key: str) -> None:
    """Add a chart, or columns, before the page is drawn again."""
    st.session_state[_SAID] = add(content, name, key)


def add(content: Chart | Mapping[str, Column], name: str, key: str) -> str:
    """Add a chart, or columns, to the report about the data in use; return what became of it."""
    held, page = outline(), state.current().page
    title = by_groups(title_of(content, name), content, groups_of(page))
    found = held.put(page, key, title, made(content, name, title, context(page)))
    if found is not None:
        return f"Added: part {held.parts.index(found) + 1} of {len(held.parts)} of the report."
    full = len(held.parts) >= MOST
    return f"A report takes {MOST} parts at most." if full else "It is in the report already, just as it is now."


def title_of(content: Chart | Mapping[str, Column], name: str) -> str:
    """Return what a part is called until the visitor calls it otherwise: what its words for readers begin with."""
    words = re.split(r"[:;,.] | \(", plain(getattr(content, "alt", ""), 200))[0]
    title = words if 3 < len(words) <= TITLE else re.sub(r"[-_]+", " ", name)
    return title[:1].upper() + title[1:]


def by_groups(title: str, content: Chart | Mapping[str, Column], groups: str) -> str:
    """Return the title with the grouping in it, where the part is about groups and its title does not name them."""
    columns = getattr(content, "table", content)
    said = " ".join((*columns, getattr(content, "alt", ""), getattr(content, "reading", ""))).casefold()
    return f"{title}, by {groups}" if groups and "group" in said and f"by {groups}" not in title else title


def groups_of(page: str) -> str:
    """Return the grouping that is shown on a page as plain text; empty where the page has none."""
    data, place = state.dataset(), state.settings(page).get("grouping")
    sets = attribute_sets([attribute.name for attribute in data.attributes]) if data is not None else ()
    return " x ".join(plain(name, 30) for name in sets[place]) if type(place) is int and place in range(
        len(sets)) else ""


def made(content: Chart | Mapping[str, Column], name: str, title: str, note: str) -> Picture | Table:
    """Return a chart, or columns, as a part of a report, with the terms that it names."""
    from engine.charts.theme import Chart
    from engine.report.pictures import picture, table

    if isinstance(content, Chart):
        words = " ".join((*content.table, content.alt, content.reading))
        return picture(content, title, name, note, terms(words))
    return table(content, name, title, notes=(note,), definitions=terms(" ".join(content)))


def terms(words: str) -> tuple[str, ...]:
    """Return the keys of the glossary's terms that are named in some words.

    >>> terms("The selection rates of each group; false positive rate")
    ('false_positive_rate',)
    """
    said = words.casefold()
    return tuple(key for key, entry in GLOSSARY.items()
                 if re.search(rf"(?<!\w){re.escape(entry.name.casefold())}(?!\w)", said))


def context(page: str) -> str:
    """Return where a part comes from and what was in force there, as plain text."""
    data = state.dataset()
    said = [f"Taken from the {page} page"]
    if data is not None and data.score is not None:
        said.append(f"score {plain(data.score)}")
        if data.attributes:
            said += [f"groups by {groups}"] if (groups := groups_of(page)) else []
            said.append(_policy(data))
    return "; ".join(said) + "."


def _policy(data: Dataset) -> str:
    """Return the decision rule in use, shortened: the report says it in full."""
    from engine.report.words import decision
    from pages.parts import policy_book  # here: it stands above what draws the charts

    return "rule then in use: " + plain(decision(policy_book.book(data).now, data.roles.favourable), 300).rstrip(".")


def _section(part: Part) -> Section:
    from engine.report import Picture, Section
    from engine.report.pictures import slug

    title = plain(part.title, LONGEST_TITLE) or "Untitled"
    content = replace(part.content, title=title)
    is_chart = isinstance(content, Picture)
    return Section(f"part-{slug(title)}", title, tables=() if is_chart else (content,),
                   pictures=(content,) if is_chart else (), comment=part.comment, collected=True)


def summary(part: Part) -> str:
    """Return one line of Markdown on what a part shows."""
    if part.content is None:
        return "waits to be added again"
    return markdown(getattr(part.content, "alt", "") or f"{len(part.content.rows):,} rows", 160)
