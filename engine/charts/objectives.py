"""Three or more objectives at once: a line per policy across one axis per objective, better up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.frontier import LOOK, SHARES, SHORT, worded
from engine.charts.frontier_words import KIND_NAMES
from engine.charts.theme import GREY, RULE, Chart, Column, house, number
from engine.frontier import Point
from engine.frontier.objectives import Objectives
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.types import Floats

READING = (
    "Each line is one policy, each axis one objective, the better end up; numbers are on rows that were not used to "
    "find the policies. Coloured lines are policies that no other beats in every objective, grey ones are beaten. "
    "Where lines cross between two axes, one objective is bought with the other."
)


def parallel(found: Objectives, points: Sequence[Point], chosen: int | None = None) -> Chart:
    """Draw policies across their objectives; each mark carries ``[kind, bound]`` for the page that hears a click.

    Parameters
    ----------
    found
        The policies' objectives.
    points
        The policies, in the same order.
    chosen
        Position of one to be drawn thicker.
    """
    figure = go.Figure()
    places, ends = _places(found)
    for p in np.argsort(found.front, kind="stable").tolist():   # those beaten first, so that they lie below
        _line(figure, found, places[p], points[p], p, p == chosen)
    for axis, key in enumerate(found.keys):
        for end, y, anchor in zip(ends[:, axis], (0.0, 1.0), ("top", "bottom"), strict=True):
            figure.add_annotation(x=axis, y=y, text=_worded(key, float(end)), showarrow=False, yanchor=anchor,
                                  yshift=6 if y else -6, font={"size": 11})
    house(figure, 380, showlegend=True, hovermode="closest", margin={"l": 8, "r": 8, "t": 60, "b": 30})
    names = [_name(key).replace(" ", "<br>", 1) for key in found.keys]
    figure.update_xaxes(tickvals=list(range(len(names))), ticktext=names, range=[-0.35, len(names) - 0.65],
                        showgrid=True, gridcolor=RULE, zeroline=False, tickfont={"size": 12}, tickangle=0,
                        ticklabelstandoff=18)
    figure.update_yaxes(visible=False, range=[-0.06, 1.06])
    return Chart(figure, table(found, points), _alt(found), READING, "objectives")


def table(found: Objectives, points: Sequence[Point]) -> dict[str, Column]:
    """Return policies as columns: thresholds, bound, each objective, whether no other beats it."""
    return {
        "thresholds": [KIND_NAMES[point.kind] for point in points],
        "found at": [float(point.bound) for point in points],
        **{_name(key): [float(v) if np.isfinite(v) else None for v in found.values[:, axis]]
           for axis, key in enumerate(found.keys)},
        "beaten by none": ["yes" if best else "" for best in found.front],
    }


def reference(found: Objectives) -> str:
    """Return the reference point of the volume in words, each objective as it is read.

    The volume of disparities counts from their widest.
    """
    parts = [f"{_name(found.keys[0])} {_worded(found.keys[0], found.volume.reference[0])}"]
    parts += [f"{_name(key)} {abs(value):g}" for key, value in zip(found.keys[1:], found.volume.reference[1:],
                                                                  strict=True)]
    return ", ".join(parts)


def _places(found: Objectives) -> tuple[Floats, Floats]:
    """Return heights (P, m) between 0 and 1, better up, and what the ends of each axis are, (2, m)."""
    better = np.where(np.isfinite(found.better), found.better, np.nan)
    low, high = np.nanmin(better, axis=0), np.nanmax(better, axis=0)
    span = np.where(high > low, high - low, 1.0)
    places = np.where(high > low, (better - low) / span, 0.5)
    return np.asarray(places), np.abs(np.stack([low, high])) if found.keys[0] != "cost" else np.stack([low, high])


def _line(figure: go.Figure, found: Objectives, places: Floats, point: Point, p: int, chosen: bool) -> None:
    best = bool(found.front[p])
    colour, dash, symbol = LOOK[point.kind] if best else (GREY, "solid", "circle")
    words = [f"{_name(key)} {_worded(key, float(value))}"
             for key, value in zip(found.keys, found.values[p], strict=True)]
    plain = {"opacity": 1 if best else 0.4}
    named = {trace.name for trace in figure.data if trace.showlegend}
    figure.add_scatter(
        showlegend=best and SHORT[point.kind] not in named, legendgroup=SHORT[point.kind],
        x=list(range(len(found.keys))), y=places, mode="lines+markers", name=SHORT[point.kind],
        line={"color": colour, "dash": dash, "width": 4 if chosen else 1.5}, opacity=1 if best else 0.4,
        marker={"color": colour, "symbol": symbol, "size": 6}, selected={"marker": plain}, unselected={"marker": plain},
        customdata=[[point.kind, point.bound]] * len(found.keys),
        hovertemplate="<br>".join([f"<b>{KIND_NAMES[point.kind]}</b>", *words, "" if best else "beaten by another"])
        + "<extra></extra>",
    )


def _name(key: str) -> str:
    return DISPARITIES[key].name if key in DISPARITIES else UTILITIES[key].name


def _worded(key: str, value: float) -> str:
    return worded(key, value) if key in SHARES else number(value)


def _alt(found: Objectives) -> str:
    names = ", ".join(_name(key) for key in found.keys)
    return (f"{len(found.front)} policies by {names}, on rows that were not used to find them; "
            f"{int(found.front.sum())} are beaten by none.")
