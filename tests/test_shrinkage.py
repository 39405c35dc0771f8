"""Shrunk rates: the risk estimate is right on average, shrinking pays, and no disparity can be made of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import betabinom

from engine.assessment import Request, assess
from engine.assessment.disparities import disparity
from engine.calibration import shrinkage
from engine.calibration.shrinkage import Shrunk, shrunk_rates, shrunken, unbiased_risk
from engine.errors import InvalidData
from engine.metrics import DISPARITIES
from engine.types import Estimates
from tests.build import dataset


def sizes(rng, count):
    return np.maximum(2, rng.lognormal(3, 1.2, count).astype(int)).astype(float)


def names(count):
    return tuple(f"group {k}" for k in range(count))


def risks(draw, count, runs, seed=0):
    """Return, per run, estimated minus true squared error of raw, pooled and shrunk rates, and the true errors."""
    rng = np.random.default_rng(seed)
    bias, error = [], []
    for _ in range(runs):
        n = sizes(rng, count)
        p = draw(rng, count)
        found = shrunk_rates(rng.binomial(n.astype(int), p).astype(float), n, names(count))
        pooled = np.full(count, found.raw @ n / n.sum())
        true = [((rates - p) ** 2).mean() for rates in (found.raw, pooled, found.shrunk)]
        told = [found.risk_raw.value, found.risk_pooled.value, found.risk_shrunk.value]
        bias.append(np.subtract(told, true))
        error.append(true)
    return np.array(bias), np.array(error)


@pytest.mark.slow
@pytest.mark.parametrize("draw", [
    lambda rng, k: rng.beta(20, 60, k), lambda rng, k: rng.beta(2, 6, k), lambda rng, k: rng.choice([0.1, 0.5], k),
    lambda rng, k: np.full(k, 0.2),
])
def test_the_risk_estimate_is_right_on_average_and_shrinking_pays(draw):
    bias, error = risks(draw, 12, 120)
    standard_error = bias.std(axis=0, ddof=1) / np.sqrt(len(bias))
    assert (np.abs(bias.mean(axis=0)) < 3.5 * standard_error).all()
    assert error[:, 2].mean() < 0.8 * error[:, 0].mean()


def test_the_risk_estimate_is_exactly_right_over_all_samples():
    """Enumerate every sample of one group: no simulation, no tolerance but rounding."""
    for n, p, pull, target in ((2, 0.3, 0.4, 0.6), (5, 0.7, 1.0, 0.1), (9, 0.05, 0.0, 0.5)):
        k = np.arange(n + 1.0)
        from scipy.stats import binom

        chance = binom.pmf(k, n, p)
        told = [unbiased_risk(np.array([each / n]), np.array([float(n)]), np.array([pull]), np.array([target])).value
                for each in k]
        true = ((1 - pull) * k / n + pull * target - p) ** 2
        assert chance @ told == pytest.approx(chance @ true, abs=1e-12)


def test_the_risk_of_the_pooled_rate_is_exactly_right_too():
    n, p = np.array([3.0, 4.0]), np.array([0.2, 0.6])
    from scipy.stats import binom

    told = true = 0.0
    for i in range(4):
        for j in range(5):
            chance = binom.pmf(i, 3, p[0]) * binom.pmf(j, 4, p[1])
            y, share = np.array([i, j]) / n, n / n.sum()
            told += chance * unbiased_risk(y, n, np.ones(2), np.full(2, share @ y), share).value
            true += chance * ((share @ y - p) ** 2).mean()
    assert told == pytest.approx(true, abs=1e-12)


def test_a_group_is_pulled_to_the_others_by_the_posterior_mean():
    rng = np.random.default_rng(1)
    n = sizes(rng, 12)
    events = rng.binomial(n.astype(int), rng.beta(5, 15, 12)).astype(float)
    found = shrunk_rates(events, n, names(12))
    size = n * found.pull / (1 - found.pull)
    posterior = (events + size * found.towards) / (n + size)
    assert found.shrunk == pytest.approx(posterior, abs=1e-12)
    assert (np.abs(found.shrunk - found.towards) <= np.abs(found.raw - found.towards) + 1e-15).all()
    changed = events.copy()
    changed[3] = n[3] - changed[3]
    again = shrunk_rates(changed, n, names(12))
    assert again.towards[3] == pytest.approx(found.towards[3], abs=1e-3)   # a group has no part in its own target


def test_the_fit_is_the_most_likely_beta_binomial():
    rng = np.random.default_rng(2)
    n = sizes(rng, 40)
    events = rng.binomial(n.astype(int), rng.beta(4, 8, 40)).astype(float)
    point = shrinkage._most_likely(events, n, np.zeros(2))
    mean, size = 1 / (1 + np.exp(-point[0])), np.exp(point[1])

    def likelihood(mean, size):
        return betabinom.logpmf(events, n, mean * size, (1 - mean) * size).sum()

    best = likelihood(mean, size)
    assert best >= max(likelihood(mean * a, size * b) for a in (0.98, 1, 1.02) for b in (0.95, 1, 1.05)) - 1e-9
    assert check_grad(lambda t: shrinkage._beta_binomial(t, events, n)[0],
                      lambda t: shrinkage._beta_binomial(t, events, n)[1], np.array([-0.4, 1.7])) < 1e-4


def test_fewer_than_five_groups_are_not_shrunk_and_the_reason_is_said():
    found = shrunk_rates(np.array([1.0, 2, 3, 0]), np.array([9.0, 9, 9, 9]), names(4), "selection_rate")
    assert np.isnan(found.shrunk).all()
    assert "fewer than 5" in found.reason
    assert found.risk_shrunk.reason == found.reason
    assert "Nothing is shrunk" in found.sentence


def test_groups_without_rows_stay_undefined_and_take_no_part():
    events, rows = np.array([1.0, 2, 3, 4, 5, 0]), np.array([9.0, 9, 9, 9, 9, 0])
    found = shrunk_rates(events, rows, names(6))
    assert np.isnan([found.raw[5], found.shrunk[5]]).all()
    assert found.shrunk[:5] == pytest.approx(shrunk_rates(events[:5], rows[:5], names(5)).shrunk)


def test_the_sentence_names_who_is_moved_furthest_from_their_own_data():
    events, rows = np.array([50.0, 48, 52, 49, 51, 6]), np.array([100.0, 100, 100, 100, 100, 6])
    found = shrunk_rates(events, rows, (*names(5), "<b>tiny</b>"))
    assert found.sentence.startswith("<b>tiny</b>, 6 rows, is moved furthest from its own data: down from 100.0 % to ")
    assert found.moved.argmax() == 5
    assert "worse for some" in found.sentence


def test_rates_of_an_assessment_are_shrunk_by_their_own_denominators():
    rng = np.random.default_rng(3)
    group = [f"g{k}" for k in rng.integers(0, 8, 900)]
    data = dataset(rng.random(900), rng.integers(0, 2, 900), g=group)
    result = assess(data, Request(groupings=(("g",),))).groupings["g"]
    for key in ("selection_rate", "true_positive_rate", "false_positive_rate", "base_rate"):
        found = shrunken(result, key)
        assert found.rows == pytest.approx(result.rates[key].n)
        assert found.raw == pytest.approx(result.rates[key].value)
    with pytest.raises(InvalidData, match="share of rows"):
        shrunken(result, "f1")


def test_no_disparity_can_be_made_of_shrunk_rates():
    found = shrunk_rates(np.arange(6.0), np.full(6, 9.0), names(6), "selection_rate")
    assert not isinstance(found, Estimates)
    assert not {"value", "low", "high", "bounds", "reasons"} & set(dir(found))
    rule = DISPARITIES["demographic_parity_difference"]
    with pytest.raises(AttributeError):
        disparity(rule, {"selection_rate": found}, found.groups, found.rows, 0, 0.95, np.random.default_rng(0))
    assert Shrunk.__dataclass_params__.frozen
