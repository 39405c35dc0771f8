"""The simulated sample shows what its heading promises, and shows it only where it promises."""

import numpy as np
import pytest

from engine.data.ingest import ingest
from engine.data.reading import read
from engine.data.simulated import ETHNICITIES, LENDING_FEATURES, LENDING_ROLES, SEXES, lending


@pytest.fixture(scope="module")
def data():
    return ingest(read(lending(), "lending"), LENDING_ROLES, simulated=True)


def rates(values, codes):
    return np.bincount(codes, values) / np.bincount(codes)


def test_shape(data):
    assert data.n == 20_000
    assert data.attribute("sex").levels == SEXES
    assert data.attribute("ethnicity").levels == ETHNICITIES
    assert [feature.name for feature in data.features] == list(LENDING_FEATURES)
    assert 0 <= data.score_values().min() <= data.score_values().max() <= 1
    assert np.bincount(data.attribute("age").codes).min() > 500


def test_selection_differs_at_the_intersection_only(data):
    selected = data.score_values() >= 0.5
    sex, ethnicity = data.attribute("sex").codes, data.attribute("ethnicity").codes
    assert np.ptp(rates(selected, sex)) < 0.02
    assert np.ptp(rates(selected, ethnicity)) < 0.02
    assert np.ptp(rates(selected, 2 * ethnicity + sex)) > 0.15


def test_the_outcome_does_not_differ(data):
    cell = 2 * data.attribute("ethnicity").codes + data.attribute("sex").codes
    assert np.ptp(rates(data.label, cell)) < 0.06


def test_one_ethnicity_is_miscalibrated(data):
    score, label = data.score_values(), data.label
    confident = (score > 0.85) | (score < 0.15)
    gaps = {}
    for k, name in enumerate(ETHNICITIES):
        rows = confident & (data.attribute("ethnicity").codes == k)
        side = np.where(score[rows] > 0.5, 1, -1)
        gaps[name] = float(np.mean(side * (score[rows] - label[rows])))
    assert gaps["Western"] > 0.08
    assert abs(gaps["Eastern"]) < 0.03


def test_same_seed_same_bytes():
    assert lending(500, 3) == lending(500, 3)
    assert lending(500, 3) != lending(500, 4)


def test_rows_must_be_positive():
    with pytest.raises(ValueError, match="one row"):
        lending(0)
