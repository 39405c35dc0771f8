import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from engine.counting.index import ScoreIndex, index_rows
from engine.policy import Policy
from tests.build import count_by_hand, dataset, groups, rows


@pytest.mark.parametrize("weights", [False, True])
def test_counts_equal_a_loop_over_rows(weights):
    rng = np.random.default_rng(3)
    scores, label, codes, weight = rows(rng, 300, weights=weights)
    index = index_rows(scores, label, codes, groups(4), weight)  # the fourth group is empty
    for _ in range(20):
        thresholds = rng.choice(np.append(scores, [np.inf, -np.inf, 2.0001]), 4)
        counts = index.at(thresholds)
        np.testing.assert_allclose(counts.values, count_by_hand(scores, label, codes, thresholds, weight), atol=1e-12)
        np.testing.assert_array_equal(counts.rows, count_by_hand(scores, label, codes, thresholds))


def test_a_tie_is_selected_whole_and_minus_zero_is_zero():
    index = index_rows(
        np.array([-0.0, 0.0, 0.5, 0.5]), np.array([1, 0, 1, 0], np.int8), np.zeros(4, np.int32), groups(1)
    )
    assert index.at(np.array([0.0])).tp.tolist() == [2]
    assert index.at(np.array([-0.0])).fp.tolist() == [2]
    assert index.at(np.array([0.5])).values.tolist() == [[1, 1, 1, 1, 0, 0]]
    assert index.at(np.array([np.nextafter(0.5, 1)])).values.tolist() == [[0, 0, 2, 2, 0, 0]]


def test_rows_without_a_finite_score_are_left_out_and_counted():
    scores = np.array([0.2, np.nan, np.inf, 0.8, -np.inf])
    index = index_rows(scores, np.ones(5, np.int8), np.zeros(5, np.int32), groups(1))
    assert index.unscored == 3
    assert index.at(np.array([-np.inf])).sizes.tolist() == [2]


def test_a_sweep_has_leading_axes():
    rng = np.random.default_rng(0)
    scores, label, codes, _ = rows(rng, 200)
    index = index_rows(scores, label, codes, groups(3))
    grid = np.repeat(np.linspace(0, 5, 11)[:, None], 3, axis=1)
    sweep = index.at(grid)
    for k, thresholds in enumerate(grid):
        np.testing.assert_array_equal(sweep.values[k], index.at(thresholds).values)


def test_a_policy_on_one_attribute_counts_for_groups_of_others():
    rng = np.random.default_rng(5)
    sex, race = rng.choice(["f", "m"], 200), rng.choice(["a", "b", "c"], 200)
    data = dataset(rng.random(200), rng.integers(0, 2, 200), sex=sex, race=race)
    index = ScoreIndex.build(data, ("sex", "race"))
    policy = Policy.per_group(("sex",), {"f": 0.3}, otherwise=0.7)
    by_race, place = index.groups.project(("race",))
    counts = index.under(policy).fold(place, len(by_race))
    chosen = data.score_values() >= np.where(sex == "f", 0.3, 0.7)
    assert (counts.tp + counts.fp).tolist() == [int(chosen[race == name].sum()) for name in by_race.names]


def test_a_lottery_is_counted_by_its_probabilities():
    index = index_rows(np.array([0.2, 0.4, 0.6, 0.8]), np.ones(4, np.int8), np.zeros(4, np.int32), groups(1))
    lottery = Policy("randomised", 0.5, (("0", ((0.5, 0.25), (np.inf, 0.75))),), ("g",))
    assert index.under(lottery).tp.tolist() == [0.5]


@pytest.mark.parametrize("weights", [False, True])
def test_curve_and_area_equal_scikit_learn(weights):
    rng = np.random.default_rng(8)
    scores, label, codes, weight = rows(rng, 500, unknown=0, weights=weights)
    index = index_rows(scores, label, codes, groups(3), weight)
    curve = index.curve([0, 2])
    kept = codes != 1
    sample = None if weight is None else weight[kept]
    fpr, tpr, thresholds = roc_curve(label[kept], scores[kept], sample_weight=sample, drop_intermediate=False)
    np.testing.assert_allclose(curve.tp / curve.tp[-1], tpr, atol=1e-12)
    np.testing.assert_allclose(curve.fp / curve.fp[-1], fpr, atol=1e-12)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    assert index.area([0, 2])[0] == pytest.approx(
        roc_auc_score(label[kept], scores[kept], sample_weight=sample), abs=1e-12
    )
    assert np.isnan(index_rows(scores, np.ones(500, np.int8), codes, groups(3)).area([0])[0])


def test_arrays_cannot_be_changed():
    index = index_rows(np.array([0.2]), None, np.zeros(1, np.int32), groups(1))
    with pytest.raises(ValueError, match="read-only"):
        index.scores[0] = 1
