"""What carries the gap: bars that sum to it, the closed form of a linear model, intervals, and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.data.catalogue import load
from engine.drivers import BETWEEN_FOLDS, DriversRequest, explain
from engine.drivers.attribution import Explained, contributions
from engine.errors import InvalidData
from engine.scoring.models import cross_fitted, fold_models
from tests.drivers_made import lending

SEXES = ("F", "M")
PAIRS = {"compas": ("African-American", "Caucasian"), "adult": ("Female", "Male")}
FILES = {"compas": "compas-scores-two-years.csv", "adult": "adult.data"}


def explained(phi, base=0.0, prediction=None):
    phi = np.asarray(phi, dtype=float)
    base = np.full(len(phi), base)
    made = phi.sum(axis=1) + base if prediction is None else prediction
    return Explained(np.arange(len(phi)), phi, base, made, tuple(f"x{k}" for k in range(phi.shape[1])), "score", "made")


def total(found):
    return found.contributions.value.sum() + found.between.value


def test_contributions_are_means_in_a_minus_means_in_b_by_hand():
    found = contributions(explained([[1, 2], [3, 0], [0, 4]]), np.array([True, True, False]), np.random.default_rng(0))
    np.testing.assert_allclose(found.contributions.value, [2, -3])
    assert found.gap.value == pytest.approx(-1)
    assert found.means == (3.0, 4.0)
    assert list(found.order) == [1, 0]


def test_weights_count_as_copies():
    rng = np.random.default_rng(0)
    phi, in_a, weight = rng.normal(size=(60, 3)), np.arange(60) % 2 == 0, rng.integers(1, 4, 60)
    one = contributions(explained(phi), in_a, rng, weight.astype(float))
    copies = contributions(explained(np.repeat(phi, weight, axis=0)), np.repeat(in_a, weight), rng)
    np.testing.assert_allclose(one.contributions.value, copies.contributions.value)


def test_intervals_are_those_of_two_means():
    rng = np.random.default_rng(1)
    phi, in_a = rng.normal(size=(900, 2)) * [1, 3], np.arange(900) < 500
    found = contributions(explained(phi), in_a, rng, draws=4000)
    for k in range(2):
        error = np.sqrt(phi[in_a, k].var() / 500 + phi[~in_a, k].var() / 400)
        half = (found.contributions.high[k] - found.contributions.low[k]) / 2
        assert half == pytest.approx(1.96 * error, rel=0.06)


def test_a_group_without_rows_is_undefined_and_one_row_has_no_interval():
    rng = np.random.default_rng(0)
    none = contributions(explained([[1.0], [2.0]]), np.array([False, False]), rng)
    assert np.isnan(none.gap.value)
    assert "A has no row" in none.gap.reason
    one = contributions(explained([[1.0], [2.0], [4.0]]), np.array([True, False, False]), rng)
    assert one.gap.value == -2.0
    assert np.isnan(one.gap.low)
    assert "one row" in one.gap.reason


@pytest.mark.parametrize("model", ["logistic", "hist_gradient_boosting", "decision_tree", "random_forest"])
@pytest.mark.parametrize("protected_in", [False, True])
def test_bars_sum_to_the_gap_for_every_model(model, protected_in):
    result = explain(lending(400), DriversRequest(SEXES, model, protected_in, 40, folds=2, draws=20))
    found = result.found
    assert total(found) == pytest.approx(found.gap.value, abs=1e-8)
    side = result.explained.prediction[result.in_a].mean() - result.explained.prediction[~result.in_a].mean()
    assert found.gap.value == pytest.approx(side, abs=1e-12)
    local = result.explained.phi.sum(axis=1) + result.explained.base
    np.testing.assert_allclose(local, result.explained.prediction, atol=1e-8)
    assert found.rows == (20, 20)
    assert result.explained.names == ("region", "income", "sex")[: 2 + protected_in]


@pytest.mark.parametrize("key", ["compas", pytest.param("adult", marks=pytest.mark.slow)])
def test_bars_sum_to_the_gap_of_cross_fitted_scores_on_real_data(key, needs_data):
    needs_data(FILES[key])
    data, groups = load(key), PAIRS[key]
    result = explain(data, DriversRequest(groups, "logistic", draws=20))
    scores, log_odds = cross_fitted(data).score_values(), np.empty(data.n)
    for fold in fold_models(data):   # the logit of a probability near 1 has lost its digits
        log_odds[fold.held_out] = fold.estimator.decision_function(fold.encoded(fold.held_out))
    attribute = data.attributes[0] if key == "compas" else data.attribute("sex")
    a, b = (attribute.codes == attribute.levels.index(name) for name in groups)
    assert total(result.found) == pytest.approx(log_odds[a].mean() - log_odds[b].mean(), abs=1e-8)
    assert result.score_gap.value == pytest.approx(scores[a].mean() - scores[b].mean(), abs=1e-12)
    assert result.found.rows == (int(a.sum()), int(b.sum()))


@pytest.mark.slow
@pytest.mark.parametrize("key", ["compas", "adult"])
@pytest.mark.parametrize("model", ["hist_gradient_boosting", "decision_tree"])
def test_bars_of_trees_sum_to_the_gap_on_real_data(key, model, needs_data):
    needs_data(FILES[key])
    result = explain(load(key), DriversRequest(PAIRS[key], model, True, 600, draws=20))
    side = result.explained.prediction[result.in_a].mean() - result.explained.prediction[~result.in_a].mean()
    assert total(result.found) == pytest.approx(side, abs=1e-8)


def test_logistic_contributions_are_the_closed_form():
    data = lending()
    result = explain(data, DriversRequest(SEXES, "logistic", draws=20))
    phi = dict(zip(result.explained.rows.tolist(), result.explained.phi, strict=True))
    for fold in fold_models(data):
        inputs, fitted = fold.encoded(fold.held_out).toarray(), fold.encoded(fold.fitted_on).toarray()
        beta = fold.estimator.coef_.ravel()
        columns = beta * (inputs - fitted.mean(axis=0))
        for row, parts in zip(fold.held_out.tolist(), columns, strict=True):
            wanted = [parts[fold.owners == k].sum() for k in range(2)]
            np.testing.assert_allclose(phi[row], wanted, atol=1e-12)


def test_swapping_the_groups_turns_every_sign():
    one, other = (explain(lending(), DriversRequest(pair, draws=20)).found for pair in (SEXES, SEXES[::-1]))
    np.testing.assert_allclose(one.contributions.value, -other.contributions.value, atol=1e-12)
    assert one.gap.value == pytest.approx(-other.gap.value)


def test_rows_of_other_groups_and_without_an_outcome_are_not_explained():
    data = lending(missing=60)
    label = np.array(data.label)
    label[60:100] = -1
    result = explain(dataclasses.replace(data, label=label), DriversRequest(SEXES, draws=20))
    assert set(result.explained.rows.tolist()) == set(range(100, data.n))
    assert result.rows == data.n - 100


def test_a_sample_takes_both_groups_alike_and_the_same_rows_each_time():
    asked = DriversRequest(SEXES, most_rows=101, draws=20)
    one, same = (explain(lending(), asked) for _ in range(2))
    np.testing.assert_array_equal(one.explained.rows, same.explained.rows)
    assert sum(one.found.rows) <= 102
    assert abs(one.found.rows[0] - one.found.rows[1]) <= 1
    assert one.found.contributions.low[0] == same.found.contributions.low[0]


def test_where_the_folds_models_differ_is_shown_and_small():
    found = explain(lending(), DriversRequest(SEXES, "decision_tree", draws=20)).found
    assert BETWEEN_FOLDS not in found.names
    assert 0 < abs(found.between.value) < 0.05 * abs(found.gap.value)


def test_what_cannot_be_explained_is_said():
    with pytest.raises(InvalidData, match=r"groups of one attribute.*F, M"):
        explain(lending(), DriversRequest(("F", "X")))
    with pytest.raises(InvalidData, match="two groups"):
        explain(lending(), DriversRequest(("F", "F")))
    with pytest.raises(InvalidData, match="choose one of: logistic"):
        explain(lending(), DriversRequest(SEXES, "oracle"))


def test_progress_rises_and_stopping_stops():
    seen = []
    explain(lending(), DriversRequest(SEXES, draws=20), lambda share, words: seen.append(share))
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1
    asked = iter(range(1000))
    with pytest.raises(InvalidData, match="stopped"):
        explain(lending(), DriversRequest(SEXES), cancelled=lambda: next(asked) >= 6)   # after the folds are fitted
