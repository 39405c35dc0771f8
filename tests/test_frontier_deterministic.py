"""One threshold per group: equal to brute force over every tuple of thresholds, whatever the rate."""

from __future__ import annotations

import numpy as np
import pytest

from engine.frontier import boxes, common, deterministic, parity
from engine.frontier.fractional import FractionalCurve, best
from engine.frontier.points import Points
from engine.frontier.windows import counted_up
from engine.metrics import Costs
from tests.frontier_problems import every_tuple, problem, rows

N = np.newaxis
RATES = {
    "demographic_parity_difference": lambda tp, fp, p, n: (tp + fp) / (p + n),
    "demographic_parity_ratio": lambda tp, fp, p, n: (tp + fp) / (p + n),
    "equal_opportunity_difference": lambda tp, fp, p, n: tp / p,
    "predictive_equality_difference": lambda tp, fp, p, n: fp / n,
    "predictive_parity_difference": lambda tp, fp, p, n: tp / (tp + fp),
    "accuracy_difference": lambda tp, fp, p, n: (tp + n - fp) / (p + n),
    "treatment_equality_difference": lambda tp, fp, p, n: np.where(fp > 0, (p - tp) / fp, np.nan),
}
UTILITIES = {
    "accuracy": lambda tp, fp, p, n: (tp + n - fp) / (p + n),
    "balanced_accuracy": lambda tp, fp, p, n: (tp / p + 1 - fp / n) / 2,
    "cost": lambda tp, fp, p, n: -(3 * fp + 0.5 * (p - tp)) / (p + n),
    "f1": lambda tp, fp, p, n: 2 * tp / (tp + fp + p),
}


def instance(seed, most=36):
    rng = np.random.default_rng(seed)
    count = 2 + seed % 2
    return rows(rng, int(rng.integers(6 * count, most)), count, ties=seed % 3 > 0)


def by_force(rates, utility, bound, ratio):
    """Return the best utility within a bound over every tuple; -inf where none is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = rates.min(1) / rates.max(1) if ratio else np.ptp(rates, axis=1)
        within = gap >= bound - 1e-12 if ratio else gap <= bound + 1e-12
    return utility[within].max(initial=-np.inf), gap


def solve(asked, utility):
    return FractionalCurve(asked, deterministic.solve) if utility == "f1" else deterministic.solve(asked)


@pytest.mark.parametrize("key", RATES)
@pytest.mark.parametrize("seed", range(24))
def test_equals_every_tuple_of_thresholds(key, seed):
    data, utility = instance(seed), list(UTILITIES)[seed % 4]
    asked = problem(data, key, utility, Costs(3, 0.5))
    curve, ratio = solve(asked, utility), key.endswith("ratio")
    rates, values = every_tuple(data, RATES[key], UTILITIES[utility])
    for bound in ((0.0, 0.5, 0.8, 0.9, 1.0) if ratio else (0.0, 0.02, 0.05, 0.1, 0.3, 1.0)):
        best, _ = by_force(rates, values, bound, ratio)
        choice = curve.at(bound)
        if choice is None:
            assert best == -np.inf
            continue
        assert abs(choice.utility - best) < 1e-12
        assert abs(asked.value(choice.mixes) - best) < 1e-12
        gap = asked.disparity(choice.mixes)
        assert gap >= bound - 1e-9 if ratio else gap <= bound + 1e-9


@pytest.mark.parametrize("key", ["demographic_parity_difference", "demographic_parity_ratio",
                                 "predictive_parity_difference"])
@pytest.mark.parametrize("seed", range(6))
def test_the_whole_staircase_is_that_of_every_tuple(key, seed):
    data, ratio = instance(seed), key.endswith("ratio")
    curve = deterministic.solve(problem(data, key))
    rates, values = every_tuple(data, RATES[key], UTILITIES["accuracy"])
    for gap, utility in zip(curve.disparity, curve.utility, strict=True):
        assert abs(by_force(rates, values, gap, ratio)[0] - utility) < 1e-12
    best, gaps = by_force(rates, values, 0 if ratio else np.inf, ratio)
    assert abs(curve.utility.max() - best) < 1e-12
    distinct = np.unique(np.round(gaps[~np.isnan(gaps)], 12))
    reached = [by_force(rates, values, gap, ratio)[0] for gap in distinct]
    assert len(np.unique(np.round(reached, 12))) == len(curve.disparity)


@pytest.mark.parametrize("seed", range(12))
def test_equalised_odds_equals_every_tuple(seed):
    data = instance(seed)
    asked = problem(data, "equalized_odds_difference")
    curve = boxes.solve(asked)
    tpr, values = every_tuple(data, RATES["equal_opportunity_difference"], UTILITIES["accuracy"])
    fpr, _ = every_tuple(data, RATES["predictive_equality_difference"], UTILITIES["accuracy"])
    gap = np.maximum(np.ptp(tpr, axis=1), np.ptp(fpr, axis=1))
    for bound in (0.0, 0.05, 0.15, 0.4, 1.0):
        choice = curve.at(bound)
        assert abs(choice.utility - values[gap <= bound + 1e-12].max()) < 1e-12
        assert asked.disparity(choice.mixes) <= bound + 1e-9


@pytest.mark.parametrize("count", [2, 4, 9])
@pytest.mark.parametrize("key", ["demographic_parity_difference", "equal_opportunity_difference",
                                 "demographic_parity_ratio"])
def test_the_certified_search_finds_what_a_search_of_everything_finds(key, count, monkeypatch):
    data = rows(np.random.default_rng(count), 6000, count, ties=False)
    curve = deterministic.solve(problem(data, key))
    plain = deterministic.Windows(curve.search.groups, curve.search.base, curve.search.ratio, None)
    for bound in (0.7, 0.8, 0.95, 1.0) if key.endswith("ratio") else (0.0, 0.001, 0.01, 0.05, 0.2):
        every = plain.solve(bound)
        assert abs(curve.at(bound).utility - plain.base - deterministic.worth_of(plain.groups, every)) < 1e-12


@pytest.mark.parametrize("key", ["demographic_parity_difference", "disparate_impact_ratio"])
@pytest.mark.parametrize("solve", [deterministic.solve, parity.solve])
def test_a_search_that_begins_at_tighter_answers_ends_where_one_from_nothing_does(key, solve):
    asked = problem(rows(np.random.default_rng(5), 120, 3, ties=False), key, "f1")
    curve = FractionalCurve(asked, solve)
    assert len(curve.disparity) > 10
    for bound, utility in zip(curve.disparity, curve.utility, strict=True):
        alone = best(asked, solve, float(bound))
        assert utility == pytest.approx(alone.utility, abs=1e-12)
        again = curve.at(float(bound))
        assert again.utility == utility == pytest.approx(asked.value(again.mixes), abs=1e-12)
    assert (np.diff(curve.utility if key.endswith("difference") else curve.utility[::-1]) >= 0).all()


def test_counting_up_is_a_search_of_every_end():
    rng = np.random.default_rng(0)
    for many, few in ((40, 7), (7, 40), (0, 5), (5, 0)):
        rates, ends = np.unique(rng.integers(0, 30, many) / 30), np.sort(rng.integers(-3, 33, few) / 30)
        for side in ("left", "right"):
            assert counted_up(rates, ends, side).tolist() == np.searchsorted(rates, ends, side).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_lots_are_never_worse_and_a_common_threshold_never_better(seed):
    data = rows(np.random.default_rng(seed), 3000, 4, ties=seed % 2 == 0)
    asked = problem(data, list(RATES)[seed % 4])
    lots, one, each = parity.solve(asked), common.solve(asked), deterministic.solve(asked)
    for bound in (0.01, 0.05, 0.2, 0.6, 0.9):
        highest = lots.at(bound).utility
        assert each.at(bound).utility <= highest + 1e-12
        if one.at(bound) is not None:
            assert one.at(bound).utility <= each.at(bound).utility + 1e-12


def test_drawn_steps_of_a_large_frontier_are_on_it():
    curve = deterministic.solve(problem(rows(np.random.default_rng(0), 4000, 3, ties=False)))
    assert curve.search.size > deterministic.WHOLE
    assert (np.diff(curve.disparity) > 0).all()
    assert (np.diff(curve.utility) > 0).all()
    for gap, utility in zip(curve.disparity, curve.utility, strict=True):
        assert abs(curve.at(float(gap)).utility - utility) < 1e-12


# One common threshold.

@pytest.mark.parametrize("utility", UTILITIES)
@pytest.mark.parametrize("key", RATES)
def test_one_common_threshold_equals_counting_each(key, utility):
    scores, label, codes = data = instance(5, most=60)
    asked = problem(data, key, utility, Costs(3, 0.5))
    curve, ratio = common.solve(asked), key.endswith("ratio")
    cuts = np.append(np.inf, np.unique(scores)[::-1])
    count = codes.max() + 1
    tp = np.array([[((scores >= t) & (label == 1) & (codes == g)).sum() for g in range(count)] for t in cuts])
    fp = np.array([[((scores >= t) & (label == 0) & (codes == g)).sum() for g in range(count)] for t in cuts])
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = RATES[key](tp.astype(float), fp.astype(float), tp[-1].astype(float), fp[-1].astype(float))
    values = UTILITIES[utility](tp.sum(1), fp.sum(1), tp[-1].sum(), fp[-1].sum())
    for bound in (0.0, 0.1, 0.3, 0.8, 1.0):
        best, _ = by_force(rates, values, bound, ratio)
        choice = curve.at(bound)
        assert (choice is None) == (best == -np.inf)
        if choice is not None:
            assert abs(choice.utility - best) < 1e-12
            chosen = scores >= choice.threshold
            value = UTILITIES[utility]((chosen & (label == 1)).sum(), (chosen & (label == 0)).sum(),
                                       (label == 1).sum(), (label == 0).sum())
            assert abs(value - best) < 1e-12


# Thresholds and points.

def test_thresholds_lie_midway_and_keep_their_ends():
    points = Points(np.array([3.0, 2.0, -1.0]), np.array([[0, 0, 0], [0, 1, 0], [1, 1, 0], [2, 1, 0]]), 3)
    assert [points.threshold(i) for i in range(4)] == [np.inf, 2.5, 0.5, -np.inf]
    assert [points.reached(points.threshold(i)) for i in range(4)] == [0, 1, 2, 3]


def test_a_midpoint_of_neighbouring_floats_is_the_upper_one():
    upper = np.nextafter(1.0, 2)
    points = Points(np.array([upper, 1.0]), np.array([[0, 0, 0], [0, 1, 0], [1, 1, 0]]), 2)
    assert points.threshold(1) == upper
    assert points.reached(points.threshold(1)) == 1
