"""Predictions of every cell under two models, back to back: the unpenalised one above the line, the chosen one below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine.charts.calibration_panels import Panels, axes, suffix, title
from engine.charts.intersections_words import finite
from engine.charts.theme import BLUE, GREY, SHOWN, VERMILION, Chart, Column, house, number
from engine.dependence.density import curves
from engine.text import plain
from engine.types import Codes, Floats, Ints

POINTS = 72          # of a curve: twelve panels of two curves stay light
QUANTILES = (0.1, 0.5, 0.9)
READING = (
    "Each panel is a combination of groups: above the line the predictions of the unpenalised model, below it those of "
    "the chosen one, on rows that trained neither; dotted lines are everybody's means. The shapes above differ from "
    "panel to panel, those below should be alike; each side has its own height, the same in all panels. A narrow shape "
    "below says that predictions were drawn together."
)


@dataclass(frozen=True, eq=False)
class Densities:
    """Predictions of rows that trained no model, by cell, before and after."""

    names: tuple[str, ...]
    codes: Codes             # (H,)
    before: Floats           # (H,)
    after: Floats            # (H,)
    words: str               # what a prediction is

    @property
    def sizes(self) -> Ints:
        """Rows of each cell, (G,)."""
        return np.bincount(self.codes, minlength=len(self.names))

    def largest(self, least: int) -> list[int]:
        """Return the cells that are drawn: those with most rows, none below the least size; in their order."""
        kept = [g for g in range(len(self.names)) if self.sizes[g] >= least]
        return sorted(sorted(kept, key=lambda g: -self.sizes[g])[:SHOWN])


def densities(found: Densities, shown: Sequence[int]) -> Chart:
    """Draw the cells chosen as small multiples on a shared scale."""
    panels, traces = Panels(len(shown)), []
    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    sides = [(1, BLUE, "unpenalised", found.before), (-1, VERMILION, "chosen", found.after)]
    drawn = [_curves(values, found) for *_, values in sides]
    low, high = (float(end(np.concatenate((found.before, found.after)))) for end in (np.min, np.max))
    margin = 0.02 * (high - low or 1.0)
    for place, g in enumerate(shown):
        ref = suffix(place)
        for (sign, colour, words, values), (x, y) in zip(sides, drawn, strict=True):
            traces.append(_side(x, sign * y[g], colour, words, place, ref))
            layout["shapes"].append(_mean(float(values.mean()), sign, ref))
        layout["annotations"].append(title(panels, place, g, found.names[g]))
        layout |= axes(panels, place, {"title": found.words, "range": [low - margin, high + margin], "nticks": 4},
                       {"title": "", "range": [-1.08, 1.08], "showgrid": False, "tickvals": [0], "ticktext": [""]})
    figure = house(go.Figure({"data": traces, "layout": layout}), panels.height + 34, showlegend=True,
                   margin={"l": 8, "r": 8, "t": 40, "b": 8})
    return Chart(figure, table(found), _alt(found, shown), READING, "densities-by-combination")


def _curves(values: Floats, found: Densities) -> tuple[Floats, Floats]:
    """Return each cell's density, the highest of them 1."""
    x, y = curves(values, found.codes, len(found.names), points=POINTS)
    sized = np.where((found.sizes >= 2)[:, None], y, np.nan)
    top = float(np.nanmax(sized)) if np.isfinite(sized).any() else np.nan
    return x, y / top


def _side(x: Floats, y: Floats, colour: str, words: str, place: int, ref: str) -> dict[str, Any]:
    flat = len(x) == 1     # all predictions are one number
    sign = 1 if words == "unpenalised" else -1
    return {
        "type": "scatter", "x": [x[0], x[0]] if flat else x, "y": [0, sign] if flat else y, "mode": "lines",
        "line": {"color": colour, "width": 3 if flat else 1.5, "dash": "solid" if sign > 0 else "dash"},
        "fill": "none" if flat else "tozeroy", "name": words, "legendgroup": words, "showlegend": place == 0,
        "xaxis": f"x{ref}", "yaxis": f"y{ref}", "hovertemplate": "%{x:.4g}<extra>" + words + "</extra>",
    }


def _mean(at: float, sign: int, ref: str) -> dict[str, Any]:
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": sign, "xref": f"x{ref}", "yref": f"y{ref}",
            "line": {"color": GREY, "width": 1, "dash": "dot"}}


def table(found: Densities) -> dict[str, Column]:
    """Return every cell as columns: rows, mean, spread and quantiles, before and after."""
    cells = range(len(found.names))
    columns: dict[str, Column] = {"combination": [plain(name) for name in found.names],
                                  "rows that trained nothing": [int(size) for size in found.sizes]}
    for words, values in (("unpenalised", found.before), ("chosen", found.after)):
        by_cell = [values[found.codes == g] for g in cells]
        columns[f"mean, {words}"] = [finite(part.mean()) if len(part) else None for part in by_cell]
        columns[f"standard deviation, {words}"] = [finite(part.std()) if len(part) else None for part in by_cell]
        for q in QUANTILES:
            columns[f"{q:.0%} quantile, {words}"] = [finite(np.quantile(part, q)) if len(part) else None
                                                     for part in by_cell]
    return columns


def _alt(found: Densities, shown: Sequence[int]) -> str:
    parts = []
    for words, values in (("unpenalised", found.before), ("chosen", found.after)):
        means = [float(values[found.codes == g].mean()) for g in shown]
        if means:
            parts.append(f"{words}: means of the combinations drawn from {number(min(means))} to {number(max(means))}, "
                         f"standard deviation of all predictions {number(float(values.std()))}")
    return f"Predictions ({found.words}) in {len(shown)} combinations, before and after. " + "; ".join(parts) + "."
