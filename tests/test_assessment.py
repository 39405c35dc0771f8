import numpy as np
import pytest

from engine.assessment import Request, assess, default_policy
from engine.counting.table import CountTable
from engine.errors import InvalidData
from engine.metrics import DISPARITIES, RATES
from engine.policy import Policy
from engine.types import Estimate
from tests.build import dataset


def sample(n=600, seed=0, **changes):
    rng = np.random.default_rng(seed)
    race, sex = rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]), rng.choice(["f", "m"], n)
    scores = rng.integers(0, 65, n) / 64
    label = (rng.random(n) < scores).astype(int)
    return dataset(scores, **{"label": label, "race": race, "sex": sex} | changes)


def test_groupings_are_each_attribute_and_their_intersections():
    result = assess(sample())
    assert list(result.groupings) == ["race", "sex", "race x sex"]
    assert result.overall.names == ("all",)
    for grouping in result.groupings.values():
        assert grouping.counts.values.sum() == result.rows_used == 600


def test_the_count_table_gives_the_same_numbers_at_an_edge():
    data = sample()
    request = Request(Policy.common(0.5))
    exact, counted = assess(data, request), assess(data, request, CountTable.build(data, ("race", "sex")))
    for name, ours in exact.groupings.items():
        theirs = counted.groupings[name]
        for key in RATES:
            np.testing.assert_array_equal(ours.rates[key].value, theirs.rates[key].value)
        for key, gap in ours.disparities.items():
            assert gap.value == pytest.approx(theirs.disparities[key].value, abs=1e-12)
            if key != "auc_difference":  # counted bin by bin: the last digit of a sum may differ
                assert gap == theirs.disparities[key] or np.isnan(gap.noise_high)


def test_equal_disparities_have_equal_chance_bands():
    gaps = assess(sample(), Request(Policy.common(0.5))).groupings["race"].disparities
    one, other = (gaps[f"{key}_ratio"] for key in ("demographic_parity", "disparate_impact"))
    assert one.value == other.value
    assert (one.noise_high, one.p_value) == (other.noise_high, other.p_value)


def test_small_groups_are_shown_but_do_not_drive_a_max_min_number():
    data = dataset(
        [0.9] * 50 + [0.1] * 50 + [0.9] * 40 + [0.1] * 60 + [0.9] * 3,
        [1, 0] * 100 + [1] * 3,
        g=["a"] * 100 + ["b"] * 100 + ["tiny"] * 3,
    )
    result = assess(data).groupings["g"]
    gap = result.disparities["demographic_parity_difference"]
    assert result.small.tolist() == [False, False, True]
    assert gap.value == pytest.approx(0.1)
    assert gap.left_out == (("tiny", "3 rows, fewer than 30"),)
    assert result.rates["selection_rate"][2].value == 1.0
    open_to_all = assess(data, Request(min_group=0)).groupings["g"].disparities["demographic_parity_difference"]
    assert open_to_all.value == pytest.approx(0.6)
    assert open_to_all.highest == "tiny"


def test_undefined_is_nan_with_a_reason_and_is_left_out():
    data = dataset([0.9, 0.1] * 60, [1, 0] * 30 + [0, 0] * 30, g=["a"] * 60 + ["b"] * 60)
    result = assess(data).groupings["g"]
    recall = result.rates["true_positive_rate"][1]
    assert np.isnan(recall.value)
    assert recall.reason == "not estimable: b has no positives"
    gap = result.disparities["equal_opportunity_difference"]
    assert np.isnan(gap.value)
    assert gap.reason.startswith("not estimable: fewer than two groups")
    assert ("b", "not estimable: b has no positives") in gap.left_out


def test_no_outcome_column_leaves_selection_alone():
    result = assess(sample(label=None)).groupings["sex"]
    estimable = {key for key in RATES if not np.isnan(result.rates[key][0].value)}
    assert estimable == {"selection_rate", "favourable_rate"}
    assert result.rates["accuracy"][0].reason == "not estimable: the data has no outcome column"
    assert not np.isnan(result.disparities["disparate_impact_ratio"].value)


def test_nan_never_comes_without_a_reason():
    data = dataset([0.9, 0.1] * 60, [1, 0] * 30 + [0, 0] * 30, g=["a"] * 60 + ["b"] * 60)
    result = assess(data)
    for grouping in (result.overall, *result.groupings.values()):
        tables = [grouping.rates, *grouping.against_reference.values(), {"auc": grouping.auc}]
        for estimate in (table[key][g] for table in tables for key in table for g in range(len(grouping.names))):
            assert isinstance(estimate, Estimate)
            assert estimate.reason or not np.isnan([estimate.value, estimate.low, estimate.high]).any()
            if not np.isnan(estimate.low):
                assert estimate.low <= estimate.value <= estimate.high
        for gap in grouping.disparities.values():
            assert gap.reason or not np.isnan([gap.value, gap.low, gap.high]).any()
            assert gap.noise_reason or not np.isnan(gap.noise_high)


def test_the_reference_group_is_the_one_named_else_the_largest():
    from dataclasses import replace

    data = sample()
    assert assess(data).groupings["race"].names[assess(data).groupings["race"].reference] == "a"
    named = replace(data, attributes=(replace(data.attribute("race"), reference="c"), data.attribute("sex")))
    race = assess(named).groupings["race"]
    assert race.names[race.reference] == "c"
    assert race.reference_given
    difference = race.against_reference["difference"]
    assert difference["demographic_parity_difference"] is difference["selection_rate"]
    assert difference["selection_rate"][2].reason == "this is the reference group"


def test_ratio_over_a_rate_of_zero_is_not_estimable():
    data = dataset([0.9] * 40 + [0.1] * 60, [1, 0] * 50, g=["a"] * 40 + ["b"] * 60)
    ratio = assess(data).groupings["g"].against_reference["ratio"]["selection_rate"][0]
    assert np.isnan(ratio.value)
    assert ratio.reason == "not estimable: the rate of b is 0"
    nobody = assess(data, Request(Policy.common(2.0))).groupings["g"].disparities["demographic_parity_ratio"]
    assert nobody.reason == "not estimable: the rate is 0 in every group"


def test_weights_change_points_and_widen_intervals():
    plain = sample()
    rng = np.random.default_rng(1)
    weighted = sample(weight=rng.integers(1, 5, 600))
    ours, theirs = (assess(d).groupings["race"].rates["accuracy"][0] for d in (plain, weighted))
    assert ours.value != theirs.value
    assert theirs.high - theirs.low > ours.high - ours.low
    assert ours.n == theirs.n


def test_default_threshold_is_one_half_in_the_unit_interval_else_the_median():
    assert default_policy(sample()) == Policy.common(0.5, "s")
    assert default_policy(dataset([1, 2, 10], g=["a", "a", "b"])) == Policy.common(2.0, "s")


def test_seed_fixes_every_number():
    data = sample()
    one, two = assess(data, Request(seed=3)), assess(data, Request(seed=3))
    assert one.groupings["race"].disparities == two.groupings["race"].disparities
    assert one.groupings["race"].disparities != assess(data, Request(seed=4)).groupings["race"].disparities


def test_what_cannot_be_assessed_is_refused():
    with pytest.raises(InvalidData, match="'height'"):
        assess(sample(), Request(groupings=(("height",),)))
    with pytest.raises(InvalidData, match="'height'"):
        assess(sample(), Request(Policy.per_group(("height",), {}, 0.5)))
    from dataclasses import replace

    with pytest.raises(InvalidData, match="a score or a prediction is needed"):
        assess(replace(sample(), score=None))


def test_p_value_and_band_agree_with_the_gap():
    gap = assess(sample(4000)).groupings["race"].disparities["demographic_parity_difference"]
    assert (gap.p_value <= 0.05) == (gap.value >= gap.noise_high - 1e-12)
    assert set(assess(sample()).groupings["race"].disparities) == set(DISPARITIES)
