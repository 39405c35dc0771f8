"""A report opened in a browser without a network: every chart is there, nothing is asked for, nothing foreign runs."""

import pytest
from playwright.sync_api import expect

from engine.report.html import render
from tests.reports import hostile

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(hostile()), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, file, request):
    """The report in an offline browser, with all that it asked for and complained of."""
    context = browser.new_context(offline=True, **getattr(request, "param", {}))
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("console", lambda said: page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("dialog", lambda dialog: page.complaints.append("a dialog"))
    page.goto(file.as_uri())
    expect(page.locator("figure[data-drawn]")).to_have_count(len(hostile().pictures))
    yield page
    context.close()


def test_every_chart_is_drawn_and_nothing_is_asked_for(opened, file):
    count = len(hostile().pictures)
    assert opened.locator("figure .main-svg").count() >= count
    assert opened.locator("figure[data-drawn]").count() == count
    assert opened.asked == [file.as_uri()]
    assert opened.complaints == []


def test_what_a_file_brought_is_shown_and_does_not_run(opened):
    assert opened.get_by_text("<script>alert(1)</script>").first.is_visible()
    assert opened.locator("img").count() == 0
    assert opened.locator("a[href^='http']").count() == 0
    # even a script that got into the page would be stopped by its policy
    opened.evaluate("() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
                    " document.body.append(s); }")
    assert opened.evaluate("window.ran") is None


def test_a_chart_is_saved_as_svg_without_a_server(opened, tmp_path):
    with opened.expect_download() as saved:
        opened.get_by_role("button", name="Save as SVG").first.click()
    saved.value.save_as(tmp_path / "chart.svg")
    assert b"<svg" in (tmp_path / "chart.svg").read_bytes()
    assert saved.value.suggested_filename == f"{hostile().pictures[0].name}.svg"


@pytest.mark.parametrize("opened", [{"viewport": {"width": 400, "height": 800}}], indirect=True)
def test_it_fits_a_phone(opened):
    assert opened.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("opened", [{"color_scheme": "dark"}], indirect=True)
def test_charts_follow_a_dark_page(opened):
    label = opened.locator(".xtick text").first
    expect(label).to_have_css("fill", "rgb(232, 236, 242)")
    opened.emulate_media(color_scheme="light")
    expect(label).to_have_css("fill", "rgb(27, 36, 48)")


def test_tables_are_reached_by_keyboard(opened):
    opened.locator("summary").first.focus()
    opened.keyboard.press("Enter")
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.getAttribute('role')") == "region"


def test_accessibility_rules_hold(opened):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    # evaluated by the browser's own tools, which the page's policy does not bind
    found = axe.Axe().run(opened).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found
            if each["impact"] in ("serious", "critical")] == []


def test_it_prints_in_light_colours(opened):
    opened.emulate_media(media="print", color_scheme="dark")
    assert opened.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert not opened.locator("nav").is_visible()
