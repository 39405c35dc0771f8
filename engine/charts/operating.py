"""Operating curves: how well each threshold works for each group, with the range looked at shaded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.sweep import COLOURED, COLOURS, DASHES, DOTS
from engine.charts.theme import BAND, GREY, Chart, Column, axis, badge, house, number
from engine.text import markup, plain
from engine.thresholds.operating import UTILITIES, OperatingCurve

READING = (
    "Each line is how well every threshold works for a group; the wide grey line is the mean of the groups compared"
    "{grey}, and the shaded stretch is the range looked at. Where lines part inside it by more than "
    "chance would part them, no single threshold works alike for all."
)
GREYS = f", thin grey ones are groups that are not compared or beyond the first {COLOURED} compared"


def operating_curves(found: OperatingCurve, shown: Sequence[int], in_use: float | None) -> Chart:
    """Draw the utility of each group against the threshold.

    Parameters
    ----------
    found
        From `engine.thresholds.operating.operating_curve`.
    shown
        Groups to draw; the first of those compared have a colour and a dash, the others are grey.
    in_use
        Common threshold in use, drawn as a line; None where there is none.
    """
    figure, name = go.Figure(), UTILITIES[found.request.utility][0]
    figure.add_vrect(x0=found.request.low, x1=found.request.high, fillcolor=BAND, opacity=0.45, line_width=0,
                     layer="below")
    coloured = [g for g in shown if g in found.compared][:COLOURED]
    for place, g in enumerate(g for g in shown if g not in coloured):   # never solid: that is the mean
        figure.add_scatter(**_line(found, g, GREY, DASHES[1:][place % (len(DASHES) - 1)], 1.5), legendrank=1001)
    figure.add_scatter(
        x=found.thresholds, y=found.mean, mode="lines", name="mean of groups", opacity=0.7, legendrank=1002,
        line={"color": GREY, "width": 4, "shape": _shape(found)},
        hovertemplate="at %{x:.4g}: %{y:.1%}<extra>mean</extra>",
    )
    for place, g in enumerate(coloured):
        figure.add_scatter(**_line(found, g, COLOURS[place], DASHES[place], 2))
    if in_use is not None and np.isfinite(in_use):
        figure.add_vline(x=in_use, line={"color": GREY, "width": 1})
    house(figure, 380, showlegend=True, margin={"l": 8, "r": 8, "t": 60, "b": 8})
    figure.update_xaxes(**axis("threshold (selected: score ≥ threshold)"))
    figure.update_yaxes(**axis(name),
                        tickformat=".0%", range=[-0.02, 1.02])
    reading = READING.format(grey=GREYS if len(coloured) < len(shown) else "")
    return Chart(figure, _table(found, shown), _alt(found, shown), reading, "operating-curves")


def _line(found: OperatingCurve, g: int, colour: str, dash: str, width: float) -> dict[str, object]:
    name = f"{badge(g)} {markup(plain(found.groups.names[g], 26))}"
    return {
        "x": found.thresholds, "y": found.value[:, g], "name": name, "mode": "lines", "connectgaps": False,
        "line": {"color": colour, "dash": dash, "width": width, "shape": _shape(found)},
        "hovertemplate": f"at %{{x:.4g}}: %{{y:.1%}}<extra>{name}</extra>",
    }


def _shape(found: OperatingCurve) -> str:
    """Return how points are joined: what holds at a score holds down to the score below it."""
    return "vh" if len(found.thresholds) <= DOTS else "linear"


def _table(found: OperatingCurve, shown: Sequence[int]) -> dict[str, Column]:
    rows = [(g, q) for g in shown for q in range(len(found.thresholds))]
    return {
        "group": [plain(found.groups.names[g]) for g, _ in rows],
        "threshold": [float(found.thresholds[q]) for _, q in rows],
        "value": [float(found.value[q, g]) if np.isfinite(found.value[q, g]) else None for g, q in rows],
        "mean of groups": [float(found.mean[q]) if np.isfinite(found.mean[q]) else None for _, q in rows],
    }


def _alt(found: OperatingCurve, shown: Sequence[int]) -> str:
    request = found.request
    best = []
    for g in shown:
        if np.isfinite(found.value[:, g]).any():
            q = int(np.nanargmax(found.value[:, g]))
            best.append(f"{plain(found.groups.names[g], 26)}: highest {number(float(found.value[q, g]))} at "
                        f"{float(found.thresholds[q]):.4g}")
    return (f"{UTILITIES[request.utility][0]} of each group against the threshold, range {request.low:.4g} to "
            f"{request.high:.4g} shaded. {'; '.join(best)}. Spread in the range {number(found.spread.value)}.")
