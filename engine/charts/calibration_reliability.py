"""Outcome minus score in ranges of the score, one panel per group; the well-known diagonal as the other view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.calibration.results import GroupCalibration, Reliability
from engine.charts.calibration import signed
from engine.charts.calibration_curve import thinned
from engine.charts.calibration_panels import Panels, Part, axes, suffix, title
from engine.charts.theme import BLUE, CLEAR, GREEN, GREY, MARKS, Chart, Column, axis, house
from engine.text import plain

STRIP = 0.17           # of a panel's height: how many rows lie where
FEWEST = 10            # rows of a bin under which its mark is grey
RESIDUAL = (
    "Each mark is a range of scores: how far the outcome lies above or below the mean score there, with its "
    "Clopper-Pearson interval; grey ones have under 10 rows and may lie outside; the strip shows where the rows are. "
    "Bars that stay clear of the line at zero, over many rows, are worth a second look."
)
DIAGONAL = (
    "Each mark is a range of scores: the share with the outcome against the mean score there, with its Clopper-Pearson "
    "interval; the strip below shows where the rows are. Marks below the diagonal are scores that are too high, marks "
    "above it scores that are too low."
)


def reliability(groups: Sequence[GroupCalibration], shown: Sequence[int], diagonal: bool = False) -> Chart:
    """Draw reliability by group, as outcome minus score or, `diagonal`, as outcome against score.

    Parameters
    ----------
    groups
        All groups, in the order of their numbers.
    shown
        Those to draw, in order; each has rows.
    diagonal
        Draw outcome against score, with the diagonal.
    """
    panels = Panels(len(shown), STRIP)
    bins = [groups[g].reliability for g in shown]
    across, reach = _across(bins), _reach(bins)
    traces: list[Part] = []
    layout: Part = {"annotations": [], "shapes": []}
    for place, g in enumerate(shown):
        traces += _panel(groups[g], place, len(shown), diagonal, 0.006 * (across[1] - across[0]))
        layout["annotations"].append(title(panels, place, g, groups[g].name))
        layout["shapes"].append({"type": "line", "xref": f"x{suffix(place)}", "yref": f"y{suffix(place)}", "x0": 0,
                                 "x1": 1, "y0": 0, "y1": 1 if diagonal else 0, "line": {"color": GREY, "width": 1}})
        up = {"title": "share with the outcome", "range": [-0.02, 1.02], "tickvals": [0, 0.5, 1]} if diagonal else {
            "title": "outcome − score", "range": [-reach, reach], "nticks": 5, "tickformat": "+.2~f"}
        layout |= axes(panels, place, {"title": "score", "range": across, "showgrid": False, "nticks": 4}, up)
        layout |= _strip(panels, place, len(shown), across)
    figure = house(go.Figure({"data": traces, "layout": layout}), panels.height + 30, hovermode="closest",
                   showlegend=True, bargap=0, margin={"l": 8, "r": 8, "t": 38, "b": 8})
    return Chart(figure, _table(groups, shown), _alt(groups, shown), DIAGONAL if diagonal else RESIDUAL, "reliability")


def _panel(group: GroupCalibration, place: int, count: int, diagonal: bool, narrow: float) -> list[Part]:
    """Return the isotonic fit, the marks with their bars, and the strip of rows."""
    on = {"type": "scatter", "xaxis": f"x{suffix(place)}", "yaxis": f"y{suffix(place)}"}
    found, (score, fitted) = group.reliability, group.recalibrated
    kept = thinned(len(score), max(24, MARKS // (2 * count)))
    base = 0.0 if diagonal else found.mean_score
    colours = np.where(found.rows < FEWEST, GREY, BLUE).tolist()
    return [{
        **on, "x": score[kept], "y": (fitted - (0.0 if diagonal else score))[kept], "mode": "lines",
        "hoverinfo": "skip", "name": "isotonic fit", "legendgroup": "fit", "showlegend": place == 0,
        "line": {"color": GREEN, "width": 1.4, "dash": "dash"},
    }, {
        **on, "x": found.mean_score, "y": found.observed - base, "mode": "markers", "name": "range of scores",
        "legendgroup": "bins", "showlegend": place == 0,
        "marker": {"size": 7, "color": [CLEAR if c == GREY else c for c in colours],
                   "line": {"color": colours, "width": 1.5}},
        "error_y": {"type": "data", "symmetric": False, "array": found.observed_high - found.observed, "thickness": 1.4,
                    "arrayminus": found.observed - found.observed_low, "width": 0, "color": BLUE},
        "text": [_hover(found, b) for b in range(len(found.rows))], "hovertemplate": "%{text}<extra></extra>",
    }, {
        "type": "bar", "xaxis": f"x{suffix(count + place)}", "yaxis": f"y{suffix(count + place)}",
        "x": (found.low + found.high) / 2, "y": found.rows / max(found.rows.sum(), 1), "showlegend": False,
        "width": np.maximum(found.high - found.low, narrow), "name": "rows", "customdata": found.rows,
        "marker": {"color": GREY, "line": {"width": 0}}, "hovertemplate": "%{customdata:,.0f} rows<extra></extra>",
    }]


def _strip(panels: Panels, place: int, count: int, across: tuple[float, float]) -> Part:
    """Return the axes of the strip under a panel, which ends where the panel begins; the scores stand below it."""
    x, y = panels.room(place)
    number = suffix(count + place)
    tall = (y[1] - y[0]) * panels.strip
    return {
        f"xaxis{number}": axis("score" if panels.last(place) else "", domain=x, anchor=f"y{number}", range=across,
                               showgrid=False, nticks=4),
        f"yaxis{number}": axis("", domain=(y[0], y[0] + 0.8 * tall), anchor=f"x{number}", showticklabels=False,
                               showgrid=False, showline=False, rangemode="tozero"),
    }


def _across(found: Sequence[Reliability]) -> tuple[float, float]:
    """Return the range of scores drawn: where there are any, a little wider, and never outside 0 to 1 by much."""
    low = min((float(b.low.min()) for b in found), default=0.0)
    high = max((float(b.high.max()) for b in found), default=1.0)
    room = 0.03 * max(high - low, 0.02)
    return low - room, high + room


def _reach(found: Sequence[Reliability]) -> float:
    """Return how far the residual view goes: the marks and bars of ranges that are not nearly empty."""
    ends = [0.03]
    for b in found:
        sure = b.rows >= FEWEST
        ends += [float(np.abs(end - b.mean_score)[sure].max(initial=0)) for end in (b.observed_low, b.observed_high)]
    return 1.08 * max(ends)


def _hover(found: Reliability, b: int) -> str:
    return (f"scores {found.low[b]:.3g} to {found.high[b]:.3g}, {found.rows[b]:,.0f} rows<br>mean score "
            f"{found.mean_score[b]:.3f}, outcome {found.observed[b]:.3f} ({found.observed_low[b]:.3f} to "
            f"{found.observed_high[b]:.3f})<br>outcome − score "
            f"{signed(float(found.observed[b] - found.mean_score[b]))}")


def _table(groups: Sequence[GroupCalibration], shown: Sequence[int]) -> dict[str, Column]:
    rows = [(g, b) for g in shown for b in range(len(groups[g].reliability.rows))]
    parts = {"score from": "low", "score to": "high", "mean score": "mean_score", "outcome": "observed",
             "low": "observed_low", "high": "observed_high", "rows": "rows"}
    return {"group": [plain(groups[g].name) for g, _ in rows],
            **{word: [float(getattr(groups[g].reliability, part)[b]) for g, b in rows] for word, part in parts.items()}}


def _alt(groups: Sequence[GroupCalibration], shown: Sequence[int]) -> str:
    parts = []
    for g in shown:
        found = groups[g].reliability
        clear = (found.observed_low > found.mean_score) | (found.observed_high < found.mean_score)
        parts.append(f"{plain(groups[g].name, 26)} {int(clear.sum())} of {len(clear)} ranges away from their score")
    return "Outcome minus score by range of the score, intervals Clopper-Pearson: " + "; ".join(parts) + "."
