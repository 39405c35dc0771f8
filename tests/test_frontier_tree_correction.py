"""The tree correction on data: out of fold, nobody else moves, a curve with intervals, and when it cannot act."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.charts import tree_correction as charts
from engine.charts.models import models
from engine.errors import InvalidData
from engine.frontier import Request
from engine.frontier.models import Study, compare
from engine.frontier.training import TRAINERS
from engine.frontier.tree_correction import BANNER, CorrectionRequest, changed, correct, curve
from engine.scoring.models import cross_fitted, fold_models
from engine.types import Feature
from tests.drivers_made import lending
from tests.test_frontier_page import button, clean, page, settled

ASKED = CorrectionRequest("sex", model="decision_tree", folds=3)


@pytest.fixture(scope="module")
def found():
    data = lending(2000)
    return data, correct(data, ASKED)


def test_it_begins_as_the_cross_fitted_model(found):
    data, correction = found
    model = cross_fitted(data, "decision_tree", 3, protected_in=True)
    np.testing.assert_allclose(correction.scores[0], model.score_values(), atol=1e-12)
    assert correction.helped == ("F",)
    assert correction.group_nodes > 0


def test_women_never_fall_and_men_never_move(found):
    data, correction = found
    women = data.attribute("sex").codes == 0
    assert (np.diff(correction.scores, axis=0) >= -1e-12).all()
    assert (correction.scores[-1] > correction.scores[0])[women].any()
    np.testing.assert_array_equal(correction.scores[:, ~women], np.tile(correction.scores[0, ~women], (6, 1)))


def test_where_a_low_score_is_favourable_scores_fall():
    data = dataclasses.replace(lending(1000), roles=dataclasses.replace(lending(10).roles, favourable="not-selected"))
    correction = correct(data, ASKED)
    assert correction.helped == ("M",)
    assert (np.diff(correction.scores, axis=0) <= 1e-12).all()


def test_the_neutral_variant_is_the_average_of_both_recodings(found):
    data, correction = found
    sex = data.attribute("sex")
    for fold in fold_models(data, "decision_tree", 3, protected_in=True):
        share = (sex.codes[fold.fitted_on] == 1).mean()
        scores = [fold.scores(fold.held_out, (*data.features, Feature("sex", np.full(data.n, v, np.int32), sex.levels)))
                  for v in (0, 1)]
        np.testing.assert_allclose(correction.neutral[fold.held_out], (1 - share) * scores[0] + share * scores[1])


def test_the_curve_has_a_point_for_each_strength_and_the_gap_narrows(found):
    data, correction = found
    points = curve(data, correction, Request("demographic_parity_difference"))
    assert [point.strength for point in points] == [0.0, 0.1, 0.25, 0.5, 0.75, 1.0, None]
    gaps = [point.reported.disparity for point in points]
    women = data.attribute("sex").codes == 0
    rates = [(correction.scores[0] >= 0.5)[rows].mean() for rows in (women, ~women)]
    assert gaps[0].value == pytest.approx(abs(rates[0] - rates[1]))
    assert gaps[5].value < gaps[0].value
    assert all(point.reported.utility.low < point.reported.utility.value for point in points)


def test_the_chart_and_its_table_hold_every_point(found):
    data, correction = found
    points = curve(data, correction, Request("demographic_parity_difference"))
    chart = charts.curve(points, "demographic_parity_difference", "accuracy")
    assert [list(trace.x) for trace in chart.figure.data] == [
        [p.reported.disparity.value for p in points[:-1]], [points[-1].reported.disparity.value]]
    assert chart.table["strength"][0] == "q 0"
    assert chart.table["strength"][-1] == "attribute averaged out"
    assert len({len(column) for column in chart.table.values()}) == 1
    people = charts.people(data, changed(data, correction, 5))
    assert set(people["group"]) == {"F"}
    assert set(people["now"]) == {"selected"}


def test_the_people_whose_decision_changes_are_women_who_are_selected_now(found):
    data, correction = found
    people = changed(data, correction, 5)
    assert len(people.rows) > 0
    assert set(people.groups) == {"F"}
    assert (people.before < 0.5).all()
    assert (people.after >= 0.5).all()
    assert people.selected_now.all()
    assert people.of == 2000
    assert not len(changed(data, correction, 0).rows)


def test_what_it_cannot_do_is_said():
    with pytest.raises(InvalidData, match="choose one of: sex"):
        correct(lending(), CorrectionRequest("age"))
    with pytest.raises(InvalidData, match="decision_tree, random_forest"):
        correct(lending(), CorrectionRequest("sex", model="logistic"))
    with pytest.raises(InvalidData, match="choose one of: F, M"):
        correct(lending(), CorrectionRequest("sex", ("X",)))
    data = lending(400)
    rng = np.random.default_rng(0)
    noise = dataclasses.replace(data, attributes=tuple(
        dataclasses.replace(a, codes=np.zeros(400, dtype=np.int32)) for a in data.attributes), label=rng.integers(
            0, 2, 400).astype(np.int8))
    with pytest.raises(InvalidData, match="none splits on 'sex': this method cannot act"):
        correct(noise, ASKED)
    with pytest.raises(InvalidData, match="decisions must change"):
        curve(data, correct(data, ASKED), Request("auc_difference"))


def test_the_page_says_that_it_uses_the_group_at_decision_time():
    data = cross_fitted(lending(600))
    at = clean(page(data, around="models", models=(list(TRAINERS).index("tree_correction"),), separate=True))
    assert not any(BANNER in info.value for info in at.info)
    button(at, "Compare").click().run()
    settled(at)
    assert any(BANNER in info.value for info in at.info)


def test_it_is_one_of_the_models_to_compare():
    found = compare(lending(1200), Study(Request("demographic_parity_difference"), ("tree_correction",), columns=False))
    names = [f"tree correction, q {q}" for q in ("0", "0.25", "0.5", "0.75", "1")]
    assert [point.model for point in found.points] == names
    assert all(point.policy is None for point in found.points)
    women = [point.counts[0, [0, 1]].sum() for point in found.points]
    men = [point.counts[1, [0, 1]].sum() for point in found.points]
    assert women == sorted(women)
    assert women[-1] > women[0]
    assert len(set(men)) == 1
    figure = models(found, "demographic_parity_difference", "accuracy", "common").figure
    curve_drawn = next(trace for trace in figure.data if trace.name == "tree correction")
    assert list(curve_drawn.x) == [point.test.disparity.value for point in found.points]
