"""The flip test: who would gain or lose the favourable decision by recoding, and the largest changes of score."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from engine.charts.drivers import finite, whiskers
from engine.charts.theme import BLUE, SHOWN, VERMILION, Chart, Column, axis, house, percent
from engine.drivers import Flips
from engine.text import markup, plain
from engine.types import Dataset, Estimate

READING = (
    "Each line is a group recoded as another: the circle is the share that would gain the favourable decision, the "
    "square the share that would lose it, each with its exact interval. Look for circles far right of their squares: "
    "there the recorded value alone costs people a decision; shares near 0 do not speak of proxies."
)
LARGEST = 50
SMALL = 30        # rows of a group below which its shares are mostly chance


def small(found: Flips, group: int) -> str:
    """Return the mark that follows the name of a group with few rows; nothing for others."""
    return " (small)" if 0 < found.by_group[group].n < SMALL else ""


def directions(found: Flips) -> Chart:
    """Draw what recoding does to each group; of more than `theme.SHOWN` pairs those with the largest shares."""
    pairs = _pairs(found)
    drawn = sorted(pairs, key=lambda pair: -(pair[2].value + pair[3].value))[:SHOWN]
    figure = go.Figure()
    looks = (([gain for _, _, gain, _ in drawn], "would gain", BLUE, "circle", -0.15),
             ([loss for _, _, _, loss in drawn], "would lose", VERMILION, "square", 0.15))
    for shares, name, colour, symbol, aside in looks:
        figure.add_scatter(
            x=[share.value for share in shares], y=[place + aside for place in range(len(drawn))], mode="markers",
            name=name, cliponaxis=False, marker={"color": colour, "symbol": symbol, "size": 9},
            error_x=whiskers(shares, colour),
            text=[f"{markup(pair[0])} as {markup(pair[1])}: {name} {percent(share.value, 2)}<br>"
                  f"{percent(share.low, 2)} to {percent(share.high, 2)} of {share.n:,.0f} rows"
                  for pair, share in zip(drawn, shares, strict=True)],
            hovertemplate="%{text}<extra></extra>",
        )
    reach = max((share.high for _, _, gain, loss in drawn for share in (gain, loss)), default=1.0)
    labels = [f"{markup(_short(own))} → {markup(plain(other, 20))}" for own, other, _, _ in drawn]
    house(figure, 110 + 32 * len(drawn), showlegend=True, margin={"l": 8, "r": 8, "t": 32, "b": 8})
    figure.update_xaxes(**axis("share of the group's rows"), tickformat=".2~%",
                        range=[-0.02 * reach, 1.04 * reach])
    figure.update_yaxes(**axis(""), tickvals=list(range(len(drawn))), ticktext=labels, showgrid=False,
                        range=[len(drawn) - 0.4, -0.6])
    return Chart(figure, direction_table(found), _alt(found, drawn), READING, "flip-test")


def direction_table(found: Flips) -> dict[str, Column]:
    """Return every recoding as columns: shares of the group's rows that would gain and lose, with exact intervals."""
    pairs = _pairs(found)
    return {
        "group": [own for own, _, _, _ in pairs], "recoded as": [other for _, other, _, _ in pairs],
        "rows": [float(gain.n) for _, _, gain, _ in pairs],
        "would gain": [finite(gain.value) for _, _, gain, _ in pairs],
        "low": [finite(gain.low) for _, _, gain, _ in pairs], "high": [finite(gain.high) for _, _, gain, _ in pairs],
        "would lose": [finite(loss.value) for _, _, _, loss in pairs],
        "low ": [finite(loss.low) for _, _, _, loss in pairs],
        "high ": [finite(loss.high) for _, _, _, loss in pairs],
    }


def group_table(found: Flips) -> dict[str, Column]:
    """Return the share of rows that flip, of everybody and by group."""
    rows = [("everybody", found.flipped), *((plain(name) + small(found, g), found.by_group[g])
                                            for g, name in enumerate(found.values))]
    return {
        "group": [name for name, _ in rows], "flip": [finite(share.value) for _, share in rows],
        "low": [finite(share.low) for _, share in rows], "high": [finite(share.high) for _, share in rows],
        "rows": [float(share.n) for _, share in rows], "note": [plain(share.reason or "") for _, share in rows],
    }


def largest_table(dataset: Dataset, found: Flips, count: int = LARGEST) -> dict[str, Column]:
    """Return the rows whose score moves most over the values: position, identifier if any, score under each value."""
    places = [int(place) for place in found.largest(count)]
    rows = [int(found.rows[place]) for place in places]
    named: dict[str, Column] = {"row": [row + 1 for row in rows]}
    if dataset.ids is not None:
        named["identifier"] = [plain(dataset.ids[row]) for row in rows]
    return {
        **named, "group": [plain(found.values[found.own[place]]) for place in places],
        "flips": ["yes" if found.flips[place] else "no" for place in places],
        "largest change": [float(found.gaps[place]) for place in places],
        **{f"score as {plain(value)}": [float(found.scores[place, v]) for place in places]
           for v, value in enumerate(found.values)},
    }


def _short(own: str) -> str:
    """Return a group's name for an axis; the mark of a small one stays."""
    mark = " (small)" if own.endswith(" (small)") else ""
    return plain(own.removesuffix(mark), 20) + mark


def _pairs(found: Flips) -> list[tuple[str, str, Estimate, Estimate]]:
    """Return every group with every other value it could be recoded as; those that can be estimated."""
    pairs = [(plain(own, 40) + small(found, g), plain(other), found.gaining[g][v], found.losing[g][v])
             for g, own in enumerate(found.values) for v, other in enumerate(found.values) if g != v]
    return [pair for pair in pairs if not math.isnan(pair[2].value)]


def _alt(found: Flips, drawn: list[tuple[str, str, Estimate, Estimate]]) -> str:
    parts = [f"{own} as {other}: {percent(gain.value, 2)} would gain, {percent(loss.value, 2)} would lose"
             for own, other, gain, loss in drawn[:6]]
    flip = percent(found.flipped.value, 2)
    return f"Flip test on {found.flipped.n:,.0f} rows: {flip} flip. " + "; ".join(parts) + "."
