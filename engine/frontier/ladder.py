"""Every common threshold of some groups, from nobody selected to everybody, and what each is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from engine.counting.counts import Numbers
from engine.frontier.points import Points
from engine.frontier.utility import Utility, value_of
from engine.metrics import Costs
from engine.types import Floats, Ints


@dataclass(frozen=True, eq=False)
class Ladder:
    """Every distinct threshold of some groups together, and where each group stands at it."""

    scores: Floats              # (T,) descending, distinct
    reached: tuple[Ints, ...]   # per group (T + 1,) its point at each rung; rung 0 selects nobody


def ladder(points: Sequence[Points]) -> Ladder:
    """Return the common thresholds of groups; O(rows log groups)."""
    scores = np.concatenate([p.scores[::-1] for p in points])
    owner = np.repeat(np.arange(len(points), dtype=np.int32), [len(p.scores) for p in points])
    order = np.argsort(scores, kind="stable")[::-1]   # ascending runs, so that the stable sort merges them
    scores, owner = scores[order], owner[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.zeros(0, dtype=np.int64)
    reached = tuple(np.append(0, np.cumsum(owner == g)[last]) for g in range(len(points)))
    return Ladder(scores[last], reached)


def utility_along(points: Sequence[Points], rungs: Ladder, totals: Numbers, utility: Utility, costs: Costs) -> Floats:
    """Return the utility over everybody at each rung, (T + 1,)."""
    payoff = utility.payoff(totals, costs)
    reached = list(zip(points, rungs.reached, strict=True))
    if payoff is not None:   # group by group: a third of the memory
        return np.asarray(sum(payoff.worth(p.selected)[i] for p, i in reached) + payoff.constant)
    taken: Numbers = reduce(np.add, (p.selected[i] for p, i in reached))
    return value_of(utility, taken, totals, costs)


def threshold_of(points: Sequence[Points], rungs: Ladder, rung: int) -> float:
    """Return the threshold of a rung, half way to the next lower score of anybody."""
    everybody = Points(rungs.scores, np.zeros((1, 3)), 0, all(p.between for p in points))
    return everybody.threshold(rung)
