"""What is said of calibration: nothing of too few persons, what a cut beside the scores does, one of a kind as one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.charts import calibration_table as tables
from engine.charts import calibration_words as words
from tests.build import dataset
from tests.test_charts_calibration import answered


def test_small_groups_get_no_verdict_and_no_test():
    """Sixteen persons whose Balance is clear of 0: neither the sentence nor the table says that it means much."""
    source = dataset([0.9] * 40 + [0.55, 0.6] * 8, [1, 0] * 20 + [1] * 16, g=["a"] * 40 + ["b"] * 16)
    _, found = answered(source)
    assert found.measured[1].balance.low > 0
    said = words.group_sentence(found.measured[1], 1, found.min_group)
    assert "**2 b**, 16 persons: too few persons to say much (fewer than 30)" in said
    assert "onfident" not in said
    assert "onfident" in words.group_sentence(found.measured[1], 1, 10)
    for view, heading in ((tables.MAIN, "ECCE-R / σ"), (tables.MORE, "Spiegelhalter z")):
        large, small = tables.table(found, [0, 1], view)[heading]
        assert "p\u00a0" in large
        assert "no test: fewer than 30 rows" in small
        assert "p\u00a0" not in small


@pytest.mark.parametrize(("low", "high", "said"), [(0.55, 0.99, "at or above the cut"), (0.01, 0.45, "below the cut"),
                                                   (0.2, 0.8, None)])
def test_scores_on_one_side_of_the_cut_are_said(low, high, said):
    scores = np.tile(np.linspace(low, high, 100), 2)
    _, found = answered(dataset(scores, np.arange(200) % 2, g=["a"] * 100 + ["b"] * 100))
    sentence = words.one_sided(found, float(scores.mean()))
    assert (sentence is None) if said is None else (said in sentence and "All 200 scores" in sentence)
    for group in found.measured:
        sign = {"at or above the cut": 1, "below the cut": -1}.get(said)
        same = sign and group.balance.value == pytest.approx(sign * group.calibration_in_the_large.value)
        assert bool(same) is (said is not None)


def test_a_few_scores_on_the_other_side_are_counted():
    scores = np.append(np.linspace(0.6, 0.9, 198), [0.1, 0.2])
    source = dataset(scores, np.arange(200) % 2, g=["a"] * 200)
    assert "All but 2 of 200 scores lie at or above the cut" in words.one_sided(answered(source)[1], 0.75)
    assert words.one_sided(answered(source, cut=0.7)[1], 0.75) is None


def test_one_of_a_kind_is_said_as_one():
    _, found = answered(dataset(np.linspace(0.1, 0.9, 80), np.arange(80) % 2, g=["a"] * 40 + ["b"] * 40))
    assert "(Q = " in words.equality_sentence(found.equality)
    assert "on 1 degree of freedom" in words.equality_sentence(found.equality)
    assert "2 groups" in " ".join(words.cancelling(found))
    _, single = answered(dataset(np.linspace(0.1, 0.9, 40), np.arange(40) % 2, g=["a"] * 40))
    assert "any of the 1 group of 30 rows" in " ".join(words.cancelling(single))


def test_every_minus_of_the_table_is_the_same_sign():
    """Scores that run against the outcome have a negative slope."""
    scores = np.linspace(0.05, 0.95, 200)
    label = (np.random.default_rng(0).random(200) > scores).astype(int)
    _, found = answered(dataset(scores, label, g=["a"] * 200))
    assert found.measured[0].slope.high < 0
    shown = tables.table(found, [0], tables.MORE) | tables.table(found, [0], tables.MAIN)
    assert "**−" in shown["Slope"][0]
    assert not any(f"-{digit}" in cell for column in shown.values() for cell in column for digit in range(10))


def off_by(*shifts, rows=400):
    """Groups whose mean outcome is off their mean score of one half by so much."""
    scores = np.tile(np.linspace(0.1, 0.9, rows), len(shifts))
    labels = [np.arange(rows) % 2 if not shift else (np.arange(rows) % 10 < 5 + 10 * shift) for shift in shifts]
    names = [f"g{k:02}" for k in range(len(shifts)) for _ in range(rows)]
    return answered(dataset(scores, np.concatenate(labels).astype(int), g=names))[1]


def test_of_many_groups_those_that_are_clearly_off_are_told_and_the_rule_is_said():
    found = off_by(0, 0.2, 0, -0.3, 0, 0, 0)
    assert words.told(found) == [3, 1]
    assert words.told_rule(found).startswith("Groups whose scores are clearly too high or too low")
    assert len(words.told(nothing := off_by(*[0] * 7))) == 1
    assert words.told_rule(nothing).startswith("In no group")
    all_off = off_by(*[0.2] * 7)
    assert len(words.told(all_off)) == words.SENTENCES
    assert words.told_rule(all_off).startswith("6 groups")
    assert words.told_rule(off_by(0, 0.2)) is None
