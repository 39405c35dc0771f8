"""The threshold page in a real browser: by keyboard alone to a policy file, and back from a file or an address."""

from __future__ import annotations

import json
import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from engine.policy import Policy

pytestmark = pytest.mark.e2e
LENDING = "/thresholds?data=simulated-lending"
PATIENCE = 30_000


def line(page, name="all groups"):
    """The handle of one group, or of all of them."""
    return page.get_by_role("slider", name=f"Threshold for {name}").first


def threshold(page, name="all groups"):
    return int(line(page, name).get_attribute("aria-valuenow"))


def reach(page, target, steps=60):
    """Press the tab key until the target has the focus."""
    for _ in range(steps):
        if target.evaluate("node => node.getRootNode().activeElement === node"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the keyboard does not get there")


def section(page, name):
    page.get_by_role("radiogroup", name="Look at").get_by_text(name, exact=True).click()


def bring(page, policy):
    section(page, "Policies")
    page.locator("input[type=file]").set_input_files(
        {"name": "policy.json", "mimeType": "application/json", "buffer": json.dumps(policy).encode()})


def test_by_keyboard_alone_from_a_group_to_a_policy_file(visit, tmp_path):
    page = visit(f"{LENDING}&thresholds.around=policies&thresholds.acknowledged=true&thresholds.by_0=0"
                 "&thresholds.cut_0=512&thresholds.cuts_0=512%2C540%2C")
    expect(line(page, "male")).to_have_attribute("aria-valuenow", "540", timeout=PATIENCE)
    reach(page, line(page, "female"))
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowLeft")
    expect(line(page, "female")).to_have_attribute("aria-valuenow", "543")
    expect(page).to_have_url(re.compile("cuts_0=543(%2C|,)540"), timeout=PATIENCE)   # let go: the server knows
    download = page.get_by_role("button", name="Download policy")
    reach(page, download)
    with page.expect_download() as started:
        page.keyboard.press("Enter")
    path = tmp_path / "policy.json"
    started.value.save_as(path)
    policy = Policy.from_json(json.loads(path.read_text()))
    chosen = {group: mix[0][0] for group, mix in policy.thresholds}
    assert chosen["female"] == pytest.approx(543 / 1024, abs=1e-3)
    assert chosen["male"] == pytest.approx(540 / 1024, abs=1e-3)
    assert policy.data_sha256


def test_a_policy_of_other_data_is_applied_only_after_the_question(visit):
    page = visit(LENDING)
    expect(line(page)).to_be_visible(timeout=PATIENCE)
    before = threshold(page)
    bring(page, {**Policy.common(0.75).to_json(), "data": {"sha256": "ab" * 32}})
    question = page.get_by_text("Apply it to these data?")
    expect(question).to_be_visible(timeout=PATIENCE)
    expect(question).to_contain_text("abababababab")
    expect(question).to_contain_text("Simulated lending")
    assert threshold(page) == before
    page.get_by_role("button", name="Apply to these data").click()
    expect(line(page)).to_have_attribute("aria-valuenow", "768", timeout=PATIENCE)
    page.get_by_role("button", name="Undo").click()
    expect(line(page)).to_have_attribute("aria-valuenow", str(before), timeout=PATIENCE)


def test_the_address_brings_the_thresholds_back_to_another_visitor(visit):
    page = visit(LENDING)
    expect(line(page)).to_be_visible(timeout=PATIENCE)
    line(page).press("End")
    line(page).press("PageDown")
    expect(page).to_have_url(re.compile(r"cut_0=993"), timeout=PATIENCE)
    other = visit("/" + page.url.split("/", 3)[3])
    expect(line(other)).to_have_attribute("aria-valuenow", "993", timeout=PATIENCE)
    fresh = visit(LENDING)
    expect(line(fresh)).to_have_attribute("aria-valuenow", "512", timeout=PATIENCE)


def test_every_section_follows_the_thresholds(visit):
    page = visit(LENDING)
    expect(line(page)).to_be_visible(timeout=PATIENCE)
    line(page).press("PageUp")
    expect(page).to_have_url(re.compile(r"cut_0=544"), timeout=PATIENCE)
    section(page, "Who changes")
    expect(page.get_by_role("figure", name=re.compile("Persons who change sides"))).to_be_visible(timeout=PATIENCE)
    section(page, "Rate against threshold")
    expect(page.get_by_role("figure", name=re.compile(r"in use: .* at 0\.5312", re.IGNORECASE))).to_be_visible(
        timeout=PATIENCE)
    section(page, "Two thresholds")
    expect(page.get_by_role("figure", name=re.compile(r"In use: 0\.5312 and 0\.5312"))).to_be_visible(timeout=PATIENCE)


def test_where_the_component_cannot_load_sliders_do_the_work(visit):
    page = visit(f"{LENDING}&thresholds.native=true&thresholds.around=rates")
    slider = page.get_by_role("slider").first
    expect(slider).to_be_visible(timeout=PATIENCE)
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"cut_0=513"), timeout=PATIENCE)


def test_settings_opened_after_a_preset_hold_what_is_in_force(visit):
    page = visit("/thresholds?data=simulated-lending")
    page.get_by_role("button", name="best accuracy").click()
    expect(page.get_by_role("button", name="Reset")).to_be_enabled()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("spinbutton", name="Level of intervals")).to_have_value("0.950")
    expect(page.get_by_role("spinbutton", name="Minimum group size")).to_have_value("30")
    expect(page.get_by_role("spinbutton", name="Cost of a false positive")).to_have_value("1.00")
