"""Randomised frontiers: equal to a linear programme over every point, and shaped as theory says."""

from __future__ import annotations

import numpy as np
import pytest

from engine.frontier import parity
from engine.metrics import Costs
from tests.frontier_problems import RATE, problem, programme, roc, rows

DIFFERENCES = [key for key in RATE if key.endswith("difference")]


def instance(seed, most=90):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 7))
    return rows(rng, int(rng.integers(5 * count, most)), count, ties=bool(seed % 2)), rng


def compare(seed):
    data, rng = instance(seed)
    key = list(RATE)[seed % len(RATE)]
    turned = key == "disparate_impact_ratio" and seed % 3 == 0
    asked = problem(data, key, favourable="not-selected" if turned else "selected")
    curve = parity.solve(asked)
    ratio = key.endswith("ratio")
    bounds = [0.0, 0.05, float(rng.random()), *([0.8, 1.0] if ratio else [])]
    for bound in bounds:
        choice = curve.at(bound)
        assert abs(choice.utility - programme(data, [RATE[key]], bound, ratio, turned=turned)) < 1e-12
        assert abs(asked.value(choice.mixes) - choice.utility) < 1e-12
        gap = asked.disparity(choice.mixes)
        assert np.isnan(gap) or (gap >= bound - 1e-9 if ratio else gap <= bound + 1e-9)


@pytest.mark.parametrize("start", range(0, 120, 20))
def test_equals_a_programme_over_every_point(start):
    for seed in range(start, start + 20):
        compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(120, 720, 50))
def test_equals_a_programme_over_every_point_on_many_more(start):
    for seed in range(start, start + 50):
        compare(seed)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("utility", ["cost", "balanced_accuracy"])
def test_equals_a_programme_for_other_utilities(seed, utility):
    data, _ = instance(seed + 1000)
    positives, negatives = (data[1] == 1).sum(), (data[1] == 0).sum()
    n, costs = positives + negatives, Costs(2.5, 0.75)
    worth = {"cost": (0.75 / n, 2.5 / n, -0.75 * positives / n),
             "balanced_accuracy": (0.5 / positives, 0.5 / negatives, 0.5)}[utility]
    curve = parity.solve(problem(data, utility=utility, costs=costs))
    for bound in (0.0, 0.1):
        assert abs(curve.at(bound).utility - programme(data, ["selection_rate"], bound, worth=worth)) < 1e-12


@pytest.mark.parametrize("seed", range(40))
def test_a_difference_s_frontier_rises_and_bends_down(seed):
    data, _ = instance(seed, most=400)
    curve = parity.solve(problem(data, DIFFERENCES[seed % 3]))
    gap, utility = curve.disparity, curve.utility
    assert gap[0] == 0
    assert (np.diff(gap) > 0).all()
    slopes = np.diff(utility) / np.diff(gap)
    assert (slopes > -1e-12).all()
    assert (np.diff(slopes) < 1e-7).all()   # slopes of very short pieces are rounded
    middles = (gap[1:] + gap[:-1]) / 2
    assert np.allclose([curve.at(float(e)).utility for e in middles], (utility[1:] + utility[:-1]) / 2, atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_a_ratio_s_frontier_falls_as_more_is_asked(seed):
    data, _ = instance(seed, most=300)
    curve = parity.solve(problem(data, "demographic_parity_ratio"))
    assert (np.diff(curve.disparity) > 0).all()
    assert (np.diff(curve.utility) < 1e-12).all()


@pytest.mark.parametrize("key", RATE)
def test_one_group_and_identical_groups_give_a_single_point(key):
    rng = np.random.default_rng(3)
    scores, label, _ = rows(rng, 80, 2, ties=True)
    single = (scores, label, np.zeros(80, dtype=np.int32))
    twins = (np.tile(scores, 3), np.tile(label, 3), np.repeat(np.arange(3), 80).astype(np.int32))
    ideal = 1.0 if key.endswith("ratio") else 0.0
    tp, fp = roc(single, 0)
    best = ((tp - fp).max() + (label == 0).sum()) / 80
    for data in (single, twins):
        curve = parity.solve(problem(data, key))
        assert curve.disparity.tolist() == [ideal]
        assert abs(curve.utility[0] - best) < 1e-12


@pytest.mark.parametrize("seed", range(10))
def test_the_price_is_the_slope(seed):
    data, _ = instance(seed, most=300)
    for key in ("demographic_parity_difference", "demographic_parity_ratio"):
        curve = parity.solve(problem(data, key))
        for bound in (0.13, 0.31, 0.77):
            step = 1e-7 if key.endswith("ratio") else -1e-7
            lost = curve.at(bound).utility - curve.at(bound + step).utility
            assert abs(lost / 1e-7 - curve.at(bound).price) < 1e-5


def test_at_most_the_groups_at_a_bound_draw_lots():
    data, _ = instance(7, most=300)
    choice = parity.solve(problem(data)).at(0.02)
    assert all(1 <= len(mix) <= 2 and abs(sum(p for _, p in mix) - 1) < 1e-12 for mix in choice.mixes)


def test_no_gap_below_zero_and_no_ratio_above_one():
    data, _ = instance(1)
    assert parity.solve(problem(data)).at(-0.1) is None
    assert parity.solve(problem(data, "demographic_parity_ratio")).at(1.1) is None


@pytest.mark.parametrize("seed", range(8))
def test_rows_without_an_outcome_move_selection_rates(seed):
    """The hull is then made over all rows; no lottery between any two points may beat it."""
    scores, label, codes = rows(np.random.default_rng(seed), 60, 2, ties=True)
    label = label.copy()
    label[10::4] = -1
    asked = problem((scores, label, codes))
    choice = parity.solve(asked).at(0.0)
    best = -np.inf
    for point in np.linspace(0, 1, 401):
        total = asked.base(asked.payoff)
        for points in asked.chosen:
            rate, worth = points.rate("selection_rate", "selected"), asked.payoff.worth(points.selected)
            i, j = np.nonzero((rate[:, None] <= point) & (rate >= point))
            share = np.where(rate[j] > rate[i], (point - rate[i]) / np.maximum(rate[j] - rate[i], 1e-300), 0)
            total += ((1 - share) * worth[i] + share * worth[j]).max()
        best = max(best, total)
    assert choice.utility >= best - 1e-12
    assert abs(asked.value(choice.mixes) - choice.utility) < 1e-12
