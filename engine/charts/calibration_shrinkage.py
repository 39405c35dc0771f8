"""Rates of small groups, as counted and as shrunk towards the others: a dumbbell per group, the smallest last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.theme import BLUE, CLEAR, GREY, VERMILION, Chart, Column, axis, badge, house, percent
from engine.text import markup, plain
from engine.types import Estimates, Floats

LISTED = 40            # groups drawn; the table has them all
SIZES = (6.0, 18.0)
READING = (
    "Open marks are rates as counted, with their intervals; filled marks are the same rates drawn towards those of "
    "the other groups, the more the fewer rows a group has; the smallest stand last. A filled mark far from its open "
    "one says that the count alone says little; it is an estimate for the eye and enters no largest-minus-smallest "
    "number."
)


def dumbbells(names: Sequence[str], raw: Estimates, shrunk: Floats, mean: float, rate: str) -> Chart:
    """Draw raw and shrunk rates of groups, by rows.

    Parameters
    ----------
    names
        Raw group names.
    raw
        (G,) rates as counted with their intervals; `n` orders the groups.
    shrunk
        (G,) the shrunk rates.
    mean
        The rate of everybody, as a landmark; each group is drawn towards the others, not to it.
    rate
        What the rate is, for the axis.
    """
    known = [g for g in range(len(names)) if np.isfinite(raw.value[g]) and np.isfinite(shrunk[g])]
    drawn = sorted(known, key=lambda g: -raw.n[g])[:LISTED]
    figure = go.Figure()
    lines = range(len(drawn))
    between = [[raw.value[g], shrunk[g], None] for g in drawn]
    figure.add_scatter(x=[x for three in between for x in three], y=[y for y in lines for _ in range(3)], mode="lines",
                       line={"color": VERMILION, "width": 3}, hoverinfo="skip", showlegend=False, name="moved")
    largest = float(np.sqrt(max((raw.n[g] for g in drawn), default=1.0)))
    size = [SIZES[0] + (SIZES[1] - SIZES[0]) * float(np.sqrt(raw.n[g])) / largest for g in drawn]
    _marks(figure, drawn, raw.value, raw, names, size, False)
    _marks(figure, drawn, shrunk, raw, names, size, True)
    figure.add_vline(x=mean, line={"color": GREY, "width": 1, "dash": "dot"})
    house(figure, 96 + 24 * len(drawn), showlegend=True, margin={"l": 8, "r": 8, "t": 32, "b": 8})
    figure.update_xaxes(**axis(f"{rate} (dotted: everybody)"), tickformat=".2~%")
    labels = [f"<b>{badge(g)}</b> {markup(plain(names[g], 26))}" for g in drawn]
    figure.update_yaxes(**axis(""), tickvals=list(lines), ticktext=labels, range=[len(drawn) - 0.4, -0.6],
                        showgrid=False)
    return Chart(figure, _table(names, raw, shrunk), _alt(names, drawn, raw, shrunk, rate), READING, "small-groups")


def _marks(
    figure: go.Figure, drawn: Sequence[int], values: Floats, raw: Estimates, names: Sequence[str], size: list[float],
    filled: bool,
) -> None:
    chosen = list(drawn)
    bars = None
    if not filled:
        bars = {"type": "data", "symmetric": False, "array": np.nan_to_num((raw.high - raw.value)[chosen]),
                "arrayminus": np.nan_to_num((raw.value - raw.low)[chosen]), "thickness": 1, "width": 0, "color": GREY}
    figure.add_scatter(
        x=np.asarray(values)[chosen], y=list(range(len(chosen))), mode="markers", error_x=bars,
        name="drawn towards the others" if filled else "as counted",
        marker={"size": size, "color": BLUE if filled else CLEAR, "line": {"color": BLUE if filled else GREY,
                                                                            "width": 1.5}},
        text=[f"<b>{badge(g)}</b> {markup(plain(names[g], 40))}, {raw.n[g]:,.0f} rows" for g in chosen],
        hovertemplate="%{text}<br>%{x:.1%}<extra>" + ("drawn towards the others" if filled else "as counted")
        + "</extra>",
    )


def _table(names: Sequence[str], raw: Estimates, shrunk: Floats) -> dict[str, Column]:
    order = sorted(range(len(names)), key=lambda g: -raw.n[g])
    parts = {"as counted": raw.value, "low": raw.low, "high": raw.high, "drawn towards the others": shrunk}
    return {
        "group": [plain(names[g]) for g in order], "rows": [float(raw.n[g]) for g in order],
        **{word: [float(part[g]) if np.isfinite(part[g]) else None for g in order] for word, part in parts.items()},
        "note": [plain(raw.reasons[g] or "", 200) for g in order],
    }


def _alt(names: Sequence[str], drawn: Sequence[int], raw: Estimates, shrunk: Floats, rate: str) -> str:
    parts = [f"{plain(names[g], 26)} {percent(float(raw.value[g]))} to {percent(float(shrunk[g]))}"
             for g in drawn[-8:]]
    return f"{rate} as counted and drawn towards the others, the smallest groups: " + "; ".join(parts) + "."
