"""Features: numbers, categories, and what is neither."""

import numpy as np

from engine.data.features import MOST_LEVELS, feature
from engine.data.reading import read


def made(column):
    issues = []
    text = "a,x\n" + "".join(f"1,{value}\n" for value in column)
    return feature(read(text.encode(), "t.csv"), "x", issues), issues


def test_numbers_with_missing_ones():
    found, _ = made(["1", "", "inf", "2.5"])
    assert found.levels == ()
    np.testing.assert_array_equal(found.values, [1, np.nan, np.nan, 2.5])


def test_one_word_makes_a_category():
    found, _ = made(["1", "2", "many", ""])
    assert found.levels == ("1", "2", "many")
    assert found.values.tolist() == [0, 1, 2, -1]


def test_rare_levels_are_other():
    column = [f"v{i}" for i in range(MOST_LEVELS)] * 2 + ["rare", "rarer"]
    found, _ = made(column)
    assert len(found.levels) == MOST_LEVELS + 1
    assert [found.levels[code] for code in found.values[-2:]] == ["other", "other"]


def test_a_level_called_other_takes_the_rare_ones_in():
    found, _ = made(["other"] * 3 + [f"v{i}" for i in range(MOST_LEVELS + 5)])
    assert found.levels.count("other") == 1
    assert found.levels[found.values[-1]] == "other"


def test_free_text_is_left_out_with_a_note():
    found, issues = made([f"text {i}" for i in range(1_001)])
    assert found is None
    assert [issue.severity for issue in issues] == ["note"]
