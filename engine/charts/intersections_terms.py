"""Where the dependence lies: in which attribute alone, or only where attributes meet."""

from __future__ import annotations

import plotly.graph_objects as go

from engine.charts.theme import BLUE, GREY, VERMILION, Chart, Column, axis, hatch, house
from engine.dependence.diagnosis import Diagnosis
from engine.text import markup, plain

TOGETHER, ONLY = "all together", "only in combination"
READING = (
    "Each blue bar is what one attribute shows alone, the hatched one what shows only where attributes meet, the grey "
    "one all of it; the dotted line across it is what 95 % of shuffled values of all together stay under (the parts "
    "are not shuffled one by one and have none). A long hatched bar beside short blue ones is a gap that no single "
    "attribute reveals; CCdCov's can be below 0 where several attributes count alone."
)


def terms(found: Diagnosis, measure: str) -> Chart:
    """Draw the parts of a dependence as bars.

    Parameters
    ----------
    measure
        Its name, for the axis.
    """
    rows = [(plain(name, 30), value, BLUE, "") for name, value in found.terms.items()]
    if len(rows) > 1:
        rows.append((ONLY, found.interaction, VERMILION, "/"))
    rows.append((TOGETHER, found.dependence, GREY, ""))
    figure = go.Figure()
    figure.add_bar(
        x=[value for _, value, _, _ in rows], y=list(range(len(rows))), orientation="h", width=0.6, name=measure,
        marker={"color": [colour for _, _, colour, _ in rows],
                "pattern": hatch([shape for *_, shape in rows])},
        hovertemplate="%{x:.4g}<extra></extra>",
    )
    if found.dependence_noise == found.dependence_noise:
        figure.add_shape(   # over its own bar: the others have no such value
            type="line", x0=found.dependence_noise, x1=found.dependence_noise, y0=len(rows) - 1.5, y1=len(rows) - 0.5,
            line={"color": GREY, "width": 1.5, "dash": "dot"})
    house(figure, 70 + 30 * len(rows))
    figure.update_xaxes(**axis(f"{measure}², estimator {found.estimator}"), tickformat=".2~g", nticks=5)
    figure.update_yaxes(**axis(""), tickvals=list(range(len(rows))), ticktext=[str(markup(name)) for name, *_ in rows],
                        range=[len(rows) - 0.4, -0.6], showgrid=False)
    table: dict[str, Column] = {
        "part": [name for name, *_ in rows], f"{measure}, squared": [float(value) for _, value, *_ in rows],
        "of all": [float(value / found.dependence) if found.dependence else None for _, value, *_ in rows],
    }
    said = "; ".join(f"{name} {value:.3g}" for name, value, *_ in rows)
    return Chart(figure, table, f"{measure} squared by where it shows: {said}. Shuffled values stay under "
                 f"{found.dependence_noise:.3g} in 95 % of draws.", READING, "dependence-parts")
