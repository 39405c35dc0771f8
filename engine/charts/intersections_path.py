"""A path of penalised models on three linked charts: loss and divergence by strength, and loss by divergence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log10
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine.charts.intersections_table import table
from engine.charts.intersections_words import ONE_NUMBER, UNPENALISED, kappa, marks, name
from engine.charts.theme import BAND, BLUE, CLEAR, EDGE, GREY, VERMILION, VIOLET, Chart, axis, house, number
from engine.dependence.result import Measures, Path, PathPoint

CHOOSES, REPORTS, CHANCE = "validation: chooses", "test: reports", "chance, test"
MARGINAL, OTHER = "marginal penalties, test", "exponentiated gradient, test"
DEEP = 1_000.0        # of a divergence that is drawn: the largest over the least
Up = Callable[[PathPoint, str], float]   # of a point, on the validation or the test rows
ROOM = 0.25           # of the frontier's width, at its right: the line rises to the left, words stand right of it
BIT = 0.7             # decades between strength 0, which has no logarithm, and the least other one
ACROSS = (
    "From left to right the penalty grows; κ 0 stands apart, as it has no logarithm. The solid line is the validation "
    "rows, on which a strength is chosen, the open marks the test rows with the numbers to believe; a ring marks the "
    "chosen point. "
)
READINGS = {
    "loss": ACROSS + "Look where the loss begins to climb, and whether test intervals of two strengths lie apart.",
    "divergence": ACROSS + "Inside the grey band chance alone gives as much: nothing can be told apart there. A "
                           "triangle at the foot was not measured: 0, or nearly, or all predictions are one number.",
    "frontier": "Each mark is a model: further left the combinations are treated more alike, further down it predicts "
                "better; solid is validation, open marks are test with the interval of the loss, the ring is the "
                "chosen point. The corner below left does not exist: how much to give up is not for the data to say.",
}


def loss(path: Path, chosen: int) -> Chart:
    """Draw the loss by strength."""
    return _by_strength(path, chosen, "loss", "loss, without the penalty", _loss)


def divergence(path: Path, chosen: int) -> Chart:
    """Draw the divergence by strength on a logarithmic axis, with what chance alone gives."""
    floor = foot(path)
    chart = _by_strength(path, chosen, "divergence", "divergence of the cells, bits (log)",
                         lambda point, part: bits(point, part, floor), floor)
    chart.figure.update_yaxes(type="log", **_bits(path, floor))
    return chart


def frontier(path: Path, chosen: int) -> Chart:
    """Draw loss by divergence, the frontier of the path, with other ways beside it."""
    floor, figure = foot(path), go.Figure()

    def across(point: PathPoint, part: str) -> float:
        return bits(point, part, floor)

    _others(figure, path, across, _loss)
    for words, part, filled in ((CHOOSES, "validation", True), (REPORTS, "test", False)):
        seen = [getattr(point, part) for point in path.points]
        x, y = ([where(point, part) for point in path.points] for where in (across, _loss))
        _line(figure, x, y, words, filled, path, None if filled else _whiskers(seen), floor)
    for part in ("validation", "test"):
        _ring(figure, *((f(path.points[chosen], part),) for f in (across, _loss)))
    target = path.plan.request.target
    if target:
        figure.add_vline(x=target, line={"color": GREY, "width": 1, "dash": "dot"})
    for place, said in _named(path).items():
        here, seat = path.points[place], "validation"
        _say(figure, log10(across(here, seat)), _loss(here, seat), said)
    scale = _bits(path, floor)
    low, high = scale["range"]
    scale["range"] = [low, high + ROOM * (high - low)]
    house(figure, 400, showlegend=True, hovermode="closest", margin={"l": 8, "r": 16, "t": 64, "b": 8})
    figure.update_xaxes(**axis("divergence, bits (log; left: more alike)"), type="log", **scale)
    figure.update_yaxes(**axis("loss, without the penalty"), tickformat=".4~g")
    return Chart(figure, table(path), _alt(path, "Loss against divergence", chosen), READINGS["frontier"],
                 "intersections-frontier")


def _named(path: Path) -> dict[int, str]:
    """Return the words at points: the marked ones, and where no penalty was."""
    found = marks(path)
    if path.points[0].strength == 0:
        found[0] = ", ".join(filter(None, (UNPENALISED, found.get(0))))
    return found


def foot(path: Path) -> float:
    """Return the least divergence that is drawn: half the least there is, but at most three decades under the largest.

    Smaller ones, and 0, which has no logarithm, stand there as triangles; so do models whose predictions are all one
    number, where the divergence is that of rounding errors.
    """
    every = [value for point in (*path.points, *path.baselines) if not point.collapsed
             for m in (point.validation, point.test) for value in (m.jsd, m.jsd_null_high)]
    above = [value for value in every if value > 0]
    return max(min(above) / 2, max(above) / DEEP) if above else 1e-6


def _of(point: PathPoint, part: str) -> Measures:
    return point.validation if part == "validation" else point.test


def _loss(point: PathPoint, part: str) -> float:
    return _of(point, part).loss.value


def bits(point: PathPoint, part: str, floor: float) -> float:
    """Return where a divergence is drawn: at the foot where it is less, or where all predictions are one number."""
    return floor if point.collapsed else max(_of(point, part).jsd, floor)


def places(points: Sequence[PathPoint]) -> list[float | None]:
    """Return where strengths stand: the logarithm of kappa, 0 a little left of the least other one."""
    above = [point.kappa for point in points if point.kappa]
    zero = log10(min(above)) - BIT if above else 0.0
    return [None if point.kappa is None else log10(point.kappa) if point.kappa > 0 else zero for point in points]


def _by_strength(
    path: Path, chosen: int, key: str, title: str, up: Up, floor: float = 0.0
) -> Chart:
    figure, at = go.Figure(), places(path.points)
    order = sorted(range(len(at)), key=lambda k: at[k] or 0.0)
    if key == "divergence":
        _band(figure, path, [at[k] for k in order], order, floor)
    marginal = [point for point in path.baselines if point.strength is not None]
    if marginal:
        x = places([*path.points, *marginal])[len(path.points):]
        figure.add_scatter(x=x, y=[up(point, "test") for point in marginal], name=MARGINAL, mode="lines+markers",
                           legendrank=2000,
                           line={"color": VERMILION, "dash": "dashdot", "width": 1.5},
                           marker={"symbol": "square-open", "size": 8},
                           text=[hover(point, point.test, REPORTS) for point in marginal],
                           hovertemplate="%{text}<extra></extra>")
    for words, part, filled in ((CHOOSES, "validation", True), (REPORTS, "test", False)):
        seen = [getattr(path.points[k], part) for k in order]
        ends = _whiskers(seen) if key == "loss" and not filled else None
        y = [up(path.points[k], part) for k in order]
        _line(figure, [at[k] for k in order], y, words, filled, path, ends, floor, order)
    for part in ("validation", "test"):
        _ring(figure, (at[chosen],), (up(path.points[chosen], part),))
    for place, said in marks(path).items():
        height = up(path.points[place], "validation")
        _say(figure, at[place] or 0.0, log10(height) if key == "divergence" else height, said,
             order.index(place) >= (2 if key == "loss" else len(at) - 2))
    figure.add_vline(x=at[chosen], line={"color": VIOLET, "width": 1, "dash": "dot"})
    house(figure, 340, showlegend=True, hovermode="closest", margin={"l": 8, "r": 16, "t": 64, "b": 8})
    unit = path.calibration.unit
    figure.update_xaxes(**axis(f"strength κ (log), λ = {unit:.3g} κ" if unit else "strength κ (log)"),
                        tickvals=at, ticktext=[kappa(point).removeprefix("κ ") for point in path.points])
    figure.update_layout(legend_traceorder="normal")   # a filled band would turn it round
    figure.update_yaxes(**axis(title), tickformat=".4~g")
    return Chart(figure, table(path), _alt(path, f"{title} by strength", chosen), READINGS[key], f"intersections-{key}")


def _line(
    figure: go.Figure, x: Sequence[float | None], y: Sequence[float], words: str, filled: bool, path: Path,
    ends: dict[str, Any] | None, floor: float, order: Sequence[int] | None = None,
) -> None:
    order = list(range(len(path.points))) if order is None else order
    part = "validation" if filled else "test"
    seen = [getattr(path.points[k], part) for k in order]
    shape = "circle" if filled else "circle-open"
    symbols = ["triangle-down" + ("" if filled else "-open")
               if floor and bits(path.points[k], part, floor) <= floor else shape for k in order]
    figure.add_scatter(
        x=x, y=y, mode="lines+markers", name=words, error_y=ends,
        line={"color": BLUE, "width": 2 if filled else 1.2, "dash": "solid" if filled else "dot"},
        marker={"symbol": symbols, "size": 8, "color": BLUE, "line": {"width": 1.5, "color": BLUE}},
        customdata=[[k] for k in order], selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
        text=[hover(path.points[k], m, words) for k, m in zip(order, seen, strict=True)],
        hovertemplate="%{text}<extra></extra>",
    )


def _others(
    figure: go.Figure, path: Path, across: Up, up: Up
) -> None:
    """Draw other ways on their test rows: a line where they are a path too, marks where they are not."""
    ways = ((MARGINAL, [p for p in path.baselines if p.strength is not None], "square-open", "lines+markers"),
            (OTHER, [p for p in path.baselines if p.strength is None], "diamond", "markers"))
    for words, points, symbol, mode in ways:
        if points:
            figure.add_scatter(
                x=[across(p, "test") for p in points], y=[up(p, "test") for p in points], mode=mode, name=words,
                legendrank=2000,
                line={"color": VERMILION, "dash": "dashdot", "width": 1.5},
                marker={"symbol": symbol, "size": 9, "color": VERMILION},
                text=[hover(p, p.test, REPORTS) for p in points], hovertemplate="%{text}<extra></extra>",
            )


def _band(figure: go.Figure, path: Path, x: Sequence[float | None], order: Sequence[int], floor: float) -> None:
    top = [floor if path.points[k].collapsed else max(path.points[k].test.jsd_null_high, floor) for k in order]
    figure.add_scatter(x=x, y=[floor] * len(x), mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False,
                       name="foot of the band")
    figure.add_scatter(x=x, y=top, mode="lines", fill="tonexty", fillcolor=BAND, name=CHANCE, hoverinfo="skip",
                       legendrank=3000,
                       line={"color": EDGE, "width": 1})


def _whiskers(seen: Sequence[Measures]) -> dict[str, Any]:
    up = np.nan_to_num([m.loss.high - m.loss.value for m in seen])
    down = np.nan_to_num([m.loss.value - m.loss.low for m in seen])
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1, "width": 0,
            "color": BLUE}


def _ring(figure: go.Figure, x: Sequence[float | None], y: Sequence[float]) -> None:
    figure.add_scatter(x=x, y=y, mode="markers", name="chosen", showlegend=False, hoverinfo="skip",
                       marker={"size": 17, "color": CLEAR, "line": {"width": 2.5, "color": VIOLET}})


def _say(figure: go.Figure, x: float, y: float, words: str, left: bool = False) -> None:
    """Write words above a point, to its right unless `left`."""
    lines = words.replace(", ", "<br>")
    figure.add_annotation(x=x, y=y, text=lines, showarrow=True, arrowhead=0, arrowwidth=1, arrowcolor=GREY,
                          ax=-26 if left else 26, ay=-26 - 16 * (len(figure.layout.annotations) % 2),
                          xanchor="right" if left else "left", align="right" if left else "left", font={"size": 11})


def _bits(path: Path, floor: float) -> dict[str, Any]:
    """Return an axis of divergences: decades and halves between in plain numbers, from the foot to the largest."""
    every = [m for point in (*path.points, *path.baselines) if not point.collapsed
             for m in (point.validation, point.test)]
    top = max([floor, *(value for m in every for value in (m.jsd, m.jsd_null_high))])
    steps = [step * 10.0**decade for decade in range(-8, 3) for step in (1, 3)]
    ticks = [step for step in steps if 0.7 * floor <= step <= 1.6 * top]
    return {"tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks],
            "range": [log10(floor) - 0.12, log10(max(top, 2 * floor)) + 0.25]}


def hover(point: PathPoint, seen: Measures, where: str) -> str:
    """Return what a point says when it is pointed at; every word is ours."""
    lines = [f"<b>{name(point)}</b>, {where.split(':')[0]}"]
    if point.strength is not None:
        lines.append(f"λ {point.strength:.4g}")
    lines += [f"loss {number(seen.loss.value, 4)} ({number(seen.loss.low, 4)} to {number(seen.loss.high, 4)})",
              f"divergence {seen.jsd:.3g} bits, chance alone {seen.jsd_null_high:.3g}",
              f"gap over combinations {number(seen.intersectional_gap.value)}, one attribute "
              f"{number(seen.marginal_gap.value)}"]
    return "<br>".join([*lines, "all predictions are one number"] if point.collapsed else lines)


def _alt(path: Path, what: str, chosen: int) -> str:
    ends = [f"{name(point)} loss {number(point.test.loss.value, 4)}, "
            + (ONE_NUMBER if point.collapsed else f"divergence {point.test.jsd:.3g}")
            for point in (path.points[0], path.points[chosen], path.points[-1])]
    return (f"{what} of {len(path.points)} models. On the test rows: first {ends[0]}; chosen {ends[1]}; last "
            f"{ends[2]}. " + "; ".join(f"{words}: {kappa(path.points[k])}" for k, words in marks(path).items()))
