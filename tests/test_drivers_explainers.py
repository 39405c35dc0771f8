"""Explanations by kind of model: equal to shap's, exact sums, categories moved as a whole."""

from __future__ import annotations

from itertools import permutations as orders

import numpy as np
import pytest

from engine.drivers.explainers import explainer_of, linear, permutations, permuted, raw_prediction, tree, units_of
from engine.scoring.models import MODELS, fold_models
from tests.drivers_made import lending


@pytest.fixture(scope="module")
def folds():
    return {key: next(iter(fold_models(lending(400), key, folds=2, protected_in=True))) for key in MODELS}


def test_linear_equals_shap(folds):
    from shap import LinearExplainer

    fold = folds["logistic"]
    background = fold.encoded(fold.fitted_on).toarray()
    inputs = fold.encoded(fold.held_out).toarray()
    peer = LinearExplainer(fold.estimator, (background.mean(axis=0), np.cov(background.T)))
    columns = peer.shap_values(inputs)
    wanted = np.stack([columns[:, fold.owners == k].sum(axis=1) for k in range(3)], axis=1)
    phi, base, prediction = linear(fold, fold.held_out)
    np.testing.assert_allclose(phi, wanted, atol=1e-10)
    assert base == pytest.approx(float(np.ravel(peer.expected_value)[0]), abs=1e-10)
    np.testing.assert_allclose(prediction, fold.estimator.decision_function(inputs), atol=1e-10)


@pytest.mark.parametrize("key", ["hist_gradient_boosting", "decision_tree", "random_forest"])
def test_trees_equal_shap_with_columns_added_up(folds, key):
    from shap import TreeExplainer

    fold = folds[key]
    rows = fold.held_out[:15]
    values = TreeExplainer(fold.estimator).shap_values(fold.inputs(rows))
    columns = values[..., 1] if values.ndim == 3 else values
    phi, base, prediction = tree(fold, rows)
    wanted = np.stack([columns[:, fold.owners == k].sum(axis=1) for k in range(3)], axis=1)
    np.testing.assert_allclose(phi, wanted, atol=1e-12)
    np.testing.assert_allclose(phi.sum(axis=1) + base, prediction, atol=1e-8)


def test_units_say_what_is_explained(folds):
    assert {key: units_of(fold.estimator) for key, fold in folds.items()} == {
        "logistic": "log-odds", "hist_gradient_boosting": "log-odds", "random_forest": "probability",
        "decision_tree": "probability"}
    assert explainer_of(object()).key == "permutation"


def shapley(predict, row, background, features):
    """Every order of a few features, as the definition has it."""
    found = np.zeros(features)
    every = list(orders(range(features)))
    for order in every:
        mixed = background.copy()
        before = predict(mixed).mean()
        for k in order:
            mixed[:, k] = row[k]
            now = predict(mixed).mean()
            found[k] += (now - before) / len(every)
            before = now
    return found


def test_permutations_sum_exactly_and_reach_the_definition():
    rng = np.random.default_rng(0)
    background, inputs = rng.normal(size=(20, 3)), rng.normal(size=(6, 3))

    def predict(x):
        return x[:, 0] * x[:, 1] + np.sin(x[:, 2]) + x[:, 0] * x[:, 2]

    phi, base, prediction = permutations(predict, inputs, background, np.arange(3), rng, rounds=1)
    np.testing.assert_allclose(phi.sum(axis=1) + base, prediction, atol=1e-12)
    phi, _, _ = permutations(predict, inputs, background, np.arange(3), rng, rounds=300)
    wanted = [shapley(predict, row, background, 3) for row in inputs]
    np.testing.assert_allclose(phi, wanted, atol=0.06)


def test_permutations_of_a_sum_are_its_parts_at_any_rounds():
    rng = np.random.default_rng(0)
    background, inputs = rng.normal(size=(9, 2)), rng.normal(size=(4, 2))
    phi, _, _ = permutations(lambda x: 2 * x[:, 0] - x[:, 1] ** 2, inputs, background, np.arange(2), rng, rounds=1)
    np.testing.assert_allclose(phi[:, 0], 2 * (inputs[:, 0] - background[:, 0].mean()), atol=1e-12)
    np.testing.assert_allclose(phi[:, 1], (background[:, 1] ** 2).mean() - inputs[:, 1] ** 2, atol=1e-12)


def test_a_category_moves_as_a_whole(folds):
    fold = folds["logistic"]

    def predict(inputs):
        assert (inputs[:, fold.owners == 0].sum(axis=1) == 1).all()   # no row stands between two regions
        return raw_prediction(fold, inputs)

    inputs = fold.encoded(fold.held_out[:5]).toarray()
    background = fold.encoded(fold.fitted_on[:10]).toarray()
    phi, base, prediction = permutations(predict, inputs, background, fold.owners, np.random.default_rng(0))
    np.testing.assert_allclose(phi.sum(axis=1) + base, prediction, atol=1e-12)


def test_permutations_of_a_model_come_near_its_closed_form(folds):
    fold = folds["logistic"]
    rows = fold.held_out[:40]
    exact, drawn = linear(fold, rows)[0], permuted(fold, rows)[0]
    # A linear model's values differ by the background alone: the same shift of every row, per feature.
    np.testing.assert_allclose(exact - exact.mean(axis=0), drawn - drawn.mean(axis=0), atol=1e-10)
