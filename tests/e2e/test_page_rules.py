"""What our own style and script add: Back leaves a page in one step, a wide table shows that it goes on."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from tests.e2e.test_journey import move, sample, thresholds

pytestmark = pytest.mark.e2e
PATIENCE = 40_000
FADES = """node => {
    const right = getComputedStyle(node).getPropertyValue('--more-right');
    const mask = getComputedStyle(node).maskImage;
    return mask === 'none' ? 'no mask' : [node.scrollWidth > node.clientWidth, parseFloat(right) > 0];
}"""


def test_settings_make_no_steps_for_the_back_button(visit):
    page = visit()
    sample(page)
    thresholds(page)
    entries = page.evaluate("history.length")
    move(page, 3)
    page.get_by_role("radiogroup", name="Look at").get_by_text("Rates by group").click()
    expect(page).to_have_url(re.compile(r"thresholds\.around=rates"))
    before = page.url
    assert page.evaluate("history.length") == entries
    page.go_back()
    expect(page.get_by_role("heading", name="Data", level=1)).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Thresholds", level=1)).to_be_visible()
    expect(page).to_have_url(before)   # the session's settings, not those of an older entry


def scrolled(page):
    """Whether each table of the page is wider than its room, and whether its right edge fades."""
    tables = page.locator("[data-testid=stTable] > div")
    return [table.evaluate(FADES) for table in tables.all()]


@pytest.mark.parametrize(("width", "wide"), [(400, True), (1400, False)])
def test_a_table_that_goes_on_sideways_fades_where_it_does(visit, width, wide):
    page = visit("/thresholds?data=simulated-lending&thresholds.around=rates",
                 viewport={"width": width, "height": 900})
    expect(page.locator("tr", has_text="Everybody")).to_be_visible(timeout=PATIENCE)
    assert any(goes_on for goes_on, _ in scrolled(page)) == wide
    assert [goes_on for goes_on, _ in scrolled(page)] == [fades for _, fades in scrolled(page)]


def test_the_first_column_of_a_data_frame_stays_and_its_edge_fades(visit):
    page = visit("/?data=simulated-lending", viewport={"width": 400, "height": 900})
    canvas = page.locator("[data-testid=stDataFrame] canvas").first
    expect(canvas).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("document.querySelector('.dvn-scroller').scrollWidth > 380")
    assert canvas.evaluate("node => parseFloat(getComputedStyle(node).getPropertyValue('--more-right'))") > 0
    page.locator(".dvn-scroller").first.evaluate("node => { node.scrollLeft = 1000 }")
    page.wait_for_function("parseFloat(getComputedStyle(document.querySelector('[data-testid=stDataFrame] canvas'))"
                           ".getPropertyValue('--more-right')) < 1")
