"""The calibration page in a real browser: recalibrated scores reach the threshold page and go back, it fits a phone."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from tests.e2e.test_accessibility import faults

pytestmark = pytest.mark.e2e
LENDING = "/calibration?data=simulated-lending&calibration.grouping=1"
PATIENCE = 60_000
SECTIONS = ["groups", "curve", "reliability", "ranges", "recalibration", "base", "arbitrary", "small"]


def opened(visit, path=LENDING, **options):
    page = visit(path, **options)
    expect(quadrant(page)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    return page


def quadrant(page):
    return page.get_by_role("figure", name=re.compile("^Groups by calibration-in-the-large"))


def look_at(page, section):
    """Choose a section and take the pointer away: what lies under it has a colour of its own."""
    page.get_by_role("radiogroup", name="Look at").get_by_role("radio").nth(SECTIONS.index(section)).click()
    expect(page).to_have_url(re.compile(rf"calibration\.section={section}"), timeout=PATIENCE)
    page.mouse.move(5, 5)
    page.evaluate("() => document.activeElement.blur()")
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)
    page.wait_for_timeout(300)   # until colours have faded


def test_recalibrated_scores_go_to_the_threshold_page_and_back(visit):
    page = opened(visit, f"{LENDING}&calibration.section=recalibration&calibration.whose=group")
    expect(page.get_by_text(re.compile("Western.*too high by"))).to_be_visible()
    page.get_by_role("button", name="Recalibrate", exact=True).click()
    expect(page.get_by_role("figure", name=re.compile("^Ecce-r of the worst group", re.IGNORECASE))).to_be_visible(
        timeout=PATIENCE)
    page.get_by_role("button", name="Use these scores").click()
    expect(page.get_by_text(re.compile("Western.*neither clearly too high nor too low"))).to_be_visible(
        timeout=PATIENCE)
    back = page.get_by_role("button", name="Back to the original score")
    expect(back).to_be_visible()
    page.get_by_role("link", name="Thresholds").click()
    expect(page.get_by_role("heading", name="Thresholds", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(back).to_be_visible()
    page.get_by_role("link", name="Calibration").click()
    expect(quadrant(page)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)
    back.click()
    expect(page.get_by_text(re.compile("Western.*too high by"))).to_be_visible(timeout=PATIENCE)


def test_the_address_brings_the_section_back(visit):
    page = opened(visit)
    page.get_by_role("radiogroup", name="Look at").get_by_text("Cumulative curve").click()
    expect(page.get_by_role("figure", name=re.compile("^Cumulative curves"))).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"calibration\.section=curve"))
    other = opened(visit, "/" + page.url.split("/", 3)[3])
    expect(other.get_by_role("figure", name=re.compile("^Cumulative curves"))).to_be_visible(timeout=PATIENCE)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_section_has_a_serious_accessibility_fault(visit, scheme):
    page = opened(visit, color_scheme=scheme)
    found = {}
    for section in SECTIONS:
        look_at(page, section)
        found[section] = faults(page)
    assert found == {section: [] for section in SECTIONS}


@pytest.mark.slow
def test_nothing_is_wider_than_a_phone(visit):
    page = opened(visit, viewport={"width": 400, "height": 900})
    for section in SECTIONS:
        look_at(page, section)
        wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= 400, section
