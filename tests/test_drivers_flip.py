"""The flip test: equal to recoding people by hand, exact intervals, directions, and what it cannot see."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from engine.drivers import CAVEAT, FlipRequest, explain, flip_test
from engine.drivers.flip import flips
from engine.drivers.recoding import paired_columns
from engine.errors import InvalidData
from engine.intervals import clopper_pearson
from engine.policy import Policy
from engine.scoring.models import fold_models
from tests.build import dataset
from tests.drivers_made import lending


def recoded_by_hand(data, model, folds):
    """Every row copied, its attribute overwritten in the encoded columns, and predicted on its own."""
    scores = np.full((data.n, 2), np.nan)
    for fold in fold_models(data, model, folds, protected_in=True):
        block = np.flatnonzero(fold.owners == len(fold.features) - 1)
        for row, person in zip(fold.held_out, fold.encoded(fold.held_out).toarray(), strict=True):
            for v in range(2):
                person[block] = 0
                person[block[1 + v]] = 1   # the first column of a category tells the missing
                scores[row, v] = fold.estimator.predict_proba(person[None])[0, 1]
    return scores


@pytest.mark.parametrize("model", ["logistic", "decision_tree"])
def test_it_equals_recoding_each_person_by_hand(model):
    data = lending(300, seed=1)
    found = flip_test(data, FlipRequest("sex", model, folds=2))
    scores = recoded_by_hand(data, model, 2)
    sex = data.attribute("sex").codes
    np.testing.assert_allclose(found.scores, scores, atol=1e-12)
    np.testing.assert_array_equal(found.rows, np.arange(300))
    chosen = scores >= 0.5
    count = int((chosen[:, 0] != chosen[:, 1]).sum())
    assert count > 0
    assert found.flipped.value == count / 300
    for g in range(2):
        mine, other = chosen[sex == g, g], chosen[sex == g, 1 - g]
        assert found.gaining[g][1 - g].value == (~mine & other).mean()
        assert found.losing[g][1 - g].value == (mine & ~other).mean()
        assert found.by_group[g].value == (mine != other).mean()
        assert "own value" in found.gaining[g][g].reason
    assert found.largest(1)[0] == np.abs(scores[:, 0] - scores[:, 1]).argmax()


def test_own_scores_are_the_models_scores():
    data = lending(300)
    found = flip_test(data, FlipRequest("sex", "hist_gradient_boosting", folds=3))
    own = np.empty(300)
    for fold in fold_models(data, "hist_gradient_boosting", 3, protected_in=True):
        own[fold.held_out] = fold.scores(fold.held_out)
    np.testing.assert_array_equal(found.scores[np.arange(300), found.own], own)


def test_bounds_are_those_of_the_beta_distribution():
    for count, n in ((0, 50), (3, 50), (50, 50), (1, 1), (17, 1000)):
        low, high = clopper_pearson(np.array([count]), np.array([n]), 0.9)
        exact = stats.binomtest(count, n).proportion_ci(0.9, "exact")
        np.testing.assert_allclose([low[0], high[0]], [exact.low, exact.high], atol=1e-12)
    low, high = clopper_pearson(np.array([0.0]), np.array([0.0]), 0.95)
    assert np.isnan([low[0], high[0]]).all()


def test_a_model_without_the_column_shows_nothing_and_says_so():
    found = flip_test(lending(), FlipRequest("sex", protected_in=False))
    assert found.flipped.value == 0
    assert found.flipped.high == pytest.approx(1 - 0.025 ** (1 / 800))
    assert "no column 'sex'" in found.reason
    assert "does not mean no discrimination" in CAVEAT.replace("\n", " ")


def test_thresholds_that_depend_on_the_group_flip_people_without_any_column():
    policy = Policy.per_group(("sex",), {"F": 0.4, "M": 0.6}, 0.5)
    found = flip_test(lending(), FlipRequest("sex", protected_in=False, policy=policy))
    scores = found.scores[:, 0]
    assert found.flipped.value == ((scores >= 0.4) & (scores < 0.6)).mean() > 0
    assert found.reason is None
    assert found.losing[0][1].value > 0
    assert found.gaining[0][1].value == 0


def test_the_favourable_decision_turns_gaining_into_losing():
    scores, own = np.array([[0.4, 0.6], [0.7, 0.9], [0.6, 0.2]]), np.array([0, 0, 0])
    good, bad = (flips(scores, own, ("F", "M"), np.full(2, 0.5), favourable=word) for word in
                 ("selected", "not-selected"))
    assert good.gaining[0][1].value == bad.losing[0][1].value == 1 / 3
    assert good.losing[0][1].value == bad.gaining[0][1].value == 1 / 3


def test_more_than_two_values_are_compared_all_together():
    scores = np.array([[0.1, 0.2, 0.9], [0.6, 0.7, 0.8], [0.1, 0.1, 0.1]])
    found = flips(scores, np.array([0, 1, 2]), ("a", "b", "c"), np.full(3, 0.5))
    assert found.flips.tolist() == [True, False, False]
    np.testing.assert_allclose(found.gaps, [0.8, 0.2, 0.0])
    assert found.by_group.value.tolist() == [1.0, 0.0, 0.0]


def paired(**columns):
    data = dataset(next(iter(columns.values())), sex=["F", "M", "F", "M", ""])
    return dataclasses.replace(data, scores={name: np.asarray(v, dtype=float) for name, v in columns.items()})


def test_paired_columns_are_the_scores_of_both_values():
    data = paired(**{"s__sex=F": [0.4, 0.6, 0.2, np.nan, 0.1], "s__sex=M": [0.6, 0.7, 0.3, 0.2, 0.9]})
    found = flip_test(data, FlipRequest("sex", None))
    assert found.rows.tolist() == [0, 1, 2]
    assert found.flipped.value == 1 / 3
    assert found.gaining[0][1].value == 0.5
    assert "s__sex=F" in found.model
    assert [rows for _, rows in found.left_out] == [1, 1]
    assert "sex is missing" in found.left_out[0][0]


def test_names_of_paired_columns():
    assert paired_columns(["s__a=b=1", "s__a=b=2"], "a=b") == {"1": "s__a=b=1", "2": "s__a=b=2"}
    assert paired_columns(["one__sex=F", "two__sex=F", "two__sex=M"], "sex") == {"F": "two__sex=F", "M": "two__sex=M"}
    assert paired_columns(["s__sex=F"], "sex") == {}
    assert paired_columns(["__sex=F", "__sex=M"], "sex") == {}


def test_what_cannot_be_tested_is_said():
    with pytest.raises(InvalidData, match="choose one of: sex"):
        flip_test(lending(), FlipRequest("age"))
    with pytest.raises(InvalidData, match="cannot be asked again"):
        flip_test(paired(s=[1, 2, 3, 4, 5]), FlipRequest("sex", None))
    lots = Policy("randomised", 0.5, (("F", ((0.4, 0.5), (0.6, 0.5))),), ("sex",))
    with pytest.raises(InvalidData, match="without lots"):
        flip_test(lending(), FlipRequest("sex", policy=lots))
    with pytest.raises(InvalidData, match="belong to the attribute"):
        flip_test(lending(), FlipRequest("sex", policy=Policy.per_group(("race",), {"a": 0.1}, 0.5)))
    with pytest.raises(InvalidData, match="stopped"):
        flip_test(lending(), FlipRequest("sex"), cancelled=lambda: True)


def test_rows_without_a_value_are_counted_and_left_out():
    found = flip_test(lending(missing=30), FlipRequest("sex"))
    assert len(found.rows) == 770
    assert sum(rows for _, rows in found.left_out) == 30
    assert "missing" not in found.values


def test_a_columns_share_of_the_gap_and_its_flips_go_together():
    from engine.drivers import DriversRequest

    data = lending()
    found = explain(data, DriversRequest(("F", "M"), protected_in=True, draws=20)).found
    assert found.contributions.value[found.names.index("sex")] < 0   # being recorded as a woman lowers the score
    tested = flip_test(data, FlipRequest("sex"))
    assert tested.gaining[0][1].value > 0
    assert tested.losing[0][1].value == 0
