"""What a frontier looks like: few enough points to draw, and the policies that a visitor is offered on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.errors import stopped
from engine.frontier import FrontierResult, Point
from engine.frontier.problem import Curve
from engine.policy import PolicyKind
from engine.types import Cancelled, Floats, Ints, Progress

At = Callable[[float, float], Point]   # the policy at a bound, told the share of a frontier that is done

DRAWN = 300          # breakpoints of a line
OFFERED = 24         # points of a line that can be chosen by name
LARGE = 100_000      # rows beyond which a staircase is drawn from the points offered alone
FEW = 12             # of those


@dataclass(frozen=True, eq=False)
class Line:
    """A frontier of one kind of policy as it is drawn.

    Parameters
    ----------
    disparity, utility
        (b,) breakpoints, ascending in disparity, on the rows where the frontier was found.
    points
        Policies on it, by ascending bound.
    straight
        Whether the frontier is straight between breakpoints; else it is a staircase.
    note
        What is exact.
    """

    kind: PolicyKind
    disparity: Floats
    utility: Floats
    points: tuple[Point, ...]
    straight: bool
    note: str


def lines(
    result: FrontierResult, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> dict[PolicyKind, Line]:
    """Return each frontier as at most `DRAWN` breakpoints and `OFFERED` policies; those without any are left out.

    `progress` is told how far it is, `cancelled` asked whether to stop, before each policy.

    Raises
    ------
    InvalidData
        Where it was stopped.
    """
    def look(share: float, words: str) -> None:
        if cancelled is not None and cancelled():
            raise stopped("finding the best trade-offs")
        if progress is not None:
            progress(share, words)

    look(0.0, "how far frontiers reach")
    reach = _reach(result.curves)
    found: dict[PolicyKind, Line] = {}
    for place, (kind, curve) in enumerate(result.curves.items()):
        def at(bound: float, done: float, kind: PolicyKind = kind, place: int = place) -> Point:
            look((place + done) / len(result.curves), f"{kind} thresholds")
            return result.at(kind, bound)

        coarse = kind == "deterministic" and result.rows[0] > LARGE
        line = _coarse(result, kind, reach, at) if coarse else _line(result, kind, curve, at)
        if line is not None:
            found[kind] = line
    return found


def usual_bound(drawn: Mapping[PolicyKind, Line], ideal: float) -> float:
    """Return a bound to begin with: half way between parity and the widest disparity that the best policies have.

    Rounded to two digits; parity itself where there is nothing to trade.
    """
    ends = [line.disparity[-1] if ideal == 0 else line.disparity[0] for line in drawn.values()]
    middle = max((abs(float(end) - ideal) for end in ends), default=0.0) / 2
    if middle <= 0:
        return ideal
    digits = 1 - int(np.floor(np.log10(middle)))
    return float(round(ideal + (middle if ideal == 0 else -middle), max(digits, 0)))


def thinned(values: Floats, most: int) -> Ints:
    """Return at most that many positions of ascending values, both ends included: half evenly by place, half by value.

    >>> thinned(np.array([0.0, 0.01, 0.02, 1.0]), 9)
    array([0, 1, 2, 3])
    """
    count = len(values)
    if count <= most:
        return np.arange(count)
    by_place = np.linspace(0, count - 1, most // 2).astype(np.int64)
    by_value = np.searchsorted(values, np.linspace(values[0], values[-1], most - most // 2))
    return np.union1d(by_place, np.minimum(by_value, count - 1))


def _reach(curves: Mapping[PolicyKind, Curve]) -> tuple[float, float]:
    """Return the ends of what other frontiers than the staircase of group thresholds cover."""
    others = [curve.disparity for kind, curve in curves.items() if kind != "deterministic" and len(curve.disparity)]
    return (float(min(d[0] for d in others)), float(max(d[-1] for d in others))) if others else (0.0, 1.0)


def _points(bounds: Floats, at: At) -> list[Point]:
    """Return the policies at some bounds, where there are any."""
    found = [at(float(bound), place / len(bounds)) for place, bound in enumerate(bounds)]
    return [point for point in found if point.policy is not None]


def _coarse(result: FrontierResult, kind: PolicyKind, reach: tuple[float, float], at: At) -> Line | None:
    """Return a staircase of many rows from a few of its points: each takes a search of its own, and is exact."""
    parts = np.linspace(0, 1, FEW) ** 2   # denser near parity, where it bends
    ratio = result.problem.rule.form == "ratio"
    bounds = reach[1] - (reach[1] - reach[0]) * parts if ratio else reach[0] + (reach[1] - reach[0]) * parts
    kept: dict[float, Point] = {p.disparity: p for p in _points(bounds, at) if not np.isnan(p.disparity)}
    if not kept:
        return None
    points = tuple(kept[disparity] for disparity in sorted(kept))
    return Line(kind, np.array(sorted(kept)), np.array([point.utility for point in points]), points, False,
                f"exact at any bound, drawn from {len(points)} of them")


def _line(result: FrontierResult, kind: PolicyKind, curve: Curve, at: At) -> Line | None:
    if not len(curve.disparity):
        return None
    kept = thinned(curve.disparity, DRAWN)
    disparity, utility = curve.disparity[kept], curve.utility[kept]
    bounds = disparity[thinned(disparity, OFFERED)]
    straight = kind == "randomised"
    if straight and len(bounds) < FEW and result.problem.rule.form == "difference":
        bounds = np.union1d(bounds, np.linspace(bounds[0], bounds[-1], FEW))
    points = tuple(_points(bounds, at))
    return Line(kind, disparity, utility, points, straight, curve.note) if points else None
