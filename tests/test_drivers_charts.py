"""Charts of what carries a gap: the numbers of the result, equal columns, no raw markup, few marks, no rows shipped."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from engine.charts.drivers import gap_bars
from engine.charts.drivers_flip import direction_table, directions, group_table, largest_table
from engine.charts.drivers_rows import dependence, swarm
from engine.charts.drivers_second import overturn_table, overturns, paired_gaps
from engine.charts.drivers_words import directions_told, flip_meaning, flips_told
from engine.charts.theme import MARKS, SHOWN
from engine.drivers import DriversRequest, FlipRequest, SecondRequest, explain, flip_test, second_decision
from engine.drivers.flip import flips
from engine.types import Feature
from tests.drivers_made import lending
from tests.test_drivers_paired import decided

HOSTILE = "<img src=x onerror=alert(1)>[a](http://x)"


@pytest.fixture(scope="module")
def result():
    return explain(lending(3000), DriversRequest(("F", "M"), "decision_tree", True, draws=50))


def marks(chart):
    return sum(len(trace.x) for trace in chart.figure.data if trace.x is not None)


def everything(result):
    yield gap_bars(result)
    yield swarm(result)
    yield from (dependence(result, name) for name in result.found.names)
    tested = flip_test(lending(), FlipRequest("sex", "decision_tree"))
    yield directions(tested)
    two = second_decision(decided(), SecondRequest("human", ("a", "b")))
    yield from (paired_gaps(two), overturns(two))


def test_every_chart_has_equal_columns_titles_words_and_few_marks(result):
    for chart in everything(result):
        assert len({len(column) for column in chart.table.values()}) == 1, chart.name
        assert chart.figure.layout.xaxis.title.text, chart.name
        assert len(chart.alt) > 30
        assert chart.reading.count(". ") >= 1
        assert 0 < marks(chart) <= MARKS
        json.loads(chart.figure.to_json())


def test_bars_are_the_contributions_and_the_table_sums_to_the_gap(result):
    chart = gap_bars(result)
    drawn = sorted(x for trace in chart.figure.data for x in trace.x)
    wanted = sorted([*result.found.contributions.value, result.found.gap.value])
    np.testing.assert_allclose(drawn, wanted)
    adds = next(column for name, column in chart.table.items() if name.startswith("adds"))
    assert sum(adds[:-1]) == pytest.approx(adds[-1])
    assert chart.table["feature"][-1] == "gap"


def test_many_features_are_put_together_and_still_sum(result):
    rng = np.random.default_rng(0)
    data = lending(400)
    many = dataclasses.replace(data, features=(*data.features, *(
        Feature(f"noise {k}", rng.normal(size=400)) for k in range(14))))
    chart = gap_bars(explain(many, DriversRequest(("F", "M"), draws=20)))
    labels = chart.figure.layout.yaxis.ticktext
    assert len(labels) <= SHOWN + 2
    assert any("other features" in label for label in labels)
    assert len(chart.table["feature"]) == 18


def test_text_of_a_file_is_inert(result):
    found = dataclasses.replace(result.found, names=(HOSTILE, "<b>x</b>", "sex"))
    request = dataclasses.replace(result.request, groups=(HOSTILE, "<i>M</i>"))
    hostile = dataclasses.replace(result, found=found, request=request)
    tested = flips(np.array([[0.1, 0.9]]), np.array([0]), (HOSTILE, "<b>"), np.full(2, 0.5), attribute=HOSTILE)
    for chart in (gap_bars(hostile), swarm(hostile), dependence(hostile, HOSTILE), directions(tested)):
        text = chart.figure.to_json().replace("\\u003c", "<")
        assert "<img" not in text
        assert "<i>M" not in text
        assert "<b>x" not in text


def test_a_swarm_ships_tenths_not_values(result):
    chart = swarm(result)
    income = next(t for t in chart.figure.data if t.name == "income, F")
    assert set(income.text) <= {f"tenth {k} of 10" for k in range(1, 11)}
    values = set(np.round(result.features[1].values, 4).tolist())
    assert not values & set(np.round(np.asarray(income.marker.color, dtype=float), 4).tolist()) - set(range(1, 11))
    assert np.median(income.x) == pytest.approx(
        np.median(result.explained.phi[result.in_a, 1]), abs=0.02)   # thinned evenly, the shape stays


def test_dependence_is_the_mean_per_value_and_group(result):
    chart = dependence(result, "region")
    place = {(value, group): mean for value, group, mean in
             zip(chart.table["value"], chart.table["group"], chart.table["mean contribution"], strict=True)}
    values = result.features[0].values[result.explained.rows]
    south = values == result.features[0].levels.index("south")
    assert place["south", "F"] == pytest.approx(result.explained.phi[south & result.in_a, 0].mean())
    assert sum(chart.table["rows"]) == len(result.explained.rows)
    numbers = dependence(result, "income")
    assert sum(numbers.table["rows"]) == len(result.explained.rows)
    assert len(numbers.table["value"]) == 20


def test_missing_values_have_their_own_place_or_none():
    data = lending(600)
    codes, income = np.array(data.features[0].values), np.array(data.features[1].values)
    codes[:50], income[50:90] = -1, np.nan
    holed = dataclasses.replace(data, features=(Feature("region", codes, data.features[0].levels),
                                                Feature("income", income)))
    result = explain(holed, DriversRequest(("F", "M"), draws=20))
    assert "missing" in dependence(result, "region").table["value"]
    assert sum(dependence(result, "income").table["rows"]) == 560
    assert marks(swarm(result)) > 0


def test_flip_tables_hold_every_direction():
    data = lending()
    found = flip_test(data, FlipRequest("sex"))
    assert direction_table(found)["group"] == ["F", "M"]
    assert direction_table(found)["would gain"][0] == found.gaining[0][1].value
    assert group_table(found)["flip"][0] == found.flipped.value
    rows = largest_table(data, found, 5)
    assert rows["largest change"] == sorted(rows["largest change"], reverse=True)
    assert len(rows["row"]) == 5
    assert set(rows) >= {"score as F", "score as M", "group", "flips"}


def test_overturns_add_up():
    two = second_decision(decided(), SecondRequest("human", ("a", "b")))
    table = overturn_table(two.overturns, two.names)
    counts = [column for name, column in table.items() if ": " in name]
    np.testing.assert_allclose(np.sum(counts, axis=0), two.overturns.cells.sum(axis=(1, 2, 3)))
    drawn = sum(abs(x) * n for trace in overturns(two).figure.data for x, n in zip(
        trace.x, two.overturns.cells.sum(axis=(1, 2, 3))[np.argsort(-two.overturns.cells.sum(axis=(1, 2, 3)))],
        strict=True))
    assert drawn == pytest.approx((two.overturns.cells[:, 0, 1] + two.overturns.cells[:, 1, 0]).sum())


def test_gaps_that_cannot_be_estimated_are_left_to_the_table():
    two = second_decision(dataclasses.replace(decided(), label=None), SecondRequest("human", ("a", "b")))
    chart = paired_gaps(two)
    assert chart.figure.layout.yaxis.ticktext == ("selection rate", "favourable rate")
    assert len(chart.table["rate"]) == 7
    assert chart.table["gap by model"][-1] is None
    assert chart.table["note"][-1]


def test_recodings_of_few_rows_are_marked_and_told_last():
    own = np.repeat([0, 1, 2], (40, 40, 5))
    scores = np.column_stack([np.where(own == 2, 0.9, 0.2), np.tile([0.2, 0.9, 0.9, 0.2, 0.2], 17), np.full(85, 0.2)])
    found = flips(scores, own, ("a", "b", "a rather long name of few"), np.full(3, 0.5))
    assert group_table(found)["group"][1:] == ["a", "b", "a rather long name of few (small)"]
    marked = [label for label in directions(found).figure.layout.yaxis.ticktext if "(small) →" in label]
    assert len(marked) == 2
    told = directions_told(found)
    assert ["(small)" in line for line in told] == [False] * 4
    assert "for at least one of the 2 other values" in flips_told(found)
    assert "at least one of the 2 other values" in flip_meaning(found)
    assert "fewer than 30 rows" in flip_meaning(found)


def test_of_two_values_the_other_one_is_meant():
    found = flips(np.tile([0.2, 0.9], (80, 1)), np.repeat([0, 1], 40), ("a", "b"), np.full(2, 0.5))
    assert flips_told(found).endswith("were another.")
    assert flip_meaning(found) == "Flip: decided otherwise under the other value of group."
    assert "(small)" not in "".join(group_table(found)["group"])
