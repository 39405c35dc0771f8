"""The audit in a real browser, by both doors: two files are compared, and a sample is doctored and taken away."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e
PATIENCE = 60_000
HEAD = ["sex", "age", "hired"]


def people(n, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], n, p=[0.4, 0.6])
    hired = rng.random(n) < np.where(sex == "F", 0.15, 0.35)
    return [[s, int(age), int(h)] for s, age, h in zip(sex, rng.integers(18, 80, n), hired, strict=True)]


def written(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The whole, an honest draw from it, and one in which women were hired as often as men."""
    folder, whole = tmp_path_factory.mktemp("audit"), people(2_000)
    chosen = np.random.default_rng(1).choice(len(whole), 300, replace=False)
    honest = [whole[i] for i in chosen]
    women, men = ([row for row in honest if row[0] == sex] for sex in "FM")
    share = sum(row[2] for row in men) / len(men)
    forged = men + [[*row[:2], int(place < share * len(women))] for place, row in enumerate(women)]
    return {name: written(folder / f"{name}.csv", rows)
            for name, rows in (("whole", whole), ("honest", honest), ("forged", forged))}


def audited(page, sample, whole):
    uploads = page.locator("input[type=file]")
    expect(uploads).to_have_count(2, timeout=PATIENCE)
    for place, (path, rows) in enumerate(((sample, "300 rows, 3 columns"), (whole, "2,000 rows, 3 columns"))):
        uploads.nth(place).set_input_files(path)
        expect(page.get_by_text(rows)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Run the audit").click()
    expect(page.get_by_text(re.compile("ejected at the 5 % level"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)


def test_an_honest_sample_is_not_rejected_and_leaving_the_page_loses_nothing(visit, files):
    page = visit("/manipulation")
    audited(page, files["honest"], files["whole"])
    expect(page.get_by_text("Not rejected at the 5 % level")).to_be_visible()
    page.get_by_role("link", name="Guide").click()
    expect(page.get_by_role("heading", name="Guide", level=1)).to_be_visible()
    page.go_back()
    expect(page.get_by_text("300 rows, 3 columns")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Not rejected at the 5 % level")).to_be_visible(timeout=PATIENCE)


def test_a_forged_sample_is_rejected_and_its_tests_can_be_taken_away(visit, files, tmp_path):
    page = visit("/manipulation")
    audited(page, files["forged"], files["whole"])
    expect(page.get_by_text("Altered rows are proved")).to_be_visible()   # rows that the whole does not hold
    with page.expect_download() as started:
        page.get_by_test_id("stDownloadButton").filter(has_text="CSV").last.get_by_role("button").click()
    started.value.save_as(tmp_path / "tests.csv")
    rows = list(csv.DictReader((tmp_path / "tests.csv").open(encoding="utf-8-sig")))
    assert {"direct test of the ratio", "G test of the cells"} <= {row["test"] for row in rows}


def test_a_doctored_sample_is_made_audited_and_taken_away_with_its_mark(visit, tmp_path):
    page = visit("/manipulation?data=simulated-lending&manipulation.door=stress&manipulation.size=300")
    page.get_by_role("button", name="Doctor a sample").click()
    expect(page.get_by_text(re.compile("no row altered, only picked"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("ejected at the 5 % level"))).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as started:
        page.get_by_role("button", name="Doctored sample, marked").click()
    assert "manipulated" in started.value.suggested_filename
    started.value.save_as(tmp_path / "doctored.csv")
    rows = list(csv.reader((tmp_path / "doctored.csv").open(encoding="utf-8-sig")))
    assert len(rows) == 301
    assert all(any("manipulated" in cell for cell in row) for row in rows[1:])
