"""The rate against the threshold: lines, bands and numbers are the sweep's; few marks; nothing from a file gets in."""

from __future__ import annotations

import numpy as np
import pytest

from engine.assessment import Request, assess
from engine.assessment.rates import Reading
from engine.charts.sweep import COLOURED, LINE, ROOM, points, rate_against_threshold
from engine.charts.theme import GREY, MARKS
from engine.counting.index import ScoreIndex
from engine.metrics import RATES, Costs
from engine.policy import Policy
from engine.thresholds.sweep import sweep
from tests.build import dataset

HOSTILE = "<img src=x onerror=alert(1)>"


def drawn(names=("a", "b"), key="selection_rate", shown=None, decile=False, grey=(), label=True):
    rng = np.random.default_rng(0)
    score = np.ceil(10 * rng.random(3000)) if decile else rng.random(3000)
    known = (rng.random(3000) < score / score.max()).astype(np.int8) if label else None
    data = dataset(score, known, g=[names[k] for k in rng.integers(0, len(names), 3000)])
    shown = range(len(names)) if shown is None else shown
    reading = Reading("selected", Costs(), 0.95, label)
    found = sweep(ScoreIndex.build(data, ("g",)), ("g",), key, reading, points(len(shown)))
    threshold = 5.0 if decile else 0.5
    now = assess(data, Request(Policy.common(threshold), (("g",),))).groupings["g"].rates[key]
    in_use = np.full(len(names), threshold)
    return found, rate_against_threshold(found, in_use, now, shown, threshold, 0.25, grey)


def lines(figure):
    return [trace for trace in figure.data if trace.mode in ("lines", "lines+markers") and trace.fill is None]


def bands(figure):
    return [trace for trace in figure.data if trace.fill == "toself"]


def marks(figure):
    return sum(len(trace.x) for trace in figure.data)


def test_lines_are_the_sweep_and_dots_the_rates_in_use():
    found, chart = drawn()
    assert [list(line.y) for line in lines(chart.figure)] == [found.value[:, g].tolist() for g in (0, 1)]
    dots = next(trace for trace in chart.figure.data if trace.mode == "markers")
    assert list(dots.x) == [0.5, 0.5]
    assert list(dots.y) == pytest.approx([found.value[np.abs(found.thresholds - 0.5).argmin(), g] for g in (0, 1)],
                                            abs=0.01)


def test_a_band_goes_up_along_the_high_bound_and_back_along_the_low_one():
    found, chart = drawn()
    band = bands(chart.figure)[0]
    assert band.y.tolist() == [*found.high[:, 0], *found.low[::-1, 0]]


def test_a_band_stops_where_the_rate_is_not_estimable():
    found, chart = drawn(key="precision", decile=True)
    assert np.isfinite(found.value).all()
    found.value[4], found.low[4], found.high[4] = (np.nan,) * 3
    chart = rate_against_threshold(found, np.full(2, np.nan), assess(
        dataset([1, 2], [0, 1], g=["a", "b"]), Request(Policy.common(1), (("g",),))).groupings["g"].rates["precision"],
        (0,), None, None)
    assert [len(band.x) for band in bands(chart.figure)] == [8, 10]
    assert None in chart.table["value"]


def test_axes_threshold_lines_and_table():
    _, chart = drawn(key="true_positive_rate")
    assert "threshold" in chart.figure.layout.xaxis.title.text
    assert chart.figure.layout.yaxis.title.text == RATES["true_positive_rate"].name
    assert {shape.x0 for shape in chart.figure.layout.shapes} == {0.5, 0.25}
    assert {len(column) for column in chart.table.values()} == {len(chart.table["group"])}


def test_lines_differ_without_colour():
    names = tuple("abcdef")
    _, chart = drawn(names)
    assert len({line.line.dash for line in lines(chart.figure)}) == len(names)


def test_colours_differ_and_no_number_stands_on_another():
    found, chart = drawn(tuple("abcdefgh"))
    assert len({line.line.color for line in lines(chart.figure)} - {GREY}) == COLOURED
    labels = chart.figure.layout.annotations
    assert [label.text for label in labels] == [f"<b>{k + 1}</b>" for k in range(8)]
    span = np.nanmax(found.value) - np.nanmin(found.value)
    heights = np.sort([label.y / span * ROOM + label.yshift for label in labels])
    assert (np.diff(heights) >= LINE - 1e-6).all()


@pytest.mark.parametrize("count", [2, 6, 12])
def test_many_groups_stay_light_and_the_rest_is_grey(count):
    _, chart = drawn(tuple(f"group {k}" for k in range(count)))
    assert marks(chart.figure) <= MARKS + 12
    coloured = [line for line in lines(chart.figure) if line.line.color != GREY]
    assert len(coloured) == min(count, COLOURED)
    assert len(bands(chart.figure)) >= min(count, COLOURED)


def test_small_groups_are_grey_and_have_no_band():
    _, chart = drawn(("a", "b", "c"), grey=(1,))
    assert [line.name for line in lines(chart.figure) if line.line.color == GREY] == ["2 b"]
    assert len(bands(chart.figure)) == 2


def test_few_values_are_marked_one_by_one():
    _, chart = drawn(decile=True)
    assert {line.mode for line in lines(chart.figure)} == {"lines+markers"}


def test_a_rate_without_outcomes_draws_nothing_and_says_so():
    _, chart = drawn(key="precision", label=False)
    assert not bands(chart.figure)
    assert set(chart.table["value"]) == {None}
    assert "not estimable" in chart.alt


def test_hostile_names_are_inert():
    _, chart = drawn((HOSTILE, "b"))
    assert "<img" not in chart.figure.to_json().replace("\\u003c", "<")
    assert chart.table["group"][0] == HOSTILE
