"""``gate``: exit codes, what holds where, and that silence is not consent."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from engine.cli import main

ROLES = ("--prediction", "d", "--protected", "sex", "--protected", "race")


@pytest.fixture
def votes(tmp_path):
    """60 men, 48 selected; 60 women, 30 selected: ratio 0.625. Race: 40 + 40 alike, and 40 of one seldom selected."""
    lines = ["sex,race,d,y"]
    for sex, chosen in (("M", 48), ("F", 30)):
        lines += [f"{sex},{'abc'[k % 3]},{int(k < chosen)},{k % 2}" for k in range(60)]
    path = tmp_path / "votes.csv"
    path.write_text("\n".join(lines))
    return str(path)


def gate(capsys, *words):
    code = main(["gate", *words, "--json"])
    printed = capsys.readouterr()
    assert printed.err == ""
    return code, json.loads(printed.out, parse_constant=pytest.fail)


@pytest.mark.parametrize(("words", "code"), [
    ("disparate_impact_ratio < 0.8", 1), ("disparate_impact_ratio < 0.625", 0), ("disparate_impact_ratio <= 0.625", 1),
    ("disparate_impact_ratio > 0.625", 0), ("disparate_impact_ratio >= 0.625", 1),
    ("disparate_impact_ratio.high < 0.8", 0), ("disparate_impact_ratio.low < .8", 1),
    ("demographic_parity_difference>4e-1", 0), ("demographic_parity_difference > +0.29", 1),
])
def test_the_exit_code_is_the_answer(votes, capsys, words, code):
    found, value = gate(capsys, votes, *ROLES, "--fail-on", words, "--grouping", "sex")
    assert found == code
    assert value["checked"][0]["condition"] == words
    assert bool(value["holds"]) == bool(code)


def test_what_holds_is_named_with_its_value_and_rates_says_the_same(votes, capsys, ask):
    code, value = gate(capsys, votes, *ROLES, "--fail-on", "disparate_impact_ratio < 0.8",
                       "demographic_parity_difference.low > 0.1")
    assert code == 1
    assert {item["grouping"] for item in value["checked"]} == {"sex", "race"}   # no crossed group has 30 rows
    assert value["holds"] == [
        {"condition": "disparate_impact_ratio < 0.8", "grouping": "sex", "value": 0.625},
        {"condition": "demographic_parity_difference.low > 0.1", "grouping": "sex",
         "value": value["holds"][1]["value"]},
    ]
    rates = ask("rates", votes, *ROLES)["groupings"]["sex"]["disparities"]
    assert value["holds"][1]["value"] == rates["demographic_parity_difference"]["low"]
    smaller = gate(capsys, votes, *ROLES, "--min-group", "5", "--fail-on", "disparate_impact_ratio < 0.8")[1]
    assert {item["grouping"] for item in smaller["checked"]} == {"sex", "race", "sex x race"}


def test_the_options_may_be_repeated_and_a_grouping_named_in_any_order(votes, capsys):
    code, value = gate(capsys, votes, *ROLES, "--min-group", "5", "--grouping", "race x sex", "--grouping", "race",
                       "--fail-on", "disparate_impact_ratio < 0.1", "--fail-on", "demographic_parity_ratio < 0.2")
    assert code == 0
    assert value["holds"] == []
    assert [item["grouping"] for item in value["checked"]] == ["sex x race", "race"] * 2


@pytest.mark.parametrize("options", [
    ("--fail-on", "equal_opportunity_difference > 0.1"),                                  # no label: nowhere estimable
    ("--fail-on", "disparate_impact_ratio < 0.1", "--min-group", "500"),                  # no grouping to compare
    ("--fail-on", "disparate_impact_ratio < 0.1", "--grouping", "sex", "--min-group", "500"),
])
def test_silence_is_not_consent(votes, capsys, options):
    code, value = gate(capsys, votes, *ROLES, *options)
    assert code == 1
    assert value["holds"] == []
    assert value["not_estimable"][0]["reason"].startswith("not estimable")


def test_one_grouping_that_can_be_estimated_is_enough(votes, capsys):
    code, value = gate(capsys, votes, *ROLES, "--grouping", "sex", "sex x race", "--fail-on",
                       "disparate_impact_ratio < 0.1")
    assert code == 0
    assert [item["value"] is None for item in value["checked"]] == [False, True]
    assert value["checked"][1]["reason"]


@pytest.mark.parametrize("options", [
    ("--fail-on", "disparate_impact < 0.8"), ("--fail-on", "selection_rate < 0.8"),
    ("--fail-on", "disparate_impact_ratio.middle < 0.8"), ("--fail-on", "disparate_impact_ratio = 0.8"),
    ("--fail-on", "disparate_impact_ratio < nan"), ("--fail-on", "disparate_impact_ratio < 80%"), ("--fail-on", ""),
    (), ("--fail-on", "disparate_impact_ratio < 0.8", "--grouping", "age"),
    ("--fail-on", "disparate_impact_ratio < 0.8", "--grouping", "sex x sex"),
])
def test_what_cannot_be_asked_is_refused_in_one_line(votes, refused, options):
    refused("gate", votes, *ROLES, *options)


def test_a_person_reads_the_same(votes, capsys):
    assert main(["gate", votes, *ROLES, "--fail-on", "disparate_impact_ratio < 0.8"]) == 1
    text = capsys.readouterr().out
    assert "disparate_impact_ratio < 0.8  sex" in text
    assert "0.6250" in text
    assert "1 of 2 checks hold" in text
    assert main(["gate", votes, *ROLES, "--fail-on", "auc_difference > 0.8"]) == 1
    assert "cannot be estimated anywhere" in capsys.readouterr().out


def test_it_works_from_counts(votes, capsys, tmp_path, ask):
    counts = str(tmp_path / "counts.parquet")
    ask("tabulate", votes, *ROLES, "-o", counts)
    question = ("--fail-on", "disparate_impact_ratio < 0.8")
    rows, table = gate(capsys, votes, *ROLES, *question), gate(capsys, counts, *question)
    assert rows[0] == table[0] == 1
    assert rows[1]["holds"] == table[1]["holds"]


def test_the_workflow_in_the_readme_is_one_that_runs(tmp_path, monkeypatch, capsys):
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    command = re.search(r"- run: >\n((?: +.*\n)+?) +working-directory", text)
    assert command, "the README holds no workflow with the gate"
    words = shlex.split(command.group(1))
    assert words[:4] == ["python", "-m", "engine", "gate"]
    file = tmp_path / "model" / "validation.csv"
    file.parent.mkdir()
    file.write_text("repaid,score,sex\n" + "yes,0.7,F\nno,0.2,F\nyes,0.8,M\nno,0.65,M\n" * 40)
    (tmp_path / "equipoise").mkdir()
    monkeypatch.chdir(tmp_path / "equipoise")
    assert main(words[3:]) == 1   # every man is selected, every second woman
    assert "1 of 2 checks hold" in capsys.readouterr().out
