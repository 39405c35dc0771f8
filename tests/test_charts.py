"""Charts: axis titles, names, data and the table twin; never pixels."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.assessment import Request, assess
from engine.charts.data import outcome_by_group
from engine.charts.estimates import disparities, furthest_first, rates_by_group
from engine.charts.histograms import BARS, histograms, layout_bars
from engine.charts.roc import clusters, roc, thinned
from engine.charts.theme import MARKS, TOP, house
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.policy import Policy
from tests.build import dataset

HOSTILE = "<img src=x onerror=alert(1)> ![t](http://x/y.png) =1+1"


def sample(n=4000, names=("A", "B", "C"), seed=0, decile=False, unknown=0.0, weights=False):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, len(names), n)
    score = np.clip(rng.beta(2, 2, n) + 0.05 * group, 0, 1)
    label = (rng.random(n) < score).astype(np.int8)
    label[rng.random(n) < unknown] = -1
    score = np.floor(score * 9.99) + 1 if decile else score
    weight = rng.integers(1, 5, n) / 2 if weights else None
    return dataset(score, label, weight=weight, g=[names[k] for k in group])


def table_of(data):
    return CountTable.build(data, ["g"])


def answer_of(data, threshold=0.5, **more):
    return assess(data, Request(Policy.common(threshold), (("g",),), **more))


def titles(figure, axis):
    return {each.title.text for each in figure.select_xaxes()} if axis == "x" else {
        each.title.text for each in figure.select_yaxes()}


def marks(figure):
    return sum(len(trace.x) for trace in figure.data if trace.x is not None)


@pytest.mark.parametrize("decile", [False, True])
@pytest.mark.parametrize("weights", [False, True])
def test_histogram_bars_add_up_to_the_rows_selected_and_not(decile, weights):
    data = sample(decile=decile, unknown=0.1, weights=weights)
    table, threshold = table_of(data), 5.0 if decile else 517 / 1024
    twin = histograms(table, np.full(3, threshold), range(3)).table
    counts = table.at(np.full(3, threshold))
    rows = list(zip(*(twin[c] for c in ("group", "outcome", "selected", "rows")), strict=True))
    cells = {("positive outcome", "yes"): counts.tp, ("not positive", "yes"): counts.fp,
             ("positive outcome", "no"): counts.fn, ("not positive", "no"): counts.tn,
             ("outcome unknown", "yes"): counts.selected_unknown, ("outcome unknown", "no"): counts.rejected_unknown}
    for (outcome, selected), cell in cells.items():
        drawn = [sum(r for g, o, s, r in rows if (g, o, s) == (name, outcome, selected)) for name in "ABC"]
        assert drawn == pytest.approx(list(cell))


def test_histograms_put_positives_above_and_the_others_below_the_line():
    figure = histograms(table_of(sample()), np.full(3, 0.5), range(3)).figure
    for trace in figure.data:
        assert (np.asarray(trace.y) > 0).all() if trace.name == "positive outcome" else (np.asarray(trace.y) < 0).all()
    assert {trace.name for trace in figure.data} == {"positive outcome", "not positive"}


def test_histograms_name_axes_and_groups_and_stay_light():
    names = tuple(f"group {k}" for k in range(12))
    figure = histograms(table_of(sample(n=30_000, names=names)), np.full(12, 0.5), range(12)).figure
    assert "score" in titles(figure, "x")
    assert "rows" in titles(figure, "y")
    assert len(figure.layout.annotations) == 12
    assert marks(figure) <= MARKS


@pytest.mark.parametrize("rule", ["values", "many values", "grid", "quantiles"])
@pytest.mark.parametrize("threshold", [-np.inf, 0.3, 0.5, np.inf])
def test_the_threshold_is_a_border_between_bars_that_cover_every_bin_once(rule, threshold):
    rng = np.random.default_rng(1)
    scores = {"values": rng.integers(0, 10, 500) / 10, "many values": rng.integers(0, 300, 5000) / 300,
              "grid": rng.random(5000), "quantiles": rng.lognormal(size=5000)}[rule]
    table = table_of(dataset(scores, (scores > 0.4).astype(np.int8), g=["a"] * len(scores)))
    bars = layout_bars(table, threshold)
    assert (bars.cuts[0], bars.cuts[-1]) == (0, len(table.edges))
    assert (np.diff(bars.cuts) > 0).all()
    assert (bars.width > 0).all()
    assert len(bars.width) <= BARS + 1
    assert bars.cut in bars.cuts


def test_a_table_without_scores_draws_empty_panels():
    chart = histograms(table_of(dataset([np.nan, np.nan], [0, 1], g=["a", "b"])), np.array([0.5, 0.5]), [0, 1])
    assert not chart.figure.data
    assert chart.table["rows"] == []


@pytest.mark.parametrize("above", [0, 8, 60])
def test_every_chart_has_room_above_for_its_camera_and_keeps_the_height_below(above):
    layout = house(go.Figure(), 200, margin={"l": 8, "r": 8, "t": above, "b": 8}).layout
    assert layout.margin.t == max(above, TOP)
    assert layout.height - layout.margin.t == 200 - above


def test_roc_points_are_the_rates_and_curves_are_thinned_to_their_ends():
    data = sample()
    result = answer_of(data).groupings["g"]
    index = ScoreIndex.build(data, ["g"])
    curves = [index.curve((g,)) for g in range(3)]
    fpr, tpr = result.rates["false_positive_rate"].value, result.rates["true_positive_rate"].value
    chart = roc(result.names, curves, fpr, tpr, range(3))
    assert (titles(chart.figure, "x"), titles(chart.figure, "y")) == ({"false positive rate"}, {"true positive rate"})
    points = next(trace for trace in chart.figure.data if trace.mode == "markers")
    assert list(points.x) == list(fpr)
    assert list(points.y) == list(tpr)
    assert marks(chart.figure) <= MARKS + 10
    x, y, _ = thinned(curves[0], 50)
    assert len(x) <= 51
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.diff(x) >= 0).all()


def test_a_group_with_one_outcome_has_no_curve_and_no_point():
    data = dataset([0.1, 0.9, 0.4, 0.6], [1, 1, 0, 1], g=["one", "one", "both", "both"])
    result = answer_of(data, min_group=0).groupings["g"]
    index = ScoreIndex.build(data, ["g"])
    fpr, tpr = result.rates["false_positive_rate"].value, result.rates["true_positive_rate"].value
    chart = roc(result.names, [index.curve((g,)) for g in range(2)], fpr, tpr, range(2))
    lines = [trace for trace in chart.figure.data if trace.mode == "lines" and trace.name != "chance"]
    assert [line.name for line in lines] == ["1 both"]
    assert chart.table["false positive rate"][1] is None
    assert "not estimable" in chart.alt


def test_points_at_the_same_place_share_one_label():
    same = np.array([0.2, 0.2, 0.9])
    assert clusters(same, same, [0, 1, 2]) == [[0, 1], [2]]


def test_rates_by_group_draws_value_and_interval_and_greys_small_groups():
    data = sample()
    answer = answer_of(data, min_group=1400)
    result = answer.groupings["g"]
    chart = rates_by_group(result, answer.overall.rates["precision"][0], "precision", range(3))
    assert titles(chart.figure, "x") == {"precision"}
    big, small = chart.figure.data
    assert small.name == "under 1400 rows"
    assert len(big.x) + len(small.x) == 3
    assert len(small.x) == result.small.sum()
    assert chart.table["value"] == pytest.approx(list(result.rates["precision"].value))
    assert chart.table["low"] == pytest.approx(list(result.rates["precision"].low))


def test_disparities_draw_value_band_and_name_the_convention_once():
    result = answer_of(sample()).groupings["g"]
    chart = disparities(result)
    drawn = {round(float(x), 12) for trace in chart.figure.data for x in trace.x}
    assert round(result.disparities["disparate_impact_ratio"].value, 12) in drawn
    bands = [shape for shape in chart.figure.layout.shapes if shape.type == "rect"]
    assert len(bands) == sum(not np.isnan(gap.noise_high) for key, gap in result.disparities.items()
                             if key != "treatment_equality_difference")
    assert sum("four-fifths convention" in title for title in titles(chart.figure, "x")) == 1
    assert len(chart.table["disparity"]) == len(result.disparities)


def test_disparities_of_one_group_are_not_estimable_and_still_drawn():
    chart = disparities(answer_of(sample(names=("only",))).groupings["g"])
    assert not chart.figure.data
    assert set(chart.table["value"]) == {None}
    assert "not estimable" in chart.alt


def test_furthest_first_orders_by_distance_and_keeps_small_groups_last():
    rng = np.random.default_rng(0)
    group = np.repeat(["a", "b", "c", "tiny"], [500, 500, 500, 5])
    score = np.concatenate([rng.random(500) * 0.2 + 0.4, rng.random(500) * 0.2 + 0.42, rng.random(500), np.ones(5)])
    result = answer_of(dataset(score, rng.integers(0, 2, 1505).astype(np.int8), g=group), 0.45).groupings["g"]
    order = furthest_first(result, "selection_rate", [0, 1, 2, 3])
    values = result.rates["selection_rate"].value
    middle = np.median(values)
    assert order[-1] == 3
    assert list(abs(values[order[:3]] - middle)) == sorted(abs(values[:3] - middle), reverse=True)


def test_outcome_by_group_counts_every_row_once():
    data = sample(unknown=0.2)
    chart = outcome_by_group(data, "g")
    assert sum(chart.table["rows"]) == data.n
    assert sum(sum(trace.x) for trace in chart.figure.data) == data.n
    assert titles(chart.figure, "x") == {"rows"}
    assert [trace.name for trace in chart.figure.data] == ["positive outcome", "not positive", "outcome unknown"]


def test_hostile_names_are_escaped_in_every_figure():
    data = sample(names=(HOSTILE, "B"))
    answer = answer_of(data)
    result, index = answer.groupings["g"], ScoreIndex.build(data, ["g"])
    charts = [
        histograms(table_of(data), np.full(2, 0.5), range(2)), disparities(result), outcome_by_group(data, "g"),
        rates_by_group(result, answer.overall.rates["accuracy"][0], "accuracy", range(2)),
        roc(result.names, [index.curve((g,)) for g in range(2)], result.rates["false_positive_rate"].value,
            result.rates["true_positive_rate"].value, range(2)),
    ]
    for chart in charts:
        text = chart.figure.to_json().replace("\\u003c", "<")
        assert "<img" not in text
        assert "&lt;img" in text
        assert chart.reading.count(".") >= 2
        assert len({len(column) for column in chart.table.values()}) == 1
