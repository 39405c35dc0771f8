"""Where a group's Balance comes from: one bar per range of the score, over- and under-confidence apart by hatch too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.calibration.results import GroupCalibration, Regions
from engine.charts.calibration import signed
from engine.charts.calibration_panels import Panels, Part, axes, suffix, title
from engine.charts.theme import BLUE, GREY, VERMILION, Chart, Column, house
from engine.text import plain

SIDES = (("under-confident", BLUE, ""), ("over-confident", VERMILION, "/"))
LABELS = 3      # about so many borders have their score in words
READING = (
    "Each bar is a range of the score, drawn equally wide whatever its scores, and what it adds to Balance: upwards "
    "where the model was less sure than it could be, downwards and hatched where it was too sure; the bars of a panel "
    "add up to its Balance. Long bars both ways that cancel are errors which a Balance near zero hides."
)


def regions(groups: Sequence[GroupCalibration], shown: Sequence[int]) -> Chart:
    """Draw the decomposition of Balance over ranges of the score, one panel per group.

    Parameters
    ----------
    groups
        All groups, in the order of their numbers.
    shown
        Those to draw, in order; each has rows.
    """
    panels = Panels(len(shown))
    reach = 1.1 * max([1e-4, *(float(np.abs(groups[g].regions.contribution).max(initial=0)) for g in shown)])
    traces: list[Part] = []
    layout: Part = {"annotations": [], "shapes": []}
    for place, g in enumerate(shown):
        found = groups[g].regions
        traces += _bars(found, place)
        layout["annotations"].append(title(panels, place, g, groups[g].name))
        layout["shapes"].append({"type": "line", "x0": 0, "x1": len(found.low), "y0": 0, "y1": 0,
                                 "xref": f"x{suffix(place)}", "yref": f"y{suffix(place)}",
                                 "line": {"color": GREY, "width": 1}})
        layout |= axes(panels, place, {"title": "ranges of the score", "range": [-0.1, len(found.low) + 0.1],
                                       "showgrid": False, **_ticks(found)},
                       {"title": "adds to Balance", "range": [-reach, reach], "nticks": 5, "tickformat": "+.3~f"})
    figure = house(go.Figure({"data": traces, "layout": layout}), panels.height + 30, barmode="overlay", bargap=0.0,
                   showlegend=True, margin={"l": 8, "r": 8, "t": 38, "b": 8})
    return Chart(figure, _table(groups, shown), _alt(groups, shown), READING, "balance-by-score-range")


def _ticks(found: Regions) -> Part:
    """Return a tick at every border of the ranges, which are drawn equally wide, with the score at some in equal steps.
    """
    edges = [*found.low.tolist(), float(found.high[-1])]
    step = -(-(len(edges) - 1) // LABELS)
    return {"tickvals": list(range(len(edges))), "ticks": "outside", "ticklen": 4, "tickangle": 0,
            "ticktext": [f"{edge:.3g}" if place % step == 0 else "" for place, edge in enumerate(edges)]}


def _bars(found: Regions, place: int) -> list[Part]:
    drawn = []
    for side, (name, colour, pattern) in enumerate(SIDES):
        rows = np.flatnonzero((found.contribution >= 0) if side == 0 else (found.contribution < 0))
        drawn.append({
            "type": "bar", "name": name, "legendgroup": name, "showlegend": place == 0,
            "xaxis": f"x{suffix(place)}", "yaxis": f"y{suffix(place)}",
            "x": rows + 0.5, "y": found.contribution[rows], "width": 0.88,
            "marker": {"color": colour, "line": {"width": 0},
                       "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "#ffffff",
                                   "fgopacity": 0.6, "size": 6}},
            "text": [_hover(found, int(r)) for r in rows], "textposition": "none",
            "hovertemplate": f"%{{text}}<extra>{name}</extra>",
        })
    return drawn


def _hover(found: Regions, r: int) -> str:
    return (f"scores {found.low[r]:.3g} to {found.high[r]:.3g}<br>adds {signed(float(found.contribution[r]), 4)}<br>"
            f"{found.rows[r]:,.0f} rows, z {signed(float(found.z[r]), 1)}")


def _table(groups: Sequence[GroupCalibration], shown: Sequence[int]) -> dict[str, Column]:
    rows = [(g, r) for g in shown for r in range(len(groups[g].regions.low))]
    parts = {"score from": "low", "score to": "high", "adds to Balance": "contribution", "rows": "rows", "z": "z"}
    return {
        "group": [plain(groups[g].name) for g, _ in rows],
        **{word: [float(value) if np.isfinite(value := getattr(groups[g].regions, part)[r]) else None for g, r in rows]
           for word, part in parts.items()},
    }


def _alt(groups: Sequence[GroupCalibration], shown: Sequence[int]) -> str:
    parts = [f"{plain(groups[g].name, 26)} {signed(groups[g].regions.over)} under-confident and "
             f"{signed(-groups[g].regions.under)} over-confident" for g in shown]
    return "Balance by range of the score. " + "; ".join(parts) + "."
