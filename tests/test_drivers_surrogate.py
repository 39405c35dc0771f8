"""A surrogate: imitates a score that features make, is measured on held-out rows, and is refused otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import r2_score

from engine.drivers import DriversRequest, explain
from engine.drivers.surrogate import explained_variance, imitate
from engine.errors import InvalidData
from tests.drivers_made import lending


def scored(noise=0.0, n=800):
    data = lending(n)
    income = data.features[1].values
    south = data.features[0].values == data.features[0].levels.index("south")
    rng = np.random.default_rng(5)
    return data.with_scores("vendor", 0.3 * income + 0.5 * south + noise * rng.normal(size=n), "column")


def test_a_score_made_of_the_features_is_imitated_and_its_gap_explained():
    data = scored()
    result = explain(data, DriversRequest(("F", "M"), None, draws=50))
    assert result.of == "surrogate"
    assert result.surrogate_r2.value > 0.97
    assert result.explained.units == "score"
    found = result.found
    assert found.contributions.value.sum() + found.between.value == pytest.approx(found.gap.value, abs=1e-8)
    sex = data.attribute("sex").codes
    score = data.score_values()
    assert result.score_gap.value == pytest.approx(score[sex == 0].mean() - score[sex == 1].mean())
    assert found.gap.value == pytest.approx(result.score_gap.value, abs=0.03)


def test_a_score_of_noise_is_refused_with_its_number():
    with pytest.raises(InvalidData, match=r"0\.8 of the score's variance.*R2 0\.\d{3}"):
        imitate(scored(noise=1.0))
    with pytest.raises(InvalidData, match="features"):
        imitate(lending(features=()).with_scores("s", np.arange(800.0)))
    with pytest.raises(InvalidData, match="same score"):
        imitate(lending().with_scores("s", np.ones(800)))


def test_r2_is_that_of_scikit_learn_with_weights_and_its_interval_that_of_the_bootstrap():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=600)
    guess, weight = truth + 0.4 * rng.normal(size=600), rng.random(600) + 0.5
    found = explained_variance(truth, guess, weight)
    assert found.value == pytest.approx(r2_score(truth, guess, sample_weight=weight))
    plain = explained_variance(truth, guess)
    draws = [r2_score(truth[i], guess[i]) for i in (rng.integers(0, 600, 600) for _ in range(1500))]
    assert (plain.high - plain.low) / 2 / 1.96 == pytest.approx(np.std(draws), rel=0.1)


def test_rows_without_a_score_are_left_out_and_stopping_stops():
    data = scored()
    score = np.array(data.score_values())
    score[:50] = np.nan
    found = imitate(data.with_scores("some", score, "column"))
    assert min(fold.held_out.min() for fold in found.folds) == 50
    assert found.r2.n == 750
    with pytest.raises(InvalidData, match="stopped"):
        imitate(data, cancelled=lambda: True)
