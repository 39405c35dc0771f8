"""Protected attributes as points: what a data set's columns become, and how they are folded into cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.dependence import penalties
from engine.dependence.attributes import columns, distinct, equal_cells
from engine.types import AttributeValues
from tests import build, distances
from tests.distances import binary, continuous, nominal


def with_ages(ages, **attributes):
    values = np.array(ages, dtype=float)
    codes = np.where(np.isnan(values), 2, values >= 40).astype(np.int32)
    levels = ("< 40", ">= 40", "missing") if np.isnan(values).any() else ("< 40", ">= 40")
    age = AttributeValues("age", "continuous", codes, levels, None, values, (40.0,))
    data = build.dataset(np.zeros(len(values)), **attributes)
    return replace(data, attributes=(*data.attributes, age))


def test_nominal_binary_and_continuous():
    race, sex, age = columns(with_ages([20, 30, 60], race="abc", sex="fmf"))
    assert (race.kind, sex.kind, age.kind) == ("nominal", "binary", "continuous")
    assert (race.name, race.codes.tolist(), race.levels) == ("race", [0, 1, 2], ("a", "b", "c"))
    assert age.values.tolist() == [0, 0.25, 1]
    assert [column.n for column in (race, sex, age)] == [3, 3, 3]


def test_names_choose_and_order_and_a_number_may_enter_by_its_groups():
    data = with_ages([20, 30, 60], race="abc", sex="fmf")
    assert [column.name for column in columns(data, ["age", "race"])] == ["age", "race"]
    (age,) = columns(data, ["age"], as_continuous=())
    assert (age.kind, age.codes.tolist(), age.levels) == ("binary", [0, 0, 1], ("< 40", ">= 40"))


def test_missing_numbers_take_the_median_and_a_column_of_their_own():
    age, flag = columns(with_ages([20, 30, np.nan, 60]))
    assert age.values.tolist() == [0, 0.25, 0.25, 1]
    assert (flag.name, flag.kind, flag.codes.tolist()) == ("age: missing", "binary", [0, 0, 1, 0])


def test_rows_without_a_value_are_protected_too():
    rng = np.random.default_rng(0)
    ages = rng.uniform(20, 60, 800)
    gone = rng.random(800) < 0.3
    y = rng.normal(size=800) + gone
    protected = columns(with_ages(np.where(gone, np.nan, ages)))
    terms = penalties.build(protected, "cc").terms(y)
    assert terms.values["age: missing"] > 0.04 > 10 * abs(terms.values["age"])


def test_a_column_without_any_number_is_its_groups_and_a_constant_one_is_zero():
    (age,) = columns(with_ages([np.nan, np.nan]))
    assert age.kind == "nominal"
    (age,) = columns(with_ages([30, 30]))
    assert age.values.tolist() == [0, 0]


def test_rows_of_a_column_keep_its_kind_and_levels():
    (race,) = columns(with_ages([20, 30, 60], race="abc"), ["race"])
    some = race.at(np.array([True, False, True]))
    assert (some.kind, some.codes.tolist(), some.levels) == ("nominal", [0, 2], ("a", "b", "c"))


def test_distinct_combinations_are_those_that_occur():
    rng = np.random.default_rng(1)
    protected = [nominal("race", rng.integers(0, 4, 500)), binary("sex", rng.integers(0, 2, 500)),
                 continuous("age", rng.integers(0, 30, 500) / 7)]
    cells = distinct(protected, 500)
    expected = {tuple(row) for row in np.column_stack([column.raw for column in protected])}
    assert len(cells) == len(expected)
    for column, members in zip(protected, cells.members, strict=True):
        assert (members[cells.codes] == column.raw).all()
    assert distinct(protected, len(expected) - 1) is None
    assert distinct(protected[2:], 10) is None


def test_large_codes_are_sorted_not_counted():
    codes = np.array([10**12, 5, 10**12, 7])
    cells = distinct([nominal("a", np.zeros(4)), continuous("b", codes)], 4)
    assert cells.codes.tolist() == [2, 0, 2, 1]


def test_equal_cells_give_every_combination_the_same_sum():
    rng = np.random.default_rng(2)
    race, sex = nominal("race", rng.choice(3, 200, p=[0.9, 0.07, 0.03])), binary("sex", rng.integers(0, 2, 200))
    weights = equal_cells([race, sex])
    sums = np.bincount(race.codes * 2 + sex.codes, weights)
    assert sums == pytest.approx(1 / 6)
    y = rng.normal(size=200) + (race.codes == 2)
    plain, equal = (penalties.build([race], estimator="V", weights=each).value(y)
                    for each in (None, equal_cells([race])))
    assert equal > 10 * plain   # the small group counts
    assert plain == pytest.approx(distances.dcov(y, distances.coordinates(race), "V"), rel=1e-10)
