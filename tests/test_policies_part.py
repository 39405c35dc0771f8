"""Policies taken away, brought back, named and compared; one made on other data waits for an answer."""

from __future__ import annotations

import dataclasses
import json

import pytest

from engine.cli import main
from engine.counting.index import ScoreIndex
from engine.data.catalogue import load
from engine.policy import Policy
from pages.parts import policies
from tests.test_thresholds_page import HOSTILE, IMAGE, button, clean, page, released, sample, shown, words

pytestmark = pytest.mark.usefixtures("patient")


def opened(data=None, **settings):
    return clean(page(sample() if data is None else data, native=False, around="policies",
                      **{"acknowledged": True, **settings}))


def downloaded(at):
    """What a click on the button gives."""
    books = at.session_state["equipoise policies"]
    book = next(iter(books.values()))
    data = at.session_state["equipoise session"].dataset
    return json.loads(policies.file_of(data, book.now, ScoreIndex.build(data, book.now.attributes)))


def compared(at):
    return next(list(table.value.columns)[1:] for table in at.table if "In use" in table.value.columns)


def bring(at, policy, name="p.json"):
    uploader = next(each for each in at.file_uploader if "policy" in each.label)
    content = policy if isinstance(policy, bytes) else json.dumps(policy).encode()
    uploader.set_value((name, content, "application/json")).run()
    assert not at.exception
    return at


def test_a_policy_goes_out_and_comes_back_with_nobody_on_another_side():
    at = opened()
    released(at, [100, 600, 900])
    before = at.table[0].value.to_dict()
    taken = downloaded(at)
    assert taken["convention"] == "score >= threshold"
    assert taken["attributes"] == ["g"]
    assert taken["data"]["sha256"] == "0" * 64
    button(at, "Reset").click().run()
    assert shown(at) == [512] * 3
    bring(at, taken)
    assert shown(at) == [100, 600, 900]
    assert at.table[0].value.to_dict() == before
    assert not at.warning


def test_a_policy_made_on_other_data_waits_for_a_question_that_names_both():
    at = opened()
    other = {**downloaded(at), "otherwise": 0.75, "data": {"sha256": "ab" * 32}}
    bring(at, other)
    question = next(warning.value for warning in at.warning if "Apply it" in warning.value)
    assert "abababababab" in question
    assert "000000000000" in question
    assert "test" in question
    assert shown(at) == [512] * 3
    button(at, "Leave it").click().run()
    assert not at.warning
    assert shown(at) == [512] * 3
    bring(at, {**other, "otherwise": 0.25})
    button(at, "Apply to these data").click().run()
    assert shown(at) == [256] * 3
    assert not at.warning


def test_a_policy_that_does_not_say_its_data_is_asked_about_too():
    at = bring(opened(), Policy.common(0.25).to_json())
    assert any("does not say" in warning.value for warning in at.warning)


@pytest.mark.parametrize(("content", "says"), [
    (b"{", "JSON"), (b"{}", "policy"), ({"otherwise": "x"}, "number"),
    ({"attributes": ["race"], "thresholds": {"a": 0.5}}, "race"),
    ({"thresholds": {"zzz": 0.5}, "attributes": ["g"]}, "zzz"),
    ({"score": "another"}, "another"), ({"convention": "score > threshold"}, "convention"),
])
def test_what_does_not_fit_is_refused_in_a_sentence_and_changes_nothing(content, says):
    at = opened()
    bring(at, content if isinstance(content, bytes) else {**downloaded(at), **content})
    assert len(at.error) == 1
    assert says in at.error[0].value.replace("\\", "")
    assert shown(at) == [512] * 3


def test_hostile_words_of_a_file_are_inert():
    at = opened()
    bring(at, {**downloaded(at), "score": HOSTILE}, name=f"{HOSTILE}.json")
    assert at.error
    bring(at, {**downloaded(at), "data": {"sha256": HOSTILE}})
    assert at.warning
    texts = [*words(at), *(error.value for error in at.error), *(warning.value for warning in at.warning)]
    assert not [text for text in texts if IMAGE.search(str(text))]


def test_a_lottery_is_applied_as_it_is_and_the_address_does_not_claim_to_carry_it():
    at = opened()
    lottery = {**downloaded(at), "kind": "randomised", "attributes": ["g"],
               "thresholds": {"a": [[0.25, 0.5], [0.75, 0.5]]}}
    bring(at, lottery)
    assert shown(at)[0] is None
    assert "thresholds.cut_0" not in at.query_params
    assert any("cannot carry" in caption.value for caption in at.caption)
    clean(at)


def test_named_policies_are_kept_compared_used_and_forgotten():
    at = opened()
    released(at, [100, 600, 900])
    name = next(text for text in at.text_input if "Name" in text.label)
    name.set_value("steep ![x](http://y)").run()
    button(at, "Keep").click().run()
    assert compared(at) == ["In use", "Starting policy"]   # it is the one in use
    button(at, "Reset").click().run()
    assert len(compared(at)) == 3
    assert not IMAGE.search(compared(at)[2])
    button(at, "Use").click().run()
    assert shown(at) == [100, 600, 900]
    button(at, "Start from it").click().run()
    assert button(at, "Reset").disabled
    button(at, "Forget").click().run()
    assert not [each for each in at.button if each.label == "Forget"]
    clean(at)


def test_policies_do_not_follow_to_another_data_set():
    at = opened()
    released(at, [100, 600, 900])
    other = opened(dataclasses.replace(sample(seed=1), name="other"))
    assert shown(other) == [512] * 3


def test_the_command_line_reads_what_the_page_gives_and_counts_alike(tmp_path, needs_data, monkeypatch, capsys):
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data("compas-scores-two-years.csv").parent))
    monkeypatch.setenv("EQUIPOISE_OFFLINE", "1")
    data = load("compas")
    policy = Policy.per_group(("race",), {"Caucasian": 4.0, "African-American": 6.0}, 5.0, data.score)
    path = tmp_path / "policy.json"
    path.write_text(policies.file_of(data, policy, ScoreIndex.build(data, ("race",))))
    assert json.loads(path.read_text())["thresholds"] == {"Caucasian": 3.5, "African-American": 5.5}
    counted = []
    for more in (("--policy", str(path)), ("--threshold", "race=Caucasian:4", "--threshold", "race=African-American:6",
                                           "--threshold", "5")):
        assert main(["rates", "compas", *more, "--json"]) == 0
        counted.append(json.loads(capsys.readouterr().out)["groupings"]["race"]["groups"])
    assert counted[0] == counted[1]
