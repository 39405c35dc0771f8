"""What carries the gap: additive explanations of the rows, averaged in A minus averaged in B, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import Estimate, Estimates, Floats, Ints

BETWEEN_FOLDS = "between the folds' models"
DRAWS = 1_000
CELLS_AT_ONCE = 2**22   # row weights of draws that are in memory together


@dataclass(frozen=True, eq=False)
class Explained:
    """Additive explanations of m rows: ``prediction = base + sum of phi``, by feature as the visitor named it."""

    rows: Ints               # (m,) positions in the data set
    phi: Floats              # (m, K)
    base: Floats             # (m,) what a model predicts before it knows the row; one number per fold's model
    prediction: Floats       # (m,) by the model itself, in `units`
    names: tuple[str, ...]   # of the K features
    units: str               # "log-odds", "probability" or "score"
    explainer: str           # how phi was computed, in words


@dataclass(frozen=True, eq=False)
class Contributions:
    """The gap, A minus B, and what each feature adds to it; contributions and `between` sum to the gap."""

    names: tuple[str, ...]
    contributions: Estimates         # (K,) in units of the prediction; n is the rows of both groups
    between: Estimate                # base values differ between folds; 0 where one model explains every row
    gap: Estimate
    means: tuple[float, float]       # mean prediction in A and in B
    rows: tuple[int, int]            # of A and of B
    order: Ints                      # (K,) largest contribution first, whatever its sign


def contributions(
    explained: Explained, in_a: NDArray[np.bool_], rng: np.random.Generator, weight: Floats | None = None,
    level: float = 0.95, draws: int = DRAWS,
) -> Contributions:
    """Return the mean of phi in A minus its mean in B, per feature, with percentile bootstrap intervals.

    For any additive explanation ``mean f in A - mean f in B = sum over features of (mean phi in A - mean phi in B)``
    plus the same difference of the base values, exactly. The bootstrap draws rows within A and within B and leaves the
    model and the explanations as they are: the interval is that of the rows, not of another training run.

    Parameters
    ----------
    explained
        Rows of A and B only.
    in_a
        (m,) which of them are in A; the others are in B.
    rng
        For the bootstrap.
    weight
        (m,) or None.

    Returns
    -------
    Contributions
        NaN with a reason where a group has no rows; no interval where one has a single row.

    References
    ----------
    Lundberg and Lee 2017, A unified approach to interpreting model predictions; Begley et al. 2020, Explainability for
    fair machine learning, for differences of groups' means.
    """
    columns = np.column_stack([explained.phi, explained.base, explained.prediction])
    mass = np.ones(len(columns)) if weight is None else weight
    count = int(in_a.sum()), int((~in_a).sum())
    sides = [(columns[side], mass[side]) for side in (in_a, ~in_a)]
    if min(count) == 0:
        return _none(explained, count)
    means = [weights @ values / weights.sum() for values, weights in sides]
    value = means[0] - means[1]
    low, high, reason = np.full(len(value), np.nan), np.full(len(value), np.nan), "no interval: a group has one row"
    if min(count) > 1:
        drawn = [_drawn_means(values, weights, rng, draws) for values, weights in sides]
        tail = (1 - level) / 2
        low, high = np.quantile(drawn[0] - drawn[1], [tail, 1 - tail], axis=0)
    why = None if min(count) > 1 else reason
    n, k = float(sum(count)), len(explained.names)
    parts = Estimates(value[:k], low[:k], high[:k], np.full(k, n), (why,) * k)
    between, gap = (Estimate(float(value[i]), float(low[i]), float(high[i]), n, why) for i in (k, k + 1))
    order = np.argsort(-np.abs(value[:k]), kind="stable")
    return Contributions(explained.names, parts, between, gap, (float(means[0][-1]), float(means[1][-1])), count, order)


def _drawn_means(values: Floats, weights: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Return (draws, columns) means of resampled rows; a row drawn k times counts k times."""
    m, found = len(values), []
    at_once = max(1, CELLS_AT_ONCE // m)
    for start in range(0, draws, at_once):
        size = min(at_once, draws - start)
        drawn = rng.multinomial(m, np.full(m, 1 / m), size=size) * weights
        found.append(drawn @ values / drawn.sum(axis=1, keepdims=True))
    return np.concatenate(found)


def _none(explained: Explained, count: tuple[int, int]) -> Contributions:
    k, n = len(explained.names), float(sum(count))
    reason = f"not estimable: group {'A' if count[0] == 0 else 'B'} has no row that is explained"
    nothing, one = np.full(k, np.nan), Estimate(np.nan, n=n, reason=reason)
    parts = Estimates(nothing, nothing, nothing, np.full(k, n), (reason,) * k)
    return Contributions(explained.names, parts, one, one, (np.nan, np.nan), count, np.arange(k))
