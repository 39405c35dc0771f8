"""Counts by group, score bin and outcome: small, mergeable, and exact at its bin edges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from engine import backend
from engine.counting.counts import GroupCounts, Numbers, from_selected
from engine.counting.groups import Groups, grouping
from engine.counting.index import Curve, mixed
from engine.errors import invalid
from engine.intervals import auc
from engine.policy import Policy
from engine.types import Codes, Dataset, Floats, Ints, Labels, frozen

BINS = 1024   # a power of two: bin >= k and score >= k / 1024 are decided alike in every language
EdgeRule = Literal["values", "grid", "quantiles"]
SLOTS = 3


@dataclass(frozen=True, eq=False)
class CountTable:
    """How many rows each group has in each score bin, by outcome.

    Bin b holds ``edges[b] <= score < edges[b + 1]``, the last one everything from its edge up. At a threshold that
    is an edge every count is exact, not approximate. Tables with equal edges and attributes add up.
    """

    groups: Groups
    edges: Floats                    # (B,) ascending lower bounds of the bins
    rule: EdgeRule
    counts: Ints                     # (G, B, 3) rows, by label slot: not positive, positive, unknown
    score_sum: Floats                # (G, B, 3) sums of the score (times weight)
    score_squares: Floats            # (G, B, 3) sums of its square (times weight)
    unscored: int = 0                # rows left out: no finite score
    weights: Floats | None = None    # (G, B, 3) sums of weights; None without
    squares: Floats | None = None    # (G, B, 3) sums of squared weights

    @staticmethod
    def build(dataset: Dataset, attributes: Sequence[str], edges: Floats | None = None) -> CountTable:
        """Return the table of the score in use over the groups of the attributes; O(n), once."""
        if dataset.counts is not None:
            found: CountTable = dataset.counts.marginalise(attributes)
            return found
        groups, codes = grouping(dataset, attributes)
        return tabulate_rows(dataset.score_values(), dataset.label, codes, groups, dataset.weight, edges)

    @cached_property
    def tails(self) -> tuple[Numbers, Numbers, Numbers | None]:
        """Return what is selected from each edge up, (G, B + 1, 3), as values, rows and squared weights."""
        rows = _tail(self.counts)
        if self.weights is None or self.squares is None:
            return rows, rows, None
        return _tail(self.weights), rows, _tail(self.squares)

    def totals(self) -> GroupCounts:
        """Return the counts with nobody selected."""
        return self.at_edges(np.full(len(self.groups), len(self.edges)))

    def at_edges(self, edge: Ints) -> GroupCounts:
        """Return the counts with a threshold at an edge per group.

        Parameters
        ----------
        edge
            (..., G) index into `edges`; ``len(edges)`` selects nobody.
        """
        groups = np.arange(len(self.groups))
        values, rows, squares = self.tails
        counted = from_selected(rows[groups, edge], rows[:, 0])
        if squares is None:
            return GroupCounts(counted, counted)
        weighted = from_selected(values[groups, edge], values[:, 0])
        return GroupCounts(weighted, counted, from_selected(squares[groups, edge], squares[:, 0]))

    def at(self, thresholds: Floats) -> GroupCounts:
        """Return the counts at thresholds (..., G); one between two edges counts as the upper edge."""
        return self.at_edges(self.edge_of(thresholds))

    def edge_of(self, thresholds: Floats) -> Ints:
        """Return the first edge at or above each threshold: exact where the threshold is an edge."""
        return np.searchsorted(self.edges, thresholds, side="left")

    def under(self, policy: Policy) -> GroupCounts:
        """Return the counts under a policy, per group here; see `ScoreIndex.under`."""
        return mixed(self.groups, policy, self.at)

    def curve(self, members: Sequence[int]) -> Curve:
        """Return the counts of some groups taken together, from nobody selected to everybody; B + 1 points."""
        values, _, squares = self.tails
        chosen = values[list(members)].sum(axis=0)[::-1].astype(np.float64)
        square = chosen if squares is None else squares[list(members)].sum(axis=0)[::-1]
        thresholds = np.concatenate([[np.inf], self.edges[::-1]])
        return Curve(frozen(thresholds), chosen[:, 1], chosen[:, 0], square[:, 1], square[:, 0])

    def area(self, members: Sequence[int]) -> tuple[float, float]:
        """Return the area under the ROC curve of some groups and its error; rows in one bin count as ties."""
        curve = self.curve(members)
        return auc(curve.tp, curve.fp, curve.tp_squares, curve.fp_squares)

    def marginalise(self, attributes: Sequence[str]) -> CountTable:
        """Return the table over fewer attributes: cells added up, rows not touched."""
        groups, index = self.groups.project(attributes)

        def folded(cells: Numbers) -> Numbers:
            out = np.zeros((len(groups), *cells.shape[1:]), dtype=cells.dtype)
            np.add.at(out, index, cells)
            return frozen(out)

        sums: dict[str, Any] = {name: folded(cells) for name, cells in self._arrays().items()}
        return replace(self, groups=groups, **sums)

    def merge(self, other: CountTable) -> CountTable:
        """Return the table of both sources' rows.

        Raises
        ------
        InvalidData
            Where the attributes or the bin edges differ: such tables do not add up.
        """
        if self.groups.attributes != other.groups.attributes:
            raise invalid("tables must have the same attributes to be added", "merge",
                          f"{self.groups.name} and {other.groups.name}", "tabulate both with the same --protected")
        if not np.array_equal(self.edges, other.edges):
            raise invalid("tables must have the same bin edges to be added", "merge",
                          f"{len(self.edges)} and {len(other.edges)} edges", "tabulate both with the same --bins")
        if (self.weights is None) != (other.weights is None):
            raise invalid("both tables must be weighted, or neither", "merge", "one of each", "tabulate both alike")
        groups, here, there = _union(self.groups, other.groups)
        mine, theirs = self._arrays(), other._arrays()
        sums: dict[str, Any] = {}
        for name in mine:
            out = np.zeros((len(groups), *mine[name].shape[1:]), dtype=mine[name].dtype)
            np.add.at(out, here, mine[name])
            np.add.at(out, there, theirs[name])
            sums[name] = frozen(out)
        return replace(self, groups=groups, unscored=self.unscored + other.unscored, **sums)

    def digest(self) -> str:
        """Return the sha256 of groups, edges and counts: equal tables, equal digests, whatever the machine."""
        order = sorted(range(len(self.groups)), key=lambda g: self.groups.group_levels[g])
        occupied = [g for g in order if self.counts[g].any()]
        names = [self.groups.attributes, [self.groups.group_levels[g] for g in occupied]]
        whole = hashlib.sha256(json.dumps(names).encode())
        for array, kind in ((self.edges, "<f8"), (self.counts[occupied], "<i8")):
            whole.update(np.ascontiguousarray(array, dtype=kind).tobytes())
        return whole.hexdigest()

    def _arrays(self) -> dict[str, Numbers]:
        named = {"counts": self.counts, "score_sum": self.score_sum, "score_squares": self.score_squares,
                 "weights": self.weights, "squares": self.squares}
        return {name: cells for name, cells in named.items() if cells is not None}


def choose_edges(scores: Floats) -> tuple[Floats, EdgeRule]:
    """Return bin edges for finite scores: their distinct values where at most 1,024, k/1024 in [0, 1], else quantiles.

    >>> choose_edges(np.array([3.0, 1.0, 3.0]))
    (array([1., 3.]), 'values')
    """
    few = _few_distinct(scores)
    if few is not None:
        return few, "values"
    if scores.min() >= 0 and scores.max() <= 1:
        return np.arange(BINS + 1) / BINS, "grid"
    edges = np.unique(np.quantile(scores, np.arange(BINS) / BINS, method="lower"))
    return edges, "quantiles"


def tabulate_rows(
    scores: Floats, label: Labels | None, codes: Codes, groups: Groups, weight: Floats | None = None,
    edges: Floats | None = None, rule: EdgeRule = "grid",
) -> CountTable:
    """Return the table of plain arrays; rows whose score is not finite, or lies below the first edge, are unscored."""
    known = np.isfinite(scores)
    if edges is None:
        edges, rule = choose_edges(scores[known])
    on_grid = rule == "grid" and len(edges) == BINS + 1
    known &= scores >= (edges[0] if len(edges) else np.inf)
    slot = np.full(len(scores), 2) if label is None else np.where(label < 0, 2, label)
    if not known.all():
        scores, codes, slot = scores[known], codes[known], slot[known]
        weight = None if weight is None else weight[known]
    place = (scores * BINS).astype(np.int64) if on_grid else np.searchsorted(edges, scores, side="right") - 1
    place = np.minimum(place, len(edges) - 1)
    cell = (codes.astype(np.int64) * len(edges) + place) * SLOTS + slot
    shape = (len(groups), len(edges), SLOTS)

    def summed(amount: Floats | None) -> Numbers:
        length = int(np.prod(shape))
        counted: Numbers = (backend.chosen("bincount", len(cell)).bincount(cell, length) if amount is None
                            else np.bincount(cell, amount, minlength=length))
        return frozen(counted.reshape(shape))

    amount = scores if weight is None else scores * weight
    return CountTable(
        groups, frozen(edges), rule, summed(None), summed(amount), summed(amount * scores), int((~known).sum()),
        None if weight is None else summed(weight), None if weight is None else summed(weight**2),
    )


def _few_distinct(scores: Floats) -> Floats | None:
    """Return the distinct values where there are at most 1,024, looking at a sample first."""
    if len(np.unique(scores[: 8 * BINS])) > BINS:
        return None
    distinct = np.unique(scores)
    return distinct if len(distinct) <= BINS else None


def _tail(cells: Numbers) -> Numbers:
    whole = np.issubdtype(cells.dtype, np.integer)   # sums of weights stay where their order of addition is fixed
    return frozen((backend.chosen("tails", cells.size) if whole else backend.NUMPY).tails(cells))


def _union(a: Groups, b: Groups) -> tuple[Groups, Ints, Ints]:
    """Return the groups of both, and the index of each one's groups there."""
    levels = tuple(tuple(dict.fromkeys([*x, *y])) for x, y in zip(a.levels, b.levels, strict=True))
    place = [{name: i for i, name in enumerate(names)} for names in levels]
    rows = [np.array([[p[v] for p, v in zip(place, row, strict=True)] for row in g.group_levels], dtype=np.int64)
            .reshape(len(g), len(levels)) for g in (a, b)]
    if len(levels) == 1:
        return Groups(a.attributes, levels, np.arange(len(levels[0]))[:, None]), rows[0][:, 0], rows[1][:, 0]
    members, index = np.unique(np.concatenate(rows), axis=0, return_inverse=True)
    index = index.reshape(-1)
    return Groups(a.attributes, levels, members), index[: len(a)], index[len(a):]
