"""Groups by decision, counted: rates, the measure that an audit looks at, and distances between two such tables.

A table of cells is (..., G, 2): groups in rows, the unfavourable decision first. With two sides the first row is the
unprivileged one and the ratio keeps its direction, so that it may exceed 1; with more groups it is smallest by largest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.types import Codes, Floats, Ints, Labels

Counts = NDArray[Any]   # (..., G, 2) whole numbers or shares
Metric = Literal["disparate_impact_ratio", "demographic_parity_difference", "equal_opportunity_difference"]
METRICS: tuple[Metric, ...] = (
    "disparate_impact_ratio", "demographic_parity_difference", "equal_opportunity_difference",
)
SQUARED = np.array([0.0, 1.0, 2.0])   # squared distance of two cells that differ in 0, 1 or 2 respects


@dataclass(frozen=True)
class Goal:
    """What is to be reached: at least `target` for a ratio, at most `target` for a difference."""

    metric: Metric = "disparate_impact_ratio"
    target: float = 0.8

    @property
    def ratio(self) -> bool:
        """Whether the measure is a ratio; else it is a difference."""
        return self.metric == "disparate_impact_ratio"

    def value(self, counts: Counts) -> Floats:
        """Return the measure of each table, (...); NaN at 0/0."""
        return ratio(counts) if self.ratio else difference(counts)

    def closeness(self, counts: Counts) -> Floats:
        """Return the measure turned so that more is closer to the goal."""
        return self.value(counts) if self.ratio else -self.value(counts)

    def reached(self, counts: Counts) -> bool:
        """Return whether one table reaches the target; NaN does not."""
        return bool(self.closeness(counts) >= (self.target if self.ratio else -self.target) - 1e-12)


def tally(group: Codes, decision: Labels, groups: int) -> Ints:
    """Return the cells of rows, (G, 2).

    >>> tally(np.array([0, 0, 1]), np.array([0, 1, 1], dtype=np.int8), 2)
    array([[1, 1],
           [0, 1]])
    """
    return np.bincount(2 * group.astype(np.int64) + decision, minlength=2 * groups).reshape(groups, 2).astype(np.int64)


def rates(counts: Counts) -> Floats:
    """Return the share of the favourable decision in each group, (..., G); NaN for a group without rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: Floats = counts[..., 1] / counts.sum(axis=-1)
    return shares


def ratio(counts: Counts) -> Floats:
    """Return the disparate impact ratio, (...): unprivileged by privileged for two sides, else smallest by largest.

    NaN where a group has no rows or the denominator is 0.

    >>> ratio(np.array([[1478, 160], [2267, 1095]])).round(4)
    np.float64(0.2999)
    """
    shares = rates(counts)
    two = shares.shape[-1] == 2
    top, bottom = (shares[..., 0], shares[..., 1]) if two else (shares.min(axis=-1), shares.max(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(bottom > 0, top / bottom, np.nan)
    return found[()]


def difference(counts: Counts) -> Floats:
    """Return the parity difference, (...): privileged less unprivileged for two sides, else largest less smallest."""
    shares = rates(counts)
    if shares.shape[-1] == 2:
        found: Floats = shares[..., 1] - shares[..., 0]
        return found
    spread: Floats = shares.max(axis=-1) - shares.min(axis=-1)
    return spread


def shares_of(counts: Counts) -> Floats:
    """Return each table as shares of its total, (..., G, 2)."""
    total: Floats = counts / counts.sum(axis=(-2, -1), keepdims=True)
    return total


def kl(first: Counts, second: Counts) -> Floats:
    """Return the Kullback-Leibler divergence of `first` from `second` in nats, (...); inf where second lacks a cell.

    >>> kl(np.array([[1, 1], [1, 1]]), np.array([[1, 1], [1, 1]]))
    np.float64(0.0)
    """
    p, q = np.broadcast_arrays(shares_of(first), shares_of(second))
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    found: Floats = terms.sum(axis=(-2, -1))
    return found


def wasserstein(first: Counts, second: Counts) -> Floats:
    """Return the Wasserstein-1 distance of two tables, (...), exactly and without a solver.

    Cells that differ in group or decision lie 1 apart, in both the square root of 2. All mass T that is out of place
    moves at least 1; only what must change its decision and finds no place in its own group moves further.
    """
    excess = shares_of(first) - shares_of(second)
    give, take = np.clip(excess, 0, None), np.clip(-excess, 0, None)
    changing = excess[..., 1].sum(axis=-1)   # mass that must turn from the favourable decision, signed
    down = np.minimum(give[..., 1], take[..., 0]).sum(axis=-1)
    up = np.minimum(give[..., 0], take[..., 1]).sum(axis=-1)
    twice = np.clip(np.abs(changing) - np.where(changing > 0, down, up), 0, None)
    found: Floats = give.sum(axis=(-2, -1)) + (2**0.5 - 1) * twice
    return found


def mmd(first: Counts, second: Counts, gamma: float = 1.0) -> Floats:
    """Return the squared maximum mean discrepancy of two tables, (...), under the kernel exp(-gamma distance²)."""
    excess = shares_of(first) - shares_of(second)
    size = excess.shape[-2]
    apart = (np.eye(size) == 0)[:, None, :, None].astype(int) + (np.eye(2) == 0)[None, :, None, :]
    kernel = np.exp(-gamma * SQUARED[apart])
    found: Floats = np.einsum("...gy,gyhz,...hz->...", excess, kernel, excess, optimize=True)
    return found
