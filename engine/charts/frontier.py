"""The best trade-offs that exist: a disparity across, a utility up, one curve per kind of policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from engine.charts.frontier_words import KIND_NAMES, hover, row
from engine.charts.theme import BLUE, CLEAR, GREEN, GREY, VERMILION, Chart, Column, axis, house, number, percent
from engine.frontier import Reported
from engine.frontier.effects import Effects
from engine.frontier.stops import Line
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import PolicyKind
from engine.types import Floats

SHARES = ("accuracy", "balanced_accuracy")   # utilities that are read as per cent
LOOK: dict[PolicyKind, tuple[str, str, str]] = {
    "common": (BLUE, "solid", "circle"), "deterministic": (VERMILION, "dash", "square"),
    "randomised": (GREEN, "dot", "diamond"),
}
FOUR_FIFTHS = 0.8
SHORT: dict[PolicyKind, str] = {"common": "one for all", "deterministic": "per group", "randomised": "with lots"}
HEIGHT = 430
DEEP = 4             # times the span of the upper part
APART = 0.06         # of the height, between two labels
READING = (
    "Each curve is the best utility that exists within a disparity, for one kind of thresholds, on the rows where it "
    "was found; those numbers flatter, so the lettered points are drawn again, with intervals, on rows that were not "
    "used. Look where a curve bends: from there each further step towards equal groups costs more. A gap between two "
    "curves is the price of the simpler rule."
)


@dataclass(frozen=True)
class Mark:
    """A point that is chosen: its letter, where it was found, and what it gives on other rows."""

    letter: str
    kind: PolicyKind
    disparity: float
    utility: float
    reported: Reported | None


@dataclass(frozen=True, eq=False)
class TradeOff:
    """What is drawn: frontiers, chosen points, the policy in use (disparity, utility) on the same rows.

    `effects` are those of each line's points against the policy in use, in their order.
    """

    lines: Mapping[PolicyKind, Line]
    disparity: str
    utility: str
    names: tuple[str, ...]
    effects: Mapping[PolicyKind, Sequence[Effects | None]]
    marks: Sequence[Mark] = ()
    in_use: tuple[float, float] | None = None
    top_only: bool = False


def trade_off(asked: TradeOff) -> Chart:
    """Draw the frontiers; each point that can be chosen carries ``[kind, bound]`` for the page that hears a click."""
    figure = go.Figure()
    left, right = _across(asked)
    low, high = _up(asked)
    for line in asked.lines.values():
        _curve(figure, asked, line, (left, right))
    for kind, line in asked.lines.items():
        _offered(figure, asked, kind, line)
    if asked.in_use is not None and np.isfinite(asked.in_use).all():
        _in_use(figure, asked.in_use, asked.in_use[0] > (left + right) / 2)
    for mark in asked.marks:
        _mark(figure, mark)
    _names(figure, asked, (low, high))
    rule, utility = DISPARITIES[asked.disparity], UTILITIES[asked.utility].name
    ideal = "0: equal" if rule.form == "difference" else "1: equal"
    house(figure, HEIGHT, hovermode="closest", margin={"l": 8, "r": 76, "t": 16, "b": 8})
    margin = 0.03 * (right - left)
    figure.update_xaxes(**axis(f"{rule.name} ({ideal})"), range=[left - margin, right + margin])
    figure.update_yaxes(**axis(utility), range=[low, high], tickformat=_format(asked.utility))
    if asked.disparity == "disparate_impact_ratio" and left <= FOUR_FIFTHS <= right:
        figure.add_vline(x=FOUR_FIFTHS, line={"color": GREY, "width": 1, "dash": "dot"},
                         annotation={"text": "four-fifths convention, 0.80", "font": {"size": 11}, "yanchor": "bottom"},
                         annotation_position="bottom right")
    return Chart(figure, table(asked), _alt(asked), READING, f"frontier-{asked.disparity}-{asked.utility}")


def table(asked: TradeOff) -> dict[str, Column]:
    """Return the points that can be chosen as columns, with what they do against the policy in use."""
    rows = [row(point, effect, asked.names, asked.disparity, asked.utility)
            for kind, line in asked.lines.items()
            for point, effect in zip(line.points, asked.effects.get(kind, ()), strict=False)]
    heads = list(rows[0]) if rows else []
    return {head: [r[head] for r in rows] for head in heads}   # type: ignore[misc]


def worded(utility: str, value: float) -> str:
    """Return a utility in words: a share as per cent.

    >>> worded("accuracy", 0.6881), worded("cost", -0.25)
    ('68.8 %', '-0.250')
    """
    return percent(value) if utility in SHARES else number(value)


def _format(utility: str) -> str:
    return ".1%" if utility in SHARES else ".3f"


def _across(asked: TradeOff) -> tuple[float, float]:
    """Return the ends of the axis: all curves, what is chosen and what is in use; parity always."""
    ends = [float(end) for line in asked.lines.values() for end in (line.disparity[0], line.disparity[-1])]
    ends += [value for mark in asked.marks for value in _seen(mark)[0]]
    if asked.in_use is not None:
        ends.append(asked.in_use[0])
    ends.append(DISPARITIES[asked.disparity].ideal)
    known = [end for end in ends if np.isfinite(end)]
    low, high = min(known), max(known)
    return (low, high) if high > low else (low - 0.005, high + 0.005)


def _up(asked: TradeOff) -> tuple[float, float]:
    """Return the ends of the axis; `top_only` leaves out what lies under the frontier with lots."""
    values = _top(asked) if asked.top_only else _top(asked) + [v for line in asked.lines.values() for v in line.utility]
    low, high = min(values), max(values)
    margin = 0.06 * max(high - low, 1e-4)
    return low - margin, high + margin


def _top(asked: TradeOff) -> list[float]:
    """Return the utilities that are always drawn: each best, lots at parity, what is chosen, what is in use."""
    lines = list(asked.lines.values())
    values = [float(line.utility.max()) for line in lines]
    values += [float(line.utility.min()) for line in lines if line.straight]
    values += [value for mark in asked.marks for value in _seen(mark)[1]]
    values.append(asked.in_use[1] if asked.in_use is not None else np.nan)
    return [value for value in values if np.isfinite(value)]


def deep(asked: TradeOff) -> bool:
    """Return whether the curves fall so far that their upper part would be a thin band."""
    top = _top(asked)
    lowest = min(float(line.utility.min()) for line in asked.lines.values())
    return max(top) - lowest > DEEP * (max(top) - min(top))


def _seen(mark: Mark) -> tuple[list[float], list[float]]:
    if mark.reported is None:
        return [mark.disparity], [mark.utility]
    gap, rate = mark.reported.disparity, mark.reported.utility
    return [mark.disparity, gap.value, gap.low, gap.high], [mark.utility, rate.value, rate.low, rate.high]


def _curve(figure: go.Figure, asked: TradeOff, line: Line, ends: tuple[float, float]) -> None:
    """Draw a frontier up to the end of the axis: a looser bound changes nothing."""
    ratio = DISPARITIES[asked.disparity].form == "ratio"
    x, y = line.disparity, line.utility
    x, y = (np.append(ends[0], x), np.append(y[0], y)) if ratio else (np.append(x, ends[1]), np.append(y, y[-1]))
    colour, dash, _ = LOOK[line.kind]
    shape = "linear" if line.straight else ("vh" if ratio else "hv")
    figure.add_scatter(x=x, y=y, mode="lines", name=KIND_NAMES[line.kind], hoverinfo="skip",
                       line={"color": colour, "dash": dash, "width": 2, "shape": shape})


def _offered(figure: go.Figure, asked: TradeOff, kind: PolicyKind, line: Line) -> None:
    effects = asked.effects.get(kind, (None,) * len(line.points))
    colour, _, symbol = LOOK[kind]
    plain = {"opacity": 1}
    figure.add_scatter(
        x=[point.disparity for point in line.points], y=[point.utility for point in line.points], mode="markers",
        name=f"{KIND_NAMES[kind]}: points to choose",
        marker={"color": colour, "size": 7, "symbol": symbol, "line": {"width": 0}},
        selected={"marker": plain}, unselected={"marker": plain},
        customdata=[[kind, point.bound] for point in line.points],
        text=[hover(point, effect, asked.names, asked.disparity, worded(asked.utility, point.utility),
                    UTILITIES[asked.utility].name)
              for point, effect in zip(line.points, effects, strict=True)],
        hovertemplate="%{text}<extra></extra>",
    )


def _in_use(figure: go.Figure, place: tuple[float, float], right: bool) -> None:
    figure.add_scatter(x=[place[0]], y=[place[1]], mode="markers", name="policy in use",
                       marker={"color": GREY, "size": 10, "symbol": "x"},
                       hovertemplate="the policy in use, on the same rows<extra></extra>")
    figure.add_annotation(x=place[0], y=place[1], text="in use", showarrow=False, yanchor="top", yshift=-4,
                          xanchor="right" if right else "left", font={"size": 12})


def _mark(figure: go.Figure, mark: Mark) -> None:
    """Ring the point where it was found, and draw it with whiskers where it was not."""
    colour, _, symbol = LOOK[mark.kind]
    figure.add_scatter(
        x=[mark.disparity], y=[mark.utility], mode="markers", name=f"{mark.letter}, found here",
        marker={"color": CLEAR, "size": 15, "symbol": "circle", "line": {"color": colour, "width": 2}},
        hovertemplate=f"{mark.letter}, found here: optimistic<extra></extra>",
    )
    at = (mark.disparity, mark.utility)
    if mark.reported is not None and not np.isnan(mark.reported.disparity.value):
        at = _whiskers(figure, mark, colour, symbol)
    figure.add_annotation(x=at[0], y=at[1], text=f"<b>{mark.letter}</b>", showarrow=False, xanchor="left",
                          yanchor="bottom", xshift=6, yshift=4, font={"size": 13})


def _whiskers(figure: go.Figure, mark: Mark, colour: str, symbol: str) -> tuple[float, float]:
    if mark.reported is None:
        return mark.disparity, mark.utility
    gap, rate = mark.reported.disparity, mark.reported.utility
    figure.add_scatter(x=[mark.disparity, gap.value], y=[mark.utility, rate.value], mode="lines", hoverinfo="skip",
                       name=f"{mark.letter}: from found to reported",
                       line={"color": GREY, "width": 1, "dash": "dot"})

    def ends(low: float, value: float, high: float) -> dict[str, object]:
        spans = np.nan_to_num(np.array([high - value, value - low]))
        return {"type": "data", "symmetric": False, "array": [spans[0]], "arrayminus": [spans[1]], "thickness": 1.5,
                "width": 0, "color": colour}

    figure.add_scatter(
        x=[gap.value], y=[rate.value], mode="markers", name=f"{mark.letter}, on other rows",
        marker={"color": colour, "size": 11, "symbol": f"{symbol}-open", "line": {"width": 2}},
        error_x=ends(gap.low, gap.value, gap.high), error_y=ends(rate.low, rate.value, rate.high),
        hovertemplate=f"{mark.letter}, on rows that were not used to find it<br>disparity {number(gap.value)} "
                      f"({number(gap.low)} to {number(gap.high)})<extra></extra>",
    )
    return gap.value, rate.value


def _names(figure: go.Figure, asked: TradeOff, up: tuple[float, float]) -> None:
    """Write each curve's name beside its right end; names too near to each other are moved apart."""
    ends = {kind: float(line.utility[-1]) for kind, line in asked.lines.items()}
    order = sorted(ends, key=lambda kind: (ends[kind], list(LOOK).index(kind)))
    heights = np.clip((np.array([ends[kind] for kind in order]) - up[0]) / (up[1] - up[0]), 0, 1)
    for kind, place in zip(order, _spread(heights), strict=True):
        figure.add_annotation(x=1, xref="paper", y=place, yref="paper", text=SHORT[kind], showarrow=False,
                              xanchor="left", xshift=4, font={"size": 12, "color": LOOK[kind][0]})


def _spread(places: Floats) -> Floats:
    """Return ascending heights at least `APART` from each other and inside 0 to 1.

    >>> _spread(np.array([0.5, 0.5])).round(3)
    array([0.47, 0.53])
    """
    count = len(places)
    steps = APART * np.arange(count)
    moved = np.maximum.accumulate(places - steps) + steps
    moved -= (moved - places).mean()
    moved = np.minimum(moved, 1 - APART * np.arange(count)[::-1])
    return np.asarray(np.maximum(moved, steps))


def _alt(asked: TradeOff) -> str:
    rule, utility = DISPARITIES[asked.disparity], UTILITIES[asked.utility].name
    parts = [f"{KIND_NAMES[kind]}: {worded(asked.utility, float(line.utility.min()))} to "
             f"{worded(asked.utility, float(line.utility.max()))} at {number(float(line.disparity[0]))} to "
             f"{number(float(line.disparity[-1]))}" for kind, line in asked.lines.items()]
    marks = [f"{mark.letter}: {worded(asked.utility, mark.utility)} at {number(mark.disparity)}, found here"
             for mark in asked.marks]
    return f"Best {utility} within a {rule.name}. " + "; ".join([*parts, *marks]) + "."
