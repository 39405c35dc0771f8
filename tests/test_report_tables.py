"""Evidence blocks, the table of the Uniform Guidelines, lines on the law, and groups kept back in whole reports."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from scipy.stats import hypergeom

from engine.assessment import Request, assess
from engine.errors import Issue
from engine.glossary import GLOSSARY
from engine.policy import Policy
from engine.report.build import build
from engine.report.json_form import to_json
from engine.report.request import ReportRequest
from engine.report.tables.legal import FILE, anchor, convention, law, texts
from engine.report.tables.ugesp import lines
from engine.report.templates import TEMPLATES
from engine.report.value import Blank, Measured
from engine.types import MISSING
from tests.build import dataset

CLOCK = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVIDENCE = {"eu-annex4": [f"E{k}" for k in range(1, 11)], "model-risk": [f"M{k}" for k in range(1, 11)]}
NUMBERS = (int, float)


def lending(seed=0, n=600, rare=6):
    rng = np.random.default_rng(seed)
    race = np.array(["a", "b", "c"], dtype=object)[rng.integers(0, 3, n)]
    race[:rare] = "rare"
    sex = np.where(rng.random(n) < 0.02, MISSING, np.where(rng.random(n) < 0.5, "F", "M"))
    label = (rng.random(n) < 0.4).astype(int)
    score = np.clip(0.3 * label + 0.1 * (race == "a") + 0.6 * rng.random(n), 0, 1)
    return dataset(score, label, race=list(race), sex=list(sex))


def report(template, data=None, **request):
    asked = {"policy": Policy.common(0.5, "s"), "baseline": Policy.common(0.4, "s"),
             "rejected": (("stricter", Policy.common(0.7, "s")),), **request}
    return build(data if data is not None else lending(), ReportRequest(template, **asked), CLOCK)


@cache
def usual(template):
    return report(template)


def tables(made):
    return {table.name: table for table in made.tables}


def states(made, template):
    return {row[0].split()[0]: row[1:] for row in tables(made)[f"{template}-evidence"].rows}


@pytest.mark.parametrize("template", EVIDENCE)
def test_every_block_is_there_with_its_state_and_its_anchor(template):
    made = usual(template)
    found = states(made, template)
    assert list(found) == EVIDENCE[template]
    assert {state for state, _ in found.values()} == {"complete", "partial", "not provided"}
    sections = {section.name: section for section in made.sections}
    for code in EVIDENCE[template]:
        said = sections[code.lower()].paragraphs
        assert said[0] == f"Evidence for {code}: {found[code][0]}."
        assert anchor(template, code) in said[1]
        fields = tables(made)[f"{template}-{code.lower()}"].rows
        assert "; ".join(row[0] for row in fields if row[1] is None) == found[code][1]


@pytest.mark.parametrize("template", EVIDENCE)
def test_what_a_person_says_completes_the_blocks(template):
    said = tuple(Blank(blank.label, f"said: {blank.label}") for blank in TEMPLATES[template].blanks)
    made = report(template, blanks=said)
    assert {state for state, _ in states(made, template).values()} == {"complete"}
    assert "said: " in json.dumps(to_json(made))
    one = report(template, blanks=(*said[:1], *(Blank(blank.label, " ") for blank in said[1:])))
    code, label = said[0].label.split(": ")
    assert states(one, template)[code][0] == "partial"
    assert label not in states(one, template)[code][1]


def test_the_chosen_and_the_rejected_points_are_named_with_what_they_reach():
    made = usual("eu-annex4")
    fields = {row[0]: row[1] for row in tables(made)["eu-annex4-e2"].rows}
    assert "≥ 0.5" in fields["Chosen point"]
    assert "stricter: " in fields["Rejected points"]
    assert "≥ 0.7" in fields["Rejected points"]
    data = lending()
    table = tables(made)["eu-e2-points"]
    for name, threshold in (("chosen", 0.5), ("baseline", 0.4), ("stricter", 0.7)):
        found = assess(data, Request(policy=Policy.common(threshold, "s")))
        row = next(row for row in table.rows if row[:2] == ("race", name))
        assert row[2].value == pytest.approx(found.overall.rates["accuracy"][0].value)
        assert row[3].value == pytest.approx(found.groupings["race"].disparities["demographic_parity_difference"].value)
    points = {row[1]: (row[2].value, -row[3].value) for row in table.rows if row[0] == "race"}
    for row in (row for row in table.rows if row[0] == "race"):
        better = [name for name, place in points.items() if place != points[row[1]]
                  and all(x >= y for x, y in zip(place, points[row[1]], strict=True))]
        assert row[4] == (", ".join(better) or "none of these")


def test_the_validator_finds_confusion_calibration_sweep_and_a_digest():
    made, data = usual("model-risk"), lending()
    found = tables(made)
    whole = assess(data, Request(policy=Policy.common(0.5, "s")))
    counts = whole.groupings["race"].counts.values
    rows = [row for row in found["mr-m4-confusion"].rows if row[0] == "race"]
    np.testing.assert_array_equal([row[2:] for row in rows], counts)
    assert found["mr-m4-calibration"].rows[0][1] == "everybody"
    scores, label = data.scores["s"], data.label
    assert found["mr-m4-calibration"].rows[0][6] == pytest.approx(float(np.mean((scores - label) ** 2)))
    sweep = [row for row in found["mr-m5-thresholds"].rows if row[1] == "race"]
    codes, names = data.attributes[0].codes, data.attributes[0].levels
    for threshold, _, group, selected, *_, ratio in sweep:
        inside = codes == names.index(group)
        assert selected.value == pytest.approx(np.mean(scores[inside] >= threshold - 1e-9))
        shares = [np.mean(scores[codes == g] >= threshold - 1e-9) for g, name in enumerate(names) if name != "rare"]
        if isinstance(ratio, Measured) and ratio.value is not None:
            assert ratio.value == pytest.approx(selected.value / max(shares))
    assert len({row[0] for row in sweep}) == 9
    result = {row[0]: row[1] for row in found["model-risk-m10"].rows}["Result"]
    assert result == {row[0]: row[1] for row in tables(report("model-risk"))["model-risk-m10"].rows}["Result"]
    other = report("model-risk", policy=Policy.common(0.51, "s"))
    assert result != {row[0]: row[1] for row in tables(other)["model-risk-m10"].rows}["Result"]


def test_what_is_not_there_is_said_not_to_be():
    data = replace(lending(), label=None)
    made = report("model-risk", data, baseline=None, rejected=())
    fields = {row[0]: row[1] for code in ("m4", "m6") for row in tables(made)[f"model-risk-{code}"].rows}
    assert fields["Discrimination, overall and by group"] is None
    assert fields["Calibration, overall and by group"] is None
    assert fields["Against the unmitigated model (the baseline)"] is None
    assert "outcome" in fields["Why there is no calibration"]
    bare = report("eu-annex4", replace(data, score=None), policy=None, baseline=None, rejected=())
    assert states(bare, "eu-annex4")["E7"][0] == "not provided"


def fisher(a, n, b, m):
    """Two-sided: all tables with these margins that are at most as likely."""
    law_of = hypergeom(n + m, a + b, n)
    chances = law_of.pmf(np.arange(max(0, a + b - m), min(n, a + b) + 1))
    return float(chances[chances <= law_of.pmf(a) * (1 + 1e-7)].sum())


@pytest.mark.parametrize("favourable", ["selected", "not-selected"])
def test_the_table_of_the_uniform_guidelines_by_hand(favourable):
    groups = ["a"] * 80 + ["b"] * 50 + ["c"] * 9 + ["missing"] * 40
    chosen = [1] * 48 + [0] * 32 + [1] * 12 + [0] * 38 + [1] * 9 + [1] * 40
    chosen = chosen if favourable == "selected" else [1 - x for x in chosen]
    data = dataset(chosen, g=groups, favourable=favourable)
    result = assess(data, Request(policy=Policy.common(0.5, "s"))).groupings["g"]
    found = {line.group: line for line in lines(result, favourable, 0.8)}
    assert [(found[g].people, found[g].favoured) for g in ("a", "b", "c")] == [(80, 48), (50, 12), (9, 9)]
    b = found["b"]
    assert b.ratio.value == pytest.approx(0.24 / 0.6)       # c is small, missing is no group: a has the highest rate
    assert b.difference.value == pytest.approx(0.24 - 0.6)
    assert b.ratio.low < b.ratio.value < b.ratio.high
    assert b.p_value == pytest.approx(fisher(12, 50, 48, 80))
    assert found["c"].p_value == pytest.approx(fisher(9, 9, 48, 80))
    assert b.shortfall == pytest.approx(0.6 * 50 - 12)
    assert b.to_convention == 12                            # 0.8 x 0.6 x 50 = 24
    assert found["c"].shortfall == found["a"].shortfall == 0
    assert math.isnan(found["a"].p_value)
    assert found["a"].reason
    shown = report("ugesp", data, baseline=None, rejected=()).tables[0]
    assert [row[1:3] for row in shown.rows[:3]] == [(80, 48), (50, 12), (9, 9)]
    assert shown.rows[1][7:] == (18.0, 12)


def test_weighted_counts_have_no_exact_test_and_small_groups_no_comparison():
    rng = np.random.default_rng(1)
    weighted = dataset(rng.random(100), weight=rng.random(100), g=["x", "y"] * 50)
    result = assess(weighted, Request(policy=Policy.common(0.5, "s"))).groupings["g"]
    assert any("no exact test" in str(line.reason) for line in lines(result, "selected", 0.8))
    few = assess(weighted, Request(policy=Policy.common(0.5, "s"), min_group=1_000)).groupings["g"]
    assert all(math.isnan(line.ratio.value) and line.ratio.reason for line in lines(few, "selected", 0.8))


def test_lines_on_the_law_are_dated_and_marked():
    assert "not legal advice" in texts()["not_legal_advice"]
    for template in ("ll144", "ugesp", *EVIDENCE):
        first, *others = law(template).paragraphs
        assert "not legal advice" in first
        assert others
        assert all(re.search(r"\((unverified, )?as of 20\d\d-\d\d-\d\d\)$", line) for line in others)
        lines_of = [line for line in texts()["status"] if line["template"] == template]
        assert [line["verified"] for line in lines_of] == ["unverified, " not in line for line in others]
    for template, codes in EVIDENCE.items():
        assert list(texts()["anchors"][template]) == codes
    # The specification marks these as read at second hand or from memory.
    assert all("unverified" in anchor("eu-annex4", code) for code in ("E3", "E4", "E7", "E8", "E10"))
    assert all("unverified" in anchor("model-risk", code) for code in EVIDENCE["model-risk"])
    assert "SR 11-7" in anchor("model-risk", "M2")
    assert convention()[0] == 0.8
    assert FILE.is_file()


@pytest.mark.parametrize("template", ["eu-annex4", "model-risk", "ugesp", "ll144", "full"])
def test_groups_that_are_kept_back_are_nowhere(template):
    said = Issue("warning", "groups of fewer than 30 rows", "attribute 'race'", "'rare', 6 rows", "")
    data = lending(n=900).noted(said)
    made = report(template, data, suppress_under=10)
    assert ("kept back" if template == "ll144" else "are not shown") in json.dumps(to_json(made))
    assert "6 rows" not in " ".join(made.warnings)
    for table in made.tables:
        for row in table.rows:
            if any(cell == "rare" or str(cell).startswith(("rare x", "rare (")) for cell in row):
                assert not [x for x in row if isinstance(x, NUMBERS) or (isinstance(x, Measured) and x.value)], row


def test_without_the_wish_all_groups_are_shown():
    said = Issue("warning", "groups of fewer than 30 rows", "attribute 'race'", "'rare', 6 rows", "")
    made = report("ugesp", lending().noted(said))
    assert "rare" in json.dumps(to_json(made))
    assert "6 rows" in " ".join(made.warnings)


@pytest.mark.parametrize("template", ["eu-annex4", "model-risk", "ugesp", "ll144"])
def test_terms_are_defined_rows_fit_their_heads_and_nothing_is_claimed(template):
    made = usual(template)
    for table in made.tables:
        assert all(len(row) == len(table.columns) for row in table.rows), table.name
        assert not set(table.definitions) - set(GLOSSARY)
        assert not [x for row in table.rows for x in row if isinstance(x, float) and not math.isfinite(x)]
    text = json.dumps(to_json(made))
    assert not re.search(r"conformity|\bCE\b|\bPASS|\bFAIL|debias|\bunfair\b", text)
    json.dumps(to_json(made), allow_nan=False)


def test_templates_work_from_counts():
    from engine.counting.counted import counts_of, dataset_of
    from engine.types import Attribute

    data = lending()
    data = replace(data, roles=replace(data.roles, label="y", positive="1",
                                       protected=(Attribute("race"), Attribute("sex"))))
    counted = dataset_of(counts_of(data, "grid"), "counts")
    for template in ("eu-annex4", "model-risk", "ugesp"):
        rows, counts = report(template, data), report(template, counted)
        assert [t.name for t in rows.tables] == [t.name for t in counts.tables]
    assert tables(rows)["ugesp-race"].rows == tables(counts)["ugesp-race"].rows
