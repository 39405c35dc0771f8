"""The data in use on one screen: how many rows, the outcome in each group, what is missing, what looks wrong."""

from __future__ import annotations

import streamlit as st

from engine.assessment.means import group_means
from engine.charts.data import outcome_by_group, target_by_group
from engine.data.overview import missing_values
from engine.data.quality import inspect
from engine.scoring.models import PROTECTED_IN
from engine.text import markdown
from engine.types import Dataset
from pages.parts import controls, definitions, drawing, notices, opening, scores, sidebar, state

PAGE = "data"
FORMATS = {
    **dict.fromkeys(("rows", "positive outcome", "outcome unknown", "missing"), "%,d"),
    **dict.fromkeys(("total", "exposure"), "%,.1f"),
    **dict.fromkeys(("base rate", "95 % from", "95 % to", "share"), "%.4f"),
    **{f"{name}{end}": "%.4g" for name in ("mean", "per exposure") for end in ("", ", 95 % from", ", 95 % to")},
}
RATES, MEANS = ("base_rate", "wilson"), ("group_mean", "student")   # what the charts need defined
UNWEIGHTED = "Rows are counted here, without their weights; the rates of the other pages are weighted."
SAID = ("outcome", "numeric outcome", "favourable decision", "decision", "score")   # in sentences


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
    scores.draw(data)


def _headline(data: Dataset) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(markdown(data.name), width="content", anchor=False)
        if data.simulated:
            st.badge("simulated", color="orange")
        st.space("stretch")
        what = "the decision" if data.score_source == "prediction" else "each threshold"
        if st.button(f"See what {what} does", type=controls.leading(), icon=":material/arrow_forward:"):
            st.switch_page("pages/thresholds.py")
    notices.simulated()


def _meaning(data: Dataset) -> None:
    """Say in words what positive and favourable mean here, and where the score comes from."""
    roles = data.roles
    decision = "being selected" if roles.favourable == "selected" else "not being selected"
    lines = [f"**{data.n:,}** rows in use of {data.rows:,}"]
    if roles.label is not None:
        lines.append(f"Positive outcome: {markdown(roles.label)} is **{markdown(roles.positive)}**"
                     + ("" if data.score_source == "prediction" else ", the event that the score ranks towards"))
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
        how = PROTECTED_IN if PROTECTED_IN in data.score else "without the protected attributes"
        return (f"Score: **{name}**, fitted here on the features, {how}; each row is scored by a model that did not "
                "see it")
    if data.score_source == "recalibrated":
        return f"Score: **{name}**, recalibrated here"
    if data.score_source == "prediction":
        value = f", selected is **{markdown(data.roles.selected)}**" if data.roles.selected is not None else ""
        return f"Decision: **{name}**{value}; no score is behind it"
    return f"Score: **{name}**"


def _outcome(data: Dataset) -> None:
    if not data.attributes:
        return
    names = [attribute.name for attribute in data.attributes]
    chosen = controls.select(PAGE, "attribute", "Outcome by group of", names, flat=True)
    state.sync_url(PAGE, {"attribute": names.index(chosen)})
    if data.target is not None:
        chart, terms = target_by_group(group_means(data, chosen)), MEANS
    else:
        chart, terms = outcome_by_group(data, chosen), RATES
    drawing.chart(chart, "outcome by group", table_open=True, formats=FORMATS)
    definitions.offer(terms)
    if data.weight is not None:
        st.caption(UNWEIGHTED)


def _quality(data: Dataset) -> None:
    found = _once(opening.FINDINGS, lambda: data.issues if data.counts is not None else inspect(data))
    st.subheader("What to look at", anchor=False)
    st.caption(notices.count(found))
    notices.issues(found)


def _missing(data: Dataset) -> None:
    st.subheader("Missing values", anchor=False)
    if data.counts is not None:
        st.caption("Not known from counts: rows without a group are the group 'missing', rows left out stand in the "
                   "sidebar.")
        return
    table = _once("missing", lambda: missing_values(data, only=True))
    if table["column"]:
        drawing.table(table, FORMATS)
    else:
        st.caption("No value is missing in the columns in use.")


def _once(name: str, make):  # noqa: ANN001, ANN202  one small memory for two kinds of value
    kept = state.current().kept
    if name not in kept:
        kept[name] = make()
    return kept[name]

