"""The explorer without a component: sliders, histograms and ROC curves by Streamlit alone, after each move."""

from __future__ import annotations

import time

import numpy as np
import streamlit as st

from engine.assessment import GroupingResult
from engine.charts.histograms import histograms, threshold_text
from engine.charts.roc import roc
from engine.charts.theme import SHOWN
from engine.counting.table import CountTable
from engine.policy import Policy
from engine.text import markdown
from engine.types import Dataset, Floats
from pages.parts import cache, definitions, drawing, frame, state
from pages.parts import threshold_setting as setting
from pages.parts.live_payload import Handle, handles, mix_of
from pages.parts.policy_book import Book

COLUMNS = 4
PATIENCE = 8.0   # seconds in which a component that can load has reported


def silent(component: str) -> bool:
    """Return whether a component was sent to the browser and never reported: it could not load there.

    The live explorer keeps both times: since when it is in the browser, and, for the rest of the session, that it
    painted there. A run that is slow before it sends the component counts for nothing.
    """
    since = st.session_state.get(f"{component} since")
    if since is None or st.session_state.get(f"{component} heard", False):
        return False
    return time.monotonic() - float(since) > PATIENCE


def sorry(component: str) -> None:
    """Say that plain controls stand in for a component that did not load, and offer to try again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The picture to drag did not load in this browser; plain controls do the same work.",
                   width="content")
        st.button("Try again", type="tertiary", on_click=_again, args=(component,))


def _again(component: str) -> None:
    st.session_state.pop(f"{component} since", None)


def sliders(data: Dataset, table: CountTable, policy: Policy, book: Book, separate: bool) -> None:
    """Draw a slider for everybody, and one per line of the explorer where groups may have their own."""
    stops = [*(threshold_text(float(edge)) for edge in table.edges), "nobody"]
    label = f"Selected when {markdown(data.score, 30)} is at least"
    _slider(table, policy, None, label, stops, data, book)
    if not separate:
        return
    lines = handles(table)
    columns = st.columns(min(COLUMNS, len(lines)))
    for place, line in enumerate(lines):
        with columns[place % len(columns)]:
            _slider(table, policy, line, f"{line.badge} {markdown(line.name, 30)}", stops, data, book)


def _slider(
    table: CountTable, policy: Policy, line: Handle | None, label: str, stops: list[str], data: Dataset, book: Book
) -> None:
    """Draw one slider where the policy has it; moving it puts a policy in use. Between steps it shows the next."""
    now = policy.otherwise if line is None else mix_of(table, line.members[0], policy)[0][0]
    edge = int(table.edge_of(np.array(now)))
    key = f"slide {line.badge if line else 'all'} {state.mark()} {table.groups.name} {data.score}"
    if st.session_state.get(key) != edge:
        st.session_state[key] = edge
    help_ = definitions.tooltip("selected") if line is None else None
    st.select_slider(label, range(len(stops)), key=key, format_func=stops.__getitem__, help=help_,
                     on_change=moved, args=(table, policy, line, key, data.score, book))


@frame.callback
def moved(table: CountTable, policy: Policy, line: Handle | None, key: str, score: str | None, book: Book) -> None:
    """Put the policy in use that a slider now describes."""
    threshold = float(np.append(table.edges, np.inf)[int(st.session_state[key])])
    if line is None:
        book.put(Policy.common(threshold, score))
        return
    for g in line.members:
        policy = setting.moved(table, policy, g, threshold, score)
    book.put(policy)


def pictures(data: Dataset, table: CountTable, result: GroupingResult, thresholds: Floats, order: list[int]) -> None:
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
