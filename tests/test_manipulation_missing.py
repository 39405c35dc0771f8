"""Bounds for rows without a group, against every assignment."""

from itertools import product

import numpy as np
import pytest

from engine.assessment import Request, assess
from engine.manipulation.missing import OF, bounds
from engine.policy import Policy
from tests.build import dataset


def assessed(score, label, group, least=0, favourable="selected"):
    data = dataset(score, label, favourable=favourable, g=group)
    return assess(data, Request(Policy.common(0.5), (("g",),), min_group=least)).groupings["g"]


def every_value(score, label, group, names, favourable="selected"):
    """Each disparity's values under all assignments of the missing rows."""
    unknown = [i for i, name in enumerate(group) if name == "missing"]
    found = {key: [] for key in OF}
    for chosen in product(names, repeat=len(unknown)):
        whole = list(group)
        for i, name in zip(unknown, chosen, strict=True):
            whole[i] = name
        for key, disparity in assessed(score, label, whole, favourable=favourable).disparities.items():
            if key in found and np.isfinite(disparity.value):
                found[key].append(disparity.value)
    return found


@pytest.mark.parametrize("favourable", ["selected", "not-selected"])
@pytest.mark.parametrize("seed", range(2))
def test_bounds_of_two_groups_equal_brute_force(seed, favourable):
    rng = np.random.default_rng(seed)
    n = 30
    score, label = rng.random(n), rng.integers(0, 2, n)
    group = rng.choice(["a", "b"], n).tolist()
    for i in range(6):
        group[i] = "missing"
    found = bounds(assessed(score, label, group, favourable=favourable), favourable)
    for key, values in every_value(score, label, group, "ab", favourable).items():
        if key != "equalized_odds_difference":
            assert (found[key].low, found[key].high) == pytest.approx((min(values), max(values))), key


def test_bounds_of_three_groups_hold_every_assignment_and_the_far_end_is_attained():
    rng = np.random.default_rng(9)
    score, label = rng.random(40), rng.integers(0, 2, 40)
    group = [*["missing"] * 4, *rng.choice(["a", "b", "c"], 36).tolist()]
    found = bounds(assessed(score, label, group))
    for key, values in every_value(score, label, group, "abc").items():
        assert found[key].low <= min(values) + 1e-9
        assert found[key].high >= max(values) - 1e-9
        far, ours = (min(values), found[key].low) if "ratio" in key else (max(values), found[key].high)
        if key != "equalized_odds_difference":
            assert ours == pytest.approx(far)
        assert abs(found[key].high - found[key].low) <= max(values) - min(values) + 0.12


def test_sixty_unknown_of_four_hundred():
    rng = np.random.default_rng(3)
    score, group = rng.random(400), rng.choice(["F", "M"], 400).tolist()
    score[[i for i, g in enumerate(group) if g == "F"]] *= 0.8
    group[:60] = ["missing"] * 60
    result = assessed(score, rng.integers(0, 2, 400), group, least=30)
    found = bounds(result)["disparate_impact_ratio"]
    chosen = np.asarray(score) >= 0.5
    known = {g: (sum(chosen[i] for i in range(60, 400) if group[i] == g), group[60:].count(g)) for g in "FM"}
    up, down = int(chosen[:60].sum()), int((~chosen[:60]).sum())
    ratios = []
    for x, y in product(range(up + 1), range(down + 1)):
        f = (known["F"][0] + x) / (known["F"][1] + x + y)
        m = (known["M"][0] + up - x) / (known["M"][1] + 60 - x - y)
        ratios.append(min(f, m) / max(f, m))
    assert (found.low, found.high) == pytest.approx((min(ratios), max(ratios)), abs=1e-12)
    assert found.low < found.ignoring_unknown < found.high + 1e-12


def test_without_unknown_rows_there_is_one_value():
    rng = np.random.default_rng(0)
    result = assessed(rng.random(60), rng.integers(0, 2, 60), ["a", "b"] * 30)
    for key, each in bounds(result).items():
        if key in OF:
            assert each.low == pytest.approx(result.disparities[key].value)
            assert each.high == pytest.approx(each.low)
        else:
            assert each.reason


def test_groups_that_are_left_out_may_take_unknown_rows():
    rng = np.random.default_rng(1)
    group = [*["a", "b"] * 40, *["tiny"] * 3, *["missing"] * 10]
    found = bounds(assessed(rng.random(93), rng.integers(0, 2, 93), group, least=30))["demographic_parity_difference"]
    assert found.low <= found.ignoring_unknown <= found.high
    alone = bounds(assessed(rng.random(20), None, ["a"] * 20))["disparate_impact_ratio"]
    assert "fewer than two groups" in alone.reason
