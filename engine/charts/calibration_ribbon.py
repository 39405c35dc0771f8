"""Viable ranges as a ribbon: persons from the lowest to the highest score, and how far their scores could differ."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.calibration.ribbon import Ribbon
from engine.charts.theme import BLUE, CLEAR, GREY, Chart, axis, house, percent
from engine.text import plain
from engine.types import Floats

FILL = "rgba(0,114,178,0.30)"
EDGE = "rgba(0,114,178,0.75)"
READING = (
    "Persons stand from the lowest score on the left to the highest on the right, in slices; the line is the mean "
    "score of the baseline and the ribbon reaches from the mean of their lowest to the mean of their highest score "
    "among models that are as good. Where the ribbon lies across the dotted threshold, the decision hangs on which of "
    "those models was picked."
)


def ribbon(found: Ribbon, name: str, threshold: float) -> Chart:
    """Draw the baseline's score, the ribbon of viable ranges around it and the threshold.

    Parameters
    ----------
    found
        With a slice at least.
    name
        Whose persons they are; raw.
    threshold
        On the score.
    """
    figure, x = go.Figure(), np.append(found.begin, 1.0)
    for values, fill, word in ((found.low, None, "lowest"), (found.high, "tonexty", "highest")):
        figure.add_scatter(x=x, y=_held(values), mode="lines", fill=fill, fillcolor=FILL, hoverinfo="skip", name=word,
                           line={"color": EDGE, "width": 0.8, "shape": "hv"})
    figure.add_scatter(x=x, y=_held(found.base), mode="lines", line={"color": BLUE, "width": 2, "shape": "hv"},
                       name="baseline", hoverinfo="skip")
    figure.add_scatter(x=(x[1:] + x[:-1]) / 2, y=found.base, mode="markers", marker={"color": CLEAR}, name="slices",
                       text=_hover(found), hovertemplate="%{text}<extra></extra>")
    figure.add_hline(threshold, line={"color": GREY, "width": 1.5, "dash": "dot"})
    figure.add_annotation(x=0, xref="x domain", y=threshold, text=f"threshold {threshold:.3g}", showarrow=False,
                          xanchor="left", yanchor="bottom", font={"size": 12})
    house(figure, 330, hovermode="x")
    figure.update_xaxes(**axis("share of persons, by score"), range=[0, 1.005], tickvals=[0, 0.25, 0.5, 0.75, 1],
                        tickformat=".0%")
    figure.update_yaxes(**axis("score"), range=[-0.02, 1.02])
    return Chart(figure, _table(found), _alt(found, name, threshold), READING, "viable-ranges")


def _held(values: Floats) -> Floats:
    """Return steps that reach to the end of the last slice."""
    return np.append(values, values[-1:])


def _hover(found: Ribbon) -> list[str]:
    return [f"score {base:.3f}, could be {low:.3f} to {high:.3f}<br>{percent(flips)} of {rows:,} persons could be "
            "decided otherwise"
            for base, low, high, flips, rows in zip(found.base, found.low, found.high, found.flips, found.rows,
                                                    strict=True)]


def _table(found: Ribbon) -> dict[str, list[float]]:
    return {"persons": [float(n) for n in found.rows], "share of persons before": found.begin.tolist(),
            "mean score": found.base.tolist(), "mean lowest": found.low.tolist(), "mean highest": found.high.tolist(),
            "share whose decision can flip": found.flips.tolist()}


def _alt(found: Ribbon, name: str, threshold: float) -> str:
    wide, share = found.high - found.low, found.rows / found.rows.sum()
    most = int(np.argmax(wide))
    across = (found.low < threshold) & (found.high >= threshold)
    return (f"Persons by score, each slice with its viable range, {plain(name, 26)}: {float(wide @ share):.3f} wide on "
            f"average, at most {wide[most]:.3f}, near a score of {found.base[most]:.3f}; it lies across the threshold "
            f"{threshold:.3g} in slices that hold {percent(float(share[across].sum()))} of persons.")
