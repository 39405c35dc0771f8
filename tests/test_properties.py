"""Properties of every registered rate and disparity; a wrong metric must fail them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import metrics
from engine.assessment import Request, assess
from engine.metrics import DISPARITIES, RATES, Rate, rate_values
from engine.policy import Policy
from tests.build import count_by_hand, dataset

REQUEST = Request(Policy.common(0.5), min_group=0)
TABLES = st.integers(0, 10**6).map(np.random.default_rng)


def sample(rng, n=120):
    scores = rng.integers(0, 9, n) / 8
    label = np.where(rng.random(n) < 0.1, -1, rng.random(n) < 0.5)
    return dataset(scores, label, g=rng.choice(["a", "b", "c"], n), h=rng.choice(["x", "y"], n))


def numbers(data, request=REQUEST):
    """Return every point value by grouping, group and key."""
    out = {}
    for name, grouping in assess(data, request).groupings.items():
        for key, estimates in [*grouping.rates.items(), ("auc", grouping.auc)]:
            out |= {(name, group, key): estimates[g].value for g, group in enumerate(grouping.names)}
        out |= {(name, "", key): gap.value for key, gap in grouping.disparities.items()}
    return out


def same(one, two):
    assert one.keys() == two.keys()
    np.testing.assert_allclose(list(one.values()), [two[key] for key in one], atol=1e-12)


def taken(data, order, weight=None):
    def pick(array):
        return None if array is None else array[order]

    return replace(
        data,
        rows=len(order),
        label=pick(data.label),
        scores={"s": data.scores["s"][order]},
        weight=weight,
        attributes=tuple(replace(a, codes=a.codes[order]) for a in data.attributes),
    )


@settings(max_examples=15, deadline=None)
@given(TABLES)
def test_row_order_does_not_matter(rng):
    data = sample(rng)
    same(numbers(data), numbers(taken(data, rng.permutation(data.n))))


@settings(max_examples=10, deadline=None)
@given(TABLES)
def test_a_duplicated_row_is_a_row_of_weight_two(rng):
    data = sample(rng)
    twice = rng.integers(1, 3, data.n)
    same(numbers(replace(data, weight=twice.astype(float))), numbers(taken(data, np.repeat(np.arange(data.n), twice))))


@settings(max_examples=10, deadline=None)
@given(TABLES, st.sampled_from([0.5, 3.0, 8.0]))
def test_weights_have_no_unit(rng, factor):
    data, weight = sample(rng), rng.integers(1, 9, 120) / 4
    one, two = replace(data, weight=weight), replace(data, weight=weight * factor)
    same(numbers(one), numbers(two))
    first, second = (assess(d, REQUEST).groupings["g"].rates["accuracy"][0] for d in (one, two))
    assert (first.low, first.high) == pytest.approx((second.low, second.high), abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(TABLES)
def test_other_names_give_the_same_disparities(rng):
    data = sample(rng)
    renamed = replace(
        data,
        attributes=tuple(replace(a, levels=a.levels[::-1], codes=len(a.levels) - 1 - a.codes) for a in data.attributes),
    )
    ours, theirs = assess(data, REQUEST).groupings["g"], assess(renamed, REQUEST).groupings["g"]
    for key in DISPARITIES:
        np.testing.assert_allclose(ours.disparities[key].value, theirs.disparities[key].value, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(TABLES)
def test_rates_lie_in_their_range(rng):
    for (_, _, key), value in numbers(sample(rng)).items():
        if not np.isnan(value):
            low = -1 if key == "matthews_correlation" else 0
            assert low <= value <= (np.inf if key == "treatment_equality_difference" else 1)


def test_equal_groups_have_the_ideal_value():
    half = sample(np.random.default_rng(1), 200)
    data = dataset(np.tile(half.scores["s"], 2), np.tile(half.label, 2), g=["a"] * 200 + ["b"] * 200)
    for key, gap in assess(data, REQUEST).groupings["g"].disparities.items():
        assert gap.value == DISPARITIES[key].ideal


def brute_force(cells, key):
    """Return a rate from its six cells, written out again."""
    tp, fp, fn, tn, su, _ = cells
    n, total = tp + fp + fn + tn, sum(cells)
    top, bottom = {
        "selection_rate": (tp + fp + su, total),
        "favourable_rate": (tp + fp + su, total),
        "accuracy": (tp + tn, n),
        "true_positive_rate": (tp, tp + fn),
        "false_negative_rate": (fn, tp + fn),
        "base_rate": (tp + fn, n),
        "false_positive_rate": (fp, fp + tn),
        "true_negative_rate": (tn, fp + tn),
        "precision": (tp, tp + fp),
        "false_discovery_rate": (fp, tp + fp),
        "negative_predictive_value": (tn, tn + fn),
        "false_omission_rate": (fn, tn + fn),
        "f1": (2 * tp, 2 * tp + fp + fn),
        "expected_cost": (fp + fn, n),
        "balanced_accuracy": (tp * (fp + tn) + tn * (tp + fn), 2 * (tp + fn) * (fp + tn)),
        "matthews_correlation": (tp * tn - fp * fn, ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5),
    }[key]
    return top / bottom if bottom else np.nan


def check_against_brute_force(rng):
    data = sample(rng)
    cells = count_by_hand(data.scores["s"], data.label, data.attributes[0].codes, np.full(3, 0.5))
    counts = assess(data, REQUEST).groupings["g"].counts
    for key, values in rate_values(counts).items():
        np.testing.assert_allclose(values, [brute_force(row, key) for row in cells], atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(TABLES)
def test_every_rate_equals_brute_force(rng):
    check_against_brute_force(rng)


def test_a_wrong_metric_fails(monkeypatch):
    def wrong(counts, costs):
        return np.asarray(counts.tp / np.maximum(counts.tp + counts.fp, 1), dtype=float)

    monkeypatch.setitem(metrics.RATES, "f1", Rate("f1", "F1", "", formula=wrong))
    with pytest.raises(AssertionError):
        check_against_brute_force(np.random.default_rng(0))


def test_brute_force_covers_the_registry():
    assert all(np.isfinite(brute_force((3, 1, 1, 5, 2, 2), key)) for key in RATES)
