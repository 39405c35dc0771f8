"""Cross-fitted scores: out of fold, without protected attributes, the same each time."""

import dataclasses

import numpy as np
import pytest

from engine.data.catalogue import load
from engine.data.cut import cut
from engine.data.ingest import ingest
from engine.data.quality import separation
from engine.data.reading import read
from engine.errors import InvalidData
from engine.scoring.models import MODELS, cross_fitted, fold_models, with_protected
from engine.types import Attribute, Feature, Roles


def made(n=600, seed=0, unknown=0, weight=False):
    rng = np.random.default_rng(seed)
    x, word = rng.normal(size=n), rng.choice(["p", "q", "r"], n)
    y = (rng.random(n) < 1 / (1 + np.exp(-1.5 * x - (word == "p")))).astype(int).astype(str)
    y[:unknown] = ""
    x_text = [f"{v:.4f}" if i % 9 else "" for i, v in enumerate(x)]
    rows = [f"{'ab'[i % 2]},{y[i]},{x_text[i]},{word[i]},{1 + i % 3}" for i in range(n)]
    roles = Roles((Attribute("g"),), label="y", positive="1", features=("x", "word"), weight="w" if weight else None)
    return ingest(read(("g,y,x,word,w\n" + "\n".join(rows) + "\n").encode(), "t.csv"), roles)


def test_scores_are_probabilities_in_use():
    data = cross_fitted(made())
    assert data.score == "logistic (cross-fitted)"
    assert data.score_source == "fitted here"
    assert ((data.score_values() > 0) & (data.score_values() < 1)).all()
    assert separation(data.score_values(), data.label) > 0.7
    assert "made here" in data.issues[-1].what


def test_the_same_seed_gives_the_same_scores_and_another_name_otherwise():
    one, same, other = cross_fitted(made()), cross_fitted(made()), cross_fitted(made(), seed=1)
    np.testing.assert_array_equal(one.score_values(), same.score_values())
    assert not np.array_equal(one.score_values(), other.score_values())
    assert one.score != other.score


def test_a_row_does_not_know_its_own_outcome():
    rng = np.random.default_rng(0)
    n = 300
    label = rng.integers(0, 2, n).astype(np.int8)
    data = dataclasses.replace(made(n), label=label, features=tuple(
        Feature(f"noise {k}", rng.normal(size=n)) for k in range(60)
    ))
    assert separation(cross_fitted(data).score_values(), label) < 0.62   # fitted on all rows it is over 0.75


def test_protected_attributes_do_not_matter():
    data = made()
    swapped = dataclasses.replace(data, attributes=tuple(
        dataclasses.replace(a, codes=1 - a.codes) for a in data.attributes
    ))
    np.testing.assert_array_equal(cross_fitted(data).score_values(), cross_fitted(swapped).score_values())


def test_rows_without_an_outcome_are_scored_too():
    data = cross_fitted(made(unknown=40))
    assert (data.label == -1).sum() == 40
    assert ((data.score_values()[:40] > 0) & (data.score_values()[:40] < 1)).all()


def test_weights_are_used():
    assert not np.array_equal(cross_fitted(made(weight=True)).score_values(), cross_fitted(made()).score_values())


def test_few_rows_of_a_class_mean_few_folds():
    data = made()
    label = np.zeros(data.n, dtype=np.int8)
    label[:3] = 1
    scored = cross_fitted(dataclasses.replace(data, label=label))
    assert "3 folds" in scored.issues[-1].got
    label[:3] = [1, 0, 0]
    with pytest.raises(InvalidData, match="both outcomes"):
        cross_fitted(dataclasses.replace(data, label=label))


def test_what_cannot_be_fitted_is_said():
    with pytest.raises(InvalidData, match="features"):
        cross_fitted(dataclasses.replace(made(), features=()))
    with pytest.raises(InvalidData, match="cut of the target"):
        cross_fitted(load("diabetes"))
    with pytest.raises(InvalidData, match="choose one of: logistic"):
        cross_fitted(made(), model="oracle")
    with pytest.raises(InvalidData, match="two folds"):
        cross_fitted(made(), folds=1)


def test_a_column_without_values_or_variance_is_harmless():
    data = made()
    empty = Feature("empty", np.full(data.n, np.nan))
    same = Feature("same", np.ones(data.n))
    scored = cross_fitted(dataclasses.replace(data, features=(*data.features, empty, same)))
    assert np.isfinite(scored.score_values()).all()


def test_progress_and_cancelling():
    seen = []
    cross_fitted(made(), progress=lambda share, words: seen.append(share))
    assert seen == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    calls = iter([False, False, True])
    with pytest.raises(InvalidData, match="stopped"):
        cross_fitted(made(), cancelled=lambda: next(calls))


@pytest.mark.parametrize("key", MODELS)
def test_every_model_tells_diabetes_progression(key):
    data = cross_fitted(cut(load("diabetes"), 140), model=key)
    assert separation(data.score_values(), data.label) > 0.75


def test_law_school(data_folder, needs_data):
    needs_data("law_school_clean.csv")
    data = cross_fitted(load("law-school", data_folder))
    assert data.score_values().mean() == pytest.approx(data.label.mean(), abs=0.002)
    assert separation(data.score_values(), data.label) > 0.85


@pytest.mark.parametrize("key", MODELS)
def test_fold_models_are_those_that_scored_the_rows(key):
    data = made(unknown=30)
    scored = cross_fitted(data, model=key)
    folds = list(fold_models(data, model=key))
    held_out = np.concatenate([fold.held_out for fold in folds])
    np.testing.assert_array_equal(np.sort(held_out), np.flatnonzero(data.label >= 0))
    for fold in folds:
        assert not set(fold.held_out) & set(fold.fitted_on)
        np.testing.assert_array_equal(fold.scores(fold.held_out), scored.score_values()[fold.held_out])
        assert fold.encoded(fold.held_out).shape == (len(fold.held_out), len(fold.owners))
        assert len(fold.scores(np.zeros(0, dtype=np.int64))) == 0


def test_with_the_protected_attributes_they_are_features_by_their_groups():
    data = made()
    more = with_protected(data)
    assert [feature.name for feature in more.features] == ["x", "word", "g"]
    assert more.features[-1].levels == data.attribute("g").levels
    assert with_protected(more).features == more.features
    leaking = dataclasses.replace(data, label=data.attribute("g").codes.astype(np.int8))
    assert separation(cross_fitted(leaking).score_values(), leaking.label) < 0.7
    inside = cross_fitted(leaking, protected_in=True)
    assert separation(inside.score_values(), leaking.label) > 0.99
    assert inside.score == "logistic (cross-fitted, with the protected attributes)"
    assert "with the protected attributes" in inside.issues[-1].got


def test_other_features_of_the_same_kinds_can_be_scored():
    data = made()
    fold = next(fold_models(data, protected_in=True))
    rows = fold.held_out
    flipped = tuple(dataclasses.replace(f, values=1 - f.values) if f.name == "g" else f for f in fold.features)
    assert (fold.scores(rows, flipped) != fold.scores(rows)).all()
    np.testing.assert_array_equal(fold.scores(rows, fold.features), fold.scores(rows))
