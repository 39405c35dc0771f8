"""The frontier page: its numbers are those of rows by hand, the point goes to the threshold page, names are inert."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.data.catalogue import load
from engine.frontier.draw import selection_probability
from engine.frontier.split import held_out
from engine.frontier.utility import UTILITIES
from pages.parts import answers, frontier_safety, jobs
from pages.parts.frontier_around import SECTIONS
from pages.parts.frontier_controls import TRADED
from tests.conftest import ROOT
from tests.test_thresholds_page import HOSTILE, IMAGE, brought, button, clean, sample, words
from tests.visits import visit

GAP = "demographic_parity_difference"

pytestmark = pytest.mark.usefixtures("patient")


def page(data, origin="upload", separate=False, **settings):
    return waited(visit("frontier", data, origin, settings, {"around": "rates", "acknowledged": separate}))


def settled(at):
    return clean(waited(at))


def waited(at):
    for _ in range(50):
        left = dict(at.session_state["equipoise jobs"]) if "equipoise jobs" in at.session_state else {}
        if not left:
            return at
        for job in left.values():
            job.wait(60)
        at.run()
    raise AssertionError("a job never ended")


def book(at):
    [found] = at.session_state["equipoise policies"].values()
    return found


def dataset_of(at):
    return at.session_state["equipoise session"].dataset


def numbers(at):
    """The chosen point's accuracy and disparity by the rows they are from, as shown."""
    table = at.table[0].value
    return {head: [cell.split("**")[1] for cell in table[head]] for head in table.columns[1:]}


def by_hand(data, policy, rows):
    """Accuracy in per cent and the demographic parity difference of a policy, row by row."""
    chance, label = selection_probability(data, policy)[rows], data.label[rows]
    right = np.where(label == 1, chance, 1 - chance).mean()
    codes = data.attributes[0].codes[rows]
    rates = [chance[codes == g].mean() for g in np.unique(codes)]
    return [f"{100 * right:.1f}\u00a0%", f"{max(rates) - min(rates):.3f}"]


def test_without_data_the_page_offers_the_sample():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    at.run()
    at.switch_page("pages/frontier.py").run()
    clean(at)
    assert any("sample" in each.label for each in at.button)


@pytest.mark.parametrize("kind", ["common", "deterministic", "randomised"])
def test_every_number_of_the_chosen_point_is_that_of_its_rows_by_hand(kind):
    at = clean(page(sample(), separate=True, kind_first=kind, bound_first_0_0=0.03))
    shown = numbers(at)
    data = dataset_of(at)
    kept = held_out(data, ("g",), 0.5, 0)
    button(at, "Use on the threshold page").click().run()
    policy = book(clean(at)).now
    assert policy.kind == kind
    assert shown["other rows"] == by_hand(data, policy, kept)
    assert shown["found here"] == by_hand(data, policy, ~kept)
    assert shown["all rows"] == by_hand(data, policy, np.ones(data.n, dtype=bool))


def test_many_rows_are_searched_beside_the_page_and_give_the_same(monkeypatch):
    shown = numbers(clean(page(sample())))
    monkeypatch.setattr(answers, "MANY", 0)
    started = []
    monkeypatch.setattr(jobs, "launch", lambda *given, launch=jobs.launch: started.append(given[0]) or launch(*given))
    assert numbers(clean(page(sample()))) == shown
    assert started == ["Finding the best trade-offs"]


def test_the_point_goes_to_the_threshold_page_and_undo_takes_it_back():
    at = clean(page(sample(), around="affected", bound_first_0_0=0.03))
    before, (accuracy, _) = book(at).now, numbers(at)["all rows"]
    button(at, "Use on the threshold page").click().run()
    clean(at)
    assert at.title[0].value == "Thresholds"
    everybody = next(row for table in at.table for row in table.value.itertuples() if "Everybody" in str(row))
    assert f"**{accuracy}**" in " ".join(map(str, everybody))
    button(at, "Undo").click().run()
    assert book(clean(at)).now == before


def test_group_thresholds_wait_for_the_visitors_word():
    at = clean(page(sample(), kind_first="deterministic"))
    assert button(at, "Use on the threshold page").disabled
    assert any("disparate treatment" in warning.value for warning in at.warning)
    next(toggle for toggle in at.toggle if "Thresholds by group" in toggle.label).set_value(True).run()
    assert not button(clean(at), "Use on the threshold page").disabled


@pytest.mark.parametrize("disparity", TRADED)
def test_every_disparity_can_be_traded(disparity):
    at = clean(page(sample(1200), disparity=disparity, kind_first="deterministic"))
    charts = at.get("plotly_chart")
    assert charts
    assert all(chart.proto.alt for chart in charts)


@pytest.mark.parametrize("utility", UTILITIES)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_draws_under_every_utility(section, utility):
    at = clean(page(sample(1200), around=section, utility=utility, separate=True, kind_first="randomised"))
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))


def test_who_is_affected_shows_the_utility_and_explains_a_mark_only_where_it_stands():
    for kind in ("common", "randomised"):
        at = page(sample(), utility="f1", kind_first=kind)
        [table] = [each.value for each in at.table if "Selected where" in each.value.columns]
        assert list(table.columns) == ["Group", "Selected where", "Favourable rate", "Accuracy", "F1"]
        assert all(0 < float(cell.split("\u00a0")[0]) < 1 for cell in table["F1"])
        marked = any("only worse" in cell for cell in table["Group"])
        assert any("levelling down" in each.value for each in at.caption) == marked


def test_numbers_say_which_rows_they_are_from_and_prices_are_printed():
    text = " ".join(words(clean(page(sample()))))
    assert "Found here: 1,500 rows, optimistic" in text
    assert "Price of one common threshold: **" in text
    assert "Price of not drawing lots: **" in text


def test_a_bound_that_no_thresholds_reach_says_so():
    data = brought(np.repeat([0.2, 0.8, 0.5, 0.9], 100), np.tile([0, 1], 200), g=["a"] * 200 + ["b"] * 200)
    at = clean(page(data, disparity="predictive_parity_difference", bound_first_0_6=0.0, around="compare"))
    assert clean(at)


def test_two_points_stand_side_by_side():
    at = clean(page(sample(), around="compare", bound_first_0_0=0.01, bound_second_0_0=0.2, kind_second="randomised"))
    heads = [list(table.value.columns) for table in at.table]
    assert any("A: other rows" in head and "B: other rows" in head for head in heads)
    assert any("From A to B" in text for text in words(at))


def test_the_address_carries_numbers_and_keywords_only():
    at = clean(page(brought(np.linspace(0, 1, 400), np.arange(400) % 2, g=["secret one", "secret two"] * 200)))
    params = {key: str(value) for key, value in at.query_params.items() if key.startswith("frontier.")}
    assert {"frontier.disparity", "frontier.utility", "frontier.kind_first"} <= set(params)
    assert any(key.startswith("frontier.bound_first") for key in params)
    assert "secret" not in str(params)


def test_a_setting_that_does_not_suit_is_said_and_replaced():
    at = page(sample(), disparity="auc_difference", bound_first_0_0=7.0)
    assert not at.exception
    assert any("does not suit" in warning.value for warning in at.warning)


def test_names_of_a_hostile_table_are_shown_and_do_nothing():
    for section in SECTIONS:
        at = page(sample(1200, (HOSTILE, "<b>b</b>", "$c$")), around=section, kind_first="randomised")
        assert not at.exception
        assert not [text for text in words(at) if IMAGE.search(text)]
        for chart in at.get("plotly_chart"):
            assert "<img" not in chart.proto.spec


def test_small_groups_are_named_and_take_the_common_threshold():
    rng = np.random.default_rng(0)
    group = ["a"] * 600 + ["b"] * 600 + ["tiny"] * 20
    score = rng.random(1220)
    at = clean(page(brought(score, (rng.random(1220) < score).astype(np.int8), g=group)))
    assert any("tiny" in caption.value and "best common threshold" in caption.value for caption in at.caption)


def test_data_of_one_group_are_drawn_without_an_error():
    clean(page(sample(600, ("a",))))


def test_data_with_small_groups_alone_are_refused_in_a_sentence():
    at = page(sample(40))
    assert not at.exception
    assert any("large enough" in error.value and "minimum group size" in error.value for error in at.error)


def test_without_an_outcome_the_page_says_what_is_missing():
    at = page(dataclasses.replace(sample(200), label=None))
    assert not at.exception
    assert any("outcome" in info.value for info in at.info)


def test_refits_say_how_much_a_point_flatters(monkeypatch):
    monkeypatch.setattr(frontier_safety, "REPLICATES", 20)
    at = clean(page(sample(1200), around="flatters", kind_first="randomised", bound_first_0_0=0.02, separate=True))
    button(at, "Work it out").click().run()
    settled(at)
    assert any("To expect on other rows" in text for text in words(at))
    assert any("20 refits" in text for text in words(at))


def test_models_are_compared_in_a_job_that_survives_a_page_change_and_one_goes_to_the_threshold_page():
    data = load("simulated-lending")
    at = clean(page(data, "catalogue:simulated-lending", around="models", models=(0,), separate=True))
    button(at, "Compare").click().run()
    at.switch_page("pages/guide.py").run()
    at.switch_page("pages/frontier.py").run()
    settled(at)
    assert any("Hypervolume of all points" in text for text in words(at))
    box = next(each for each in at.selectbox if each.label == "A point to use")
    trained = next(place for place, option in enumerate(box.options) if option.startswith("logistic"))
    box.set_value(trained).run()
    said = next(text for text in words(at) if "that the threshold page will show" in text)
    button(at, "Use this model and point on the threshold page").click().run()
    clean(at)
    assert at.title[0].value == "Thresholds"
    used = dataset_of(at)
    assert used.score.startswith("logistic, trained here")
    unscored = np.isnan(used.score_values()).sum()
    assert abs(unscored - data.n / 2) <= 0.01 * data.n
    everybody = next(row for table in at.table for row in table.value.itertuples() if "Everybody" in str(row))
    assert said.split("**")[1] in " ".join(map(str, everybody))


LIMITED = {"capacity": "share", "capacity_share": 20.0}


@pytest.mark.parametrize("kind", ["common", "randomised"])
def test_a_capacity_holds_where_the_point_was_found_and_is_counted_on_all_rows(kind):
    at = clean(page(sample(), separate=True, kind_first=kind, bound_first_0_0=0.5, **LIMITED))
    data, kept = dataset_of(at), held_out(dataset_of(at), ("g",), 0.5, 0)
    assert "selection rate of everybody at most 20 %" in " ".join(words(at))
    button(at, "Use on the threshold page").click().run()
    chance = selection_probability(data, book(clean(at)).now)
    assert chance[~kept].mean() <= 0.2 + 1e-9
    assert chance[~kept].mean() > 0.15                       # it binds: more would be selected without it
    at = clean(at.switch_page("pages/frontier.py").run())
    assert f"All rows: selection rate {100 * chance.mean():.1f} %" in " ".join(words(at))


def test_a_number_of_rows_is_a_share_of_those_with_a_score():
    at = clean(page(sample(), capacity="number", capacity_rows=300, bound_first_0_0=0.5))
    rows = np.isfinite(dataset_of(at).score_values()).sum()
    assert f"at most {100 * 300 / rows:.4g} %" in " ".join(words(at))


def test_a_floor_holds_in_every_group_that_is_compared():
    at = clean(page(sample(), kind_first="randomised", separate=True, bound_first_0_0=0.5,
                    floor_rate="true_positive_rate", floor_true_positive_rate=70.0))
    assert "true positive rate of every compared group at least 70 %" in " ".join(words(at))
    data, kept = dataset_of(at), held_out(dataset_of(at), ("g",), 0.5, 0)
    button(at, "Use on the threshold page").click().run()
    chance, codes = selection_probability(data, book(clean(at)).now), data.attributes[0].codes
    rates = [chance[~kept & (codes == g) & (data.label == 1)].mean() for g in np.unique(codes)]
    assert min(rates) >= 0.7 - 1e-9


def test_limits_that_nothing_keeps_are_said_and_one_threshold_per_group_says_why_not():
    at = clean(page(sample(), capacity="share", capacity_share=0.0, floor_rate="true_positive_rate"))
    assert any("loosen one of them" in info.value for info in at.info)
    at = clean(page(sample(), kind_first="deterministic", **LIMITED))
    assert any("further limits are solved for one common threshold" in info.value for info in at.info)


def test_limits_are_in_the_address():
    at = clean(page(sample(), **LIMITED))
    assert [at.query_params[f"frontier.{name}"] for name in LIMITED] == ["share", "20"]
