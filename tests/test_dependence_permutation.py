"""The permutation test of dependence: predictions alone are dealt out anew."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from engine.dependence import penalties
from engine.dependence.permutation import against_chance
from engine.dependence.ranking import Ranking
from engine.errors import InvalidData
from tests.distances import binary, nominal, people


def test_dealing_anew_is_permuting_predictions():
    """The shortcut keeps the sorted predictions; each value is that of a permuted vector, ties and strata included."""
    y, race, sex, _ = people(np.random.default_rng(0), ties=True)
    penalty = penalties.build([race, sex])
    ranking, rng = Ranking.of(y), np.random.default_rng(1)
    for _ in range(20):
        anew = ranking.permuted(rng)
        dealt = np.empty(90)
        dealt[anew.order] = y[ranking.order]
        assert sorted(dealt) == sorted(y)
        part = penalty.parts[0]
        assert part.measure(part.of(dealt), anew)[0] == pytest.approx(penalty.value(dealt), rel=1e-9)


def test_p_values_are_exact_and_reproducible():
    y, race, sex, _ = people(np.random.default_rng(2), n=300)
    y = y + race.codes
    penalty = penalties.build([race, sex])
    found = against_chance(penalty, y, np.random.default_rng(0), 199)
    assert found.value == pytest.approx(penalty.value(y))
    assert found.p_value == 1 / 200
    assert found.noise_high < found.value
    again = against_chance(penalty, y, np.random.default_rng(0), 199)
    assert (again.p_value, again.noise_high) == (found.p_value, found.noise_high)


def test_attributes_that_depend_on_each_other_are_no_finding():
    """Permuting every column, as published code does, would reject here."""
    rng = np.random.default_rng(3)
    first = rng.integers(0, 2, 400)
    second = np.where(rng.random(400) < 0.95, first, 1 - first)
    penalty = penalties.build([binary("a", first), binary("b", second)], "joint")
    assert penalty.constant > 0.05
    assert against_chance(penalty, rng.normal(size=400), rng, 199).p_value > 0.05


def test_within_strata_predictions_stay_in_their_stratum():
    """Outcome explains both: dependent over all rows, not within the outcome."""
    rng = np.random.default_rng(4)
    outcome = rng.integers(0, 2, 600)
    sex = binary("sex", rng.random(600) < 0.2 + 0.6 * outcome)
    y = outcome + rng.normal(size=600) / 3
    assert against_chance(penalties.build([sex]), y, rng, 199).p_value == 1 / 200
    assert against_chance(penalties.build([sex], strata=outcome), y, rng, 199).p_value > 0.05


def test_equal_predictions_have_no_p_value_but_a_reason():
    _, race, *_ = people(np.random.default_rng(5))
    found = against_chance(penalties.build([race]), np.ones(90), np.random.default_rng(0), 19)
    assert np.isnan(found.p_value)
    assert np.isnan(found.noise_high)
    assert found.reason == "not defined: all predictions are equal"
    assert found.value == 0


def test_a_prediction_of_two_values_ties_with_its_own_permutations():
    """Equal statistics must count as at least as large, whatever the rounding: a constant group has p of 1."""
    penalty = penalties.build([nominal("a", np.zeros(30))])
    found = against_chance(penalty, np.arange(30) % 2 * 1.0, np.random.default_rng(0), 99)
    assert found.p_value == 1


def test_it_tells_progress_and_stops():
    y, race, *_ = people(np.random.default_rng(6))
    told = []
    against_chance(penalties.build([race]), y, np.random.default_rng(0), 40, lambda share, _: told.append(share))
    assert told == [0, 0.5, 1]
    with pytest.raises(InvalidData, match="stopped"):
        against_chance(penalties.build([race]), y, np.random.default_rng(0), 40, cancelled=lambda: True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["cc", "joint", "marginal"])
def test_p_values_are_uniform_on_independent_data(kind):
    rng = np.random.default_rng(7)
    found = []
    for _ in range(400):
        _, *columns = people(rng, n=60, whole_age=True)
        found.append(against_chance(penalties.build(columns, kind), rng.normal(size=60), rng, 99).p_value)
    # A p-value takes the values 1/100 ... 1: uniform once spread within its step.
    spread = np.array(found) - rng.random(400) / 100
    assert kstest(spread, "uniform").pvalue > 0.001
    assert 0.02 < np.mean(np.array(found) <= 0.05) < 0.09
