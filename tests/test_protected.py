"""Protected attributes: groups, their order, their names, those without a value."""

import numpy as np
import pytest

from engine.data.ingest import ingest
from engine.data.protected import quartiles
from engine.data.reading import read
from engine.errors import InvalidData
from engine.types import Attribute, Roles


def data(column, **how):
    text = "score,x\n" + "".join(f"0.5,{value}\n" for value in column)
    return ingest(read(text.encode(), "t.csv"), Roles((Attribute("x", **how),), scores=("score",)))


def groups(column, **how):
    values = data(column, **how).attribute("x")
    return [values.levels[code] for code in values.codes], values.levels


def test_levels_in_natural_order_missing_last():
    named, levels = groups(["10", "9.0", "", "b", "a", "2"])
    assert levels == ("2", "9", "10", "a", "b", "missing")
    assert named == ["10", "9", "missing", "b", "a", "2"]


def test_without_missing_there_is_no_such_group():
    assert groups(["b", "a"])[1] == ("a", "b")


def test_the_word_missing_means_missing():
    assert groups(["missing", "", "a"]) == (["missing", "missing", "a"], ("a", "missing"))


def test_na_may_be_a_group_and_is_warned_of():
    dataset = data(["NA", "a", "?"])
    assert dataset.attribute("x").levels == ("?", "NA", "a")
    assert any(issue.severity == "warning" and "'NA'" in issue.got for issue in dataset.issues)


def test_reference_must_exist():
    assert data(["1.0", "2"], reference=" 1").attribute("x").reference == "1"
    with pytest.raises(InvalidData, match="choose one of: a, b"):
        data(["a", "b"], reference="c")


def test_three_hundred_groups_are_fine_and_a_thousand_and_one_not():
    assert len(groups([f"g{i}" for i in range(300)])[1]) == 300
    with pytest.raises(InvalidData, match="1,000 groups"):
        data([f"g{i}" for i in range(1_001)])


def test_edges_are_inclusive_below():
    named, levels = groups(["24.9", "25", "59", "60", ""], kind="continuous", edges=(25, 60))
    assert levels == ("< 25", "25 to < 60", ">= 60", "missing")
    assert named == ["< 25", "25 to < 60", "25 to < 60", ">= 60", "missing"]


def test_groups_of_edges_stay_when_empty():
    values = data(["30", "40"], kind="continuous", edges=(25, 60)).attribute("x")
    assert np.bincount(values.codes, minlength=3).tolist() == [0, 2, 0]


def test_close_edges_have_different_names():
    levels = groups(["1", "5000000"], kind="continuous", edges=(1_000_001, 1_000_002))[1]
    assert len(set(levels)) == 3


def test_quartiles_by_default():
    named, levels = groups([str(i) for i in range(1, 9)], kind="continuous")
    assert levels == ("< 3", "3 to < 5", "5 to < 7", ">= 7")
    assert len(set(named)) == 4


def test_quartiles_leave_no_group_empty():
    rng = np.random.default_rng(1)
    for _ in range(50):
        values = rng.integers(0, 4, rng.integers(1, 30)).astype(float)
        codes = np.searchsorted(quartiles(values), values, side="right")
        assert (np.bincount(codes, minlength=len(quartiles(values)) + 1) > 0).all()


def test_one_value_is_one_group():
    assert groups(["3", "3"], kind="continuous") == (["all", "all"], ("all",))


def test_continuous_needs_numbers():
    with pytest.raises(InvalidData, match="call it nominal"):
        data(["young", "30"], kind="continuous")


def test_infinite_values_join_the_missing():
    dataset = data(["inf", "30", "40"], kind="continuous", edges=(35,))
    assert dataset.attribute("x").codes.tolist() == [2, 0, 1]
    assert np.isnan(dataset.attribute("x").values[0])
