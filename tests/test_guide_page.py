"""The guide: every term of the glossary, found by search and by its address."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from engine.glossary import GLOSSARY
from tests.conftest import ROOT


@pytest.fixture
def guide():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    at.run()
    return at.switch_page("pages/guide.py").run()


def names(at):
    return [expander.label for expander in at.expander]


def test_every_term_is_listed_with_its_definition(guide):
    assert not guide.exception
    assert not guide.error
    assert len(names(guide)) == len(GLOSSARY)
    text = " ".join(element.value for element in guide.markdown)
    for entry in GLOSSARY.values():
        assert f"`{entry.key}`" in text
    assert {code.value for code in guide.code} >= {entry.formula for entry in GLOSSARY.values() if entry.formula}


@pytest.mark.parametrize(("sought", "key"), [("recall", "true_positive_rate"), ("80 percent", "four_fifths"),
                                             ("WILSON", "wilson")])
def test_search_finds_a_term_by_any_of_its_names(guide, sought, key):
    guide.text_input[0].set_value(sought).run()
    assert any(GLOSSARY[key].name in label for label in names(guide))
    assert len(names(guide)) < len(GLOSSARY)


def test_a_search_without_a_hit_says_so(guide):
    guide.text_input[0].set_value("zzzz").run()
    assert names(guide) == []
    assert any("No term matches" in element.value for element in guide.markdown)


@pytest.mark.parametrize("term", ["auc", "no-such-term", "![x](http://y)"])
def test_an_address_opens_its_term_and_a_wrong_one_opens_none(guide, term):
    guide.query_params["term"] = term
    guide.run()
    assert not guide.exception
    headings = [element.value for element in guide.subheader]
    assert ("AUC" in headings) is (term == "auc")
    assert not any("http" in element.value for element in guide.markdown)
