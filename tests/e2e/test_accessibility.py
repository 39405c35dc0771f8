"""No page has an accessibility fault that axe-core calls serious or critical, in the light and in the dark theme."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e
SETTLED = {
    "": re.compile("by group"),
    "thresholds": re.compile("^Disparities with intervals"),
}


def faults(page):
    """Return rule, number of places, the first of them."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (fault["id"], len(fault["nodes"]), fault["nodes"][0]["html"][:120])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("where", ["", "thresholds"])
def test_a_page_with_data(visit, scheme, where):
    page = visit(f"/{where}?data=simulated-lending", color_scheme=scheme)
    expect(page.get_by_role("figure", name=SETTLED[where]).first).to_be_visible(timeout=40_000)
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("where", "title"),
    [
        ("", "What does a decision threshold do"),
        ("guide", "Guide"),
    ],
)
def test_a_page_without_data(visit, scheme, where, title):
    page = visit(f"/{where}", color_scheme=scheme)
    expect(page.get_by_role("heading", name=re.compile(title)).first).to_be_visible(timeout=40_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_doctored_sample_and_what_notices_it(visit, scheme):
    page = visit("/manipulation?data=simulated-lending", color_scheme=scheme)
    page.get_by_role("radiogroup", name="I want to").get_by_text("Stress test").click()
    page.get_by_role("button", name="Doctor a sample").click()
    expect(page.get_by_text(re.compile("ejected at the 5"))).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    assert faults(page) == []
