"""A second decision: paired differences with intervals that the bootstrap confirms, and overturn tables."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.assessment import Request as Assessed
from engine.assessment import assess
from engine.drivers import SecondRequest, second_decision
from engine.drivers.influence import gap, paired_difference, row_parts
from engine.drivers.paired import RATES_COMPARED
from engine.drivers.pairs import between
from engine.errors import InvalidData
from engine.policy import Policy
from tests.build import dataset


def decided(n=2000, seed=0, weight=None):
    """A model and a human who mostly agree, both leaning against group b."""
    rng = np.random.default_rng(seed)
    group = rng.random(n) < 0.4
    skill = rng.normal(size=n)
    label = (skill + rng.normal(size=n) > 0).astype(np.int8)
    human = skill + 0.7 * rng.normal(size=n) - 0.35 * group > 0
    model = np.where(rng.random(n) < 0.85, human, skill - 0.6 * group > 0)
    data = dataset(model.astype(float), label, weight, g=np.where(group, "b", "a"), h=np.where(skill > 0, "x", "y"))
    return dataclasses.replace(data, scores={"model": data.scores["s"], "human": human.astype(float)}, score="model")


def test_influence_is_the_formula_of_the_literature():
    rng = np.random.default_rng(0)
    a, d, y = rng.random(300) < 0.3, (rng.random(300) < 0.5).astype(float), (rng.random(300) < 0.6).astype(np.int8)
    found = gap(row_parts("selection_rate", d, y), a, ~a)
    share = a.mean()
    wanted = a * (d - d[a].mean()) / share - ~a * (d - d[~a].mean()) / (1 - share)
    np.testing.assert_allclose(found.influence, wanted, atol=1e-12)
    tpr = gap(row_parts("true_positive_rate", d, y), a, ~a)
    kept = y == 1
    same = gap(row_parts("selection_rate", d[kept], None), a[kept], ~a[kept])
    assert tpr.value == pytest.approx(same.value)
    assert tpr.error == pytest.approx(same.error)   # the same on rows with y = 1


@pytest.mark.parametrize("key", RATES_COMPARED)
@pytest.mark.parametrize("favourable", ["selected", "not-selected"])
def test_gaps_are_those_of_the_assessment(key, favourable):
    rng = np.random.default_rng(1)
    n = 400
    label = np.where(rng.random(n) < 0.1, -1, rng.random(n) < 0.5).astype(np.int8)
    data = dataset((rng.random(n) < 0.5).astype(float), label, rng.integers(1, 5, n), favourable,
                   g=rng.choice(["a", "b", "c"], n))
    codes = data.attributes[0].codes
    found = gap(row_parts(key, data.score_values(), label, favourable), codes == 0, codes == 1, data.weight)
    rates = assess(data, Assessed(groupings=(("g",),))).groupings["g"].rates[key].value
    assert found.value == pytest.approx(rates[0] - rates[1], abs=1e-12)


def test_weights_count_as_copies_in_the_value():
    data = decided(300)
    weight = np.random.default_rng(0).integers(1, 4, 300)
    a = data.attributes[0].codes == 0
    parts = row_parts("precision", data.score_values(), data.label)
    one = gap(parts, a, ~a, weight.astype(float))
    many = gap(tuple(np.repeat(part, weight) for part in parts), np.repeat(a, weight), np.repeat(~a, weight))
    assert one.value == pytest.approx(many.value)
    assert one.error > many.error   # copies would pretend to be more people


@pytest.mark.slow
@pytest.mark.parametrize("key", ["selection_rate", "true_positive_rate", "precision"])
def test_the_paired_interval_is_the_bootstraps_and_narrower_than_the_unpaired(key):
    data, draws = decided(), 10_000
    a = data.attributes[0].codes == 0
    parts = [row_parts(key, data.scores[name], data.label) for name in ("model", "human")]
    gaps = [gap(part, a, ~a) for part in parts]
    found = paired_difference(gaps[0], gaps[1], 0.95)
    rng, n, drawn = np.random.default_rng(0), data.n, np.empty(draws)
    columns = np.column_stack([member * part for member in (a, ~a) for one in parts for part in one])
    for start in range(0, draws, 200):
        sums = rng.multinomial(n, np.full(n, 1 / n), 200) @ columns
        rates = sums[:, 0::2] / sums[:, 1::2]   # model A, human A, model B, human B
        drawn[start : start + 200] = (rates[:, 0] - rates[:, 2]) - (rates[:, 1] - rates[:, 3])
    error = (found.high - found.low) / 2 / 1.959963984540054
    assert error == pytest.approx(drawn.std(), rel=0.03)
    assert error < 0.8 * np.hypot(gaps[0].error, gaps[1].error)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    truth = np.mean([(_d(decided(4000, seed)).value) for seed in range(100, 140)])
    hits = [abs(_d(decided(500, seed)).value - truth) <= (_d(decided(500, seed)).high - _d(decided(500, seed)).low) / 2
            for seed in range(200)]
    assert 0.90 <= np.mean(hits) <= 0.99


def _d(data):
    a = data.attributes[0].codes == 0
    one, two = (gap(row_parts("selection_rate", data.scores[name], None), a, ~a) for name in ("model", "human"))
    return paired_difference(one, two, 0.95)


def test_the_answer_holds_both_assessments_their_gaps_and_the_difference():
    data = decided()
    found = second_decision(data, SecondRequest("human", ("a", "b")))
    alone = assess(data, Assessed(groupings=(("g",),))).groupings["g"]
    first = found.first.groupings["g"]
    np.testing.assert_array_equal(first.rates["selection_rate"].value, alone.rates["selection_rate"].value)
    for key, item in found.gaps.items():
        assert item.first.value - item.second.value == pytest.approx(item.difference.value, abs=1e-12), key
        assert item.difference.low < item.difference.value < item.difference.high
        assert item.first.low < item.first.value < item.first.high
    assert found.rows == 2000
    assert found.names == ("model", "human")


def test_equal_decisions_have_no_interval():
    data = decided()
    same = dataclasses.replace(data, scores={**data.scores, "human": data.scores["model"]})
    item = second_decision(same, SecondRequest("human", ("a", "b"))).gaps["selection_rate"]
    assert item.difference.value == 0
    assert np.isnan(item.difference.low)
    assert "alike" in item.difference.reason


def test_overturns_count_who_is_decided_differently():
    data = decided(500)
    found = second_decision(data, SecondRequest("human", ("a", "b"))).overturns
    model, human, codes = data.scores["model"], data.scores["human"], data.attributes[0].codes
    for g in range(2):
        for i in range(2):
            for j in range(2):
                for y in range(2):
                    rows = (codes == g) & (model == i) & (human == j) & (data.label == y)
                    assert found.cells[g, i, j, y] == rows.sum()
        apart = (codes == g) & (model != human)
        assert found.differing.value[g] == pytest.approx(apart.sum() / (codes == g).sum())
        assert found.first_selects.value[g] == pytest.approx((model[apart] == 1).mean())
    assert found.cells.sum() == 500


def test_rows_that_one_does_not_decide_are_left_out_of_both():
    data = decided(400)
    human = np.array(data.scores["human"])
    human[:50] = np.nan
    found = second_decision(dataclasses.replace(data, scores={**data.scores, "human": human}),
                            SecondRequest("human", ("a", "b")))
    assert (found.rows, found.left_out) == (350, 50)
    assert found.first.rows_used == found.second.rows_used == 350
    assert found.overturns.cells.sum() == 350


def test_scores_are_decided_by_their_thresholds_and_lots_are_expected_values():
    data = decided(400)
    score = np.random.default_rng(0).random(400)
    data = dataclasses.replace(data, scores={"model": score, "human": data.scores["human"]})
    found = second_decision(data, SecondRequest("human", ("a", "b"), Policy.common(0.8)))
    assert found.first.groupings["g"].counts.values[..., [0, 1]].sum() == (score >= 0.8).sum()
    lots = Policy("randomised", 0.5, (("a", ((0.2, 0.5), (0.8, 0.5))),), ("g",))
    drawn = second_decision(data, SecondRequest("human", ("a", "b"), lots))
    a = data.attributes[0].codes == 0
    in_a = ((score >= 0.2)[a].mean() + (score >= 0.8)[a].mean()) / 2
    assert drawn.gaps["selection_rate"].first.value == pytest.approx(in_a - (score >= 0.5)[~a].mean())


def test_without_outcomes_only_selection_is_compared():
    found = second_decision(dataclasses.replace(decided(), label=None), SecondRequest("human", ("a", "b")))
    assert not np.isnan(found.gaps["selection_rate"].difference.value)
    assert np.isnan(found.gaps["accuracy"].difference.value)
    assert found.gaps["accuracy"].difference.reason
    assert found.overturns.cells[..., :2].sum() == 0


def test_groups_are_found_in_one_attribute_or_in_an_intersection():
    data = decided()
    assert between(data, ("a", "b"))[0] == ("g",)
    assert between(data, ("x", "y")) == (("h",), 0, 1)
    assert between(data, ("a x x", "b x y"))[0] == ("g", "h")


def test_what_cannot_be_compared_is_said():
    with pytest.raises(InvalidData, match="choose one of: human"):
        second_decision(decided(), SecondRequest("vendor", ("a", "b")))
    with pytest.raises(InvalidData, match="second decision"):
        second_decision(decided(), SecondRequest("model", ("a", "b")))
    data = decided()
    with pytest.raises(InvalidData, match="both decide"):
        second_decision(dataclasses.replace(data, scores={**data.scores, "human": np.full(data.n, np.nan)}),
                        SecondRequest("human", ("a", "b")))
