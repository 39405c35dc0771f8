"""One ROC curve per group, with the group's operating point as a number: the same numbers as on the other charts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.theme import BLUE, GREY, MARKS, RULE, Chart, Column, axis, badge, house, percent
from engine.counting.index import Curve
from engine.text import markup, plain
from engine.types import Floats

POINTS = 300
NEAR = 0.03        # operating points closer than this share one label
RATES = "false positive rate %{x:.3f}<br>true positive rate %{y:.3f}"
READING = (
    "Each line shows what every threshold would give one group; each numbered point is that group at the threshold in "
    "use. Points far apart mean different error rates; where the lines themselves differ, one common threshold cannot "
    "bring all points together."
)


def roc(
    names: Sequence[str], curves: Sequence[Curve], false_positive_rates: Floats, true_positive_rates: Floats,
    shown: Sequence[int],
) -> Chart:
    """Draw true positive rate against false positive rate.

    Parameters
    ----------
    names
        (G,) raw group names.
    curves
        One per group in `shown`, in that order.
    false_positive_rates, true_positive_rates
        (G,) at the thresholds in use; NaN draws no point.
    shown
        Groups drawn, in order.

    Returns
    -------
    Chart
        The table twin holds the operating points.
    """
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": RULE, "width": 1, "dash": "dot"},
                       hoverinfo="skip", name="chance")
    most = min(POINTS, MARKS // max(1, len(shown)))
    for g, curve in zip(shown, curves, strict=True):
        x, y, thresholds = thinned(curve, most)
        if len(x):
            figure.add_scatter(
                x=x, y=y, customdata=thresholds, mode="lines", line={"color": GREY, "width": 1.2},
                name=f"{badge(g)} {markup(names[g])}",
                hovertemplate=f"{RATES}<br>score ≥ %{{customdata:.4g}}",
            )
    _points(figure, names, false_positive_rates, true_positive_rates, shown)
    house(figure, 340, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(**axis("false positive rate"), range=[-0.01, 1.02], tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(**axis("true positive rate"), range=[-0.01, 1.03], tickvals=[0, 0.25, 0.5, 0.75, 1])
    twin: dict[str, Column] = {
        "group": [plain(names[g]) for g in shown],
        "false positive rate": [_or_none(false_positive_rates[g]) for g in shown],
        "true positive rate": [_or_none(true_positive_rates[g]) for g in shown],
    }
    return Chart(figure, twin, _alt(names, false_positive_rates, true_positive_rates, shown), READING, "roc-by-group")


def thinned(curve: Curve, most: int) -> tuple[Floats, Floats, Floats]:
    """Return at most about `most` points (false positive rate, true positive rate, threshold), spread along the curve.

    Empty where one of the two outcomes does not occur.
    """
    positives, negatives = float(curve.tp[-1]), float(curve.fp[-1])
    if positives <= 0 or negatives <= 0:
        nothing = np.zeros(0)
        return nothing, nothing, nothing
    x, y = np.asarray(curve.fp) / negatives, np.asarray(curve.tp) / positives
    if len(x) <= most:
        return x, y, curve.thresholds
    kept = np.unique(np.append(np.searchsorted(x + y, np.linspace(0, 2, most - 1)), len(x) - 1))
    kept = kept[kept < len(x)]
    return x[kept], y[kept], curve.thresholds[kept]


def _points(figure: go.Figure, names: Sequence[str], x: Floats, y: Floats, shown: Sequence[int]) -> None:
    drawn = [g for g in shown if np.isfinite(x[g]) and np.isfinite(y[g])]
    figure.add_scatter(
        x=[x[g] for g in drawn], y=[y[g] for g in drawn], mode="markers", name="thresholds in use",
        marker={"color": BLUE, "size": 8, "line": {"width": 0}},
        text=[f"{badge(g)} {markup(names[g])}" for g in drawn],
        hovertemplate=f"%{{text}}<br>{RATES}<extra></extra>",
    )
    for cluster in clusters(x, y, drawn):
        at = cluster[0]
        text = "<b>" + "·".join(badge(g) for g in cluster) + "</b>"
        figure.add_annotation(x=x[at], y=y[at], text=text, showarrow=False, xanchor="left", yanchor="top", xshift=3,
                              yshift=0, font={"size": 12})


def clusters(x: Floats, y: Floats, drawn: Sequence[int]) -> list[list[int]]:
    """Return the points drawn, those nearer than `NEAR` to the first of a cluster together.

    >>> clusters(np.array([0.1, 0.11, 0.5]), np.array([0.2, 0.2, 0.9]), [0, 1, 2])
    [[0, 1], [2]]
    """
    found: list[list[int]] = []
    for g in drawn:
        near = next((c for c in found if abs(x[c[0]] - x[g]) < NEAR and abs(y[c[0]] - y[g]) < NEAR), None)
        if near is None:
            found.append([g])
        else:
            near.append(g)
    return found


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _alt(names: Sequence[str], x: Floats, y: Floats, shown: Sequence[int]) -> str:
    parts = [
        f"{plain(names[g], 26)}: false positive rate {percent(float(x[g]))}, true positive rate {percent(float(y[g]))}"
        for g in shown
    ]
    return "ROC curves by group. " + "; ".join(parts) + "."
