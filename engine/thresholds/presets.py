"""Policies that are one click away, found by a search over a table's edges.

A group's threshold is an edge of the table, so every number at it is exact; between edges nothing is searched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.counting.table import CountTable
from engine.metrics import Costs, rate_values
from engine.types import Favourable, Floats, Ints

MANY = 2000
NEAR = 0.01         # rates this close count as equal where the edges allow it
FOUR_FIFTHS = 0.8   # a labelled convention (29 CFR 1607.4(D)), not a verdict


@dataclass(frozen=True, eq=False)
class Goal:
    """What the search is told: the table over the groups that get a threshold, costs, the favourable decision."""

    table: CountTable
    costs: Costs
    favourable: Favourable
    common: bool                     # one threshold for all


@dataclass(frozen=True)
class Preset:
    """One button: its words and the search behind it. None where no edge does what it promises."""

    key: str
    name: str
    says: str
    find: Callable[[Goal], Ints | None]


def every_edge(goal: Goal) -> dict[str, Floats]:
    """Return every rate of every group at every edge, and at nobody selected: arrays (B + 1, G)."""
    edges = np.arange(len(goal.table.edges) + 1)
    grid = np.repeat(edges[:, None], len(goal.table.groups), axis=1)
    return rate_values(goal.table.at_edges(grid), goal.favourable, goal.costs)


def utility(goal: Goal, costs: Costs) -> Floats:
    """Return (B + 1, G) minus the cost of each group's errors at each edge, in rows: groups add up."""
    edges = np.arange(len(goal.table.edges) + 1)
    counts = goal.table.at_edges(np.repeat(edges[:, None], len(goal.table.groups), axis=1))
    return -(costs.false_positive * counts.fp + costs.false_negative * counts.fn).astype(np.float64)


def _middle(goal: Goal) -> Ints:
    edges = goal.table.edges
    inside = not len(edges) or (edges[0] >= 0 and edges[-1] <= 1)
    totals = goal.table.counts.sum(axis=(0, 2))
    middle = 0.5 if inside else edges[np.searchsorted(np.cumsum(totals), totals.sum() / 2)]
    return np.full(len(goal.table.groups), goal.table.edge_of(np.array(middle)))


def _best(goal: Goal, costs: Costs) -> Ints:
    worth = utility(goal, costs)
    if goal.common:
        return np.full(worth.shape[1], worth.sum(axis=1).argmax())
    return np.asarray(worth.argmax(axis=0))


def _best_accuracy(goal: Goal) -> Ints:
    return _best(goal, Costs())


def _best_utility(goal: Goal) -> Ints:
    return _best(goal, goal.costs)


def _equal(goal: Goal, key: str) -> Ints | None:
    """Return the edges at which every group's rate is nearest to one target, the target of highest utility.

    Targets lie halfway at most from everybody's rate at the middle to none or all: selecting nobody makes all rates
    equal, and serves nobody.
    """
    if goal.common:
        return None
    rates, worth = every_edge(goal)[key], utility(goal, goal.costs)
    known = np.flatnonzero(~np.isnan(rates).any(axis=0))
    targets = np.unique(np.round(rates[:, known].ravel(), 3))
    targets = targets[(targets > 0) & (targets < 1)]
    usual = float(rate_values(goal.table.at_edges(_middle(goal)).total(), goal.favourable, goal.costs)[key][0])
    near = targets[(targets >= usual / 2) & (targets <= (1 + usual) / 2)]
    targets = near if len(near) else targets
    if not len(targets):
        return None
    chosen = np.repeat(_middle(goal)[None, :], len(targets), axis=0)   # a group without the rate keeps the middle
    for g in known:
        chosen[:, g] = _nearest(rates[:, g], targets)
    spread = np.ptp(np.take_along_axis(rates, chosen, axis=0)[:, known], axis=1)
    total = np.take_along_axis(worth, chosen, axis=0).sum(axis=1)
    return np.asarray(chosen[np.where(spread <= max(NEAR, spread.min()), total, -np.inf).argmax()])


def _nearest(rates: Floats, targets: Floats) -> Ints:
    """Return per target the edge whose rate is nearest; rates fall as edges rise."""
    upward = rates[::-1]
    right = np.clip(np.searchsorted(upward, targets), 1, len(rates) - 1)
    nearer = np.where(targets - upward[right - 1] <= upward[right] - targets, right - 1, right)
    return np.asarray(len(rates) - 1 - nearer)


def _four_fifths(goal: Goal) -> Ints | None:
    """Return the edges of highest utility whose lowest favourable rate is at least 0.8 of the highest."""
    rates, worth = every_edge(goal)["favourable_rate"], utility(goal, goal.costs)
    worth = np.where(np.isnan(rates), -np.inf, worth)
    if goal.common:
        low, high = np.nanmin(rates, axis=1), np.nanmax(rates, axis=1)
        total = np.where((high > 0) & (low >= FOUR_FIFTHS * high), worth.sum(axis=1), -np.inf)
        return np.full(rates.shape[1], total.argmax()) if np.isfinite(total).any() else None
    ceilings = np.unique(rates[rates > 0])
    if len(ceilings) > MANY:   # to the thousandth: still within the window, perhaps not the very best
        ceilings = np.unique(np.ceil(ceilings * 1000) / 1000)
    best, choice = float("-inf"), None
    for ceiling in ceilings:
        inside = np.where((rates <= ceiling) & (rates >= FOUR_FIFTHS * ceiling), worth, -np.inf)
        reached = float(inside.max(axis=0).sum())
        if reached > best:
            best, choice = reached, np.asarray(inside.argmax(axis=0))
    return choice


PRESETS: dict[str, Preset] = {
    preset.key: preset
    for preset in (
        Preset("middle", "0.5 for all", "one threshold of 0.5, or the median where scores leave [0, 1]", _middle),
        Preset("accuracy", "best accuracy", "the fewest errors", _best_accuracy),
        Preset("utility", "lowest cost", "the lowest expected cost at the costs set here", _best_utility),
        Preset("selection", "equal selection", "near-equal selection rates, then the lowest cost",
               lambda goal: _equal(goal, "selection_rate")),
        Preset("opportunity", "equal opportunity", "near-equal true positive rates, then the lowest cost",
               lambda goal: _equal(goal, "true_positive_rate")),
        Preset("four_fifths", "four fifths", "lowest favourable rate at least 0.8 of the highest (a convention), then"
               " the lowest cost", _four_fifths),
    )
}
