"""What a visitor does, in a real browser: from a cold start to a number that moves, and with a table of their own."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e
SAMPLE = "Open the simulated lending sample"
HOSTILE = ['<img src=x onerror="alert(1)">', "![t](http://attacker.invalid/leak.png)", "=HYPERLINK(1)", "$x$ :smile:"]


def sample(page):
    page.get_by_role("button", name=SAMPLE).first.click()
    expect(page.get_by_role("figure", name=re.compile("by group"))).to_be_visible()


def ready(page):
    """Wait until the threshold page shows its numbers."""
    expect(page.get_by_role("heading", name="Thresholds", level=1)).to_be_visible()
    expect(disparities(page)).to_be_visible()


def thresholds(page):
    page.get_by_role("button", name="See what each threshold does").click()
    ready(page)


def disparities(page):
    """The picture of all disparities; what it says aloud are the server's numbers."""
    return page.get_by_role("figure", name=re.compile("^Disparities with intervals"))


def move(page, steps):
    """Move the first threshold by the keyboard and wait until the server's numbers follow; return where it stands."""
    before = disparities(page).get_attribute("aria-label")
    slider = page.get_by_role("slider").first
    for _ in range(steps):
        slider.press("ArrowRight")
    slider.blur()
    expect(disparities(page)).not_to_have_attribute("aria-label", before)
    return page.get_by_role("slider").first.get_attribute("aria-valuenow")


def small_csv(path, groups=("F", "M")):
    rng = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sex", "age", "paid", "score"])
        for i in range(400):
            score = rng.random()
            paid = "yes" if rng.random() < score else "no"
            writer.writerow([groups[i % len(groups)], 20 + i % 50, paid, f"{score:.3f}"])
    return path


def bring(page, path):
    page.get_by_role("radiogroup", name="View").get_by_text("Your own table").click()
    table = page.get_by_test_id("stFileUploader").filter(has_text="A table with one row per person")
    table.locator("input[type=file]").set_input_files(path)


def test_from_a_cold_start_to_a_moved_threshold_and_a_table(visit, tmp_path):
    page = visit()
    sample(page)  # one click
    thresholds(page)
    move(page, 40)
    with page.expect_download() as started:
        page.locator("xpath=//h3[contains(., 'All disparities')]/following::button[contains(., 'CSV')][1]").click()
    table = tmp_path / "table.csv"
    started.value.save_as(table)
    rows = list(csv.reader(table.open(encoding="utf-8-sig")))
    assert len(rows) == 1 + 10
    assert {"female", "male"} <= {cell for row in rows for cell in row}


def test_own_table_reaches_the_threshold_page_in_four_clicks(visit, tmp_path):
    page = visit()
    bring(page, small_csv(tmp_path / "own.csv"))  # two: the view, the file
    page.get_by_role("button", name="Use this table").click()
    thresholds(page)
    assert not re.search("own|paid|score|sex", page.url)


def test_names_from_a_hostile_table_are_shown_and_do_nothing(visit, tmp_path):
    page = visit()
    bring(page, small_csv(tmp_path / "own.csv", HOSTILE))
    page.get_by_role("button", name="Use this table").click()
    thresholds(page)
    for name in HOSTILE:
        before = name.split("http")[0]   # an address holds an invisible joiner, so that no link is made of it
        expect(page.get_by_text(before, exact=False).first).to_be_attached()
    assert page.locator("a[href*=attacker]").count() == 0
    assert page.locator("img[src*=attacker], img[src=x]").count() == 0


def test_a_bad_upload_leaves_the_data_in_use(visit, tmp_path):
    page = visit()
    sample(page)
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.")
    bring(page, bad)
    expect(page.get_by_role("alert").filter(has_text="bad.csv").first).to_be_visible()
    expect(page.get_by_role("region", name="Sidebar")).to_contain_text("Simulated lending")
    page.get_by_role("link", name="Thresholds", exact=True).click()
    ready(page)


def test_a_reload_brings_data_and_settings_back(visit):
    page = visit()
    sample(page)
    thresholds(page)
    at = move(page, 5)
    expect(page).to_have_url(re.compile(rf"thresholds\.cut_0={at}(&|$)"))
    address = page.evaluate("location.href")
    page.reload()
    ready(page)
    expect(page.get_by_role("slider").first).to_have_attribute("aria-valuenow", at)
    assert page.evaluate("location.href") == address


def test_the_data_survive_a_change_of_page(visit):
    page = visit()
    sample(page)
    for name in ("Thresholds", "Guide", "Data"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        expect(page.get_by_role("region", name="Sidebar")).to_contain_text("Simulated lending")


@pytest.mark.parametrize("name", ["Calibration", "Thresholds"])   # the first by its file's name, and another
def test_the_first_visit_of_a_server_may_be_a_page_s_address(visit, cold_address, name):
    page = visit(f"/{name.lower()}?data=simulated-lending", at=cold_address)
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Guide", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Sidebar")).to_contain_text("Simulated lending")
    expect(page.get_by_text("Page not found")).to_have_count(0)


@pytest.mark.parametrize("page_name", ["Data", "Thresholds", "Guide"])
def test_nothing_is_wider_than_a_telephone(visit, page_name):
    page = visit(viewport={"width": 420, "height": 900})
    sample(page)
    if page_name != "Data":
        page.goto(page.url.replace("/?", f"/{page_name.lower()}?"))
    expect(page.get_by_role("heading", name=page_name, level=1)).to_be_visible()
    page.wait_for_timeout(1500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def large_csv(path, rows=1_000_000):
    """A million rows of ten columns, about 80 MB: reading takes long enough for its progress to be seen."""
    rng = np.random.default_rng(0)
    score = rng.random(rows).round(6)
    columns = {"sex": rng.choice(["F", "M"], rows), "age": rng.integers(18, 80, rows),
               "paid": (rng.random(rows) < score).astype(int), "score": score}
    columns |= {f"feature {k}": rng.normal(size=rows).round(7) for k in range(6)}
    lines = "\n".join(",".join(map(str, row)) for row in zip(*(c.tolist() for c in columns.values()), strict=True))
    path.write_text(",".join(columns) + "\n" + lines + "\n")
    return path


@pytest.mark.slow
def test_a_million_rows_show_progress_and_arrive(visit, tmp_path):
    page = visit()
    page.set_default_timeout(120_000)
    bring(page, large_csv(tmp_path / "large.csv"))
    expect(page.get_by_role("progressbar").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("1,000,000 rows").first).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Use this table").click()
    thresholds(page)
