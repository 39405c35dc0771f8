"""Unit vectors and identities of the calibration measures, against sums over rows written out."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calibration import Request, calibrate, ecce
from engine.calibration.bands import bootstrap, cells, null_draws, null_miscalibration
from engine.calibration.binned import FEWEST, calibration_error, equal_mass, equal_width
from engine.calibration.blocks import by_confidence, by_group
from engine.calibration.corp import corp, increasing
from engine.calibration.smooth import fixed_point, on_grid, smooth_error
from tests.build import dataset

QUICK = Request(draws=0)
CLOSE = {"rel": 0, "abs": 1e-12}


def one(score, label, weight=None):
    return by_group(np.asarray(score, float), np.asarray(label, np.int8), np.zeros(len(score), np.int32), 1,
                    None if weight is None else np.asarray(weight, float))[0]


def overall(score, label, weight=None, request=QUICK):
    return calibrate(dataset(score, label, weight), request).overall


@st.composite
def samples(draw):
    """Scores with ties, 0, one half and 1 among them; labels, perhaps of one class; weights or none; two groups."""
    n = draw(st.integers(2, 40))
    score = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0, -0.0]), st.floats(0, 1), st.floats(0, 1e-9))
    scores = np.array(draw(st.lists(score, min_size=n, max_size=n)))
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    labels = labels * 0 + 1 if draw(st.integers(0, 9)) == 0 else labels
    weights = np.array(draw(st.lists(st.floats(0.1, 9), min_size=n, max_size=n))) if draw(st.booleans()) else None
    groups = draw(st.lists(st.sampled_from("ab"), min_size=n, max_size=n))
    return scores, labels, weights, groups


def by_hand(p, y, w, cut=0.5):
    """Return Balance, calibration-in-the-large, standard error and calibrated standard error by sums over rows."""
    w = np.ones(len(p)) if w is None else w
    f = np.array([(1 if a >= cut else -1) * (b - a) for a, b in zip(p, y, strict=True)])
    value = (w * f).sum() / w.sum()
    return value, (w * (y - p)).sum() / w.sum(), f, math.sqrt((w**2 * p * (1 - p)).sum()) / w.sum()


def test_unit_vector():
    found = overall([0.8, 0.3, 0.6, 0.1], [1, 0, 0, 1])
    expected = {"residual_high": -0.1, "residual_low": 0.15, "ece2": 0.25}
    assert {key: getattr(found, key) for key in expected} == pytest.approx(expected, **CLOSE)
    assert found.balance.value == pytest.approx(-0.25, **CLOSE)
    assert found.calibration_in_the_large.value == pytest.approx(0.05, **CLOSE)
    assert found.ecce_mad.value == pytest.approx(0.225, **CLOSE)
    assert found.ecce_r.value == pytest.approx(0.225, **CLOSE)
    assert found.spiegelhalter.value == pytest.approx(1.507557, abs=5e-7)
    assert found.mcb.value == pytest.approx(0.158333, abs=5e-7)
    assert found.balance.low == pytest.approx(-0.25 - 1.959963984540054 * np.std([0.2, 0.3, -0.6, -0.9], ddof=1) / 2)


def test_a_score_of_nothing_but_certainty():
    p = (np.arange(4096) + 0.5) / 4096   # the truth; the forecast is p >= 1/2, so Balance is -E|q - p|
    n = 8
    label = np.concatenate([np.arange(n) < round(n * each) for each in p[::64]])
    found = overall(np.repeat((p[::64] >= 0.5).astype(float), n), label)
    assert found.balance.value == pytest.approx(-0.25, abs=0.01)
    assert found.balance_null.reason.startswith("no test: every score is 0 or 1")
    assert math.isnan(found.ecce_r.p_value)
    assert found.ecce_r.reason
    assert math.isnan(found.spiegelhalter.value)


@pytest.mark.parametrize(("law", "critical"), [(ecce.p_of_range, 2.4977), (ecce.p_of_maximum, 2.2414)])
def test_critical_values_of_the_cumulative_errors(law, critical):
    assert law(critical) == pytest.approx(0.05, abs=2e-5)
    assert law(0) == 1
    assert 0 < law(9) < 1e-15
    values = [law(x) for x in np.linspace(0.05, 9, 300)]
    assert all(a >= b - 1e-15 for a, b in pairwise(values))


def test_the_two_series_of_the_maximum_agree_where_they_meet():
    assert ecce.p_of_maximum(1 - 1e-12) == pytest.approx(ecce.p_of_maximum(1 + 1e-12), rel=1e-10)


@settings(max_examples=100, deadline=None)
@given(samples(), st.sampled_from([0.5, 0.25, 0.0, 1.0, 0.3, math.inf]))
def test_identities(sample, cut):
    p, y, w, _ = sample
    found = overall(p, y, w, Request(draws=0, cut=cut))
    value, large, f, sigma = by_hand(p, y, w, cut)
    mass = np.ones(len(p)) if w is None else w
    assert found.balance.value == pytest.approx(value, **CLOSE)
    assert found.calibration_in_the_large.value == pytest.approx(large, **CLOSE)
    assert found.residual_high - found.residual_low == pytest.approx(value, **CLOSE)
    assert found.residual_high + found.residual_low == pytest.approx(large, **CLOSE)
    assert found.ece2 == pytest.approx(max(abs(value), abs(large)), **CLOSE)
    assert found.balance_null.sigma == pytest.approx(sigma, **CLOSE)
    assert found.ecce_r.sigma == pytest.approx(sigma, **CLOSE)
    assert found.brier == pytest.approx((mass * (y - p) ** 2).sum() / mass.sum(), **CLOSE)
    assert found.regions.over - found.regions.under == pytest.approx(value, **CLOSE)
    assert found.regions.contribution.sum() == pytest.approx(value, **CLOSE)
    assert found.regions.rows.sum() == len(p)
    assert found.curve.end - 2 * found.curve.at_cut == pytest.approx(value, **CLOSE)
    assert found.curve.end == pytest.approx(large, **CLOSE)
    if cut == 0.5:
        right = ((p >= 0.5) == (y == 1)) * mass
        assert value == pytest.approx((right - mass * np.maximum(p, 1 - p)).sum() / mass.sum(), **CLOSE)
        assert -1 <= value <= 0.5
    if not math.isnan(found.balance.low):
        square = (mass**2 * (f - value) ** 2).sum() if w is not None else f.var(ddof=1) * len(p)
        assert found.balance.high - value == pytest.approx(1.959963984540054 * math.sqrt(square) / mass.sum(), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(samples())
def test_the_cumulative_curve_is_what_its_name_says(sample):
    p, y, w, _ = sample
    mass = np.ones(len(p)) if w is None else w
    found = overall(p, y, w)
    curve = [0.0] + [(mass * (y - p))[p <= t].sum() / mass.sum() for t in np.unique(p)]
    np.testing.assert_allclose(found.curve.value, curve, rtol=0, atol=1e-12)
    assert found.ecce_mad.value == pytest.approx(np.abs(curve).max(), **CLOSE)
    assert found.ecce_r.value == pytest.approx(max(curve) - min(curve), **CLOSE)
    worst = found.curve.worst
    inside = (p >= worst.low) & (p <= worst.high)
    assert worst.rows == inside.sum()
    assert worst.excess == pytest.approx((mass * (y - p))[inside].sum(), abs=1e-9)
    assert abs(worst.excess) / mass.sum() == pytest.approx(found.ecce_r.value, abs=1e-12) or found.ecce_r.value < 1e-12


@settings(max_examples=60, deadline=None)
@given(samples())
def test_corp_adds_up_and_its_fit_is_the_best_increasing_one(sample):
    p, y, w, _ = sample
    found = overall(p, y, w)
    if len(set(y)) == 1:
        assert math.isnan(found.mcb.value)
        assert found.mcb.reason
        assert found.reasons["dsc"]
        return
    assert found.mcb.value - found.dsc + found.unc == pytest.approx(found.brier, **CLOSE)
    assert found.mcb.value >= -1e-12
    assert found.dsc >= -1e-12
    from sklearn.isotonic import isotonic_regression

    mass = np.ones(len(p)) if w is None else w
    _, place = np.unique(p, return_inverse=True)
    size = np.bincount(place, mass)
    fit = isotonic_regression(np.bincount(place, mass * y) / size, sample_weight=size)[place]
    assert found.brier - found.mcb.value == pytest.approx((mass * (y - fit) ** 2).sum() / mass.sum(), abs=1e-9)
    # What the fit implies for the two classes is its own mean over them: it is calibrated on these rows.
    implied = found.positive_class.implied, found.negative_class.implied
    assert implied == pytest.approx(
        [(mass * fit * (y == k)).sum() / (mass * (y == k)).sum() for k in (1, 0)], abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(samples())
def test_groups_add_up_to_everybody(sample):
    p, y, w, g = sample
    found = calibrate(dataset(p, y, w, g=g), Request(draws=0, min_group=0))
    groups, whole = found.groupings["g"].measured, found.overall
    for read in (lambda x: x.balance.value, lambda x: x.calibration_in_the_large.value, lambda x: x.brier):
        total = sum(group.mass * read(group) for group in groups if group.n)
        assert total / whole.mass == pytest.approx(read(whole), **CLOSE)


@settings(max_examples=50, deadline=None)
@given(samples(), st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(sample, random):
    p, y, w, _ = sample
    order = np.array(random.sample(range(len(p)), len(p)))
    a, b = overall(p, y, w), overall(p[order], y[order], None if w is None else w[order])
    for read in (lambda x: x.ecce_r.value, lambda x: x.ece.value, lambda x: x.ece_mass.value, lambda x: x.mcb.value,
                 lambda x: x.smooth_ece.value, lambda x: x.log_loss):
        assert read(a) == pytest.approx(read(b), rel=0, abs=1e-9, nan_ok=True)


@settings(max_examples=50, deadline=None)
@given(samples())
def test_turning_label_and_score_round_keeps_balance_and_turns_the_other(sample):
    p, y, w, _ = sample
    p = np.where(p == 0.5, 0.75, p)   # sgn(0) = +1 on both sides
    a, b = overall(p, y, w), overall(1 - p, 1 - y, w)
    assert b.balance.value == pytest.approx(a.balance.value, abs=1e-12)
    assert b.calibration_in_the_large.value == pytest.approx(-a.calibration_in_the_large.value, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(samples())
def test_the_curve_by_confidence_ends_at_balance(sample):
    p, y, w, _ = sample
    blocks = one(p, y, w)
    turned = by_confidence(blocks)
    assert ecce.walk(turned)[-1] == pytest.approx(by_hand(p, y, w)[0], **CLOSE)
    assert turned.n == blocks.n
    assert (np.diff(turned.score) > 0).all()
    # Spiegelhalter's numerator is minus the confidence-weighted Balance.
    z = ecce.spiegelhalter(blocks)
    if z.reason is None and not ((p > 0) & (p < 1e-6)).any():   # 1 - p would lose them
        assert ecce.spiegelhalter(turned).value == pytest.approx(z.value, rel=1e-6, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(samples(), st.integers(1, 20))
def test_bins_never_split_a_tie_and_increments_of_the_curve_are_their_errors(sample, bins):
    p, y, w, _ = sample
    blocks = one(p, y, w)
    mass = np.ones(len(p)) if w is None else w
    place = [max(k for k in range(bins) if s >= k / bins) for s in p]
    by_rows = sum(abs((mass * (y - p))[[b == k for b in place]].sum()) for k in range(bins)) / mass.sum()
    assert calibration_error(blocks, equal_width(blocks, bins)) == pytest.approx(by_rows, **CLOSE)
    starts = equal_mass(blocks, bins)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    curve = ecce.walk(blocks)[np.append(starts, len(blocks))]
    assert calibration_error(blocks, starts) == pytest.approx(np.abs(np.diff(curve)).sum(), **CLOSE)


def test_weights_that_are_whole_numbers_give_the_values_of_repeated_rows():
    rng = np.random.default_rng(3)
    p, y, w = rng.integers(0, 20, 80) / 20, rng.integers(0, 2, 80), rng.integers(1, 5, 80)
    a, b = overall(p, y, w.astype(float)), overall(np.repeat(p, w), np.repeat(y, w))
    for key in ("balance", "calibration_in_the_large", "ecce_mad", "ecce_r", "ece", "ece_mass", "mcb", "smooth_ece",
                "slope", "intercept"):
        assert getattr(a, key).value == pytest.approx(getattr(b, key).value, abs=1e-9), key
    assert (a.brier, a.dsc, a.unc, a.log_loss) == pytest.approx((b.brier, b.dsc, b.unc, b.log_loss), abs=1e-12)
    assert a.reasons["corrected_l2"] == "not estimable: rows have weights"
    assert a.ece.noise_reason == "no band: rows have weights"
    assert a.n == 80
    assert a.mass == w.sum()


def test_equal_weights_change_nothing_but_the_divisor_of_the_error():
    rng = np.random.default_rng(4)
    p, y = rng.random(200), rng.integers(0, 2, 200)
    a, b = overall(p, y), overall(p, y, np.full(200, 3.0))
    assert b.balance_null.p_value == pytest.approx(a.balance_null.p_value, rel=1e-9)
    assert b.ecce_r.p_value == pytest.approx(a.ecce_r.p_value, rel=1e-9)
    assert b.spiegelhalter.value == pytest.approx(a.spiegelhalter.value, rel=1e-9)
    widths = [x.balance.high - x.balance.low for x in (a, b)]
    assert widths[1] == pytest.approx(widths[0] * math.sqrt(199 / 200), rel=1e-9)


def test_smooth_error_is_a_fixed_point_and_the_grid_hardly_moves_it():
    rng = np.random.default_rng(5)
    for n in (200, 50_000):
        p = rng.beta(2, 3, n)
        blocks = one(1 / (1 + ((1 - p) / p) ** 1.5), rng.random(n) < p)
        fine = float(fixed_point(on_grid(blocks, 65_536)[None, :])[0])
        assert smooth_error(blocks) == pytest.approx(fine, abs=1e-4)
    assert smooth_error(one([0.25, 0.75] * 4, [0, 1, 0, 1, 0, 1, 1, 0])) < 0.13


def test_smooth_error_of_one_point_is_what_the_definition_says():
    # All residual at the centre of [0, 1]: a Gaussian of width s folded back still has mass 1, so the error is |r|.
    assert smooth_error(one([0.5] * 10, [1] * 8 + [0] * 2)) == pytest.approx(0.3, abs=1e-6)


def test_noise_bands_hold_what_calibrated_samples_show():
    rng = np.random.default_rng(6)
    p = rng.beta(2, 3, 400)
    blocks = one(p, rng.random(400) < p)
    wide, equal = equal_width(blocks, 15), equal_mass(blocks, 15)
    drawn = null_draws(cells(blocks, (wide, equal)), 400, rng, FEWEST)
    drawn["mcb"] = null_miscalibration(blocks, 400, rng)
    seen = {key: [] for key in ("ece", "ece_mass", "mcb", "smooth_ece")}
    for _ in range(200):   # outcomes drawn row by row from the same scores
        again = one(p, rng.random(400) < p)
        seen["ece"].append(calibration_error(again, wide))
        seen["ece_mass"].append(calibration_error(again, equal))
        found = overall(p, rng.random(400) < p)
        seen["mcb"].append(found.mcb.value)
        seen["smooth_ece"].append(found.smooth_ece.value)
    for key, values in seen.items():
        error = math.hypot(np.std(values) / math.sqrt(200), np.std(drawn[key]) / math.sqrt(400))
        assert abs(np.mean(values) - drawn[key].mean()) < 4 * error, key


@pytest.mark.parametrize(("n", "most"), [(700, 50), (3_000, 1)])
def test_drawn_miscalibration_is_that_of_a_fit_to_every_drawn_row(n, most):
    rng = np.random.default_rng(8)
    p, rows = np.sort(rng.random(n)), rng.integers(1, most + 1, n).astype(float)
    blocks = one(np.repeat(p, rows.astype(int)), np.zeros(int(rows.sum())))
    drawn, again = null_miscalibration(blocks, 20, np.random.default_rng(9)), np.random.default_rng(9)
    for value in drawn:   # the same draws
        positive = again.random(n) < p if most == 1 else again.binomial(rows.astype(int), p)
        fitted = increasing(positive / rows, rows)
        after, before = (positive @ (1 - q) ** 2 + (rows - positive) @ q**2 for q in (fitted, p))
        assert value == pytest.approx((before - after) / rows.sum(), abs=1e-13)


def test_bootstrap_of_a_mean_has_its_closed_form_spread():
    rng = np.random.default_rng(7)
    p = rng.beta(2, 3, 3_000)
    blocks = one(p, rng.random(3_000) < p)
    draws = bootstrap(blocks, lambda b: float(b.residual.sum() / b.total), 1_000, rng)
    error = math.sqrt((blocks.positive * (1 - blocks.score) ** 2 + (1 - blocks.positive) * blocks.score**2).mean()) / (
        math.sqrt(3_000))
    assert draws.std() == pytest.approx(error, rel=0.1)


def test_a_class_that_does_not_occur_leaves_what_needs_no_class():
    found = overall([0.9, 0.7, 0.2, 0.4], [1, 1, 1, 1])
    assert found.balance.value == pytest.approx((0.1 + 0.3 - 0.8 - 0.6) / 4)
    assert found.brier == pytest.approx(np.mean(np.square([0.1, 0.3, 0.8, 0.6])))
    assert found.slope.reason == "not estimable: all has positives only"
    assert found.negative_class.observed.reason == "not estimable: all has no negatives"
    assert math.isnan(found.positive_class.implied)
    assert found.positive_class.reason


@pytest.mark.parametrize(("p", "y", "why"), [
    ([0.1, 0.2, 0.7, 0.8], [0, 0, 1, 1], "separate the outcomes"),
    ([0.1, 0.2, 0.2, 0.8], [0, 0, 1, 1], "separate the outcomes"),
    ([0.1, 0.2, 0.7, 0.8], [1, 1, 0, 0], "separate the outcomes"),
    ([0.4, 0.4, 0.4, 0.4], [1, 0, 1, 0], "are equal"),
])
def test_slope_is_not_estimable_where_the_likelihood_has_no_maximum(p, y, why):
    found = overall(p, y)
    assert why in found.slope.reason
    assert math.isnan(found.intercept.value)


def test_rows_moved_inside_for_the_logarithm_are_counted():
    found = overall([0.0, 1.0, 0.5, 1e-9, 0.3], [0, 1, 1, 0, 0])
    assert found.clipped == 3
    assert np.isfinite(found.log_loss)


def test_pooling_adjacent_violators():
    np.testing.assert_allclose(increasing(np.array([0.5, 0.2, 0.9]), np.array([1.0, 2.0, 1.0])), [0.3, 0.3, 0.9])
    assert corp(one([0.2, 0.8], [0, 1]), 0.04).mcb == pytest.approx(0.04)


def test_group_error_cancels_in_the_whole_and_the_test_of_equality_sees_it():
    rng = np.random.default_rng(8)
    p = rng.beta(2, 2, 20_000)
    group = np.repeat(["a", "b"], 10_000)
    power = np.where(group == "a", 0.6, 1.6)
    q = 1 / (1 + ((1 - p) / p) ** power)
    found = calibrate(dataset(q, rng.random(20_000) < p, g=group), QUICK)
    a, b = found.groupings["g"].measured
    assert abs(found.overall.balance.value) < 0.01
    assert a.balance.low > 0.04
    assert b.balance.high < -0.04
    assert found.groupings["g"].equality.q > 100
    assert found.groupings["g"].equality.df == 1
    assert found.groupings["g"].equality.p_value < 1e-20
    assert found.multicalibration.groups == 2
