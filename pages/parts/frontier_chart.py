"""The trade-off chart: a click on one of its points chooses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from engine.charts.frontier import Mark, TradeOff, deep, trade_off
from engine.charts.theme import Chart
from engine.policy import KINDS
from engine.types import Dataset
from pages.parts import controls, drawing, frontier_controls, frontier_found
from pages.parts.frontier_found import Found
from pages.parts.policy_book import Book

KEY = "frontier chart"
UPPER = ("Leaves out what lies below the frontier with lots at parity: a common threshold often reaches parity only by "
         "selecting everybody or nobody.")


def draw(data: Dataset, found: Found, book: Book, marks: Sequence[Mark]) -> None:
    """Draw the frontiers with the chosen points and the policy in use."""
    asked = TradeOff(
        found.lines, found.request.disparity, found.request.utility, found.result.groups.names,
        frontier_found.all_affected(data, found, book.now), marks, frontier_found.placed(data, found, book.now),
    )
    top = controls.toggle(frontier_controls.PAGE, f"top_{frontier_controls.traded(found)}", "Only the upper part",
                          deep(asked), help=UPPER)
    clickable(trade_off(replace(asked, top_only=top)), found)


def clickable(chart: Chart, found: Found, key: str = KEY) -> None:
    """Draw a chart whose points choose; under it what every chart has."""
    drawing.chart(chart, key, clicked=lambda: _clicked(found, key))


def _clicked(found: Found, key: str) -> None:
    """Choose the point that was clicked; a click beside the points changes nothing."""
    said: Any = st.session_state.get(key)
    for point in (said or {}).get("selection", {}).get("points", []):
        kind, bound = (*(point.get("customdata") or ()), None, None)[:2]
        if kind in KINDS and isinstance(bound, (int, float)) and not isinstance(bound, bool):
            frontier_controls.choose(found, kind, float(bound))
            return
