"""The drivers page: its numbers are the engine's, what cannot be said is said why, names of a file are inert."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.charts.drivers_rows import per_lane
from engine.charts.drivers_second import gap_table, paired_gaps
from engine.charts.drivers_words import interval, share
from engine.drivers import CAVEAT, DriversRequest, FlipRequest, SecondRequest, explain, flip_test, second_decision
from engine.errors import invalid
from engine.glossary import GLOSSARY
from engine.policy import Policy
from engine.types import Attribute
from pages.parts import drivers_flip, drivers_gap, drivers_second, jobs
from tests.build import attribute
from tests.drivers_made import lending
from tests.test_drivers_paired import decided
from tests.test_frontier_page import settled
from tests.test_thresholds_page import HOSTILE, IMAGE, button, clean, words
from tests.visits import visit

pytestmark = pytest.mark.usefixtures("patient")


def page(data, origin="upload", **settings):
    return visit("drivers", data, origin, settings)


def worked_out(at):
    button(clean(at), "Work it out").click().run()
    return settled(at)


def text(at):
    return " ".join(words(at)).replace("\u00a0", " ")


def infos(at):
    return " ".join(box.value for box in at.info)


def scored(data, strength=0.0, seed=0):
    """Return the data with a score that its features make, plus noise."""
    rng = np.random.default_rng(seed)
    income = data.features[1].values
    values = 1 / (1 + np.exp(-income)) + strength * rng.normal(size=data.n)
    return dataclasses.replace(data, scores={"s": values}, score="s")


def table_with(at, column):
    return next(each.value for each in at.table if column in each.value)


def box(at, label):
    return next(each for each in at.selectbox if each.label == label)


def test_the_gap_and_its_parts_are_the_engines():
    at = worked_out(page(lending()))
    result = explain(lending(), DriversRequest(("F", "M")))
    sign = np.sign(result.found.gap.value)
    said = text(at)
    assert f"**{interval(result.found.gap, 3, sign)}**" in said
    for k in result.found.order[:2]:
        part = result.found.contributions[int(k)]
        turned = sign if part.value * sign >= 0 else -sign
        assert f"it by {interval(part, 3, turned)}" in said
    assert f"{result.rows:,} rows of both" in said
    bars, _, swarm = (chart.proto.alt for chart in at.get("plotly_chart"))
    assert "F minus M" in bars
    assert "Contributions of a sample" in swarm
    assert f"{per_lane(result)[0]:,} and {per_lane(result)[1]:,} dots" in said
    assert max(per_lane(result)) <= 500


def test_the_reference_group_is_the_one_that_is_subtracted():
    data = lending()
    sex = dataclasses.replace(data.attribute("sex"), reference="F")
    at = clean(page(dataclasses.replace(data, attributes=(sex,))))
    assert box(at, "Gap: first group").options[0].startswith("F")
    assert (box(at, "Gap: first group").value, box(at, "minus second group").value) == (1, 0)


def test_settings_of_the_address_are_the_settings_of_the_page():
    at = clean(page(lending(), model="decision_tree", protected=True, section="gap", a_0=1, b_0=0))
    assert box(at, "Model").value == "decision_tree"
    assert next(each for each in at.toggle if "protected" in each.label).value is True
    assert box(at, "Gap: first group").value == 1
    at.switch_page("pages/guide.py").run()
    at.switch_page("pages/drivers.py").run()
    assert box(clean(at), "Model").value == "decision_tree"
    assert "lending" not in str({key: at.query_params[key] for key in at.query_params if key != "data"})


def test_a_result_of_other_settings_is_said_to_be_one_and_another_groups_pair_too():
    at = worked_out(page(lending()))
    assert "other settings" not in text(at)
    box(at, "Model").set_value("decision_tree").run()
    assert "other settings" in text(clean(at))
    box(at, "Model").set_value("logistic").run()
    assert "other settings" not in text(clean(at))


def test_a_surrogate_says_how_much_it_imitates():
    data = scored(lending())
    at = worked_out(page(data, model="given"))
    r2 = explain(data, DriversRequest(("F", "M"), None)).surrogate_r2
    assert f"**R² {interval(r2)}**" in text(at)


def test_a_surrogate_that_imitates_too_little_is_refused_calmly():
    at = worked_out(page(scored(lending(), 1.0), model="given"))
    assert "A surrogate must explain 0\\.8" in infos(at)
    assert not at.error
    assert not at.get("plotly_chart")
    at.run()
    assert "A surrogate must explain 0\\.8" in infos(at)
    box(at, "Model").set_value("logistic").run()
    assert "surrogate must" not in infos(at)


def test_names_that_two_attributes_share_are_of_the_attribute_chosen():
    data = lending()
    other = attribute("other", np.where(np.arange(data.n) % 3 == 0, "F", "M").tolist())
    data = dataclasses.replace(data, attributes=(*data.attributes, other))
    at = worked_out(page(data, grouping=1))
    mine = explain(data, DriversRequest(("F", "M"), attributes=("other",)))
    first = explain(data, DriversRequest(("F", "M")))
    assert mine.found.gap.value != pytest.approx(first.found.gap.value)
    assert interval(mine.found.gap, 3, np.sign(mine.found.gap.value)) in text(at)
    two = dataclasses.replace(decided(), attributes=(*decided().attributes, attribute("o", ["a", "b"] * 1000)))
    gaps = [second_decision(two, SecondRequest("human", ("a", "b"), attributes=names)).gaps["selection_rate"]
            for names in (("g",), ("o",), None)]
    assert gaps[0] == gaps[2]
    assert gaps[1] != gaps[2]


def test_groups_of_an_intersection_can_be_compared():
    data = lending()
    other = attribute("other", np.where(np.arange(data.n) % 3 == 0, "x", "y").tolist())
    data = dataclasses.replace(data, attributes=(*data.attributes, other))
    at = worked_out(page(data, grouping=2, a_2=0, b_2=3))
    found = explain(data, DriversRequest(("F x x", "M x y")))
    assert "Among **F x x**" in text(at)
    assert interval(found.found.gap, 3, np.sign(found.found.gap.value)) in text(at)


def test_work_can_be_stopped(monkeypatch):
    monkeypatch.setattr(jobs, "SLOT", jobs.SLOT)
    at = clean(page(lending()))
    jobs.SLOT.acquire()
    try:
        button(at, "Work it out").click().run()
        at.button(key=f"cancel {drivers_gap.JOB}").click().run()
        at.run()
    finally:
        jobs.SLOT.release()
    assert not at.get("plotly_chart")
    assert not at.error
    assert worked_out(at).get("plotly_chart")


@pytest.mark.parametrize(("protected", "said"), [(True, "would be decided otherwise"), (False, "says nothing here")])
def test_the_flip_test_is_the_engines_and_grey_without_the_column(protected, said):
    at = worked_out(page(lending(), section="flip", flip_protected=protected, cut=0.6))
    found = flip_test(lending(), FlipRequest("sex", protected_in=protected, policy=Policy.common(0.6)))
    shown = share(found.flipped).replace("\u00a0", " ")
    assert CAVEAT in infos(at)
    assert said in text(at) + infos(at)
    assert shown in text(at)
    assert (":gray[" in text(at)) is not protected
    assert bool(at.get("plotly_chart")) is protected
    if protected:
        assert found.flipped.value > 0
        table = next(frame.value for frame in at.dataframe if "largest change" in frame.value)
        assert list(table["largest change"]) == pytest.approx(np.sort(found.gaps)[::-1][:50])


def test_paired_columns_are_found_and_decided_at_their_threshold():
    data = lending(300)
    rng = np.random.default_rng(1)
    scores = {"s__sex=F": rng.random(300), "s__sex=M": rng.random(300)}
    data = dataclasses.replace(data, scores=scores, score="s__sex=F", label=None)
    at = worked_out(page(data, section="flip", flip_model_0="given", cut_columns=0.3))
    flips = ((scores["s__sex=F"] >= 0.3) != (scores["s__sex=M"] >= 0.3)).mean()
    assert f"**{100 * flips:.2f} %" in text(at)
    assert "Decided by columns" in text(at)


def test_thresholds_in_force_by_group_make_decisions_flip_without_the_column():
    data = scored(lending(), 0.0)
    at = clean(page(data, section="flip", flip_protected=False, decided="force"))
    [book] = at.session_state["equipoise policies"].values()
    book.put(Policy.per_group(("sex",), {"F": 0.4, "M": 0.6}, 0.5))
    at = worked_out(at.run())
    assert "Selected at 0.4, 0.6 or more" in text(at)
    assert "says nothing here" not in infos(at)


def test_a_score_that_cannot_be_asked_again_is_said():
    data = dataclasses.replace(scored(lending()), label=None)
    at = clean(page(data, section="flip"))
    assert "A score column cannot be asked again" in infos(at)
    assert "no outcome" in infos(at)
    data = dataclasses.replace(scored(lending()), features=())
    assert "no column is left as a feature" in infos(clean(page(data, section="flip")))


def test_two_decisions_side_by_side_are_the_engines():
    data = dataclasses.replace(decided(), roles=dataclasses.replace(
        decided().roles, scores=("model", "human"), protected=(Attribute("g"), Attribute("h"))))
    at = clean(page(data, section="second"))
    found = second_decision(data, SecondRequest("human", ("b", "a"), Policy.common(1.0), Policy.common(1.0)))
    said = text(at)
    for key in ("selection_rate", "true_positive_rate"):
        assert f"differ by **{interval(found.gaps[key].difference)}**" in said
    differing = found.overturns.differing[1]
    assert f"{share(differing, 1)} of {differing.n:,.0f} b rows".replace("\u00a0", " ") in said
    rates, disparities = (table_with(at, column) for column in ("Rate", "Disparity"))
    assert rates["Second"].iloc[0].startswith(interval(found.second.overall.rates["selection_rate"][0]))
    next(each for each in at.button_group if each.label == "Rates of").set_value("a").run()
    of_b = found.first.groupings["g"].rates["true_positive_rate"][1]
    assert table_with(clean(at), "Rate")["First"].iloc[1] == f"{interval(of_b)} :small[of {of_b.n:,.0f}]"
    gap = found.second.groupings["g"].disparities["demographic_parity_difference"]
    assert disparities["Second"].iloc[0].startswith(f"{gap.value:.3f} (")
    overturned = next(frame.value for frame in at.dataframe if "decided differently" in frame.value)
    assert list(overturned["decided differently"]) == pytest.approx(list(100 * found.overturns.differing.value))
    assert list(overturned["rows"]) == list(found.overturns.differing.n)
    box(at, "Gap: first group").set_value(0).run()
    assert "choose another first or second" in infos(clean(at))


def test_each_decision_can_have_one_threshold_of_its_own():
    rng = np.random.default_rng(3)
    data = lending(600)
    data = dataclasses.replace(data, scores={"s": rng.random(600), "old": 100 * rng.random(600)}, score="s")
    at = clean(page(data, section="second", decided_second="one", cut_second_1=80.0))
    assert "selected at 80 or more" in text(at)
    share_of = (data.scores["old"] >= 80).mean()
    assert table_with(at, "Rate")["Second"].iloc[0].startswith(f"{share_of:.3f} (")


def test_without_an_outcome_two_decisions_are_compared_by_whom_they_select():
    at = clean(page(dataclasses.replace(decided(), label=None), section="second"))
    assert "**Selection rate**" in text(at)
    assert "True positive rate" not in text(at)
    assert "not estimable" in table_with(at, "Rate")["First"].iloc[1]


def test_two_names_that_begin_alike_are_told_apart():
    data = decided()
    names = [f"a vendor's score of which the name is long and {end}" for end in ("old", "new")]
    data = dataclasses.replace(data, scores=dict(zip(names, data.scores.values(), strict=True)), score=names[0])
    at = clean(page(data, section="second"))
    assert "by 1: a vendor" in text(at).replace("\\", "")
    assert "by 2: a vendor" in text(at).replace("\\", "")
    found = second_decision(data, SecondRequest(names[1], ("a", "b")))
    assert paired_gaps(found).figure.data[0].name != paired_gaps(found).figure.data[1].name
    columns = len(gap_table(found))
    assert columns == 12
    short = dataclasses.replace(found, names=("difference", "rate"))
    assert len(gap_table(short)) == columns


def test_one_score_alone_is_said():
    assert "one score or decision only" in infos(clean(page(scored(lending()), section="second")))


@pytest.mark.parametrize("section", ["gap", "second"])
def test_one_group_alone_is_said(section):
    data = lending()
    data = dataclasses.replace(data, attributes=(attribute("sex", ["F"] * data.n),),
                               scores={"a": np.linspace(0, 1, data.n), "b": np.linspace(0, 1, data.n)}, score="a")
    assert "one group only" in infos(clean(page(data, section=section)))
    assert "has one value only" in infos(clean(page(data, section="flip")))


@pytest.mark.parametrize(("change", "said"), [
    ({"features": ()}, "no features"), ({"label": None}, "neither an outcome"), ({"attributes": ()}, "no protected")])
def test_what_is_missing_is_said(change, said):
    assert said in infos(clean(page(dataclasses.replace(lending(), **change))))


def test_a_numeric_outcome_is_cut_first():
    data = lending()
    data = dataclasses.replace(data, label=None, target=np.random.default_rng(0).normal(size=data.n),
                               roles=dataclasses.replace(data.roles, label=None, target="paid",
                                                         target_kind="regression"))
    at = clean(page(data))
    assert any(each.label == "Use this cut" for each in at.button)
    assert not any(each.label == "Work it out" for each in at.button)


def test_names_from_a_file_are_inert():
    data = lending(400)
    sex = dataclasses.replace(data.attribute("sex"), name=HOSTILE, levels=(f"{HOSTILE}F", f"{HOSTILE}M"))
    features = tuple(dataclasses.replace(each, name=f"{HOSTILE}{k}") for k, each in enumerate(data.features))
    scores = {f"{HOSTILE}1": np.linspace(0, 1, 400), f"{HOSTILE}__{HOSTILE}={HOSTILE}F": np.linspace(0, 1, 400),
              f"{HOSTILE}__{HOSTILE}={HOSTILE}M": np.linspace(1, 0, 400)}
    data = dataclasses.replace(data, attributes=(sex,), features=features, scores=scores, score=f"{HOSTILE}1")
    for settings in ({}, {"model": "given"}, {"section": "flip"}, {"section": "flip", "flip_protected": False},
                     {"section": "flip", "flip_model_0": "given"}, {"section": "second"}):
        at = page(data, **settings)
        at = at if settings.get("section") == "second" else worked_out(at)
        assert not [part for part in words(at) if IMAGE.search(part)], settings


def test_a_job_that_broke_is_said(monkeypatch):
    def breaking(*given):
        return {}["a secret value"]

    monkeypatch.setattr(drivers_gap, "explain", breaking)
    at = page(lending())
    button(at, "Work it out").click().run()
    while at.session_state["equipoise jobs"]:
        next(iter(at.session_state["equipoise jobs"].values())).wait(60)
        at.run()
    assert ["stopped on an error of ours" in box.value for box in at.error] == [True]
    assert "secret" not in at.error[0].value


def test_a_result_of_other_data_is_not_shown():
    at = worked_out(page(lending()))
    assert at.get("plotly_chart")
    session = at.session_state["equipoise session"]
    session.dataset = dataclasses.replace(session.dataset, fingerprint=f"{99:064x}")
    assert not clean(at.run()).get("plotly_chart")


def test_every_term_offered_is_in_the_glossary():
    for part in (drivers_gap, drivers_flip, drivers_second):
        assert set(part.TERMS) <= set(GLOSSARY)


def test_what_the_engine_refuses_is_said_and_nothing_drawn(monkeypatch):
    def refusing(*given):
        raise invalid("the moon must be full", "sky", "a crescent", "wait")

    monkeypatch.setattr(drivers_flip, "flip_test", refusing)
    at = worked_out(page(lending(), section="flip"))
    assert "The moon must be full" in infos(at)
    assert not at.get("plotly_chart")
