import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from engine.intervals import (
    auc_bounds,
    bootstrap_cells,
    cost_bounds,
    mover_ratio,
    quantile,
    square_and_add,
    wilson,
)

Z = quantile(0.95)


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (1, 1), (450, 3000)])
def test_wilson_equals_statsmodels(count, n):
    low, high = wilson(np.array([count / n]), np.array([float(n)]), Z)
    assert (low[0], high[0]) == pytest.approx(proportion_confint(count, n, method="wilson"), abs=1e-12)


def test_wilson_without_rows_is_undefined():
    low, high = wilson(np.array([np.nan]), np.array([0.0]), Z)
    assert np.isnan(low[0])
    assert np.isnan(high[0])


@pytest.mark.parametrize(("a", "m", "b", "n"), [(9, 30, 120, 300), (0, 20, 5, 20), (20, 20, 1, 40)])
def test_newcombe_equals_statsmodels(a, m, b, n):
    p, q = np.array([a / m]), np.array([b / n])
    bounds = wilson(p, np.array([float(m)]), Z), wilson(q, np.array([float(n)]), Z)
    low, high = square_and_add(p, bounds[0], q, bounds[1])
    expected = confint_proportions_2indep(a, m, b, n, method="newcomb", compare="diff")
    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-9)


def test_mover_ratio_is_reciprocal_and_meets_zero():
    p, q = np.array([0.3]), np.array([0.4])
    a, b = wilson(p, np.array([100.0]), Z), wilson(q, np.array([200.0]), Z)
    low, high = mover_ratio(p, a, q, b)
    back_low, back_high = mover_ratio(q, b, p, a)
    assert low[0] * back_high[0] == pytest.approx(1, abs=1e-12)
    assert high[0] * back_low[0] == pytest.approx(1, abs=1e-12)
    zero = np.array([0.0])
    bounds = wilson(zero, np.array([50.0]), Z)
    low, high = mover_ratio(zero, bounds, q, b)
    assert low[0] == 0
    assert 0 < high[0] < 1
    assert mover_ratio(q, b, zero, bounds)[1][0] == np.inf


def test_mover_ratio_equals_the_published_form():
    p, q, n = np.array([0.2]), np.array([0.5]), np.array([80.0])
    (l1, u1), (l2, u2) = wilson(p, n, Z), wilson(q, n, Z)
    low = (p * q - np.sqrt((p * q) ** 2 - l1 * u2 * (2 * p - l1) * (2 * q - u2))) / (u2 * (2 * q - u2))
    high = (p * q + np.sqrt((p * q) ** 2 - u1 * l2 * (2 * p - u1) * (2 * q - l2))) / (l2 * (2 * q - l2))
    np.testing.assert_allclose(mover_ratio(p, (l1, u1), q, (l2, u2)), (low, high), rtol=1e-12)


def test_equal_costs_are_the_error_rate_times_the_cost():
    p, q, n = np.array([0.1]), np.array([0.2]), np.array([50.0])
    value, (low, high) = cost_bounds((2.0, 2.0), (p, q), n, Z)
    expected = wilson(p + q, n, Z)
    assert value[0] == pytest.approx(0.6)
    assert (low[0], high[0]) == pytest.approx((2 * expected[0][0], 2 * expected[1][0]))
    near = cost_bounds((2.0, 2.0 + 1e-9), (p, q), n, Z)[1]
    assert near[1][0] == pytest.approx(high[0], rel=0.1)


def test_cell_bootstrap_has_the_mean_and_variance_of_row_weights():
    draws = bootstrap_cells(np.array([10.0, 0.0, 2.5]), 20_000, np.random.default_rng(0))
    np.testing.assert_allclose(draws.mean(axis=0), [10, 0, 2.5], atol=0.1)
    np.testing.assert_allclose(draws.var(axis=0), [10, 0, 2.5], rtol=0.05)


def test_perfect_separation_still_has_a_lower_bound():
    low, high = auc_bounds(np.array([1.0]), np.array([0.0]), np.array([10.0]), Z)
    assert 0.5 < low[0] < 1
    assert high[0] == 1
    assert np.isnan(auc_bounds(np.array([np.nan]), np.array([np.nan]), np.array([0.0]), Z)[0][0])
