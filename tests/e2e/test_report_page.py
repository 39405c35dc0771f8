"""The report page in a real browser: by keyboard alone to a report, a session saved and opened again; no network."""

from __future__ import annotations

import json
import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from tests.e2e.test_accessibility import faults
from tests.e2e.test_policy_journey import reach

pytestmark = pytest.mark.e2e
PATIENCE = 60_000
ADD = "Add to report"


def report(page):
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.get_by_role("heading", name="Report", level=1)).to_be_visible(timeout=PATIENCE)


def saved(page, button, folder):
    with page.expect_download() as started:
        button.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_by_keyboard_alone_from_a_chart_to_a_report_that_opens_without_a_network(visit, tmp_path, browser):
    page = visit("/thresholds?data=simulated-lending&thresholds.around=gaps")
    add = page.get_by_role("button", name=ADD).first
    expect(add).to_be_visible(timeout=PATIENCE)
    reach(page, add, steps=90)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Added: part 1 of 1")).to_be_visible()
    link = page.get_by_role("link", name="Report", exact=True)
    reach(page, link, steps=150)
    page.keyboard.press("Enter")
    make = page.get_by_role("button", name="Make the report")
    expect(make).to_be_visible(timeout=PATIENCE)
    reach(page, make, steps=90)
    page.keyboard.press("Enter")
    html = page.get_by_role("button", name="HTML")
    expect(html).to_be_visible(timeout=PATIENCE)
    reach(page, html, steps=90)
    with page.expect_download() as started:
        page.keyboard.press("Enter")
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    assert re.fullmatch(r"report-simulated-lending-\d{4}-\d\d-\d\d-[0-9a-f]{8}\.html", path.name)
    asked = []
    with browser.new_context(offline=True) as context:
        alone = context.new_page()
        alone.on("request", lambda request: asked.append(request.url))
        alone.goto(path.as_uri())
        expect(alone.get_by_role("heading", name="Disparities with intervals and noise bands").first).to_be_visible()
        expect(alone.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert {url.split(":")[0] for url in asked} <= {"file", "data", "blob"}


def test_a_session_is_saved_and_opened_again_by_a_fresh_visitor(visit, tmp_path):
    page = visit("/thresholds?data=simulated-lending&thresholds.around=gaps&thresholds.cut_0=600")
    add = page.get_by_role("button", name=ADD).first
    expect(add).to_be_visible(timeout=PATIENCE)
    add.click()
    expect(page.get_by_text("Added: part 1 of 1")).to_be_visible()
    report(page)
    path = saved(page, page.get_by_role("button", name="Save the session"), tmp_path)
    text = path.read_text()
    assert json.loads(text)["report"]["parts"][0]["page"] == "thresholds"
    assert '"x":' not in text

    other = visit("/report")
    other.locator("input[type=file]").set_input_files(path)
    other.get_by_role("button", name="Open Simulated lending first").click(timeout=PATIENCE)
    other.get_by_role("button", name="Open it here").click(timeout=PATIENCE)
    expect(other.get_by_text("A session file holds no numbers")).to_be_visible(timeout=PATIENCE)
    expect(other).to_have_url(re.compile(r"thresholds\.cut_0=600"), timeout=PATIENCE)
    other.get_by_role("link", name="Open the thresholds page").click()
    line = other.get_by_role("slider", name="Threshold for all groups").first
    expect(line).to_have_attribute("aria-valuenow", "600", timeout=PATIENCE)
    other.get_by_role("button", name=ADD).first.click()
    expect(other.get_by_text("Added: part 1 of 1")).to_be_visible(timeout=PATIENCE)
    report(other)
    expect(other.get_by_text("A session file holds no numbers")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_fault(visit, scheme):
    page = visit("/?data=simulated-lending", color_scheme=scheme)
    page.get_by_role("button", name=ADD).first.click(timeout=PATIENCE)
    report(page)
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("button", name="HTML")).to_be_visible(timeout=PATIENCE)
    page.get_by_text("Title, comment, preview").click()
    expect(page.get_by_role("figure").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    assert faults(page) == []


@pytest.mark.slow
def test_the_page_fits_a_narrow_screen(visit):
    page = visit("/report?data=simulated-lending", viewport={"width": 400, "height": 900})
    expect(page.get_by_role("button", name="Make the report")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
