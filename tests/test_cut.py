"""A yes/no outcome from a numeric target."""

import numpy as np
import pytest

from engine.data.catalogue import load
from engine.data.cut import cut
from engine.errors import InvalidData


@pytest.fixture(scope="module")
def diabetes():
    return load("diabetes")


def test_above_and_below_are_complements(diabetes):
    above, below = cut(diabetes, 140), cut(diabetes, 140, above=False)
    np.testing.assert_array_equal(above.label, diabetes.target >= 140)
    np.testing.assert_array_equal(above.label, 1 - below.label)
    assert (above.roles.positive, below.roles.positive) == (">= 140", "< 140")


def test_each_cut_has_its_fingerprint(diabetes):
    marks = {data.fingerprint for data in (diabetes, cut(diabetes, 140), cut(diabetes, 141), cut(diabetes, 140, False))}
    assert len(marks) == 4


@pytest.mark.parametrize("at", [0, 1e6, float("nan")])
def test_a_cut_needs_both_sides(diabetes, at):
    with pytest.raises(InvalidData):
        cut(diabetes, at)


def test_a_cut_needs_a_target():
    with pytest.raises(InvalidData, match="numeric target"):
        cut(load("simulated-lending"), 1)
