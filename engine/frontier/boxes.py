"""One threshold per group under equalised odds: both error rates of all groups within one box.

A group's two rates rise together along its thresholds, so the points inside a box are one range of them, and the best
is a range maximum. Boxes begin at rates that occur; a bound on what the first rate alone allows drops most of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.frontier.dominance import improving
from engine.frontier.points import Points
from engine.frontier.problem import SLACK, Choice, Curve, Drawn, Problem, pure
from engine.frontier.windows import range_argmax
from engine.types import Floats, Ints

WHOLE = 3_000    # thresholds of all groups together up to which a box may begin at every one
POINTS = 600     # of all groups together at which boxes begin beyond that
BOXES = 2**18    # at a time
BOUNDS = 16      # solved to draw the frontier


@dataclass(frozen=True, eq=False)
class Path:
    """A group's points by both rates, ascending, and what each is worth; `tried` are those a box may begin at."""

    across: Floats
    up: Floats
    worth: Floats
    tried: Ints


@dataclass(frozen=True, eq=False)
class BoxSearch:
    """The search for one threshold per group whose two rates fit in a box of a given size."""

    paths: tuple[Path, ...]
    base: float

    @cached_property
    def corners(self) -> tuple[Floats, Floats]:
        """Every rate at which a box can begin, of either axis."""
        across = np.unique(np.concatenate([path.across[path.tried] for path in self.paths]))
        up = np.unique(np.concatenate([path.up[path.tried] for path in self.paths]))
        return across, up

    def solve(self, size: float) -> list[int]:
        """Return the best point of each group; nobody selected is always within."""
        across, up = self.corners
        ceiling = np.zeros(len(across))
        for path in self.paths:
            ceiling += self._best(path.worth, *_ends(path.across, across, size))[1]
        best, corner = -np.inf, (0.0, 0.0)
        order = np.argsort(-ceiling, kind="stable")
        step = max(BOXES // len(up), 1)
        for start in range(0, len(order), step):
            part = order[start : start + step]
            part = part[ceiling[part] > best + SLACK]
            if not len(part):
                break
            total = np.zeros((len(part), len(up)))
            for path in self.paths:
                i, j = _inside(path, across[part], up, size)
                total += self._best(path.worth, i.ravel(), j.ravel())[1].reshape(total.shape)
            top = int(total.argmax())
            if total.flat[top] > best:
                row, column = divmod(top, len(up))
                best, corner = float(total.flat[top]), (float(across[part[row]]), float(up[column]))
        return self._within(corner, size)

    def _within(self, corner: tuple[float, float], size: float) -> list[int]:
        picked = []
        for path in self.paths:
            i, j = _inside(path, np.array([corner[0]]), np.array([corner[1]]), size)
            picked.append(int(self._best(path.worth, i.ravel(), j.ravel())[0][0]))
        return picked

    @staticmethod
    def _best(worth: Floats, start: Ints, stop: Ints) -> tuple[Ints, Floats]:
        place = range_argmax(worth, start, stop)
        return place, np.where(start < stop, worth[place], -np.inf)

    def gap(self, picked: list[int]) -> float:
        """Return the wider of the two gaps."""
        rates = np.array([(p.across[i], p.up[i]) for p, i in zip(self.paths, picked, strict=True)])
        return float(np.ptp(rates, axis=0).max())

    def utility(self, picked: list[int]) -> float:
        """Return the utility of one point per group."""
        return self.base + float(sum(path.worth[i] for path, i in zip(self.paths, picked, strict=True)))


def _ends(rates: Floats, low: Floats, size: float) -> tuple[Ints, Ints]:
    return np.searchsorted(rates, low - SLACK), np.searchsorted(rates, low + size + SLACK, side="right")


def _inside(path: Path, across: Floats, up: Floats, size: float) -> tuple[Ints, Ints]:
    """Return the range of points in each box, (len(across), len(up))."""
    a, b = _ends(path.across, across, size), _ends(path.up, up, size)
    return np.maximum(a[0][:, None], b[0]), np.minimum(a[1][:, None], b[1])


@dataclass(frozen=True, eq=False)
class BoxCurve(Drawn):
    """The frontier of one threshold per group under equalised odds, drawn from `BOUNDS` bounds."""

    search: BoxSearch
    note: str

    @cached_property
    def drawn(self) -> tuple[Floats, Floats]:
        """Disparities and utilities of the best boxes of `BOUNDS` sizes."""
        free = self.search.gap([int(path.worth.argmax()) for path in self.search.paths])
        found = [self.search.solve(float(size)) for size in free * np.linspace(0, 1, BOUNDS + 1) ** 2]
        gap, utility = np.array([(self.search.gap(picked), self.search.utility(picked)) for picked in found]).T
        kept = improving(gap, utility)
        return gap[kept], utility[kept]

    def at(self, bound: float) -> Choice | None:
        """Return the best choice within a bound."""
        if bound < -SLACK:
            return None
        picked = self.search.solve(min(max(bound, 0.0), 1.0))
        return Choice(pure(picked), self.search.utility(picked))


def solve(problem: Problem) -> Curve:
    """Return the frontier of one threshold per group where two rates must be near to each other in all groups."""
    payoff = problem.payoff
    if payoff is None:
        raise ValueError("the utility must be linear")
    whole = sum(len(points.scores) + 1 for points in problem.chosen) <= WHOLE
    paths = []
    for points in problem.chosen:
        up, across = (points.rate(key, problem.favourable) for key in problem.rule.rates)
        tried = np.arange(len(up)) if whole else _thinned(points, POINTS // len(problem.chosen))
        paths.append(Path(across, up, payoff.worth(points.selected), tried))
    search = BoxSearch(tuple(paths), problem.base(payoff))
    note = f"exact at any bound, drawn from {BOUNDS} of them" if whole else (
        f"boxes begin at {POINTS} of the thresholds, so a better policy may exist; the randomised frontier bounds it")
    return BoxCurve(search, note)


def _thinned(points: Points, most: int) -> Ints:
    even = np.linspace(0, len(points.scores), most).astype(np.int64)
    return np.union1d(points.hull, even)
