"""Operating curves: brute force, steps counted exactly, the permutation law, and the section on the page."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.charts.operating import operating_curves
from engine.charts.theme import MARKS
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.errors import InvalidData
from engine.thresholds.operating import UTILITIES, Operating, operating_curve
from tests.build import dataset
from tests.test_thresholds_page import brought, clean, page

HOSTILE = "<img src=x onerror=alert(1)>"


def sample(n=1500, groups=("a", "b", "c"), apart=0.0, seed=0, rounded=True):
    """Scores of two outcomes; the second group's are less telling by `apart`."""
    rng = np.random.default_rng(seed)
    group, label = rng.integers(0, len(groups), n), rng.integers(0, 2, n)
    raw = 1 / (1 + np.exp(-rng.normal((label - 0.5) * np.where(group == 1, 2 - apart, 2))))
    return dataset(np.round(raw, 2) if rounded else raw, label, g=[groups[k] for k in group])


def curve(data, low=0.2, high=0.8, **more):
    attributes = tuple(attribute.name for attribute in data.attributes)
    return operating_curve(ScoreIndex.build(data, attributes), attributes, Operating(low, high, **more))


def by_hand(data, t, utility):
    out = []
    for g in range(len(data.attributes[0].levels)):
        mine = data.attributes[0].codes == g
        s, y = data.score_values()[mine], data.label[mine]
        tpr, tnr = np.mean(s[y == 1] >= t), np.mean(s[y == 0] < t)
        mean = 2 * tpr * tnr / (tpr + tnr) if tpr + tnr else 0.0
        out.append(mean if utility == "harmonic" else (tpr + tnr) / 2)
    return out


@pytest.mark.parametrize("utility", UTILITIES)
def test_curves_are_those_of_a_loop_over_rows(utility):
    data = sample()
    found = curve(data, utility=utility)
    for q in range(0, len(found.thresholds), 16):
        assert found.value[q] == pytest.approx(by_hand(data, found.thresholds[q], utility), abs=1e-12)
    assert found.mean == pytest.approx(found.value.mean(axis=1))


@pytest.mark.parametrize("utility", UTILITIES)
def test_the_spread_is_the_integral_over_the_range(utility):
    """Scores are at hundredths, so that the midpoints between them meet every step."""
    data = sample(apart=1.0)
    found = curve(data, 0.2, 0.8, utility=utility)
    steps = (np.arange(20, 80) + 0.5) / 100
    values = np.array([by_hand(data, t, utility) for t in steps])
    assert found.exact
    assert found.spread.value == pytest.approx(np.sqrt(((values - values.mean(axis=1)[:, None]) ** 2).mean()), abs=1e-9)
    squares = ((values - values.mean(axis=1)[:, None]) ** 2).sum(axis=0)
    assert found.share == pytest.approx(squares / squares.sum(), abs=1e-9)


def test_many_scores_are_counted_at_midpoints_near_the_exact_spread():
    data = sample(20_000, apart=1.0, rounded=False)
    found = curve(data, permutations=10)
    assert not found.exact
    t = np.linspace(0.2, 0.8, 6001)
    values = np.array([by_hand(data, at, "harmonic") for at in t[::20]])
    rough = np.sqrt(((values - values.mean(axis=1)[:, None]) ** 2).mean())
    assert found.spread.value == pytest.approx(rough, rel=0.01)


def test_equal_groups_stay_within_chance_and_others_leave_it():
    alike = [curve(sample(600, seed=seed), permutations=100).p_value for seed in range(30)]
    assert 0.2 < np.mean(alike) < 0.8
    assert min(alike) < 0.5
    apart = curve(sample(1500, apart=1.5))
    assert apart.p_value < 0.02
    assert apart.spread.value > apart.noise_high


def test_the_noise_is_that_of_permuted_rows():
    """The same quantile from shuffling group names among rows of each outcome, rows and all."""
    data = sample(400, groups=("a", "b"))
    found = curve(data, permutations=800)
    rng, drawn = np.random.default_rng(1), []
    codes = data.attributes[0].codes
    for _ in range(300):
        mixed = codes.copy()
        for value in (0, 1):
            rows = np.flatnonzero(data.label == value)
            mixed[rows] = rng.permutation(codes[rows])
        shuffled = dataset(data.score_values(), data.label, g=[("a", "b")[k] for k in mixed])
        drawn.append(curve(shuffled, permutations=1).spread.value)
    assert found.noise_high == pytest.approx(np.quantile(drawn, 0.95), rel=0.12)


def test_base_rates_do_not_set_groups_apart():
    found = []
    for seed in range(20):
        data = sample(1500, groups=("a", "b"), seed=seed)
        keep = (data.attributes[0].codes == 0) | (data.label == 0) | (np.arange(1500) % 5 == 0)
        fewer = dataset(data.score_values()[keep], data.label[keep],
                        g=[("a", "b")[k] for k in data.attributes[0].codes[keep]])
        found.append(curve(fewer, permutations=100).p_value)
    assert 0.2 < np.mean(found) < 0.8


def test_small_and_one_sided_groups_are_not_compared_and_named():
    data = sample(600)
    names = [data.attributes[0].levels[k] for k in data.attributes[0].codes]
    more = dataset(np.append(data.score_values(), np.full(45, 0.5)), np.append(data.label, np.ones(45)),
                   g=names + ["few"] * 5 + ["one"] * 40)
    found = curve(more)
    assert dict(found.left_out) == {"few": "fewer than 30 rows with an outcome",
                                    "one": "not estimable: one has no negatives"}
    assert found.spread.value == pytest.approx(curve(data).spread.value)
    assert np.isnan(found.value[:, found.groups.names.index("one")]).all()


def test_one_group_has_no_spread_and_the_reason_is_said():
    found = curve(sample(groups=("a",)))
    assert np.isnan(found.spread.value)
    assert "fewer than two groups" in found.spread.reason
    assert found.noise_reason == found.spread.reason


def test_weights_count_in_the_curves_and_there_is_no_band():
    data = sample(500, groups=("a", "b"))
    twice = np.repeat(np.arange(500), 1 + (np.arange(500) % 3 == 0))
    names = [data.attributes[0].levels[k] for k in data.attributes[0].codes]
    heavy = dataset(data.score_values(), data.label, weight=1.0 + (np.arange(500) % 3 == 0), g=names)
    rows = dataset(data.score_values()[twice], data.label[twice], g=[names[k] for k in twice])
    assert curve(heavy).spread.value == pytest.approx(curve(rows).spread.value)
    assert np.isnan(curve(heavy).noise_high)
    assert "weights" in curve(heavy).noise_reason


def test_a_count_table_gives_the_same_where_its_edges_are_the_scores():
    data = sample(500)
    table = operating_curve(CountTable.build(data, ("g",)), ("g",), Operating(0.2, 0.8))
    assert table.spread.value == pytest.approx(curve(data).spread.value)
    assert table.noise_high == pytest.approx(curve(data).noise_high)


def test_rows_without_an_outcome_take_no_part():
    data = sample(500)
    names = [data.attributes[0].levels[k] for k in data.attributes[0].codes]
    more = dataset(np.append(data.score_values(), np.full(99, 0.5)), np.append(data.label, np.full(99, -1)),
                   g=names + ["a"] * 99)
    assert (curve(more).spread.value, curve(more).spread.n) == (curve(data).spread.value, 500)


@pytest.mark.parametrize("request_", [Operating(0.5, 0.5), Operating(0.6, 0.2), Operating(0, 1, "joy")])
def test_what_cannot_be_asked_is_refused(request_):
    data = sample(100)
    with pytest.raises(InvalidData):
        operating_curve(ScoreIndex.build(data, ("g",)), ("g",), request_)


def test_the_chart_has_a_line_per_group_the_mean_the_range_and_the_threshold_in_use():
    found = curve(sample(groups=(HOSTILE, "b")))
    drawn = operating_curves(found, [0, 1], 0.5)
    lines = {trace.name: trace for trace in drawn.figure.data}
    assert list(lines["mean of groups"].y) == pytest.approx(found.mean.tolist())
    assert [list(trace.y) for name, trace in lines.items() if name != "mean of groups"] == [
        found.value[:, g].tolist() for g in (0, 1)]
    assert "<img" not in str(drawn.figure.to_json())
    shapes = {(shape.type, shape.x0, shape.x1) for shape in drawn.figure.layout.shapes}
    assert shapes == {("rect", 0.2, 0.8), ("line", 0.5, 0.5)}
    assert sum(len(trace.x) for trace in drawn.figure.data) <= MARKS
    assert set(map(len, drawn.table.values())) == {2 * len(found.thresholds)}
    assert "0.2 to 0.8" in drawn.alt
    assert drawn.figure.layout.yaxis.title.text


def test_groups_without_a_colour_differ_by_their_dashes_and_none_looks_like_the_mean():
    found = dataclasses.replace(curve(sample(groups=("a", "b", "c"))), compared=(0,))
    drawn = operating_curves(found, [0, 1, 2], None)
    looks = [(trace.line.color, trace.line.dash) for trace in drawn.figure.data]
    assert len(set(looks)) == 4
    assert "thin grey" in drawn.reading
    assert "grey ones" not in operating_curves(found, [0], None).reading


def test_the_section_stands_on_the_threshold_page_and_says_what_chance_gives():
    data = sample(900, apart=1.5)
    at = clean(page(brought(data.score_values(), data.label,
                            g=[data.attributes[0].levels[k] for k in data.attributes[0].codes]), around="operating"))
    text = " ".join(element.value for element in at.markdown)
    expected = curve(data, *(float(f"{v:.3g}") for v in np.quantile(data.score_values(), (0.1, 0.9))))
    assert f"**{100 * expected.spread.value:.1f} points**" in text
    assert f"Chance alone reaches {100 * expected.noise_high:.1f}" in text
    assert "900 rows" in text
    low = next(box for box in at.number_input if box.label == "Range from")
    low.set_value(0.95).run()
    assert any("range of thresholds must have a width" in box.value for box in at.error)
    low = next(box for box in at.number_input if box.label == "Range from")
    low.set_value(0.4).run()
    assert "0.4 and" in " ".join(element.value for element in clean(at).markdown)
    at.switch_page("pages/guide.py").run()
    at.switch_page("pages/thresholds.py").run()
    assert next(box for box in clean(at).number_input if box.label == "Range from").value == 0.4


def test_without_outcomes_the_section_says_so():
    at = clean(page(brought(np.linspace(0, 1, 200), np.full(200, -1, dtype=np.int8), g=["a", "b"] * 100),
                    around="operating"))
    assert any("not estimable" in box.value for box in at.info)
