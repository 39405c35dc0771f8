"""The cells of an intersection: a heat map of two attributes, else a sorted list; every cell with its interval."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.charts.heat_map import SCALE
from engine.charts.intersections_words import finite, value
from engine.charts.theme import BLUE, CLEAR, GREY, RULE, SHOWN, Chart, Column, axis, badge, house
from engine.dependence.diagnosis import Compared
from engine.text import markup, plain
from engine.types import Floats

MOST_LEVELS = (24, 10)   # rows and columns of a heat map that can still be read
ROOMY = 4                # columns up to which a cell has room for its interval
HEAT = (
    "Each field is a combination of two groups: its number, its interval and the persons behind it; darker is higher"
    "{grey}. Look for a field that stands out from both its row and its "
    "column: neither attribute alone shows it."
)
LIST = (
    "Each dot is a combination of groups with its interval, the dashed line is everybody together{grey}. The list "
    "holds the combinations that are most surely different from the rest, then the largest of the others, in the order "
    "of their numbers; the table has all."
)
GREY_FIELDS = ", grey fields have too few persons to be compared"
GREY_DOTS = "; open grey dots have too few persons to be compared, and their wide intervals stand in the table"
WAY_OUT = "choose fewer attributes, or lower the minimum group size in Settings"
WIDE = 34                # characters of an axis title that fit a phone


def cells(found: Compared, what: str, share: bool) -> Chart:
    """Draw the cells: a heat map where they are those of two attributes with few levels, else a sorted list."""
    return heat_map(found, what, share) if _as_fields(found) else sorted_list(found, what, share)


def _as_fields(found: Compared) -> bool:
    """Return whether the cells fit a heat map."""
    sides = sorted(len(levels) for levels in found.cells.levels)
    return len(found.cells.attributes) == 2 and sides[0] <= MOST_LEVELS[1] and sides[1] <= MOST_LEVELS[0]


def shown(found: Compared) -> str:
    """Return which of the cells the chart shows, in a sentence: all of a heat map, at most twelve of a list."""
    drawn = list(range(len(found.cells))) if _as_fields(found) else listed(found)
    grey = len(small(found) & set(drawn))
    words = []
    if len(drawn) < len(found.cells):
        which = "the most surely different" if not grey else "the largest" if grey == len(
            drawn) else "those compared, then the largest"
        words.append(f"{len(drawn)} of {len(found.cells)} combinations shown, {which}; the others are in the table.")
    if grey:
        words.append((f"The {grey} in grey have" if grey > 1 else "The one in grey has")
                     + f" too few persons to be compared: {WAY_OUT}.")
    return " ".join(words)


def small(found: Compared) -> set[int]:
    """Return the cells with too few rows to be compared."""
    left = {name for name, _ in found.left_out}
    return {g for g, name in enumerate(found.cells.names) if name in left}


def heat_map(found: Compared, what: str, share: bool) -> Chart:
    """Draw the cells of two attributes as a field each, the one with fewer levels across.

    Parameters
    ----------
    what
        What the numbers are, plain.
    share
        Whether they are shares.
    """
    grid = _grid(found)
    down, across = grid.order
    figure = go.Figure()
    kept = [g for g in range(len(found.cells)) if g not in small(found)]
    z: Floats = np.full(grid.place.shape, np.nan)
    text = np.full(grid.place.shape, "", dtype=object)
    for g in kept:
        at = grid.at(g)
        z[at], text[at] = found.estimates.value[g], _field(found, g, share, grid.place.shape[1] <= ROOMY)
    hover = np.full(grid.place.shape, "", dtype=object)
    for g in range(len(found.cells)):
        hover[grid.at(g)] = _hover(found, g, share)
    figure.add_heatmap(
        z=z.tolist(), x=list(range(z.shape[1])), y=list(range(z.shape[0])), text=text.tolist(), colorscale=SCALE,
        texttemplate="%{text}", textfont={"size": 11}, customdata=hover.tolist(), xgap=2, ygap=2, showscale=False,
        hovertemplate="%{customdata}<extra></extra>", hoverongaps=False, name=str(markup(what)),
    )
    _too_few(figure, found, grid, z)
    for g in sorted(small(found)):
        at = grid.at(g)
        figure.add_annotation(x=at[1], y=at[0], text=f"n {found.estimates.n[g]:,.0f}", showarrow=False,
                              font={"size": 11, "color": GREY}, hovertext=_hover(found, g, share))
    tall = 58 if grid.place.shape[1] <= ROOMY else 34
    house(figure, 90 + tall * z.shape[0], margin={"l": 8, "r": 8, "t": 8, "b": 8})
    levels = found.cells.levels
    figure.update_xaxes(**axis(str(markup(plain(found.cells.attributes[across], 30)))), showgrid=False,
                        tickvals=list(range(z.shape[1])), ticktext=[_tick(name) for name in levels[across]])
    figure.update_yaxes(**axis(str(markup(plain(found.cells.attributes[down], 30)))), showgrid=False,
                        tickvals=list(range(z.shape[0])), ticktext=[_tick(name) for name in levels[down]],
                        autorange="reversed")
    return Chart(figure, table(found, what), _alt(found, what, share),
                 HEAT.format(grey=GREY_FIELDS if small(found) else ""), "combinations")


def _too_few(figure: go.Figure, found: Compared, grid: _grid, z: Floats) -> None:
    """Fill the fields of cells that are not compared in grey."""
    if small(found):
        grey: Floats = np.full(z.shape, np.nan)
        for g in small(found):
            grey[grid.at(g)] = 0.0
        figure.add_heatmap(z=grey.tolist(), x=list(range(z.shape[1])), y=list(range(z.shape[0])), showscale=False,
                           colorscale=[[0, RULE], [1, RULE]], hoverinfo="skip", xgap=2, ygap=2, name="few persons")


class _grid:
    """Where each cell stands: the attribute with more levels goes down."""

    def __init__(self, found: Compared) -> None:
        sizes = [len(levels) for levels in found.cells.levels]
        self.order = (0, 1) if sizes[0] >= sizes[1] else (1, 0)
        self.place = np.zeros((sizes[self.order[0]], sizes[self.order[1]]))
        self.members = found.cells.members

    def at(self, g: int) -> tuple[int, int]:
        return int(self.members[g, self.order[0]]), int(self.members[g, self.order[1]])


def _tick(name: str) -> str:
    return str(markup(plain(name, 18)))


def _field(found: Compared, g: int, share: bool, roomy: bool) -> str:
    one = found.estimates[g]
    number = f"<b>{value(one.value, share)}</b>"
    if not roomy:
        return number
    ends = f"{value(one.low, share).removesuffix(' %')} to {value(one.high, share)}"
    return f"{number}<br>{ends}<br>n {one.n:,.0f}"


def _hover(found: Compared, g: int, share: bool) -> str:
    one = found.estimates[g]
    words = f"<b>{markup(plain(found.cells.names[g], 60))}</b><br>{one.n:,.0f} persons<br>{value(one.value, share)}"
    if np.isfinite(one.low):
        words += f" ({value(one.low, share)} to {value(one.high, share)})"
    if np.isfinite(found.beyond[g]) and len(found.cells.attributes) > 1:
        words += f"<br>beyond the single attributes {_signed(float(found.beyond[g]), share)}"
    return words + ("<br>too few to be compared" if g in small(found) else "")


def _signed(amount: float, share: bool) -> str:
    return f"{100 * amount:+.1f} points" if share else f"{amount:+.3g}"


def listed(found: Compared) -> list[int]:
    """Return the cells of the list: those most surely different, then the largest while there is room; by number."""
    worst = [contrast.cell for contrast in found.contrasts]
    has = [g for g in range(len(found.cells)) if found.estimates.n[g] > 0 and g not in worst]
    chosen = (worst + sorted(has, key=lambda g: -float(found.estimates.n[g])))[:SHOWN]
    return sorted(chosen, key=lambda g: -float(np.nan_to_num(found.estimates.value[g], nan=-np.inf)))


def sorted_list(found: Compared, what: str, share: bool) -> Chart:
    """Draw cells as dots with intervals, the highest number first."""
    chosen = listed(found)
    figure = go.Figure()
    for grey in (False, True):
        rows = [(place, g) for place, g in enumerate(chosen) if (g in small(found)) is grey]
        _dots(figure, found, rows, grey, share)
    if np.isfinite(found.overall.value):
        figure.add_vline(x=found.overall.value, line={"color": GREY, "width": 1, "dash": "dash"})
        figure.add_annotation(x=found.overall.value, y=1, yref="paper", yanchor="bottom", text="everybody",
                              showarrow=False, font={"size": 11})
    title = textwrap.wrap(plain(what, 60), WIDE)
    house(figure, 64 + 16 * len(title) + 26 * len(chosen), margin={"l": 8, "r": 8, "t": 22, "b": 8})
    figure.update_xaxes(**axis("<br>".join(str(markup(line)) for line in title)), tickformat=".0%" if share else "")
    labels = [f"<b>{badge(g)}</b> {markup(plain(found.cells.names[g], 34))}" for g in chosen]
    figure.update_yaxes(**axis(""), tickvals=list(range(len(chosen))), ticktext=labels, range=[len(chosen) - 0.4, -0.6],
                        showgrid=False)
    reading = LIST.format(grey=GREY_DOTS if small(found) & set(chosen) else "")
    return Chart(figure, table(found, what), _alt(found, what, share), reading, "combinations")


def _dots(
    figure: go.Figure, found: Compared, rows: Sequence[tuple[int, int]], grey: bool, share: bool
) -> None:
    chosen = [g for _, g in rows]
    middle, low, high = (part[chosen] for part in (found.estimates.value, found.estimates.low, found.estimates.high))
    whiskers = None if grey else {   # those of a few persons reach so far that nothing else could be read
        "type": "data", "symmetric": False, "array": np.nan_to_num(high - middle), "thickness": 1.5,
        "arrayminus": np.nan_to_num(middle - low), "width": 0, "color": BLUE}
    figure.add_scatter(
        x=middle, y=[place for place, _ in rows], mode="markers", name="few persons" if grey else "compared",
        marker={"size": 9, "color": CLEAR if grey else BLUE, "line": {"width": 1.5, "color": GREY if grey else BLUE}},
        error_x=whiskers, text=[_hover(found, g, share) for g in chosen], hovertemplate="%{text}<extra></extra>",
    )


def table(found: Compared, what: str) -> dict[str, Column]:
    """Return every cell as columns: its number, and how it differs from all others."""
    against = {contrast.cell: contrast for contrast in found.contrasts}
    order = sorted(range(len(found.cells)), key=lambda g: -float(np.nan_to_num(found.estimates.value[g], nan=-np.inf)))
    ends = [[finite(getattr(against[g].difference, end)) if g in against else None for g in order]
            for end in ("value", "low", "high")]
    grey = small(found)
    return {
        "combination": [plain(found.cells.names[g]) for g in order],
        "persons": [float(found.estimates.n[g]) for g in order],
        plain(what, 60): [finite(found.estimates.value[g]) for g in order],
        "low": [finite(found.estimates.low[g]) for g in order],
        "high": [finite(found.estimates.high[g]) for g in order],
        "minus all others": ends[0], "simultaneous low": ends[1], "simultaneous high": ends[2],
        "Holm p": [finite(against[g].p_value) if g in against else None for g in order],
        "beyond single attributes": [finite(found.beyond[g]) for g in order],
        "note": [plain("; ".join(filter(None, (found.estimates.reasons[g], "too few to be compared" if g in grey
                                               else None))), 160) for g in order],
    }


def _alt(found: Compared, what: str, share: bool) -> str:
    kept = [g for g in listed(found) if g not in small(found)]
    if not kept:
        return f"{plain(what)} by combination: none has enough persons."
    words = [f"{plain(found.cells.names[g], 40)} {value(float(found.estimates.value[g]), share)}"
             for g in (kept[0], kept[-1])]
    return (f"{plain(what)} by {plain(found.cells.name, 60)}, everybody {value(found.overall.value, share)}. Highest "
            f"{words[0]}, lowest {words[1]} among the {len(kept)} combinations listed.")
