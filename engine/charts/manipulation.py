"""Pictures of an audit: cells before and after, honest draws and the sample, power, and what stays unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts.theme import BAND, BLUE, EDGE, GREY, SERIES, VERMILION, Chart, Column, axis, badge, house, number
from engine.manipulation import TESTS, Detection
from engine.manipulation.cells import Counts, rates, shares_of
from engine.manipulation.curves import Curves
from engine.manipulation.suspicion import WORDS
from engine.text import markup, plain

PARTS = {"family": "decides", "proof": "proof", "displayed": "shown only"}
COLOURS, DASHES = SERIES[:4], ("solid", "dash", "dot", "dashdot")
BINS = 40
FAINT = "rgba(0,114,178,0.28)"
HIGHEST = 1.5     # ratios drawn
MOSAIC = (
    "Each column is a group, as wide as its share of the rows; the dark part is its share of favourable decisions. "
    "Columns that change width or dark parts that change height between the two pictures are what the cells' tests see."
)
HONEST = (
    "Grey bars are honest samples of the same size, drawn by chance; the line is the sample handed in. Within the bars "
    "it is unremarkable in this respect, beyond them it is not."
)
POWER = (
    "Each line is the chance that a doctored sample of that size is noticed, solid by the G test of the cells, dotted "
    "by testing the ratio itself. At the vertical line stands the present sample: low lines there mean that silence of "
    "the tests says little."
)
UNSEEN = (
    "Below each line a forger who picks exact cells goes unnoticed: solid under the G test, dotted where the ratio "
    "itself is tested. The grey line is the honest ratio; the further a line lies above it, the more room a forger has."
)


def mosaic(names: Sequence[str], before: Counts, after: Counts, titles: tuple[str, str]) -> Chart:
    """Draw two tables of cells side by side: width is a group's share, height its favourable rate."""
    figure = make_subplots(1, 2, horizontal_spacing=0.06, shared_yaxes=True, subplot_titles=[markup(t) for t in titles])
    for column, table in enumerate((before, after), 1):
        width, rate = shares_of(table).sum(axis=1), np.nan_to_num(rates(table))
        left = np.cumsum(width) - width
        text = [f"{markup(name)}<br>{100 * w:.1f} % of rows<br>{100 * r:.1f} % favourable"
                for name, w, r in zip(names, width, rate, strict=True)]
        for part, heights, colour in (("favourable", rate, BLUE), ("unfavourable", 1 - rate, FAINT)):
            figure.add_bar(
                x=left + width / 2, y=heights, width=np.maximum(width - 0.006, 0.001), name=part, text=text,
                marker={"color": colour, "line": {"width": 0}}, textposition="none",
                hovertemplate="%{text}<extra></extra>", showlegend=column == 1, row=1, col=column,
            )
        ticks = [f"<b>{badge(g)}</b><br>{100 * r:.1f} %" for g, r in enumerate(rate)]   # names do not fit a phone
        figure.update_xaxes(**axis(""), tickvals=left + width / 2, ticktext=ticks, tickangle=0, range=[0, 1],
                            showgrid=False, row=1, col=column)
    figure.update_yaxes(**axis("favourable share"), range=[0, 1.001], tickformat=".0%", showgrid=False, row=1, col=1)
    figure.update_yaxes(range=[0, 1.001], showticklabels=False, showgrid=False, row=1, col=2)
    figure.update_annotations(font={"size": 12})
    house(figure, 300, barmode="stack", showlegend=True, margin={"l": 8, "r": 8, "t": 48, "b": 8},
          legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.1, "yanchor": "bottom", "font": {"size": 12}})
    return Chart(figure, _cell_table(names, before, after, titles), _cell_words(names, before, after, titles), MOSAIC,
                 "cells")


def honest_draws(found: Detection) -> Chart:
    """Draw the ratio and the G statistic of honest samples with the submitted one's."""
    parts = (("direct_ratio", found.null_ratio, "ratio" if found.request.mode != "B" else "ratio, sample less others"),
             ("g_test", found.null_g, "G statistic of the cells"))
    figure = make_subplots(1, 2, horizontal_spacing=0.1)
    table: dict[str, Column] = {}
    for column, (key, draws, title) in enumerate(parts, 1):
        known = draws[np.isfinite(draws)]
        counts, edges = np.histogram(known, BINS) if known.size else (np.zeros(1, dtype=int), np.array([0.0, 1.0]))
        figure.add_bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, width=np.diff(edges), name="honest draws",
                       marker={"color": BAND, "line": {"width": 0.5, "color": EDGE}}, row=1, col=column,
                       hovertemplate="%{y} honest draws near %{x:.3f}<extra></extra>")
        value = found.tests[key].statistic
        if value is not None:
            figure.add_vline(x=value, line={"color": VERMILION, "width": 2}, row=1, col=column)
            figure.add_annotation(x=value, y=1, yref="y domain" if column == 1 else "y2 domain", text="this sample",
                                  showarrow=False, xanchor="left", xshift=4, font={"size": 11}, row=1, col=column)
        figure.update_xaxes(**axis(title), showgrid=False, row=1, col=column)
        figure.update_yaxes(**axis("honest draws"), row=1, col=column)
        table[f"{title}, from"], table[f"{title}, draws"] = edges[:-1].tolist(), counts.tolist()
    house(figure, 260, bargap=0)
    rows = max(len(values) for values in table.values())
    table = {name: [*values, *[None] * (rows - len(values))] for name, values in table.items()}
    return Chart(figure, table, "Honest samples and the submitted one: " + "; ".join(
        f"{title} {number(v if (v := found.tests[key].statistic) is not None else np.nan)}, p "
        f"{found.tests[key].p_value:.4f}" for key, _, title in parts) + ".", HONEST, "honest-draws")


def power_curves(found: Curves, size: int) -> Chart:
    """Draw the power of both tests against the size of the sample, the present size marked."""
    figure = go.Figure()
    table: dict[str, Column] = {"rows": found.sizes.tolist()}
    for place, target in enumerate(found.targets):
        colour = COLOURS[place % len(COLOURS)]
        for test, values, dash, width in (("G test", found.g_test, "solid", 2), ("direct", found.direct, "dot", 1.5)):
            figure.add_scatter(x=found.sizes, y=values[place], mode="lines", name=f"{test}, to {target:g}",
                               line={"color": colour, "dash": dash, "width": width},
                               hovertemplate=f"%{{x:,}} rows: %{{y:.1%}}<extra>{test}, to {target:g}</extra>")
            table[f"{test}, to {target:g}"] = _finite(values[place])
    figure.add_vline(x=size, line={"color": GREY, "width": 1, "dash": "dash"})
    house(figure, 320, showlegend=True, margin={"l": 8, "r": 8, "t": 44, "b": 8})
    figure.update_xaxes(**axis(f"rows of the sample (dashed: {size:,})"), type="log", dtick=1)
    figure.update_yaxes(**axis("chance to be noticed"), range=[0, 1.01], tickformat=".0%")
    now = int(np.abs(found.sizes - size).argmin())
    pairs = [(target, 100 * found.g_test[i, now], 100 * found.direct[i, now]) for i, target in enumerate(found.targets)]
    words = "; ".join(f"to {target:g}: G test {g:.0f} %, direct {d:.0f} %" for target, g, d in pairs)
    return Chart(figure, table, f"Power against sample size. Near {size:,} rows, {words}.", POWER, "power")


def unseen(found: Curves, size: int, honest: float, observed: float) -> Chart:
    """Draw the ratio that stays unseen against the size of the sample."""
    figure = go.Figure()
    lines = (("G test of the cells", found.unseen_g, "solid", BLUE), ("ratio tested itself", found.unseen_direct, "dot",
                                                                   VERMILION))
    for name, values, dash, colour in lines:
        figure.add_scatter(x=found.sizes, y=np.minimum(values, HIGHEST), mode="lines", name=name,
                           line={"color": colour, "dash": dash, "width": 2},
                           hovertemplate=f"%{{x:,}} rows: unseen up to %{{y:.3f}}<extra>{name}</extra>")
    figure.add_hline(y=honest, line={"color": GREY, "width": 1})
    figure.add_vline(x=size, line={"color": GREY, "width": 1, "dash": "dash"})
    if np.isfinite(observed):
        figure.add_scatter(x=[size], y=[min(observed, HIGHEST)], mode="markers", name="this sample",
                           marker={"color": GREY, "size": 9, "symbol": "diamond"},
                           hovertemplate="this sample: %{y:.3f}<extra></extra>")
    house(figure, 320, showlegend=True, margin={"l": 8, "r": 8, "t": 44, "b": 8})
    figure.update_xaxes(**axis(f"rows of the sample (dashed: {size:,})"), type="log", dtick=1)
    figure.update_yaxes(**axis("highest ratio unseen"), rangemode="tozero")
    table: dict[str, Column] = {"rows": found.sizes.tolist(), "G test": _finite(found.unseen_g),
                                "direct": _finite(found.unseen_direct)}
    return Chart(figure, table, f"Highest ratio that goes unseen against sample size; the honest ratio is "
                 f"{number(honest)}, the sample's {number(observed)}.", UNSEEN, "unseen-ratio")


def trial_table(found: Detection) -> Mapping[str, Column]:
    """Return every test as columns: what it decides, statistic, p-value, what it sees and what it cannot."""
    tests = [(TESTS[key], outcome) for key, outcome in found.tests.items()]
    return {
        "test": [test.name for test, _ in tests],
        "role": [PARTS[test.part] for test, _ in tests],
        "statistic": [outcome.statistic for _, outcome in tests],
        "p-value": [outcome.p_value for _, outcome in tests],
        "sees": [f"not run: {plain(outcome.reason, 120)}" if outcome.reason else test.sees for test, outcome in tests],
        "cannot see": [test.misses for test, _ in tests],
    }


def residual_table(found: Detection) -> Mapping[str, Column]:
    """Return every cell's rows, expectation, standardised residual and how much more often it was drawn."""
    places = [(g, y) for g in range(len(found.groups)) for y in (0, 1)]
    cells = found.cells
    return {
        "group": [plain(found.groups[g]) for g, _ in places],
        "decision": ["favourable" if y else "unfavourable" for _, y in places],
        "rows": [int(cells.observed[place]) for place in places],
        "expected": [round(float(cells.expected[place]), 1) for place in places],
        "standardised residual": [_one(cells.residual[place]) for place in places],
        "drawn this much as often": [_one(cells.selection[place]) for place in places],
    }


def row_table(found: Detection) -> Mapping[str, Column]:
    """Return the submitted rows that are out of line, proof first."""
    rows = sorted(found.rows, key=lambda each: (not each.proof, each.p_value or 0.0, each.row))
    return {
        "data row": [each.row for each in rows],
        "kind": ["proof" if each.proof else "suspicion" for each in rows],
        "why": [WORDS[each.evidence] for each in rows],
        "p-value": [each.p_value for each in rows],
    }


def _cell_table(names: Sequence[str], before: Counts, after: Counts, titles: tuple[str, str]) -> dict[str, Column]:
    table: dict[str, Column] = {"group": [plain(name) for name in names]}
    for title, counts in zip(titles, (before, after), strict=True):
        table[f"{title}: share of rows"] = [round(float(v), 6) for v in shares_of(counts).sum(axis=1)]
        table[f"{title}: favourable share"] = _finite(rates(counts))
    return table


def _cell_words(names: Sequence[str], before: Counts, after: Counts, titles: tuple[str, str]) -> str:
    parts = [f"{plain(name, 26)} {100 * b:.1f} % then {100 * a:.1f} %"
             for name, b, a in zip(names, rates(before), rates(after), strict=True)]
    return f"Favourable shares, {titles[0]} then {titles[1]}: " + "; ".join(parts) + "."


def _finite(values: np.ndarray) -> list[float | None]:
    return [_one(value) for value in values]


def _one(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
