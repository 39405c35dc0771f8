"""What the live explorer sends to the browser, and what it accepts from it. No browser here."""

import base64
import json
import time
from pathlib import Path

import numpy as np
import pytest

from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.metrics import RATES
from engine.policy import Policy
from pages.parts import live_payload, threshold_native
from pages.parts.live_explorer import valid
from pages.parts.live_payload import Handle, Reading, explorable, fits, handles, packed, payload
from tests.build import dataset

APP = str(Path(__file__).parent / "e2e" / "live_app.py")


def app(**ask):
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["ask"] = ask
    return at.run()


def sent(at):
    return json.loads(at.get("bidi_component")[0].proto.json)


def said(at):
    text = next(part.value for part in at.text if part.value.startswith("python run"))
    return json.loads(text.split(" ", 3)[3])


def release(at, cells, linked=False):
    """Play what the browser would have said, past the check that `valid` makes; AppTest runs no script."""
    at.session_state["live memory"].released = {"cells": cells, "linked": linked}
    return at.run()


def numbers(array):
    return np.frombuffer(base64.b64decode(array["text"]), {"u4": "<u4", "f8": "<f8"}[array["kind"]])


def small(**changes):
    rng = np.random.default_rng(2)
    n = 400
    return dataset(rng.integers(1, 11, n), rng.random(n) < 0.4, **{"g": rng.choice(["a", "b", "c"], n)} | changes)


def test_the_payload_is_the_table():
    at = app(k="4")
    assert not at.exception
    data = sent(at)
    counts = numbers(data["bins"]).reshape(4, 1025, data["slots"])
    assert counts.sum() == 20_000
    assert data["sizes"] == counts.sum(axis=(1, 2)).tolist()
    np.testing.assert_array_equal(numbers(data["edges"]), np.arange(1025) / 1024)
    assert data["start"] == {"cells": [512] * 4, "linked": True}
    assert data["fixed"] == {}
    assert [line["name"] for line in data["handles"]] == ["Asian", "Black", "Hispanic", "White"]
    assert set(data["rates"]) == {*RATES, "error_odds"}


def test_a_release_becomes_the_policy_and_the_payload_stays():
    at = app(k="4")
    before = at.get("bidi_component")[0].proto.json
    release(at, [512, 300, 1025, 512])
    assert at.get("bidi_component")[0].proto.json == before   # else every count would travel again
    policy = said(at)["policy"]
    assert policy["thresholds"] == {"Asian": 0.5, "Black": 300 / 1024, "Hispanic": "inf", "White": 0.5}
    assert policy["kind"] == "deterministic"
    release(at, [700] * 4, linked=True)
    assert said(at)["policy"]["kind"] == "common"
    assert said(at)["policy"]["otherwise"] == 700 / 1024


def test_a_policy_from_elsewhere_moves_the_lines():
    at = release(app(k="4"), [512, 300, 1025, 512])
    serial = sent(at)["serial"]
    at.button[0].click().run()
    data = sent(at)
    assert data["serial"] > serial
    assert data["start"] == {"cells": [512] * 4, "linked": True}
    assert said(at)["policy"]["kind"] == "common"


def test_a_lottery_keeps_its_exact_counts_until_touched():
    at = app(case="lottery", k="4")
    data = sent(at)
    assert data["start"] == {"cells": [None, None, 512, 512], "linked": False}
    assert data["fixed"]["0"]["lines"] == [[0.3004, 0.25], [0.6001, 0.75]]
    release(at, [None, 400, 512, 512])
    policy = said(at)["policy"]
    assert policy["kind"] == "randomised"
    assert policy["thresholds"]["Asian"] == [[0.3004, 0.25], [0.6001, 0.75]]
    assert policy["thresholds"]["Black"] == 400 / 1024


def test_fixed_counts_are_those_of_the_exact_index():
    data = dataset(np.random.default_rng(0).random(50_000), np.arange(50_000) % 2, g=["a", "b"] * 25_000)
    table, index = CountTable.build(data, ("g",)), ScoreIndex.build(data, ("g",))
    policy = Policy.per_group(("g",), {"a": 0.30001, "b": 0.5}, 0.5)
    found = live_payload.fixed(table, handles(table), policy, index)
    assert set(found) == {0}
    assert found[0]["cells"] == [index.under(policy).values[0].tolist()]
    assert found[0]["cells"] != [table.under(policy).values[0].tolist()]


def test_a_policy_over_fewer_attributes_is_shown_on_an_intersection():
    data = small(sex=["f", "m"] * 200)
    table = CountTable.build(data, ("g", "sex"))
    policy = Policy.per_group(("sex",), {"f": 3.0, "m": 7.0}, 5.0)
    assert fits(table, policy)
    assert not fits(CountTable.build(data, ("g",)), policy)
    lines = handles(table)
    assert [live_payload.mixes(table, line, policy) for line in lines[:2]] == [[[3.0, 1.0]], [[7.0, 1.0]]]


def test_the_largest_groups_have_lines_and_the_others_share_one():
    rng = np.random.default_rng(0)
    names = [f"g{i:02d}" for i in range(20)]
    data = dataset(rng.random(4000), rng.random(4000) < 0.5, g=rng.choice(names, 4000, p=np.arange(1, 21) / 210))
    table = CountTable.build(data, ("g",))
    lines = handles(table)
    assert len(lines) == 13
    assert sorted(g for line in lines for g in line.members) == list(range(20))
    assert lines[-1] == Handle("8 other groups", "+", tuple(range(8)))
    assert [line.badge for line in lines[:2]] == ["9", "10"]   # their positions, as on every chart
    assert explorable(table)


def test_what_cannot_be_dragged_says_so():
    assert not explorable(CountTable.build(dataset([np.nan] * 4, [0, 1, 0, 1], g=list("aabb")), ("g",)))
    many = [str(i) for i in range(live_payload.MOST_GROUPS + 1)]
    assert not explorable(CountTable.build(dataset(np.arange(len(many)), g=many), ("g",)))


def test_the_favourable_decision_decides_which_cells_are_counted():
    table = CountTable.build(small(), ("g",))
    top = {f: payload(table, handles(table), Reading(("f1",), favourable=f))["rates"]["favourable_rate"]["top"]
           for f in ("selected", "not-selected")}
    assert top == {"selected": [True, True, False, False, True, False],
                   "not-selected": [False, False, True, True, False, True]}


def test_groups_come_with_their_names_and_rows():
    table = CountTable.build(dataset(np.arange(40), np.arange(40) % 2, g=["a"] * 35 + ["b"] * 5), ("g",))
    found = payload(table, handles(table), Reading(("f1",), favourable="not-selected"))
    assert found["names"] == ["a", "b"]
    assert [line["rows"] for line in found["handles"]] == [35, 5]
    assert found["decision"] == "not being selected"


def test_small_groups_are_marked():
    table = CountTable.build(dataset(np.arange(40), np.arange(40) % 2, g=["a"] * 35 + ["b"] * 5), ("g",))
    assert [line["small"] for line in payload(table, handles(table), Reading(("f1",)))["handles"]] == [False, True]


@pytest.mark.parametrize("values", [[0, 1, 2**32 - 1], [0, 2**32, 2**53 - 1], [0.1, 1e-300]])
def test_packed_numbers_come_back_to_the_bit(values):
    array = packed(np.array(values))
    assert numbers(array).tolist() == values
    assert array["kind"] == ("u4" if values[1] == 1 else "f8")


def test_infinite_thresholds_are_finite_json():
    table = CountTable.build(small(), ("g",))
    line = handles(table)[0]
    for threshold in (np.inf, -np.inf):
        text = json.dumps(live_payload.mixes(table, line, Policy.common(threshold)), allow_nan=False)
        assert abs(json.loads(text)[0][0]) >= 1e308


def test_silent_is_who_was_sent_long_ago_and_never_painted(monkeypatch):
    known = {}
    monkeypatch.setattr(threshold_native.st, "session_state", known)
    assert not threshold_native.silent("live")   # a run that takes long before it sends anything
    known["live since"] = time.monotonic() - 1e6
    assert threshold_native.silent("live")
    known["live heard"] = True
    assert not threshold_native.silent("live")


START = {"digest": "d", "serial": 3, "cells": [512, None]}
GOOD = {"digest": "d", "serial": 3, "cells": [5, None], "linked": False}


@pytest.mark.parametrize("choice", [
    GOOD, GOOD | {"cells": [0, 1025]}, GOOD | {"cells": [7, 7], "linked": True},
])
def test_a_choice_is_accepted(choice):
    assert valid(choice, START, 1025)


@pytest.mark.parametrize("junk", [
    None, 3, "x", [], {}, GOOD | {"digest": "other"}, GOOD | {"serial": 2}, GOOD | {"serial": None},
    GOOD | {"cells": None}, GOOD | {"cells": [1]}, GOOD | {"cells": [1, 2, 3]}, GOOD | {"cells": [None, None]},
    GOOD | {"cells": [True, 1]}, GOOD | {"cells": [1.0, 1]}, GOOD | {"cells": ["1", 1]}, GOOD | {"cells": [-1, 1]},
    GOOD | {"cells": [1026, 1]}, GOOD | {"cells": [10**400, 1]}, GOOD | {"cells": [[], {}]}, GOOD | {"linked": 1},
    GOOD | {"linked": None}, GOOD | {"cells": [1, 2], "linked": True}, GOOD | {"cells": {"0": 1, "1": 2}},
], ids=repr)
def test_junk_is_refused(junk):
    assert not valid(junk, START, 1025)


def test_groups_stay_together_where_the_page_says_so():
    assert not valid(GOOD, START, 1025, separate=False)
    assert valid(GOOD | {"cells": [7, 7], "linked": True}, START, 1025, separate=False)
