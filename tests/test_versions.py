"""Score versions made here: every page follows them, with numbers of their own, and there is a way back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import streamlit as st

from engine.assessment import assess
from engine.calibration.prior import Deployment, compensated
from engine.calibration.recalibrate import Recalibration, recalibrated
from pages.parts import threshold_operating, versions
from tests.test_pages import parameter, session
from tests.test_thresholds_page import brought, clean, metrics, page

CARD = "Disparate impact ratio"

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 1200)
    truth = np.where(group, rng.beta(2, 3, 1200), rng.beta(4, 3, 1200))
    score = truth ** np.where(group, 0.5, 1.3)       # the second group's scores are too high
    return brought(score, (rng.random(1200) < truth).astype(np.int8), g=[("a", "b")[k] for k in group])


def opened(data, monkeypatch, *made, **settings):
    """Open the threshold page with a button per version, in the place of a section."""
    def buttons(current, *ignored):
        for each in made:
            version = each(current)
            st.button(f"use {version.score}", on_click=versions.use, args=(version,))

    monkeypatch.setattr(threshold_operating, "draw", buttons)
    return clean(page(data, around="operating", **settings))


def use(at, name):
    return clean(next(button for button in at.button if button.label == f"use {name}").click().run())


def platt(current, **more):
    start = current.using("s")
    return recalibrated(start, Recalibration("platt", True, ("g",), repeats=1, compare=(), **more)).version()


def rarer(current):
    return compensated(current.using("s"), Deployment(0.3)).version()


def in_use(at):
    return next(box for box in at.sidebar.selectbox if box.label == "Score in use")


def value(data):
    return f"{assess(data).groupings['g'].disparities['disparate_impact_ratio'].value:.3f}"


def back(at):
    return clean(next(button for button in at.sidebar.button if "original" in button.label).click().run())


def test_every_page_follows_a_version_and_the_original_is_one_click_away(data, monkeypatch):
    at = opened(data, monkeypatch, platt)
    before = metrics(at)
    name = platt(data).score
    assert before[CARD] == value(data)
    at = use(at, name)
    assert metrics(at)[CARD] == value(platt(data)) != before[CARD]
    assert in_use(at).value == 1
    assert any("recalibrated here" in text.value for text in at.markdown)
    for other in ("guide.py", "data.py", "frontier.py", "thresholds.py"):
        at.switch_page(f"pages/{other}").run()
        assert not at.exception
        assert session(at).dataset.score == name
    assert metrics(at)[CARD] == value(platt(data))
    at = back(at)
    assert session(at).dataset.score == "s"
    assert metrics(at) == before
    assert in_use(at).value == 0


def test_two_versions_with_other_seeds_have_numbers_of_their_own(data, monkeypatch):
    """What was counted for one is never shown for another; the newest is in use, not what the sidebar held."""
    def second(current):
        return platt(current, seed=1)

    at = opened(data, monkeypatch, platt, rarer, second)
    for make in (platt, rarer, second, platt):
        version = make(data)
        at = use(at, version.score)
        assert session(at).dataset.score == version.score
        assert (session(at).dataset.score_values() == version.score_values()).all()
        assert metrics(at)[CARD] == value(version)
    assert list(session(at).dataset.scores) == ["s", platt(data).score, rarer(data).score, second(data).score]
    assert (platt(data).score_values() != second(data).score_values()).any()


def test_the_sidebar_says_where_a_version_comes_from_and_lets_one_choose(data, monkeypatch):
    at = use(opened(data, monkeypatch, rarer), rarer(data).score)
    assert any("another base rate" in text.value for text in at.sidebar.markdown)
    in_use(at).set_value(0).run()
    assert session(clean(at)).dataset.score == "s"
    assert session(at).dataset.score_source == "column"
    assert not any("original" in button.label for button in at.sidebar.button)
    in_use(at).set_value(1).run()
    assert session(clean(at)).dataset.score_source == "recalibrated"


def test_a_version_made_here_is_not_in_the_address_which_could_not_bring_it_back(data, monkeypatch):
    second = dataclasses.replace(data, scores={**data.scores, "t": data.scores["s"] ** 2},
                                 roles=dataclasses.replace(data.roles, scores=("s", "t")))
    at = opened(second, monkeypatch, platt)
    in_use(at).set_value(1).run()
    assert parameter(at, "score.version") == "1"
    at = use(at, platt(second).score)
    assert "score.version" not in at.query_params


def test_each_version_keeps_its_own_thresholds(data, monkeypatch):
    at = opened(data, monkeypatch, platt)
    at.select_slider[0].set_value(300).run()
    moved = metrics(clean(at))
    at = use(at, platt(data).score)
    assert metrics(at)[CARD] == value(platt(data))      # from the usual threshold, not position 300
    assert metrics(back(at)) == moved


def test_versions_added_meanwhile_stay(data, monkeypatch):
    late = platt(data)                                  # made from the data as they were at first
    at = opened(data, monkeypatch, rarer, lambda current: dataclasses.replace(late, fingerprint=current.fingerprint))
    at = use(use(at, rarer(data).score), late.score)
    assert list(session(at).dataset.scores) == ["s", rarer(data).score, late.score]
    at = use(at, late.score)
    assert len(session(at).dataset.scores) == 3


def test_a_version_of_other_data_is_refused_in_a_sentence(data, monkeypatch):
    other = dataclasses.replace(platt(data), fingerprint="f" * 64)
    at = opened(data, monkeypatch, lambda current: other)
    at = use(at, other.score)
    assert session(at).dataset.score == "s"
    assert any("made for other data" in box.value for box in at.warning)


def test_the_original_is_the_column_the_prediction_or_the_first_score_fitted(data):
    assert versions.original(platt(data)) == "s"
    fitted = dataclasses.replace(data, roles=dataclasses.replace(data.roles, scores=()))
    assert versions.original(platt(fitted)) == "s"
    assert versions.origin(data) is None
    assert versions.from_the_file(platt(data), "s")
    assert not versions.from_the_file(platt(data), platt(data).score)
    assert versions.original(dataclasses.replace(data, scores={}, score=None,
                                                 roles=dataclasses.replace(data.roles, scores=()))) is None
