"""What errors cost where the groups' costs differ: per group, per row, in all, against a starting policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.counting.counts import GroupCounts
from engine.counting.table import CountTable
from engine.intervals import cost_bounds, quantile
from engine.metrics import Costs, denominator
from engine.types import Floats, Ints


@dataclass(frozen=True, eq=False)
class CostResult:
    """The cost of errors of G groups, and of everybody; NaN per row where no row has a known outcome."""

    total: Floats        # (G,) cost of all errors of a group
    per_row: Floats      # (G,) per row with a known outcome
    low: Floats          # (G,) interval of `per_row`
    high: Floats
    false_positives: Floats
    false_negatives: Floats

    @property
    def everybody(self) -> float:
        """Return the cost of all errors of all groups."""
        return float(self.total.sum())


def group_costs(counts: GroupCounts, costs: Sequence[Costs], level: float = 0.95) -> CostResult:
    """Return what the errors of each group cost at that group's own costs.

    Parameters
    ----------
    counts
        (G,) groups under one policy; weighted where the data has weights.
    costs
        (G,) costs of each group.
    level
        Of the intervals, by square-and-add with the multinomial correlation, as for the rate `expected_cost`.

    Examples
    --------
    >>> two = GroupCounts.of(*(np.array(c) for c in ([3, 3], [1, 1], [2, 0], [4, 6])))
    >>> group_costs(two, [Costs(1, 1), Costs(5, 1)]).total
    array([3., 5.])
    """
    _, known = denominator(counts, "expected_cost")
    labelled = counts.values[:, :4].sum(axis=-1).astype(np.float64)
    wrong = [np.asarray(cell, dtype=np.float64) for cell in (counts.fp, counts.fn)]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [np.where(known > 0, cell / labelled, np.nan) for cell in wrong]
    per_row, low, high = (np.full(len(costs), np.nan) for _ in range(3))
    for g, cost in enumerate(costs):
        priced = (cost.false_positive, cost.false_negative)
        value, ends = cost_bounds(priced, (shares[0][g:g + 1], shares[1][g:g + 1]), known[g:g + 1], quantile(level))
        per_row[g], low[g], high[g] = value[0], ends[0][0], ends[1][0]
    total = np.array([c.false_positive * fp + c.false_negative * fn
                      for c, fp, fn in zip(costs, *wrong, strict=True)], dtype=np.float64)
    return CostResult(total, per_row, low, high, wrong[0], wrong[1])


def cheapest(table: CountTable, costs: Sequence[Costs], common: bool) -> Ints:
    """Return the edge of every group, (G,), at which errors cost least at each group's own costs; ties: the lowest.

    `common` asks for one edge for all. It is found on these data: on others it costs more.
    """
    edges = np.arange(len(table.edges) + 1)
    counts = table.at_edges(np.repeat(edges[:, None], len(table.groups), axis=1))
    loss = counts.fp * np.array([c.false_positive for c in costs]) + counts.fn * np.array(
        [c.false_negative for c in costs])
    if common:
        return np.full(len(table.groups), loss.sum(axis=1).argmin())
    return np.asarray(loss.argmin(axis=0))
