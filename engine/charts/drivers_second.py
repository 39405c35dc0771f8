"""Two decisions on the same people: their gaps side by side, the paired difference, and who is decided differently."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts.changes import LOOK
from engine.charts.drivers import finite, whiskers
from engine.charts.theme import (
    BLUE,
    GREEN,
    GREY,
    SHOWN,
    VERMILION,
    Chart,
    Column,
    axis,
    badge,
    hatch,
    house,
    number,
    percent,
)
from engine.drivers import SecondResult
from engine.drivers.paired import OUTCOMES, Overturns, PairedGap
from engine.metrics import RATES
from engine.text import LONGEST, markup, plain

READING = (
    "Left: each rate in the first group minus in the second, circles under the decision in use, squares under the "
    "other, with their intervals. Right: the difference of the two gaps on the same people; where its line leaves 0 "
    "out, the two decisions differ in their gap by more than this sample's chance."
)
OVERTURN_READING = (
    "Bars to the right are people whom only the decision in use selects, bars to the left those whom only the other "
    "selects, as a share of their group and by outcome. Look for groups that lean to one side, and whether those whom "
    "one of the two leaves out had the outcome or not."
)


def apart(result: SecondResult, longest: int = LONGEST) -> tuple[str, str]:
    """Return the plain names of the two decisions, numbered where they begin alike and are cut to the same."""
    first, second = (plain(name, longest) for name in result.names)
    return (first, second) if first != second else (f"1: {first}", f"2: {second}")


def paired_gaps(result: SecondResult) -> Chart:
    """Draw the gap of each rate under both decisions and the paired difference."""
    gaps = [gap for gap in result.gaps.values() if not math.isnan(gap.first.value + gap.second.value)]
    a, b = (plain(name, 20) for name in result.request.groups)
    first, second = apart(result, 24)
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.06, column_widths=[0.58, 0.42])
    looks = ((1, [gap.first for gap in gaps], first, BLUE, "circle", -0.15),
             (1, [gap.second for gap in gaps], second, VERMILION, "square", 0.15),
             (2, [gap.difference for gap in gaps], "first minus second", GREEN, "diamond", 0.0))
    for column, parts, name, colour, symbol, aside in looks:
        figure.add_scatter(
            x=[part.value for part in parts], y=[place + aside for place in range(len(gaps))], mode="markers",
            name=markup(name), marker={"color": colour, "symbol": symbol, "size": 9},
            error_x=whiskers(parts, colour), row=1, col=column,
            text=[f"{number(part.value)}<br>{number(part.low)} to {number(part.high)}, {part.n:,.0f} rows"
                  for part in parts], hovertemplate="%{text}",
        )
    house(figure, 146 + 36 * len(gaps), showlegend=True, margin={"l": 8, "r": 8, "t": 52, "b": 8})
    figure.update_xaxes(**axis(f"{markup(a)}<br>− {markup(b)}"), row=1, col=1)
    figure.update_xaxes(**axis("difference<br>of the gaps"), row=1, col=2)
    figure.update_yaxes(**axis(""), tickvals=list(range(len(gaps))), ticktext=[_short(gap) for gap in gaps],
                        range=[len(gaps) - 0.4, -0.6], showgrid=False)
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    return Chart(figure, gap_table(result), _alt(gaps, a, b), READING, "two-decisions-gaps")


def gap_table(result: SecondResult) -> dict[str, Column]:
    """Return every gap under both decisions and the paired difference as columns."""
    columns: dict[str, Column] = {"rate": [RATES[key].name for key in result.gaps]}
    first, second = apart(result)
    for blank, name in enumerate((f"gap by {first}", f"gap by {second}", "difference of the gaps")):
        parts = [(gap.first, gap.second, gap.difference)[blank] for gap in result.gaps.values()]
        columns[name] = [finite(part.value) for part in parts]
        columns["low" + " " * blank] = [finite(part.low) for part in parts]
        columns["high" + " " * blank] = [finite(part.high) for part in parts]
    columns["rows"] = [float(gap.difference.n) for gap in result.gaps.values()]
    columns["note"] = [plain(gap.difference.reason or gap.first.reason or "", 200) for gap in result.gaps.values()]
    return columns


def overturns(result: SecondResult) -> Chart:
    """Draw, per group and outcome, the share that only one of the two decisions selects."""
    found = result.overturns
    sizes = found.cells.sum(axis=(1, 2, 3))
    drawn = [int(g) for g in np.argsort(-sizes, kind="stable") if sizes[g] > 0][:SHOWN]
    first, second = apart(result, 24)
    figure = go.Figure()
    for slot, (name, colour, pattern) in zip((1, 0, 2), LOOK, strict=True):
        for cells, sign, who in ((found.cells[:, 1, 0, slot], 1, first), (found.cells[:, 0, 1, slot], -1, second)):
            if cells.any():
                figure.add_bar(
                    y=list(range(len(drawn))), x=sign * cells[drawn] / sizes[drawn], orientation="h", name=name,
                    legendgroup=name, showlegend=sign > 0 or not found.cells[:, 1, 0, slot].any(),
                    marker={"color": colour, "line": {"width": 0}, "pattern": hatch(pattern)},
                    customdata=np.column_stack([cells[drawn], cells[drawn] / sizes[drawn]]),
                    hovertemplate=f"only {markup(who)} selects: %{{customdata[0]:,.0f}} rows, %{{customdata[1]:.1%}}"
                                  f"<extra>{name}</extra>",
                )
    small = [" (small)" if sizes[g] < result.request.min_group else "" for g in drawn]
    labels = [f"<b>{badge(g)}</b> {markup(plain(found.groups.names[g], 26))}{mark}"
              for g, mark in zip(drawn, small, strict=True)]
    house(figure, 142 + 28 * len(drawn), barmode="relative", bargap=0.35, showlegend=True,
          margin={"l": 8, "r": 8, "t": 32, "b": 8})
    figure.update_xaxes(**axis(f"share of the group's rows<br>← only {markup(second)}<br>only {markup(first)} →"),
                        **_sides(found, drawn, sizes))
    figure.update_yaxes(**axis(""), tickvals=list(range(len(drawn))), ticktext=labels, autorange="reversed",
                        showgrid=False)
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    parts = [f"{plain(found.groups.names[g], 26)} {percent(float(found.differing.value[g]))}" for g in drawn[:8]]
    alt = "Decided differently, by group: " + "; ".join(parts) + "."
    return Chart(figure, overturn_table(found, (first, second)), alt, OVERTURN_READING, "two-decisions-overturned")


def overturn_table(found: Overturns, names: tuple[str, str]) -> dict[str, Column]:
    """Return per group the share decided differently, and which way, with rows and intervals; then all cells."""
    columns: dict[str, Column] = {"group": [plain(name) for name in found.groups.names]}
    for blank, (rows, words, shares) in enumerate((
        ("rows", "decided differently", found.differing),
        ("rows decided differently", f"of these, {names[0]} selects", found.first_selects),
    )):
        columns[rows] = [float(count) for count in shares.n]
        columns[words] = [finite(value) for value in shares.value]
        columns["low" + " " * blank] = [finite(value) for value in shares.low]
        columns["high" + " " * blank] = [finite(value) for value in shares.high]
    ways = ((1, 1, "both select"), (1, 0, f"only {names[0]}"), (0, 1, f"only {names[1]}"), (0, 0, "neither"))
    for i, j, words in ways:
        for slot, outcome in enumerate(OUTCOMES):
            if found.cells[..., slot].any():
                columns[f"{words}: {outcome}"] = [float(count) for count in found.cells[:, i, j, slot]]
    columns["note"] = [plain(reason or "", 200) for reason in found.first_selects.reasons]
    return columns


def _sides(found: Overturns, drawn: list[int], sizes: np.ndarray) -> dict[str, object]:
    """Return ticks without signs, as far as the longest bar."""
    both = [found.cells[drawn, i, j].sum(axis=1) / sizes[drawn] for i, j in ((1, 0), (0, 1))]
    reach = max(0.01, float(np.max(both, initial=0.0)))
    unit = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5) if 2.2 * step >= reach)
    ticks = [-2 * unit, -unit, 0, unit, 2 * unit]
    return {"tickvals": ticks, "ticktext": [f"{abs(tick):.0%}" for tick in ticks], "range": [-1.1 * reach, 1.1 * reach]}


def _short(gap: PairedGap) -> str:
    return RATES[gap.key].name.replace("negative predictive value", "neg. predictive value").replace(
        "favourable decision rate", "favourable rate")


def _alt(gaps: list[PairedGap], a: str, b: str) -> str:
    parts = [f"{RATES[gap.key].name} {number(gap.first.value)} and {number(gap.second.value)}, difference "
             f"{number(gap.difference.value)}" for gap in gaps]
    return f"Gaps, {a} minus {b}, under two decisions: " + "; ".join(parts) + "."
