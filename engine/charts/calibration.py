"""The signature picture of calibration: too high or too low across, over- or under-confident up, a mark per group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.calibration.results import GroupCalibration
from engine.charts.theme import BLUE, CLEAR, GREY, RULE, SHOWN, Chart, Column, axis, badge, house, number
from engine.text import markup, plain
from engine.types import Estimate, Estimates, Floats

TOLERANCE = 0.01                 # half a diagonal of the diamond; a convention, not a test
FEWEST = 10                      # rows under which a group is not drawn
SMALL = 30                       # rows under which a group is grey
SIZES = (9.0, 30.0)              # diameters of the smallest and the largest mark
STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
FRAMES = 3                       # lines of equal two-bin error drawn
LONGEST = 1.35                   # times the furthest mark; longer bars leave the picture
NOMINAL = 460.0                  # pixels of the shorter side that labels are laid out for
AWAY = (17.0, 32.0, 50.0)        # pixels across and up from a mark to its number: beside it, or with a line to it
ROOM = 14.0                      # pixels between a number and the nearest other mark or number
CORNERS = (                      # where the error lies on one side of the cut alone: across, up, words
    (1, 1, "scores above<br>the cut too low"), (0, 1, "scores below<br>the cut too high"),
    (0, 0, "scores above<br>the cut too high"), (1, 0, "scores below<br>the cut too low"),
)
READING = (
    "Each mark is a group, larger with more rows; left of the middle its scores are too high on average, below the "
    "middle they are too sure on both sides of the cut; bars are intervals, dotted frames join equal two-bin error, "
    "and the small diamond is a convention of ±0.01, not a test. Look for marks whose bars stay clear of the middle "
    "and of one another, and remember that a mark in the middle can hide errors that cancel, which the curves below "
    "show; of many groups the twelve that differ most beyond chance have numbers and bars, and the others say theirs "
    "when pointed at and in the table."
)


def quadrant(groups: Sequence[GroupCalibration], cut: str, least: int = SMALL) -> Chart:
    """Draw every group by calibration-in-the-large and Balance, both with intervals.

    Parameters
    ----------
    groups
        Marks carry the groups' numbers, counted from 1; groups under `FEWEST` rows are left to the table.
    cut
        The cut of Balance in words, for the axis.
    least
        Rows under which a group is drawn open and grey.
    """
    names, rows = [group.name for group in groups], np.array([float(group.n) for group in groups])
    large = _together([group.calibration_in_the_large for group in groups])
    balance = _together([group.balance for group in groups])
    drawn = [g for g in range(len(groups)) if rows[g] >= FEWEST]
    figure = go.Figure()
    reach = _reach(large, balance, drawn, rows, least)
    _frames(figure, reach, [(float(large.value[g]), float(balance.value[g])) for g in drawn])
    told = [g for g in by_surprise(groups, least) if g in drawn][:SHOWN]
    for small, told_of in ((True, False), (False, False), (True, True), (False, True)):
        chosen = [g for g in drawn if bool(rows[g] < least) is small and (g in told) is told_of]
        _marks(figure, chosen, names, rows, large, balance, small, told_of)
    _numbers(figure, told, drawn, large, balance, reach)
    _corners(figure)
    house(figure, 470, showlegend=False, margin={"l": 8, "r": 8, "t": 24, "b": 8}, hovermode="closest")
    # ranges are fixed and not tied to each other: tied, they widen with every change of the window and stay wide
    alike = {"range": [-reach, reach], "tickformat": "+.3~f", "showgrid": False}
    figure.update_xaxes(**axis("calibration-in-the-large<br>← scores too high     scores too low →"), **alike)
    figure.update_yaxes(**axis(f"← over-confident     Balance (cut {cut})     under-confident →"), **alike)
    for across in (figure.add_vline, figure.add_hline):
        across(0, line={"color": GREY, "width": 1})
    return Chart(figure, _table(names, rows, large, balance), _alt(names, drawn, large, balance), READING,
                 "calibration-quadrant")


def _together(found: Sequence[Estimate]) -> Estimates:
    value, low, high, n = (np.array([float(getattr(each, part)) for each in found])
                           for part in ("value", "low", "high", "n"))
    return Estimates(value, low, high, n, tuple(each.reason for each in found))


def _reach(large: Estimates, balance: Estimates, drawn: Sequence[int], rows: Floats, least: int) -> float:
    """Return how far the picture goes: every mark, and intervals as long as they do not press the marks together."""
    sure = [g for g in drawn if rows[g] >= least]
    marks = max([0.02, *(1.35 * abs(float(part.value[g])) for part in (large, balance) for g in drawn)])
    ends = [abs(float(end[g])) for part in (large, balance) for end in (part.low, part.high) for g in sure
            if np.isfinite(end[g])]
    return 1.05 * max(marks, min(1.04 * max(ends, default=0.0), LONGEST * marks))


def _frames(figure: go.Figure, reach: float, marks: Sequence[tuple[float, float]]) -> None:
    """Draw lines of equal two-bin error, which are frames, and the tolerance diamond; words keep off the marks."""
    fitting = [step for step in STEPS if step < 0.85 * reach and step > 0.12 * reach][-FRAMES:]
    for step in fitting:
        figure.add_shape(type="rect", x0=-step, x1=step, y0=-step, y1=step, layer="below",
                         line={"color": RULE, "width": 1.2, "dash": "dot"})
        right, top = _free_corner(step, reach, marks)
        figure.add_annotation(x=step if right else -step, y=step if top else -step, text=f"{step:g}", showarrow=False,
                              xanchor="right" if right else "left", yanchor="top" if top else "bottom",
                              font={"size": 10, "color": GREY})
    x = [TOLERANCE, 0, -TOLERANCE, 0, TOLERANCE]
    figure.add_scatter(x=x, y=[0, TOLERANCE, 0, -TOLERANCE, 0], mode="lines", fill="toself", hoverinfo="text",
                       fillcolor="rgba(128,128,128,0.35)", line={"color": GREY, "width": 1}, name="convention",
                       text="convention: within ±0.01; not a test")


def _free_corner(step: float, reach: float, marks: Sequence[tuple[float, float]]) -> tuple[bool, bool]:
    """Return in which corner of a frame its words stand: at the lower right, or where marks are furthest away."""
    unit = NOMINAL / (2 * reach)
    taken = [(x * unit, y * unit) for x, y in marks]

    def free(corner: tuple[bool, bool]) -> float:
        across, up = (1 if side else -1 for side in corner)
        inside = np.array([across * (step * unit - 12), up * (step * unit - 7)])   # the middle of the words
        return room(inside, (0.0, 0.0), taken)

    corners = ((True, False), (False, False), (True, True), (False, True))
    return corners[0] if free(corners[0]) >= 2 * ROOM else max(corners, key=free)


def _marks(
    figure: go.Figure, chosen: Sequence[int], names: Sequence[str], rows: Floats, large: Estimates,
    balance: Estimates, small: bool, told: bool,
) -> None:
    """Draw marks; those that are told of with their intervals, which others have in words and in the table."""
    if not chosen:
        return
    bars = {"error_x": _bars(large, chosen, GREY if small else BLUE),
            "error_y": _bars(balance, chosen, GREY if small else BLUE)} if told else {}
    colour = GREY if small else BLUE
    biggest = float(np.sqrt(rows.max()))
    size = [SIZES[0] + (SIZES[1] - SIZES[0]) * float(np.sqrt(rows[g])) / biggest for g in chosen]
    figure.add_scatter(
        x=large.value[chosen], y=balance.value[chosen], mode="markers",
        name=("few rows" if small else "groups") + ("" if told else ", others"), opacity=1 if told else 0.6,
        marker={"size": size, "color": CLEAR if small else _faint(colour), "symbol": "circle",
                "line": {"color": colour, "width": 1.6}},
        **bars, text=[_hover(names[g], rows[g], g, large, balance) for g in chosen],
        hovertemplate="%{text}<extra></extra>", cliponaxis=True,
    )


def _bars(found: Estimates, chosen: Sequence[int], colour: str) -> dict[str, object]:
    value, low, high = (np.asarray(part)[list(chosen)] for part in (found.value, found.low, found.high))
    return {"type": "data", "symmetric": False, "array": np.nan_to_num(high - value), "color": colour,
            "arrayminus": np.nan_to_num(value - low), "thickness": 1.2, "width": 0}


def by_surprise(groups: Sequence[GroupCalibration], least: int = SMALL) -> list[int]:
    """Return the groups whose mean outcome and score differ most beyond chance first; those under `least` rows last."""
    scaled = np.abs([group.calibration_in_the_large_null.scaled for group in groups])
    small = np.array([group.n < least for group in groups])
    return [int(g) for g in np.lexsort((-np.nan_to_num(scaled), small))]


def _numbers(
    figure: go.Figure, order: Sequence[int], drawn: Sequence[int], large: Estimates, balance: Estimates, reach: float
) -> None:
    """Write groups' numbers beside their marks, or a little away with a line to them, where there is room.

    Those first in order choose first. A number that would stand on another or on a mark is left out.
    """
    unit = NOMINAL / (2 * reach)
    spots = {g: np.array([large.value[g] * unit, balance.value[g] * unit]) for g in drawn}
    taken = [tuple(spot) for spot in spots.values()]
    for g in order:
        for across, up in (free_side(spots[g], taken, away) for away in AWAY):
            if room(spots[g], (across, up), taken) >= ROOM:
                taken.append((spots[g][0] + across, spots[g][1] + up))
                _number(figure, g, (float(large.value[g]), float(balance.value[g])), across, up)
                break


def _number(figure: go.Figure, g: int, at: tuple[float, float], across: float, up: float) -> None:
    line = {"showarrow": False, "xshift": across, "yshift": up} if abs(across) == AWAY[0] else {
        "showarrow": True, "ax": across, "ay": -up, "arrowhead": 0, "arrowwidth": 1, "arrowcolor": GREY, "standoff": 4}
    figure.add_annotation(x=at[0], y=at[1], text=f"<b>{badge(g)}</b>", font={"size": 13}, **line)


def free_side(spot: Floats, taken: Sequence[tuple[float, ...]], away: float = AWAY[0]) -> tuple[float, float]:
    """Return the shift, in pixels, that keeps a number furthest from what already stands there.

    Diagonal sides only: the others are where the interval bars run.

    >>> free_side(np.array([0.0, 0.0]), [(0.0, 0.0), (14.0, 14.0)])
    (-17.0, -17.0)
    """
    sides = ((away, away), (-away, away), (away, -away), (-away, -away))
    return max(sides, key=lambda side: room(spot, side, taken))


def room(spot: Floats, side: tuple[float, float], taken: Sequence[tuple[float, ...]]) -> float:
    """Return how far, in pixels, a number beside a mark is from the nearest other mark or number.

    Pixels across count three quarters: a number of two digits is wider than it is tall.

    >>> room(np.array([0.0, 0.0]), (17.0, 17.0), [(0.0, 0.0), (13.0, 13.0)])
    5.0
    """
    others = np.array([other for other in taken if tuple(spot) != other]).reshape(-1, 2)
    if not len(others):
        return float("inf")
    across, up = (others - (spot + np.array(side))).T
    return float(np.hypot(0.75 * across, up).min())


def _corners(figure: go.Figure) -> None:
    """Say in each corner on which side of the cut the error lies there."""
    for x, y, words in CORNERS:
        figure.add_annotation(xref="x domain", yref="y domain", x=x, y=y, xanchor="right" if x else "left",
                              yanchor="top" if y else "bottom", align="right" if x else "left", text=words,
                              showarrow=False, font={"size": 11})


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i:i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"


def _hover(name: str, rows: float, g: int, large: Estimates, balance: Estimates) -> str:
    lines = [f"<b>{badge(g)}</b> {markup(plain(name, 40))}, {rows:,.0f} rows"]
    for word, found in (("in the large", large), ("Balance", balance)):
        lines.append(f"{word} {signed(float(found.value[g]))} ({signed(float(found.low[g]))} to "
                     f"{signed(float(found.high[g]))})")
    return "<br>".join(lines)


def signed(value: float, digits: int = 3) -> str:
    """Return a number with its sign, a real minus, or that it is not estimable.

    >>> signed(-0.0634), signed(0.0), signed(float("nan"))
    ('−0.063', '+0.000', 'not estimable')
    """
    return number(value) if value != value else f"{value:+.{digits}f}".replace("-", "−")


def _table(names: Sequence[str], rows: Floats, large: Estimates, balance: Estimates) -> dict[str, Column]:
    table: dict[str, Column] = {"group": [plain(name) for name in names],
                                "number": [g + 1 for g in range(len(names))], "rows": [float(n) for n in rows]}
    for word, found in (("calibration-in-the-large", large), ("Balance", balance)):
        for end, part in (("", found.value), (", low", found.low), (", high", found.high)):
            table[word + end] = [float(value) if np.isfinite(value) else None for value in part]
    table["note"] = [plain(large.reasons[g] or balance.reasons[g] or "", 200) for g in range(len(names))]
    return table


def _alt(names: Sequence[str], drawn: Sequence[int], large: Estimates, balance: Estimates) -> str:
    parts = [f"{plain(names[g], 26)} {signed(float(large.value[g]))} and {signed(float(balance.value[g]))}"
             for g in drawn]
    return ("Groups by calibration-in-the-large (negative: scores too high) and Balance (negative: over-confident): "
            + "; ".join(parts) + ".")
