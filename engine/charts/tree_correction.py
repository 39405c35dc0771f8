"""The tree correction from q 0 to 1 on rows that no tree has seen, and the people whose decision it changes."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from engine.charts.drivers import finite, whiskers
from engine.charts.frontier import worded
from engine.charts.theme import BLUE, VERMILION, Chart, Column, axis, house, number
from engine.frontier.tree_correction import Changed, CurvePoint
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.text import plain
from engine.types import Dataset

NEUTRAL = "attribute averaged out"
READING = (
    "Circles are the trees from q 0, the model as it is, to q 1, with intervals of both numbers; the square is the "
    "same model with the attribute averaged out, which uses it no more, while proxies stay. Look whether the intervals "
    "of q 0 and q 1 lie apart before calling the gap smaller; the square can lie further right than q 0."
)


def curve(points: Sequence[CurvePoint], disparity: str, utility: str) -> Chart:
    """Draw utility against disparity at each strength, and of the neutral variant."""
    figure = go.Figure()
    looks = (([p for p in points if p.strength is not None], "tree correction", BLUE, "circle"),
             ([p for p in points if p.strength is None], NEUTRAL, VERMILION, "square"))
    for part, name, colour, symbol in looks:
        gaps, rates = [p.reported.disparity for p in part], [p.reported.utility for p in part]
        figure.add_scatter(
            x=[gap.value for gap in gaps], y=[rate.value for rate in rates], mode="lines+markers+text", name=name,
            line={"color": colour, "width": 1.5}, marker={"color": colour, "symbol": symbol, "size": 9},
            error_x=whiskers(gaps, colour, 1.0), error_y=whiskers(rates, colour, 1.0),
            text=[named(p) if p.strength in (0, 1) else "" for p in part], textposition="top right",
            customdata=[f"{named(p)}<br>{UTILITIES[utility].name} {worded(utility, p.reported.utility.value)}<br>"
                        f"disparity {number(p.reported.disparity.value)}" for p in part],
            hovertemplate="%{customdata}<extra></extra>",
        )
    house(figure, 360, showlegend=True, margin={"l": 8, "r": 8, "t": 32, "b": 8})
    figure.update_xaxes(**axis(DISPARITIES[disparity].name))
    shares = worded(utility, 0.5).endswith("%")
    figure.update_yaxes(**axis(UTILITIES[utility].name), tickformat=".1%" if shares else ".3f")
    words = [f"{named(p)}: {worded(utility, p.reported.utility.value)} at {number(p.reported.disparity.value)}"
             for p in points]
    return Chart(figure, table(points, disparity, utility), "Tree correction, " + "; ".join(words) + ".", READING,
                 "tree-correction")


def table(points: Sequence[CurvePoint], disparity: str, utility: str) -> dict[str, Column]:
    """Return the points as columns."""
    rates, gaps = [p.reported.utility for p in points], [p.reported.disparity for p in points]
    return {
        "strength": [named(p) for p in points],
        UTILITIES[utility].name: [finite(rate.value) for rate in rates],
        "low": [finite(rate.low) for rate in rates], "high": [finite(rate.high) for rate in rates],
        DISPARITIES[disparity].name: [finite(gap.value) for gap in gaps],
        "low ": [finite(gap.low) for gap in gaps], "high ": [finite(gap.high) for gap in gaps],
        "rows": [float(rate.n) for rate in rates], "note": [plain(gap.reason or "", 200) for gap in gaps],
    }


def people(dataset: Dataset, found: Changed) -> dict[str, Column]:
    """Return the people whose decision changes: position from 1, identifier if any, group, score before and after."""
    ids: dict[str, Column] = {} if dataset.ids is None else {
        "identifier": [plain(dataset.ids[row]) for row in found.rows]}
    return {
        "row": [int(row) + 1 for row in found.rows], **ids, "group": [plain(name) for name in found.groups],
        "score before": [float(score) for score in found.before],
        "score after": [float(score) for score in found.after],
        "now": ["selected" if chosen else "not selected" for chosen in found.selected_now],
    }


def named(point: CurvePoint) -> str:
    """Return a point's name.

    >>> from engine.frontier import Reported
    >>> from engine.types import Estimate
    >>> named(CurvePoint(0.5, Reported(Estimate(0), Estimate(0), ())))
    'q 0.5'
    """
    return NEUTRAL if point.strength is None else f"q {point.strength:g}"
