"""How well held-out predictions do: loss, area under the curve, root mean squared error, ranked probability score."""

from __future__ import annotations

import math

import numpy as np

from engine.dependence.families import Family
from engine.intervals import auc, auc_bounds, quantile
from engine.types import Estimate, Floats

COUNTS_UP_TO = 10   # the authors' sum stops there; a distribution function is 1 beyond


def performance(family: Family, outcome: Floats, expected: Floats, weight: Floats | None, level: float) -> Estimate:
    """Return the family's measure of performance, with an interval over rows."""
    z = quantile(level)
    if family.performance == "auc":
        return area(outcome, expected, weight, z)
    if family.performance == "rps":
        return mean(ranked_probability_score(expected, outcome), weight, z)
    squared = mean((outcome - expected) ** 2, weight, z)
    low, high = (math.sqrt(max(0.0, end)) for end in (squared.low, squared.high))
    return Estimate(math.sqrt(squared.value), low, high, squared.n, squared.reason)


def loss(
    family: Family, outcome: Floats, predictor: Floats, expected: Floats, exposure: Floats | None,
    weight: Floats | None, level: float,
) -> Estimate:
    """Return the mean loss without the penalty, with an interval over rows."""
    offset = 0.0 if exposure is None else np.log(exposure)
    return mean(family.loss(outcome, predictor, expected, offset), weight, quantile(level))


def mean(rows: Floats, weight: Floats | None, z: float) -> Estimate:
    """Return a mean over rows with its normal interval; no interval for a single row.

    >>> mean(np.array([1.0, 3.0]), None, 2.0)
    Estimate(value=2.0, low=0.0, high=4.0, n=2, reason=None)
    """
    weight = np.ones(len(rows)) if weight is None else weight
    if not len(rows):
        return Estimate(math.nan, reason="not estimable: no rows")
    total = float(weight.sum())
    value = float(weight @ rows) / total
    size = total**2 / float(weight @ weight)   # Kish's effective number of rows
    if size <= 1:
        return Estimate(value, n=len(rows), reason="no interval: one row")
    error = math.sqrt(float(weight @ (rows - value) ** 2) / total / (size - 1))
    return Estimate(value, value - z * error, value + z * error, len(rows))


def area(outcome: Floats, score: Floats, weight: Floats | None, z: float) -> Estimate:
    """Return the area under the ROC curve, ties one half; NaN with its reason where one outcome does not occur."""
    order = np.argsort(-score, kind="stable")
    weight = np.ones(len(score)) if weight is None else weight
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    positive = outcome[order] > 0.5

    def counted(rows: Floats) -> Floats:
        return np.append(0.0, np.cumsum(rows)[ends])

    mine = weight[order]
    value, error = auc(counted(mine * positive), counted(mine * ~positive), counted(mine**2 * positive),
                       counted(mine**2 * ~positive))
    if math.isnan(value):
        return Estimate(math.nan, n=len(score), reason="not estimable: one of the two outcomes does not occur")
    rarer = min(int(positive.sum()), int((~positive).sum()))
    low, high = auc_bounds(np.array(value), np.array(error), np.array(float(rarer)), z)
    return Estimate(value, float(low), float(high), len(score))


def ranked_probability_score(expected: Floats, count: Floats, up_to: int = COUNTS_UP_TO) -> Floats:
    """Return each row's ranked probability score of a Poisson forecast, (n,): lower is better.

    The sum over k from 0 to `up_to` of the squared difference between the forecast's distribution function at k and
    the observed step.

    References
    ----------
    Epstein 1969, A scoring system for probability forecasts of ranked categories.

    Examples
    --------
    A forecast of 0 claims is right for certain when there were none, and off by 1 at k = 0 when there was one.

    >>> ranked_probability_score(np.array([0.0, 0.0]), np.array([0.0, 1.0]))
    array([0., 1.])
    """
    term = np.exp(-expected)
    cumulative = term.copy()
    score = (cumulative - (count <= 0)) ** 2
    for k in range(1, up_to + 1):
        term = term * expected / k
        cumulative = cumulative + term
        score += (cumulative - (k >= count)) ** 2
    return score
