"""The calibration measures against libraries that have them; development dependencies, and skipped where absent."""

import math
import warnings

import numpy as np
import pytest

from engine.calibration import Request, calibrate
from engine.calibration.smooth import on_grid, smoothed
from tests.build import dataset
from tests.test_calibration_measures import one

QUICK = Request(draws=0)


def scored(n=4_000, seed=0, ties=False, weights=False):
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 3, n)
    q = 1 / (1 + np.exp(-1.4 * np.log(p / (1 - p)) - 0.2))
    q = np.round(q, 1).clip(0.05, 0.95) if ties else q
    return q, (rng.random(n) < p).astype(int), rng.integers(1, 5, n).astype(float) if weights else None


def found(q, y, w=None, **more):
    return calibrate(dataset(q, y, w), Request(draws=0, **more)).overall


def test_cumulative_errors_equal_mapie():
    metrics = pytest.importorskip("mapie.metrics.calibration")
    q, y, _ = scored()
    ours = found(q, y)
    assert ours.ecce_mad.scaled == pytest.approx(metrics.kolmogorov_smirnov_statistic(y, q), abs=1e-6)
    assert ours.ecce_r.scaled == pytest.approx(metrics.kuiper_statistic(y, q), abs=1e-6)
    assert ours.spiegelhalter.value == pytest.approx(metrics.spiegelhalter_statistic(y, q), abs=1e-9)
    y = (np.random.default_rng(1).random(len(q)) < q).astype(int)   # calibrated: p-values worth comparing
    ours = found(q, y)
    assert ours.ecce_mad.p_value == pytest.approx(metrics.kolmogorov_smirnov_p_value(y, q), abs=1e-6)
    assert ours.ecce_r.p_value == pytest.approx(metrics.kuiper_p_value(y, q), abs=1e-6)
    upper = metrics.spiegelhalter_p_value(y, q)   # one-sided
    assert ours.spiegelhalter.p_value == pytest.approx(2 * min(upper, 1 - upper), abs=1e-9)


def test_bin_errors_equal_what_scikit_learns_curve_gives():
    from sklearn.calibration import calibration_curve

    q, y, _ = scored()
    for strategy, key, tolerance in (("uniform", "ece", 1e-12), ("quantile", "ece_mass", 1e-3)):
        share, mean = calibration_curve(y, q, n_bins=15, strategy=strategy)
        edges = np.linspace(0, 1, 16) if strategy == "uniform" else np.quantile(q, np.linspace(0, 1, 16))
        rows = np.bincount(np.searchsorted(edges[1:-1], q), minlength=15)
        theirs = (rows[rows > 0] * np.abs(share - mean)).sum() / len(q)
        assert getattr(found(q, y), key).value == pytest.approx(theirs, abs=tolerance)
    assert found(q, y).mce.value == pytest.approx(np.abs(share - mean).max(), abs=0.05)


@pytest.mark.parametrize("weights", [False, True])
def test_balance_is_minus_the_bias_of_being_right(weights):
    compute_bias = pytest.importorskip("model_diagnostics.calibration").compute_bias
    q, y, w = scored(weights=weights)
    groups = np.where(np.arange(len(q)) % 3 == 0, "a", "b")
    right, confidence = ((q >= 0.5) == (y == 1)).astype(float), np.maximum(q, 1 - q)
    table = compute_bias(y_obs=right, y_pred=confidence, feature=groups, weights=w)
    ours = calibrate(dataset(q, y, w, g=groups), QUICK).groupings["g"].measured
    for group, mean, error in zip(ours, table["bias_mean"], table["bias_stderr"], strict=True):
        assert group.balance.value == pytest.approx(-mean, abs=1e-12)
        if not weights:   # theirs divides weighted squares by the weight, ours by squared weights (sandwich)
            assert (group.balance.high - group.balance.value) / 1.959963984540054 == pytest.approx(error, rel=1e-9)
    table = compute_bias(y_obs=y.astype(float), y_pred=q, feature=groups, weights=w)
    for group, mean in zip(ours, table["bias_mean"], strict=True):
        assert group.calibration_in_the_large.value == pytest.approx(-mean, abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weights", [False, True])
def test_decomposition_equals_model_diagnostics(ties, weights):
    scoring = pytest.importorskip("model_diagnostics.scoring")
    q, y, w = scored(ties=ties, weights=weights)
    table = scoring.decompose(y_obs=y, y_pred=q, weights=w, scoring_function=scoring.SquaredError())
    ours = found(q, y, w)
    names = ("miscalibration", "discrimination", "uncertainty", "score")
    assert (ours.mcb.value, ours.dsc, ours.unc, ours.brier) == pytest.approx([table[k][0] for k in names], abs=1e-12)


@pytest.mark.parametrize("weights", [False, True])
def test_slope_and_intercept_equal_statsmodels(weights):
    api = pytest.importorskip("statsmodels.api")
    q, y, w = scored(weights=weights)
    columns = np.column_stack([np.ones(len(q)), np.log(q / (1 - q))])
    if weights:
        fit = api.GLM(y, columns, family=api.families.Binomial(), freq_weights=w).fit(tol=1e-13)
    else:
        fit = api.Logit(y, columns).fit(disp=0, tol=1e-12)
    ours = found(q, y, w)
    assert (ours.intercept.value, ours.slope.value) == pytest.approx(tuple(fit.params), abs=1e-8)
    if not weights:
        bounds = fit.conf_int()
        assert (ours.slope.low, ours.slope.high) == pytest.approx(tuple(bounds[1]), abs=1e-6)
        assert (ours.intercept.low, ours.intercept.high) == pytest.approx(tuple(bounds[0]), abs=1e-6)


@pytest.mark.parametrize("weights", [False, True])
def test_brier_and_log_loss_equal_scikit_learn(weights):
    from sklearn.metrics import brier_score_loss, log_loss

    q, y, w = scored(weights=weights)
    ours = found(q, y, w)
    assert ours.brier == pytest.approx(brier_score_loss(y, q, sample_weight=w), abs=1e-12)
    assert ours.log_loss == pytest.approx(log_loss(y, q, sample_weight=w), abs=1e-12)


def test_bars_are_clopper_and_pearsons():
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    q, y, _ = scored(300)
    bins = found(q, y).reliability
    count = np.rint(bins.observed * bins.rows)
    low, high = proportion.proportion_confint(count, bins.rows, method="beta")
    np.testing.assert_allclose(bins.observed_low, low, atol=1e-9)
    np.testing.assert_allclose(bins.observed_high, high, atol=1e-9)


def test_equality_is_cochrans_q():
    meta = pytest.importorskip("statsmodels.stats.meta_analysis")
    q, y, _ = scored()
    groups = np.array(["a", "b", "c"])[np.arange(len(q)) % 3]
    ours = calibrate(dataset(q, y, g=groups), QUICK).groupings["g"]
    values = np.array([group.balance.value for group in ours.measured])
    errors = np.array([(group.balance.high - group.balance.low) / 2 / 1.959963984540054 for group in ours.measured])
    theirs = meta.combine_effects(values, errors**2)
    assert ours.equality.q == pytest.approx(theirs.q, rel=1e-9)
    assert ours.equality.p_value == pytest.approx(theirs.test_homogeneity().pvalue, rel=1e-9)


def test_equal_width_error_equals_netcal():
    netcal = pytest.importorskip("netcal.metrics", reason="netcal is heavy and no development dependency")
    q, y, _ = scored()
    assert found(q, y).ece.value == pytest.approx(netcal.ECE(15).measure(q, y), abs=1e-6)


def test_smooth_error_equals_relplot():
    relplot = pytest.importorskip("relplot", reason="relplot is no development dependency")
    q, y, _ = scored()
    relplot.config.use_logit_scaling = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = relplot.metrics.smECE(q, y.astype(float))
    # It searches the width on a grid of 1 / 1024.
    assert found(q, y).smooth_ece.value == pytest.approx(theirs, abs=1e-3)
    assert math.isfinite(float(smoothed(on_grid(one(q, y), 4096)[None, :], np.array([theirs]))[0]))
