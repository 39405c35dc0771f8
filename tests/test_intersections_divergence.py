"""Divergence, ranked probability score and their neighbours, against plain definitions and other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dependence import performance
from engine.dependence.density import binned, curves, span
from engine.dependence.divergence import jensen_shannon, uniform_fairness


def mixed(n=2000, seed=0, shift=0.15):
    rng = np.random.default_rng(seed)
    codes = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    return np.clip(rng.beta(2, 3, n) + shift * (codes == 1), 0, 1), codes


def plain(prediction, codes, bandwidth, weight=None, points=1000):
    """Return the divergence by a kernel density at every point, row by row."""
    grid = np.linspace(prediction.min(), prediction.max(), points)
    weight = np.ones(len(codes)) if weight is None else weight
    cells = np.unique(codes)
    densities = []
    for cell in cells:
        mine = codes == cell
        kernel = np.exp(-0.5 * ((grid[:, None] - prediction[mine]) / bandwidth) ** 2) @ weight[mine]
        densities.append(kernel / kernel.sum())
    densities = np.array(densities)
    share = np.array([weight[codes == cell].sum() for cell in cells]) / weight.sum()

    def entropy(density):
        return -(density * np.log2(np.clip(density, 1e-10, None))).sum(axis=-1)

    return entropy(share @ densities) - share @ entropy(densities)


@pytest.mark.parametrize("bandwidth", [0.3, 0.15, 0.05, 0.02])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_fast_density_gives_the_divergence_of_the_plain_one(bandwidth, weighted):
    prediction, codes = mixed()
    weight = np.random.default_rng(1).uniform(0.5, 3, len(codes)) if weighted else None
    found = jensen_shannon(prediction, codes, 3, weight, bandwidth=bandwidth)
    assert found.value == pytest.approx(plain(prediction, codes, bandwidth, weight), rel=1e-4)


def test_the_authors_bandwidth_is_scikit_learn_s_recipe():
    from sklearn.neighbors import KernelDensity

    prediction, codes = mixed(600)
    grid = np.linspace(prediction.min(), prediction.max(), 1000)
    densities = np.array([np.exp(KernelDensity(bandwidth=0.15).fit(prediction[codes == g, None])
                                 .score_samples(grid[:, None])) for g in range(3)])
    dealt = binned(prediction, *span(prediction, 100, "authors"))
    ours = dealt.densities(codes, 3)
    assert ours == pytest.approx(densities / densities.sum(axis=1, keepdims=True), abs=1e-7)


def test_equal_cells_have_none_and_separate_ones_all():
    values = np.tile(np.linspace(0, 1, 50), 2)
    codes = np.repeat([0, 1], 50)
    assert jensen_shannon(values, codes, 2).value == pytest.approx(0, abs=1e-12)
    apart = jensen_shannon(np.where(codes, values + 1e3, values), codes, 2)
    assert apart.value == pytest.approx(1.0, abs=1e-6)   # the entropy of two equal shares
    assert jensen_shannon(np.full(100, 0.4), codes, 2, shuffles=3).value == 0


def test_weights_count_as_rows():
    prediction, codes = mixed(300)
    times = np.random.default_rng(2).integers(1, 4, 300)
    once = jensen_shannon(prediction, codes, 3, times.astype(float), bandwidth=0.1)
    often = jensen_shannon(np.repeat(prediction, times), np.repeat(codes, times), 3, bandwidth=0.1)
    assert once.value == pytest.approx(often.value, rel=1e-9)
    heavy = uniform_fairness(prediction, codes, 3, times.astype(float))
    means = [np.average(prediction[codes == g], weights=times[codes == g]) for g in range(3)]
    spread = np.average((prediction - np.average(prediction, weights=times)) ** 2, weights=times) * 300 / 299
    assert heavy == pytest.approx(np.var(means, ddof=1) / spread)


def test_robust_mode_does_not_see_one_outlier():
    prediction, codes = mixed()
    spoilt = np.append(prediction, 40.0)
    more = np.append(codes, 0)
    quiet = [jensen_shannon(p, c, 3, mode="robust").value for p, c in ((prediction, codes), (spoilt, more))]
    loud = [jensen_shannon(p, c, 3).value for p, c in ((prediction, codes), (spoilt, more))]
    assert quiet[1] == pytest.approx(quiet[0], rel=0.05)
    assert abs(loud[1] / loud[0] - 1) > 0.1


def test_chance_alone_lies_inside_its_band_and_a_shift_outside():
    rng = np.random.default_rng(5)
    inside, small = 0, []
    for _ in range(60):
        values, codes = rng.random(240), rng.integers(0, 4, 240)
        found = jensen_shannon(values, codes, 4, shuffles=39, rng=rng)
        inside += found.value <= found.null_high(0.9)
        small.append(found.p_value)
    assert 46 <= inside <= 60          # 90 % of 60 is 54; binomial 0.1 % bounds
    assert abs(np.mean(small) - 0.51) < 0.14
    prediction, codes = mixed(shift=0.3)
    apart = jensen_shannon(prediction, codes, 3, shuffles=39, rng=rng)
    assert apart.value > apart.null_high()
    assert apart.p_value == pytest.approx(1 / 40)


def test_shuffles_move_predictions_and_leave_cells_and_weights_together():
    """One cell holds all the weight of its rows: were weights shuffled too, the shares would change."""
    rng = np.random.default_rng(0)
    values, codes = rng.random(400), np.repeat([0, 1], 200)
    heavy = np.where(codes == 0, 1.0, 9.0)
    found = jensen_shannon(values, codes, 2, heavy, shuffles=1, rng=np.random.default_rng(3))
    order = np.random.default_rng(3).permutation(400)
    assert found.null[0] == pytest.approx(jensen_shannon(values[order], codes, 2, heavy).value)


def test_uniform_fairness_by_hand():
    values, codes = np.array([1.0, 3.0, 4.0, 6.0, 100.0]), np.array([0, 0, 1, 1, 2])
    assert uniform_fairness(values[:4], codes[:4], 3) == pytest.approx(4.5 / np.var(values[:4], ddof=1))
    assert uniform_fairness(values, codes, 3, smallest=2) == pytest.approx(4.5 / np.var(values, ddof=1))
    assert np.isnan(uniform_fairness(values, codes, 3, smallest=3))
    assert np.isnan(uniform_fairness(np.ones(5), codes, 3))


def test_ranked_probability_score_by_hand():
    from scipy.stats import poisson

    expected, count = np.array([0.1, 0.7, 2.5, 4.0]), np.array([0.0, 2.0, 1.0, 12.0])
    k = np.arange(11)
    by_hand = [((poisson.cdf(k, m) - (k >= y)) ** 2).sum() for m, y in zip(expected, count, strict=True)]
    assert performance.ranked_probability_score(expected, count) == pytest.approx(np.array(by_hand), rel=1e-12)
    # A forecast of 1 claim and none seen: F = (e^-1, 2 e^-1), step = (1, 1), cut after 1.
    assert performance.ranked_probability_score(np.array([1.0]), np.array([0.0]), 1)[0] == pytest.approx(
        (np.exp(-1) - 1) ** 2 + (2 * np.exp(-1) - 1) ** 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.booleans())
def test_the_area_is_scikit_learn_s(seed, weighted):
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    score, outcome = rng.integers(0, 9, 60) / 8, np.append([0.0, 1.0], rng.integers(0, 2, 58))
    weight = rng.uniform(0.2, 2, 60) if weighted else None
    found = performance.area(outcome, score, weight, 1.96)
    assert found.value == pytest.approx(roc_auc_score(outcome, score, sample_weight=weight))
    assert found.low <= found.value <= found.high


def test_an_area_of_one_outcome_is_none_with_a_reason():
    found = performance.area(np.ones(5), np.arange(5.0), None, 1.96)
    assert np.isnan(found.value)
    assert "outcomes" in found.reason


def test_curves_are_densities_and_empty_cells_have_none():
    prediction, codes = mixed()
    grid, density = curves(prediction, codes.astype(np.int32), 4)
    assert density.shape == (4, 200)
    assert (density[:3].sum(axis=1) * (grid[1] - grid[0])) == pytest.approx(np.ones(3))
    assert np.isnan(density[3]).all()
    _, constant = curves(np.ones(10), np.zeros(10, dtype=np.int32), 1)
    assert np.isnan(constant).all()
