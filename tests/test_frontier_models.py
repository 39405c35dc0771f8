"""Models compared: trained, thresholded and reported on three parts of the rows, and never worse than the peer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import InvalidData
from engine.frontier import Request
from engine.frontier.draw import selection_probability
from engine.frontier.judging import Resampler
from engine.frontier.models import COLUMN, Study, compare
from engine.frontier.split import index_of
from engine.frontier.training import TRAINERS, Training, reweighed
from engine.policy import Policy
from engine.types import Feature
from tests.build import dataset

GAP = "demographic_parity_difference"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Setting")


def people(n=1600, groups=2, seed=0, unknown=0.0):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, n)
    x = rng.normal(size=(n, 2)) + 0.6 * group[:, None] * [1, 0]
    label = (rng.random(n) < 1 / (1 + np.exp(-x.sum(axis=1) + 0.5))).astype(np.int8)
    label[rng.random(n) < unknown] = -1
    data = dataset(rng.random(n), label, g=[str(g) for g in group])
    features = (Feature("x", x[:, 0]), Feature("z", x[:, 1]))
    return type(data)(**{**vars(data), "features": features})


@pytest.fixture(scope="module")
def compared():
    return compare(people(), Study(Request(GAP)))


def test_every_model_is_there_and_points_carry_test_numbers(compared):
    assert {point.family for point in compared.points} == {COLUMN, *TRAINERS}
    assert compared.skipped == ()
    assert sum(compared.rows) == 1600
    for point in compared.points:
        assert point.test.utility.low <= point.test.utility.value <= point.test.utility.high
        assert round(point.test.utility.n) == compared.rows[2]
        assert point.counts.sum() == pytest.approx(compared.rows[2])


def test_test_numbers_are_those_of_the_test_rows(compared):
    point = next(p for p in compared.points if p.family == "logistic" and p.kind == "deterministic" and p.bound == 0.05)
    tp, fp, fn, tn = point.counts[:, :4].T
    assert point.test.utility.value == pytest.approx((tp + tn).sum() / point.counts.sum())
    assert point.test.disparity.value == pytest.approx(np.ptp((tp + fp) / (tp + fp + fn + tn)))


def test_points_keep_their_bound_on_validation_rows(compared):
    for point in compared.points:
        if point.bound is not None:
            assert point.disparity <= point.bound + 1e-9


def test_a_noisy_score_is_beaten_by_a_model_and_the_front_is_not(compared):
    front = [point for point, best in zip(compared.points, compared.front, strict=True) if best]
    assert front
    for point in compared.points:
        beaten = any(q.utility >= point.utility and q.disparity <= point.disparity
                     and (q.utility, q.disparity) != (point.utility, point.disparity) for q in compared.points)
        assert beaten == (point not in front)
    assert all(point.family != COLUMN for point in front if point.utility > 0.6)


def test_the_volume_prints_its_reference(compared):
    volume = compared.volume
    assert volume.value > 0
    assert volume.low < volume.value < volume.high
    assert volume.reference[1] == -1.0
    assert 0.5 <= volume.reference[0] < 1


def test_the_peer_s_post_processing_is_never_better_on_the_rows_both_were_found_on(compared):
    """Same disparity on validation rows: lots between thresholds of the same logistic score are at least as good."""
    theirs = next(p for p in compared.points if p.family == "threshold_optimizer")
    ours = compared.frontiers["logistic"].at("randomised", theirs.disparity)
    assert ours.utility >= theirs.utility - 1e-9


def test_what_cannot_be_trained_is_skipped_with_a_reason():
    few = compare(people(900, 3), Study(Request(GAP), models=("grid_search", "logistic"), columns=False, bounds=()))
    assert [name for name, _ in few.skipped] == ["grid search"]
    assert "two groups" in few.skipped[0][1]
    other = compare(people(600), Study(Request("accuracy_difference"), models=("threshold_optimizer",), bounds=()))
    assert "disparity" in other.skipped[0][1]


def test_rows_without_an_outcome_train_nothing_and_stay_in_the_counts():
    found = compare(people(900, unknown=0.3), Study(Request(GAP), models=("logistic",), columns=False, bounds=(0.05,)))
    assert sum(found.rows) < 900
    assert found.points[0].counts[:, 4:].sum() > 0


def test_nothing_to_compare_is_refused():
    data = people(300)
    bare = type(data)(**{**vars(data), "features": ()})
    with pytest.raises(InvalidData, match="features"):
        compare(bare, Study(Request(GAP), models=("logistic",), columns=False))
    with pytest.raises(InvalidData, match="known"):
        compare(data, Study(Request(GAP), models=("oracle",)))
    with pytest.raises(InvalidData, match="train"):
        compare(data, Study(Request(GAP), shares=(0.5, 0.5)))
    with pytest.raises(InvalidData, match="AUC"):
        compare(data, Study(Request("auc_difference")))


def test_progress_is_told_and_a_stop_is_obeyed():
    told = []
    study = Study(Request(GAP), models=("logistic",), bounds=())
    compare(people(300), study, progress=lambda share, words: told.append((share, words)))
    assert [share for share, _ in told] == [0.0, 0.5, 1.0]
    with pytest.raises(InvalidData, match="stopped"):
        compare(people(300), study, cancelled=lambda: True)


def test_reweighing_makes_outcome_and_group_independent():
    data = people(500)
    rows = np.arange(300)
    task = Training(data, data.label, data.attributes[0].codes, rows, rows, GAP, 0)
    weight = reweighed(task)
    assert (weight[300:] == 1).all()
    table = np.array([[weight[rows][(task.codes[rows] == g) & (data.label[rows] == y)].sum() for y in (0, 1)]
                      for g in (0, 1)])
    assert table[0, 1] / table[0].sum() == pytest.approx(table[1, 1] / table[1].sum())
    assert table.sum() == pytest.approx(300)


def test_the_same_seed_gives_the_same_points():
    study = Study(Request(GAP, seed=3), models=("logistic",), bounds=(0.05,))
    first, second = (compare(people(600), study) for _ in range(2))
    assert [p.test for p in first.points] == [p.test for p in second.points]


def test_a_row_without_a_score_is_counted_nowhere_on_resampled_rows_either():
    data = people(400, unknown=0.2)
    score = np.where(np.arange(400) % 4 == 0, np.nan, data.scores["s"])   # a hundred rows without one
    held = type(data)(**{**vars(data), "scores": {"s": score}})
    rows, codes = np.arange(400) % 2 == 0, held.attributes[0].codes
    counts = index_of(held, ("g",), rows).under(Policy.common(0.5)).values
    resampler = Resampler.of(held, codes, rows, 2, 0)
    once = replace(resampler, weights=np.ones_like(resampler.weights))   # each row once: the draw is the sample
    chance = selection_probability(held, Policy.common(0.5))
    both = np.stack([chance, np.nan_to_num(chance)], axis=1)             # beside a decision that every row has
    drawn = once.draws(both)
    assert np.array_equal(drawn[0, 0], counts)
    assert drawn[0, 0].sum() == 100
    assert drawn[0, 1].sum() == 200
    found = compare(held, Study(Request(GAP), models=(), bounds=(0.05,)))
    for point in found.points:
        assert point.counts.sum() < found.rows[2]
