"""Exact counts at any threshold: the scores of each group and outcome, sorted once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from engine import backend
from engine.counting.counts import NEGATIVE, POSITIVE, GroupCounts, Numbers, from_selected
from engine.counting.groups import Groups, grouping
from engine.intervals import auc
from engine.policy import Policy
from engine.types import Dataset, Floats, Ints, frozen

S = 3   # label slots per group: not positive, positive, unknown


@dataclass(frozen=True, eq=False)
class Curve:
    """One group's counts at each of its distinct thresholds, from +inf (nobody) downwards; m + 1 points."""

    thresholds: Floats           # (m + 1,) descending, the first is +inf
    tp: Numbers                  # (m + 1,) selected positives
    fp: Numbers
    tp_squares: Numbers          # (m + 1,) sums of squared weights; the counts themselves without weights
    fp_squares: Numbers


@dataclass(frozen=True, eq=False)
class ScoreIndex:
    """Scores sorted within each (group, label slot): a count at a threshold is a binary search.

    Build O(n log n) once; any set of thresholds O(G log n), ties and weights exact. Memory: 8 bytes a row,
    24 with weights.
    """

    groups: Groups
    scores: Floats               # (n,) ascending within each segment
    starts: Ints                 # (3 G + 1,) segment of group g and slot s: 3 g + s
    unscored: int                # rows left out: no finite score
    sums: Floats | None = None     # (n + 1,) running sums of weights, None without
    squares: Floats | None = None  # (n + 1,) running sums of squared weights
    _areas: dict[tuple[int, ...], tuple[float, float]] = field(default_factory=dict, repr=False)

    @staticmethod
    def build(dataset: Dataset, attributes: Sequence[str]) -> ScoreIndex:
        """Return the index of the score in use over the groups of the attributes."""
        groups, codes = grouping(dataset, attributes)
        return index_rows(dataset.score_values(), dataset.label, codes, groups, dataset.weight)

    def totals(self) -> GroupCounts:
        """Return the counts with nobody selected."""
        return self.at(np.full(len(self.groups), np.inf))

    def at(self, thresholds: Floats) -> GroupCounts:
        """Return the counts where each group has its own threshold.

        Parameters
        ----------
        thresholds
            (..., G); a row is selected where ``score >= threshold``. ``inf`` selects nobody.
        """
        cuts = np.empty((*thresholds.shape, S), dtype=np.int64)
        for g in range(len(self.groups)):
            for s in range(S):
                a, b = self.starts[S * g + s], self.starts[S * g + s + 1]
                cuts[..., g, s] = a + np.searchsorted(self.scores[a:b], thresholds[..., g], side="left")
        ends = self.starts[1:].reshape(-1, S)
        rows = from_selected(ends - cuts, np.diff(self.starts).reshape(-1, S))
        if self.sums is None or self.squares is None:
            return GroupCounts(rows, rows)

        def weighted(run: Floats) -> Numbers:
            return from_selected(run[ends] - run[cuts], np.diff(run[self.starts]).reshape(-1, S))

        return GroupCounts(weighted(self.sums), rows, weighted(self.squares))

    def under(self, policy: Policy) -> GroupCounts:
        """Return the counts under a policy, per group here; expected counts where it draws lots.

        Raises
        ------
        KeyError
            Where the policy depends on an attribute that these groups do not know.
        """
        return mixed(self.groups, policy, self.at)

    def area(self, members: Sequence[int]) -> tuple[float, float]:
        """Return the area under the ROC curve of some groups taken together, and its error; computed once."""
        key = tuple(members)
        if key not in self._areas:
            curve = self.curve(key)
            self._areas[key] = auc(curve.tp, curve.fp, curve.tp_squares, curve.fp_squares)
        return self._areas[key]

    def curve(self, members: Sequence[int]) -> Curve:
        """Return the counts of some groups taken together, at every distinct threshold; O(their rows)."""
        segments = [(self.starts[S * g + s], self.starts[S * g + s + 1], s)
                    for g in members for s in (NEGATIVE, POSITIVE)]
        scores = np.concatenate([self.scores[a:b] for a, b, _ in segments])
        order = np.argsort(scores, kind="stable")[::-1]   # two sorted runs a group: the stable sort merges them
        scores = scores[order]
        positive = np.repeat([s == POSITIVE for *_, s in segments], [b - a for a, b, _ in segments])[order]
        last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
        thresholds = np.concatenate([[np.inf], scores[last]])
        if self.sums is None:   # one sum gives all four
            tp = np.append(0.0, np.cumsum(positive)[last])
            fp = np.append(0, last + 1) - tp
            return Curve(thresholds, tp, fp, tp, fp)
        rows = np.concatenate([np.arange(a, b) for a, b, _ in segments])[order]
        weight = self.sums[rows + 1] - self.sums[rows]

        def running(amounts: Floats) -> Floats:
            return np.concatenate([[0.0], np.cumsum(amounts)[last]])

        return Curve(thresholds, running(weight * positive), running(weight * ~positive),
                     running(weight**2 * positive), running(weight**2 * ~positive))


def index_rows(
    scores: Floats, label: np.ndarray | None, codes: np.ndarray, groups: Groups, weight: Floats | None = None
) -> ScoreIndex:
    """Return the index of plain arrays; see `ScoreIndex`. Rows whose score is not finite are left out and counted."""
    slot = np.full(len(scores), 2) if label is None else np.where(label < 0, 2, label)
    segment = codes.astype(np.int64) * S + slot
    known = np.isfinite(scores)
    unscored = len(scores) - int(known.sum())
    if unscored:
        segment, scores, weight = segment[known], scores[known], None if weight is None else weight[known]
    count = S * len(groups)
    small = segment.astype(np.uint16) if count < 2**16 else segment   # 16 bits: a radix sort
    order = np.argsort(small, kind="stable")
    starts = np.concatenate([[0], np.cumsum(backend.chosen("bincount", len(segment)).bincount(segment, count))])
    ordered = scores[order]
    if weight is None:
        for a, b in pairwise(starts):
            ordered[a:b].sort()
        return ScoreIndex(groups, frozen(ordered), frozen(starts), unscored)
    within = np.concatenate([a + np.argsort(ordered[a:b]) for a, b in pairwise(starts)])
    weights = weight[order][within]
    sums, squares = (np.concatenate([[0.0], np.cumsum(amount)]) for amount in (weights, weights**2))
    return ScoreIndex(groups, frozen(ordered[within]), frozen(starts), unscored, frozen(sums), frozen(squares))


def mixed(groups: Groups, policy: Policy, at: Callable[[Floats], GroupCounts]) -> GroupCounts:
    """Return the counts under a policy from a function of thresholds (G,); lotteries by their probabilities."""
    coarse, index = groups.project(policy.attributes)
    mixes = [policy.mix(coarse.names[i]) for i in index]
    longest = max(map(len, mixes), default=1)
    if longest == 1:
        return at(np.array([mix[0][0] for mix in mixes], dtype=np.float64))
    padded = [mix + ((np.inf, 0.0),) * (longest - len(mix)) for mix in mixes]
    drawn = [at(np.array([mix[k][0] for mix in padded])) for k in range(longest)]
    chance = [np.array([mix[k][1] for mix in padded])[:, None] for k in range(longest)]

    def expected(parts: list[Numbers]) -> Numbers:
        total: Numbers = np.sum([p * part for p, part in zip(chance, parts, strict=True)], axis=0)
        return total

    values, rows = expected([c.values for c in drawn]), expected([c.rows for c in drawn])
    squares = [c.squares for c in drawn if c.squares is not None]
    return GroupCounts(values, rows, expected(squares) if squares else None)
