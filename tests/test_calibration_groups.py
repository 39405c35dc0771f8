"""Calibration per group on real and odd data: facts, refusals, reasons, cuts that follow a policy."""

import math
from dataclasses import fields

import numpy as np
import pytest

from engine.calibration import Calibration, Request, calibrate
from engine.calibration.probability import as_probability
from engine.calibration.results import Statistic
from engine.data.catalogue import load
from engine.errors import InvalidData
from engine.policy import Policy
from engine.types import Estimate
from tests.build import dataset

QUICK = Request(draws=0)


def sample(n=900, seed=0, **changes):
    rng = np.random.default_rng(seed)
    race, sex = rng.choice(["a", "b", "c"], n, p=[0.6, 0.38, 0.02]), rng.choice(["f", "m"], n)
    scores = rng.beta(2, 3, n)
    return dataset(scores, **{"label": (rng.random(n) < scores).astype(int), "race": race, "sex": sex} | changes)


def test_bar_passage_scores_are_too_high_for_black_examinees(needs_data):
    needs_data("bar_pass_prediction.csv")
    found = calibrate(load("bar-passage"), Request(groupings=(("race1",),), draws=40))
    groups = dict(zip(found.groupings["race1"].names, found.groupings["race1"].measured, strict=True))
    black, white = groups["black"], groups["white"]
    assert black.mean_score == pytest.approx(0.965, abs=5e-4)
    assert black.base_rate == pytest.approx(0.778, abs=5e-4)
    assert black.calibration_in_the_large.high < -0.15
    assert black.curve.worst.excess < -200
    assert abs(white.calibration_in_the_large.value) < 0.05
    assert black.ece.value > black.ece.noise_high
    assert found.groupings["race1"].equality.p_value < 1e-6


def test_compas_deciles_are_refused_and_read_as_tenths_on_request(needs_data):
    needs_data("compas-scores-two-years.csv")
    data = load("compas")
    with pytest.raises(InvalidData, match=r"score 'decile_score', 1 to 10, recalibrate the score"):
        calibrate(data)
    version = as_probability(data)
    assert version.score == "decile_score / 10 - 0.05"
    assert set(np.unique(version.score_values())) == {(2 * k - 1) / 20 for k in range(1, 11)}
    found = calibrate(version, Request(draws=0, groupings=(("race",),)))
    groups = dict(zip(found.groupings["race"].names, found.groupings["race"].measured, strict=True))
    assert {group.n for group in groups.values()} >= {3696, 2454}
    assert groups["African-American"].base_rate == pytest.approx(0.5143, abs=1e-4)
    with pytest.raises(InvalidData, match="only whole scores from 1 to 10"):
        as_probability(version)


def test_groupings_are_each_attribute_and_their_intersections():
    found = calibrate(sample(), QUICK)
    assert list(found.groupings) == ["race", "sex", "race x sex"]
    assert found.rows_used == 900
    assert found.groupings["race"].small == (False, False, True)
    assert found.groupings["race"].equality.left_out[0][0] == "c"
    for grouping in found.groupings.values():
        assert sum(group.n for group in grouping.measured) == 900
    assert list(calibrate(sample(), Request(draws=0, groupings=(("sex",),))).groupings) == ["sex"]


def test_nothing_is_nan_without_a_reason():
    rng = np.random.default_rng(1)
    race = np.array(["many"] * 60 + ["ones"] * 40 + ["one"] + ["two"] * 2 + ["certain"] * 20)
    scores = rng.random(len(race))
    scores[race == "certain"] = rng.integers(0, 2, 20)
    label = rng.integers(0, 2, len(race))
    label[race == "ones"] = 1
    for weight in (None, rng.random(len(race)) + 0.5):
        changed = dataset(scores, label, weight, race=race)
        for group in calibrate(changed, Request(draws=20)).groupings["race"].measured:
            for field in fields(group):
                value = getattr(group, field.name)
                if isinstance(value, float) and math.isnan(value):
                    assert group.reasons[field.name], field.name
                elif isinstance(value, Estimate):
                    assert value.reason or not math.isnan(value.low + value.value), field.name
                elif isinstance(value, Statistic):
                    assert value.reason or not math.isnan(value.p_value + value.value), field.name
                elif field.name in ("ece", "ece_mass", "mce", "mcb", "smooth_ece"):
                    assert value.reason or not math.isnan(value.value), field.name
                    assert value.noise_reason or not math.isnan(value.noise_high), field.name
            assert group.cancellation.sentence


def test_an_empty_group_is_kept_with_reasons():
    data = dataset([0.2, 0.8] * 20, [0, 1] * 19 + [-1, -1], g=["a"] * 38 + ["b"] * 2)
    found = calibrate(data, QUICK)
    assert (found.rows_used, found.unlabelled, found.unscored) == (38, 2, 0)
    empty = found.groupings["g"].measured[1]
    assert empty.n == 0
    assert empty.balance.reason == "not estimable: b has no rows with a score and an outcome"
    assert empty.reasons["brier"] == empty.balance.reason
    assert empty.curve.worst is None
    assert found.groupings["g"].equality.reason


def test_rows_without_a_score_are_left_out_and_counted():
    scores = np.array([0.2, np.nan, 0.8, 0.6])
    found = calibrate(dataset(scores, [0, 1, 1, -1], g=list("abab")), QUICK)
    assert (found.rows_used, found.unscored, found.unlabelled) == (2, 1, 1)
    assert found.overall.balance.value == pytest.approx(0.2)


@pytest.mark.parametrize(("data", "words"), [
    (dataset([0.2, 0.8], None, g=list("ab")), "no outcome"),
    (dataset([0.2, 0.8], [-1, -1], g=list("ab")), "rows with a score and an outcome"),
    (dataset([0.2, 1.0001], [0, 1], g=list("ab")), "score 's', 0.2 to 1.0001"),
    (dataset([-0.1, 1.0], [0, 1], g=list("ab")), "between 0 and 1"),
])
def test_refusals_say_what_to_do(data, words):
    with pytest.raises(InvalidData, match=words):
        calibrate(data, QUICK)


def test_an_unknown_attribute_and_a_stop_are_refused():
    with pytest.raises(InvalidData, match="attribute 'height'"):
        calibrate(sample(), Request(groupings=(("height",),)))
    with pytest.raises(InvalidData, match="stopped"):
        calibrate(sample(), QUICK, cancelled=lambda: True)


def test_progress_names_the_grouping_and_counts_its_groups():
    said = []
    calibrate(sample(), QUICK, progress=lambda share, words: said.append((share, words)))
    assert [words for _, words in said if "," not in words] == ["race", "sex", "race x sex"]
    assert [words for _, words in said][1:4] == [f"race, group {g} of 3" for g in (1, 2, 3)]
    shares = [share for share, _ in said]
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] < 1


def test_the_cut_follows_a_policy_where_each_group_has_one_threshold():
    data = sample()
    policy = Policy.per_group(("race",), {"a": 0.4, "b": 0.6}, 0.5)
    found = calibrate(data, Request(cut=policy, draws=0))
    assert [group.cut for group in found.groupings["race"].measured] == [0.4, 0.6, 0.5]
    assert found.groupings["race"].note is None
    assert "depend on race" in found.groupings["sex"].note
    assert {group.cut for group in found.groupings["sex"].measured} == {0.5}
    crossed = found.groupings["race x sex"]
    assert [group.cut for group in crossed.measured] == [{"a": 0.4, "b": 0.6, "c": 0.5}[levels[0]] for levels in
                                                         crossed.groups.group_levels]
    a = found.groupings["race"].measured[0]
    rows = data.attributes[0].codes == 0
    p, y = data.score_values()[rows], data.label[rows]
    assert a.balance.value == pytest.approx((np.where(p >= 0.4, 1, -1) * (y - p)).mean(), abs=1e-12)
    lottery = Policy("randomised", 0.5, (("a", ((0.4, 0.5), (0.6, 0.5))),), ("race",))
    assert "draws lots" in calibrate(data, Request(cut=lottery, draws=0)).groupings["race"].note
    assert calibrate(data, Request(cut=Policy.common(0.3), draws=0)).overall.cut == 0.3


def test_regions_are_shared_by_groups_and_lie_on_one_side_of_the_cut():
    found = calibrate(sample(), QUICK)
    edges = found.overall.regions.low
    assert 0.5 in edges
    assert 10 <= len(edges) <= 11
    for group in found.groupings["race"].measured:
        np.testing.assert_array_equal(group.regions.low, edges)
    tenths = calibrate(sample(), Request(draws=0, regions="tenths")).overall.regions
    np.testing.assert_allclose(tenths.low, np.arange(10) / 10)


def test_a_flag_names_where_the_errors_are():
    rng = np.random.default_rng(2)
    p = rng.beta(2, 2, 5_000)
    q = 1 / (1 + (1 - p) / p * np.exp(-0.4))   # too high everywhere
    flag = calibrate(dataset(q, (rng.random(5_000) < p).astype(int)), QUICK).overall.cancellation
    assert flag.raised
    assert flag.sentence.startswith("Balance is ")
    assert "offset each other: +0." in flag.sentence
    assert "0 to 0.5" in flag.sentence.replace("0.50", "0.5")
    calm = calibrate(dataset(p, (rng.random(5_000) < p).astype(int)), QUICK).overall.cancellation
    assert not calm.raised
    assert calm.sentence.startswith("No sign")


def test_a_drawn_curve_is_short_and_keeps_its_extremes():
    rng = np.random.default_rng(3)
    p = rng.random(30_000)
    found = calibrate(dataset(p, (rng.random(30_000) < p**1.2).astype(int)), QUICK).overall
    assert len(found.curve.value) <= 400
    assert np.ptp(found.curve.value) == pytest.approx(found.ecce_r.value, abs=1e-12)
    assert np.abs(found.curve.value).max() == pytest.approx(found.ecce_mad.value, abs=1e-12)
    assert found.curve.value[-1] == pytest.approx(found.calibration_in_the_large.value, abs=1e-12)
    assert (np.diff(found.curve.share) > 0).all()
    assert len(found.recalibrated[0]) <= 400
    turned = calibrate(dataset(p, (rng.random(30_000) < p**1.2).astype(int)), Request(draws=0, order="confidence"))
    assert turned.overall.curve.value[-1] == pytest.approx(turned.overall.balance.value, abs=1e-12)
    assert turned.overall.curve.at_cut == 0


def test_class_balance_of_calibrated_scores_is_what_they_imply():
    rng = np.random.default_rng(4)
    p = rng.beta(2, 3, 40_000)
    found = calibrate(dataset(p, (rng.random(40_000) < p).astype(int), g=np.where(p > 0.9, "x", "y")), QUICK).overall
    assert found.positive_class.observed.value == pytest.approx((p**2).mean() / p.mean(), abs=0.005)
    assert found.positive_class.implied == pytest.approx(found.positive_class.observed.value, abs=0.01)
    assert found.negative_class.implied == pytest.approx(found.negative_class.observed.value, abs=0.01)


def test_class_gap_over_groups_and_what_calibration_implies():
    rng = np.random.default_rng(5)
    group = np.repeat(["a", "b", "few"], [20_000, 20_000, 5])
    p = np.where(group == "a", rng.beta(2, 3, len(group)), rng.beta(3, 2, len(group)))
    gap = calibrate(dataset(p, (rng.random(len(group)) < p).astype(int), g=group), QUICK).groupings["g"]
    assert gap.positive_class_gap.observed == pytest.approx(4 / 6 - 3 / 6, abs=0.01)
    assert gap.positive_class_gap.implied == pytest.approx(4 / 6 - 3 / 6, abs=0.015)
    assert gap.positive_class_gap.left_out == (("few", "5 rows, fewer than 30"),)


def test_the_worst_group_is_found_over_intersections():
    rng = np.random.default_rng(6)
    n = 8_000
    race, sex = rng.choice(["a", "b"], n), rng.choice(["f", "m"], n)
    p = rng.beta(2, 3, n)
    odds = np.where((race == "b") & (sex == "f"), 0.4, 1.0)
    found = calibrate(dataset(p, (rng.random(n) < p * odds).astype(int), race=race, sex=sex), QUICK)
    assert (found.multicalibration.grouping, found.multicalibration.group) == ("race x sex", "b x f")
    assert found.multicalibration.groups == 8
    worst = dict(zip(found.groupings["race x sex"].names, found.groupings["race x sex"].measured, strict=True))["b x f"]
    assert found.multicalibration.p_value == pytest.approx(min(1, 8 * worst.ecce_r.p_value))
    assert found.multicalibration.sigmas == pytest.approx(worst.ecce_r.value / worst.ecce_r.sigma)


def test_the_same_request_gives_the_same_bands():
    a, b = calibrate(sample()), calibrate(sample())
    assert isinstance(a, Calibration)
    assert a.overall.ece == b.overall.ece
    assert a.overall.mcb == b.overall.mcb
    alone = calibrate(sample(), Request(groupings=(("sex",),)))   # a band does not depend on the other groupings
    assert alone.groupings["sex"].measured[0].smooth_ece == a.groupings["sex"].measured[0].smooth_ece
