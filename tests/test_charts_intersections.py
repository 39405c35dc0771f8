"""The charts and sentences of the intersections page: their numbers are the engine's, and text of a file is inert."""

from __future__ import annotations

import dataclasses
from math import log10

import numpy as np
import pytest

from engine.charts import intersections_cells as cells
from engine.charts import intersections_path as charts
from engine.charts import intersections_words as words
from engine.charts.intersections_densities import Densities, densities
from engine.charts.intersections_table import table
from engine.charts.intersections_terms import ONLY, TOGETHER, terms
from engine.charts.theme import MARKS, SHOWN
from engine.counting.groups import grouping
from engine.dependence import Request, explore
from engine.dependence.diagnosis import Question, diagnose
from engine.dependence.observed import OUTCOME, observed
from engine.errors import InvalidData
from tests.gerrymandered import attribute, coins, data

HOSTILE = "<img src=x onerror=alert(1)>"
KAPPAS = (0.0, 0.3, 1.0, 300.0)


@pytest.fixture(scope="module")
def people():
    return coins(2400)


@pytest.fixture(scope="module")
def path(people):
    return explore(people, Request(kappas=KAPPAS, baselines=("marginal",), target=0.02, shuffles=20))


def asked(people, **more):
    return diagnose(observed(people), Question(permutations=19, threshold=0.5, **more))


def trace(chart, name):
    return [each for each in chart.figure.data if each.name == name]


def sound(chart):
    assert chart.alt
    assert chart.reading.count(". ") >= 1
    assert len({len(column) for column in chart.table.values()}) == 1
    assert sum(len(each.x) for each in chart.figure.data if each.x is not None) <= 1.3 * MARKS
    return chart


def test_a_heat_map_holds_the_cells_own_numbers(people):
    chart = sound(cells.cells(asked(people), "share", True))
    [field] = chart.figure.data
    assert field.type == "heatmap"
    for a in (0, 1):
        for b in (0, 1):
            rows = (people.attributes[0].codes == a) & (people.attributes[1].codes == b)
            assert field.z[a][b] == pytest.approx(people.label[rows].mean())
            assert f"n {rows.sum():,}" in field.text[a][b]
            assert f"{100 * people.label[rows].mean():.1f} %" in field.text[a][b]


def test_the_attribute_with_more_levels_goes_down():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 900), rng.integers(0, 5, 900)
    made = data(rng.normal(size=(900, 1)), (attribute("a", a), attribute("b", b)), label=rng.integers(0, 2, 900))
    [field] = cells.cells(asked(made), "share", True).figure.data
    assert np.array(field.z, dtype=float).shape == (5, 2)
    rows = (a == 1) & (b == 3)
    assert field.z[3][1] == pytest.approx(made.label[rows].mean())
    assert all("to" not in text for row in cells.heat_map(asked(made), "share", True).figure.data[0].text
               for text in row) is False


def test_a_cell_of_few_persons_has_no_colour_and_says_its_size():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 600), np.zeros(600, dtype=int)
    b[:12] = 1
    made = data(rng.normal(size=(600, 1)), (attribute("a", a), attribute("b", b)), label=rng.integers(0, 2, 600))
    found = asked(made)
    chart = sound(cells.cells(found, "share", True))
    field, grey = chart.figure.data
    assert np.isnan(np.array(field.z, dtype=float)[:, 1]).all()
    assert np.isfinite(np.array(grey.z, dtype=float)).tolist() == [[False, True]] * 2
    assert {note.text for note in chart.figure.layout.annotations} == {
        f"n {((a == level) & (b == 1)).sum()}" for level in (0, 1)}
    at = [place for place, note in enumerate(chart.table["note"]) if "too few" in note]
    assert len(at) == 2
    assert all(chart.table["Holm p"][place] is None for place in at)


def test_three_attributes_make_a_list_and_the_table_has_every_cell():
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 3, 3000) for _ in range(3)]
    made = data(rng.normal(size=(3000, 1)), tuple(attribute(f"p{k}", c) for k, c in enumerate(codes)),
                label=rng.integers(0, 2, 3000))
    found = asked(made)
    chart = sound(cells.cells(found, "share", True))
    drawn = [x for each in chart.figure.data for x in each.x]
    assert len(drawn) == SHOWN
    assert drawn == sorted(drawn, reverse=True)
    assert len(chart.table["combination"]) == 27
    assert set(cells.listed(found)) == {each.cell for each in found.contrasts[:SHOWN]}


def test_grey_and_what_is_left_out_are_spoken_of_only_where_they_are():
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 3, 3000) for _ in range(3)]
    codes[0][(codes[1] == 2) & (codes[2] == 2)] = 2                 # leaves two cells empty
    made = data(rng.normal(size=(3000, 1)), tuple(attribute(f"p{k}", c) for k, c in enumerate(codes)),
                label=rng.integers(0, 2, 3000))
    found = asked(made)
    assert cells.shown(found) == (f"{SHOWN} of {len(found.cells)} combinations shown, the most surely different; the "
                                  "others are in the table.")
    assert "grey" not in cells.cells(found, "share", True).reading + words.told(found, "share", True)[-1]
    two = asked(made, attributes=("p0", "p1"))
    few = asked(made, attributes=("p0", "p1"), min_group=int(np.sort(two.estimates.n)[2]))
    assert cells.shown(two) == ""
    assert "grey" not in cells.cells(two, "share", True).reading
    assert cells.shown(few) == f"The 2 in grey have too few persons to be compared: {cells.WAY_OUT}."
    assert "grey" in cells.cells(few, "share", True).reading


def test_where_nobody_is_compared_the_list_holds_the_largest_without_their_wide_intervals():
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 3, 3000) for _ in range(3)]
    made = data(rng.normal(size=(3000, 1)), tuple(attribute(f"p{k}", c) for k, c in enumerate(codes)),
                label=rng.integers(0, 2, 3000))
    found = asked(made, min_group=2999)
    drawn = cells.listed(found)
    left = [g for g in range(len(found.cells)) if g not in drawn]
    assert len(drawn) == SHOWN
    assert found.estimates.n[drawn].min() >= found.estimates.n[left].max()
    assert cells.shown(found).startswith(f"{SHOWN} of 27 combinations shown, the largest; ")
    chart = sound(cells.cells(found, "share", True))
    assert [trace.error_x.array for trace in chart.figure.data if len(trace.x)] == [None]
    assert all(np.isfinite(chart.table["low"]))


def test_the_smallest_p_value_a_negative_part_and_numbers_beside_bands_are_explained(people):
    found = asked(people)
    assert found.dependence_p_value == 1 / 20
    assert "p at most 0.05, the smallest that 19 shuffles can give" in words.dependence(found, "cc", 19)
    assert "p 0.050;" in words.dependence(found, "cc", 99)
    assert "compresses" not in words.dependence(found, "cc")
    below = dataclasses.replace(found, interaction=-0.01)
    assert "only in combination −0.01" in words.dependence(below, "cc")
    assert "compresses" in words.dependence(below, "cc")
    assert words.units(("race", "age"), ()) == ""
    assert "bands of age); the dependence takes age as a number" in words.units(("race", "age"), ("age",))


def test_the_parts_of_a_dependence_add_up_and_show_the_combination(people):
    found = asked(people)
    chart = sound(terms(found, "CCdCov"))
    [bars] = chart.figure.data
    values = dict(zip(chart.table["part"], bars.x, strict=True))
    assert values["a"] + values["b"] + values[ONLY] == pytest.approx(values[TOGETHER])
    assert values[ONLY] > 0.9 * values[TOGETHER]                  # neither coin alone shows it
    [line] = chart.figure.layout.shapes                           # over the bar of all together, and over no other
    assert line.x0 == line.x1 == found.dependence_noise
    assert [round((line.y0 + line.y1) / 2)] == [place for place, part in enumerate(chart.table["part"])
                                                if part == TOGETHER]
    assert line.y1 - line.y0 <= 1


def test_sentences_tell_marginal_and_cell_gaps_and_persons(people):
    found = asked(people)
    single, over, persons = words.told(found, "base rate", True)
    assert f"{100 * max(g.estimate.value for g in found.marginal):.1f} %" in single
    assert f"Over 4 combinations** it differs by **{100 * found.intersectional.estimate.value:.1f} %" in over
    assert "times the largest gap of one attribute" in over
    assert persons.startswith("2,400 persons looked at")
    assert f"only in combination {found.interaction:.3g}" in words.dependence(found, "cc")


def test_one_attribute_has_no_combinations(people):
    found = asked(people, attributes=("a",))
    assert "no combinations" in words.told(found, "rate", True)[1]
    sound(cells.cells(found, "rate", True))
    assert ONLY not in terms(found, "CCdCov").table["part"]


def test_names_of_a_file_are_inert(people):
    bad = dataclasses.replace(people, attributes=tuple(
        dataclasses.replace(each, name=HOSTILE + each.name, levels=(HOSTILE, "![x](http://y)"))
        for each in people.attributes))
    found = asked(bad)
    for chart in (cells.heat_map(found, HOSTILE, True), cells.sorted_list(found, HOSTILE, True), terms(found, "dCov")):
        said = chart.figure.to_json()
        assert "<img" not in said
        assert "\\u003cimg" not in said
    assert not any("<img" in line.replace("\\<", "") or "![x" in line for line in words.told(found, "r", True))


def test_loss_and_divergence_stand_over_their_strengths(path):
    chart = sound(charts.loss(path, 1))
    [chooses], [reports] = trace(chart, charts.CHOOSES), trace(chart, charts.REPORTS)
    assert list(chooses.y) == [point.validation.loss.value for point in path.points]
    assert list(reports.y) == [point.test.loss.value for point in path.points]
    assert list(chooses.x[1:]) == pytest.approx([log10(kappa) for kappa in KAPPAS[1:]])
    assert chooses.x[0] < chooses.x[1]
    high = [point.test.loss.high - point.test.loss.value for point in path.points]
    assert list(reports.error_y.array) == pytest.approx(high)
    assert list(chart.figure.layout.xaxis.ticktext) == ["0", "0.3", "1", "300"]


def test_the_band_is_what_chance_alone_gives_and_zero_stands_at_the_foot(path):
    chart = sound(charts.divergence(path, 1))
    [band], [reports] = trace(chart, charts.CHANCE), trace(chart, charts.REPORTS)
    floor = charts.foot(path)
    assert list(band.y) == [max(point.test.jsd_null_high, floor) for point in path.points]
    assert list(reports.y) == [max(point.test.jsd, floor) for point in path.points]
    assert 0 < floor < min(value for point in path.points for value in (point.test.jsd, point.validation.jsd) if value)
    assert chart.figure.layout.yaxis.type == "log"


def test_a_model_of_one_number_is_a_triangle_at_the_foot(path):
    seen = dataclasses.replace(path.points[3].test, jsd=0.0, jsd_null_high=0.0)
    flat = dataclasses.replace(path.points[3], test=seen, collapsed=True)
    bent = dataclasses.replace(path, points=(*path.points[:3], flat))
    [reports] = trace(sound(charts.divergence(bent, 0)), charts.REPORTS)
    assert reports.marker.symbol[3] == "triangle-down-open"
    assert reports.y[3] == charts.foot(bent)
    assert "one number" in reports.text[3]
    seen = dataclasses.replace(seen, jsd=1e9, jsd_null_high=1e9)
    large = dataclasses.replace(path.points[3], collapsed=True, test=seen)
    bent = dataclasses.replace(path, points=(*path.points[:3], large))
    [reports] = trace(sound(charts.divergence(bent, 0)), charts.REPORTS)
    assert reports.y[3] == charts.foot(bent) < 1                    # that of rounding errors is not drawn as measured
    assert words.listed(bent, 3).endswith("all predictions one number)")
    assert "all predictions one number" not in words.listed(path, 0)


def test_the_frontier_links_both_and_rings_the_chosen_point(path):
    for chosen in (0, 2):
        chart = sound(charts.frontier(path, chosen))
        [reports] = trace(chart, charts.REPORTS)
        assert list(reports.x) == [max(point.test.jsd, charts.foot(path)) for point in path.points]
        assert list(reports.y) == [point.test.loss.value for point in path.points]
        assert [row[0] for row in reports.customdata] == [0, 1, 2, 3]
        rings = trace(chart, "chosen")
        both = (path.points[chosen].validation, path.points[chosen].test)
        assert {(ring.x[0], ring.y[0]) for ring in rings} == {
            (max(part.jsd, charts.foot(path)), part.loss.value) for part in both}
    for single in (charts.loss(path, 2), charts.divergence(path, 2)):
        assert {ring.x[0] for ring in trace(single, "chosen")} == {log10(1.0)}


def test_marked_points_are_named_where_they_stand(path):
    found = words.marks(path)
    assert found
    told = [note.text for note in charts.loss(path, 0).figure.layout.annotations]
    assert sorted(told) == sorted(each.replace(", ", "<br>") for each in found.values())
    both = dataclasses.replace(path, markers=dataclasses.replace(path.markers, meets_target=1, inside_null=1, knee=0))
    assert words.marks(both) == {1: "meets the target, inside the null band", 0: "knee"}


def test_other_ways_stand_on_the_same_charts(path):
    assert path.baselines
    for chart in (charts.loss(path, 0), charts.divergence(path, 0), charts.frontier(path, 0)):
        [line] = trace(chart, charts.MARGINAL)
        assert len(line.x) == len(KAPPAS) - 1
    lottery = dataclasses.replace(path.baselines[0], kappa=None, strength=None, key="other", message="a lottery")
    more = dataclasses.replace(path, baselines=(*path.baselines, lottery))
    assert len(trace(charts.frontier(more, 0), charts.OTHER)[0].x) == 1
    assert not trace(charts.loss(more, 0), charts.OTHER)


def test_the_table_has_every_model_on_both_parts(path):
    columns = table(path)
    assert columns["rows are"] == ["validation", "test"] * (len(path.points) + len(path.baselines))
    assert columns["divergence, bits"][1] == path.points[0].test.jsd
    assert columns["gap over combinations, high"][0] == path.points[0].validation.intersectional_gap.high
    assert columns["standard deviation of predictions"][3] == path.points[1].test.spread


def test_a_path_of_one_point_is_drawn(people):
    one = explore(people, Request(kappas=(0.0,), shuffles=5))
    for draw in (charts.loss, charts.divergence, charts.frontier):
        sound(draw(one, 0))
    assert words.suggested(one) == 0


def test_the_point_looked_at_first_is_a_marked_one_or_still_alive(path):
    assert words.suggested(path) in words.marks(path)
    none = dataclasses.replace(path, markers=dataclasses.replace(path.markers, meets_target=None, inside_null=None,
                                                                 knee=None),
                               points=(*path.points[:3], dataclasses.replace(path.points[3], collapsed=True)))
    assert words.suggested(none) == 2


def found_densities(people, path, k):
    groups, codes = grouping(people, path.plan.attributes)
    return Densities(groups.names, codes[path.held], path.prediction(path.points[0]), path.prediction(path.points[k]),
                     "prediction")


def test_densities_have_a_panel_per_cell_with_both_models(people, path):
    found = found_densities(people, path, 2)
    chart = sound(densities(found, found.largest(30)))
    above, below = trace(chart, "unpenalised"), trace(chart, "chosen")
    assert len(above) == len(below) == 4
    assert max(max(each.y) for each in above) == pytest.approx(1)
    assert min(min(each.y) for each in below) == pytest.approx(-1)
    for g, name in enumerate(found.names):
        rows = found.codes == g
        assert chart.table["combination"][g] == name
        assert chart.table["mean, chosen"][g] == pytest.approx(found.after[rows].mean())
        assert chart.table["50% quantile, unpenalised"][g] == pytest.approx(np.median(found.before[rows]))


def test_a_density_of_one_number_is_a_line(people, path):
    found = dataclasses.replace(found_densities(people, path, 2), after=np.full(len(path.held), 0.4))
    chart = sound(densities(found, found.largest(30)))
    assert all(set(each.x) == {0.4} for each in trace(chart, "chosen"))


def test_at_most_twelve_cells_are_drawn_and_small_ones_are_not():
    rng = np.random.default_rng(0)
    codes = np.append(rng.integers(0, 20, 3000), np.full(5, 20)).astype(np.int32)
    values = rng.random(len(codes))
    found = Densities(tuple(f"g{k}" for k in range(21)), codes, values, values, "prediction")
    shown = found.largest(30)
    assert len(shown) == SHOWN
    assert 20 not in shown
    chart = sound(densities(found, shown))
    assert len(chart.table["combination"]) == 21


def test_the_outcome_can_be_looked_at_itself(people):
    seen = observed(people)
    assert seen.score == OUTCOME
    assert np.array_equal(seen.score_values(), people.label)
    numeric = dataclasses.replace(people, label=None, target=np.arange(people.n, dtype=float))
    assert np.array_equal(observed(numeric).score_values(), numeric.target)
    with pytest.raises(InvalidData):
        observed(dataclasses.replace(people, label=None))


def test_a_count_with_exposure_becomes_a_rate_of_its_cell():
    rng = np.random.default_rng(0)
    n = 800
    exposure = rng.uniform(0.2, 2, n)
    counts = rng.poisson(0.5 * exposure).astype(float)
    codes = rng.integers(0, 2, n)
    made = data(rng.normal(size=(n, 1)), (attribute("a", codes),), target=counts, target_kind="count",
                exposure=exposure)
    found = diagnose(observed(made), Question(permutations=19))
    for g in (0, 1):
        rows = codes == g
        assert found.estimates.value[g] == pytest.approx(counts[rows].sum() / exposure[rows].sum())
