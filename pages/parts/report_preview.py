"""A look at the report on the page, one section at a time, drawn by the page's own means: no text becomes markup."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.glossary import GLOSSARY
from engine.report import Picture, Section, Table
from engine.report.words import shown
from engine.text import markdown, plain
from pages.parts import definitions, drawing
from pages.parts.report_outline import Outline

LONGEST = 2_000   # characters of a paragraph
ROWS = 200        # of a table; the files have them all


def draw(held: Outline) -> None:
    """Draw one section of the report that was made last."""
    if held.made is None:
        return
    report = held.made.report
    st.subheader("Look inside", anchor=False)
    titles = [f"{place}. {plain(section.title)}" for place, section in enumerate(report.sections, 1)]
    places = [*range(len(titles)), len(titles)]
    names = [*titles, "What a reader should know first"]
    chosen = st.selectbox("Section", places, format_func=names.__getitem__, key="report preview")
    with st.container(border=True):
        if chosen is not None and chosen < len(titles):
            section(report.sections[chosen], f"section {chosen}")
        else:
            st.markdown("\n".join(f"- {markdown(said, LONGEST)}" for said in report.warnings)
                        or "No warning was raised.")


def section(part: Section, key: str) -> None:
    """Draw a section: its paragraphs, the visitor's comment, its tables and charts."""
    st.markdown(f"**{markdown(part.title, 120)}**")
    for words in part.paragraphs:
        st.markdown(markdown(words, LONGEST))
    if part.comment:
        st.markdown(f"Comment: {markdown(part.comment, LONGEST)}")
    parts = (*part.tables, *part.pictures)
    for place, each in enumerate(parts):
        content(each, f"{key} {place}")
    if not (parts or part.paragraphs):
        st.caption("Nothing stands in this section.")


def content(part: Picture | Table, key: str) -> None:
    """Draw a chart or a table of the report."""
    table = part.table if isinstance(part, Picture) else part
    if isinstance(part, Picture):
        st.plotly_chart(dict(part.figure), key=f"report {key}", alt=part.alt, config=drawing.camera(part.name))
        st.caption(markdown(part.reading, LONGEST))
        if part.note:
            st.caption(markdown(part.note, LONGEST))
    else:
        if table.caption:
            st.caption(markdown(table.caption, LONGEST))
        rows(table)
        for note in table.notes:
            st.caption(markdown(note, LONGEST))
    known = [name for name in part.definitions if name in GLOSSARY]
    with st.container(horizontal=True, gap="small"):
        if isinstance(part, Picture):
            with st.popover("As a table", type="tertiary", icon=":material/table_rows:"):
                rows(table)
        if known:
            definitions.offer(known)


def rows(table: Table) -> None:
    """Draw the cells as the report prints them."""
    heads = _apart([plain(name) for name in table.columns])
    cells = [[shown(cell, head) for cell, head in zip(row, table.columns, strict=True)] for row in table.rows[:ROWS]]
    if not cells:
        st.caption("No rows.")
        return
    drawing.table({head: [row[place] for row in cells] for place, head in enumerate(heads)})
    if len(table.rows) > ROWS:
        st.caption(f"{ROWS} of {len(table.rows):,} rows; the files have them all.")


def _apart(heads: Sequence[str]) -> list[str]:
    """Return heads that differ: a second one of the same name gets its place.

    >>> _apart(["n", "n"])
    ['n', 'n (2)']
    """
    return [f"{head} ({place})" if head in heads[:place - 1] else head for place, head in enumerate(heads, 1)]
