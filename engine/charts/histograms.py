"""Per-group histograms of the score, split by outcome, with the threshold marked: the data before any rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from engine.charts.theme import BLUE, GREY, MARKS, PALE, VERMILION, Chart, axis, badge, house
from engine.counting.counts import NEGATIVE, NO_LABEL, POSITIVE
from engine.counting.table import CountTable
from engine.text import markup, plain
from engine.types import Floats, Ints

BARS = 64
SIDES = (                                    # label slot, side of the line, colour, pattern
    (POSITIVE, 1, BLUE, ""), (NO_LABEL, 1, GREY, "x"), (NEGATIVE, -1, VERMILION, ""),
)
Twin = dict[str, list[Any]]
Part = dict[str, Any]       # of a figure
Span = tuple[float, float]
READING = (
    "Bars above the line are rows with a positive outcome, bars below it the others; solid bars are selected, pale "
    "bars are not; each panel has its own vertical scale. Look for groups whose two outcomes overlap more, or whose "
    "scores sit elsewhere: one threshold then means different errors."
)


@dataclass(frozen=True, eq=False)
class Bars:
    """Where the bars of one group stand: bar i covers bins ``cuts[i]`` to ``cuts[i + 1]``."""

    cuts: Ints          # (N + 1,) indices of edges
    left: Floats        # (N,) where a bar begins
    width: Floats       # (N,)
    cut: int            # the first edge at or above the threshold
    whole: Ints         # (M + 1,) the bars before the threshold split one of them
    each: bool = False  # one bar per distinct value, with gaps between

    @property
    def selected(self) -> NDArray[np.bool_]:
        """Return which bars are selected, (N,)."""
        return self.cuts[:-1] >= self.cut


def histograms(table: CountTable, thresholds: Floats, shown: Sequence[int], columns: int = 3) -> Chart:
    """Draw the score of each group, one panel per group.

    Parameters
    ----------
    table
        Counts of the grouping; drawn bars are its bins, put together where there are many.
    thresholds
        (G,) the threshold of each group.
    shown
        Groups to draw, in order; at most `theme.SHOWN` keep the page readable.
    columns
        Panels per row.

    Returns
    -------
    Chart
        The table twin has one row per group, bar and outcome.
    """
    columns = max(1, min(columns, len(shown)))
    lines = max(1, math.ceil(len(shown) / columns))
    height = 30 + 136 * lines
    twin: Twin = {name: [] for name in ("group", "score from", "score to", "outcome", "rows", "selected")}
    most = min(BARS, max(8, MARKS // (3 * max(1, len(shown)))))
    traces: list[Part] = []
    layout: Part = {"shapes": [], "annotations": []}    # given to plotly at once: it is slow piece by piece
    for place, g in enumerate(shown):
        bars = layout_bars(table, float(thresholds[g]), most)
        across, up = _room(place, columns, lines, height)
        traces += _traces(table, g, bars, place + 1, twin)
        layout["shapes"] += _marks(table, bars, place + 1)
        layout["annotations"].append(_title(table, g, thresholds[g], across[0], up[1]))
        layout |= _axes(table, bars, place + 1, (across, up), place % columns == 0, place + columns >= len(shown))
    figure = house(go.Figure({"data": traces, "layout": layout}), height, barmode="relative", bargap=0,
                   margin={"l": 8, "r": 8, "t": 26, "b": 8})
    return Chart(figure, twin, _alt(table, thresholds, shown), READING, "score-histograms")


def _room(place: int, columns: int, lines: int, height: int) -> tuple[Span, Span]:
    """Return where a panel stands, as shares of the figure's width and height."""
    row, column = divmod(place, columns)
    gap, space = 0.03, min(0.5, 58 / height) if lines > 1 else 0.0
    wide, tall = (1 - gap * (columns - 1)) / columns, (1 - space * (lines - 1)) / lines
    left, bottom = column * (wide + gap), (lines - 1 - row) * (tall + space)
    return (left, left + wide), (bottom, min(1.0, bottom + tall))


def _axes(
    table: CountTable, bars: Bars, panel: int, room: tuple[Span, Span], first: bool, last: bool
) -> dict[str, Any]:
    """Return the two axes of a panel; titles stand at the first of a row and the last of a column."""
    number = "" if panel == 1 else str(panel)
    few = bars.each and len(table.edges) <= 12 and _step(table.edges) == 1
    across = axis("score" if last else "", domain=room[0], anchor=f"y{number}", range=_reach(table, bars),
                  showgrid=False, dtick=1 if few else None)
    up = axis("rows" if first else "", domain=room[1], anchor=f"x{number}", showticklabels=False, showgrid=False)
    return {f"xaxis{number}": across, f"yaxis{number}": up}


def layout_bars(table: CountTable, threshold: float, most: int = BARS) -> Bars:
    """Return at most `most` + 1 bars; the threshold is always a border between two bars, so each is solid or pale."""
    edges = table.edges
    cut = int(table.edge_of(np.array(threshold)))
    if not len(edges):
        return Bars(np.zeros(1, dtype=np.int64), np.zeros(0), np.zeros(0), cut, np.zeros(1, dtype=np.int64))
    if table.rule == "values" and len(edges) <= most:
        step = _step(edges)
        each = np.arange(len(edges) + 1)
        return Bars(each, edges - 0.4 * step, np.full(len(edges), 0.8 * step), cut, each, True)
    if table.rule == "values":
        starts = np.searchsorted(edges, np.linspace(edges[0], edges[-1], most + 1)[:-1])
    else:
        starts = np.round(np.linspace(0, len(edges) - (table.rule == "grid"), most + 1)[:-1]).astype(np.int64)
    whole = np.append(np.unique(starts), len(edges))
    starts = np.unique(np.append(starts, cut if cut < len(edges) else 0))
    last = float(edges[-1]) + (0 if table.rule == "grid" else float(edges[-1] - edges[0]) / most)
    borders = np.append(edges[starts], last)
    return Bars(np.append(starts, len(edges)), borders[:-1], np.maximum(np.diff(borders), 1e-12), cut, whole)


def _traces(table: CountTable, g: int, bars: Bars, panel: int, twin: Twin) -> list[Part]:
    """Return one group's bars; the one that the threshold splits keeps its height on both sides: the shape stands."""
    amounts = table.counts if table.weights is None else table.weights
    number = "" if panel == 1 else str(panel)
    traces: list[Part] = []
    for slot, side, colour, pattern in SIDES:
        rows = np.array([amounts[g, a:b, slot].sum() for a, b in pairwise(bars.cuts)], dtype=np.float64)
        seen = rows > 0
        if not seen.any():
            continue
        left, width, height = bars.left[seen], bars.width[seen], _heights(bars, rows)[seen]
        traces.append({
            "type": "bar", "x": left + width / 2, "y": side * height, "width": width, "name": outcome_word(slot),
            "xaxis": f"x{number}", "yaxis": f"y{number}",
            "marker": {"color": colour, "opacity": np.where(bars.selected[seen], 1.0, PALE), "line": {"width": 0},
                       "pattern": {"shape": pattern}},
            "customdata": np.stack([rows[seen], left, left + width], axis=1),
            "hovertemplate": "%{customdata[0]:,.0f} rows, score %{customdata[1]:.3g} to %{customdata[2]:.3g}"
                             f"<extra>{outcome_word(slot)}</extra>",
        })
        _note(twin, table, g, bars, rows, slot)
    return traces


def _heights(bars: Bars, rows: Floats) -> Floats:
    """Return rows per usual width, the same on both sides of a split bar."""
    parent = np.searchsorted(bars.whole, bars.cuts[:-1], side="right") - 1
    width, total = np.bincount(parent, bars.width), np.bincount(parent, rows)
    return (total / width * np.median(width))[parent]


def _note(twin: Twin, table: CountTable, g: int, bars: Bars, rows: Floats, slot: int) -> None:
    """Write one group's bars of one outcome into the table twin."""
    begins = table.edges[bars.cuts[:-1]]
    ends = begins if bars.each else bars.left + bars.width
    for i in np.flatnonzero(rows > 0):
        values = (plain(table.groups.names[g]), float(begins[i]), float(ends[i]), outcome_word(slot), float(rows[i]),
                  "yes" if bars.selected[i] else "no")
        for column, value in zip(twin.values(), values, strict=True):
            column.append(value)


def _marks(table: CountTable, bars: Bars, panel: int) -> list[Part]:
    """Return the threshold and the base line; between two values where each value has its own bar."""
    low, high = _reach(table, bars)
    at = high if bars.cut >= len(table.edges) else float(table.edges[bars.cut])
    if bars.each and bars.cut < len(table.edges):
        at -= _step(table.edges) / 2
    at = max(at, low)
    number = "" if panel == 1 else str(panel)
    across = {"xref": f"x{number} domain", "yref": f"y{number}"}
    up = {"xref": f"x{number}", "yref": f"y{number} domain"}
    return [
        {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": {"color": GREY, "width": 2.5}, **up},
        {"type": "line", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": {"color": GREY, "width": 1}, **across},
    ]


def _reach(table: CountTable, bars: Bars) -> tuple[float, float]:
    """Return the ends of the score axis."""
    if not len(table.edges) or table.rule == "grid":
        return (0.0, 1.0)
    first, last = float(bars.left[0]), float(bars.left[-1] + bars.width[-1])
    margin = 0.2 * _step(table.edges) if bars.each else (last - first) / BARS
    return (first - margin, last + margin)


def _step(edges: Floats) -> float:
    return float(np.diff(edges).min()) if len(edges) > 1 else 1.0


def _title(table: CountTable, g: int, threshold: float, left: float, top: float) -> Part:
    name = markup(plain(table.groups.names[g], 26))
    text = f"<b>{badge(g)}</b>  {name}  <span style='font-size:11px'>≥ {threshold_text(threshold)}</span>"
    return {"text": text, "x": left, "y": top, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
            "showarrow": False, "font": {"size": 13}, "yshift": 2}


def outcome_word(slot: int) -> str:
    """Return the outcome of a label slot in words."""
    return {POSITIVE: "positive outcome", NEGATIVE: "not positive", NO_LABEL: "outcome unknown"}[slot]


def threshold_text(threshold: float) -> str:
    """Return a threshold in words.

    >>> threshold_text(0.5), threshold_text(float("inf"))
    ('0.5', 'nobody')
    """
    if math.isinf(threshold):
        return "nobody" if threshold > 0 else "everybody"
    return f"{threshold:.4g}"


def _alt(table: CountTable, thresholds: Floats, shown: Sequence[int]) -> str:
    if not len(table.edges):
        return "Histograms of the score by group and outcome: no row has a score."
    counts = table.at(thresholds)
    parts = []
    for g in shown:
        chosen, whole = (counts.tp + counts.fp + counts.selected_unknown)[g], counts.values[g].sum()
        parts.append(f"{plain(table.groups.names[g], 26)}: {chosen:,.0f} of {whole:,.0f} selected")
    return "Histograms of the score by group and outcome. " + "; ".join(parts) + "."
