"""What is the best trade-off that exists, and which point do we choose?"""

from __future__ import annotations

import streamlit as st

from engine.errors import InvalidData
from engine.types import Dataset
from pages.parts import (
    definitions,
    frame,
    frontier_around,
    frontier_chart,
    frontier_found,
    frontier_limits,
    frontier_prices,
    notices,
    policy_book,
    session,
    threshold_controls,
)
from pages.parts import frontier_choice as choice
from pages.parts import frontier_controls as ask

TERMS = ("pareto_frontier", "utility", "common_threshold", "deterministic_thresholds", "randomised_thresholds",
         "shadow_price", "found_and_reported", "group_thresholds", "minimum_group_size", "capacity", "group_floor")


def main() -> None:
    session.framed()
    choice.leave()
    st.title("Frontier")
    data = session.require_outcome()
    notices.simulated()
    st.markdown("What is the best trade-off that exists, and which point do we choose? Thresholds are found on half of "
                "the rows and reported on the other half.")
    if _usable(data):
        frontier(data)


def _usable(data: Dataset) -> bool:
    """Say what is missing for this page, if anything."""
    return notices.complete({
        "protected attribute, so there are no groups to compare": bool(data.attributes),
        "yes/no outcome, so no decision can be right or wrong": data.label is not None,
        "score, so there is nothing to put a threshold on": data.score is not None,
    })


@frame.fragment
def frontier(data: Dataset) -> None:
    """Controls, the frontiers, the chosen point, and everything that follows it."""
    choice.leave()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="roomy"):
        request = ask.asked(data)
        definitions.offer((request.disparity, *TERMS))
    frontier_limits.said(request.limits)
    try:
        found = frontier_found.frontier(data, request.attributes or (), request)
    except InvalidData as refusal:   # said beside the settings, which may mend it
        notices.issues(refusal.issues)
        return
    if found is None:   # its progress stands here
        return
    if not found.lines:
        out_of_reach = len(found.result.unsolved) < len(request.kinds)   # solved, and nothing was found
        st.info("No policy keeps to the limits in force: loosen one of them." if out_of_reach and request.limits
                else "There is no frontier: " + "; ".join(found.result.unsolved.values()))
        return
    book = policy_book.book(data)
    left, right = st.columns([5, 3], gap="medium")
    with right:
        chosen = ask.chosen(found)
        first = choice.scene(data, found, book, threshold_controls.separate(), chosen)
        choice.panel(first)
    frontier_prices.draw(first)
    second = frontier_around.draw(first)
    with left:   # last: it shows the second point too
        marks = [mark for each in (first, second) if each is not None and (mark := choice.mark(each)) is not None]
        frontier_chart.draw(data, found, book, marks)
        choice.left_out(first)
        choice.treatment(first)
    ask.share(found)
    policy_book.share(data, book.now)


main()
