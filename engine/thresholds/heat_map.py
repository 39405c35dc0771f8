"""Two groups' thresholds at once: what they cost, and the disparity between the two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.counting.table import CountTable
from engine.metrics import DISPARITIES, Costs, rate_values
from engine.types import Favourable, Floats, Ints

CELLS = 64


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Accuracy (or minus expected cost) and one disparity, at pairs of edges of two groups; others stay put."""

    first: Floats         # (Q,) thresholds of the first group, the rows
    second: Floats        # (R,) thresholds of the second group, the columns
    utility: Floats       # (Q, R) share of correct decisions over all groups, or minus the cost per row
    disparity: Floats     # (Q, R) between the two groups alone; NaN where undefined


def heat_map(
    table: CountTable, pair: tuple[int, int], edges: Ints, disparity: str, favourable: Favourable, costs: Costs
) -> HeatMap:
    """Return the map of two groups over a grid of at most 64 x 64 edges; O(grid), rows not touched.

    Parameters
    ----------
    pair
        The two groups.
    edges
        (G,) edge of every group now; the others keep theirs.
    disparity
        Key of `DISPARITIES` made of rates at a threshold.
    """
    steps = np.unique(np.linspace(0, len(table.edges) - 1, min(CELLS, len(table.edges))).round().astype(np.int64))
    grid = np.repeat(edges[None, :], len(steps), axis=0)
    sides, errors = [], []
    for g in pair:
        moved = grid.copy()
        moved[:, g] = steps
        counts = table.at_edges(moved)
        values = rate_values(counts, favourable, costs)
        sides.append({key: values[key][:, g] for key in DISPARITIES[disparity].rates})
        errors.append(costs.false_positive * counts.fp[:, g] + costs.false_negative * counts.fn[:, g])
    now = table.at_edges(edges)
    fixed = costs.false_positive * now.fp + costs.false_negative * now.fn
    rest = float(fixed.sum() - fixed[list(pair)].sum())
    labelled = float(now.values[:, :4].sum())
    loss = (errors[0][:, None] + errors[1][None, :] + rest) / max(labelled, 1.0)
    worth = 1 - loss if costs == Costs() else -loss
    gaps = [_between(sides[0][key][:, None], sides[1][key][None, :], DISPARITIES[disparity].form) for key in sides[0]]
    return HeatMap(table.edges[steps], table.edges[steps], worth, np.max(gaps, axis=0))


def _between(a: Floats, b: Floats, form: str) -> Floats:
    if form == "difference":
        gap: Floats = np.abs(a - b)
        return gap
    high = np.maximum(a, b)
    ratio: Floats = np.divide(np.minimum(a, b), high, out=np.full(high.shape, np.nan), where=high > 0)
    return ratio
