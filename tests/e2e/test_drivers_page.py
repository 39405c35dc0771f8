"""The drivers page in a real browser: a gap worked out, cancelled, shared by its address; it fits a phone."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from tests.e2e.test_accessibility import faults

pytestmark = pytest.mark.e2e
LENDING = "/drivers?data=simulated-lending&drivers.grouping=1"
PATIENCE = 60_000
FIGURES = {"gap": "^Gap of .* in log-odds", "flip": "^Flip test on", "second": "^Gaps, "}
NAMES = {"gap": "What carries the gap", "flip": "Flip test", "second": "Second decision"}


def opened(visit, path=LENDING, **options):
    page = visit(path, **options)
    expect(page.get_by_role("button", name="Work it out")).to_be_enabled(timeout=PATIENCE)
    quiet(page)
    return page


def quiet(page):
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)


def look_at(page, section):
    """Choose a section and take the pointer away: what lies under it has a colour of its own."""
    page.get_by_role("radiogroup", name="Section").get_by_text(NAMES[section], exact=True).click()
    expect(page).to_have_url(re.compile(rf"drivers\.section={section}"), timeout=PATIENCE)
    quiet(page)


def work(page, section):
    page.get_by_role("button", name="Work it out").click()
    shown(page, section)


def shown(page, section):
    expect(page.get_by_role("figure", name=re.compile(FIGURES[section]))).to_be_visible(timeout=PATIENCE)
    quiet(page)
    page.mouse.move(5, 5)
    page.evaluate("() => document.activeElement.blur()")
    page.wait_for_timeout(300)   # until colours have faded


def table(n=600):
    """Two scores of made-up people, as a file."""
    rng = np.random.default_rng(0)
    sex, income = rng.integers(0, 2, n), rng.normal(size=n)
    vendor = income + rng.normal(size=n) - 0.5 * sex
    lines = [f"{'FM'[s]},{i:.3f},{int(i + rng.normal() > 0)},{1 / (1 + np.exp(-i)):.3f},{1 / (1 + np.exp(-v)):.3f}"
             for s, i, v in zip(sex, income, vendor, strict=True)]
    return ("sex,income,paid,score,score_vendor\n" + "\n".join(lines)).encode()


def with_two_scores(visit, **options):
    page = visit("/", **options)
    page.get_by_text("Your own table").click()
    expect(page.locator("input[type=file]").first).to_be_attached(timeout=PATIENCE)
    quiet(page)   # a file given while the uploader is still being drawn is lost
    page.locator("input[type=file]").first.set_input_files(
        {"name": "two.csv", "mimeType": "text/csv", "buffer": table()})
    page.get_by_role("button", name="Use this table").click()
    expect(page.get_by_role("button", name="Change data")).to_have_count(1, timeout=PATIENCE)
    quiet(page)
    return page


def to_drivers(page):
    page.get_by_role("link", name="Drivers").click()
    expect(page.get_by_role("heading", name="Drivers", exact=True)).to_be_visible(timeout=PATIENCE)
    quiet(page)


def test_a_gap_is_worked_out_and_stays_over_a_change_of_page(visit):
    page = opened(visit)
    work(page, "gap")
    said = page.get_by_text(re.compile("in units of log-odds"))
    words = said.inner_text()
    page.get_by_role("link", name="Guide").click()
    expect(page.get_by_role("heading", name="Guide", exact=True)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Drivers").click()
    shown(page, "gap")
    assert said.inner_text() == words


@pytest.mark.slow
def test_the_address_brings_section_and_model_back(visit):
    page = opened(visit, f"{LENDING}&drivers.section=flip&drivers.flip_model_0=decision_tree&drivers.cut=0.4")
    expect(page.get_by_role("combobox", name=re.compile("Model"))).to_have_value("decision tree")
    expect(page.get_by_label(re.compile("^Threshold")).first).to_have_value("0.400")


def test_long_work_shows_its_progress_and_can_be_cancelled(visit):
    page = opened(visit, f"{LENDING}&drivers.model=random_forest&drivers.rows=20000")
    page.get_by_role("button", name="Work it out").click()
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible(timeout=PATIENCE)
    cancel.click()
    expect(page.get_by_text("The work was stopped; nothing was kept of it.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Work it out")).to_be_enabled()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_section_has_a_serious_accessibility_fault(visit, scheme):
    page = with_two_scores(visit, color_scheme=scheme)
    to_drivers(page)
    found = {}
    for section in FIGURES:
        look_at(page, section)
        (shown if section == "second" else work)(page, section)
        found[section] = faults(page)
    assert found == {section: [] for section in FIGURES}


@pytest.mark.slow
def test_nothing_is_wider_than_a_phone(visit):
    page = with_two_scores(visit)
    to_drivers(page)
    page.set_viewport_size({"width": 400, "height": 900})
    for section in FIGURES:
        look_at(page, section)
        (shown if section == "second" else work)(page, section)
        assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 400, section
