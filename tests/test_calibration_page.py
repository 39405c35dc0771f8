"""The calibration page: its numbers are those of rows by hand, scores go to the other pages, names are inert."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.data.catalogue import load
from engine.glossary import GLOSSARY
from engine.text import markdown
from pages.parts import calibration_arbitrary, calibration_base_rate, calibration_recalibration
from pages.parts import calibration_sections as sections
from tests.conftest import ROOT
from tests.test_frontier_page import dataset_of, settled
from tests.test_thresholds_page import HOSTILE, IMAGE, brought, button, clean, words
from tests.visits import visit

SECTIONS = ("groups", "curve", "reliability", "ranges", "recalibration", "base", "arbitrary", "small")

pytestmark = pytest.mark.usefixtures("patient")


def page(data, origin="upload", **settings):
    return visit("calibration", data, origin, settings)


def people(n=1500, names=("a", "b"), seed=0, shift=1.0):
    rng = np.random.default_rng(seed)
    place = rng.integers(0, len(names), n)
    truth = rng.beta(2, 2, n)
    odds = np.log(truth / (1 - truth)) + shift * (place % 2)
    return brought(np.round(1 / (1 + np.exp(-odds)), 3), (rng.random(n) < truth).astype(int),
                   g=[names[k] for k in place])


def text(at):
    return " ".join(words(at))


def test_without_data_the_page_offers_the_sample():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    at.run()
    at.switch_page("pages/calibration.py").run()
    assert any("sample" in each.label for each in clean(at).button)


def test_bar_passage_shows_the_miscalibration_of_black_examinees(needs_data, monkeypatch):
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data("bar_pass_prediction.csv").parent))
    data = load("bar-passage")
    at = clean(page(data))
    race = data.attribute("race1")
    rows = race.codes == race.levels.index("black")
    mean, rate = 100 * data.score_values()[rows].mean(), 100 * data.label[rows].mean()
    assert (round(mean, 1), round(rate, 1)) == (96.5, 77.8)
    said = text(at).replace("\u00a0", " ")
    assert f"black**, {rows.sum():,} persons: scores are too high by **{mean - rate:.1f} points**" in said
    assert f"mean score {mean:.1f} %, base rate {rate:.1f} %" in said


def test_the_table_shows_the_rows_numbers_and_both_cuts():
    at = clean(page(people()))
    data = dataset_of(at)
    rows = data.attributes[0].codes == 0
    p, y = data.score_values()[rows], data.label[rows]
    for cut, setting in ((0.5, "half"), (0.5, "policy")):
        [each] = [group for group in at.button_group if group.label == "Balance is cut at"]
        each.set_value(setting).run()
        balance = np.where(p >= cut, y - p, p - y).mean()
        shown = at.table[0].value
        assert f"**{balance:+.3f}**".replace("-", "−") in shown["Balance"].iloc[0]
        assert f"**{(y - p).mean():+.3f}**".replace("-", "−") in shown["In the large"].iloc[0]
        assert shown["Rows"].iloc[0] == f"{rows.sum():,}"


def test_balance_at_the_threshold_in_force_follows_the_policy():
    data = people()
    at = page(data, cut="policy")
    policies = at.session_state["equipoise policies"]
    [book] = policies.values()
    book.put(dataclasses.replace(book.now, otherwise=0.3))
    at.run()
    rows = data.attributes[0].codes == 0
    p, y = data.score_values()[rows], data.label[rows]
    balance = np.where(p >= 0.3, y - p, p - y).mean()
    assert f"**{balance:+.3f}**".replace("-", "−") in clean(at).table[0].value["Balance"].iloc[0]


def every_section(at):
    """The page with one section after the other."""
    for section in SECTIONS:
        [look] = [group for group in clean(at).button_group if group.label == "Look at"]
        at = look.set_value(section).run()
        yield clean(at)


def test_every_section_draws_with_alt_text():
    for at in every_section(page(people(600, names=tuple("abcdef")))):
        charts = at.get("plotly_chart")
        assert charts
        assert all(chart.proto.alt for chart in charts)


def test_every_term_offered_is_in_the_glossary():
    offered = (*sections.WHOLE, *sections.FURTHER, *calibration_recalibration.TERMS, *calibration_arbitrary.TERMS,
               *calibration_recalibration.MAPS.values())
    assert not set(offered) - set(GLOSSARY)
    assert not set(calibration_base_rate.TERMS) - set(GLOSSARY)


def test_settings_survive_a_page_change_and_stand_in_the_address():
    at = clean(page(people(), section="curve", bins=9))
    assert str(at.query_params["calibration.section"]) in ("curve", "['curve']")
    at.switch_page("pages/guide.py").run()
    at.switch_page("pages/calibration.py").run()
    [each] = [group for group in clean(at).button_group if group.label == "Look at"]
    assert each.value == "curve"
    assert next(slider for slider in at.slider if slider.label == "Ranges of the score").value == 9


def test_the_address_carries_numbers_and_keywords_only():
    at = clean(page(people(names=("secret one", "secret two"))))
    assert "secret" not in str(at.query_params)


def test_recalibrated_scores_go_to_every_page_and_back():
    at = clean(page(people(), section="recalibration", whose="group"))
    button(at, "Recalibrate").click().run()
    settled(at)
    assert "Two-bin error of the worst group" in text(at)
    assert "needs each person's group" in " ".join(box.value for box in at.warning)
    first = dataset_of(at).score
    raw = dataset_of(at).score_values()
    button(at, "Use these scores").click().run()
    data = dataset_of(clean(at))
    assert data.score != first
    [toast] = at.toast
    assert toast.value == f"Now in use on every page: {markdown(data.score)}. The sidebar leads back."
    assert "it was chosen from" in text(at)
    assert button(at, "Use these scores").disabled
    assert "Platt per g" in data.score
    assert not np.array_equal(data.score_values(), raw)
    for g in (0, 1):
        rows = data.attributes[0].codes == g
        gap = 100 * (data.label[rows] - data.score_values()[rows]).mean()
        assert abs(gap) < 1.5
    assert "neither clearly too high nor too low" in text(at)
    at.switch_page("pages/thresholds.py").run()
    assert dataset_of(clean(at)).score == data.score
    button(at, "Back to the original score").click().run()
    assert dataset_of(clean(at)).score == first


@pytest.mark.slow
def test_comparing_all_maps_draws_an_arrow_for_each():
    at = clean(page(people(400), section="recalibration"))
    button(at, "Compare all maps").click().run()
    settled(at)
    [box] = [box for box in at.selectbox if box.label == "Shown in full"]
    assert len(box.options) == 12


def test_another_base_rate_moves_the_threshold_as_arithmetic_says():
    data = people()
    at = clean(page(data, section="base", base_rate=20.0))
    here = data.label.mean()
    odds = (0.2 / 0.8) / (here / (1 - here))
    assert f"**{1 / (1 + odds):.3f}** on the score as it is" in text(at)
    button(at, "Use these scores").click().run()
    moved = dataset_of(clean(at)).score_values()
    p = data.score_values()
    assert moved == pytest.approx(p * odds / (p * odds + 1 - p))


def test_the_base_rate_starts_where_nothing_moves_and_no_scores_are_offered():
    at = clean(page(people(), section="base"))
    assert "on the score as it is" in text(at)
    assert "nothing moves" in text(at)
    assert "is **0.500** on the score as it is" in text(at)
    assert not any(each.label == "Use these scores" for each in at.button)


def test_a_base_rate_per_group_moves_that_group_alone():
    data = people()
    at = clean(page(data, section="base", base_rates="group", rate_0_1=20.0))
    assert [each.label for each in at.slider if "Ranges" not in each.label] == ["1 a", "2 b"]
    rows = data.attributes[0].codes == 1
    here = data.label[rows].mean()
    odds = (0.2 / 0.8) / (here / (1 - here))
    assert [f"{cut:.3f}" for cut in (0.5, 1 / (1 + odds))] == [
        cell.strip("*") for cell in at.table[0].value.iloc[:, -1]]
    assert "needs each person's group" in " ".join(box.value for box in at.warning)
    assert any("b from" in chart.proto.alt and "to 20.0 %" in chart.proto.alt for chart in at.get("plotly_chart"))
    button(at, "Use these scores").click().run()
    moved, p = dataset_of(clean(at)).score_values(), data.score_values()
    assert moved[~rows] == pytest.approx(p[~rows])
    assert moved[rows] == pytest.approx((p * odds / (p * odds + 1 - p))[rows])


def test_base_rates_per_group_start_where_nothing_moves():
    at = clean(page(people(), section="base", base_rates="group"))
    assert "nothing moves" in text(at)
    assert not any(each.label == "Use these scores" for each in at.button)


def test_two_scores_are_compared_and_the_margin_decides_who_counts():
    data = people()
    worse = np.random.default_rng(1).random(data.n)
    data = data.with_scores("noise", worse, "column").with_scores("near", np.clip(data.score_values() + 0.02, 0, 1),
                                                                  "column").using("s")
    at = clean(page(data, section="arbitrary", epsilon=20.0))
    assert "Left out: noise" in text(at)
    flips = ((data.scores["s"] >= 0.5) != (data.scores["near"] >= 0.5)).mean()
    assert f"**{100 * flips:.1f}" in at.table[0].value["Decision can flip"].iloc[0]


def test_one_score_alone_gets_no_number_and_few_persons_get_none_either():
    data = people(names=("a", "b"))
    data = data.with_scores("deciles", np.ceil(10 * data.score_values()), "column").using("s")
    at = clean(page(data, section="arbitrary"))
    assert any("Nothing to compare with: one score" in box.value for box in at.info)
    assert "Left out: deciles" in text(at)
    assert "decided otherwise" not in text(at)
    assert not any("Decision can flip" in table.value for table in at.table)
    few = brought(np.linspace(0.1, 0.9, 64), np.arange(64) % 2, g=["a"] * 60 + ["b"] * 4)
    few = few.with_scores("near", few.score_values() + 0.01, "column").using("s")
    at = clean(page(few, section="arbitrary", epsilon=20.0))
    assert set(at.table[0].value.iloc[2, 2:]) == {":small[fewer than 10 rows]"}


def test_the_ribbon_shows_the_range_of_each_slice_and_the_table_has_its_mean():
    data = people()
    data = data.with_scores("near", np.clip(data.score_values() + 0.02, 0, 0.999), "column").using("s")
    at = clean(page(data, section="arbitrary", epsilon=20.0))
    assert any("viable range" in alt for alt in (chart.proto.alt for chart in at.get("plotly_chart")))
    [box] = [box for box in at.selectbox if box.label == "Ribbon of"]
    assert [option.replace("\u00a0", " ") for option in box.options] == ["everybody", "1 a", "2 b"]
    at = clean(box.set_value(2).run())
    assert any("viable range" in chart.proto.alt and ", b: " in chart.proto.alt for chart in at.get("plotly_chart"))


def test_few_groups_are_not_shrunk_and_it_is_said_why():
    at = clean(page(people(), section="small"))
    assert any("Nothing is shrunk" in box.value for box in at.info)


def test_many_groups_are_shrunk_for_display_only():
    at = clean(page(people(names=tuple("abcdefgh")), section="small"))
    assert "For display only" in text(at)
    assert "is moved furthest from its own data" in text(at)


@pytest.mark.parametrize("what", ["no score", "no outcome", "no attribute"])
def test_what_is_missing_is_said(what):
    data = people()
    data = dataclasses.replace(data, **{"no score": {"score": None, "scores": {}}, "no outcome": {"label": None},
                                        "no attribute": {"attributes": ()}}[what])
    at = clean(page(data))
    assert any("name one on the data page" in box.value for box in at.info)


def test_deciles_can_be_read_as_tenths():
    data = people()
    deciles = np.ceil(10 * data.score_values()).clip(1, 10)
    data = dataclasses.replace(data, scores={"s": deciles})
    at = clean(page(data))
    assert any("it is no probability" in box.value for box in at.info)
    button(at, "Read deciles as tenths").click().run()
    assert dataset_of(clean(at)).score_values() == pytest.approx(deciles / 10 - 0.05)
    assert "persons: scores" in text(at)


def test_scores_on_another_scale_can_be_mapped():
    data = people()
    data = dataclasses.replace(data, scores={"s": 300 + 500 * data.score_values()})
    at = clean(page(data, section="groups"))
    assert not any(each.label == "Read deciles as tenths" for each in at.button)
    button(at, "Recalibrate").click().run()
    settled(at)
    button(at, "Use these scores").click().run()
    assert "persons: scores" in text(clean(at))


@pytest.mark.parametrize("kind", ["one group", "one outcome", "tiny"])
def test_thin_data_are_said_and_never_break_the_page(kind):
    data = {
        "one group": lambda: people(names=("a",)),
        "one outcome": lambda: dataclasses.replace(people(), label=np.ones(1500, dtype=np.int8)),
        "tiny": lambda: people(12),
    }[kind]()
    for _ in every_section(page(data)):
        pass


def test_names_from_a_file_are_inert():
    for at in every_section(page(people(300, names=(HOSTILE, f"{HOSTILE}2")))):
        assert not [part for part in words(at) if IMAGE.search(part)]
