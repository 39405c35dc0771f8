"""Linear programmes: equalised odds, capacities, floors and mixtures, and the frontier by tangents."""

from __future__ import annotations

import numpy as np
import pytest

from engine.frontier import odds, parity
from engine.frontier.fractional import FractionalCurve
from engine.frontier.problem import Limit
from tests.frontier_problems import RATE, every_tuple, problem, programme, rows

ODDS = "equalized_odds_difference"


def instance(seed, most=150):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    return rows(rng, int(rng.integers(6 * count, most)), count, ties=bool(seed % 2))


@pytest.mark.parametrize("seed", range(60))
def test_equalised_odds_equals_a_programme_over_every_point(seed):
    data = instance(seed)
    asked = problem(data, ODDS)
    curve = odds.solve(asked)
    for bound in (0.0, 0.02, 0.1, 0.3):
        choice = curve.at(bound)
        assert abs(choice.utility - programme(data, ["true_positive_rate", "false_positive_rate"], bound)) < 1e-9
        assert abs(asked.value(choice.mixes) - choice.utility) < 1e-9
        assert asked.disparity(choice.mixes) <= bound + 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_tangents_find_the_whole_frontier(seed):
    curve = odds.solve(problem(instance(seed), ODDS))
    assert curve.disparity[0] == 0
    slopes = np.diff(curve.utility) / np.diff(curve.disparity)
    assert (slopes > -1e-9).all()
    assert (np.diff(slopes) < 1e-6).all()
    for gap in np.linspace(0, 0.6, 13):
        between = np.interp(gap, curve.disparity, curve.utility)
        assert abs(curve.at(float(gap)).utility - between) < 3e-9


@pytest.mark.parametrize("key", RATE)
def test_of_one_rate_it_is_the_frontier_by_slopes(key):
    asked = problem(instance(4), key)
    for bound in (0.0, 0.1, 0.6, 0.9):
        assert abs(odds.solve(asked).at(bound).utility - parity.solve(asked).at(bound).utility) < 1e-9


def test_the_price_is_the_slope():
    curve = odds.solve(problem(instance(3), ODDS))
    for bound in (0.031, 0.083):
        lost = curve.at(bound).utility - curve.at(bound - 1e-6).utility
        assert abs(lost / 1e-6 - curve.at(bound).price) < 1e-4


LIMITS = {
    "capacity": Limit("selection_rate", "overall", at_most=0.2),
    "service floor": Limit("selection_rate", "overall", at_least=0.6),
    "floor in every group": Limit("true_positive_rate", "groups", at_least=0.75),
    "both parities": Limit("true_positive_rate", "difference", at_most=0.02),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_holds_and_costs_no_more_than_it_must(name):
    """No tuple of thresholds that meets both bounds may beat the programme."""
    data, limit = instance(8, most=40), LIMITS[name]
    asked = problem(data, limits=(limit,))
    choice = odds.solve(asked).at(0.2)
    selected = asked.selected(choice.mixes)
    positives = np.array([p.totals[1] for p in asked.chosen])
    rate = {"overall": selected.sum() / len(data[0]), "groups": (selected[:, 1] / positives).min(),
            "difference": np.ptp(selected[:, 1] / positives)}[limit.scope]
    assert limit.at_least - 1e-9 <= rate <= limit.at_most + 1e-9
    assert asked.disparity(choice.mixes) <= 0.2 + 1e-9

    def rates(tp, fp, p, n):
        return np.concatenate([(tp + fp) / (p + n), tp / p, ((tp + fp).sum(1) / (p + n).sum())[:, None]], axis=1)

    found, values = every_tuple(data, rates, lambda tp, fp, p, n: (tp + n - fp) / (p + n))
    k = len(positives)
    measured = {"overall": found[:, -1:], "groups": found[:, k : 2 * k],
                "difference": np.ptp(found[:, k : 2 * k], axis=1)[:, None]}[limit.scope]
    within = (measured >= limit.at_least).all(1) & (measured <= limit.at_most).all(1)
    within &= np.ptp(found[:, :k], axis=1) <= 0.2
    assert values[within].max(initial=-np.inf) <= choice.utility + 1e-9
    assert choice.utility <= parity.solve(problem(data)).at(0.2).utility + 1e-12


def test_limits_that_contradict_each_other_leave_nothing():
    many, few = Limit("selection_rate", "overall", at_least=0.9), Limit("true_positive_rate", "groups", at_most=0.1)
    curve = odds.solve(problem(instance(2), limits=(many, few)))
    assert curve.at(0.1) is None
    assert len(curve.disparity) == 0


@pytest.mark.parametrize("seed", range(6))
def test_f1_is_the_best_over_a_fine_search(seed):
    """Dinkelbach's answer is a fixed point, and no linear utility's optimum has a higher F1."""
    asked = problem(instance(seed), "demographic_parity_difference", "f1")
    found = FractionalCurve(asked, parity.solve).at(0.05)
    assert abs(asked.value(found.mixes) - found.utility) < 1e-12
    assert asked.disparity(found.mixes) <= 0.05 + 1e-9
    from engine.frontier.utility import Payoff

    for share in np.linspace(0.02, 0.98, 200):
        other = parity.solve(asked.with_payoff(Payoff(1 - share, share, 0.0))).at(0.05)
        assert asked.value(other.mixes) <= found.utility + 1e-12


def test_rows_without_an_outcome_add_points_to_the_programme():
    scores, label, codes = instance(5)
    label = label.copy()
    label[12::3] = -1
    asked = problem((scores, label, codes))
    assert "without an outcome" in odds.solve(asked).note
    assert "without an outcome" not in odds.solve(problem((scores, label, codes), ODDS)).note
    for bound in (0.0, 0.05):
        assert abs(odds.solve(asked).at(bound).utility - parity.solve(asked).at(bound).utility) < 1e-9
