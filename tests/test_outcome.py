"""Outcome, target, scores, prediction, weight, exposure, identifier."""

import numpy as np
import pytest

from engine.data.ingest import ingest
from engine.data.reading import read
from engine.errors import InvalidData
from engine.types import Attribute, Roles


def data(column, **roles):
    text = "g,s,x\n" + "".join(f"{'ab'[i % 2]},0.{i + 1},{value}\n" for i, value in enumerate(column))
    return ingest(read(text.encode(), "t.csv"), Roles((Attribute("g"),), **roles))


def sentences(dataset):
    return " ".join(issue.sentence() for issue in dataset.issues)


def test_label_by_canonical_text_and_unknown():
    dataset = data(["1.0", "0", "", " 1 ", "NA"], label="x", positive="1", scores=("s",))
    assert dataset.label.tolist() == [1, 0, -1, 1, -1]
    assert "2 rows" in sentences(dataset)


def test_01_is_not_1():
    with pytest.raises(InvalidData, match="positive value must occur"):
        data(["01", "00"], label="x", positive="1")


def test_a_positive_value_that_looks_missing_is_a_value():
    assert data(["None", "some", "None"], label="x", positive="None").label.tolist() == [1, 0, 1]


def test_more_than_two_outcome_values_warn_and_list():
    dataset = data(["yes", "no", "maybe"], label="x", positive="yes")
    assert dataset.label.tolist() == [1, 0, 0]
    assert "maybe" in sentences(dataset)
    assert [issue.severity for issue in dataset.issues] == ["warning"]


def test_one_outcome_value_warns():
    assert "one value only" in sentences(data(["1", "1"], label="x", positive="1"))


def test_numeric_target_excludes_rows_without_it():
    dataset = data(["1.5", "", "3"], target="x", target_kind="regression")
    assert dataset.target.tolist() == [1.5, 3.0]
    assert (dataset.rows, dataset.n, dataset.excluded[0].rows) == (3, 2, 1)
    assert dataset.attribute("g").codes.tolist() == [0, 0]


def test_a_count_cannot_be_negative():
    with pytest.raises(InvalidData, match="negative"):
        data(["1", "-1"], target="x", target_kind="count")
    assert data(["1", "-1"], target="x", target_kind="regression").n == 2


def test_scores_that_are_missing_or_infinite_are_no_scores():
    dataset = data(["0.5", "nan", "inf", "-inf", ""], scores=("x",))
    np.testing.assert_array_equal(dataset.score_values(), [0.5] + [np.nan] * 4)
    assert dataset.n == 5
    assert "infinite scores" in sentences(dataset)


def test_a_score_outside_the_unit_interval_is_noted():
    assert "used as it is" in sentences(data(["1", "10"], scores=("x",)))


@pytest.mark.parametrize("column", [["low", "0.5"], ["0 5", "0.3"], ["", ""]])
def test_a_score_must_hold_numbers(column):
    with pytest.raises(InvalidData, match="must hold numbers") as refusal:
        data(column, scores=("x",))
    assert len(refusal.value.issues) == 1


@pytest.mark.parametrize("values", [("yes", "no"), ("TRUE", "FALSE"), ("1.0", "0.0")])
def test_predictions_by_their_usual_words(values):
    dataset = data([*values, values[0]], prediction="x")
    assert dataset.score_values().tolist() == [1.0, 0.0, 1.0]
    assert (dataset.score, dataset.score_source) == ("x", "prediction")


def test_predictions_by_a_named_value():
    assert data(["high", "low", ""], prediction="x", selected="high").score_values()[:2].tolist() == [1.0, 0.0]
    with pytest.raises(InvalidData, match="name one of"):
        data(["high", "low"], prediction="x")
    with pytest.raises(InvalidData, match="no 'medium'"):
        data(["high", "low"], prediction="x", selected="medium")
    with pytest.raises(InvalidData, match="two values"):
        data(["1", "2", "3"], prediction="x")


def test_a_prediction_beside_a_score_is_not_in_use():
    dataset = data(["1", "0"], prediction="x", scores=("s",))
    assert (dataset.score, dataset.score_source, set(dataset.scores)) == ("s", "column", {"s", "x"})


@pytest.mark.parametrize("role", ["weight", "exposure"])
def test_weights_and_exposures(role):
    dataset = data(["2", "0", "", "1.5"], scores=("s",), **{role: "x"})
    assert getattr(dataset, role).tolist() == [2.0, 1.5]
    assert dataset.excluded[0].rows == 2
    assert dataset.score_values().tolist() == [0.1, 0.4]
    for wrong in ("-1", "inf", "heavy"):
        with pytest.raises(InvalidData):
            data(["1", wrong], scores=("s",), **{role: "x"})


def test_identifiers():
    assert data(["p", "q"], scores=("s",), id="x").ids.tolist() == ["p", "q"]
    repeated = data(["p", "p", ""], scores=("s",), id="x")
    assert repeated.ids.tolist() == ["p", "p", ""]
    assert "1 that occur more than once, 1 missing" in sentences(repeated)
    with pytest.raises(InvalidData, match="128 characters"):
        data(["p" * 129, "q"], scores=("s",), id="x")
