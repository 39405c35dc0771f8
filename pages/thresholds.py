"""What does each threshold do to each group?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from engine.assessment import Assessment, GroupingResult
from engine.charts.estimates import rates_by_group
from engine.charts.histograms import histograms
from engine.charts.roc import roc
from engine.charts.theme import SHOWN
from engine.counting.table import CountTable
from engine.metrics import RATES
from engine.text import markdown
from engine.types import Dataset
from pages.parts import cache, definitions, drawing, notices, session
from pages.parts import threshold_controls as ask
from pages.parts import threshold_numbers as numbers

PAGE = ask.PAGE


def main() -> None:
    session.framed()
    st.title("Thresholds")
    data = session.require_outcome()
    notices.simulated()
    _meaning(data)
    if not _usable(data):
        return
    explorer(data)


def _meaning(data: Dataset) -> None:
    """Say in words what positive, selected and favourable mean here."""
    roles = data.roles
    favourable = "being selected" if roles.favourable == "selected" else "not being selected"
    words = [f"Favourable to the person: **{favourable}**."]
    if roles.label is not None:
        words.insert(0, f"Positive outcome: {markdown(roles.label)} is **{markdown(roles.positive)}**.")
    if data.score_source == "fitted here":
        words.append(f"The score {markdown(data.score)} was fitted here without the protected attributes; each row is "
                     "scored by a model that did not see it.")
    st.markdown("What does each threshold do to each group? " + " ".join(words))


def _usable(data: Dataset) -> bool:
    """Say what is missing for this page, if anything."""
    if not data.attributes:
        st.info("These data have no protected attribute, so there are no groups to compare: name one on the data page.")
    elif data.score is None:
        st.info("These data have no score and none could be fitted: name a score or features on the data page.")
    return bool(data.attributes) and data.score is not None


@st.fragment
def explorer(data: Dataset) -> None:
    """Controls, and everything that follows them."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        attributes = ask.grouping(data)
        kind = ask.kind()
        chosen = ask.settings()
    table = cache.count_table(data, attributes)
    if not len(table.edges):
        st.info("No row of these data has a score.")
        return
    policy = ask.policy(data, table, kind)
    answer = cache.assessment(data, attributes, ask.request(policy, attributes, chosen))
    result = next(iter(answer.groupings.values()))
    numbers.cards(result, chosen[0])
    above = st.container()
    st.subheader("Rates by group", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        view, keys = ask.view(), ask.rates()
        key, worst = ask.compared()
    order = numbers.order(result, key, worst)
    with above:
        pictures(data, table, result, np.array([policy.mix(name)[0][0] for name in result.names]), order)
    numbers.rates(answer, result, keys, order, view)
    compared(answer, result, key, order[:SHOWN])
    ask.share()


def pictures(
    data: Dataset, table: CountTable, result: GroupingResult, thresholds: np.ndarray, order: list[int]
) -> None:
    """Draw the scores of each group, and its ROC curve."""
    shown = order[:SHOWN]
    if len(order) > SHOWN:
        st.caption(f"{SHOWN} of {len(order):,} groups are drawn, those furthest from the others; files have all.")
    left, right = st.columns([2, 1], gap="medium")
    with left:
        st.subheader("Scores", anchor=False)
        st.caption(legend(table))
        drawing.chart(histograms(table, thresholds, shown, columns=2), "histograms")
    with right:
        st.subheader("ROC curves", anchor=False)
        st.caption("numbers: groups at the thresholds in use", help=definitions.tooltip("roc_curve"))
        curves = cache.curves(data, result.attributes, tuple(shown))
        rates = result.rates
        drawing.chart(roc(result.names, curves, rates["false_positive_rate"].value, rates["true_positive_rate"].value,
                          shown), "roc")


def legend(table: CountTable) -> str:
    """Return what the colours of the histograms mean, for the outcomes that occur."""
    words = (":orange[■] not positive, below", ":blue[■] positive outcome, above", ":gray[▩] outcome unknown, above")
    present = [words[slot] for slot in (1, 0, 2) if table.counts[..., slot].any()]
    return "   ".join([*present, "pale: not selected"])


def compared(answer: Assessment, result: GroupingResult, key: str, shown: list[int]) -> None:
    """Draw the rate compared with its intervals, and all disparities."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(definitions.escaped(RATES[key].name.capitalize()), anchor=False)
        drawing.chart(rates_by_group(result, answer.overall.rates[key][0], key, shown), "rate")
    with right:
        numbers.gaps(result)


main()
