"""A rate against the threshold: what it would be for every group if all had that threshold, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.estimates import NOT_SHARES
from engine.charts.theme import GREY, MARKS, SERIES, Chart, Column, apart, axis, badge, house, number
from engine.metrics import RATES
from engine.text import markup, plain
from engine.thresholds.sweep import POINTS, Sweep
from engine.types import Estimates, Floats

COLOURED = 6       # groups with a colour, a dash and a band of their own; beyond, the others are grey
FEWEST = 32        # thresholds a line has at least
COLOURS = SERIES
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
LABELS = 12        # numbers written on the lines at most
HEIGHT, ROOM, LINE = 380, 270, 14   # of the chart, of its lines, of a label, in pixels
DOTS = 40          # thresholds up to which each is marked: between them nothing happens
READING = (
    "Each line is a group's rate if everybody had that threshold; the band is its interval, dots mark the thresholds "
    "in use. Where lines part by more than their bands are wide, one threshold does something else to each group; "
    "where a line ends, the rate is not estimable."
)


def points(shown: int) -> int:
    """Return how many thresholds a chart of so many groups can have without burdening the browser."""
    return int(np.clip(MARKS // (shown + 2 * min(shown, COLOURED) + 1), FEWEST, POINTS))


def rate_against_threshold(
    found: Sweep, in_use: Floats, now: Estimates, shown: Sequence[int], common: float | None, start: float | None,
    grey: Sequence[int] = (),
) -> Chart:
    """Draw a rate of each group against the threshold.

    Parameters
    ----------
    found
        The sweep; ask for `points(len(shown))` thresholds.
    in_use
        (G,) threshold of each group now; NaN where a lottery draws it.
    now
        (G,) the rate at those thresholds.
    shown
        Groups to draw; beyond `COLOURED` the first of them are drawn in colour and the others grey.
    grey
        Groups under the minimum size: grey and without a band, their intervals would cover the others.
    common, start
        The common threshold in use and that of the starting policy, drawn as lines; None where there is none.
    """
    key, name = found.key, RATES[found.key].name
    figure = go.Figure()
    coloured = [g for g in shown if g not in grey][:COLOURED]
    for g in shown:
        if g not in coloured:
            figure.add_scatter(**_line(found, g, GREY, "solid", 1))
    for place, g in enumerate(coloured):
        _band(figure, found, g, COLOURS[place])
    for place, g in enumerate(coloured):
        figure.add_scatter(**_line(found, g, COLOURS[place], DASHES[place], 2))
    _marks(figure, found, in_use, now, shown, coloured)
    _labels(figure, found, shown)
    for threshold, dash in ((start, "dot"), (common, "solid")):
        if threshold is not None and np.isfinite(threshold):
            figure.add_vline(x=threshold, line={"color": GREY, "width": 1, "dash": dash})
    house(figure, HEIGHT, showlegend=True, margin={"l": 8, "r": 8, "t": 60, "b": 8})
    figure.update_xaxes(**axis("threshold (selected: score ≥ threshold)"))
    figure.update_yaxes(**axis(name), tickformat=".2~f" if key in NOT_SHARES else ".2~%")
    return Chart(figure, _table(found, shown), _alt(found, in_use, now, shown), READING, f"{key}-against-threshold")


def _line(found: Sweep, g: int, colour: str, dash: str, width: float) -> dict[str, object]:
    name = f"{badge(g)} {markup(plain(found.groups.names[g], 26))}"
    value = "%{y:.3f}" if found.key in NOT_SHARES else "%{y:.1%}"
    return {
        "x": found.thresholds, "y": found.value[:, g], "name": name, "connectgaps": False, "marker": {"size": 4},
        "mode": "lines+markers" if len(found.thresholds) <= DOTS else "lines",
        "line": {"color": colour, "dash": dash, "width": width}, "legendgroup": str(g),
        "hovertemplate": f"at %{{x:.4g}}: {value}<extra>{name}</extra>",
    }


def _band(figure: go.Figure, found: Sweep, g: int, colour: str) -> None:
    """Fill between the bounds of a group, in pieces where the rate is not estimable between."""
    known = np.isfinite(found.low[:, g]) & np.isfinite(found.high[:, g])
    starts = np.flatnonzero(known & ~np.append(False, known[:-1]))
    ends = np.flatnonzero(known & ~np.append(known[1:], False)) + 1
    red, green, blue = (int(colour[i:i + 2], 16) for i in (1, 3, 5))
    for a, b in zip(starts, ends, strict=True):
        x, low, high = found.thresholds[a:b], found.low[a:b, g], found.high[a:b, g]
        figure.add_scatter(
            x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]), mode="lines", fill="toself",
            fillcolor=f"rgba({red},{green},{blue},0.17)", line={"width": 0}, hoverinfo="skip", showlegend=False,
            legendgroup=str(g), name=f"interval of {badge(g)}",
        )


def _marks(
    figure: go.Figure, found: Sweep, in_use: Floats, now: Estimates, shown: Sequence[int], coloured: Sequence[int]
) -> None:
    drawn = [g for g in shown if np.isfinite(in_use[g]) and np.isfinite(now.value[g])]
    colours = [COLOURS[coloured.index(g)] if g in coloured else GREY for g in drawn]
    figure.add_scatter(
        x=[float(in_use[g]) for g in drawn], y=[float(now.value[g]) for g in drawn], mode="markers",
        name="thresholds in use", marker={"color": colours, "size": 8}, showlegend=False,
        text=[f"{badge(g)} {markup(plain(found.groups.names[g], 26))}" for g in drawn],
        hovertemplate="%{text}: in use %{x:.4g}<extra></extra>",
    )


def _labels(figure: go.Figure, found: Sweep, shown: Sequence[int]) -> None:
    """Write the groups' numbers beside their lines where these lie furthest apart, none on another."""
    drawn = list(shown)[:LABELS]
    values = found.value[:, drawn]
    known = np.isfinite(values).all(axis=1)
    if not known.any():
        return
    spread = np.where(known, np.ptp(np.nan_to_num(values), axis=1), -1.0)
    at = int(spread.argmax())
    span = np.nanmax(found.value[:, drawn]) - np.nanmin(found.value[:, drawn])
    heights = values[at] / (span or 1.0) * ROOM
    for g, shift in zip(drawn, apart(heights, LINE) - heights, strict=True):
        figure.add_annotation(x=float(found.thresholds[at]), y=float(found.value[at, g]), text=f"<b>{badge(g)}</b>",
                              showarrow=False, xanchor="left", xshift=5, yanchor="bottom", yshift=float(shift),
                              font={"size": 12})


def _table(found: Sweep, shown: Sequence[int]) -> dict[str, Column]:
    rows = [(g, q) for g in shown for q in range(len(found.thresholds))]
    parts = {"value": found.value, "low": found.low, "high": found.high}
    return {
        "group": [plain(found.groups.names[g]) for g, _ in rows],
        "threshold": [float(found.thresholds[q]) for _, q in rows],
        **{name: [float(part[q, g]) if np.isfinite(part[q, g]) else None for g, q in rows]
           for name, part in parts.items()},
    }


def _alt(found: Sweep, in_use: Floats, now: Estimates, shown: Sequence[int]) -> str:
    parts = [f"{plain(found.groups.names[g], 26)}: {number(float(now.value[g]))} at {float(in_use[g]):.4g}"
             for g in shown if np.isfinite(in_use[g])]
    return f"{RATES[found.key].name} of each group against the threshold. In use: " + "; ".join(parts) + "."
