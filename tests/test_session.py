import dataclasses

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.types import Dataset, Roles
from pages.parts import state

SCRIPT = """
import streamlit as st
from engine.types import Dataset, Roles
from pages.parts import controls, notices, state

named = state.read_url()
if named == "compas" and state.dataset() is None:
    state.use(Dataset("a", "a" * 64, "f" * 64, Roles(), 3, ()), "catalogue:compas")
state.write_url()
settings = state.settings("thresholds")
position = controls.select("thresholds", "grouping", "Grouping", ["race", "sex", "![x](http://x)"])
word = controls.select("thresholds", "metric", "Metric", ["precision", "accuracy"], by="keyword")
number = controls.slider("thresholds", "common", "Threshold", 1, 10, 5, 1)
share = controls.number("thresholds", "level", "Level", 0.95, low=0.5, high=0.999)
on = controls.toggle("thresholds", "worst", "Worst first")
state.sync_url("thresholds", {name: settings[name] for name in ("grouping", "metric", "common", "level", "worst")})
notices.messages()
st.text(f"{position}|{word}|{number}|{share}|{on}")
"""


def dataset(fingerprint):
    return Dataset("name.csv", "0" * 64, fingerprint * 64, Roles(), 3, (), label=np.zeros(3, np.int8))


def app(**params):
    test = AppTest.from_string(SCRIPT, default_timeout=20)
    for key, value in params.items():
        test.query_params[key.replace("__", ".")] = value
    return test.run()


def url(test):
    return {key: value[-1] if isinstance(value, list) else value for key, value in test.query_params.items()}


def test_a_reload_brings_back_the_data_and_its_settings():
    first = app(data="compas")
    assert first.text[0].value == "race|precision|5|0.95|False"
    first.slider[0].set_value(7).run()
    first.selectbox[0].set_value(1).run()
    first.toggle[0].set_value(True).run()
    shared = url(first)
    assert shared == {
        "data": "compas", "thresholds.grouping": "1", "thresholds.metric": "precision", "thresholds.common": "7",
        "thresholds.level": "0.95", "thresholds.worst": "true",
    }
    second = app(**{key.replace(".", "__"): value for key, value in shared.items()})
    assert second.text[0].value == "sex|precision|7|0.95|True"
    assert url(second) == shared
    assert not second.warning


@pytest.mark.parametrize(
    ("name", "value"),
    [("common", "9000"), ("common", "nan"), ("common", "inf"), ("common", "x<script>"), ("common", "true"),
     ("grouping", "17"), ("grouping", "-1"), ("grouping", "0.5"), ("metric", "equalised"), ("level", "2"),
     ("worst", "maybe"), ("common", "1,2,"), ("grouping", "true"), ("level", "1e999")],
)
def test_a_setting_out_of_range_is_said_and_replaced(name, value):
    test = app(data="compas", **{f"thresholds__{name}": value})
    assert not test.exception
    assert test.text[0].value == "race|precision|5|0.95|False"
    assert len(test.warning) == 1
    assert "does not suit these data" in test.warning[0].value


def test_settings_wait_for_the_data_set_they_belong_to():
    test = app(data="upload-123456789abc", thresholds__common="7")
    assert test.text[0].value == "race|precision|5|0.95|False"
    assert url(test)["data"] == "upload-123456789abc"
    session = test.session_state["equipoise session"]
    session.dataset = dataclasses.replace(dataset("0"), fingerprint="123456789abc" + "0" * 52)
    session.origin = "upload"
    test.run()
    assert test.text[0].value.split("|")[2] == "7"


def test_each_data_set_keeps_its_own_settings():
    test = app(data="compas")
    test.slider[0].set_value(8).run()
    session = test.session_state["equipoise session"]
    first, session.dataset = session.dataset, dataset("1")
    test.run()
    assert test.slider[0].value == 5
    session.dataset = first
    test.run()
    assert test.slider[0].value == 8


def test_other_parameters_of_the_address_are_left_alone():
    test = app(data="compas", term="precision")
    assert url(test)["term"] == "precision"


@pytest.mark.parametrize("value", ["Female", "a b", "../x", "", "x" * 61, "sex=F"])
def test_text_that_is_no_keyword_never_reaches_the_address(value):
    with pytest.raises(ValueError, match="keyword"):
        state.encode(value)


@pytest.mark.parametrize(
    "value", [True, 0, -3, 5, 0.1, 1e-9, 1e300, float("inf"), (0.25, 0.5), (1,), "true_positive_rate"]
)
def test_what_goes_into_the_address_comes_out_again(value):
    assert state.decode(state.encode(value)) == value


@pytest.mark.parametrize("text", ["nan", "1,nan,", "x,y,", "🙂", "a" * 10_000, ",", "1e400", "--1"])
def test_any_text_of_an_address_decodes(text):
    found = state.decode(text)
    assert found == found
    assert len(str(found)) < 100
