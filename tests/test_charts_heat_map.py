"""Two groups' thresholds: the picture is the map, the marker the pair in use."""

from __future__ import annotations

import numpy as np
import pytest

from engine.charts.heat_map import two_groups
from engine.counting.table import CountTable
from engine.metrics import DISPARITIES, Costs
from engine.thresholds.heat_map import heat_map
from tests.build import dataset

EQUAL = Costs()
HOSTILE = "<img src=x onerror=alert(1)>"


def drawn(names=("a", "b"), disparity="equal_opportunity_difference", now=(0.5, 0.25), costs=EQUAL, label=True):
    rng = np.random.default_rng(0)
    score = rng.random(2000)
    data = dataset(score, (rng.random(2000) < score).astype(int) if label else None,
                   g=[names[k] for k in rng.integers(0, 2, 2000)])
    table = CountTable.build(data, ("g",))
    found = heat_map(table, (0, 1), np.array([512, 256]), disparity, "selected", costs)
    return found, two_groups(found, names, (0, 1), now, disparity, costs)


def of(figure, kind):
    return next(trace for trace in figure.data if trace.type == kind)


def test_colours_and_contours_are_the_map():
    found, chart = drawn()
    heat, contour = of(chart.figure, "heatmap"), of(chart.figure, "contour")
    np.testing.assert_allclose(heat.z, found.utility, rtol=1e-6)
    np.testing.assert_allclose(contour.z, found.disparity, rtol=1e-6)
    assert heat.y.tolist() == found.first.tolist()
    assert heat.x.tolist() == found.second.tolist()


def test_rows_are_the_first_group_and_stand_on_the_left():
    _, chart = drawn()
    assert "1 a" in chart.figure.layout.yaxis.title.text
    assert "2 b" in chart.figure.layout.xaxis.title.text
    marker = [trace for trace in chart.figure.data if trace.type == "scatter" and trace.mode == "markers"][-1]
    assert (marker.y[0], marker.x[0]) == (0.5, 0.25)


def test_a_pair_that_has_no_place_has_no_marker():
    for now in ((np.nan, 0.5), (np.inf, 0.5)):
        _, chart = drawn(now=now)
        assert not [trace for trace in chart.figure.data if trace.type == "scatter" and trace.mode == "markers"]


@pytest.mark.parametrize("disparity", ["disparate_impact_ratio", "equalized_odds_difference"])
def test_table_and_words_name_what_is_drawn(disparity):
    found, chart = drawn(disparity=disparity)
    assert DISPARITIES[disparity].name in chart.table
    assert {len(column) for column in chart.table.values()} == {found.utility.size}
    assert f"{np.nanmax(found.utility):.3f}" in chart.alt


def test_with_costs_the_colour_is_the_cost():
    _, chart = drawn(costs=Costs(1, 5))
    assert "minus expected cost per row" in chart.table


def test_hostile_names_are_inert():
    _, chart = drawn((HOSTILE, HOSTILE + "2"))
    assert "<img" not in chart.figure.to_json().replace("\\u003c", "<")
    assert len(chart.table) == 4
