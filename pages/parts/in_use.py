"""The data in use on one screen: how many rows, the outcome in each group, what is missing, what looks wrong."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from engine.charts.data import outcome_by_group
from engine.charts.theme import Chart, Column
from engine.data.overview import missing_values, target_by_group
from engine.data.quality import inspect
from engine.text import markdown
from engine.types import Dataset
from pages.parts import controls, drawing, notices, opening, sidebar, state

PAGE = "data"
LONG = 15   # rows from which a table scrolls
COUNTS = ("rows", "positive outcome", "outcome unknown", "missing")
AMOUNTS = ("total", "exposure")
RATES = ("base rate", "95 % from", "95 % to", "share", "mean", "per exposure")
UNWEIGHTED = "Rows are counted here, without their weights; the rates of the other pages are weighted."
SAID = ("outcome", "numeric outcome", "favourable decision", "score")   # in sentences above the table of roles


def draw(data: Dataset) -> None:
    """Draw the summary, the outcome by group, the findings and what is missing."""
    _headline(data)
    left, right = st.columns([1, 2], gap="large")
    with left:
        _meaning(data)
    with right:
        _outcome(data)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _quality(data)
    with right:
        _missing(data)


def _headline(data: Dataset) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(markdown(data.name), width="content", anchor=False)
        if data.simulated:
            st.badge("simulated", color="orange")
        st.space("stretch")
        if st.button("See what each threshold does", type=controls.leading(), icon=":material/arrow_forward:"):
            st.switch_page("pages/thresholds.py")
    notices.simulated()


def _meaning(data: Dataset) -> None:
    """Say in words what positive and favourable mean here, and where the score comes from."""
    roles = data.roles
    decision = "being selected" if roles.favourable == "selected" else "not being selected"
    lines = [f"**{data.n:,}** rows in use of {data.rows:,}"]
    if roles.label is not None:
        lines.append(f"Positive outcome: {markdown(roles.label)} is **{markdown(roles.positive)}**, the event that the "
                     "score ranks towards")
    if roles.target is not None:
        lines.append(f"Numeric outcome: **{markdown(roles.target)}**")
    lines.append(f"Favourable to the person: **{decision}**")
    lines.append(_score(data))
    st.markdown("\n\n".join(lines))
    st.table(sidebar.roles_table(roles, SAID), border="horizontal", hide_index=True, hide_header=True)


def _score(data: Dataset) -> str:
    if data.score is None:
        return "Score: none" if data.target is None else "Score: none yet, one is fitted once the outcome is cut in two"
    name = markdown(data.score)
    if data.score_source == "fitted here":
        return (f"Score: **{name}**, fitted here on the features, without the protected attributes; each row is scored "
                "by a model that did not see it")
    return f"Score: **{name}**" + (", a two-valued prediction" if data.score_source == "prediction" else "")


def _outcome(data: Dataset) -> None:
    if not data.attributes:
        return
    names = [attribute.name for attribute in data.attributes]
    chosen = controls.select(PAGE, "attribute", "Outcome by group of", names, flat=True)
    state.sync_url(PAGE, {"attribute": names.index(chosen)})
    if data.target is not None:
        _table(target_by_group(data, chosen))
    else:
        _chart(outcome_by_group(data, chosen))
    if data.weight is not None:
        st.caption(UNWEIGHTED)


def _chart(drawn: Chart) -> None:
    """Draw the chart with its table open below, where the one beside other charts is behind a button."""
    st.plotly_chart(drawn.figure, key="outcome by group", alt=drawn.alt, config={
        "displaylogo": False, "toImageButtonOptions": {"format": "svg", "filename": drawn.name},
        "modeBarButtons": [["toImage"]],
    })
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        notices.reading(drawn.reading)
        drawing.download(drawn.table, drawn.name, "outcome by group")
    _table(drawn.table)


def _table(columns: Mapping[str, Column]) -> None:
    """Show columns as a table: counts with separators of thousands, rates and means to four decimals."""
    formats = {**dict.fromkeys(COUNTS, "%,d"), **dict.fromkeys(AMOUNTS, "%,.1f"),
               **dict.fromkeys(RATES, "%.4f")}
    shown = {name: st.column_config.NumberColumn(format=formats[name]) for name in columns if name in formats}
    rows = max((len(column) for column in columns.values()), default=0)
    st.dataframe(dict(columns), hide_index=True, height="content" if rows <= LONG else 420, column_config=shown)


def _quality(data: Dataset) -> None:
    found = _once(opening.FINDINGS, lambda: inspect(data))
    st.subheader("What to look at", anchor=False)
    st.caption(notices.count(found))
    notices.issues(found)


def _missing(data: Dataset) -> None:
    st.subheader("Missing values", anchor=False)
    table = _once("missing", lambda: missing_values(data, only=True))
    if table["column"]:
        _table(table)
    else:
        st.caption("No value is missing in the columns in use.")


def _once(name: str, make):  # noqa: ANN001, ANN202  one small memory for two kinds of value
    kept = state.current().kept
    if name not in kept:
        kept[name] = make()
    return kept[name]

