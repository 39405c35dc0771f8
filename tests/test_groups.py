import numpy as np
import pytest

from engine.counting.groups import attribute_sets, grouping
from tests.build import attribute, dataset


def table():
    return dataset([0.1] * 4, [0, 1, 0, 1], race=["b", "a", "b", "a"], sex=["f", "f", "m", "f"])


def test_one_attribute_has_all_its_levels_as_groups():
    from dataclasses import replace

    data = replace(table(), attributes=(attribute("race", ["b", "a", "b", "a"], ["a", "b", "empty"]),))
    groups, codes = grouping(data, ("race",))
    assert groups.names == ("a", "b", "empty")
    assert codes.tolist() == [1, 0, 1, 0]


def test_an_intersection_has_the_cells_that_occur():
    groups, codes = grouping(table(), ("race", "sex"))
    assert groups.name == "race x sex"
    assert groups.names == ("a x f", "b x f", "b x m")
    assert groups.group_levels == (("a", "f"), ("b", "f"), ("b", "m"))
    assert codes.tolist() == [1, 0, 2, 0]


def test_no_attribute_makes_one_group_of_everybody():
    groups, codes = grouping(table(), ())
    assert groups.names == ("all",)
    assert codes.tolist() == [0, 0, 0, 0]


def test_projection_agrees_with_grouping_anew():
    fine, codes = grouping(table(), ("race", "sex"))
    for attributes in ((), ("sex",), ("sex", "race")):
        coarse, index = fine.project(attributes)
        anew, expected = grouping(table(), attributes)
        assert coarse.names == anew.names
        assert index[codes].tolist() == expected.tolist()


def test_names_that_would_collide_stay_apart():
    data = dataset([0.1, 0.2], [0, 1], one=["a x b", "a"], two=["c", "b x c"])
    groups, _ = grouping(data, ("one", "two"))
    assert len(set(groups.names)) == 2


def test_many_possible_cells_are_counted_by_sorting_too():
    rng = np.random.default_rng(0)
    wide = {name: [str(v) for v in rng.integers(0, 300, 500)] for name in ("p", "q", "r")}
    groups, codes = grouping(dataset(rng.random(500), **wide), ("p", "q", "r"))
    assert [groups.group_levels[c] for c in codes] == list(zip(*wide.values(), strict=True))


def test_attribute_sets_stop_at_three():
    assert len(attribute_sets("abcd")) == 4 + 6 + 4


def test_an_unknown_attribute_is_a_key_error():
    groups, _ = grouping(table(), ("race",))
    with pytest.raises(KeyError):
        groups.project(("sex",))
