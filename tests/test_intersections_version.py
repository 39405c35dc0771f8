"""A model of the path as a score version: no row is scored by a model that saw it, and names tell contents apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.dependence import Request, explore
from engine.dependence.version import cross_fitted, held_out
from engine.errors import InvalidData
from tests.gerrymandered import coins

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Setting")
FEW = (0.0, 0.3, 3.0)


@pytest.fixture(scope="module")
def people():
    return coins(3000)


@pytest.fixture(scope="module")
def path(people):
    return explore(people, Request(kappas=FEW, baselines=("marginal",), shuffles=2))


def test_rows_that_trained_the_model_get_no_score(people, path):
    scored = held_out(people, path, path.points[2])
    values = scored.score_values()
    assert np.flatnonzero(~np.isnan(values)).tolist() == path.held.tolist()
    assert values[path.held].tolist() == path.prediction(path.points[2]).tolist()
    assert scored.issues[-1].where == f"score '{scored.score}'"
    names = {held_out(people, path, point).score for point in (*path.points, *path.baselines)}
    again = explore(people, Request(kappas=FEW, penalty="joint", shuffles=2))
    names |= {held_out(people, again, point).score for point in again.points}
    assert len(names) == len(path.points) + len(path.baselines) + len(again.points)


def test_cross_fitted_scores_cover_every_row_and_are_honest(people, path):
    unknown = np.array(people.label)
    unknown[:50] = -1
    some = dataclasses.replace(people, label=unknown)
    found = explore(some, Request(kappas=(0.0, 1.0), shuffles=2))
    told = []
    scored = cross_fitted(some, found, found.points[1], 3, lambda share, words: told.append(share))
    assert np.isfinite(scored.score_values()).all()
    assert told == [0.0, 1 / 3, 2 / 3, 1.0]
    p = scored.score_values()[50:]
    loss = -np.mean(np.where(people.label[50:] == 1, np.log(p), np.log(1 - p)))
    assert loss == pytest.approx(found.points[1].test.loss.value, abs=0.03)
    with pytest.raises(InvalidData, match="stopped"):
        cross_fitted(some, found, found.points[1], cancelled=lambda: True)
    with pytest.raises(InvalidData, match="two folds"):
        cross_fitted(some, found, found.points[1], 1)


def test_a_score_of_other_data_is_refused(people, path):
    with pytest.raises(InvalidData, match="other data"):
        held_out(coins(3000, fingerprint="2" * 64), path, path.points[0])


def test_a_lottery_has_held_out_scores_alone():
    people = coins(1200)
    found = explore(people, Request(kappas=(0.0,), shuffles=2, baselines=("exponentiated_gradient",)))
    assert "exponentiated" in held_out(people, found, found.baselines[0]).score
    with pytest.raises(InvalidData, match="lottery"):
        cross_fitted(people, found, found.baselines[0])
