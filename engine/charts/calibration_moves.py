"""What recalibration costs: arrows from the score as it is to each recalibrated one, calibration against decisions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from engine.calibration.maps import METHODS
from engine.calibration.moves import Move, Place
from engine.calibration.recalibrate import CHOSEN
from engine.charts.theme import BLUE, GREY, VERMILION, Chart, Column, axis, house, number
from engine.metrics import DISPARITIES
from engine.text import plain

ERRORS = {"drift": "ECCE-R of the worst group, in units of chance", "ece2": "two-bin error of the worst group"}
LEAST = 0.02        # the shortest axis of gaps: less would magnify differences of no weight
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "pentagon", "star", "hexagon")
READING = (
    "The cross is the score as it is; each arrow leads to a recalibrated one, blue where all groups share a map, red "
    "where each has its own; faint marks are other seeds. An arrow to the left mends calibration, an arrow upwards "
    "widens the gap between groups at the thresholds in force: both at once is the usual price of a map per group."
)


def named(move: Move) -> str:
    """Return a recalibration in words: method, and whose map."""
    method = move.request.method
    what = "best of fold" if method == CHOSEN else METHODS[method].name
    return f"{what}, {'per group' if move.request.per_group else 'pooled'}"


def moves(found: Sequence[Move], error: str, gap: str) -> Chart:
    """Draw recalibrations on the trade-off.

    Parameters
    ----------
    found
        All of the same score, grouping and thresholds.
    error
        A key of `ERRORS`, across.
    gap
        A disparity, up: "engine.calibration.effects.GAPS".
    """
    figure = go.Figure()
    before = next((move.before for move in found if move.before is not None), None)
    methods = list(dict.fromkeys(move.request.method for move in found))
    for move in found:
        colour = VERMILION if move.request.per_group else BLUE
        symbol = SYMBOLS[methods.index(move.request.method) % len(SYMBOLS)]
        points = [_point(place, error, gap) for place in move.after]
        if before is not None:
            _arrow(figure, _point(before, error, gap), points[0], colour)
        figure.add_scatter(x=[x for x, _ in points[1:]], y=[y for _, y in points[1:]], mode="markers", opacity=0.35,
                           marker={"symbol": symbol, "size": 6, "color": colour}, hoverinfo="skip", showlegend=False,
                           name=f"{named(move)}, other seeds")
        figure.add_scatter(x=[points[0][0]], y=[points[0][1]], mode="markers", name=named(move), showlegend=False,
                           marker={"symbol": symbol, "size": 11, "color": colour},
                           hovertemplate=_hover(named(move), move.after[0], error, gap))
    if before is not None:
        x, y = _point(before, error, gap)
        figure.add_scatter(x=[x], y=[y], mode="markers", name="as it is",
                           hovertemplate=_hover("as it is", before, error, gap),
                           marker={"symbol": "x-thin", "size": 13, "line": {"color": GREY, "width": 3}})
    _legend(figure, found, methods)
    house(figure, 420, showlegend=True, hovermode="closest", margin={"l": 8, "r": 8, "t": 72, "b": 8})
    figure.update_xaxes(**axis(f"{ERRORS[error]} (0: calibrated)"), rangemode="tozero")
    figure.update_yaxes(**axis(f"{DISPARITIES[gap].name} (0: equal)"), tickformat=".3~f", nticks=7,
                        range=_reach([place.gaps[gap] for move in found for place in (*_before(move), *move.after)]))
    return Chart(figure, _table(found, before), _alt(found, before, error, gap), READING, "recalibration")


def _before(move: Move) -> tuple[Place, ...]:
    return () if move.before is None else (move.before,)


def _reach(gaps: Sequence[float]) -> list[float]:
    """Return the ends of the axis of gaps: every mark and 0 with some room, and never a range of thousandths.

    >>> _reach([0.005, 0.1, float("nan")]), _reach([])
    ([-0.008, 0.108], [-0.0016, 0.0216])
    """
    known = [gap for gap in gaps if np.isfinite(gap)]
    low, high = min([0.0, *known]), max([0.0, *known])
    high = max(high, low + LEAST)
    room = 0.08 * (high - low)
    return [round(low - room, 9), round(high + room, 9)]


def _legend(figure: go.Figure, found: Sequence[Move], methods: Sequence[str]) -> None:
    """Name each form once and each colour once: a line per arrow would bury the picture on a phone."""
    whose = [(False, "one map for everybody", BLUE), (True, "a map per group", VERMILION)]
    for per_group, name, colour in whose:
        if any(move.request.per_group is per_group for move in found):
            figure.add_scatter(x=[None], y=[None], mode="lines", name=name, line={"color": colour, "width": 3})
    for place, method in enumerate(methods):
        name = "best of fold" if method == CHOSEN else METHODS[method].name
        figure.add_scatter(x=[None], y=[None], mode="markers", name=name,
                           marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 9, "color": GREY})


def _point(place: Place, error: str, gap: str) -> tuple[float, float]:
    return (place.ece2 if error == "ece2" else place.drift), place.gaps[gap]


def _arrow(figure: go.Figure, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    if not np.isfinite([*start, *end]).all():
        return
    figure.add_annotation(x=end[0], y=end[1], ax=start[0], ay=start[1], xref="x", yref="y", axref="x", ayref="y",
                          text="", showarrow=True, arrowhead=2, arrowsize=1, arrowwidth=1.4, arrowcolor=colour,
                          standoff=7, startstandoff=6, opacity=0.75)


def _hover(name: str, place: Place, error: str, gap: str) -> str:
    x, y = _point(place, error, gap)
    return (f"<b>{name}</b><br>{ERRORS[error]} {number(x)}<br>{DISPARITIES[gap].name} {number(y)}"
            "<extra></extra>")


def _table(found: Sequence[Move], before: Place | None) -> dict[str, Column]:
    rows: list[tuple[str, Place, float]] = []
    if before is not None:
        rows.append(("as it is", before, found[0].loss[0]))
    rows += [(f"{named(move)}, seed {move.request.seed + r}", place, move.loss[1] if not r else float("nan"))
             for move in found for r, place in enumerate(move.after)]
    gaps = list(rows[0][1].gaps) if rows else []
    return {
        "score": [name for name, _, _ in rows],
        "largest two-bin error": [_finite(place.ece2) for _, place, _ in rows],
        "of group": [plain(place.ece2_group or "") for _, place, _ in rows],
        "largest ECCE-R / σ": [_finite(place.drift) for _, place, _ in rows],
        "of group ": [plain(place.drift_group or "") for _, place, _ in rows],
        **{DISPARITIES[gap].name: [_finite(place.gaps[gap]) for _, place, _ in rows] for gap in gaps},
        "log loss out of fold": [_finite(loss) for _, _, loss in rows],
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _alt(found: Sequence[Move], before: Place | None, error: str, gap: str) -> str:
    places = [*([("as it is", before)] if before is not None else []), *((named(m), m.after[0]) for m in found)]
    parts = []
    for name, place in places:
        x, y = _point(place, error, gap)
        parts.append(f"{name} {number(x)} and {number(y)}")
    return f"{ERRORS[error].capitalize()} against {DISPARITIES[gap].name}: " + "; ".join(parts) + "."
