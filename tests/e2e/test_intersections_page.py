"""The intersections page in a real browser: a path with progress, a click that chooses, scores in use, a phone."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from tests.e2e.test_accessibility import faults

pytestmark = pytest.mark.e2e
PATIENCE = 90_000
LENDING = "/intersections?data=simulated-lending&intersections.attributes=0,1,&intersections.permutations=19"
PATH = f"{LENDING}&intersections.section=path&intersections.kappas=0,4,6,"


def figure(page, name):
    return page.get_by_role("figure", name=re.compile(name))


WHERE = """([name, place]) => {
    const plots = [...document.querySelectorAll('.js-plotly-plot')];
    const plot = plots.find((each) => each._fullLayout.xaxis.title.text.startsWith('strength'));
    plot.scrollIntoView({block: 'center'});
    const trace = plot._fullData.find((each) => each.name === name);
    const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
    return [box.x + xaxis._offset + xaxis.l2p(trace.x[place]), box.y + yaxis._offset + yaxis.l2p(trace.y[place])];
}"""


def trained(visit, path=PATH, **options):
    page = visit(path, **options)
    page.get_by_role("button", name="Train the path").click()
    expect(figure(page, "^loss, without the penalty by strength")).to_be_visible(timeout=PATIENCE)
    return page


def test_the_heat_map_says_every_cell_in_words_and_the_table_opens(visit):
    page = visit(LENDING)
    expect(figure(page, "mean of score by sex x ethnicity")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Over 8 combinations")).to_be_visible()
    page.get_by_role("button", name="As a table").first.click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()


def test_a_click_on_one_chart_marks_the_point_in_all_three_and_in_the_numbers(visit):
    page = trained(visit)
    expect(page.locator(".js-plotly-plot .points path").first).to_be_attached(timeout=PATIENCE)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="κ 3, test")).to_have_count(0)
    page.mouse.click(*page.evaluate(WHERE, ["test: reports", 2]))
    for name in ("^loss, without the penalty by strength", "^divergence of the cells", "^Loss against divergence"):
        expect(figure(page, f"{name}.*chosen CCdCov, logistic, κ 3 ")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("columnheader", name="κ 3, test")).to_be_visible()


def test_scores_go_to_the_frontier_page_and_back(visit):
    page = trained(visit)
    page.get_by_role("button", name="Use these scores").click()
    expect(page.get_by_role("button", name="Back to the original score")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Frontier").click()
    expect(figure(page, "^Best accuracy within")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Back to the original score").click()
    expect(page.get_by_role("button", name="Back to the original score")).to_have_count(0, timeout=PATIENCE)


def test_training_can_be_cancelled(visit):
    page = visit(f"{LENDING}&intersections.section=path&intersections.model_classification=mlp")
    page.get_by_role("button", name="Train the path").click()
    page.get_by_role("button", name="Cancel").click(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Train the path")).to_be_enabled(timeout=PATIENCE)
    expect(page.locator(".js-plotly-plot")).to_have_count(0)


@pytest.mark.slow
def test_nothing_is_wider_than_a_phone(visit):
    page = trained(visit, viewport={"width": 400, "height": 900})
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 400


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_of_accessibility(visit, scheme):
    page = trained(visit, color_scheme=scheme)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    assert faults(page) == []
