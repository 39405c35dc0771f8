"""The frontier page in a real browser: a click chooses a point, the threshold page has its numbers, by keyboard too."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from tests.e2e.test_accessibility import faults

pytestmark = pytest.mark.e2e
LENDING = "/frontier?data=simulated-lending&frontier.grouping=1&thresholds.around=rates"
PATIENCE = 40_000
RULE = "Demographic parity difference"
POINTS = ".js-plotly-plot .scatterlayer .trace:has(.points path) .points path"


def opened(visit, path=LENDING):
    page = visit(path)
    expect(chart(page)).to_be_visible(timeout=PATIENCE)
    expect(page.locator(POINTS).first).to_be_attached(timeout=PATIENCE)
    return page


def chart(page):
    return page.get_by_role("figure", name=re.compile("Best accuracy within a demographic parity difference"))


def bound(page):
    return page.get_by_role("spinbutton", name=re.compile("A: demographic parity difference"))


def all_rows(page):
    """The chosen point's accuracy and disparity on all rows."""
    table = page.get_by_test_id("stTable").filter(has_text="all rows").first
    expect(table).to_be_visible(timeout=PATIENCE)
    return [row.locator("td").last.inner_text().strip() for row in table.locator("tbody tr").all()]


def on_the_threshold_page(page):
    """Everybody's accuracy in the table of rates, and the disparity under the explorer."""
    expect(page.get_by_role("heading", name="Thresholds", exact=True)).to_be_visible(timeout=PATIENCE)
    everybody = page.locator("tr", has_text="Everybody")
    expect(everybody).to_be_visible(timeout=PATIENCE)
    frame = page.get_by_test_id("stTable").filter(has_text="Everybody")
    heads = [cell.inner_text() for cell in frame.locator("thead th").all()]
    accuracy = everybody.locator("td").nth(heads.index("Accuracy")).inner_text().split("%")[0] + "%"
    tile = page.locator(".tile", has_text=RULE)
    expect(tile).to_be_visible(timeout=PATIENCE)
    return accuracy.replace("\u00a0", " "), tile.inner_text()


def inside(page):
    """The middle of a point of the common threshold's curve that lies inside the picture."""
    chart(page).scroll_into_view_if_needed()
    return page.evaluate("""() => {
        const frame = document.querySelector('.js-plotly-plot .nsewdrag').getBoundingClientRect();
        const groups = [...document.querySelectorAll('.js-plotly-plot .scatterlayer .points')];
        const first = groups.find((group) => group.children.length > 1);
        const boxes = [...first.children].map((point) => point.getBoundingClientRect());
        const seen = boxes.filter((box) => box.top > frame.top && box.bottom < frame.bottom);
        const box = seen[Math.floor(seen.length / 2)];
        return [box.x + box.width / 2, box.y + box.height / 2];
    }""")


def reach(page, target, steps=80):
    for _ in range(steps):
        if target.evaluate("node => node === document.activeElement || node.contains(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the keyboard does not get there")


def test_a_click_chooses_a_point_and_the_threshold_page_has_its_numbers(visit):
    page = opened(visit)
    before = bound(page).input_value()
    x, y = inside(page)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(bound(page)).not_to_have_value(before, timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"frontier\.bound_first_1_0="), timeout=PATIENCE)
    accuracy, disparity = all_rows(page)
    page.get_by_role("button", name="Use on the threshold page").click()
    there, tile = on_the_threshold_page(page)
    assert accuracy.replace("\u00a0", " ") == there
    assert disparity in tile


def test_the_address_brings_the_point_back(visit):
    page = opened(visit, f"{LENDING}&frontier.kind_first=randomised&frontier.bound_first_1_0=0.03")
    expect(bound(page)).to_have_value("0.03", timeout=PATIENCE)
    numbers = all_rows(page)
    other = opened(visit, "/" + page.url.split("/", 3)[3])
    expect(bound(other)).to_have_value("0.03", timeout=PATIENCE)
    assert all_rows(other) == numbers
    expect(other.get_by_role("button", name="Use on the threshold page")).to_be_disabled()   # lots, by group


def test_by_keyboard_alone_from_a_bound_to_the_threshold_page(visit):
    page = opened(visit)
    reach(page, bound(page))
    before = bound(page).input_value()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(bound(page)).not_to_have_value(before, timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"frontier\.bound_first_1_0="), timeout=PATIENCE)
    accuracy, _ = all_rows(page)
    reach(page, page.get_by_role("button", name="Use on the threshold page"))
    page.keyboard.press("Enter")
    there, _ = on_the_threshold_page(page)
    assert accuracy.replace("\u00a0", " ") == there


def test_thresholds_by_group_need_the_visitors_word_and_undo_brings_the_old_ones_back(visit):
    page = opened(visit, f"{LENDING}&frontier.kind_first=deterministic&frontier.bound_first_1_0=0.04")
    use = page.get_by_role("button", name="Use on the threshold page")
    expect(use).to_be_disabled(timeout=PATIENCE)
    page.get_by_text("Thresholds by group, to measure").click()
    expect(use).to_be_enabled(timeout=PATIENCE)
    accuracy, disparity = all_rows(page)
    use.click()
    there, tile = on_the_threshold_page(page)
    assert accuracy.replace("\u00a0", " ") == there
    assert disparity in tile
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile(r"cut_0=512"), timeout=PATIENCE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("section", ["affected", "compare", "objectives", "take"])
def test_no_section_has_a_serious_accessibility_fault(visit, scheme, section):
    page = visit(f"{LENDING}&frontier.kind_first=randomised&frontier.around={section}", color_scheme=scheme)
    expect(chart(page)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    assert faults(page) == []
