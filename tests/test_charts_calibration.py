"""The charts and sentences of calibration: their numbers are the engine's, and text of a file is inert."""

from __future__ import annotations

import numpy as np
import pytest

from engine.assessment import Request as Assessed
from engine.assessment import assess
from engine.calibration import Request, calibrate
from engine.calibration.moves import move
from engine.calibration.multiplicity import Question, from_columns
from engine.calibration.prior import Deployment, compensated
from engine.calibration.recalibrate import Recalibration, recalibrated
from engine.calibration.ribbon import ribbon
from engine.calibration.shrinkage import shrunken
from engine.charts import calibration_table as tables
from engine.charts import calibration_words as words
from engine.charts.calibration import free_side, quadrant
from engine.charts.calibration_curve import cumulative, thinned, worst_words
from engine.charts.calibration_moves import ERRORS, LEAST, moves
from engine.charts.calibration_multiplicity import multiplicity
from engine.charts.calibration_panels import Panels
from engine.charts.calibration_prior import base_rates_by_group, other_base_rate
from engine.charts.calibration_regions import regions
from engine.charts.calibration_reliability import reliability
from engine.charts.calibration_ribbon import ribbon as viable_ranges
from engine.charts.calibration_shrinkage import dumbbells
from engine.charts.theme import MARKS
from tests.build import dataset

HOSTILE = "<img src=x onerror=alert(1)>"


def data(groups=3, n=3000, seed=0, names=None, shift=0.6):
    """Scores whose log odds are off by another amount in every group; the last group has 12 rows."""
    rng = np.random.default_rng(seed)
    place = np.append(rng.integers(0, groups - 1, n - 12), np.full(12, groups - 1))
    truth = rng.beta(2, 2, n)
    label = (rng.random(n) < truth).astype(int)
    odds = np.log(truth / (1 - truth)) + shift * (place - 0.5 * groups) / groups
    names = names or [f"group {k}" for k in range(groups)]
    return dataset(np.round(1 / (1 + np.exp(-odds)), 3), label, g=[names[k] for k in place])


def answered(source, **more):
    answer = calibrate(source, Request(groupings=(("g",),), draws=20, **more))
    return answer, answer.groupings["g"]


def trace(chart, name):
    return [each for each in chart.figure.data if each.name == name]


def sound(chart):
    assert chart.alt
    assert chart.reading
    assert len({len(column) for column in chart.table.values()}) == 1
    assert sum(len(each.x) for each in chart.figure.data if each.x is not None) <= 1.3 * MARKS
    return chart


@pytest.mark.parametrize("groups", [2, 6, 12])
def test_quadrant_marks_are_the_engines_and_each_has_its_number(groups):
    _, found = answered(data(groups))
    chart = sound(quadrant(found.measured, "0.5"))
    large, [small] = trace(chart, "groups")[0], trace(chart, "few rows")
    shown = [group for group in found.measured if group.n >= 30]
    assert list(large.x) == [group.calibration_in_the_large.value for group in shown]
    assert list(large.y) == [group.balance.value for group in shown]
    ends = [group.balance.high - group.balance.value for group in shown]
    assert list(large.error_y.array) == pytest.approx(ends, abs=1e-15)
    assert len(small.x) == 1
    notes = [note.text for note in chart.figure.layout.annotations]
    assert {f"<b>{g + 1}</b>" for g in range(groups)} <= set(notes)
    assert {"scores above<br>the cut too high", "scores below<br>the cut too low"} <= set(notes)
    assert np.ptp(large.marker.size) > 0 or groups == 2


def test_quadrant_corners_say_what_the_engine_says_of_each_side():
    """Down and to the left lies what comes from scores above the cut alone that are too high."""
    rng = np.random.default_rng(1)
    truth = rng.random(4000)
    scores = np.where(truth >= 0.5, np.minimum(truth + 0.15, 1), truth)
    _, found = answered(dataset(scores, (rng.random(4000) < truth).astype(int), g=["a"] * 4000))
    [group] = found.measured
    assert group.calibration_in_the_large.value < -0.03
    assert group.balance.value < -0.03
    assert group.residual_high == pytest.approx((group.balance.value + group.calibration_in_the_large.value) / 2)
    assert abs(group.residual_low) < 0.02


def test_groups_under_ten_rows_are_left_to_the_table():
    source = dataset(np.linspace(0.1, 0.9, 208), np.arange(208) % 2, g=["a"] * 200 + ["b"] * 8)
    _, found = answered(source)
    chart = quadrant(found.measured, "0.5")
    assert sum(len(each.x) for each in chart.figure.data if each.mode == "markers") == 1
    assert list(chart.table["group"]) == ["a", "b"]


def test_numbers_step_aside():
    taken = [(0.0, 0.0), (17.0, 17.0), (-17.0, 17.0), (17.0, -17.0)]
    assert free_side(np.zeros(2), taken) == (-17.0, -17.0)


def test_where_marks_crowd_numbers_never_stand_on_each_other_and_those_told_keep_theirs():
    _, found = answered(data(32, 60_000, shift=0.2))
    chart = sound(quadrant(found.measured, "0.5"))
    notes = [note for note in chart.figure.layout.annotations if note.text.startswith("<b>")]
    spots = np.array([(note.x, note.y) for note in notes])
    marks = np.concatenate([np.column_stack([each.x, each.y]) for each in chart.figure.data if each.mode == "markers"])
    unit = 460 / (2 * chart.figure.layout.xaxis.range[1])
    places = unit * spots + [(note.ax, -note.ay) if note.showarrow else (note.xshift, note.yshift) for note in notes]
    for taken, own in ((places, np.eye(len(notes), dtype=bool)), (unit * marks, (spots[:, None] == marks).all(axis=2))):
        across, up = np.moveaxis(places[:, None] - taken, 2, 0)
        assert np.hypot(0.75 * across, up)[~own].min() >= 14
    assert 6 < len(notes) <= 12
    bars = [each for each in chart.figure.data if each.error_x.array is not None]
    assert sum(len(each.x) for each in bars) == 12
    assert len(marks) == 32
    assert {f"<b>{g + 1}</b>" for g in words.told(found)} <= {note.text for note in notes}
    assert chart.table["number"] == list(range(1, 33))


@pytest.mark.parametrize("order", ["score", "confidence"])
def test_cumulative_curve_ends_where_the_engine_says_and_names_its_worst_range(order):
    _, found = answered(data(4), order=order)
    shown = [g for g, small in enumerate(found.small) if not small]
    chart = sound(cumulative(found.measured, shown, order))
    ends = [each.y[0] for each in trace(chart, "end")]
    wanted = [found.measured[g].calibration_in_the_large.value if order == "score" else found.measured[g].balance.value
              for g in shown]
    assert ends == pytest.approx(wanted, abs=1e-12)
    for place, g in enumerate(shown):
        worst, curve = trace(chart, "worst range")[place], found.measured[g].curve
        assert abs(worst.y[-1] - worst.y[0]) == pytest.approx(found.measured[g].ecce_r.value if order == "score"
                                                              else abs(curve.worst.excess) / found.measured[g].n)
        assert f"{curve.worst.rows:,} persons" in worst_words(found.measured[g], order)
    assert bool(trace(chart, "just below the cut")) is (order == "score")


def test_balance_is_read_off_the_curve():
    _, found = answered(data(3))
    chart = cumulative(found.measured, [0, 1])
    for place in (0, 1):
        end, cut = trace(chart, "end")[place].y[0], trace(chart, "just below the cut")[place].y[0]
        assert end - 2 * cut == pytest.approx(found.measured[place].balance.value, abs=1e-12)


def test_thinning_keeps_what_must_be_kept():
    assert {0, 7, 99} <= set(thinned(100, 5, [7]).tolist())


@pytest.mark.parametrize("diagonal", [False, True])
def test_reliability_marks_are_outcomes_less_scores_with_their_bars(diagonal):
    _, found = answered(data(3))
    chart = sound(reliability(found.measured, [0, 1], diagonal))
    for place in (0, 1):
        marks, bins = trace(chart, "range of scores")[place], found.measured[place].reliability
        assert list(marks.y) == pytest.approx(list(bins.observed - (0 if diagonal else bins.mean_score)))
        assert list(marks.error_y.array) == pytest.approx(list(bins.observed_high - bins.observed))
        assert sum(trace(chart, "rows")[place].customdata) == found.measured[place].n


def test_bars_of_score_ranges_add_up_to_balance_and_differ_without_colour():
    _, found = answered(data(3))
    chart = sound(regions(found.measured, [0, 1]))
    for place in (0, 1):
        over, under = trace(chart, "over-confident")[place], trace(chart, "under-confident")[place]
        assert sum(over.y) + sum(under.y) == pytest.approx(found.measured[place].balance.value, abs=1e-12)
        assert over.marker.pattern.shape != under.marker.pattern.shape


def test_score_ranges_have_a_tick_at_every_border_and_labels_in_equal_steps():
    _, found = answered(data(3))
    [axis] = [regions(found.measured, [0]).figure.layout.xaxis]
    assert list(axis.tickvals) == list(range(len(found.measured[0].regions.low) + 1))
    labelled = [place for place, text in enumerate(axis.ticktext) if text]
    assert len(set(np.diff(labelled))) == 1
    assert len(labelled) >= 3


def test_panels_never_overlap():
    for count in (1, 2, 5, 12):
        panels = Panels(count)
        rooms = [panels.room(place) for place in range(count)]
        for i, (x, y) in enumerate(rooms):
            assert 0 <= x[0] < x[1] <= 1 + 1e-9
            assert 0 <= y[0] < y[1] <= 1
            for other_x, other_y in rooms[:i]:
                assert x[0] >= other_x[1] or x[1] <= other_x[0] or y[0] >= other_y[1] or y[1] <= other_y[0]


def test_recalibration_arrows_start_at_the_score_as_it_is():
    source = data(3)
    request = Assessed(groupings=(("g",),))
    found = [move(recalibrated(source, Recalibration("platt", each, ("g",), repeats=2, compare=())), request, 0.5)
             for each in (False, True)]
    before = answered(source)[1]
    sure = [group.ece2 for group, small in zip(before.measured, before.small, strict=True) if not small]
    assert found[0].before.ece2 == max(sure)
    assert found[1].after[0].ece2 < found[0].before.ece2
    gap = "demographic_parity_difference"
    assert found[0].before.gaps[gap] == assess(source, request).groupings["g"].disparities[gap].value
    for error in ERRORS:
        chart = moves(found, error, gap)
        assert chart.alt
        arrows = [note for note in chart.figure.layout.annotations if note.showarrow]
        assert [(arrow.ax, arrow.ay) for arrow in arrows] == [(getattr(found[0].before, error),
                                                              found[0].before.gaps[gap])] * 2
        assert len(chart.table["score"]) == 1 + 2 * 2
        low, high = chart.figure.layout.yaxis.range
        assert low < 0 < high
        assert high - low >= LEAST
        assert high > max(place.gaps[gap] for each in found for place in (each.before, *each.after))


def test_a_score_outside_0_to_1_has_no_place_before():
    source = data(3)
    source = source.with_scores("deciles", np.ceil(10 * source.score_values()).clip(1, 10))
    found = move(recalibrated(source, Recalibration("platt", False, ("g",), repeats=1, compare=())),
                 Assessed(groupings=(("g",),)), 0.5)
    assert found.before is None
    assert moves([found], "drift", "demographic_parity_difference").alt


def test_multiplicity_dumbbells_and_other_base_rate_show_the_engines_numbers():
    source = data(6)
    jittered = np.clip(source.score_values() + 0.03, 0, 1)
    several = source.with_scores("t", jittered).using("s")
    found = from_columns(several, Question(1.0, attributes=("g",)))
    chart = sound(multiplicity(found.names[1:], found.deltas, found.ambiguity[1:], found.discrepancy[1:], [0, 1]))
    assert chart.figure.data[0].x is not None
    assert len(chart.table["group"]) == 2 * len(found.deltas)
    seen = ribbon(found)
    drawn = sound(viable_ranges(seen, "everybody", found.threshold))
    assert trace(drawn, "lowest")[0].y[:-1] == pytest.approx(seen.low)
    assert f"{found.width[0]:.3f} wide on average" in drawn.alt
    result = assess(source, Assessed(groupings=(("g",),))).groupings["g"]
    small = shrunken(result, "selection_rate")
    drawn = sound(dumbbells(result.names, result.rates["selection_rate"], small.shrunk, 0.5, "selection rate"))
    assert sorted(drawn.table["drawn towards the others"]) == pytest.approx(sorted(small.shrunk))
    moved = compensated(source, Deployment(0.2))
    picture = sound(other_base_rate(moved, answered(source)[0].overall.reliability, 0.5))
    assert f"{moved.threshold(0.5)[0]:.3f}" in picture.alt


def test_numbers_on_lines_that_fall_together_do_not_stand_on_each_other():
    deltas = np.round(np.linspace(0, 0.5, 51), 2)
    lines = np.tile(np.where(deltas < 0.1, 1.0, 0.05), (12, 1))
    chart = multiplicity([f"g{k}" for k in range(12)], deltas, lines, lines, range(12))
    notes = chart.figure.layout.annotations
    assert len(notes) == 12
    spots = np.array([(840 * note.x, 250 * note.y) for note in notes])
    apart = np.hypot(*np.moveaxis(spots[:, None] - spots, 2, 0))
    assert apart[~np.eye(12, dtype=bool)].min() >= 17


def test_the_ranges_of_the_first_picture_are_not_tied_to_each_other():
    """Tied, they grow with every change of the window, and never shrink."""
    layout = quadrant(answered(data(6))[1].measured, "0.5").figure.layout
    assert layout.yaxis.scaleanchor is None
    assert layout.xaxis.range == layout.yaxis.range


def test_a_panel_per_group_shows_each_groups_own_base_rate():
    source = data(3)
    _, found = answered(source)
    moved = compensated(source, Deployment(attributes=("g",), rates=(("group 1", 0.2),)))
    chart = sound(base_rates_by_group(moved, found.measured, [0, 1], 0.5))
    here, there = (trace(chart, name) for name in ("outcome here", "outcome there, expected"))
    assert (len(there[0].y), len(here[0].y)) == (0, 15)   # nothing moves: there is one set of outcomes
    factor = np.exp(moved.shift[1])
    assert there[1].y == pytest.approx(here[1].y * factor / (here[1].y * factor + 1 - here[1].y))
    lines = [shape.x0 for shape in chart.figure.layout.shapes if shape.x0 == shape.x1]
    assert lines == pytest.approx([0.5, moved.threshold(0.5)[1]])
    assert "group 0 as it is; group 1 from" in chart.alt


def test_sentences_say_which_way_and_by_how_much():
    answer, found = answered(data(3, shift=3.0))
    low = found.measured[0]
    assert low.calibration_in_the_large.low > 0
    said = words.group_sentence(low, 0)
    assert "too low" in said
    assert f"{100 * low.calibration_in_the_large.value:.1f} points" in said
    assert f"{low.n:,} persons" in said
    assert words.equality_sentence(found.equality).count("Q =") == 1
    assert "Multicalibration" in words.drift_sentence(answer.multicalibration)
    assert "positive-class balance gap" in words.implied_sentence(found)
    assert "without a panel: 3 group 2" in words.left_out(found, [0, 1])


def test_the_flag_is_said_where_it_is_raised():
    rng = np.random.default_rng(3)
    truth = rng.beta(2, 2, 8000)
    label = (rng.random(8000) < truth).astype(int)
    shifted = 1 / (1 + np.exp(-(np.log(truth / (1 - truth)) + 0.5)))
    source = dataset(np.where(np.arange(8000) < 4000, shifted, truth), label, g=["a"] * 4000 + ["b"] * 4000)
    _, found = answered(source)
    assert words.raised(found) == [0]
    [line] = words.cancelling(found)
    assert "offset each other" in line
    assert "**1 a**" in line
    assert len(words.cancelling(found, most=0)) == 1


@pytest.mark.parametrize("view", [tables.MAIN, tables.MORE])
def test_the_table_has_every_group_and_no_empty_cell(view):
    source = dataset(np.linspace(0.05, 0.95, 66), [1] * 40 + [0] * 26, g=["a"] * 38 + ["b"] * 22 + ["c"] * 6)
    _, found = answered(source)
    table = tables.table(found, [0, 1, 2], view)
    assert {len(column) for column in table.values()} == {3}
    assert all(cell for column in table.values() for cell in column)
    assert not any("nan" in cell for column in table.values() for cell in column)
    assert "fewer than 10 rows" in str([column[2] for column in table.values()])


def test_the_file_has_every_measure_of_every_group_and_of_everybody():
    answer, found = answered(data(3))
    columns = tables.everything(answer, found)
    assert columns["group"] == ["group 0", "group 1", "group 2", "everybody"]
    assert columns["balance"][0] == found.measured[0].balance.value
    assert columns["ecce_r_p_value"][3] == answer.overall.ecce_r.p_value


def test_text_of_a_file_is_inert():
    names = [f"{HOSTILE}{k}" for k in range(3)]
    _, found = answered(data(3, names=names))
    charts = [quadrant(found.measured, "0.5"), cumulative(found.measured, [0, 1]), reliability(found.measured, [0, 1]),
              regions(found.measured, [0, 1])]
    for chart in charts:
        assert "<img" not in chart.figure.to_json()
    assert "<img" not in words.group_sentence(found.measured[0], 0).replace("\\<", "")
