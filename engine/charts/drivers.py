"""What carries the gap: a bar per feature with its interval, and the gap that they sum to."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go

from engine.charts.theme import BLUE, GREY, SHOWN, VERMILION, Chart, Column, axis, house, number
from engine.drivers import BETWEEN_FOLDS, DriversResult
from engine.text import markup, plain
from engine.types import Estimate

READING = (
    "Each bar is what a feature adds to the gap between the two groups' mean scores, the line its interval; plain bars "
    "point the way of the gap, hatched ones against it, and all together sum to the grey bar. A long bar says that the "
    "model uses this feature and that the groups differ in it, not that the feature is at fault: look at what it "
    "stands for."
)


def gap_bars(result: DriversResult) -> Chart:
    """Draw the contribution of each feature, largest first, and the gap; more than `theme.SHOWN` are put together."""
    a, b = (plain(name, 26) for name in result.request.groups)
    rows = _rows(result)
    gap = result.found.gap
    figure = go.Figure()
    for towards in (True, False):
        chosen = [(place, name, part) for place, (name, part) in enumerate(rows)
                  if (part.value * gap.value >= 0) is towards]
        if chosen:
            _bars(figure, chosen, BLUE if towards else VERMILION, "" if towards else "/",
                  "widens the gap" if towards else "narrows it")
    _bars(figure, [(len(rows), "gap", gap)], GREY, "", "the gap")
    labels = [*(str(markup(plain(name, 30))) for name, _ in rows), "<b>gap</b>"]
    house(figure, 146 + 26 * len(labels), barmode="overlay", showlegend=True,
          margin={"l": 8, "r": 8, "t": 32, "b": 8})
    figure.update_xaxes(**axis(f"{result.explained.units}<br>← {markup(b)} higher<br>{markup(a)} higher →"))
    figure.update_yaxes(**axis(""), tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed",
                        showgrid=False)
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    return Chart(figure, table(result), _alt(result, a, b), READING, "what-carries-the-gap")


def table(result: DriversResult) -> dict[str, Column]:
    """Return every contribution as columns, largest first; then the rest and the gap that they sum to."""
    found = result.found
    parts = [(plain(found.names[k]), found.contributions[int(k)]) for k in found.order]
    parts += [(BETWEEN_FOLDS, found.between), ("gap", found.gap)]
    return {
        "feature": [name for name, _ in parts],
        f"adds ({result.explained.units})": [finite(part.value) for _, part in parts],
        "low": [finite(part.low) for _, part in parts], "high": [finite(part.high) for _, part in parts],
        "rows": [float(part.n) for _, part in parts],
        "note": [plain(part.reason or "", 200) for _, part in parts],
    }


def finite(value: float) -> float | None:
    """Return a number for a table; None where there is none."""
    return float(value) if math.isfinite(value) else None


def whiskers(parts: list[Estimate], colour: str = GREY, thickness: float = 1.5) -> dict[str, object]:
    """Return the error bars of estimates; none where an interval is missing."""
    return {"type": "data", "symmetric": False, "array": [_length(p.high - p.value) for p in parts],
            "arrayminus": [_length(p.value - p.low) for p in parts], "thickness": thickness, "width": 0,
            "color": colour}


def _length(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _rows(result: DriversResult) -> list[tuple[str, Estimate]]:
    """Return the bars: the largest features, the others together, and what the folds' models differ by if it shows."""
    found = result.found
    order = [int(k) for k in found.order]
    kept = order if len(order) <= SHOWN else order[: SHOWN - 1]
    rows = [(found.names[k], found.contributions[k]) for k in kept]
    rest = order[len(kept):]
    if rest:
        total = float(np.sum(found.contributions.value[rest]))
        rows.append((f"{len(rest)} other features", Estimate(total, n=found.gap.n, reason="see the table")))
    if abs(found.between.value) >= 0.005 * abs(found.gap.value):
        rows.append((BETWEEN_FOLDS, found.between))
    return rows


def _bars(
    figure: go.Figure, chosen: list[tuple[int, str, Estimate]], colour: str, pattern: str, name: str
) -> None:
    parts = [part for _, _, part in chosen]
    figure.add_bar(
        y=[place for place, _, _ in chosen], x=[part.value for part in parts], orientation="h", name=name, width=0.65,
        # Pale within a firm outline, so that the interval is seen across its bar on light and dark pages.
        marker={"color": f"rgba({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))}, 0.4)",
                "line": {"width": 1, "color": colour}, "pattern": {"shape": pattern, "fgcolor": colour}},
        error_x=whiskers(parts, colour, 2.0),
        text=[f"<b>{markup(plain(label, 60))}</b><br>{_words(part)}" for _, label, part in chosen],
        textposition="none", hovertemplate="%{text}<extra></extra>",
    )


def _words(part: Estimate) -> str:
    ends = "no interval" if math.isnan(part.low) else f"{number(part.low)} to {number(part.high)}"
    return f"{number(part.value)} ({ends}), {part.n:,.0f} rows"


def _alt(result: DriversResult, a: str, b: str) -> str:
    found = result.found
    parts = [f"{plain(found.names[k], 26)} {number(float(found.contributions.value[k]))}" for k in found.order[:6]]
    return (f"Gap of {number(found.gap.value)} in {result.explained.units}, {a} minus {b}, and what adds to it: "
            + ", ".join(parts) + ".")
