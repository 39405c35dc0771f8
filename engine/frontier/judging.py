"""Utility and disparity of decisions that are already made, from their counts: for models that decide by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.assessment.disparities import compared, disparity
from engine.assessment.rates import Reading, estimate_rates
from engine.counting.counts import GroupCounts
from engine.counting.groups import Groups
from engine.frontier import Reported
from engine.frontier.dominance import Volume, hypervolume_interval
from engine.frontier.points import rate_of
from engine.frontier.problem import extent
from engine.frontier.request import Request
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES, Costs, rate_values
from engine.types import Codes, Dataset, Estimate, Estimates, Favourable, Floats, Ints

DRAWS = 200
SELECTED, REST = [1, 0, 4], [3, 2, 5]   # of CELLS, by outcome: not positive, positive, unknown


def expected(dataset: Dataset, codes: Codes, chance: Floats, rows: np.ndarray, groups: int) -> GroupCounts:
    """Return expected counts per group, over some rows, where each row is selected with a given chance (n,)."""
    p = chance[rows]
    label = np.full(len(p), -1, dtype=np.int8) if dataset.label is None else dataset.label[rows]
    place = codes[rows].astype(np.int64) * 6
    chosen = place + np.where(label == 1, 0, np.where(label == 0, 1, 4))
    left = place + np.where(label == 1, 2, np.where(label == 0, 3, 5))

    def counted(weight: Floats) -> Floats:
        cells: Floats = np.bincount(chosen, weight * p, minlength=groups * 6).astype(np.float64)
        cells += np.bincount(left, weight * (1 - p), minlength=groups * 6)
        return cells.reshape(groups, 6)

    one = np.ones(len(p))
    if dataset.weight is None:
        return GroupCounts(counted(one), counted(one))
    weight = dataset.weight[rows]
    return GroupCounts(counted(weight), counted(one), counted(weight**2))


def reported(counts: GroupCounts, groups: Groups, request: Request, dataset: Dataset) -> Reported:
    """Return utility and disparity of counts, with intervals; as `engine.assessment` does."""
    utility, rng = UTILITIES[request.utility], np.random.default_rng(request.seed)
    reading = Reading(dataset.roles.favourable, Costs(request.cost_fp, request.cost_fn), request.level, True)
    rate = estimate_rates(counts.total(), ("all",), reading, rng)[utility.rate][0]
    if utility.sign < 0:
        rate = Estimate(-rate.value, -rate.high, -rate.low, rate.n, rate.reason)
    nothing = np.full(len(groups), np.nan)
    areas = Estimates(nothing, nothing, nothing, nothing, (None,) * len(groups))
    rates = estimate_rates(counts, groups.names, reading, rng)
    found = compared(counts, rates, areas, nothing, reading)
    sizes = counts.sizes.astype(np.float64)
    gap = disparity(DISPARITIES[request.disparity], found, groups.names, sizes, request.min_group, request.level, rng)
    left = {name for name, _ in gap.left_out}
    rows = sum(float(size) for name, size in zip(groups.names, sizes, strict=True) if name not in left)
    return Reported(rate, Estimate(gap.value, gap.low, gap.high, rows, gap.reason), gap.left_out)


def objectives(utility: Floats, gap: Floats, request: Request) -> Floats:
    """Return both as columns in which higher is better; a disparity that is not estimable counts as the worst."""
    sign = 1.0 if DISPARITIES[request.disparity].form == "ratio" else -1.0
    return np.stack([utility, np.where(np.isnan(gap), _worst(request), sign * gap)], axis=-1)


@dataclass(frozen=True, eq=False)
class Resampler:
    """Draws of some rows, the same for every point: models are judged on one sample, so their counts move together."""

    rows: Ints           # (m,) positions among all rows, in order of cell
    starts: Ints         # (3 G + 1,) of the cells, group by outcome
    weights: NDArray[np.uint8]   # (R, m) how often each draw holds each row
    mass: Floats         # (m,) weights of the rows

    @staticmethod
    def of(dataset: Dataset, codes: Codes, rows: NDArray[np.bool_], groups: int, seed: int) -> Resampler:
        """Return `DRAWS` draws of the rows: Poisson weights, whose sums are those of resampling."""
        chosen = np.flatnonzero(rows)
        label = np.full(len(chosen), -1) if dataset.label is None else dataset.label[chosen]
        cell = codes[chosen].astype(np.int64) * 3 + np.where(label < 0, 2, label)
        order = np.argsort(cell, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=3 * groups))])
        weights = np.random.default_rng(seed).poisson(1.0, (DRAWS, len(chosen))).astype(np.uint8)
        mass = np.ones(len(chosen)) if dataset.weight is None else dataset.weight[chosen][order]
        return Resampler(chosen[order], starts, weights, mass)

    def draws(self, chances: Floats) -> Floats:
        """Return (R, P, G, 6) expected counts of P decisions, given as chances (n, P) of all rows.

        A row whose chance is NaN has no score: it is counted nowhere, as in an index of scores.
        """
        cells = len(self.starts) - 1
        found = np.zeros((DRAWS, chances.shape[1], cells, 2))
        for c, (a, b) in enumerate(pairwise(self.starts)):
            weight = self.weights[:, a:b] * self.mass[a:b]
            chance = chances[self.rows[a:b]]
            known = ~np.isnan(chance)
            counted = weight.sum(axis=1)[:, None] if known.all() else weight @ known.astype(np.float64)
            found[:, :, c, 0] = weight @ np.where(known, chance, 0.0)
            found[:, :, c, 1] = counted - found[:, :, c, 0]
        slots = found.reshape(DRAWS, chances.shape[1], cells // 3, 3, 2)
        counts = np.zeros((*slots.shape[:3], 6))
        counts[..., SELECTED], counts[..., REST] = slots[..., 0], slots[..., 1]
        return counts


def covered(cells: Floats, draws: Floats, request: Request, favourable: Favourable) -> Volume:
    """Return the hypervolume of points (P, G, 6) above deciding alike for everybody at the widest disparity.

    `draws` (R, P, G, 6) are the same points on resampled rows. The best of many noisy points is too good on each draw,
    so the interval is the basic bootstrap's, which turns that error round.
    """
    alike = np.zeros((2, *cells.shape[1:]))
    alike[0][:, SELECTED] = cells[0][:, SELECTED] + cells[0][:, REST]
    alike[1][:, REST] = alike[0][:, SELECTED]
    usual = float(_measured(alike, alike[0], request, favourable)[:, 0].max())
    reference = np.array([usual, _worst(request)])
    return hypervolume_interval(_measured(cells, cells[0], request, favourable),
                                _measured(draws, cells[0], request, favourable), reference, request.level)


def _measured(cells: Floats, sizes: Floats, request: Request, favourable: Favourable) -> Floats:
    """Return both objectives of counts (..., G, 6); groups are compared where `sizes` (G, 6) are large enough."""
    utility, rule = UTILITIES[request.utility], DISPARITIES[request.disparity]
    everybody = cells.sum(axis=-2, keepdims=True)
    costs = Costs(request.cost_fp, request.cost_fn)
    value = utility.sign * rate_values(GroupCounts(everybody, everybody), favourable, costs)[utility.rate][..., 0]
    large = sizes.sum(axis=-1) >= request.min_group
    selected, rest = cells[..., large, :][..., SELECTED], cells[..., large, :][..., REST]
    gaps = [extent(rule, rate_of(key, selected, selected + rest, favourable)) for key in rule.rates]
    return objectives(value, np.max(gaps, axis=0), request)


def _worst(request: Request) -> float:
    return 0.0 if DISPARITIES[request.disparity].form == "ratio" else -1.0
