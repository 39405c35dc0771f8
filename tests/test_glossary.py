"""The glossary has every registered number, says nothing it must not say, and is whole."""

from __future__ import annotations

import re

import pytest

from engine.glossary import GLOSSARY, Entry
from engine.metrics import AUC, DISPARITIES, RATES

VERDICTS = re.compile(r"\b(?:fair|unfair|unbiased|bias-free|debias\w*|PASS(?:ED)?|FAIL(?:ED)?)\b")
TITLES = re.compile(r"Fair prediction with disparate impact")   # of a paper, not a verdict of ours


def keys(kind):
    return {key for key, entry in GLOSSARY.items() if entry.kind == kind}


def test_every_registered_rate_and_disparity_has_an_entry_and_the_other_way_round():
    assert keys("rate") == {*RATES, AUC.key}
    assert keys("disparity") == set(DISPARITIES)


@pytest.mark.parametrize("row", [*RATES.values(), *DISPARITIES.values()], ids=lambda row: row.key)
def test_names_on_screen_are_those_of_the_registries(row):
    assert GLOSSARY[row.key].name == row.name


def test_keys_are_those_of_the_entries_and_can_stand_in_an_address():
    assert all(key == entry.key and re.fullmatch(r"[a-z][a-z0-9_]*", key) for key, entry in GLOSSARY.items())


@pytest.mark.parametrize("entry", GLOSSARY.values(), ids=lambda entry: entry.key)
def test_no_entry_passes_a_verdict(entry):
    text = " ".join(str(part) for part in vars(entry).values())
    assert not VERDICTS.search(TITLES.sub("", text))


def test_the_verdict_rule_would_notice_one():
    assert VERDICTS.search("this model is fair")


NUMBERS = [entry for entry in GLOSSARY.values() if entry.kind in ("rate", "disparity")]


@pytest.mark.parametrize("entry", NUMBERS, ids=lambda entry: entry.key)
def test_a_number_says_how_it_is_computed_where_it_goes_and_when_it_is_undefined(entry: Entry):
    assert entry.formula
    assert entry.direction
    assert entry.range
    assert entry.undefined
    assert entry.source


@pytest.mark.parametrize("entry", GLOSSARY.values(), ids=lambda entry: entry.key)
def test_an_entry_is_a_sentence_with_a_source_or_a_rule_of_ours(entry):
    assert entry.sentence.endswith((".", "?"))
    assert entry.source or entry.kind in ("rule", "interval")


def test_years_are_given_with_sources_that_are_papers():
    dated = [entry for entry in GLOSSARY.values() if entry.kind == "rate"]
    assert all(re.search(r"\b(?:19|20)\d\d\b", entry.source) for entry in dated)
