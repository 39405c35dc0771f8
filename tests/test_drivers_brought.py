"""The flip test asks a model from a file again: every row is scored under every value, as it would score that table."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.data.ingest import ingest
from engine.data.reading import read
from engine.drivers import FlipRequest, flip_test
from engine.errors import InvalidData
from engine.policy import Policy
from engine.scoring import scorer
from engine.types import Attribute, Roles

LOGISTIC = {"format": "equipoise-logistic/1", "intercept": -0.4, "numbers": {"income": {"coefficient": 0.8}},
            "categories": {"sex": {"coefficients": {"F": -0.6, "M": 0.5}}}}


def rows(n=90):
    """Return a table as text: a third of no sex that the model knows, ages, incomes, weights of which some are 0."""
    rng = np.random.default_rng(2)
    lines = [f"{('F', 'M', 'M ', '')[i % 4]},{20 + i % 40},{rng.normal():.3f},{i % 9 > 0:d}" for i in range(n)]
    return "sex,age,income,w\n" + "\n".join(lines) + "\n"


def made(model=LOGISTIC, text=None):
    """Return the data with the model's score in use, and the model with its table."""
    table = read((text or rows()).encode(), "people.csv")
    data = ingest(table, Roles((Attribute("sex"), Attribute("age", "continuous")), prediction="w", weight=None))
    asked = scorer.FileScorer(scorer.opened(json.dumps(model).encode(), "m.json", table.columns), table)
    return asked.scored(data), asked


def by_hand(text, sex):
    lines = [line.split(",") for line in text.splitlines()[1:]]
    return 1 / (1 + np.exp(0.4 - 0.8 * np.array([float(line[2]) for line in lines]) - {"F": -0.6, "M": 0.5}[sex]))


def test_every_row_is_scored_under_every_value():
    data, asked = made()
    found = flip_test(data, FlipRequest("sex", None, policy=Policy.common(0.5)), brought=asked)
    expected = np.column_stack([by_hand(rows(), sex) for sex in "FM"])
    known = np.array([line.split(",")[0] != "" for line in rows().splitlines()[1:]])
    np.testing.assert_allclose(found.scores, expected[known], rtol=1e-12)
    assert found.values == ("F", "M")
    assert found.flips.tolist() == ((expected[known] >= 0.5).sum(axis=1) == 1).tolist()
    assert 0 < found.flipped.value < 1
    assert (found.model, found.reason) == (asked.name, None)
    own = found.scores[np.arange(len(found.own)), found.own]
    np.testing.assert_allclose(own, data.score_values()[found.rows], rtol=1e-12)


def test_rows_that_the_data_left_out_are_left_out_here_too():
    table = read(rows().encode(), "people.csv").with_column("age", np.where(np.arange(90) % 5, 1, 0))
    data = ingest(table, Roles((Attribute("sex"),), scores=("income",), weight="age"))
    asked = scorer.FileScorer(scorer.opened(json.dumps(LOGISTIC).encode(), "m.json", table.columns), table)
    found = flip_test(data, FlipRequest("sex", None), brought=asked)
    assert data.n == 72
    kept = np.flatnonzero(np.arange(90) % 5)[found.rows]
    np.testing.assert_allclose(found.scores[:, 1], by_hand(rows(), "M")[kept], rtol=1e-12)


def test_a_model_that_does_not_read_the_column_shows_nothing_and_says_so():
    blind = {**LOGISTIC, "categories": {}}
    data, asked = made(blind)
    found = flip_test(data, FlipRequest("sex", None, policy=Policy.common(0.5)), brought=asked)
    assert found.flipped.value == 0
    assert "the model has no column 'sex'" in found.reason
    own = flip_test(data, FlipRequest("sex", None, policy=Policy.per_group(("sex",), {"F": 0.6, "M": 0.4}, 0.5)),
                    brought=asked)
    assert own.reason is None
    assert own.flipped.value > 0


def test_ranges_of_numbers_are_no_values_to_ask_about():
    data, asked = made()
    with pytest.raises(InvalidData, match="ranges of numbers"):
        flip_test(data, FlipRequest("age", None), brought=asked)
    with pytest.raises(InvalidData, match="stopped"):
        flip_test(data, FlipRequest("sex", None), cancelled=lambda: True, brought=asked)


def test_an_onnx_model_is_asked_too():
    from tests import onnx_files as files

    text = "group,paid\n" + "".join(f"{(-1, 0, 2)[i % 3]},{i % 2}\n" for i in range(60))
    table = read(text.encode(), "people.csv")
    data = ingest(table, Roles((Attribute("group"),), label="paid", positive="1"))
    model = scorer.opened(files.sigmoid(), "m.onnx", table.columns, {"x": ("group",)})
    asked = scorer.FileScorer(model, table)
    found = flip_test(asked.scored(data), FlipRequest("group", None, policy=Policy.common(0.6)), brought=asked)
    np.testing.assert_allclose(found.scores[0], 1 / (1 + np.exp(-np.array([-1, 0, 2]))), rtol=1e-6)
    assert found.flipped.value == 1
