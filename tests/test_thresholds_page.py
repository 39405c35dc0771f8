"""The threshold page: its numbers are the engine's, whatever the table, and nothing from a file gets into Markdown."""

from __future__ import annotations

import dataclasses
import itertools
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.data.catalogue import load
from engine.types import Attribute, Roles
from pages.parts.state import Session
from tests.build import dataset
from tests.conftest import ROOT

HOSTILE = "![t](http://attacker/leak.png) <img src=x> $x$ :smile: =1+1"
IMAGE = re.compile(r"(?<!\\)!\[|(?<!\\)\]\(http")


COUNT = itertools.count()


def page(data, origin="upload", **settings):
    """Open the page on data of its own: without a browser all sessions are one, and so are their caches."""
    data = dataclasses.replace(data, fingerprint=f"{next(COUNT):064x}")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    session = Session()
    session.dataset, session.origin = data, origin
    session.settings[("thresholds", data.fingerprint)] = dict(settings)
    at.session_state["equipoise session"] = session
    at.run()
    return at.switch_page("pages/thresholds.py").run()


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
    at = clean(page(lending, "catalogue:simulated-lending"))
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
    at = clean(page(sample(), kind="group"))
    assert any("protected attribute" in warning.value for warning in at.warning)
    assert len(at.select_slider) == 1
    at = clean(page(sample(), kind="group", acknowledged=True))
    assert len(at.select_slider) == 4
    before = metrics(at)
    at.select_slider[2].set_value(1000).run()
    assert metrics(clean(at)) != before


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


def test_hostile_names_are_inert_everywhere():
    data = sample(groups=(HOSTILE, HOSTILE + "2", "c"))
    roles = dataclasses.replace(data.roles, label=HOSTILE, positive=HOSTILE, scores=(HOSTILE,))
    data = dataclasses.replace(data, roles=roles, scores={HOSTILE: data.scores["s"]}, score=HOSTILE, name=HOSTILE,
                               attributes=(dataclasses.replace(data.attributes[0], name=HOSTILE),))
    at = clean(page(data, kind="group", acknowledged=True))
    found = [text for text in words(at) if text and "attacker" in str(text)]
    assert found
    assert not [text for text in found if IMAGE.search(str(text))]
    for chart in at.get("plotly_chart"):
        assert "<img" not in chart.proto.spec.replace("\\u003c", "<")


def test_the_rule_that_finds_images_would_notice_one():
    assert IMAGE.search(HOSTILE)


@pytest.mark.parametrize("settings", [
    {"grouping": 99}, {"edge_0": 5000}, {"edge_0": "x"}, {"kind": "none"}, {"level": 7}, {"rates": (99, 1)},
    {"min_group": -4}, {"rate": "no_such_rate"},
])
def test_a_setting_out_of_range_is_said_and_replaced(settings):
    at = page(sample(), **settings)
    assert not at.exception
    assert len(at.metric) == 5


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
