"""The best of each group inside a window, for many windows at once: range maxima by a sparse table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np

from engine.frontier.problem import SLACK
from engine.types import Floats, Ints

Side = Literal["left", "right"]
CHUNK = 2**15   # windows at a time, so that the table covers what they can see and no more


class Stepped(Protocol):
    """A group's choices by ascending rate, and what each is worth."""

    @property
    def rate(self) -> Floats:
        """Ascending rates, (v,)."""

    @property
    def worth(self) -> Floats:
        """What each adds, (v,)."""


def best_in_windows(groups: Sequence[Stepped], low: Floats, high: Floats) -> tuple[float, list[int] | None]:
    """Return the highest sum over groups of the best worth within one of the windows, and each group's step there.

    Parameters
    ----------
    groups
        At least one.
    low, high
        (w,) windows, both ends included and `SLACK` beyond; ascending.

    Returns
    -------
    worth, picked
        -inf and None where in every window some group has no rate.
    """
    best, picked = -np.inf, None
    for start in range(0, len(low), CHUNK):
        lower, upper = low[start : start + CHUNK] - SLACK, high[start : start + CHUNK] + SLACK
        total, places = np.zeros(len(lower)), list[Ints]()
        for group in groups:
            i, j = counted_up(group.rate, lower, "left"), counted_up(group.rate, upper, "right")
            kept = i < j   # near parity few windows hold a rate of every group: the others are not looked at again
            lower, upper, total, i, j = lower[kept], upper[kept], total[kept], i[kept], j[kept]
            places = [*(place[kept] for place in places), range_argmax(group.worth, i, j)]
            total += group.worth[places[-1]]
        top = int(total.argmax()) if len(total) else -1
        if len(total) and total[top] > best:
            best, picked = float(total[top]), [int(place[top]) for place in places]
    return best, picked


def counted_up(rates: Floats, ends: Floats, side: Side) -> Ints:
    """Return ``np.searchsorted(rates, ends, side)`` of ascending ends; the fewer are looked up among the more.

    >>> counted_up(np.array([0.2, 0.4]), np.array([0.1, 0.2, 0.3, 0.5]), "left")
    array([0, 0, 1, 2])
    """
    if len(rates) >= len(ends):
        return np.searchsorted(rates, ends, side=side)
    first = np.searchsorted(ends, rates, side="right" if side == "left" else "left")   # the first end beyond each rate
    return np.cumsum(np.bincount(first, minlength=len(ends))[: len(ends)])


def range_argmax(values: Floats, start: Ints, stop: Ints) -> Ints:
    """Return the first position of the maximum of ``values[start:stop]`` for each pair; 0 where it is empty.

    >>> range_argmax(np.array([1.0, 5.0, 2.0]), np.array([0, 2, 1]), np.array([3, 3, 1]))
    array([1, 2, 0])
    """
    found = np.zeros(len(start), dtype=np.int64)
    full = np.flatnonzero(start < stop)
    if not len(full):
        return found
    start, stop = start[full], stop[full]
    first = int(start.min())
    seen = values[first : int(stop.max())]
    level = np.frexp((stop - start).astype(np.float64))[1] - 1   # the largest power of two that fits
    table = np.arange(len(seen))
    for power in range(int(level.max()) + 1):
        here = np.flatnonzero(level == power)
        if len(here):
            left, right = table[start[here] - first], table[stop[here] - first - (1 << power)]
            found[full[here]] = first + np.where(seen[right] > seen[left], right, left)
        half = 1 << power
        if len(table) > half:
            left, right = table[:-half], table[half:]
            table = np.where(seen[right] > seen[left], right, left)
    return found
