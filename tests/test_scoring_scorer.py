"""Every way to a score behind one protocol; a file's scores land on the rows that the data set kept."""

import dataclasses
import json

import numpy as np
import pytest

from engine.data.ingest import ingest
from engine.data.reading import read
from engine.errors import InvalidData
from engine.scoring import models, scorer
from engine.scoring.scorer import ColumnScorer, FileScorer, TrainedScorer
from engine.types import Attribute, Roles
from tests.test_scoring_models import made

WHOLE = {"format": "equipoise-logistic/1", "intercept": 0, "numbers": {"x": {"coefficient": 1}}}
CONTENT = json.dumps(WHOLE).encode()
ROWS = b"g,y,w,x,s\na,1,1,0,0.1\nb,0,0,1,0.2\na,0,2,2,0.3\nb,1,,3,0.4\nb,1,1,,0.5\n"
ROLES = Roles((Attribute("g"),), label="y", positive="1", scores=("s",), weight="w")


def opened(rows=ROWS):
    table = read(rows, "t.csv")
    return table, ingest(table, ROLES)


def test_a_files_scores_belong_to_the_rows_that_were_kept():
    table, data = opened()
    assert data.n == 3   # two rows have no weight
    model = FileScorer(scorer.opened(CONTENT, "m.json", table.columns), table)
    scored = model.scored(data)
    np.testing.assert_allclose(scored.score_values(), [0.5, 1 / (1 + np.exp(-2)), np.nan])
    assert scored.score == model.name
    assert scored.score_source == "column"
    assert list(scored.scores) == ["s", model.name]
    assert scored.fingerprint == data.fingerprint
    assert "1 of 5 rows without a score" in scored.issues[-1].got


def test_a_second_model_adds_a_version_and_a_second_note():
    table, data = opened()
    first = FileScorer(scorer.opened(CONTENT, "m.json", table.columns), table).scored(data)
    other = FileScorer(scorer.opened(CONTENT.replace(b"0,", b"1,"), "m.json", table.columns), table)
    both = other.scored(first)
    assert len(both.scores) == 3
    again = other.scored(both)
    assert len(again.issues) - len(both.issues) in (0, 1)   # the note is not doubled, the warning may be
    assert [issue.where for issue in both.issues if "from a file" in issue.what] == [
        f"score '{name}'" for name in list(both.scores)[1:]]


def test_another_table_is_refused():
    table, data = opened()
    other = read(ROWS.replace(b"0.1", b"0.9"), "t.csv")
    with pytest.raises(InvalidData, match="must be the one that the data set was read from"):
        FileScorer(scorer.opened(CONTENT, "m.json", table.columns), other).scored(data)
    with pytest.raises(InvalidData, match="must have the data set's rows"):
        FileScorer(scorer.opened(CONTENT, "m.json", table.columns), table).scored(
            dataclasses.replace(data, rows=6))


def test_a_trained_scorer_is_cross_fitting_under_its_own_name():
    data = made()
    for each in (TrainedScorer(), TrainedScorer("decision_tree", 3, 2, True)):
        scored = each.scored(data)
        assert scored.score == each.name
        direct = models.cross_fitted(data, each.model, each.folds, each.seed, protected_in=each.protected_in)
        np.testing.assert_array_equal(scored.score_values(), direct.score_values())


def test_a_column_scorer_puts_a_column_in_use():
    _, data = opened()
    assert ColumnScorer("s").scored(data.with_scores("t", np.zeros(3))).score == "s"
    with pytest.raises(KeyError):
        ColumnScorer("nothing").scored(data)


def test_a_pickle_is_refused_before_anything_else():
    with pytest.raises(InvalidData, match="are opened"):
        scorer.opened(b"\x80\x04N.", "m.onnx", ("x",))
