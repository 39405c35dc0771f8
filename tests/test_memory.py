"""What is let go: an upload's bytes once they are read, a table once it is in use; and how it is asked for again."""

import gc
import json
import weakref

import pytest
from streamlit.testing.v1 import AppTest

from engine.data.simulated import lending
from pages.parts import jobs, model_permission, opening
from tests.test_model_parts import LOGISTIC, uploader
from tests.test_pages import app, bring, click, own_table, session, settled, sound
from tests.test_thresholds_page import sample

ROWS = lending(rows=400)
TAKEN = """
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from pages.parts import memory

given = st.file_uploader("A file")
if given is not None:
    context = get_script_run_ctx()
    held = lambda: len(context.uploaded_file_mgr.get_files(context.session_id, [given.file_id]))
    before = held()
    st.text(f"{before} {memory.taken(given)!r} {held()} {given.getvalue()!r} {given.name}")
"""


def test_taken_bytes_are_kept_by_nobody_else():
    test = AppTest.from_string(TAKEN).run()
    test.file_uploader[0].upload("a.csv", b"a,b").run()
    assert not test.exception
    assert test.text[0].value == "1 b'a,b' 0 b'' a.csv"


def test_a_table_is_let_go_once_it_is_in_use():
    test = bring(own_table(app()), "loans.csv", ROWS)
    table = weakref.ref(session(test).draft.table)
    click(test, "Use this table").run()
    assert session(test).dataset.n == 400
    assert session(test).draft is None
    gc.collect()
    assert table() is None


@pytest.mark.parametrize("page", ["thresholds", "frontier"])
def test_data_are_let_go_when_others_are_in_use(page):
    """Streamlit would keep them until the session ends, in the callbacks of widgets that are drawn no more."""
    test = app().run()
    first, second = sample(300), sample(200)
    session(test).dataset, old = first, weakref.ref(first)
    del first
    settled(test.switch_page(f"pages/{page}.py").run())
    done = jobs.Signals(state="done", result=(second, ()))
    done.finished.set()
    test.session_state["equipoise jobs"] = {opening.JOB: jobs.Job("Opening", done, "upload")}
    settled(test.switch_page("pages/data.py").run())
    assert session(test).dataset is second
    gc.collect()
    assert old() is None


def test_the_file_brought_again_finds_the_answers_given():
    test = bring(own_table(app()), "loans.csv", ROWS)
    [favourable] = [radio for radio in test.radio if "favourable" in radio.label]
    favourable.set_value("not-selected").run()
    test = own_table(click(test, "Use this table"))
    assert any("bring the file again" in text.value for text in test.caption)
    test = sound(bring(test, "loans.csv", ROWS))
    [favourable] = [radio for radio in test.radio if "favourable" in radio.label]
    assert favourable.value == "not-selected"


@pytest.mark.parametrize(("again", "words"), [(ROWS, None), (lending(rows=300), "another file")])
def test_a_model_asks_for_the_table_of_its_columns(again, words, monkeypatch):
    monkeypatch.setenv(model_permission.VARIABLE, "1")
    test = click(bring(own_table(app()), "loans.csv", ROWS), "Use this table")
    test = settled(uploader(test).upload("m.json", json.dumps(LOGISTIC).encode()).run())
    assert not [button for button in test.button if button.label == "Score with this model"]
    [box] = [box for box in test.file_uploader if box.label.startswith("The table in use, once more")]
    test = sound(settled(box.upload("loans.csv", again).run()))
    if words is not None:
        assert any(words in box.value for box in test.warning)
        return
    test = click(test, "Score with this model")
    assert session(sound(test)).dataset.score.startswith("m (logistic ")
