"""Random questions for the frontier's solvers, and answers by other means: programmes over every point, brute force."""

import itertools

import numpy as np
from scipy.optimize import linprog

from engine.counting.index import index_rows
from engine.frontier.points import operating_points
from engine.frontier.problem import Problem
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES, Costs
from tests.build import groups

RATE = {
    "demographic_parity_difference": "selection_rate", "equal_opportunity_difference": "true_positive_rate",
    "predictive_equality_difference": "false_positive_rate", "demographic_parity_ratio": "selection_rate",
    "disparate_impact_ratio": "favourable_rate",
}


def rows(rng, n, count, ties):
    """Return scores, labels and codes; every group has both outcomes and its own base rate and signal."""
    codes = np.append(np.repeat(np.arange(count), 2), rng.integers(0, count, n - 2 * count)).astype(np.int32)
    label = (rng.random(n) < rng.uniform(0.15, 0.7, count)[codes]).astype(np.int8)
    label[: 2 * count] = np.tile([0, 1], count)
    scores = rng.normal(size=n) + rng.uniform(0.2, 2, count)[codes] * label + rng.normal(0, 0.4, count)[codes]
    return np.round(scores, 1) if ties else scores, label, codes


def problem(data, disparity="demographic_parity_difference", utility="accuracy", costs=None, weight=None, **more):
    scores, label, codes = data
    count = int(codes.max()) + 1
    points = operating_points(index_rows(scores, label, codes, groups(count), weight))
    compared = more.pop("compared", tuple(range(count)))
    return Problem(points, compared, DISPARITIES[disparity], UTILITIES[utility], costs or Costs(), **more)


def roc(data, group):
    """Return TP and FP of a group at every distinct threshold, counted row by row."""
    scores, label, codes = data
    mine, outcome = scores[codes == group], label[codes == group]
    cuts = np.append(np.inf, np.unique(mine)[::-1])
    return (np.array([((mine >= t) & (outcome == 1)).sum() for t in cuts], dtype=float),
            np.array([((mine >= t) & (outcome == 0)).sum() for t in cuts], dtype=float))


def rate_of(key, tp, fp, turned=False):
    rate = {"selection_rate": (tp + fp) / (tp[-1] + fp[-1]), "true_positive_rate": tp / tp[-1],
            "false_positive_rate": fp / fp[-1]}["selection_rate" if key == "favourable_rate" else key]
    return 1 - rate if turned else rate


def programme(data, keys, bound, ratio=False, worth=None, turned=False):
    """Return the best utility of lotteries over every point of every group: a linear programme, no hull."""
    count = int(data[2].max()) + 1
    curves = [roc(data, g) for g in range(count)]
    positives, negatives = (data[1] == 1).sum(), (data[1] == 0).sum()
    a, b, constant = worth or (1 / len(data[1]), 1 / len(data[1]), negatives / (positives + negatives))
    ends = np.cumsum([0, *(len(tp) for tp, _ in curves)])
    size = ends[-1] + len(keys)
    above, right = [], []
    for g, (tp, fp) in enumerate(curves):
        for q, key in enumerate(keys):
            row = np.zeros(size)
            row[ends[g] : ends[g + 1]] = rate_of(key, tp, fp, turned)
            low, high = row.copy(), row.copy()
            low[ends[-1] + q], high[ends[-1] + q] = (-bound, -1) if ratio else (-1, -1)
            above += [-low, high]
            right += [0, 0 if ratio else bound]
    one = np.zeros((count, size))
    for g in range(count):
        one[g, ends[g] : ends[g + 1]] = 1
    value = np.concatenate([a * tp - b * fp for tp, fp in curves] + [np.zeros(len(keys))])
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(-value, np.array(above), right, one, np.ones(count), bounds=(0, 1), method="highs", options=tight)
    return constant - found.fun


def every_tuple(data, value_of, utility_of):
    """Return the rate of each group (tuples, groups) and the utility of every tuple of thresholds."""
    count = int(data[2].max()) + 1
    curves = [roc(data, g) for g in range(count)]
    picks = np.array(list(itertools.product(*(range(len(tp)) for tp, _ in curves))))
    tp = np.stack([curve[0][picks[:, g]] for g, curve in enumerate(curves)], axis=1)
    fp = np.stack([curve[1][picks[:, g]] for g, curve in enumerate(curves)], axis=1)
    positives = np.array([curve[0][-1] for curve in curves])
    negatives = np.array([curve[1][-1] for curve in curves])
    with np.errstate(divide="ignore", invalid="ignore"):
        return value_of(tp, fp, positives, negatives), utility_of(tp.sum(1), fp.sum(1), positives.sum(),
                                                                  negatives.sum())
