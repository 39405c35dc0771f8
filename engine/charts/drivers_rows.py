"""Behind a bar: a swarm of rows' contributions per group, and one feature's contribution by its value and group."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from engine.charts.drivers import finite, whiskers
from engine.charts.theme import BLUE, GREY, MARKS, VERMILION, Chart, Column, axis, house
from engine.drivers import DriversResult
from engine.intervals import quantile
from engine.text import markup, plain
from engine.types import Estimate, Feature, Floats, Ints

FEATURES = 6      # in a swarm
LEVELS = 12       # of a category
BINS = 10         # of a number
LANE = 0.36       # half of the height of a lane
SWARM = (
    "Each dot is one row of a drawn sample: how far right it lies is what the feature added to its score; blue dots "
    "have low values of the feature, orange ones high values, grey ones are categories. Compare the two lanes of a "
    "feature: lanes that lie apart are the bars above."
)
DEPENDENCE = (
    "Mean contribution of rows with about this value, by group, with its interval: circles for the first group, "
    "squares for the second. Where both follow one line, the groups differ in their values alone; where they part, the "
    "model treats equal values differently, or other features go along."
)


def swarm(result: DriversResult, features: int = FEATURES) -> Chart:
    """Draw a sample of rows' contributions to the largest features, one lane per group; `theme.MARKS` dots at most.

    Dots carry their contribution and the tenth that the feature's value falls into, not the value; the table has
    quantiles.
    """
    order = [int(k) for k in result.found.order[:features]]
    names = [plain(name, 20) for name in result.request.groups]
    most = _most(len(order))
    figure, columns = go.Figure(), _quantile_table(result, names)
    first_number = next((k for k in order if not result.features[k].levels), -1)
    for place, k in enumerate(order):
        for side, (symbol, member) in enumerate((("circle", result.in_a), ("square", ~result.in_a))):
            rows = _spread(np.flatnonzero(member), result.explained.phi[:, k], most)
            _lane(figure, result, k, rows, 2.6 * place + side, symbol, names[side],
                  show=k == first_number and side == 0)
    ticks = [2.6 * place + side for place in range(len(order)) for side in (0, 1)]
    labels = [f"<b>{markup(plain(result.found.names[k], 18))}</b>, {markup(name)}" for k in order for name in names]
    house(figure, 110 + 62 * len(order), showlegend=False, hovermode="closest")
    figure.update_xaxes(**axis(f"contribution to the score, {result.explained.units}"))
    figure.update_yaxes(**axis(""), tickvals=ticks, ticktext=labels, showgrid=False,
                        range=[2.6 * len(order) - 1, -0.8])
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    alt = ("Contributions of a sample of rows by feature and group. Median "
           + "; ".join(f"{feature}, {group}: {median:.3g}" for feature, group, median in
                       list(zip(columns["feature"], columns["group"], columns["median"], strict=True))[:8]) + ".")
    return Chart(figure, columns, alt, SWARM, "contributions-by-row")


def per_lane(result: DriversResult, features: int = FEATURES) -> tuple[int, int]:
    """Return how many dots a lane of the first and of the second group has in `swarm`."""
    most = _most(min(features, len(result.found.order)))
    return min(most, int(result.in_a.sum())), min(most, int((~result.in_a).sum()))


def _most(features: int) -> int:
    return MARKS // (2 * max(1, features))


def _lane(
    figure: go.Figure, result: DriversResult, k: int, rows: Ints, at: float, symbol: str, group: str, show: bool
) -> None:
    phi, tenth = np.round(result.explained.phi[rows, k], 4), _tenths(result.features[k], result.explained.rows, rows)
    numeric = not result.features[k].levels
    scale = {"color": np.where(np.isfinite(tenth), tenth, 0), "cmin": 1, "cmax": 10,
             "colorscale": [[0, BLUE], [0.5, GREY], [1, VERMILION]],
             "showscale": show, "colorbar": {"title": {"text": "value"}, "tickvals": [1, 10], "len": 0.5,
                                                         "ticktext": ["low", "high"], "thickness": 8}}
    words = [f"tenth {t:.0f} of 10" if math.isfinite(t) else "" for t in tenth]
    figure.add_scatter(
        x=phi, y=at + _jitter(phi), mode="markers", name=f"{markup(result.found.names[k])}, {markup(group)}",
        marker={"size": 4.5, "symbol": symbol, "opacity": 0.75, "line": {"width": 0.3, "color": GREY},
                **(scale if numeric else {"color": GREY})},
        text=words, hovertemplate=f"{markup(result.found.names[k])}, {markup(group)}: %{{x:.3f}}<br>%{{text}}"
                                  "<extra></extra>",
    )


def _spread(rows: Ints, phi: Floats, most: int) -> Ints:
    """Return at most that many rows, evenly over the order of their contributions, so that the shape stays."""
    ordered = rows[np.argsort(phi[rows], kind="stable")]
    return ordered if len(ordered) <= most else ordered[np.linspace(0, len(ordered) - 1, most).astype(np.int64)]


def _jitter(phi: Floats) -> Floats:
    """Return how far each dot stands off its lane's middle, so that equal contributions are seen as many."""
    if not len(phi):
        return phi
    width = float(np.ptp(phi)) or 1.0
    cell = np.floor((phi - phi.min()) / width * 60).astype(np.int64)
    order = np.argsort(cell, kind="stable")
    sizes = np.bincount(cell)
    rank = np.empty(len(phi))
    rank[order] = np.arange(len(phi)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    side = np.where(rank % 2 == 0, 1, -1) * np.ceil(rank / 2)
    return np.asarray(LANE * side / max(1.0, sizes.max() / 2))


def _tenths(feature: Feature, explained: Ints, rows: Ints) -> Floats:
    """Return the tenth of the explained rows' values that each value falls into, 1 to 10; NaN for a category."""
    if feature.levels:
        return np.full(len(rows), math.nan)
    values = feature.values[explained]
    known = values[np.isfinite(values)]
    edges = np.quantile(known, np.linspace(0.1, 0.9, 9)) if len(known) else np.zeros(9)
    mine = values[rows]
    return np.where(np.isfinite(mine), np.searchsorted(edges, mine, side="left") + 1.0, math.nan)


def _quantile_table(result: DriversResult, names: list[str]) -> dict[str, Column]:
    rows = [(plain(result.found.names[int(k)]), names[side], result.explained.phi[member, int(k)])
            for k in result.found.order for side, member in enumerate((result.in_a, ~result.in_a))]
    shares = {"lowest tenth": 0.1, "lower quarter": 0.25, "median": 0.5, "upper quarter": 0.75, "highest tenth": 0.9}
    return {
        "feature": [name for name, _, _ in rows], "group": [group for _, group, _ in rows],
        **{word: [finite(float(np.quantile(phi, share))) for _, _, phi in rows] for word, share in shares.items()},
        "rows": [float(len(phi)) for _, _, phi in rows],
    }


@dataclass(frozen=True)
class _Bin:
    at: float          # place on the axis
    label: str
    means: tuple[Estimate, Estimate]   # of A, of B


def dependence(result: DriversResult, feature: str) -> Chart:
    """Draw a feature's mean contribution by its value, for A and for B; a number in tenths, a category by level."""
    k = result.found.names.index(feature)
    bins = _bins(result, k)
    a, b = (plain(name, 26) for name in result.request.groups)
    numeric = not result.features[k].levels
    figure = go.Figure()
    looks = ((a, BLUE, "circle", "solid", -0.12), (b, VERMILION, "square", "dash", 0.12))
    for side, (name, colour, symbol, dash, aside) in enumerate(looks):
        seen = [one for one in bins if math.isfinite(one.means[side].value)]
        parts = [one.means[side] for one in seen]
        figure.add_scatter(
            x=[one.at + (0 if numeric else aside) for one in seen], y=[part.value for part in parts], name=markup(name),
            mode="lines+markers" if numeric else "markers", line={"color": colour, "dash": dash, "width": 1.5},
            marker={"color": colour, "symbol": symbol, "size": 8}, error_y=whiskers(parts, colour),
            text=[f"{markup(name)}, {markup(one.label)}<br>{part.value:.3f} ({part.low:.3f} to {part.high:.3f}), "
                  f"{part.n:,.0f} rows" for one, part in zip(seen, parts, strict=True)],
            hovertemplate="%{text}<extra></extra>",
        )
    house(figure, 340, showlegend=True, margin={"l": 8, "r": 8, "t": 32, "b": 8})
    ticks = {} if numeric else {"tickvals": [one.at for one in bins], "tickangle": 0 if len(bins) <= 4 else -40,
                                "ticktext": [str(markup(plain(one.label, 18))) for one in bins]}
    figure.update_xaxes(**axis(str(markup(plain(feature, 40))), **ticks))
    figure.update_yaxes(**axis(f"contribution, {result.explained.units}"))
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    alt = f"Mean contribution of {plain(feature, 40)} by its value, for {a} and {b}, at {len(bins)} values."
    return Chart(figure, _bin_table(bins, (a, b)), alt, DEPENDENCE, "contribution-by-value")


def _bins(result: DriversResult, k: int) -> list[_Bin]:
    feature, values = result.features[k], result.features[k].values[result.explained.rows]
    if feature.levels:
        sizes = np.bincount(values[values >= 0], minlength=len(feature.levels))
        places = np.argsort(-sizes, kind="stable")[:LEVELS]
        masks = [(feature.levels[p], values == p) for p in places if sizes[p]]
        masks += [("missing", values < 0)] if (values < 0).any() else []
        return [_Bin(float(i), label, _means(result, k, mask)) for i, (label, mask) in enumerate(masks)]
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)))
    distinct = np.unique(known)
    place = (np.searchsorted(distinct, values) if len(distinct) <= BINS
             else np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(0, len(edges) - 2)))
    masks = [(f"{values[mask].min():.4g} to {values[mask].max():.4g}", mask) for mask in
             (np.isfinite(values) & (place == p) for p in np.unique(place[np.isfinite(values)]))]
    return [_Bin(float(values[mask].mean()), label, _means(result, k, mask)) for label, mask in masks]


def _means(result: DriversResult, k: int, mask: np.ndarray) -> tuple[Estimate, Estimate]:
    def mean(phi: Floats) -> Estimate:
        if not len(phi):
            return Estimate(math.nan, n=0, reason="no row of the group has this value")
        value = float(phi.mean())
        if len(phi) == 1:
            return Estimate(value, n=1, reason="no interval: one row")
        half = quantile(result.request.level) * float(phi.std(ddof=1)) / math.sqrt(len(phi))
        return Estimate(value, value - half, value + half, len(phi))

    phi = result.explained.phi[:, k]
    return mean(phi[mask & result.in_a]), mean(phi[mask & ~result.in_a])


def _bin_table(bins: list[_Bin], names: tuple[str, str]) -> dict[str, Column]:
    rows = [(one.label, name, part) for one in bins for name, part in zip(names, one.means, strict=True)]
    return {
        "value": [plain(label) for label, _, _ in rows], "group": [name for _, name, _ in rows],
        "mean contribution": [finite(part.value) for _, _, part in rows],
        "low": [finite(part.low) for _, _, part in rows], "high": [finite(part.high) for _, _, part in rows],
        "rows": [float(part.n) for _, _, part in rows], "note": [plain(part.reason or "") for _, _, part in rows],
    }
