"""What the table holds, before any score: outcomes by group, yes/no or numeric."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.assessment.means import GroupMeans
from engine.charts.theme import BLUE, GREY, SHOWN, VERMILION, Chart, Column, axis, hatch, house, percent
from engine.counting.counts import NEGATIVE, NO_LABEL, POSITIVE
from engine.counting.table import CountTable
from engine.intervals import quantile, wilson
from engine.text import markup, plain
from engine.types import UNKNOWN, Dataset, Estimate, Estimates, Floats

READING = (
    "Each bar is one group: rows with a positive outcome, other rows and rows whose outcome is unknown. Small groups "
    "give wide intervals later, and groups whose shares of positive outcomes differ cannot have equal error rates and "
    "equal precision at once, unless the score is perfect."
)

MEANS = (
    "Each dot is a group's {what}, the line its {level:g} % interval (Student's t), the dotted line everybody. "
    "Intervals of a skewed outcome in a small group are too short: look at the rows beside each number before two dots "
    "are told apart."
)


def outcome_by_group(dataset: Dataset, attribute: str) -> Chart:
    """Draw how many rows of each group have a positive outcome, another one, or none.

    Parameters
    ----------
    dataset
        Weights are not used: the chart counts rows.
    attribute
        Column name of a protected attribute; its largest `theme.SHOWN` groups are drawn, the table has all.

    Raises
    ------
    KeyError
        Where the data has no such attribute.
    """
    column = dataset.attribute(attribute)
    counts = _counts(dataset, attribute)
    order = np.argsort(-counts.sum(axis=1), kind="stable")
    drawn = order[:SHOWN]
    figure = go.Figure()
    labels = [markup(plain(column.levels[g], 26)) for g in drawn]
    parts = (("positive outcome", BLUE, ""), ("not positive", VERMILION, "/"), ("outcome unknown", GREY, "x"))
    for slot, (name, colour, pattern) in enumerate(parts):
        if counts[:, slot].any():
            figure.add_bar(
                y=list(range(len(drawn))), x=counts[drawn, slot], orientation="h", name=name,
                marker={"color": colour, "line": {"width": 0}, "pattern": hatch(pattern)},
                customdata=[_share(counts[g], slot) for g in drawn],
                hovertemplate="%{x:,.0f} rows, %{customdata}<extra>" + name + "</extra>",
            )
    house(figure, 86 + 26 * len(drawn), barmode="stack", bargap=0.35, showlegend=True,
          margin={"l": 8, "r": 8, "t": 28, "b": 8})
    figure.update_layout(legend_traceorder="normal")   # as the bars stand: Plotly turns a stack's around
    figure.update_xaxes(**axis("rows"))
    figure.update_yaxes(**axis(""), tickvals=list(range(len(drawn))), ticktext=labels, autorange="reversed",
                        showgrid=False)
    return Chart(figure, _table(column.levels, counts, order), _alt(column.levels, counts, order), READING,
                 "outcome-by-group")


def _counts(dataset: Dataset, attribute: str) -> Floats:
    """Return (G, 3) rows: positive, not positive, unknown."""
    if dataset.counts is not None:
        cells: Floats = CountTable.build(dataset, (attribute,)).counts.sum(axis=1).astype(np.float64)
        return cells[:, [POSITIVE, NEGATIVE, NO_LABEL]]
    codes, groups = dataset.attribute(attribute).codes, len(dataset.attribute(attribute).levels)
    label = np.full(len(codes), UNKNOWN) if dataset.label is None else dataset.label
    slot = np.select([label == 1, label == 0], [0, 1], 2)
    return np.bincount(codes.astype(np.int64) * 3 + slot, minlength=3 * groups).reshape(groups, 3).astype(np.float64)


def _share(row: Floats, slot: int) -> str:
    return percent(float(row[slot] / row.sum())) if row.sum() else "no rows"


def _table(levels: tuple[str, ...], counts: Floats, order: np.ndarray) -> dict[str, Column]:
    known = counts[:, 0] + counts[:, 1]
    rate = np.divide(counts[:, 0], known, out=np.full(len(known), np.nan), where=known > 0)
    low, high = wilson(rate, known, quantile(0.95))
    return {
        "group": [plain(levels[g]) for g in order],
        "rows": [float(counts[g].sum()) for g in order],
        "positive outcome": [float(counts[g, 0]) for g in order],
        "base rate": [None if np.isnan(rate[g]) else float(rate[g]) for g in order],
        "95 % from": [None if np.isnan(rate[g]) else float(low[g]) for g in order],
        "95 % to": [None if np.isnan(rate[g]) else float(high[g]) for g in order],
        "outcome unknown": [float(counts[g, 2]) for g in order],
    }


def _alt(levels: tuple[str, ...], counts: Floats, order: np.ndarray) -> str:
    parts = [f"{plain(levels[g], 26)}: {counts[g, 0]:,.0f} of {counts[g, :2].sum():,.0f} rows" for g in order[:SHOWN]]
    return "Rows with a positive outcome by group. " + "; ".join(parts) + "."


def target_by_group(found: GroupMeans) -> Chart:
    """Draw the mean of a numeric outcome in each group, or what falls on a unit of exposure, with its interval.

    The largest `theme.SHOWN` groups are drawn, the table has all.
    """
    shown, everybody = found.mean, found.everybody
    what = f"mean of {plain(found.target)}"
    if found.rate is not None and found.rate_of_everybody is not None:
        shown, everybody, what = found.rate, found.rate_of_everybody, f"{plain(found.target)} per unit of exposure"
    order = np.argsort(-shown.n, kind="stable")
    drawn = [int(g) for g in order[:SHOWN] if not np.isnan(shown.value[g])]
    figure = go.Figure()
    value = shown.value[drawn]
    figure.add_scatter(
        x=value, y=list(range(len(drawn))), mode="markers", marker={"color": BLUE, "size": 8}, name="groups",
        error_x={"type": "data", "symmetric": False, "array": np.nan_to_num(shown.high[drawn] - value),
                 "arrayminus": np.nan_to_num(value - shown.low[drawn]), "thickness": 1.5, "width": 0, "color": BLUE},
        text=[f"{markup(plain(found.names[g]))}<br>{_words(shown[g])}" for g in drawn],
        hovertemplate="%{text}<extra></extra>",
    )
    if not np.isnan(everybody.value):
        figure.add_vline(x=everybody.value, line={"color": GREY, "width": 1.5, "dash": "dot"})
    house(figure, 86 + 26 * len(drawn))
    figure.update_xaxes(**axis(markup(what)))
    labels = [markup(plain(found.names[g], 26)) for g in drawn]
    figure.update_yaxes(**axis(""), tickvals=list(range(len(drawn))), ticktext=labels, showgrid=False,
                        range=[len(drawn) - 0.4, -0.6])
    parts = [f"{plain(found.names[g], 26)}: {_words(shown[g])}" for g in drawn]
    alt = f"{what[0].upper()}{what[1:]} by group. " + "; ".join([*parts, f"everybody: {_words(everybody)}"]) + "."
    return Chart(figure, _means(found, order), alt, MEANS.format(what=what, level=100 * found.level), "means-by-group")


def _words(found: Estimate) -> str:
    if np.isnan(found.value):
        return found.reason or "not estimable"
    ends = found.reason if np.isnan(found.low) else f"{found.low:.4g} to {found.high:.4g}"
    return f"{found.value:.4g} ({ends}) of {found.n:,.0f} rows"


def _means(found: GroupMeans, order: np.ndarray) -> dict[str, Column]:
    """Return every group's numbers, everybody last."""
    table: dict[str, Column] = {
        "group": [*(plain(found.names[g]) for g in order), "everybody"],
        "rows": [*(float(found.mean.n[g]) for g in order), float(found.everybody.n)],
        "total": [*(float(found.total[g]) for g in order), float(found.total.sum())],
        **_columns("mean", found.mean, found.everybody, order, found.level),
    }
    if found.exposure is not None and found.rate is not None and found.rate_of_everybody is not None:
        table["exposure"] = [*(float(found.exposure[g]) for g in order), float(found.exposure.sum())]
        table |= _columns("per exposure", found.rate, found.rate_of_everybody, order, found.level)
    table["note"] = [*(found.mean.reasons[g] or "" for g in order), found.everybody.reason or ""]
    return table


def _columns(
    name: str, groups: Estimates, everybody: Estimate, order: np.ndarray, level: float
) -> dict[str, list[float | None]]:
    titles = (name, f"{name}, {100 * level:g} % from", f"{name}, {100 * level:g} % to")
    parts = ((groups.value, everybody.value), (groups.low, everybody.low), (groups.high, everybody.high))
    return {title: [None if np.isnan(number) else float(number) for number in [*column[order], last]]
            for title, (column, last) in zip(titles, parts, strict=True)}
