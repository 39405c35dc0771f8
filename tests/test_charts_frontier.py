"""The frontier's charts: curves are the engine's, points choose, text of a file is inert."""

from __future__ import annotations

import numpy as np
import pytest

from engine.charts.frontier import Mark, TradeOff, deep, trade_off
from engine.charts.frontier_words import hover, mixture, price, thresholds
from engine.charts.models import models
from engine.charts.objectives import parallel, reference, table
from engine.charts.theme import MARKS
from engine.counting.index import ScoreIndex
from engine.frontier import Request, find
from engine.frontier.effects import effects
from engine.frontier.models import Study, compare
from engine.frontier.objectives import measured, several
from engine.frontier.stops import DRAWN, lines, thinned, usual_bound
from engine.policy import Policy
from tests.build import dataset

HOSTILE = "<img src=x onerror=alert(1)>"
GAP = "demographic_parity_difference"


def sample(names=("a", "b", "c"), n=4000, seed=0):
    rng = np.random.default_rng(seed)
    place = rng.integers(0, len(names), n)
    event = rng.random(n) < np.array([0.3, 0.5, 0.6])[place % 3]
    return dataset(np.round(rng.beta(1.5 + 2 * event, 2.5), 3), event.astype(int), g=[names[k] for k in place])


def asked(names=("a", "b", "c"), disparity=GAP, utility="accuracy", **more):
    data = sample(names)
    result = find(data, Request(disparity, utility))
    drawn, index = lines(result), ScoreIndex.build(data, ("g",))
    found = {kind: [effects(index, ("g",), point.policy, Policy.common(0.5), "selected") for point in line.points]
             for kind, line in drawn.items()}
    return result, TradeOff(drawn, disparity, utility, result.groups.names, found, **more)


def traces(chart, mode):
    return [trace for trace in chart.figure.data if trace.mode == mode]


@pytest.mark.parametrize("disparity", [GAP, "disparate_impact_ratio", "equalized_odds_difference",
                                       "predictive_parity_difference"])
@pytest.mark.parametrize("utility", ["accuracy", "cost"])
def test_every_curve_is_the_engines_and_every_point_carries_what_finds_it_again(disparity, utility):
    result, picture = asked(disparity=disparity, utility=utility)
    chart = trade_off(picture)
    assert len(traces(chart, "lines")) == len(result.curves)
    for trace in traces(chart, "markers"):
        for (kind, bound), x, y in zip(trace.customdata, trace.x, trace.y, strict=True):
            point = result.at(kind, float(bound))
            assert (point.disparity, point.utility) == pytest.approx((x, y), abs=1e-12)
            curve = result.curves[kind]
            assert y <= curve.utility.max() + 1e-12
    assert chart.alt
    assert chart.reading
    assert disparity in chart.name
    assert len({len(column) for column in chart.table.values()}) == 1
    assert sum(len(trace.x) for trace in chart.figure.data) <= MARKS


def test_a_staircase_never_promises_more_than_the_engine_between_its_points():
    result, picture = asked()
    for line in picture.lines.values():
        if line.straight:
            continue
        for a, b, utility in zip(line.disparity, line.disparity[1:], line.utility, strict=False):
            assert result.at(line.kind, (a + b) / 2).utility >= utility - 1e-12


def test_curves_look_different_without_colour():
    chart = trade_off(asked()[1])
    assert len({trace.line.dash for trace in traces(chart, "lines")}) == 3
    assert len({trace.marker.symbol for trace in traces(chart, "markers")}) == 3
    assert {a.text for a in chart.figure.layout.annotations} >= {"one for all", "per group", "with lots"}


def test_a_chosen_point_is_drawn_where_it_was_found_and_with_whiskers_where_it_was_not():
    result, picture = asked()
    point = result.at("deterministic", 0.05)
    test = result.test(point)
    chart = trade_off(TradeOff(**{**vars(picture), "marks": [Mark("A", point.kind, point.disparity, point.utility,
                                                                  test)]}))
    there = next(trace for trace in chart.figure.data if trace.name == "A, on other rows")
    assert (there.x[0], there.y[0]) == (test.disparity.value, test.utility.value)
    assert there.error_y.array[0] == pytest.approx(test.utility.high - test.utility.value)
    here = next(trace for trace in chart.figure.data if trace.name == "A, found here")
    assert (here.x[0], here.y[0]) == (point.disparity, point.utility)
    assert "optimistic" in here.hovertemplate


def test_the_upper_part_keeps_every_best_and_the_whole_keeps_everything():
    _, picture = asked()
    whole = trade_off(picture).figure.layout.yaxis.range
    upper = trade_off(TradeOff(**{**vars(picture), "top_only": True})).figure.layout.yaxis.range
    lowest = min(line.utility.min() for line in picture.lines.values())
    best = max(line.utility.max() for line in picture.lines.values())
    assert whole[0] < lowest
    assert upper[0] > whole[0]
    assert upper[1] > best
    assert deep(picture)


def test_hover_says_thresholds_price_and_who_is_affected_and_escapes_names():
    result, picture = asked((HOSTILE, "b", "c"))
    for kind, line in picture.lines.items():
        for point, effect in zip(line.points, picture.effects[kind], strict=True):
            words = hover(point, effect, result.groups.names, GAP, "1", "accuracy")
            assert "<img" not in words
            assert "optimistic" in words
            assert "policy in use" in words
            assert ("levelling down" in words) == bool(effect.worse.any())
    assert "<img" not in trade_off(picture).figure.to_json().replace("\\u003cimg", "<img").replace("&lt;img", "")


def test_a_price_is_that_of_one_hundredth_in_points():
    result, _ = asked()
    point = result.at("randomised", 0.05)
    assert price(point, "accuracy") == f"0.01 nearer to equal groups costs {point.price:.3g} points of accuracy"
    assert "staircase" in price(result.at("common", 0.05), "accuracy")


def test_thresholds_in_words():
    policy = Policy("randomised", 0.5, (("a", ((0.25, 0.4), (np.inf, 0.6))),), ("g",))
    assert thresholds(policy, ["a", "b"]) == ["1 a ≥ 0.25 (40 %) or nobody (60 %)", "2 b ≥ 0.5"]
    assert mixture(((-np.inf, 1.0),)) == "everybody"


def test_lines_are_thin_enough_to_send():
    values = np.sort(np.random.default_rng(0).random(50_000) ** 4)
    kept = thinned(values, DRAWN)
    assert len(kept) <= DRAWN
    assert {0, len(values) - 1} <= set(kept.tolist())
    assert np.all(np.diff(kept) > 0)


@pytest.mark.parametrize("disparity", [GAP, "disparate_impact_ratio", "treatment_equality_difference"])
def test_the_first_bound_lies_between_parity_and_what_is_free(disparity):
    _, picture = asked(disparity=disparity)
    ideal = 1.0 if disparity.endswith("ratio") else 0.0
    bound = usual_bound(picture.lines, ideal)
    ends = [end for line in picture.lines.values() for end in (line.disparity[0], line.disparity[-1])]
    assert min([*ends, ideal]) <= bound <= max([*ends, ideal])


def test_one_group_has_nothing_to_trade_and_is_still_drawn():
    data = sample(("a",))
    drawn = lines(find(data, Request(GAP)))
    assert usual_bound(drawn, 0.0) == 0
    chart = trade_off(TradeOff(drawn, GAP, "accuracy", ("a",), {}))
    assert chart.figure.layout.xaxis.range[0] < chart.figure.layout.xaxis.range[1]


def test_parallel_coordinates_are_the_policies_on_other_rows():
    result, picture = asked()
    points = [point for line in picture.lines.values() for point in line.points][::5]
    cells, draws = measured(result, points)
    keys = (GAP, "equal_opportunity_difference")
    found = several(cells, draws, keys, result.request, "selected")
    for point, values in zip(points, found.values, strict=True):
        test = result.test(point)
        assert values[:2] == pytest.approx([test.utility.value, test.disparity.value], abs=1e-9)
    beaten = [any((other >= own).all() and (other > own).any() for other in found.better) for own in found.better]
    assert found.front.tolist() == [not b for b in beaten]
    assert found.volume.low <= found.volume.value <= found.volume.high
    chart = parallel(found, points)
    assert len(chart.figure.data) == len(points)
    assert all(trace.customdata[0][1] in [p.bound for p in points] for trace in chart.figure.data)
    assert table(found, points)["beaten by none"].count("yes") == found.front.sum()
    assert "demographic parity difference 1" in reference(found)


def test_models_are_drawn_where_they_were_tested():
    data = sample((HOSTILE, "b"), 1500)
    other = data.with_scores("second", np.round(data.scores["s"] ** 2 + 0.1 * data.attributes[0].codes, 3))
    found = compare(other, Study(Request(GAP), models=(), bounds=(0.02, 0.1)))
    chart = models(found, GAP, "accuracy", "deterministic")
    drawn = sum(len(trace.x) for trace in traces(chart, "markers"))
    assert drawn == sum(np.isfinite(point.test.disparity.value) for point in found.points)
    assert len(chart.table["model"]) == len(found.points)
    assert {trace.name for trace in traces(chart, "markers")} == {"s", "second"}
    assert np.array_equal(np.unique(found.unseen), [False, True])
