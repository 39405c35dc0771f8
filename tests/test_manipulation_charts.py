"""Pictures of an audit: axes, names, numbers, tables of equal columns."""

import numpy as np
import pytest

from engine.charts import manipulation as charts
from engine.charts.theme import MARKS
from engine.manipulation import TESTS, Audit, Goal, Protocol, Simulation, detect, simulate
from engine.manipulation.curves import curves
from tests.audits import cells, sample

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def found():
    whole = sample(cells("ADULT"))
    forged = simulate(whole, Simulation("replace", Goal(), 300))
    return detect(forged.sample, whole, Audit("A", draws=999, permutations=99))


@pytest.fixture(scope="module")
def lines():
    return curves(cells("ADULT"), Protocol(500), (0.6, 0.8))


def sound(chart):
    assert len({len(column) for column in chart.table.values()}) == 1
    assert chart.alt.endswith(".")
    assert chart.reading.count(".") >= 2
    assert sum(len(trace.x) for trace in chart.figure.data if trace.x is not None) <= MARKS
    return chart


def test_the_mosaic_is_as_wide_as_the_groups_and_as_high_as_their_rates(found):
    chart = sound(charts.mosaic((HOSTILE, "m"), cells("ADULT"), found.observed, ("honest", "handed in")))
    first = chart.figure.data[0]
    assert list(first.y) == pytest.approx([160 / 1638, 1095 / 3362])
    assert list(first.width) == pytest.approx([1638 / 5000 - 0.006, 3362 / 5000 - 0.006])
    assert HOSTILE not in chart.figure.to_json()
    assert chart.table["group"][0] == HOSTILE


def test_honest_draws_stand_beside_the_sample(found):
    chart = sound(charts.honest_draws(found))
    assert {axis.title.text for axis in chart.figure.select_xaxes()} == {"ratio", "G statistic of the cells"}
    assert sum(n for n in chart.table["ratio, draws"] if n is not None) == 999


def test_power_and_what_stays_unseen(lines):
    chart = sound(charts.power_curves(lines, 500))
    assert {trace.name for trace in chart.figure.data} == {"G test, to 0.6", "direct, to 0.6", "G test, to 0.8",
                                                           "direct, to 0.8"}
    chart = sound(charts.unseen(lines, 500, 0.3, 0.8))
    assert np.nanmax([y for trace in chart.figure.data for y in trace.y]) <= charts.HIGHEST
    assert chart.table["G test"][0] is None or chart.table["G test"][0] > 0.3


def test_tables_hold_every_test_cell_and_row(found):
    assert charts.trial_table(found)["test"] == [TESTS[key].name for key in found.tests]
    assert len(charts.residual_table(found)["group"]) == 4
    assert set(charts.row_table(found)["kind"]) == {"proof"}
