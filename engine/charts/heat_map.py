"""Two groups' thresholds at once: what a pair costs in colour, the disparity between the two as contours."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.charts.theme import CLEAR, VERMILION, Chart, Column, axis, badge, house, number
from engine.metrics import DISPARITIES, Costs
from engine.text import markup, plain
from engine.thresholds.heat_map import HeatMap
from engine.types import Floats

SCALE = [[0.0, "#f0f4f8"], [0.5, "#6ba3cc"], [1.0, "#08306b"]]
READING = (
    "Each point is a pair of thresholds, one per group: the darker, the better for everybody together; the orange "
    "contours join pairs with the same disparity between the two groups. The circle is the pair in use, the diagonal "
    "the pairs with one common threshold. Look how far dark areas lie from the contour you would accept."
)


def two_groups(
    found: HeatMap, names: tuple[str, str], places: tuple[int, int], now: tuple[float, float], disparity: str,
    costs: Costs,
) -> Chart:
    """Draw utility in colour and a disparity as contours over the thresholds of two groups.

    Parameters
    ----------
    found
        The map; its rows are the first group's thresholds, its columns the second's.
    names, places
        Raw names of the two groups and their positions in the grouping.
    now
        Their thresholds in use; not finite where one draws lots or selects nobody.
    disparity, costs
        What the map was made with.
    """
    utility = "share of correct decisions" if costs == Costs() else "minus expected cost per row"
    rule = DISPARITIES[disparity]
    figure = go.Figure()
    figure.add_heatmap(
        x=found.second, y=found.first, z=_light(found.utility), customdata=_light(found.disparity), colorscale=SCALE,
        name=utility, zsmooth=False, hoverongaps=False,
        colorbar={"title": {"text": utility, "side": "right", "font": {"size": 12}}, "thickness": 10, "outlinewidth": 0,
                  "tickfont": {"size": 11}},
        hovertemplate=f"{markup(plain(names[0], 26))} ≥ %{{y:.4g}}<br>{markup(plain(names[1], 26))} ≥ %{{x:.4g}}<br>"
                      f"{utility} %{{z:.3f}}<br>{rule.name} %{{customdata:.3f}}<extra></extra>",
    )
    if min(found.disparity.shape) > 1:
        figure.add_contour(
            x=found.second, y=found.first, z=_light(found.disparity), showscale=False, name=rule.name,
            hoverinfo="skip", line={"color": VERMILION, "width": 1.3}, connectgaps=False,
            contours={"coloring": "none", "showlabels": True, "labelfont": {"size": 11, "color": VERMILION},
                      **_levels(rule.form, found.disparity)},
        )
    _diagonal(figure, found)
    if np.isfinite(now).all():
        figure.add_scatter(
            x=[now[1]], y=[now[0]], mode="markers", name="in use", hoverinfo="skip",
            marker={"size": 13, "color": CLEAR, "symbol": "circle", "line": {"width": 3, "color": "#ffffff"}},
        )
        figure.add_scatter(
            x=[now[1]], y=[now[0]], mode="markers", name="in use", hovertemplate="in use<extra></extra>",
            marker={"size": 11, "color": CLEAR, "symbol": "circle", "line": {"width": 2, "color": "#000000"}},
        )
    house(figure, 420)
    titles = [f"threshold of {badge(place)} {markup(plain(name, 26))}"
              for place, name in zip(places, names, strict=True)]
    figure.update_yaxes(**axis(titles[0]), showgrid=False)
    figure.update_xaxes(**axis(titles[1]), showgrid=False)
    return Chart(figure, _table(found, names, utility, rule.name), _alt(found, names, now, utility, rule.name), READING,
                 "two-groups")


def _light(values: Floats) -> np.ndarray:
    """Return the values at the precision of a picture: half the bytes to send."""
    return values.astype(np.float32)


def _levels(form: str, values: Floats) -> dict[str, float]:
    """Return contours at round values: steps of 0.05 near the ideal value where the map is narrow, else of 0.1."""
    if form == "ratio":
        return {"start": 0.4, "end": 0.9, "size": 0.1}
    reach = float(np.nanmax(values, initial=0.0))
    step = 0.05 if reach <= 0.4 else 0.1
    return {"start": step, "end": 6 * step, "size": step}


def _diagonal(figure: go.Figure, found: HeatMap) -> None:
    low, high = float(found.first[0]), float(found.first[-1])
    figure.add_scatter(x=[low, high], y=[low, high], mode="lines", name="one threshold for both", hoverinfo="skip",
                       line={"color": "#808080", "width": 1.5, "dash": "dot"})


def _table(found: HeatMap, names: tuple[str, str], utility: str, rule: str) -> dict[str, Column]:
    first, second = (axis.ravel() for axis in np.meshgrid(found.first, found.second, indexing="ij"))

    def plainly(values: Floats) -> list[float | None]:
        return [float(v) if np.isfinite(v) else None for v in values.ravel()]

    heads = [f"threshold of {plain(name)}" for name in names]
    heads = heads if heads[0] != heads[1] else [f"{head} ({n})" for n, head in enumerate(heads, 1)]
    return {heads[0]: first.tolist(), heads[1]: second.tolist(), utility: plainly(found.utility),
            rule: plainly(found.disparity)}


def _alt(found: HeatMap, names: tuple[str, str], now: tuple[float, float], utility: str, rule: str) -> str:
    if not np.isfinite(found.utility).any():
        return f"{utility} and {rule}: not estimable."
    best = np.unravel_index(int(np.nanargmax(found.utility)), found.utility.shape)
    one, two = plain(names[0], 26), plain(names[1], 26)
    return (
        f"{utility} and {rule} over the thresholds of {one} and {two}. In use: {now[0]:.4g} and {now[1]:.4g}. Highest "
        f"{number(float(found.utility[best]))} at {found.first[best[0]]:.4g} and {found.second[best[1]]:.4g}, where "
        f"{rule} is {number(float(found.disparity[best]))}."
    )
