"""A numeric outcome by group: equal to scipy's t interval, to a loop by hand, and honest where there is too little."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from engine.assessment.means import group_means
from engine.charts.data import target_by_group
from engine.errors import InvalidData
from engine.types import AttributeValues, Dataset, Roles

HOSTILE = "<img src=x onerror=alert(1)>"


def dataset(target, codes, levels=("F", "M", "one", "never"), exposure=None):
    attribute = AttributeValues("sex", "nominal", np.asarray(codes, np.int32), levels)
    kind = "regression" if exposure is None else "count"
    return Dataset("t", "0" * 64, "1" * 64, Roles(target="loss", target_kind=kind), len(codes), (attribute,),
                   target=np.asarray(target, dtype=float), exposure=exposure)


@pytest.fixture(scope="module")
def some():
    rng = np.random.default_rng(0)
    codes = np.append(rng.integers(0, 2, 200), 2)
    return rng.lognormal(1, 1, 201) + codes, codes, rng.uniform(0.1, 2, 201)


def test_means_and_intervals_are_student_s(some):
    target, codes, _ = some
    found = group_means(dataset(target, codes), "sex", 0.9)
    for g in (0, 1):
        rows = target[codes == g]
        low, high = stats.t.interval(0.9, len(rows) - 1, rows.mean(), stats.sem(rows))
        assert found.mean[g].value == pytest.approx(rows.mean())
        assert (found.mean[g].low, found.mean[g].high) == pytest.approx((low, high))
        assert found.total[g] == pytest.approx(rows.sum())
    assert found.everybody.value == pytest.approx(target.mean())


def test_what_is_too_little_has_a_reason(some):
    found = group_means(dataset(*some[:2]), "sex")
    assert found.mean[2].value == some[0][-1]
    assert np.isnan(found.mean[2].low)
    assert found.mean[2].reason == "no interval: a single row"
    assert np.isnan(found.mean[3].value)
    assert found.mean[3].reason == "not estimable: never has no rows"


def test_per_exposure_is_a_ratio_of_sums_with_the_error_of_its_residuals(some):
    target, codes, exposure = some
    found = group_means(dataset(target, codes, exposure=exposure), "sex").rate
    for g in (0, 1):
        y, e = target[codes == g], exposure[codes == g]
        n, rate = len(y), y.sum() / e.sum()
        error = sum((a - rate * b) ** 2 for a, b in zip(y, e, strict=True))
        half = stats.t.ppf(0.975, n - 1) * np.sqrt(error * n / (n - 1)) / e.sum()
        assert found[g].value == pytest.approx(rate)
        assert (found[g].low, found[g].high) == pytest.approx((rate - half, rate + half))


def test_the_interval_per_exposure_covers_what_it_says():
    rng, held = np.random.default_rng(1), 0
    for _ in range(1_000):
        exposure = rng.uniform(0.1, 2, 200)
        data = dataset(rng.poisson(0.5 * exposure), np.zeros(200), ("all",), exposure)
        rate = group_means(data, "sex").rate[0]
        held += rate.low <= 0.5 <= rate.high
    assert 0.93 <= held / 1_000 <= 0.97


def test_rows_without_the_outcome_are_left_out(some):
    target, codes, _ = some
    gone = np.where(np.arange(len(target)) < 50, np.nan, target)
    found = group_means(dataset(gone, codes), "sex")
    assert found.mean.n.sum() == len(target) - 50
    assert found.mean[0].value == pytest.approx(np.nanmean(gone[codes == 0]))


def test_without_a_numeric_outcome_it_says_so(some):
    data = dataset(*some[:2])
    with pytest.raises(InvalidData, match="numeric outcome"):
        group_means(Dataset(**{**vars(data), "target": None}), "sex")


@pytest.mark.parametrize("exposed", [False, True])
def test_the_chart_draws_what_the_table_says(some, exposed):
    target, codes, exposure = some
    chart = target_by_group(group_means(dataset(target, codes, exposure=exposure if exposed else None), "sex"))
    [dots] = chart.figure.data
    name = "per exposure" if exposed else "mean"
    assert list(dots.x) == [value for value in chart.table[name][:-1] if value is not None]
    assert list(dots.x + dots.error_x.array)[:2] == pytest.approx(chart.table[f"{name}, 95 % to"][:2])
    assert ("unit of exposure" in chart.figure.layout.xaxis.title.text) == exposed
    assert chart.table["group"][-1] == "everybody"
    assert chart.table["note"][chart.table["group"].index("never")].startswith("not estimable")
    assert {len(column) for column in chart.table.values()} == {5}
    assert chart.table["rows"][-1] == len(target)
    assert "everybody" in chart.alt


def test_hostile_names_are_inert(some):
    data = dataset(*some[:2], levels=(HOSTILE, "M", "one", "never"))
    chart = target_by_group(group_means(data, "sex"))
    assert "<img" not in chart.figure.to_json().replace("\\u003c", "<")
    assert chart.table["group"].count(HOSTILE) == 1
