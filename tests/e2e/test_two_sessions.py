"""Two visitors at once, in two browsers, with files of equal name, shape and columns: neither sees the other's."""

from __future__ import annotations

import csv
import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from tests.e2e.conftest import FLAGS, PATIENCE, chromium, watch
from tests.e2e.test_journey import bring, disparities, move, ready

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
ROWS = 800
ANNA, BERT = {"groups": ("zebra", "yak"), "gap": 0.5}, {"groups": ("lynx", "otter"), "gap": 0.25}


@pytest.fixture
def two(browser, address):
    """A page in each of two browsers, processes of their own; what neither may do fails the test."""
    other = browser.browser_type.launch(executable_path=chromium(), headless=True, args=FLAGS)
    complaints, pages = [], []
    for one in (browser, other):
        page = one.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(2 * PATIENCE)
        watch(page, address, complaints)
        page.goto(address)
        pages.append(page)
    yield pages
    pages[0].context.close()
    other.close()
    assert not complaints


def loans(folder, groups, gap):
    """Write a table whose selection rates at a threshold of 0.5 differ by `gap`; the second group's is 0.25."""
    folder.mkdir()
    path = folder / "loans.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ethnicity", "age", "debt", "paid", "score"])
        for i in range(ROWS):
            k, group = divmod(i, 2)
            high = k % 100 < 25 + (100 * gap if group == 0 else 0)
            score = 0.5 + k % 97 / 200 if high else 0.1 + k % 89 / 300
            paid = ("no", "yes")[(k * 7 + i) % 10 < 10 * score]
            writer.writerow([groups[group], 20 + k % 50, k * 31 % 997, paid, f"{score:.4f}"])
    return path


def opened(page, path):
    bring(page, path)
    page.get_by_role("button", name="Use this table").click()
    expect(page.get_by_role("button", name="See what each threshold does")).to_be_visible()


def go(page, title):
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def seen(page):
    """Everything on the page that can be read, inside the explorer too, and the address."""
    parts = page.locator("body *").evaluate_all(
        "nodes => nodes.flatMap(n => [n.getAttribute('aria-label'), n.shadowRoot && n.shadowRoot.textContent])")
    return " ".join([page.locator("body").inner_text(), page.url, *filter(None, parts)])


def apart(anna, bert):
    """Neither page holds a word of the other's table."""
    for page, others in ((anna, BERT), (bert, ANNA)):
        words = seen(page)
        assert not [name for name in others["groups"] if name in words]


def gap_of(page):
    words = disparities(page).get_attribute("aria-label")
    return float(re.search(r"demographic parity difference ([\d.]+)", words)[1])


def threshold(page):
    return page.get_by_role("slider").first.get_attribute("aria-valuenow")


def train(page):
    """Put a score of a model trained here in use; it is a version beside the file's."""
    go(page, "Data")
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0)
    page.get_by_role("button", name="Train and score").click()
    expect(versions(page)).to_be_visible(timeout=3 * PATIENCE)


def versions(page):
    return page.get_by_role("region", name="Sidebar").get_by_text("Score in use", exact=True)


def add_to_report(page):
    page.get_by_role("button", name="Add to report").first.click()
    expect(page.get_by_text("Added: part 1 of 1 of the report.").first).to_be_visible()


def parts_of_the_report(page):
    go(page, "Report")
    expect(page.get_by_role("heading", name="Added from the pages")).to_be_visible()
    return page.get_by_role("button", name="Take out")


def test_two_visitors_share_nothing(two, tmp_path):
    anna, bert = two
    opened(anna, loans(tmp_path / "a", **ANNA))
    expect(bert.get_by_role("region", name="Sidebar")).to_contain_text("No table in use yet")
    opened(bert, loans(tmp_path / "b", **BERT))
    apart(anna, bert)
    for page, own in ((anna, ANNA), (bert, BERT), (anna, ANNA)):   # back again: from the cache, from the own one
        go(page, "Thresholds")
        ready(page)
        assert gap_of(page) == own["gap"]
        assert set(own["groups"]) <= set(re.findall(r"\w+", seen(page)))   # so that a word's absence says something
        apart(anna, bert)
    start = threshold(bert)
    assert move(anna, 20) != start
    add_to_report(anna)
    train(anna)
    for title in ("Data", "Thresholds"):
        go(bert, title)
        expect(versions(bert)).to_have_count(0)
    ready(bert)
    assert threshold(bert) == start
    assert gap_of(bert) == BERT["gap"]
    expect(parts_of_the_report(bert)).to_have_count(0)
    expect(parts_of_the_report(anna)).to_have_count(1)
    apart(anna, bert)
