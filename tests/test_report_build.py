"""A report holds what the engine says, no more and no less; the same input and clock give the same report."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.assessment import Request, assess
from engine.errors import InvalidData
from engine.glossary import GLOSSARY
from engine.metrics import RATES
from engine.policy import Policy
from engine.report import Measured, ReportRequest, Section, build
from engine.report.html import render
from engine.report.json_form import write
from engine.report.provenance import command
from engine.types import Attribute, Roles
from tests.build import dataset
from tests.reports import CLOCK, data, report

GOLDEN = Path(__file__).parent / "golden" / "report.txt"


def table(found, name):
    return next(each for each in found.tables if each.name == name)


def test_rates_are_those_of_the_assessment():
    found = report()
    groups = assess(data(), Request(Policy.common(0.5))).groupings["g"]
    rows = table(found, "rates-g").rows
    for g, name in enumerate(groups.names):
        assert rows[g][0] == name
        for key, cell in zip(groups.rates, rows[g][2:], strict=False):
            assert cell.value == pytest.approx(groups.rates[key].value[g], abs=1e-11), RATES[key].name
            assert cell.low == pytest.approx(groups.rates[key].low[g], abs=1e-11)
            assert cell.n == groups.rates[key].n[g]


def test_every_number_has_an_interval_or_a_reason():
    found = report(("a", "b", "tiny"), 240)
    cells = [cell for each in found.tables for row in each.rows for cell in row if isinstance(cell, Measured)]
    assert len(cells) > 80
    assert not [cell for cell in cells if None in (cell.value, cell.low, cell.high) and not cell.reason]


def test_what_is_not_estimable_is_blank_with_its_reason():
    scores = np.tile([0.2, 0.8], 60)
    found = build(dataset(scores, [0, 1] * 30 + [0, 0] * 30, g=["a"] * 60 + ["b"] * 60), ReportRequest(), CLOCK)
    rates = table(found, "rates-g")
    cell = rates.rows[1][rates.columns.index("true positive rate")]
    assert cell.value is None
    assert cell.reason == "not estimable: b has no positives"


def test_every_section_is_there_and_every_number_is_defined():
    found = report()
    assert [section.name for section in found.sections] == [
        "decision", "rates", "disparities", "thresholds", "frontier", "calibration", "unknown-groups"]
    assert len(found.pictures) == 6
    named = {term.key for term in found.definitions}
    used = {key for each in (*found.tables, *found.pictures) for key in each.definitions}
    assert used <= set(GLOSSARY)
    assert used <= named
    assert set(RATES) <= named


def test_files_and_places_have_names_of_their_own():
    found = report(("a", "b"), 240, sections=(Section("rates", "Again", tables=(table(report(), "rates-g"),)),))
    for names in ([each.name for each in found.tables], [section.name for section in found.sections]):
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)


def test_without_an_outcome_the_other_sections_remain():
    found = build(replace(data(), label=None), ReportRequest(), CLOCK)
    said = {section.name: section for section in found.sections}
    assert "needs a yes/no outcome" in said["frontier"].paragraphs[0]
    assert said["rates"].tables


def test_without_a_score_the_report_says_so():
    found = build(replace(data(), scores={}, score=None), ReportRequest(), CLOCK)
    assert "no score" in found.sections[0].paragraphs[0]
    assert "no rate is estimable" in found.warnings[-1]


def test_a_decision_has_no_threshold_to_move():
    found = build(replace(data(), score_source="prediction"), ReportRequest(), CLOCK)
    said = {section.name: section.paragraphs for section in found.sections}
    assert "no threshold to move" in said["thresholds"][0]


def test_baseline_and_rejected_policies_stand_beside_the_policy():
    found = report(baseline=Policy.common(0.25), rejected=(("stricter", Policy.common(0.75)),))
    decision = table(found, "decision")
    assert decision.columns == ("number", "groups", "this policy", "baseline", "stricter")
    shares = [cell.value for cell in decision.rows[0][2:]]
    assert shares[1] > shares[0] > shares[2]
    assert [row[0] for row in table(found, "frontier-points").rows] == ["A", "B", "C"]


def test_unknown_groups_have_bounds():
    found = build(data(("a", "b", "missing")), ReportRequest(), CLOCK)
    bounds = table(found, "bounds-g")
    assert bounds.rows[0][1] < bounds.rows[0][3] < bounds.rows[0][2]


def test_small_groups_are_warned_of():
    assert any("fewer than 30 rows" in warning for warning in report(tuple("abcdefghij"), 240).warnings)


@pytest.mark.parametrize("wrong", [{"template": "x"}, {"rate": "x"}, {"disparity": "x"}, {"utility": "x"},
                                   {"level": 2.0}, {"min_group": -1}, {"cost_fp": -1.0}, {"seed": -1}])
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(InvalidData):
        report(**wrong)


def test_work_can_be_stopped():
    with pytest.raises(InvalidData, match="stopped"):
        build(data(), ReportRequest(), CLOCK, cancelled=lambda: True)


def test_the_same_input_and_clock_give_the_same_bytes():
    assert write(report()) == write(report())


def test_the_clock_is_the_one_given():
    assert report().provenance.clock == "2026-11-21T12:00:00Z"


def test_report_reads_as_it_did():
    """The words and numbers of the HTML form; charts' own values, styles and versions aside."""
    page = render(report(("first", "second"), n=120, baseline=Policy.common(0.75)))
    page = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r'<meta http-equiv="[^>]*>', "", page)
    page = re.sub(r"(<dt>Versions</dt><dd>)[^<]*", r"\1", page)
    assert page == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(("in_use", "named"), [
    (None, "--score s"), ("s", "--score s"), ("t", "--score t"), ("made here", "--score s"),
    ("human", "--prediction human --selected yes"),
])
def test_the_command_names_the_score_in_use_of_several_or_the_decision_beside_them(in_use, named):
    roles = Roles((Attribute("sex"),), label="y", positive="1", scores=("s", "t"), prediction="human", selected="yes")
    words = command(roles, ReportRequest(source="a.csv", policy=Policy.common(0.5, in_use)))
    assert words == (f"python -m engine report a.csv --label y --positive 1 {named} --protected sex:nominal "
                     "--threshold 0.5 -o report.html")
