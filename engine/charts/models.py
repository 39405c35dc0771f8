"""Models compared: each one's own frontier where it was found, each point where it was tested, with whiskers."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.charts.frontier import worded
from engine.charts.frontier_words import KIND_NAMES
from engine.charts.theme import BLUE, GREEN, GREY, PURPLE, VERMILION, Chart, Column, axis, house, number
from engine.frontier.models import ModelFrontier, ModelPoint
from engine.frontier.stops import DRAWN, thinned
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import PolicyKind
from engine.text import markup, plain
from engine.types import Estimate

COLOURS = (BLUE, VERMILION, GREEN, PURPLE)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "pentagon")
BY_ITSELF = "decides by itself"
READING = (
    "Faint curves are each model's best trade-offs on the validation rows; marks are single points on test rows that "
    "neither a model nor a threshold was chosen on, large and with intervals where no other point was better on the "
    "validation rows. A mark under its curve shows how much the curve flatters; look whether intervals of two models "
    "lie apart before calling one better."
)


def models(found: ModelFrontier, disparity: str, utility: str, kind: PolicyKind) -> Chart:
    """Draw models by disparity and utility.

    Parameters
    ----------
    found
        The comparison.
    disparity, utility
        What was traded.
    kind
        The kind of policy whose frontiers are drawn; of points all kinds are.
    """
    figure = go.Figure()
    names = list(dict.fromkeys(point.model for point in found.points))
    families = list(dict.fromkeys(point.family for point in found.points))
    for place, name in enumerate(names):
        if name in found.frontiers and kind in found.frontiers[name].curves:
            _curve(figure, found, name, kind, place)
    _path(figure, found)
    for place, name in enumerate(names):
        family = next(point.family for point in found.points if point.model == name)
        _points(figure, found, name, place, SYMBOLS[families.index(family) % len(SYMBOLS)], utility)
    house(figure, 430, showlegend=True, hovermode="closest", margin={"l": 8, "r": 8, "t": 40, "b": 8})
    ideal = "0: equal" if DISPARITIES[disparity].form == "difference" else "1: equal"
    figure.update_xaxes(**axis(f"{DISPARITIES[disparity].name} ({ideal})"))
    shares = worded(utility, 0.5).endswith("%")
    figure.update_yaxes(**axis(UTILITIES[utility].name), tickformat=".1%" if shares else ".3f")
    return Chart(figure, table(found, disparity, utility), _alt(found, utility), READING, "models-compared")


def table(found: ModelFrontier, disparity: str, utility: str) -> dict[str, Column]:
    """Return every point as columns: on validation rows, where it was chosen, and on test rows."""
    rule, name = DISPARITIES[disparity].name, UTILITIES[utility].name
    tests = [(point.test.utility, point.test.disparity) for point in found.points]
    return {
        "model": [plain(point.model) for point in found.points],
        "thresholds": [_thresholds(point) for point in found.points],
        f"{name}, test": [_finite(u.value) for u, _ in tests],
        "low": [_finite(u.low) for u, _ in tests], "high": [_finite(u.high) for u, _ in tests],
        f"{rule}, test": [_finite(d.value) for _, d in tests],
        "low ": [_finite(d.low) for _, d in tests], "high ": [_finite(d.high) for _, d in tests],
        f"{name}, validation": [_finite(point.utility) for point in found.points],
        f"{rule}, validation": [_finite(point.disparity) for point in found.points],
        "beaten by none": ["yes" if best else "" for best in found.front],
    }


def _curve(figure: go.Figure, found: ModelFrontier, name: str, kind: PolicyKind, place: int) -> None:
    curve = found.frontiers[name].curves[kind]
    kept = thinned(curve.disparity, DRAWN // 2)
    shape = "linear" if kind == "randomised" else ("hv" if found.frontiers[name].problem.rule.form == "difference"
                                                   else "vh")
    figure.add_scatter(x=curve.disparity[kept], y=curve.utility[kept], mode="lines", hoverinfo="skip", opacity=0.45,
                       showlegend=False, name=f"{markup(plain(name, 26))}, validation rows",
                       line={"color": COLOURS[place % len(COLOURS)], "dash": DASHES[place % len(DASHES)], "width": 1.5,
                             "shape": shape})


def _path(figure: go.Figure, found: ModelFrontier) -> None:
    """Join the points of the tree correction, which is one method at several strengths: a curve from q 0 to q 1."""
    path = [(point.test.disparity.value, point.test.utility.value) for point in found.points
            if point.family == "tree_correction" and np.isfinite(point.test.disparity.value)]
    if path:
        figure.add_scatter(x=[x for x, _ in path], y=[y for _, y in path], mode="lines+text", showlegend=False,
                           text=["  q 0", *[""] * (len(path) - 2), "  q 1"][: len(path)], textposition="middle right",
                           textfont={"size": 11}, line={"color": GREY, "dash": "dot", "width": 1.5},
                           hoverinfo="skip", name="tree correction")


def _points(figure: go.Figure, found: ModelFrontier, name: str, place: int, symbol: str, utility: str) -> None:
    colour, label = COLOURS[place % len(COLOURS)], str(markup(plain(name, 26)))
    for best in (False, True):
        chosen = [p for p, front in zip(found.points, found.front, strict=True)
                  if p.model == name and bool(front) is best and np.isfinite(p.test.disparity.value)]
        if not chosen:
            continue
        gaps, rates = [p.test.disparity for p in chosen], [p.test.utility for p in chosen]
        figure.add_scatter(
            x=[gap.value for gap in gaps], y=[rate.value for rate in rates], mode="markers", name=label,
            legendgroup=name, showlegend=best or not any(front for p, front in zip(found.points, found.front,
                                                                                   strict=True) if p.model == name),
            marker={"color": colour if best else GREY, "symbol": symbol if best else f"{symbol}-open",
                    "size": 9 if best else 6, "line": {"width": 1}},
            error_x=_ends(gaps, colour) if best else None, error_y=_ends(rates, colour) if best else None,
            text=[f"<b>{label}</b><br>{_thresholds(p)}<br>test: {UTILITIES[utility].name} "
                  f"{worded(utility, p.test.utility.value)}, disparity {number(p.test.disparity.value)}<br>validation: "
                  f"{worded(utility, p.utility)}, {number(p.disparity)}" for p in chosen],
            hovertemplate="%{text}<extra></extra>",
        )


def _ends(found: list[Estimate], colour: str) -> dict[str, object]:
    up = np.nan_to_num([e.high - e.value for e in found])
    down = np.nan_to_num([e.value - e.low for e in found])
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1, "width": 0,
            "color": colour}


def _thresholds(point: ModelPoint) -> str:
    if point.policy is None:
        return BY_ITSELF
    if point.kind is None:
        return "one threshold, as usual"
    return f"{KIND_NAMES[point.kind]}, bound {point.bound:g}"


def named(point: ModelPoint) -> str:
    """Return a point's model and thresholds as plain text."""
    return f"{plain(point.model, 40)}: {_thresholds(point)}"


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _alt(found: ModelFrontier, utility: str) -> str:
    best = [f"{named(p)}, {worded(utility, p.test.utility.value)} at {number(p.test.disparity.value)}"
            for p, front in zip(found.points, found.front, strict=True) if front][:8]
    return f"{len(found.points)} points of models on test rows. Beaten by none: " + "; ".join(best) + "."
