"""Another base rate: what outcomes would be at each score, and where the threshold goes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.calibration.prior import Compensated, shifted
from engine.calibration.results import GroupCalibration, Reliability
from engine.charts.calibration_panels import Panels, Part, axes, suffix, title
from engine.charts.theme import BLUE, GREY, VERMILION, Chart, Column, axis, house, percent
from engine.text import plain

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


def base_rates_by_group(
    found: Compensated, groups: Sequence[GroupCalibration], shown: Sequence[int], threshold: float
) -> Chart:
    """Draw outcomes against the score, here and at each group's own base rate, a panel per group.

    Parameters
    ----------
    found
        With a rate by group; a group without one keeps its scores.
    groups
        All groups, in the order of their numbers, which is that of `found`.
    shown
        Those to draw, in order; each has rows.
    threshold
        On the moved scores, the same for all; drawn where it lies on each group's scores as they are.
    """
    panels = Panels(len(shown))
    traces: list[Part] = []
    layout: Part = {"annotations": [], "shapes": []}
    for place, g in enumerate(shown):
        traces += _panel(groups[g].reliability, float(found.shift[g]), place)
        x, y = f"x{suffix(place)}", f"y{suffix(place)}"
        layout["annotations"].append(title(panels, place, g, groups[g].name))
        moved = float(found.threshold(threshold)[g])
        layout["shapes"] += [
            {"type": "line", "xref": x, "yref": y, "x0": 0, "x1": 1, "y0": 0, "y1": 1,
             "line": {"color": GREY, "width": 1}},
            {"type": "line", "xref": x, "yref": f"{y} domain", "x0": moved, "x1": moved, "y0": 0, "y1": 1,
             "line": {"color": GREY, "width": 1.5, "dash": "dot"}},
        ]
        layout |= axes(panels, place, {"title": "score as it is", "range": [-0.02, 1.02], "tickvals": [0, 0.5, 1]},
                       {"title": "share with the outcome", "range": [-0.03, 1.03], "tickvals": [0, 0.5, 1]})
    figure = house(go.Figure({"data": traces, "layout": layout}), panels.height + 30, hovermode="closest",
                   showlegend=True, margin={"l": 8, "r": 8, "t": 38, "b": 8})
    return Chart(figure, _by_group(found, groups, shown), _groups_in_words(found, groups, shown, threshold), READING,
                 "base-rates-by-group")


def _panel(seen: Reliability, shift: float, place: int) -> list[Part]:
    """Return outcomes here and, where scores move, outcomes there and the moved score; all panels have one legend."""
    on = {"type": "scatter", "xaxis": f"x{suffix(place)}", "yaxis": f"y{suffix(place)}", "showlegend": place == 0}
    moved = slice(None) if shift else slice(0)    # an empty trace keeps its place in the legend
    line = np.linspace(0, 1, STEPS // 2)[moved]
    marks: list[Part] = [
        {**on, "x": seen.mean_score[some], "y": values[some], "mode": "markers", "name": name, "legendgroup": name,
         "customdata": seen.rows[some], "marker": {"color": colour, "size": 6, "symbol": symbol},
         "hovertemplate": f"score %{{x:.3f}}: {name} %{{y:.3f}}<br>%{{customdata:,}} rows<extra></extra>"}
        for name, values, some, colour, symbol in (
            ("outcome here", seen.observed, slice(None), BLUE, "circle"),
            ("outcome there, expected", shifted(seen.observed, shift), moved, VERMILION, "diamond"))]
    return [{**on, "x": line, "y": shifted(line, shift), "mode": "lines", "name": "moved score", "hoverinfo": "skip",
             "legendgroup": "moved", "line": {"color": VERMILION, "width": 1.5, "dash": "dash"}}, *marks]


def _by_group(
    found: Compensated, groups: Sequence[GroupCalibration], shown: Sequence[int]
) -> dict[str, Column]:
    table: dict[str, list[str] | list[float]] = {
        "group": [plain(groups[g].name) for g in shown for _ in groups[g].reliability.rows]}
    seen = [(groups[g].reliability, float(found.shift[g])) for g in shown]
    for word, columns in (("mean score", [each.mean_score for each, _ in seen]),
                          ("outcome here", [each.observed for each, _ in seen]),
                          ("outcome there, expected", [shifted(each.observed, shift) for each, shift in seen]),
                          ("moved score", [shifted(each.mean_score, shift) for each, shift in seen]),
                          ("rows", [each.rows.astype(np.float64) for each, _ in seen])):
        table[word] = np.concatenate(columns).tolist()
    return dict(table)


def _groups_in_words(
    found: Compensated, groups: Sequence[GroupCalibration], shown: Sequence[int], threshold: float
) -> str:
    moved = found.threshold(threshold)
    parts = [f"{plain(groups[g].name, 26)} " + (
        f"from {percent(float(found.here[g]))} to {percent(float(found.there[g]))}, threshold {moved[g]:.3f} on the "
        "score as it is" if found.shift[g] else "as it is") for g in shown]
    return (f"Outcomes against scores at each group's base rate here and, expected, at another; the threshold "
            f"{threshold:.3f} on the moved scores: " + "; ".join(parts) + ".")
