"""The threshold page: its numbers are the engine's, whatever the table, and nothing from a file gets into Markdown."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.assessment import assess
from engine.data.catalogue import load
from engine.types import MISSING, Attribute, Roles
from pages.parts import threshold_native
from pages.parts.around import SECTIONS
from pages.parts.state import decode
from tests.build import dataset
from tests.conftest import ROOT
from tests.visits import visit

HOSTILE = "![t](http://attacker/leak.png) <img src=x> $x$ :smile: =1+1"
IMAGE = re.compile(r"(?<!\\)!\[|(?<!\\)\]\(http")

pytestmark = pytest.mark.usefixtures("patient")


def page(data, origin="upload", **settings):
    """Open the page with the table of rates, unless the settings say otherwise."""
    return visit("thresholds", data, origin, {"around": "rates", **settings})


def brought(scores, label, **attributes):
    data = dataset(scores, label, **attributes)
    roles = Roles(tuple(Attribute(name) for name in attributes), label="y", positive="1", scores=("s",))
    return dataclasses.replace(data, roles=roles)


def sample(n=3000, groups=("a", "b", "c"), seed=0):
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    group = [groups[k] for k in rng.integers(0, len(groups), n)]
    return brought(score, (rng.random(n) < score).astype(np.int8), g=group)


def clean(at):
    assert not at.exception
    assert not at.error
    return at


def switch(at):
    return next(toggle for toggle in at.toggle if "Thresholds by group" in toggle.label)


def button(at, label):
    return next(button for button in at.button if button.label == label)


def released(at, cells, linked=False):
    """Play what the component says when thresholds are let go."""
    memory = at.session_state["live memory"]
    memory.released = {"digest": memory.digest, "serial": memory.serial, "cells": cells, "linked": linked}
    return clean(at.run())


def explorers(at):
    return [each for each in at.get("bidi_component") if each.proto.component_name == "threshold_explorer"]


def shown(at):
    """What the live explorer is told: where its lines start."""
    return json.loads(explorers(at)[0].proto.json)["start"]["cells"]


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


def words(at):
    kinds = ("markdown", "caption", "title", "subheader", "info", "warning", "error")
    texts = [element.value for kind in kinds for element in getattr(at, kind)]
    texts += [element.label for kind in ("select_slider", "selectbox", "multiselect", "metric", "toggle", "button")
              for element in getattr(at, kind)]
    texts += [option for element in at.multiselect for option in element.options]   # those of a selectbox are plain
    for table in at.table:
        texts += [str(cell) for cell in table.value.to_numpy().ravel()]
    return texts


@pytest.fixture(scope="module")
def lending():
    return load("simulated-lending")


def test_without_data_the_page_offers_the_sample():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    at.run()
    at.switch_page("pages/thresholds.py").run()
    clean(at)
    assert any("sample" in button.label for button in at.button)


def test_the_sample_shows_numbers_charts_and_says_that_it_is_simulated(lending):
    at = clean(page(lending, "catalogue:simulated-lending", around="gaps"))
    assert len(metrics(at)) == 5
    assert len(at.get("plotly_chart")) == 4
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))
    assert any("imulated" in caption.value for caption in at.caption)


def test_compas_has_the_published_numbers(needs_data):
    needs_data("compas-scores-two-years.csv")
    data = load("compas")
    at = clean(page(data, "catalogue:compas"))
    assert metrics(at)["Disparate impact ratio"] == "0.521"
    table = at.table[0].value
    first = next(row for row in table.itertuples() if "African" in row.Group)
    cells = " ".join(map(str, first))
    assert "44.8" in cells        # false positive rate, 44.85
    assert "of\u00a01,795" in cells
    at.segmented_control(key=next(c.key for c in at.segmented_control if "view" in c.key)).set_value("ratio").run()
    clean(at)
    assert any("Caucasian" in caption.value for caption in at.caption)


def test_moving_the_slider_changes_the_numbers_and_the_setting_survives_a_page_change():
    at = clean(page(sample()))
    before = metrics(at)
    at.select_slider[0].set_value(900).run()
    after = metrics(clean(at))
    assert after != before
    at.switch_page("pages/guide.py").run()
    at.switch_page("pages/thresholds.py").run()
    assert metrics(clean(at)) == after
    assert at.select_slider[0].value == 900


def test_the_address_holds_numbers_and_keywords_only():
    at = clean(page(sample(groups=("secret one", "secret two"))))
    at.select_slider[0].set_value(700).run()
    address = {key: value for key, value in at.query_params.items() if key.startswith("thresholds.")}
    assert address
    assert "secret" not in str(address)
    assert "700" in str(address)


def test_thresholds_by_group_wait_for_the_note_to_be_acknowledged():
    at = clean(page(sample()))
    assert len(at.select_slider) == 1
    at = clean(page(sample(), acknowledged=True))
    assert any("disparate treatment" in caption.value for caption in at.caption)
    assert len(at.select_slider) == 4
    before = metrics(at)
    at.select_slider[2].set_value(1000).run()
    by_group = metrics(clean(at))
    assert by_group != before
    assert [slider.value for slider in at.select_slider][1:] == [512, 1000, 512]
    switch(at).set_value(False).run()   # the thresholds by group wait: one holds for all
    assert metrics(clean(at)) == before
    assert any("thresholds by group" in info.value for info in at.info)
    switch(at).set_value(True).run()
    assert metrics(clean(at)) == by_group


def test_a_group_with_one_outcome_reads_not_estimable_with_the_reason():
    rng = np.random.default_rng(0)
    score, group = rng.random(400), np.repeat(["one", "two"], 200)
    label = np.where(group == "one", 1, rng.integers(0, 2, 400)).astype(np.int8)
    at = clean(page(brought(score, label, g=group)))
    cells = [str(cell) for cell in at.table[0].value.to_numpy().ravel()]
    assert any("not estimable: has no negatives" in cell.replace("\\", "") for cell in cells)
    assert any("not estimable" in caption.value for caption in at.caption)
    assert not any(cell.lower() in ("nan", "none") for cell in cells)


def test_small_groups_are_shown_in_grey_and_named_as_kept_out():
    data = sample()
    few = brought(np.append(data.scores["s"], [0.9, 0.1]), np.append(data.label, [1, 0]).astype(np.int8),
                  g=[*(data.attributes[0].levels[c] for c in data.attributes[0].codes), "tiny", "tiny"])
    at = clean(page(few))
    assert any("kept out" in caption.value and "tiny" in caption.value for caption in at.caption)
    assert any(":gray[" in str(cell) and "tiny" in str(cell) for cell in at.table[0].value["Group"])


def test_three_hundred_groups_draw_twelve_and_say_so():
    at = clean(page(sample(n=20_000, groups=tuple(f"g{k}" for k in range(300)))))
    assert any("12 of 300 groups" in caption.value for caption in at.caption)
    assert len(at.table[0].value) == 31


@pytest.mark.parametrize("settings", [{"native": False}, *({"around": section} for section in SECTIONS)])
def test_hostile_names_are_inert_everywhere(settings):
    data = sample(groups=(HOSTILE, HOSTILE + "2", "c"))
    roles = dataclasses.replace(data.roles, label=HOSTILE, positive=HOSTILE, scores=(HOSTILE,))
    data = dataclasses.replace(data, roles=roles, scores={HOSTILE: data.scores["s"]}, score=HOSTILE, name=HOSTILE,
                               attributes=(dataclasses.replace(data.attributes[0], name=HOSTILE),))
    at = clean(page(data, acknowledged=True, **settings))
    found = [text for text in words(at) if text and "attacker" in str(text)]
    assert found
    assert not [text for text in found if IMAGE.search(str(text))]
    for chart in at.get("plotly_chart"):
        assert "<img" not in chart.proto.spec.replace("\\u003c", "<")


def test_the_rule_that_finds_images_would_notice_one():
    assert IMAGE.search(HOSTILE)


@pytest.mark.parametrize("settings", [
    {"grouping": 99}, {"cut_0": 5000}, {"cut_0": "x"}, {"around": "none"}, {"level": 7}, {"rates": (99, 1)},
    {"min_group": -4}, {"rate": "no_such_rate"}, {"cut_0": 3, "by_0": 0, "cuts_0": (1, 2)},
    {"cut_0": 3, "by_0": 9, "cuts_0": (1, 2, 3)}, {"cut_0": 3, "by_0": 0, "cuts_0": (1, 2, -3)},
    {"cut_0": True}, {"cut_0": 3, "by_0": 0, "cuts_0": 4}, {"group_fp_0": "x"},
])
def test_a_setting_out_of_range_is_said_and_replaced(settings):
    at = page(sample(), **settings)
    assert not at.exception
    assert len(at.metric) == 5
    assert at.select_slider[0].value == 512


@pytest.mark.parametrize("label", [None, "unknown"])
def test_without_outcomes_selection_is_shown_and_the_rest_says_why(label):
    data = sample(n=300)
    data = dataclasses.replace(data, label=None if label is None else np.full(300, -1, dtype=np.int8))
    at = clean(page(data))
    cells = " ".join(str(cell) for cell in at.table[0].value.to_numpy().ravel())
    assert "not estimable" in cells
    assert metrics(at)["Disparate impact ratio"] != "–"


def test_data_without_groups_or_score_say_what_is_missing():
    data = sample(n=100)
    for lacking in (dataclasses.replace(data, attributes=()), dataclasses.replace(data, scores={}, score=None)):
        assert clean(page(lacking)).info


def test_the_live_explorer_is_mounted_and_its_release_is_what_the_page_works_out():
    at = clean(page(sample(), native=False, acknowledged=True, around="rates"))
    assert not at.select_slider
    assert shown(at) == [512, 512, 512]
    before = at.table[1].value.to_dict()
    released(at, [100, 600, 900])
    after = at.table[1].value.to_dict()
    assert after != before
    at.switch_page("pages/guide.py").run()
    at.switch_page("pages/thresholds.py").run()
    assert at.table[1].value.to_dict() == after
    assert shown(at) == [100, 600, 900]


def test_undo_and_reset_go_back():
    at = clean(page(sample(), native=False, acknowledged=True))
    assert button(at, "Undo").disabled
    released(at, [100, 600, 900])
    released(at, [700, 700, 700], linked=True)
    button(at, "Undo").click().run()
    assert shown(at) == [100, 600, 900]
    button(at, "Reset").click().run()
    assert shown(at) == [512, 512, 512]
    assert button(at, "Reset").disabled
    button(at, "Undo").click().run()
    assert shown(at) == [100, 600, 900]


def test_the_address_brings_the_thresholds_back():
    data = sample(groups=("secret one", "secret two", "c"))
    at = clean(page(data, native=False, acknowledged=True))
    released(at, [100, 600, 900])
    address = {key.removeprefix("thresholds."): at.query_params[key] for key in at.query_params if "thresholds" in key}
    address = {key: decode(value[0] if isinstance(value, list) else value) for key, value in address.items()}
    assert "secret" not in str(address)
    other = clean(page(data, **address))
    assert shown(other) == [100, 600, 900]


def test_a_component_that_never_reports_gives_way_to_plain_controls(monkeypatch):
    at = clean(page(sample(), native=False))
    assert explorers(at)
    monkeypatch.setattr(threshold_native, "PATIENCE", -1.0)
    clean(at.run())
    assert not explorers(at)
    assert at.select_slider
    assert any("did not load" in caption.value for caption in at.caption)
    monkeypatch.setattr(threshold_native, "PATIENCE", 60.0)
    clean(button(at, "Try again").click().run())
    assert explorers(at)


def test_two_sessions_stay_apart():
    data = sample()
    one, other = clean(page(data, native=False)), clean(page(data, native=False))
    released(one, [900, 900, 900], linked=True)
    clean(other.run())
    assert (shown(other), shown(clean(one.run()))) == ([512] * 3, [512] * 3)   # a release does not travel back
    assert one.query_params["thresholds.cut_0"] != other.query_params["thresholds.cut_0"]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("kind", ["start", "moved", "by group", "no outcome", "one group", "tiny", "decile"])
def test_every_section_draws_whatever_the_data(section, kind):
    data, settings = sample(n=600), {"around": section, "acknowledged": True, "native": False}
    if kind == "no outcome":
        data = dataclasses.replace(data, label=None)
    elif kind == "one group":
        data = sample(n=300, groups=("a",))
    elif kind == "tiny":
        data = brought([0.25, 0.75], [0, 1], g=["a", "b"])
    elif kind == "decile":
        data = brought(np.arange(400) % 10 + 1.0, np.arange(400) % 3 % 2, g=list("abcd" * 100))
    elif kind == "moved":
        settings |= {"cut_0": 300}
    elif kind == "by group":
        settings |= {"cut_0": 512, "by_0": 0, "cuts_0": (300, 500, 600)}
    at = clean(page(data, **settings))
    assert not at.warning
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))


def test_thresholds_by_other_groups_are_applied_as_they_are():
    rng = np.random.default_rng(0)
    score = rng.random(2000)
    data = brought(score, (rng.random(2000) < score).astype(np.int8), race=rng.choice(["a", "b"], 2000).tolist(),
                   sex=rng.choice(["f", "m"], 2000).tolist())
    settings = {"acknowledged": True, "cut_0": 512, "by_0": 0, "cuts_0": (100, 900)}
    at = clean(page(data, **settings, grouping=1))
    assert any("by race" in info.value for info in at.info)
    together = clean(page(data, **settings, grouping=2, native=False))
    assert shown(together) == [100, 100, 900, 900]
    everybody = [clean(page(data, **settings, grouping=g)).table[0].value.iloc[-1].to_dict() for g in range(3)]
    assert everybody[0] == everybody[1] == everybody[2]


def test_presets_of_the_plain_controls_do_what_they_say():
    at = clean(page(sample(), acknowledged=True))
    button(at, "equal selection").click().run()
    assert float(metrics(clean(at))["Demographic parity difference"]) < 0.02
    button(at, "0.5 for all").click().run()
    assert [slider.value for slider in at.select_slider] == [512] * 4


def test_without_thresholds_by_group_every_preset_is_one_threshold():
    at = clean(page(sample(), native=False))
    presets = json.loads(explorers(at)[0].proto.json)["presets"]
    assert presets
    assert all(len(set(preset["cells"])) == 1 for preset in presets)


def test_a_number_of_rows_is_never_passed_and_ties_are_said():
    data = brought(np.arange(400) % 10 + 1.0, np.arange(400) % 3 % 2, g=list("ab" * 200))
    at = clean(page(data))
    next(c for c in at.segmented_control if "exact unit" in str(c.key)).set_value("number").run()
    next(n for n in at.number_input if "Rows selected" in n.label).set_value(100).run()
    button(at, "Apply").click().run()
    said = next(caption.value for caption in clean(at).caption if "of 400 rows" in caption.value).replace("\\", "")
    assert "Selected: 80 of 400 rows (20.00 %)" in said
    assert "20 fewer than asked for" in said
    assert "equal scores" in said


def test_a_percentile_of_one_group_moves_that_group_alone():
    at = clean(page(sample(), acknowledged=True))
    next(c for c in at.segmented_control if "exact unit" in str(c.key)).set_value("percentile").run()
    next(s for s in at.selectbox if s.label == "For").set_value(1).run()
    next(n for n in at.number_input if n.label == "Percentile").set_value(90.0).run()
    button(at, "Apply").click().run()
    values = [slider.value for slider in clean(at).select_slider]
    assert (values[1], values[3]) == (512, 512)
    assert values[2] > 512


def test_costs_typed_per_group_are_kept_and_their_cheapest_thresholds_used():
    at = clean(page(sample(), acknowledged=True, around="costs", group_fp_0=(1.0, 1.0, 9.0)))
    frames = [frame.value for frame in at.dataframe]
    costs = next(frame for frame in frames if "cost of a false positive" in frame)
    assert costs["cost of a false positive"].tolist() == [1, 1, 9]
    button(at, "Use the thresholds of lowest cost").click().run()
    values = [slider.value for slider in clean(at).select_slider]
    assert values[3] > max(values[1:3])


def test_the_sweep_of_compas_greys_small_groups(needs_data):
    needs_data("compas-scores-two-years.csv")
    at = clean(page(load("compas"), "catalogue:compas", around="sweep"))
    spec = next(chart.proto.spec for chart in at.get("plotly_chart") if "against the threshold" in chart.proto.alt)
    line = next(trace for trace in json.loads(spec)["data"] if trace.get("name") == "5 Native American")
    assert line["line"]["color"] == "#808080"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_draws_thresholds_by_other_groups(section):
    rng = np.random.default_rng(0)
    score = rng.random(2000)
    data = brought(score, (rng.random(2000) < score).astype(np.int8), race=rng.choice(["a", "b"], 2000).tolist(),
                   sex=rng.choice(["f", "m"], 2000).tolist())
    clean(page(data, acknowledged=True, cut_0=512, by_0=0, cuts_0=(100, 900), grouping=1, around=section, native=False))


def test_groups_too_small_take_no_part_in_a_preset():
    data = sample()
    few = brought(np.append(data.scores["s"], [0.9, 0.1]), np.append(data.label, [0, 1]).astype(np.int8),
                  g=[*(data.attributes[0].levels[c] for c in data.attributes[0].codes), "tiny", "tiny"])
    def equal(at):
        presets = json.loads(explorers(at)[0].proto.json)["presets"]
        return next(preset["cells"] for preset in presets if preset["name"] == "equal selection")

    with_tiny = equal(clean(page(few, acknowledged=True, native=False)))
    assert with_tiny[:3] == equal(clean(page(data, acknowledged=True, native=False)))


def test_rows_without_a_group_show_how_far_each_disparity_could_go():
    from engine.manipulation.missing import bounds

    data = sample()
    column = data.attributes[0]
    renamed = dataclasses.replace(column, levels=("a", "b", MISSING))
    at = clean(page(dataclasses.replace(data, attributes=(renamed,)), around="gaps"))
    assert "Rows without a group" in " ".join(md.value for md in at.markdown)
    shown = next(frame.value for frame in at.dataframe if "Lowest" in frame.value.columns)
    expected = bounds(assess(dataclasses.replace(data, attributes=(renamed,))).groupings["g"])
    assert shown["Highest"][0] == f"{expected['demographic_parity_difference'].high:.3f}"
    assert "Rows without a group" not in " ".join(md.value for md in clean(page(data, around="gaps")).markdown)
