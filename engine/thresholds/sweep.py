"""A rate against the threshold, every group, with its interval band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.assessment.rates import Reading, rate_bounds, resampled_bounds
from engine.counting.groups import Groups
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.errors import invalid
from engine.metrics import RATES, rate_values
from engine.types import Floats

POINTS = 513
BAND_REPLICATES = 200


@dataclass(frozen=True, eq=False)
class Sweep:
    """One rate at Q common thresholds for G groups; NaN where it is undefined."""

    key: str
    groups: Groups
    thresholds: Floats   # (Q,)
    value: Floats        # (Q, G)
    low: Floats
    high: Floats


def sweep(
    index: ScoreIndex | CountTable, attributes: Sequence[str], key: str, reading: Reading, points: int = POINTS,
    seed: int = 0,
) -> Sweep:
    """Return a rate of every group at thresholds over the score's range; O(points x groups), rows not touched.

    Parameters
    ----------
    index
        Exact index or count table over at least the attributes.
    key
        Key of `RATES`.
    points
        Thresholds: evenly spaced from the lowest to the highest score; every value where the score has fewer.

    Raises
    ------
    InvalidData
        Where the rate is not registered.
    """
    if key not in RATES:
        raise invalid("the metric must be a registered rate", "metric", repr(key), f"use one of {', '.join(RATES)}")
    thresholds = sweep_thresholds(index, points)
    groups, place = index.groups.project(attributes)
    grid = np.repeat(thresholds[:, None], len(index.groups), axis=1)
    counts = index.at(grid).fold(place, len(groups))
    values = rate_values(counts, reading.favourable, reading.costs)
    bounds = rate_bounds(counts, values, reading)
    if key not in bounds:
        bounds[key] = resampled_bounds(counts, values[key], reading, np.random.default_rng(seed), BAND_REPLICATES)
    value = values[key]
    if RATES[key].needs_outcome and not reading.has_outcome:
        value = np.full_like(value, np.nan)
    low, high = (np.where(np.isnan(value), np.nan, bound) for bound in bounds[key])
    return Sweep(key, groups, thresholds, value, low, high)


def sweep_thresholds(index: ScoreIndex | CountTable, points: int) -> Floats:
    """Return the thresholds of a sweep: even steps, or the score's values where there are fewer."""
    scores = index.edges if isinstance(index, CountTable) else index.scores
    if not len(scores):
        return np.zeros(0)
    few = np.unique(scores) if len(scores) <= points else _few(scores, points)
    if few is not None and len(few) <= points:
        return few
    low, high = float(scores.min()), float(scores.max())
    even = np.linspace(low, high, points)
    if isinstance(index, CountTable):   # a table is exact at its edges only
        return np.unique(index.edges[np.minimum(index.edge_of(even), len(index.edges) - 1)])
    return even


def _few(scores: Floats, points: int) -> Floats | None:
    """Return the distinct scores unless a sample already shows too many."""
    sample = np.unique(scores[:: max(1, len(scores) // (16 * points))])
    return None if len(sample) > points else np.unique(scores)
