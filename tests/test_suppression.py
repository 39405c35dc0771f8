"""Small groups of a report: an attacker with all published totals and linear algebra cannot have them back."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.assessment import Request, assess
from engine.counting.subtraction import exposed, kept_back, totals
from engine.policy import Policy
from engine.report.suppression import UNDER, small_groups, suppressed
from engine.types import Attribute
from tests.build import dataset

ATTRIBUTES = ("a", "b", "c")


def people(rng, n, levels=(4, 3, 2)):
    """Return data whose later levels are rare, so that every grouping has small groups."""
    columns = {name: [f"{name}{k}" for k in np.minimum(rng.geometric(0.45, n) - 1, count - 1)]
               for name, count in zip(ATTRIBUTES, levels, strict=True)}
    return dataset(rng.integers(0, 20, n) / 20, (rng.random(n) < 0.4).astype(int), **columns)


def reduced(equations):
    """The equations in echelon form, in fractions: no rounding."""
    found = {}
    for equation in equations:
        row = leftover(found, equation)
        pivot = next((k for k, x in enumerate(row) if x), None)
        if pivot is not None:
            found[pivot] = [x / row[pivot] for x in row]
    return found


def leftover(found, target):
    row = [Fraction(int(x)) for x in target]
    for pivot in sorted(found):
        if row[pivot]:
            row = [x - row[pivot] * y for x, y in zip(row, found[pivot], strict=True)]
    return row


def solvable(found, target):
    """Whether a sum is a combination of others."""
    return not any(leftover(found, target))


def few_together(sizes, under):
    """Every set of cells that has fewer rows together."""
    small = np.flatnonzero(sizes < under)
    found = []

    def more(chosen, rows, first):
        if chosen:
            found.append(np.isin(np.arange(len(sizes)), chosen))
        for place in range(first, len(small)):
            if rows + sizes[small[place]] < under:
                more([*chosen, small[place]], rows + sizes[small[place]], place + 1)

    more([], 0, 0)
    return found


def cells_of(data):
    codes = np.stack([data.attribute(name).codes for name in ATTRIBUTES], axis=1)
    return np.unique(codes, axis=0, return_counts=True)


def line(data, cells, attributes, levels):
    columns = [ATTRIBUTES.index(name) for name in attributes]
    wanted = [data.attribute(name).levels.index(level) for name, level in zip(attributes, levels, strict=True)]
    return (cells[:, columns] == wanted).all(axis=1)


@pytest.mark.parametrize("seed", range(4))
def test_linear_algebra_on_what_is_published_recovers_no_hidden_group(seed):
    data = people(np.random.default_rng(seed), 400)
    whole = assess(data)
    shown, kept = suppressed(data, whole)
    cells, sizes = cells_of(data)
    published = [np.ones(len(cells), dtype=bool)]
    for result in shown.groupings.values():
        assert result.sizes[result.sizes > 0].min() >= UNDER
        published += [line(data, cells, result.attributes, levels) for levels in result.levels]
    secret = []
    for result in whole.groupings.values():
        names = shown.groupings[result.name].names if result.name in shown.groupings else ()
        gone = [levels for name, levels in zip(result.names, result.levels, strict=True) if name not in names]
        assert len(gone) == len(kept.hidden.get(result.name, ()))
        secret += [line(data, cells, result.attributes, levels) for levels in gone]
    small = [one for one in secret if 0 < sizes[one].sum() < UNDER]
    assert small
    known = reduced(published)
    assert not [one for one in secret if solvable(known, one)]
    # Nor the sum of any cells that are fewer rows together; their sizes are what a reader must not have.
    few = [kept for kept in few_together(sizes, UNDER) if solvable(known, kept)]
    assert not few
    # The test can fail: with the small groups alone left out, some of them can be had.
    naive = reduced(published + [one for one in secret if sizes[one].sum() >= UNDER])
    if len(small) < len(secret):
        assert [one for one in small if solvable(naive, one)]


def test_what_a_total_leaves_beside_the_groups_that_are_shown_is_not_few_people_either():
    sizes = np.array([[4, 2, 60], [70, 80, 90], [40, 45, 55]])   # the first row leaves 4 + 2, and so do two columns
    members = np.stack(np.unravel_index(np.arange(9), (3, 3)), axis=1)
    lines = np.vstack([np.eye(9, dtype=bool), *totals(members)])
    gone = kept_back(lines, sizes.ravel(), 10, np.where(np.arange(len(lines)) < 9, 0, -1))[:9].reshape(3, 3)
    assert gone[0].all()
    left = np.where(gone, sizes, 0)
    for sums in (left.sum(axis=0), left.sum(axis=1)):
        assert (sums[sums > 0] >= 10).all()


@pytest.mark.parametrize("seed", [16, 68, 126])   # where totals of several tables together would tell such a set
def test_no_set_of_few_people_is_a_sum_or_difference_of_what_is_shown(seed):
    rng = np.random.default_rng(seed)
    sizes = np.minimum(rng.geometric(0.1, 16), 60) * rng.integers(0, 2, 16)
    sizes = np.where(rng.random(16) < 0.5, sizes * 8, sizes)
    lines = np.vstack([*totals(np.stack(np.unravel_index(np.arange(16), (4, 4)), axis=1)), np.eye(16, dtype=bool)])
    gone = kept_back(lines, sizes, UNDER, np.repeat([-1, 0, 1, 2], [1, 4, 4, 16]))
    filled = sizes > 0
    few = np.array(few_together(sizes[filled], UNDER))
    assert len(few) > 5
    assert not exposed(lines[~gone][:, filled], few).any()


def test_groups_that_stay_keep_their_numbers_and_gaps_are_theirs_alone():
    rng = np.random.default_rng(3)
    groups = ["x"] * 300 + ["y"] * 200 + ["z"] * 150 + ["w"] * 6 + ["v"] * 40
    data = dataset(rng.random(len(groups)), (rng.random(len(groups)) < 0.4).astype(int), g=groups)
    whole = assess(data, Request(policy=Policy.common(0.4, "s")))
    shown, kept = suppressed(data, whole)
    assert kept.hidden == {"g": ("v", "w")}   # w is small; v is the smallest that can go with it
    before, after = whole.groupings["g"], shown.groupings["g"]
    place = [before.names.index(name) for name in after.names]
    for key, rate in after.rates.items():
        np.testing.assert_array_equal(rate.value, before.rates[key].value[place])
        np.testing.assert_array_equal(rate.low, before.rates[key].low[place])
    # Gaps are those of an assessment that never saw the hidden rows; only the draws of the noise band differ.
    keep = np.array([g in "xyz" for g in groups])
    alone = dataset(data.scores["s"][keep], data.label[keep], g=[g for g in groups if g in "xyz"])
    expected = assess(alone, Request(policy=Policy.common(0.4, "s"))).groupings["g"]
    for key, gap in after.disparities.items():
        drawn = {"noise_high": gap.noise_high, "p_value": gap.p_value}
        assert replace(expected.disparities[key], **drawn) == gap or np.isnan(gap.noise_high)
        assert gap.value == expected.disparities[key].value
        assert (gap.low, gap.high) == (expected.disparities[key].low, expected.disparities[key].high)
        for name, value in drawn.items():
            assert value == pytest.approx(getattr(expected.disparities[key], name), abs=0.03, nan_ok=True)
    np.testing.assert_array_equal(after.against_reference["difference"]["selection_rate"].value,
                                  expected.against_reference["difference"]["selection_rate"].value)
    assert shown.overall is whole.overall
    assert kept
    assert "2 of the groups of g" in kept.sentences[0]
    assert "A rate of a group that is shown can rest on fewer" in kept.sentences[-1]


def test_all_policies_on_the_same_data_hide_the_same_groups():
    data = people(np.random.default_rng(9), 500)
    hidden = [suppressed(data, assess(data, Request(policy=Policy.common(t, "s"))))[1].hidden for t in (0.2, 0.8)]
    assert hidden[0] == hidden[1] != {}


def test_no_small_group_or_no_wish_changes_nothing():
    data = people(np.random.default_rng(1), 400)
    whole = assess(data)
    assert suppressed(data, whole, under=0)[0] is whole
    large = dataset(np.linspace(0, 1, 60), [0, 1] * 30, g=["x", "y"] * 30)
    found = assess(large)
    shown, kept = suppressed(large, found)
    assert shown is found
    assert kept.sentences == ()
    assert not kept


def test_a_grouping_of_two_with_a_small_one_goes_as_a_whole():
    data = dataset(np.linspace(0, 1, 60), [0, 1] * 30, g=["x"] * 55 + ["y"] * 5, h=["p", "q"] * 30)
    shown, kept = suppressed(data, assess(data))
    assert set(kept.hidden["g"]) == {"x", "y"}
    assert "g" not in shown.groupings
    assert "h" in shown.groupings


def test_it_works_from_counts_as_from_rows():
    from engine.counting.counted import counts_of, dataset_of

    data = people(np.random.default_rng(4), 400)
    data = replace(data, roles=replace(data.roles, protected=tuple(map(Attribute, ATTRIBUTES))))
    data = replace(data, label=None)
    counted = dataset_of(counts_of(data, "values"), "counts")
    request = Request(policy=Policy.common(0.5, "s"))
    rows, counts = (suppressed(each, assess(each, request)) for each in (data, counted))
    assert counts[1].hidden == rows[1].hidden


def test_sums_that_cannot_be_hidden_stay_and_the_loop_ends():
    lines = np.array([[True, True], [True, False], [False, True]])
    assert kept_back(lines, np.array([4, 8]), 10, np.array([-1, 0, 0])).tolist() == [False, True, True]
    assert kept_back(lines[:2], np.array([4, 0]), 10, np.array([-1, 0])).tolist() == [False, True]
    assert exposed(lines[:1], lines[1:]).tolist() == [False, False]
    assert exposed(lines[:2], lines[2:]).tolist() == [True]
    assert [int(one.sum()) for one in totals(np.array([[0, 0], [0, 1], [1, 1]]))] == [3, 2, 1, 1, 2]


def test_no_more_goes_than_is_needed():
    sizes = np.array([[4, 50, 60], [70, 80, 90], [40, 45, 55]])
    members = np.stack(np.unravel_index(np.arange(9), (3, 3)), axis=1)
    lines = np.vstack([np.eye(9, dtype=bool), *totals(members)])
    part = np.where(np.arange(len(lines)) < 9, 0, -1)
    gone = kept_back(lines, sizes.ravel(), 10, part)
    # The smallest rectangle with the small cell in a corner: any other holds more rows.
    assert sizes.ravel()[gone[:9]].tolist() == [4, 50, 40, 45]
    assert not gone[9:].any()
    cube = np.full((3, 4, 3), 100)
    cube[0, 0, 0] = 5
    members = np.stack(np.unravel_index(np.arange(36), cube.shape), axis=1)
    lines = np.vstack([np.eye(36, dtype=bool), *totals(members)])
    gone = kept_back(lines, cube.ravel(), 10, np.where(np.arange(len(lines)) < 36, 0, -1))
    assert gone.sum() == 8   # the corners of a box: every total of two attributes is known


@pytest.mark.parametrize("seed", range(3))
def test_small_groups_are_those_that_an_assessment_counts_in_rows_and_in_counts(seed):
    from engine.counting.counted import counts_of, dataset_of

    data = people(np.random.default_rng(seed), 150)
    found = assess(data, Request()).groupings
    wanted = {name: int(((result.sizes > 0) & (result.sizes < UNDER)).sum()) for name, result in found.items()}
    assert small_groups(data, UNDER) == {name: count for name, count in wanted.items() if count} != {}
    named = replace(data, roles=replace(data.roles, protected=tuple(Attribute(name) for name in ATTRIBUTES)))
    assert small_groups(dataset_of(counts_of(named), "counts"), UNDER) == small_groups(data, UNDER)
    assert small_groups(data, 1) == {}
