"""What takes long: at once or beside the page, its progress, its refusal, what a cancel leaves, how many are kept."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

from engine.errors import invalid
from pages.parts import answers

KIND = answers.Kind("sum", "Adding up", "Add up", kept=2, patience=0.05)
PAGE = """
import streamlit as st
from engine.errors import InvalidData
from pages.parts import answers
from tests import test_answers as here

try:
    found = answers.found(here.KIND, here.ASKED["tag"], here.work, at_once=here.ASKED["at_once"])
    st.text(f"found {found}, kept {answers.kept(here.KIND)}")
except InvalidData as refusal:
    st.text(refusal.issues[0].what)
"""
ASKED = {}
GO = threading.Event()


def work(progress, cancelled):
    ASKED["runs"] += 1
    progress(0.5, "half way")
    while not GO.wait(0.01):
        if cancelled():
            return None
    if ASKED["tag"] == "refused":
        raise invalid("nothing to add", "here", "nothing", "bring numbers")
    return f"sum of {ASKED['tag']}"


@pytest.fixture
def page():
    ASKED.update(tag="a", at_once=False, runs=0)
    GO.clear()
    yield AppTest.from_string(PAGE, default_timeout=30)
    GO.set()


def ended(test):
    GO.set()
    assert test.session_state["equipoise jobs"]["sum"].wait(10)
    return test.run()


def said(test):
    assert not test.exception
    return [text.value for text in test.text]


def test_a_long_answer_shows_its_progress_and_is_worked_out_once(page):
    assert said(page.run()) == ["found None, kept []"]
    assert [button.label for button in page.button] == ["Cancel"]
    assert said(ended(page)) == ["found sum of a, kept ['sum of a']"]
    assert not page.button
    page.run()
    assert ASKED["runs"] == 1


def test_what_is_quick_is_there_at_once_and_makes_no_job(page):
    ASKED["at_once"] = True
    GO.set()
    assert said(page.run()) == ["found sum of a, kept ['sum of a']"]
    assert "equipoise jobs" not in page.session_state


def test_another_question_stops_the_first(page):
    page.run()
    first = page.session_state["equipoise jobs"]["sum"]
    ASKED["tag"] = "b"
    page.run()
    assert first.state == "cancelled"
    assert said(ended(page)) == ["found sum of b, kept ['sum of b']"]


def test_a_cancel_leaves_a_button_that_asks_again(page):
    page.run()
    page.button[0].click().run()
    assert said(page) == ["found None, kept []"]
    [again] = page.button
    assert again.label == "Add up"
    GO.set()
    again.click().run()
    assert said(page if "kept ['sum of a']" in said(page)[0] else ended(page)) == ["found sum of a, kept ['sum of a']"]


def test_a_refusal_is_raised_each_time_and_worked_out_once(page):
    ASKED["tag"] = "refused"
    page.run()
    assert said(ended(page)) == ["nothing to add"]
    assert said(page.run()) == ["nothing to add"]
    assert ASKED["runs"] == 1


def test_the_last_few_are_kept(page):
    ASKED["at_once"] = True
    GO.set()
    for tag in "abc":
        ASKED["tag"] = tag
        page.run()
    assert said(page) == ["found sum of c, kept ['sum of b', 'sum of c']"]
