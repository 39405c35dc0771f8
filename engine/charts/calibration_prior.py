"""Another base rate: what outcomes would be at each score, and where the threshold goes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.calibration.prior import Compensated, shifted
from engine.calibration.results import Reliability
from engine.charts.theme import BLUE, GREY, VERMILION, Chart, axis, house, percent

READING = (
    "Blue marks are the share with the outcome in these data, range of scores by range; red diamonds are what the same "
    "scores would meet at the other base rate, and the dashed line is the score that says so. The vertical line is the "
    "score as it is that becomes the threshold: who stays above it would be selected there."
)
STEPS = 101


def other_base_rate(found: Compensated, seen: Reliability, threshold: float) -> Chart:
    """Draw outcomes against the score, here and at another base rate common to everybody.

    Parameters
    ----------
    found
        With one rate for everybody.
    seen
        Ranges of the score of everybody.
    threshold
        On the moved scores; drawn where it lies on the scores as they are.
    """
    shift, line = float(found.shift[0]), np.linspace(0, 1, STEPS)
    expected, moved = shifted(seen.observed, shift), float(found.threshold(threshold)[0])
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": GREY, "width": 1}, hoverinfo="skip",
                       name="calibrated here", showlegend=False)
    figure.add_scatter(x=line, y=shifted(line, shift), mode="lines", name="moved score", hoverinfo="skip",
                       line={"color": VERMILION, "width": 1.8, "dash": "dash"})
    for name, values, colour, symbol in (("outcome here", seen.observed, BLUE, "circle"),
                                         ("outcome there, expected", expected, VERMILION, "diamond")):
        figure.add_scatter(x=seen.mean_score, y=values, mode="markers", name=name, customdata=seen.rows,
                           marker={"color": colour, "size": 8, "symbol": symbol},
                           hovertemplate=f"score %{{x:.3f}}: {name} %{{y:.3f}}<br>%{{customdata:,}} rows"
                                         "<extra></extra>")
    figure.add_vline(x=moved, line={"color": GREY, "width": 1.5, "dash": "dot"})
    figure.add_annotation(x=moved, y=1, yref="y domain", text=f"threshold {moved:.3f}", showarrow=False,
                          xanchor="left" if moved < 0.6 else "right", yanchor="top", font={"size": 12},
                          xshift=4 if moved < 0.6 else -4)
    house(figure, 380, showlegend=True, margin={"l": 8, "r": 8, "t": 40, "b": 8})
    figure.update_xaxes(**axis("score as it is"), range=[-0.01, 1.02])
    figure.update_yaxes(**axis("share with the outcome"), range=[-0.02, 1.03])
    table = {"mean score": seen.mean_score.tolist(), "outcome here": seen.observed.tolist(),
             "outcome there, expected": expected.tolist(), "moved score": shifted(seen.mean_score, shift).tolist(),
             "rows": [float(n) for n in seen.rows]}
    here, there = float(found.here[0]), float(found.there[0])
    alt = (f"Outcomes against scores at base rate {percent(here)} and, expected, at {percent(there)}; the threshold "
           f"{threshold:.3f} on the moved score is {moved:.3f} on the score as it is.")
    return Chart(figure, table, alt, READING, "other-base-rate")
