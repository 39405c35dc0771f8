from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.data.simulated import lending
from engine.errors import InvalidData
from engine.policy import Policy
from pages.parts import policy_book, state
from pages.parts import session_file as file
from pages.parts.report_outline import LONGEST_COMMENT, MOST, Outline
from tests.test_pages import HOSTILE, app, bring, click, inert, own_table, session, settled, sound

CLOCK = datetime(2026, 11, 21, 12, tzinfo=UTC)
SAID = file.SessionFile(
    "simulated-lending", "ab" * 32, "cd" * 32, "2026-11-21T12:00:00Z", "score",
    {"thresholds": {"cut_0": "512", "rate": "precision"}},
    {"now": Policy.common(0.5, "score"), "start": Policy.per_group(["sex"], {"female": 0.4}, 0.5, "score")},
    {"mine": Policy.common(0.25)}, {"Auditor": "A. Person"},
    (file.Planned("thresholds", "rate", "Rates", "two\nlines"), file.Planned("data", "outcome by group", "Outcome")),
)


def content(found: file.SessionFile = SAID) -> bytes:
    return file.write(found).encode()


def changed(**parts: object) -> bytes:
    return json.dumps(json.loads(content()) | parts).encode()


def test_a_session_file_says_what_was_written():
    assert file.read(content()) == SAID


@pytest.mark.parametrize(
    "bad",
    [
        b"", b"\x80\x04\x95", b"\xff\xfe", b"null", b"[]", b"{}", b"[" * 100_000, b'{"format": NaN}',
        b" " * (file.LARGEST + 1), changed(format="equipoise-policy/1"), changed(data=[]), changed(data={}),
        changed(data={"catalogue": "../../x", "sha256": "ab" * 32, "fingerprint": "cd" * 32}),
        changed(data={"catalogue": "", "sha256": "<script>", "fingerprint": "cd" * 32}),
        changed(made="yesterday"), changed(score=3), changed(settings={"a b": {}}), changed(settings={"data": []}),
        changed(settings={"data": {"x": 1}}), changed(settings={"data": {"__class__ ": "1"}}),
        changed(settings={"data": {"x": "9" * 30_000}}), changed(settings={f"p{n}": {} for n in range(50)}),
        changed(policies={"other": Policy.common(0.5).to_json()}), changed(policies={"now": {"format": "no"}}),
        changed(policies={"now": {**Policy.common(0.5).to_json(), "otherwise": {"a": 1}}}),
        changed(policies={"now": {**Policy.common(0.5).to_json(), "kind": ["common"]}}),
        changed(named={str(n): Policy.common(0.5).to_json() for n in range(9)}),
        changed(report=[]), changed(report={"parts": {}}), changed(report={"parts": [3]}),
        changed(report={"parts": [{"page": "../app", "key": "x"}]}),
        changed(report={"parts": [{"page": "data", "key": "x", "comment": "y" * (LONGEST_COMMENT + 1)}]}),
        changed(report={"parts": [{"page": "data", "key": "x"}] * (MOST + 1)}),
        changed(report={"blanks": {"Auditor": ["x"]}}),
    ],
)
def test_a_wrong_or_hostile_file_is_refused_in_one_sentence(bad):
    with pytest.raises(InvalidData) as refused:
        file.read(bad)
    assert len(refused.value.issues) == 1
    assert len(refused.value.issues[0].sentence()) < 300


def test_names_that_only_look_nice_are_refused_by_the_same_rule_that_lets_ours_through():
    good = file.read(changed(settings={"thresholds": {"cuts_0": "1,2,"}}))
    assert state.decode(good.settings["thresholds"]["cuts_0"]) == (1, 2)


def test_a_snapshot_holds_no_text_of_a_table_but_the_names_in_policies():
    from engine.data.catalogue import load

    data = load("simulated-lending")
    here = state.Session(data, "upload", {("data", data.fingerprint): {"attribute": 1, "word": "Zebra crossing",
                                                                      "none": None, "cuts": (1.0, 2.0)},
                                          ("data", "other"): {"attribute": 2}})
    held = Outline()
    held.append("data", "outcome by group", "Outcome", comment="mine")
    book = policy_book.Book(Policy.common(0.5), Policy.common(0.25))
    found = file.snapshot(here, data, book, held, CLOCK)
    assert found.settings == {"data": {"attribute": "1", "cuts": "1,2,"}}
    assert (found.mark, found.sha256, found.fingerprint) == ("", data.sha256, data.fingerprint)
    assert found.parts == (file.Planned("data", "outcome by group", "Outcome", "mine"),)
    assert "Zebra" not in file.write(found)
    assert file.read(content(found)) == found


def saved(test) -> bytes:
    """What the button would save just now."""
    held = test.session_state["equipoise report"]
    data = session(test).dataset
    book = test.session_state["equipoise policies"][(data.fingerprint, data.score)]
    outline = held.get(data.fingerprint, Outline())
    return content(file.snapshot(session(test), data, book, outline, CLOCK))


def report_page(test):
    return sound(test.switch_page("pages/report.py").run())


def opened(test, what: bytes):
    test = report_page(test)
    return settled(test.file_uploader[0].upload("session.json", what).run())


def test_a_session_comes_back_with_settings_policy_and_outline():
    first = sound(app(data="simulated-lending").switch_page("pages/thresholds.py").run())
    next(toggle for toggle in first.toggle if "Plain controls" in toggle.label).set_value(True).run()
    first.select_slider[0].set_value(300).run()
    first = sound(next(b for b in first.button if b.key == "report disparities").click().run())
    first = report_page(first)
    next(box for box in first.text_input if box.label == "Auditor").set_value("A. Person").run()
    kept = saved(first)

    second = opened(app(data="simulated-lending"), kept)
    assert any("parts of a report: 1" in text.value for text in second.markdown)
    second = sound(click(second, "Open it here"))
    assert next(box for box in second.text_input if box.label == "Auditor").value == "A. Person"
    assert any("waits" in text.value or "takes this place" in text.value for text in second.warning)
    second = sound(second.switch_page("pages/thresholds.py").run())
    assert second.select_slider[0].value == 300
    second = sound(next(b for b in second.button if b.key == "report disparities").click().run())
    second = report_page(second)
    [outline] = second.session_state["equipoise report"].values()
    [part] = outline.parts
    assert part.content is not None
    assert not any("takes this place" in text.value for text in second.warning)


def test_a_policy_by_group_comes_back_and_undo_brings_the_old_one():
    test = report_page(app(data="simulated-lending"))
    data = session(test).dataset
    sent = replace(SAID, sha256=data.sha256, fingerprint=data.fingerprint, settings={}, parts=(),
                   policies={"now": Policy.per_group(["sex"], {"female": 0.25, "male": 0.5}, 0.5, "score")})
    test = sound(click(opened(test, content(sent)), "Open it here"))
    book = test.session_state["equipoise policies"][(data.fingerprint, data.score)]
    assert dict(book.now.thresholds) == {"female": ((0.25, 1.0),), "male": ((0.5, 1.0),)}
    assert set(book.named) == {"mine"}
    book.undo()
    assert book.now.kind == "common"


def test_thresholds_of_a_score_that_is_not_here_are_said_and_left():
    test = report_page(app(data="simulated-lending"))
    data = session(test).dataset
    sent = replace(SAID, sha256=data.sha256, fingerprint=data.fingerprint, score="fitted elsewhere", parts=())
    before = test.session_state["equipoise policies"][(data.fingerprint, data.score)].now
    test = sound(click(opened(test, content(sent)), "Open it here"))
    assert any("thresholds belong to a score" in text.value.lower() for text in test.warning)
    assert test.session_state["equipoise policies"][(data.fingerprint, data.score)].now == before


@pytest.mark.parametrize("bad", [b"\x80\x04\x95", b"{}", changed(settings={"<b>": {}}), b"[" * 50_000])
def test_a_bad_file_leaves_everything_as_it_was(bad):
    test = sound(app(data="simulated-lending").switch_page("pages/thresholds.py").run())
    test = sound(next(b for b in test.button if b.key == "report disparities").click().run())
    test = report_page(test)
    before = saved(test)
    test = sound(opened(test, bad))
    assert len(test.error) == 1
    assert saved(test) == before
    assert not [button for button in test.button if button.label == "Open it here"]


def test_a_file_for_other_data_says_so_and_offers_them():
    test = bring(own_table(app()), "loans.csv", lending(rows=400))
    test = sound(click(test, "Use this table"))
    test = sound(opened(test, content()))
    assert any("belongs to data with sha256 **abababababab**" in text.value for text in test.warning)
    assert session(test).origin == "upload"
    test = sound(click(test, "Open Simulated lending first"))
    assert session(test).origin == "catalogue:simulated-lending"
    assert any("other roles" in text.value or "belongs to data" in text.value for text in test.warning)


def test_without_data_a_file_says_what_it_needs():
    test = sound(opened(app(), content()))
    assert any("bring them" in text.value for text in test.warning)


def test_hostile_words_of_a_file_are_inert():
    test = report_page(app(data="simulated-lending"))
    data = session(test).dataset
    sent = replace(SAID, sha256=data.sha256, fingerprint=data.fingerprint, score=HOSTILE,
                   named={HOSTILE: SAID.named["mine"]}, blanks={"Auditor": HOSTILE, HOSTILE: HOSTILE},
                   parts=(file.Planned("thresholds", HOSTILE, HOSTILE, HOSTILE),))
    test = opened(test, content(sent))
    inert(sound(test))
    inert(sound(click(test, "Open it here")))
