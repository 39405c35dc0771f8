"""How much equally good models disagree about persons: shares of rows against the size of the disagreement."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.sweep import COLOURED, COLOURS
from engine.charts.theme import GREY, Chart, Column, axis, badge, house, percent
from engine.text import markup, plain
from engine.types import Floats

LEGEND = 28                              # pixels of a row of it; on the page two groups stand in a row
WIDE, HIGH, APART = 420.0, 250.0, 17.0   # pixels of the lines across and up, as laid out; between two numbers
READING = (
    "Solid lines are the share of persons for whom some equally good model gives a score at least so far from "
    "the baseline's, dotted lines the largest share that any single such model moves so far. High lines far to the "
    "right say that the score of many persons hangs on which of the equally good models was picked."
)


def multiplicity(
    names: Sequence[str], deltas: Floats, ambiguity: Floats, discrepancy: Floats | None, shown: Sequence[int]
) -> Chart:
    """Draw ambiguity and discrepancy against the size of a difference, a colour per group.

    Parameters
    ----------
    names
        Raw names of all groups.
    deltas
        (D,) differences of the score.
    ambiguity, discrepancy
        (G, D) shares of rows; NaN where a group has none. No discrepancy where only ranges are known.
    shown
        Groups to draw; beyond the first `COLOURED` they are grey.
    """
    figure = go.Figure()
    for part, dash, word in ((ambiguity, "solid", "ambiguity"), (discrepancy, "dot", "discrepancy")):
        if part is None:
            continue
        for place, g in reversed(list(enumerate(shown))):
            if np.isnan(part[g]).all():
                continue
            name = f"{badge(g)} {markup(plain(names[g], 26))}"
            figure.add_scatter(
                x=deltas, y=part[g], mode="lines", name=name, legendgroup=str(g), showlegend=dash == "solid",
                legendrank=1000 + place,
                line={"dash": dash, "width": 2 if place < COLOURED else 1,
                      "color": COLOURS[place] if place < COLOURED else GREY},
                hovertemplate=f"moved by at least %{{x:.3f}}: %{{y:.1%}} of rows<extra>{name}<br>{word}</extra>",
            )
    _labels(figure, deltas, ambiguity, shown)
    house(figure, 330 + LEGEND * math.ceil(len(shown) / 2), showlegend=True, margin={"l": 8, "r": 8, "t": 60, "b": 8})
    figure.update_xaxes(**axis("distance from the baseline's score, at least"), rangemode="tozero")
    figure.update_yaxes(**axis("share of rows"), range=[0, 1.03], tickformat=".0%")
    return Chart(figure, _table(names, deltas, ambiguity, discrepancy, shown),
                 _alt(names, deltas, ambiguity, shown), READING, "score-multiplicity")


def _labels(figure: go.Figure, deltas: Floats, ambiguity: Floats, shown: Sequence[int]) -> None:
    """Write each group's number on its solid line, each at a height of its own, where the line falls.

    A number that would stand on another moves along its line; where there is no room at all it is left out.
    """
    drawn = [g for g in shown if np.isfinite(ambiguity[g]).all()]
    across = np.linspace(0, WIDE, len(deltas))
    taken = np.empty((0, 2))
    for place, g in enumerate(drawn):
        spots = np.column_stack([across, HIGH * ambiguity[g]])
        right, up = np.moveaxis(spots[:, None] - taken, 2, 0)
        free = np.hypot(0.75 * right, up).min(axis=1, initial=np.inf) >= APART   # two digits are wider than tall
        if not free.any():
            continue
        away = np.abs(ambiguity[g] - (1 - (place + 1) / (len(drawn) + 1)))
        at = int(np.where(free, away, np.inf).argmin())
        taken = np.append(taken, spots[at][None], axis=0)
        figure.add_annotation(x=float(deltas[at]), y=float(ambiguity[g, at]), text=f"<b>{badge(g)}</b>",
                              showarrow=False, xshift=11, yshift=5, font={"size": 12})


def _table(
    names: Sequence[str], deltas: Floats, ambiguity: Floats, discrepancy: Floats | None, shown: Sequence[int]
) -> dict[str, Column]:
    rows = [(g, d) for g in shown for d in range(len(deltas))]
    table: dict[str, Column] = {"group": [plain(names[g]) for g, _ in rows],
                                "difference": [float(deltas[d]) for _, d in rows]}
    for word, part in (("ambiguity", ambiguity), ("discrepancy", discrepancy)):
        if part is not None:
            table[word] = [float(part[g, d]) if np.isfinite(part[g, d]) else None for g, d in rows]
    return table


def _alt(names: Sequence[str], deltas: Floats, ambiguity: Floats, shown: Sequence[int]) -> str:
    at = int(np.abs(deltas - 0.05).argmin())
    parts = [f"{plain(names[g], 26)} {percent(float(ambiguity[g, at]))}" for g in shown]
    return (f"Share of persons whose score differs by at least {deltas[at]:.2f} under some equally good model: "
            + "; ".join(parts) + ".")
