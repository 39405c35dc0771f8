"""The live explorer in a real browser: silent while dragged, exact when let go, usable by hand, finger and keyboard."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, wait_for, watch

pytestmark = pytest.mark.e2e
APP = "tests/e2e/live_app.py"
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """The address of the explorer's own little app."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("live") / "log.txt"
    options = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}",
               "--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    with log.open("w") as out:
        server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", APP, *options], cwd=ROOT,
                                  env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def visit(browser, live):
    """Open the app as a new visitor; complaints (errors, dialogs, foreign requests) fail the test at its end."""
    contexts, complaints = [], []

    def go(query="", **options):
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        watch(page, live, complaints)
        page.sent = []
        page.on("websocket", lambda ws: ws.on("framesent", lambda data: page.sent.append(len(data))))
        page.goto(f"{live}/?{query}")
        page.locator(".te .panel").first.wait_for()
        python(page, 1)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not complaints


def python(page, run=None):
    """What Python says after a run: policy, disparities, rates."""
    words = f"python run {run} " if run else "python run "
    return json.loads(page.get_by_text(words).first.inner_text().split(" ", 3)[3])


def value(slider):
    return int(slider.get_attribute("aria-valuenow"))


def until(page, slider, edge):
    """Drawing happens in the next frame, so a bare read would race with it."""
    from playwright.sync_api import expect

    expect(slider).to_have_attribute("aria-valuenow", str(edge))


def place(page, h, share, down=0.4):
    box = page.locator(".te .plot").nth(h).bounding_box()
    return box["x"] + box["width"] * share, box["y"] + box["height"] * down


def shown(page):
    """Every number on screen as text: the tiles in order, then the table's cells row by row."""
    tiles = page.locator(".te .tile b").all_inner_texts()
    cells = [row.locator("td b").all_inner_texts() for row in page.locator(".te tbody tr").all()]
    return tiles, cells


def agrees(page, said):
    tiles, cells = shown(page)
    keys = ("disparate_impact_ratio", "demographic_parity_difference", "equal_opportunity_difference",
            "predictive_equality_difference", "equalized_odds_difference")
    assert tiles == [f"{float(said['gaps'][key]):.3f}" for key in keys]
    for column, (key, values) in enumerate(said["rates"].items()):
        share = key not in ("matthews_correlation", "expected_cost")
        for row, number in enumerate(values):
            shown_as = cells[row][column]
            assert float(shown_as.rstrip("%")) == pytest.approx((100 if share else 1) * float(number),
                                                                abs=0.0501 if share else 0.000501)


@pytest.mark.parametrize("case", ["grid", "deciles", "quantiles", "weights", "unknown"])
def test_a_drag_is_silent_until_release_and_then_python_agrees(visit, case):
    page = visit(f"case={case}&k=4&every=1")
    agrees(page, python(page, 1))
    page.locator(".te input").uncheck()
    python(page, 2)
    page.wait_for_timeout(600)
    before, quiet = shown(page), len(page.sent)
    page.mouse.move(*place(page, 1, 0.5))
    page.mouse.down()
    for i in range(30):
        page.mouse.move(*place(page, 1, 0.5 + i / 100))
    page.wait_for_timeout(300)
    assert len(page.sent) == quiet
    dragged = shown(page)
    assert dragged != before
    page.mouse.up()
    said = python(page, 3)
    assert shown(page) == dragged
    agrees(page, said)
    assert said["policy"]["kind"] == "deterministic"
    assert page.get_by_text("page run 1").count() == 1   # the fragment alone ran


def test_every_number_names_its_groups_and_the_rows_behind_it(visit):
    page = visit("case=deciles&k=12&n=900", viewport={"width": 1280, "height": 900})
    said = page.locator(".te .tile").first
    assert "of not being selected" in said.inner_text()
    for end, word in enumerate(("highest", "lowest")):
        who = said.locator(".who").nth(end)
        assert re.fullmatch(rf"{word} \d+ [A-Z].+", who.inner_text())
        assert who.get_attribute("title") == who.inner_text()
    rows = [int(text.removeprefix("n = ")) for text in page.locator(".te .panel .rows").all_inner_texts()]
    assert sum(rows) == 900
    assert page.locator(".te tbody .rows").all_inner_texts() == [f"n = {n}" for n in rows]
    behind = [text.strip() for text in page.locator(".te tbody td:nth-of-type(1) .of").all_inner_texts()]
    assert behind == [f"of {n}" for n in rows]
    precision = page.locator(".te tbody tr").first.locator("td").nth(3).locator(".of")
    before = int(precision.inner_text().strip().removeprefix("of "))
    page.mouse.click(*place(page, 0, 0.75))
    python(page, 2)
    assert int(precision.inner_text().strip().removeprefix("of ")) < before


@pytest.mark.parametrize("width", [400, 1280])
def test_the_mark_of_a_small_group_is_whole(visit, width):
    page = visit("k=12&n=600&every=1", viewport={"width": width, "height": 900})
    tags = page.locator(".te .tag")
    assert tags.count() > 2
    cut = tags.evaluate_all("""nodes => nodes.filter((node) => {
      const box = node.getBoundingClientRect(), around = node.parentElement.getBoundingClientRect();
      return node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline"
        || box.width < 20 || box.right > around.right + 1;
    }).length""")
    assert cut == 0
    names = page.locator(".te tbody th")
    assert not any(names.evaluate_all("nodes => nodes.map((node) => node.scrollWidth > node.clientWidth)"))


def test_what_painted_once_is_never_called_silent(visit):
    page = visit("k=2")   # without patience, so only the report keeps it
    assert page.get_by_text("silent: False").count() == 1
    page.get_by_text("Every rate").click()
    python(page, 2)
    page.get_by_role("link", name="Other").click()
    page.get_by_text("Another page").wait_for()
    page.set_viewport_size({"width": 1000, "height": 700})
    page.get_by_role("link", name="Explorer").click()
    python(page, 3)
    assert page.get_by_text("silent: False").count() == 1


def test_deciles_drag_in_ten_steps(visit):
    page = visit("case=deciles&k=2")
    slider = page.get_by_role("slider").first
    assert slider.get_attribute("aria-valuemax") == "10"
    seen = set()
    page.mouse.move(*place(page, 0, 0.01))
    page.mouse.down()
    for i in range(101):
        page.mouse.move(*place(page, 0, min(0.999, i / 100)))
        page.wait_for_timeout(20)
        seen.add(slider.get_attribute("aria-valuetext").split(",")[0])
    page.mouse.up()
    assert seen == {*(f"≥ {i}" for i in range(1, 11)), "nobody"}


def test_the_keyboard_alone_moves_a_group_and_reads_its_numbers(visit):
    page = visit("k=2")
    page.locator(".te input").focus()
    page.keyboard.press("Space")
    python(page, 2)
    slider = page.get_by_role("slider").first
    for _ in range(8):
        if slider.evaluate("node => node.matches(':focus')"):
            break
        page.keyboard.press("Tab")
    assert slider.evaluate("node => node.matches(':focus')")
    for key in ["ArrowRight"] * 3 + ["ArrowDown", "PageUp", "Shift+ArrowLeft"]:
        page.keyboard.press(key)
    until(page, slider, 512 + 3 - 1 + 32 - 10)
    said = python(page, 3)   # one run for six keys
    assert said["policy"]["thresholds"]["Black"] == 536 / 1024
    assert said["policy"]["thresholds"]["White"] == 0.5
    share = float(said["rates"]["selection_rate"][0])
    assert slider.get_attribute("aria-valuetext") == f"≥ 0.5234, selects {100 * share:.1f}%"
    assert "demographic parity difference" in page.locator(".te [aria-live]").inner_text()
    row = page.locator(".te tbody tr").first.text_content()
    found = re.search(r"1Black n = (\d,\d{3})\d+\.\d% interval \d+\.\d to \d+\.\d of (\d,\d{3})", row)
    assert found
    assert found[1] == found[2]   # what a screen reader is given; everyone is behind a selection rate
    page.keyboard.press("Tab")
    assert page.get_by_role("slider").nth(1).evaluate("node => node.matches(':focus')")


def test_home_and_end_select_everybody_and_nobody(visit):
    page = visit("k=2")
    slider = page.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("Home")
    until(page, slider, 0)
    page.keyboard.press("End")
    until(page, slider, 1025)
    said = python(page, 2)
    assert said["policy"]["otherwise"] == "inf"
    precision = page.locator(".te tbody tr").first.locator("td").nth(3)
    assert precision.locator("b").inner_text() == "not estimable"
    assert precision.get_attribute("title") == "not estimable: has no selected rows with a known outcome"
    assert "has no selected rows" in precision.text_content()
    assert page.locator(".te .tile b").first.inner_text() == "not estimable"


def test_a_lottery_is_shown_as_it_is_until_it_is_touched(visit):
    page = visit("case=lottery&k=4&every=1")
    agrees(page, python(page, 1))
    slider = page.get_by_role("slider").first
    assert slider.get_attribute("aria-valuetext").startswith("≥ 0.3004 (25%), ≥ 0.6001 (75%), selects")
    assert page.locator(".te .plot").first.locator(".fixed:visible").count() == 2
    page.mouse.click(*place(page, 0, 0.5))
    said = python(page, 2)
    agrees(page, said)
    assert page.locator(".te .plot").first.locator(".fixed:visible").count() == 0
    assert said["policy"]["thresholds"]["Black"] == 0.41237   # not touched, so exactly what it was


def test_more_groups_than_lines_follow_one_line(visit):
    page = visit("k=30&n=3000")
    assert page.get_by_role("slider").count() == 13
    tiles = page.locator(".te .tile b").all_inner_texts()
    gaps = python(page, 1)["gaps"]
    assert tiles[1] == f"{float(gaps['demographic_parity_difference']):.3f}"
    page.locator(".te input").uncheck()
    python(page, 2)
    page.locator(".te .plot").nth(12).scroll_into_view_if_needed()
    page.mouse.click(*place(page, 12, 0.3))
    said = python(page, 3)
    gap = float(said["gaps"]["demographic_parity_difference"])
    assert page.locator(".te .tile b").nth(1).inner_text() == f"{gap:.3f}"
    assert len(set(said["policy"]["thresholds"].values())) == 2


def test_labels_are_text(visit):
    page = visit("k=4&case=hostile")
    page.mouse.click(*place(page, 0, 0.7))
    said = python(page, 2)
    agrees(page, said)
    assert page.locator(".te img, .te script").count() == 0
    names = page.locator(".te .panel .name").all_inner_texts()
    assert "1${alert(3)}" in [name.replace(" ", "").replace("\n", "") for name in names]
    assert any("<img src=x onerror=alert(1)>" in name for name in names)
    assert any("__proto__" in name for name in names)


def test_the_choice_survives_another_page_and_stays_in_its_session(visit):
    page, other = visit("k=2"), visit("k=2")
    page.get_by_role("button", name="stairs").click()
    said = python(page, 2)
    assert said["policy"]["thresholds"] == {"Black": 512 / 1024, "White": 513 / 1024}
    page.get_by_role("link", name="Other").click()
    page.get_by_text("Another page").wait_for()
    page.get_by_role("link", name="Explorer").click()
    page.locator(".te .panel").first.wait_for()
    until(page, page.get_by_role("slider").nth(1), 513)
    assert python(page, 3)["policy"] == said["policy"]
    assert not page.locator(".te input").is_checked()
    assert value(other.get_by_role("slider").nth(1)) == 512
    assert python(other)["policy"]["kind"] == "common"


def test_a_policy_from_elsewhere_moves_the_lines_and_the_ghost_stays(visit):
    page = visit("k=2")
    ghost = page.locator(".te .plot .ghost").first
    stands = ghost.evaluate("node => node.style.left")
    page.mouse.click(*place(page, 0, 0.2))
    assert python(page, 2)["policy"]["otherwise"] < 0.25
    page.get_by_role("button", name="Reset").click()
    until(page, page.get_by_role("slider").first, 512)
    agrees(page, python(page, 3))
    assert ghost.evaluate("node => node.style.left") == stands
    page.mouse.click(*place(page, 0, 0.8))   # the new start accepts releases
    assert python(page, 4)["policy"]["otherwise"] > 0.75


def test_other_rates_come_without_losing_the_lines(visit):
    page = visit("k=2")
    page.locator(".te input").uncheck()
    python(page, 2)
    page.mouse.click(*place(page, 1, 0.3))
    chosen = python(page, 3)["policy"]
    page.get_by_text("Every rate").click()
    said = python(page, 4)
    page.locator(".te thead th").nth(10).wait_for()
    assert said["policy"] == chosen
    agrees(page, said)
    page.mouse.click(*place(page, 0, 0.8))
    agrees(page, python(page, 5))


def test_groups_stay_linked_where_the_page_says_so(visit):
    page = visit("k=2&separate=0")
    assert page.locator(".te input").is_disabled()
    assert page.locator(".te .presets button").all_inner_texts() == ["middle for all"]
    page.mouse.click(*place(page, 1, 0.3))
    assert python(page, 2)["linked"] is True


def test_a_finger_taps_and_drags_but_a_scroll_moves_nothing(visit):
    page = visit("k=2", has_touch=True, viewport={"width": 500, "height": 700}, is_mobile=True)
    slider = page.get_by_role("slider").first
    page.locator(".te .plot").first.scroll_into_view_if_needed()
    touch = page.context.new_cdp_session(page)

    def finger(kind, *at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = place(page, 0, 0.5)
    finger("touchStart", x, y)
    for step in range(1, 12):
        finger("touchMove", x, y - 12 * step)
    finger("touchEnd")
    page.wait_for_timeout(600)
    assert value(slider) == 512   # the page scrolled
    page.locator(".te .plot").first.scroll_into_view_if_needed()
    page.touchscreen.tap(*place(page, 0, 0.25))
    python(page, 2)
    assert 200 < value(slider) < 300
    x, y = place(page, 0, 0.25)
    finger("touchStart", x, y)
    for step in range(1, 20):
        finger("touchMove", x + 8 * step, y)
    finger("touchEnd")
    python(page, 3)
    assert value(slider) > 500


@pytest.mark.parametrize("options", [
    {"viewport": {"width": 400, "height": 900}}, {"viewport": {"width": 700, "height": 500}, "device_scale_factor": 2},
], ids=["narrow", "zoomed"])
def test_it_fits_its_width(visit, options):
    page = visit("k=12&every=1", **options)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".te .plot").first.scroll_into_view_if_needed()
    page.mouse.click(*place(page, 0, 0.75))
    said = python(page, 2)
    assert abs(said["policy"]["otherwise"] - 0.75) < 0.02


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["k=4&every=1", "k=12&n=600", "case=lottery&k=4", "case=unknown&k=2"])
def test_contrast_is_enough_in_both_themes(visit, scheme, query):
    page = visit(query, color_scheme=scheme)
    assert page.locator(".te.dark").count() == (scheme == "dark")
    page.locator(".te tbody tr").first.hover()   # a row and a curve are lit
    found = page.evaluate(CONTRAST)
    assert len(found) > 50
    low = sorted({(*map(str, row[:4]), round(row[4], 2)) for row in found if row[4] < row[3]})
    assert not low, low


def test_the_contrast_check_sees_grey_on_white(visit):
    page = visit("k=2", color_scheme="light")
    page.locator(".te").evaluate("node => node.style.setProperty('--soft', '#999')")
    assert any(row[4] < row[3] for row in page.evaluate(CONTRAST))


def test_equal_operating_points_share_a_label(visit):
    page = visit("k=4")
    page.get_by_role("slider").first.focus()
    page.keyboard.press("End")
    python(page, 2)
    labels = [text for text in page.locator(".te .dot text").all_text_contents() if text]
    assert labels == ["1·2·3·4"]
