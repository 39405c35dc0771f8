"""A chart on the page, with its words for screen readers, its table, how to read it, and the table as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Literal

import streamlit as st

from engine.charts.theme import Chart, Column
from engine.text import cell
from pages.parts import notices, report_outline, state

LONG = 15   # rows from which a table scrolls
TALL, LOW = 420, 330   # pixels of one that does; of one in a pop-up, which fits above or below its button
LOW_ROWS = 8           # that many rows fit
PLAIN: Mapping[str, str] = {}   # numbers as they are
SHARE, PER_CENT = "share", "%.2f %%"   # shown in per cent, all with as many digits; files keep the share


def chart(
    drawn: Chart, key: str, table_open: bool = False, formats: Mapping[str, str] = PLAIN,
    clicked: Callable[[], None] | None = None,
) -> None:
    """Draw a chart; the camera saves it as a file, the table twin can be read here or taken away, both reported.

    `clicked` is called when a point is chosen; its selection stands in the session's state under the chart's key.
    """
    st.plotly_chart(
        drawn.figure, key=key, alt=drawn.alt, on_select=clicked or "ignore", selection_mode="points",
        config=camera(drawn.name),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        notices.reading(drawn.reading)
        if not table_open:
            with st.popover("As a table", type="tertiary", icon=":material/table_rows:"):
                table(drawn.table, formats, "content")   # a pop-up is as wide as what it holds
        _file(drawn.table, drawn.name, key)
        report_outline.button(drawn, drawn.name, key)
    if table_open:
        table(drawn.table, formats)


def camera(name: str) -> dict[str, object]:
    """Return the toolbar of a chart: one camera, which saves the kind of file that the report page is told."""
    bitmap = state.settings("report").get("camera") == "png"
    image = {"format": "png" if bitmap else "svg", "filename": name, "scale": 3 if bitmap else 1}
    return {"displaylogo": False, "toImageButtonOptions": image, "modeBarButtons": [["toImage"]]}


def table(
    columns: Mapping[str, Column], formats: Mapping[str, str] = PLAIN, width: Literal["stretch", "content"] = "stretch",
) -> None:
    """Show columns as a sortable table; its cells are shown as they are, so that text in them is inert.

    The first column stays in sight when the others are scrolled. `formats` are those of numbers, by column.
    """
    looks: dict[str, object] = {name: st.column_config.NumberColumn(format=PER_CENT if look == SHARE else look)
                                for name, look in formats.items() if name in columns}
    first = next(iter(columns), None)
    if first is not None and first not in looks:
        looks[first] = st.column_config.Column(pinned=True)
    shown = {name: _in_per_cent(column) if formats.get(name) == SHARE else column for name, column in columns.items()}
    most, height = (LOW_ROWS, LOW) if width == "content" else (LONG, TALL)
    st.dataframe(shown, hide_index=True, width=width, column_config=looks,
                 height="content" if _rows(columns) <= most else height)


def _in_per_cent(shares: Column) -> Column:
    return [None if share is None else 100 * float(share) for share in shares]


def download(columns: Mapping[str, Column], name: str, key: str) -> None:
    """Offer columns as a CSV file, named after the chart and the data's mark, and for the report."""
    _file(columns, name, key)
    report_outline.button(columns, name, key)


def _file(columns: Mapping[str, Column], name: str, key: str) -> None:
    st.download_button("CSV", data=lambda: text(columns), file_name=f"{name}-{_mark()}.csv", mime="text/csv",
                       key=f"csv {key}", on_click="ignore", type="tertiary", icon=":material/download:")


def text(columns: Mapping[str, Column]) -> str:
    """Return columns as CSV that no spreadsheet takes for formulas.

    >>> text({"group": ["=1+1"], "value": [-0.5]})
    "group,value\\r\\n'=1+1,-0.5\\r\\n"
    """
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell("" if value is None else value) for value in row]
                     for row in zip(*columns.values(), strict=True))
    return written.getvalue()


def _rows(columns: Mapping[str, Column]) -> int:
    return max((len(column) for column in columns.values()), default=0)


def _mark() -> str:
    data = state.dataset()
    return data.fingerprint[:8] if data is not None else "none"
