"""The cumulative curve of each group: outcome minus score, summed from the lowest score to the highest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.calibration.request import Order
from engine.calibration.results import Curve, GroupCalibration
from engine.charts.calibration import signed
from engine.charts.calibration_panels import Panels, Part, axes, suffix, title
from engine.charts.theme import BAND, BLUE, GREY, MARKS, VERMILION, Chart, Column, house
from engine.text import plain
from engine.types import Ints

CRITICAL = 2.4977      # of the range of the curve over its standard deviation, at 5 %
_WORST = (
    "The grey wedge is about how far chance alone takes it, and the thick part is the worst range: look whether it "
    "leaves the wedge, and how many persons stand in it."
)
READING: dict[Order, str] = {
    "score": "Each line adds up outcome minus score over the group's rows, lowest score first, each one step: rising "
             "where scores are too low, falling where they are too high; it ends at calibration-in-the-large, and "
             f"Balance is that end minus twice the value at the cut. {_WORST}",
    "confidence": "Each line adds up right (1 or 0) minus confidence over the group's rows, least confident first: "
                  f"falling where the model is too sure; it ends at Balance. {_WORST}",
}


def cumulative(groups: Sequence[GroupCalibration], shown: Sequence[int], order: Order = "score") -> Chart:
    """Draw the cumulative curve of each group, one panel per group, on one scale.

    Parameters
    ----------
    groups
        All groups, in the order of their numbers.
    shown
        Those to draw, in order; each has rows.
    order
        What rows are ordered by, as in the request; by confidence the curve adds up right minus confidence instead, and
        ends at Balance.
    """
    panels = Panels(len(shown))
    reach = 1.1 * max([0.005, *(max(float(np.abs(groups[g].curve.value).max()), CRITICAL / 2 * groups[g].curve.sigma)
                                for g in shown)])
    most = max(40, (MARKS - 200) // max(1, len(shown)))
    what = "outcome − score" if order == "score" else "right − confidence"
    traces: list[Part] = []
    layout: Part = {"annotations": [], "shapes": []}
    for place, g in enumerate(shown):
        curve = groups[g].curve
        traces += _panel(curve, place, most, order)
        layout["annotations"].append(title(panels, place, g, groups[g].name))
        layout["shapes"] += _marks(curve, place, order)
        shares, labels = _ticks(curve)
        layout |= axes(panels, place,
                       {"title": order, "range": [-0.01, 1.03], "showgrid": False,
                        "tickvals": shares, "ticktext": labels},
                       {"title": f"sum of {what}", "range": [-reach, reach], "nticks": 5, "tickformat": "+.3~f"})
    figure = house(go.Figure({"data": traces, "layout": layout}), panels.height + 44, showlegend=True,
                   hovermode="closest", margin={"l": 8, "r": 8, "t": 52, "b": 8})
    return Chart(figure, _table(groups, shown, order), _alt(groups, shown, what), READING[order], "cumulative-curves")


def _panel(walk: Curve, place: int, most: int, order: Order) -> list[Part]:
    """Return the wedge of chance, the curve, its worst range in bold, and the points that Balance is read off."""
    on = {"type": "scatter", "xaxis": f"x{suffix(place)}", "yaxis": f"y{suffix(place)}"}
    kept = thinned(len(walk.share), most, _places(walk))
    x, y, score = walk.share[kept], walk.value[kept], walk.score[kept]
    half = CRITICAL / 2 * walk.sigma
    wedge = {**on, "x": [0, 1, 1, 0], "y": [0, half, -half, 0], "mode": "lines", "fill": "toself", "fillcolor": BAND,
             "line": {"width": 0}, "hoverinfo": "skip", "name": "chance alone, about", "legendgroup": "chance",
             "showlegend": place == 0}
    hover = "score up to %{customdata:.3g}: %{y:+.4f}<br>%{x:.0%} of rows<extra></extra>"
    curve = {**on, "x": x, "y": y, "customdata": score, "mode": "lines", "name": "curve", "legendgroup": "curve",
             "showlegend": place == 0, "line": {"color": BLUE, "width": 1.8}, "hovertemplate": hover}
    low, high = _places(walk)
    inside = (kept >= low) & (kept <= high)
    worst = {**curve, "x": x[inside], "y": y[inside], "customdata": score[inside], "name": "worst range",
             "legendgroup": "worst", "line": {"color": VERMILION, "width": 4.5}}
    return [wedge, curve, worst, *_readings(walk, on, place, order)]


def _readings(walk: Curve, on: Part, place: int, order: Order) -> list[Part]:
    points = [("end", "circle-open", (1.0, walk.end))]
    if order == "score":
        points.insert(0, ("just below the cut", "diamond-open", (walk.share_at_cut, walk.at_cut)))
    return [{**on, "x": [at[0]], "y": [at[1]], "mode": "markers", "name": name, "legendgroup": name,
             "showlegend": place == 0, "marker": {"symbol": symbol, "size": 9, "color": BLUE, "line": {"width": 2}},
             "hovertemplate": f"{name}: %{{y:+.4f}}<extra></extra>"} for name, symbol, at in points]


def _places(walk: Curve) -> tuple[int, int]:
    """Return the points before and at the end of the worst range; none where there is none."""
    if walk.worst is None:
        return -1, -1
    low = int(np.searchsorted(walk.score, walk.worst.low, side="left"))
    high = int(np.searchsorted(walk.score, walk.worst.high, side="right")) - 1
    return max(0, low - 1), max(high, low)


def thinned(count: int, most: int, keep: Sequence[int] = ()) -> Ints:
    """Return at most about `most` of `count` positions, spread evenly, with the first, the last and those to keep.

    >>> thinned(9, 3).tolist(), thinned(9, 3, [7]).tolist()
    ([0, 4, 8], [0, 4, 7, 8])
    """
    even = np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)
    inside = [place for place in keep if 0 <= place < count]
    return np.unique(np.concatenate([even, np.array(inside, dtype=np.int64)]))


def _marks(walk: Curve, place: int, order: Order) -> list[Part]:
    on = {"type": "line", "xref": f"x{suffix(place)}", "yref": f"y{suffix(place)}", "layer": "below"}
    level = {**on, "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": {"color": GREY, "width": 1}}
    cut = {**on, "yref": f"y{suffix(place)} domain", "x0": walk.share_at_cut, "x1": walk.share_at_cut, "y0": 0, "y1": 1,
           "line": {"color": GREY, "width": 1, "dash": "dot"}}
    return [level, cut] if order == "score" else [level]


def _ticks(walk: Curve) -> tuple[list[float], list[str]]:
    """Return shares of rows, and the score at each: the axis has equal steps of rows, its labels are scores."""
    shares = [0.1, 0.5, 0.9]
    at = np.minimum(np.searchsorted(walk.share, shares), len(walk.score) - 1)
    return shares, [f"{score:.2g}" for score in walk.score[at]]


def worst_words(group: GroupCalibration, order: Order = "score") -> str:
    """Return the worst range of a group in words: from where to where, how many persons, which way, by how much."""
    worst = group.curve.worst
    if worst is None or not worst.rows:
        return "no range of scores: no rows"
    names = {"score": ("low", "high", "scores"), "confidence": ("low", "high", "confidences")}[order]
    way = names[0] if worst.excess > 0 else names[1]
    return (f"{worst.low:.3g} to {worst.high:.3g}, {worst.rows:,.0f} persons of {group.n:,}, {names[2]} too {way} by "
            f"{abs(worst.excess) / worst.rows:.3f} on average")


def _table(groups: Sequence[GroupCalibration], shown: Sequence[int], order: Order) -> dict[str, Column]:
    kept = {g: thinned(len(groups[g].curve.share), 60, _places(groups[g].curve)) for g in shown}
    rows = [(g, int(p)) for g in shown for p in kept[g]]
    return {
        "group": [plain(groups[g].name) for g, _ in rows],
        "share of rows": [float(groups[g].curve.share[p]) for g, p in rows],
        f"{order} up to": [float(groups[g].curve.score[p]) for g, p in rows],
        "curve": [float(groups[g].curve.value[p]) for g, p in rows],
    }


def _alt(groups: Sequence[GroupCalibration], shown: Sequence[int], what: str) -> str:
    order: Order = "score" if "score" in what else "confidence"
    parts = [f"{plain(groups[g].name, 26)} ends at {signed(groups[g].curve.end)}, worst range "
             f"{worst_words(groups[g], order)}" for g in shown]
    return f"Cumulative curves of {what}. " + "; ".join(parts) + "."
