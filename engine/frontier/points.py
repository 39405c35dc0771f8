"""What each threshold of a group selects: the operating points that every solver chooses from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.counting.counts import CELLS, NEGATIVE, NO_LABEL, POSITIVE, Numbers, from_selected
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.metrics import ERROR_ODDS, RATES
from engine.types import Favourable, Floats, Ints

SLOTS = 3


@dataclass(frozen=True, eq=False)
class Points:
    """One group's operating points: point i selects its i highest distinct scores; m + 1 of them.

    Parameters
    ----------
    scores
        (m,) distinct, descending; of a table the lower edges of its bins.
    selected
        (m + 1, 3) what is selected by outcome: not positive, positive, unknown. Weighted where the data is.
    rows
        Rows of the group.
    between
        Whether a threshold is exported half way to the next lower score, so that ``>`` and ``>=`` agree on scores
        not seen here; not so for bins, which are exact at their edges alone.
    """

    scores: Floats
    selected: Numbers
    rows: int
    between: bool = True

    @property
    def totals(self) -> Numbers:
        """Everybody, by outcome, (3,)."""
        totals: Numbers = self.selected[-1]
        return totals

    @property
    def unlabelled(self) -> bool:
        """Whether rows without an outcome count here: they move selection rates and no error rate."""
        return bool(self.totals[NO_LABEL] > 0)

    @cached_property
    def hull(self) -> Ints:
        """Points on the upper hull of the ROC curve, in order; the only ones a lottery with labels needs."""
        return upper_hull(self.selected[:, NEGATIVE] + self.selected[:, POSITIVE], self.selected[:, POSITIVE])

    def threshold(self, point: int) -> float:
        """Return the threshold that selects exactly a point; ``inf`` nobody, ``-inf`` everybody."""
        if point == 0:
            return np.inf
        if point == len(self.scores):
            return -np.inf
        upper, lower = self.scores[point - 1], self.scores[point]
        middle = upper / 2 + lower / 2
        return float(middle if self.between and lower < middle <= upper else upper)

    def reached(self, threshold: float) -> int:
        """Return the point that a threshold selects."""
        return int(np.searchsorted(-self.scores, -threshold, side="right"))

    def rate(self, key: str, favourable: Favourable) -> Floats:
        """Return a rate at every point, (m + 1,); see `rate_of`."""
        return rate_of(key, self.selected, self.totals, favourable)


def operating_points(index: ScoreIndex | CountTable) -> tuple[Points, ...]:
    """Return the points of each group of an index or a table; O(rows), or O(bins)."""
    if isinstance(index, ScoreIndex):
        return tuple(_of_rows(index, g) for g in range(len(index.groups)))
    values, rows, _ = index.tails
    edges, between = index.edges[::-1], index.rule == "values"
    return tuple(Points(edges, values[g, ::-1], int(rows[g, 0].sum()), between) for g in range(len(index.groups)))


def _of_rows(index: ScoreIndex, group: int) -> Points:
    starts = index.starts[SLOTS * group : SLOTS * group + SLOTS + 1]
    scores = index.scores[starts[0] : starts[-1]]
    sizes = np.diff(starts)
    order = np.argsort(scores, kind="stable")      # three sorted runs: the stable sort merges them
    scores = scores[order]
    first = np.flatnonzero(np.append(True, scores[1:] != scores[:-1])) if len(scores) else np.zeros(0, dtype=np.int64)
    below = np.zeros((len(first), SLOTS), dtype=np.int64)
    bounds = np.cumsum(sizes)
    for slot in (POSITIVE, NO_LABEL):
        if sizes[slot]:
            mine = (order >= bounds[slot - 1]) & (order < bounds[slot])
            below[:, slot] = (np.cumsum(mine) - mine)[first]
    below[:, NEGATIVE] = first - below[:, POSITIVE] - below[:, NO_LABEL]
    if index.sums is None:
        selected: Numbers = (sizes - below)[::-1]
    else:
        selected = (index.sums[starts[1:]] - index.sums[starts[:-1] + below])[::-1]
    nobody = np.zeros((1, SLOTS), dtype=selected.dtype)
    return Points(scores[first][::-1], np.concatenate([nobody, selected]), len(order))


def rate_of(key: str, selected: Numbers, totals: Numbers, favourable: Favourable) -> Floats:
    """Return a rate from what is selected (..., 3) and what there is (..., 3), by outcome; NaN at 0/0.

    >>> rate_of("true_positive_rate", np.array([5, 3, 0]), np.array([9, 4, 0]), "selected")
    array(0.75)
    """
    if key == "favourable_rate" and favourable == "not-selected":
        selected, key = totals - selected, "selection_rate"
    above, under = (("fn",), ("fp",)) if key == ERROR_ODDS.key else (RATES[key].top, RATES[key].bottom)
    cells = from_selected(selected, totals)
    top, bottom = (cells[..., [CELLS.index(name) for name in names]].sum(axis=-1) for names in (above, under))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def upper_hull(across: Numbers, up: Numbers) -> Ints:
    """Return the indices of the points on the upper concave hull of a path that goes right at every step.

    The slopes of the hull are the isotonic regression of the steps' slopes, so that it costs O(m) after the sort.

    Parameters
    ----------
    across
        (m + 1,) never decreasing; steps of no width are skipped.
    up
        (m + 1,) any numbers.

    References
    ----------
    Fawcett and Niculescu-Mizil 2007, PAV and the ROC convex hull, Machine Learning 68.
    """
    from scipy.optimize import isotonic_regression

    width = np.diff(across)
    steps = np.flatnonzero(width > 0)
    if not len(steps):
        return np.zeros(1, dtype=np.int64)
    width = width[steps].astype(np.float64)
    pooled = isotonic_regression(np.diff(up)[steps] / width, weights=width, increasing=False)
    ends = np.append(steps[pooled.blocks[1:-1] - 1] + 1, steps[-1] + 1)
    vertices: Ints = np.append(0, ends)
    return vertices
