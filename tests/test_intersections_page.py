"""The intersections page: its numbers are those of rows by hand, scores go to the other pages, names are inert."""

from __future__ import annotations

import dataclasses
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.data.catalogue import load
from engine.errors import stopped
from engine.glossary import GLOSSARY
from engine.types import Attribute, Roles
from pages.parts import intersections_diagnosis, intersections_path, intersections_training
from pages.parts.state import _OURS
from tests.conftest import ROOT
from tests.gerrymandered import aged, attribute, coins, data
from tests.test_frontier_page import dataset_of, settled
from tests.test_thresholds_page import HOSTILE, IMAGE, button, clean, words
from tests.visits import visit

FEW = (0, 4, 6)      # places of the strengths 0, 0.3 and 3

pytestmark = pytest.mark.usefixtures("patient")


def page(made, origin="upload", **settings):
    return settled(visit("intersections", made, origin, {"permutations": 19, "kappas": FEW, **settings}))


def people(n=1600, **more):
    """Two coins and a score that is high where they differ."""
    made = coins(n, **more)
    roles = Roles(tuple(Attribute(each.name) for each in made.attributes), label="y", positive="1", scores=("s",))
    different = made.attributes[0].codes != made.attributes[1].codes
    score = np.clip(0.3 + 0.3 * different + np.random.default_rng(0).normal(0, 0.1, n), 0, 1)
    return dataclasses.replace(made, roles=roles).with_scores("s", score, "column")


def text(at):
    return " ".join(words(at)).replace("\u00a0", " ")


def read(at):
    """What Markdown reads; the options of a list of several it does not, as the test in a browser sees."""
    options = {option for element in at.multiselect for option in element.options}
    return [word for word in words(at) if word not in options]


def alts(at):
    return [chart.proto.alt for chart in at.get("plotly_chart")]


def section(at, name):
    [look] = [group for group in at.button_group if group.label == "Section"]
    return settled(look.set_value(name).run())


def trained(made=None, **settings):
    at = page(people() if made is None else made, section="path", **settings)
    button(at, "Train the path").click().run()
    return settled(at)


def path_of(at):
    return at.session_state["equipoise session"].kept[intersections_training.JOB][1]


def test_without_data_the_page_offers_the_sample():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    at.run()
    at.switch_page("pages/intersections.py").run()
    assert any("sample" in each.label for each in clean(at).button)


def test_the_gap_of_combinations_is_told_beside_that_of_single_attributes():
    made = people()
    at = page(made)
    a, b, score = made.attributes[0].codes, made.attributes[1].codes, made.score_values()
    cells = [score[(a == i) & (b == j)].mean() for i in (0, 1) for j in (0, 1)]
    single = [abs(score[codes == 0].mean() - score[codes == 1].mean()) for codes in (a, b)]
    said = text(at)
    assert f"Over 4 combinations** it differs by **{max(cells) - min(cells):.4g}**" in said
    assert f"**{max(single):.4g}**" in said
    assert "1,600 persons looked at" in said
    assert any("mean of s by a x b" in alt for alt in alts(at))
    assert any(alt.startswith("CCdCov squared by where it shows") for alt in alts(at))


def test_the_worst_cells_stand_in_a_table_with_their_bounds():
    made = people()
    at = page(made)
    shown = at.table[0].value
    a, b, score = made.attributes[0].codes, made.attributes[1].codes, made.score_values()
    first = shown["Combination"].iloc[0]
    i, j = (int(part) for part in first.split("** ")[1].split(" x "))
    mine = (a == i) & (b == j)
    assert f"{mine.sum():,}" == shown["Persons"].iloc[0]
    away = score[mine].mean() - score[~mine].mean()
    assert f"**{away:+.3f}**".replace("-", "−") in shown["Minus all others"].iloc[0].replace("\u00a0", " ")
    assert list(shown["p (Holm)"]) == ["under 0.001"] * 4


def test_decisions_can_be_compared_instead_of_means():
    made = people()
    at = page(made, by="share", cut_score=0.5)
    a, b = made.attributes[0].codes, made.attributes[1].codes
    chosen = made.score_values() >= 0.5
    cells = [chosen[(a == i) & (b == j)].mean() for i in (0, 1) for j in (0, 1)]
    assert f"it differs by **{100 * (max(cells) - min(cells)):.1f} %**" in text(at)


def test_the_outcome_itself_can_be_looked_at():
    made = dataclasses.replace(people(), scores={}, score=None)
    at = page(made)
    a, b = made.attributes[0].codes, made.attributes[1].codes
    cells = [made.label[(a == i) & (b == j)].mean() for i in (0, 1) for j in (0, 1)]
    assert f"it differs by **{100 * (max(cells) - min(cells)):.1f} %**" in text(at)
    assert any("share with y = 1" in alt for alt in alts(at))


def test_training_draws_three_linked_charts_and_both_parts():
    at = trained()
    assert sum("loss" in alt for alt in alts(at)) >= 3
    path = path_of(at)
    assert [point.kappa for point in path.points] == [0.0, 0.3, 3.0]
    assert path.baselines
    [choice] = [group for group in at.button_group if group.label == "Point of the path"]
    at = choice.set_value(2).run()
    table = clean(at).table[0].value
    test = path.points[2].test
    assert list(table.columns[1:]) == ["Unpenalised, validation", "Unpenalised, test", "κ 3, validation",
                                       "κ 3, test"]
    assert f"**{test.loss.value:.4g}**" in table["κ 3, test"].iloc[1]
    assert f"**{test.intersectional_gap.value:.4g}**" in table["κ 3, test"].iloc[3]
    assert f"**{path.points[2].validation.loss.value:.4g}**" in table["κ 3, validation"].iloc[1]
    assert f"**{path.points[0].validation.loss.value:.4g}**" in table["Unpenalised, validation"].iloc[1]
    assert table[""].iloc[3] == "Gap over combinations of a, b"
    assert test.marginal_of in ("a", "b")
    assert table["κ 3, test"].iloc[4].endswith(f":small[of {test.marginal_of}]")
    assert all(f"chosen CCdCov, logistic, κ 3 loss {test.loss.value:.4f}" in alt for alt in alts(at))
    for said in ("demographic parity", "drawing all predictions together", "only κ can be compared", "few persons"):
        assert said in text(at)


def test_a_click_on_a_chart_chooses_its_point(monkeypatch):
    written, path = {}, SimpleNamespace(points=(1, 2, 3))
    clicked = {"selection": {"points": [{"customdata": [2]}]}}
    monkeypatch.setattr(intersections_path.state, "settings", lambda page: written)
    monkeypatch.setattr(intersections_path, "st", SimpleNamespace(session_state={"chart": clicked, "other": None}))
    intersections_path._clicked(path, "other")
    assert not written
    intersections_path._clicked(path, "chart")
    assert written == {"point_3": 2}
    clicked["selection"]["points"] = [{"customdata": [9]}, {"customdata": None}, {}]
    intersections_path._clicked(path, "chart")
    assert written == {"point_3": 2}


def test_the_scores_go_to_every_page_for_the_rows_that_trained_nothing():
    at = trained()
    before, path = dataset_of(at), path_of(at)
    button(at, "Use these scores").click().run()
    after = dataset_of(settled(at))
    assert after.score != before.score
    known = np.isfinite(after.score_values())
    assert np.flatnonzero(known).tolist() == path.held.tolist()
    assert "held out" in after.score
    assert [toast.value.startswith("Now in use: unpenalised") or "Now in use: CCdCov" in toast.value
            for toast in at.toast] == [True]
    button(at, "Back to the original score").click().run()
    assert dataset_of(clean(at)).score == "s"


def test_the_scores_in_use_have_a_curve_and_are_compared_on_the_frontier_page():
    at = trained()
    button(at, "Use these scores").click().run()
    made = dataset_of(settled(at))
    settings = at.session_state["equipoise session"].settings
    settings[("frontier", made.fingerprint)] = {"around": "models", "models": ()}
    at.switch_page("pages/frontier.py").run()
    assert any(alt.startswith("Best accuracy within") for alt in alts(clean(at)))
    button(at, "Compare").click().run()
    [compared] = [alt for alt in alts(settled(at)) if "points of models on test rows" in alt]
    assert made.score[:20] in compared


def test_every_row_can_be_scored_by_a_model_that_has_not_seen_it():
    at = trained(people(700), kappas=(0, 6))
    button(at, "Score every row").click().run()
    after = dataset_of(settled(at))
    assert np.isfinite(after.score_values()).all()
    assert "cross-fitted in 5" in after.score


def test_the_model_can_be_diagnosed_like_any_score():
    at = trained()
    path = path_of(at)
    at = section(at, "combinations")
    [look] = [box for box in at.selectbox if box.label == "Look at"]
    at = settled(look.set_value("unpenalised").run())
    assert f"{len(path.held):,} persons looked at" in text(at)
    prediction, made = path.prediction(path.points[0]), dataset_of(at)
    cells = 2 * made.attributes[0].codes[path.held] + made.attributes[1].codes[path.held]
    means = [prediction[cells == k].mean() for k in range(4)]
    assert f"it differs by **{max(means) - min(means):.4g}**" in text(at)


def test_predictions_by_combination_have_a_table_of_every_cell():
    at = section(trained(), "densities")
    [alt] = [alt for alt in alts(at) if "before and after" in alt]
    assert "in 4 combinations" in alt
    assert "rows that trained neither model" in text(at)


def test_a_path_of_other_settings_is_said_to_be_one():
    at = trained()
    [model] = [box for box in at.selectbox if box.label == "Penalty"]
    at = model.set_value("joint").run()
    assert "trained with other settings" in text(clean(at))


def test_cancelled_training_leaves_nothing_and_can_be_started_again(monkeypatch):
    def forever(made, request, progress, cancelled, arrived=None):
        while not cancelled():
            threading.Event().wait(0.02)
        raise stopped("the path")

    monkeypatch.setattr(intersections_training, "explore", forever)
    at = page(people(), section="path")
    button(at, "Train the path").click().run()
    assert "The first model is on its way" in text(at)
    [look] = [group for group in at.button_group if group.label == "Section"]
    at = look.set_value("densities").run()
    assert "The first model is on its way" in text(at)            # the other sections tell of it too
    assert not any("No path has been trained" in box.value for box in at.info)
    at = next(group for group in at.button_group if group.label == "Section").set_value("combinations").run()
    for _ in range(200):                                          # a path that trains for minutes holds nothing up
        if "Most surely different" in text(at):
            break
        threading.Event().wait(0.05)
        at = at.run()
    assert "Most surely different" in text(at)
    at = next(group for group in at.button_group if group.label == "Section").set_value("path").run()
    button(at, "Cancel").click().run()
    assert "The training was stopped" in text(clean(at))
    at = settled(at)
    assert intersections_training.JOB not in at.session_state["equipoise session"].kept
    assert not button(at, "Train the path").disabled


def test_a_numeric_outcome_needs_no_score_and_no_cut():
    rng = np.random.default_rng(0)
    x, _, sex, age = aged(900, 0)
    made = data(x, (attribute("sex", sex), attribute("band", (age * 3).astype(int))),
                target=x[:, 0] + 2 * sex + rng.normal(size=900))
    made = dataclasses.replace(made, roles=dataclasses.replace(made.roles, target="days", target_kind="regression"))
    at = page(made)
    assert any("mean of days" in alt for alt in alts(at))
    at = section(at, "path")
    button(at, "Train the path").click().run()
    at = settled(at)
    assert path_of(at).plan.family.task == "regression"
    assert "its predictions stay on this page" in text(at)
    assert not any(each.label == "Use these scores" for each in at.button)


def test_counts_with_exposure_are_looked_at_as_rates():
    rng = np.random.default_rng(0)
    n = 900
    exposure, sex = rng.uniform(0.3, 1.5, n), rng.integers(0, 2, n)
    x = rng.normal(size=(n, 2))
    counts = rng.poisson(exposure * np.exp(0.3 * x[:, 0] + 0.5 * sex)).astype(float)
    made = data(x, (attribute("sex", sex), attribute("half", rng.integers(0, 2, n))), target=counts,
                target_kind="count", exposure=exposure)
    made = dataclasses.replace(made, roles=dataclasses.replace(made.roles, target="claims"))
    at = page(made)
    assert any("mean of claims per unit of exposure" in alt for alt in alts(at))
    rate = [counts[sex == k].sum() / exposure[sex == k].sum() for k in (0, 1)]
    assert f"**{abs(rate[0] - rate[1]):.4g}**" in text(at)
    at = section(at, "path")
    button(at, "Train the path").click().run()
    assert path_of(settled(at)).plan.family.task == "poisson"


@pytest.mark.parametrize("what", ["protected attribute", "score and no outcome", "features", "outcome"])
def test_what_is_missing_is_said(what):
    bare = people(400)
    made = {
        "protected attribute": dataclasses.replace(bare, attributes=()),
        "score and no outcome": dataclasses.replace(bare, label=None, scores={}, score=None),
        "features": dataclasses.replace(bare, features=()), "outcome": dataclasses.replace(bare, label=None),
    }[what]
    at = page(made, section="path")
    assert any(f"no {what}" in box.value for box in at.info)
    assert not any(each.label == "Train the path" for each in at.button)


def test_one_attribute_is_said_to_have_no_combinations():
    assert "no combinations to compare" in text(page(people(), attributes=(0,)))


def test_no_attribute_chosen_is_said():
    at = page(people(), attributes=())
    assert any("Choose one protected attribute" in box.value for box in at.info)


@pytest.mark.parametrize("penalty", ["cc", "marginal"])
def test_a_numeric_outcome_with_any_penalty_can_be_asked_about(penalty):
    made = people(300)
    made = dataclasses.replace(made, label=None, target=made.score_values())
    at = page(made, section="path", penalty=penalty)
    assert any(box.label == "Beside it" for box in at.multiselect) == (penalty == "cc")


def test_a_point_of_an_address_that_is_not_there_is_replaced():
    at = trained(point_3=7)
    assert clean(at).get("plotly_chart")


def test_settings_survive_a_page_change_and_stand_in_the_address():
    at = page(people(), section="path", penalty="joint", c=0.5)
    assert "joint" in str(at.query_params["intersections.penalty"])
    assert all(_OURS.fullmatch(key) for key in at.query_params)      # else it would not come back
    at.switch_page("pages/guide.py").run()
    at = settled(at.switch_page("pages/intersections.py").run())
    [box] = [box for box in at.selectbox if box.label == "Penalty"]
    assert box.value == "joint"
    assert next(number for number in at.number_input if number.label == "c").value == 0.5
    for word in ("y", "s"):
        assert f"={word}" not in str(at.query_params)


def test_a_trained_path_survives_a_page_change():
    at = trained()
    at.switch_page("pages/guide.py").run()
    at = settled(at.switch_page("pages/intersections.py").run())
    assert sum("loss" in alt for alt in alts(at)) >= 3


def test_hostile_names_are_inert_everywhere():
    made = people()
    levels = (HOSTILE, "<b>b</b>")
    made = dataclasses.replace(made, attributes=tuple(
        dataclasses.replace(each, name=f"{HOSTILE}{k}", levels=levels) for k, each in enumerate(made.attributes)))
    made = dataclasses.replace(made, roles=dataclasses.replace(
        made.roles, protected=tuple(Attribute(each.name) for each in made.attributes)))
    at = page(made)
    seen = [*read(at), *read(section(at, "path"))]
    button(at, "Train the path").click().run()
    at = settled(at)
    seen += [*read(at), *read(section(at, "densities"))]
    assert any("attacker" in word for word in seen)
    assert not [word for word in seen if IMAGE.search(word)]
    assert "attacker" not in str(at.query_params)


def test_every_term_offered_is_in_the_glossary():
    offered = (*intersections_diagnosis.TERMS, *intersections_diagnosis.PARTS, *intersections_path.CHART_TERMS,
               *intersections_path.POINT_TERMS)
    assert not set(offered) - set(GLOSSARY)


@pytest.mark.slow
def test_compas_by_race_sex_and_age(needs_data, monkeypatch):
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data("compas-scores-two-years.csv").parent))
    at = trained(load("compas"), kappas=(0, 2, 3, 4, 5, 6, 7, 8))
    path = path_of(at)
    assert len(path.points) == 8
    assert path.plan.continuous == ("age",)
    assert path.points[4].test.jsd < path.points[0].test.jsd
