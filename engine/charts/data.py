"""What the table holds, before any score: outcomes by group."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.charts.theme import BLUE, GREY, SHOWN, VERMILION, Chart, Column, axis, house, percent
from engine.intervals import quantile, wilson
from engine.text import markup, plain
from engine.types import UNKNOWN, Dataset, Floats

READING = (
    "Each bar is one group: rows with a positive outcome, other rows and rows whose outcome is unknown. Small groups "
    "give wide intervals later, and groups whose shares of positive outcomes differ cannot have equal error rates and "
    "equal precision at once, unless the score is perfect."
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
    counts = _counts(dataset, column.codes, len(column.levels))
    order = np.argsort(-counts.sum(axis=1), kind="stable")
    drawn = order[:SHOWN]
    figure = go.Figure()
    labels = [markup(plain(column.levels[g], 26)) for g in drawn]
    parts = (("positive outcome", BLUE, ""), ("not positive", VERMILION, "/"), ("outcome unknown", GREY, "x"))
    for slot, (name, colour, pattern) in enumerate(parts):
        if counts[:, slot].any():
            figure.add_bar(
                y=list(range(len(drawn))), x=counts[drawn, slot], orientation="h", name=name,
                marker={"color": colour, "line": {"width": 0}, "pattern": {"shape": pattern, "fgopacity": 0.35}},
                customdata=[_share(counts[g], slot) for g in drawn],
                hovertemplate="%{x:,.0f} rows, %{customdata}<extra>" + name + "</extra>",
            )
    house(figure, 86 + 26 * len(drawn), barmode="stack", bargap=0.35, showlegend=True,
          margin={"l": 8, "r": 8, "t": 28, "b": 8})
    figure.update_xaxes(**axis("rows"))
    figure.update_yaxes(**axis(""), tickvals=list(range(len(drawn))), ticktext=labels, autorange="reversed",
                        showgrid=False)
    return Chart(figure, _table(column.levels, counts, order), _alt(column.levels, counts, order), READING,
                 "outcome-by-group")


def _counts(dataset: Dataset, codes: np.ndarray, groups: int) -> Floats:
    """Return (G, 3) rows: positive, not positive, unknown."""
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
