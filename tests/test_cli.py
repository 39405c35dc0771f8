"""The command line's contract: what scripts of auditors are written against."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import main
from engine.cli.commands import COMMANDS
from engine.metrics import DISPARITIES, RATES

ROOT = Path(__file__).parents[1]
SMALL = """id,sex,pay:band,out,score,vote,w
1,F,1,yes,0.9,1,1.5
2,F,2,no,0.2,0,1
3,F,1.0,,0.7,1,2
4,F,2,yes,0.4,0,1
5,M,1,yes,0.8,1,1
6,M,2,no,0.6,1,0.5
7,M,,no,,0,1
8,M,1,yes,0.5,1,1
9,M,2,no,0.1,0,1
"""
COUNTS = ("tp", "fp", "fn", "tn")
ESTIMATE = {"value", "low", "high", "n", "reason"}
ROLES = ("--label", "out", "--positive", "yes", "--score", "score", "--protected", "sex")


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text(SMALL)
    return str(path)


def nulls_without_reason(value, path=""):
    """Every null that no reason stands beside."""
    found = []
    if isinstance(value, dict):
        if value.keys() >= ESTIMATE and None in (value["value"], value["low"], value["high"]) and not value["reason"]:
            found.append(path)
        if "p_value" in value and None in (value["value"], value["low"], value["high"]) and not value["reason"]:
            found.append(path)
        if "p_value" in value and None in (value["noise_high"], value["p_value"]) and not value["noise_reason"]:
            found.append(path)
        for key, child in value.items():
            found += nulls_without_reason(child, f"{path}/{key}")
    return found


# The numbers ProPublica published, and those of the data folder's README.

@pytest.fixture
def compas(ask, needs_data, monkeypatch):
    """Ask for the rates of COMPAS at ProPublica's threshold."""
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data("compas-scores-two-years.csv").parent))
    return lambda *more: ask("rates", "compas", "--threshold", "5", "--reference", "race=Caucasian", *more)


def test_compas_gives_the_published_error_rates(compas):
    found = compas()
    assert found["data"]["rows"] == found["data"]["rows_used"] == found["overall"]["n"] == 7214
    groups = found["groupings"]["race"]["groups"]
    published = {
        "African-American": (1369, 805, 532, 990), "Caucasian": (505, 349, 461, 1139), "Hispanic": (103, 87, 129, 318),
        "Other": (43, 36, 90, 208), "Asian": (6, 2, 3, 21), "Native American": (9, 3, 1, 5),
    }
    assert {name: tuple(group[c] for c in COUNTS) for name, group in groups.items()} == published
    rates = {
        (name, key): round(100 * groups[name]["rates"][key]["value"], 2)
        for name in ("African-American", "Caucasian") for key in ("false_positive_rate", "false_negative_rate")
    }
    assert list(rates.values()) == [44.85, 27.99, 23.45, 47.72]
    assert tuple(found["overall"][c] for c in COUNTS) == (2035, 1282, 1216, 2681)


def test_compas_disparate_impact_is_on_the_favourable_decision(compas):
    race = compas()["groupings"]["race"]
    assert race["reference"] == "Caucasian"
    against = race["against_reference"]["African-American"]["ratio"]
    assert round(against["disparate_impact_ratio"]["value"], 3) == 0.632
    assert against["disparate_impact_ratio"] == against["favourable_rate"]
    worst = race["disparities"]["disparate_impact_ratio"]
    assert round(worst["value"], 3) == 0.521
    assert (worst["lowest"], worst["highest"]) == ("African-American", "Other")
    assert worst["left_out"] == ["Native American"]


def test_compas_asian_women_are_shown_and_drive_nothing(compas):
    grouping = compas()["groupings"]["race x sex"]
    women = grouping["groups"]["Asian x Female"]
    assert women["n"] == 2
    assert women["rates"]["false_negative_rate"]["value"] == 1
    assert women["levels"] == {"race": "Asian", "sex": "Female"}
    for disparity in grouping["disparities"].values():
        assert "Asian x Female" not in (disparity["highest"], disparity["lowest"])
        assert "Asian x Female" in disparity["left_out"]


def test_compas_card_is_the_file_with_the_same_roles(ask, compas, needs_data):
    carded = compas("--protected", "race")
    plain = ask(
        "rates", str(needs_data("compas-scores-two-years.csv")), "--label", "two_year_recid", "--positive", "1",
        "--score", "decile_score", "--favourable", "not-selected", "--protected", "race", "--threshold", "5",
        "--reference", "race=Caucasian",
    )
    assert carded["groupings"] == plain["groupings"]
    assert carded["data"]["sha256"] == plain["data"]["sha256"]


# Rule 1: strict JSON, and its shape.

def test_json_has_the_contract_s_keys(ask, small):
    found = ask("rates", small, *ROLES, "--protected", "pay::band:nominal")
    assert found.keys() >= {"data", "roles", "policy", "overall", "groupings"}
    assert found["data"].keys() >= {"name", "sha256", "fingerprint", "rows", "rows_used", "excluded"}
    assert found["overall"].keys() >= {"n", *COUNTS, "rates"}
    assert list(found["groupings"]) == ["sex", "pay:band", "sex x pay:band"]
    for grouping in found["groupings"].values():
        assert grouping["groups"].keys() == grouping["against_reference"].keys()
        for group in grouping["groups"].values():
            assert group.keys() >= {"n", *COUNTS, "rates", "levels"}
            assert group["rates"].keys() == RATES.keys()
            assert all(estimate.keys() == ESTIMATE for estimate in group["rates"].values())
        assert grouping["disparities"].keys() == DISPARITIES.keys()
        for disparity in grouping["disparities"].values():
            assert disparity.keys() >= {"value", "low", "high", "noise_high", "p_value", "reason", "highest", "lowest",
                                        "left_out", "left_out_reasons", "interval"}
        for against in grouping["against_reference"].values():
            assert against.keys() == {"difference", "ratio"}
            assert set(against["difference"]) >= set(RATES)
    assert found["policy"]["format"] == "equipoise-policy/1"


def test_every_null_has_a_reason(ask, small):
    found = ask("rates", small, *ROLES, "--protected", "pay::band", "--min-group", "1")
    assert not nulls_without_reason(found)
    assert found["groupings"]["pay:band"]["groups"]["missing"]["rates"]["true_positive_rate"]["value"] is None


def test_the_null_search_finds_one():
    assert nulls_without_reason({"a": {"value": 1, "low": None, "high": 1, "n": 3, "reason": None}}) == ["/a"]


def test_without_json_it_is_a_table(capsys, small):
    assert main(["rates", small, *ROLES]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "selection rate" in printed.out
    assert "small.csv: 8 of 9 rows, 7 with a known outcome" in printed.out
    assert "0.5000 [" in printed.out


# Rule 2: refusals and bugs.

@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "COMMAND"),
        (("rate",), "invalid choice"),
        (("rates",), "DATA"),
        (("rates", "no\nwhere.csv", *ROLES), "where.csv"),
        (("rates", ".", *ROLES), "file"),
        (("rates", "{small}"), "protected"),
        (("rates", "{small}", *ROLES, "--colour", "red"), "--colour"),
        (("rates", "{small}", *ROLES, "--level", "1"), "between 0 and 1"),
        (("rates", "{small}", *ROLES, "--level", "nan"), "number"),
        (("rates", "{small}", *ROLES, "--min-group", "-1"), "--min-group"),
        (("rates", "{small}", *ROLES, "--cost-fp", "-1"), "0 or more"),
        (("rates", "{small}", *ROLES, "--favourable", "yes"), "selected"),
        (("rates", "{small}", *ROLES, "--protected", "sx"), "'sex'"),
        (("rates", "{small}", *ROLES, "--protected", "sex"), "sex"),
        (("rates", "{small}", *ROLES, "--prediction", "vote"), "--score and --prediction"),
        (("rates", "{small}", *ROLES, "--positive", "Yes"), "yes"),
        (("rates", "{small}", "--label", "out", "--score", "score", "--protected", "sex"), "positive"),
        (("rates", "{small}", "--score", "score", "--protected", "sex", "--positive", "yes"), "--label"),
        (("rates", "{small}", *ROLES, "--selected", "1"), "--prediction"),
        (("rates", "{small}", *ROLES, "--score", "out"), "one role"),
        (("rates", "{small}", "--score", "out", "--protected", "sex"), "numbers"),
        (("rates", "{small}", "--prediction", "score", "--protected", "sex"), "two values"),
        (("rates", "{small}", *ROLES, "--protected", "pay:band:ordinal"), "nominal or continuous"),
        (("rates", "{small}", *ROLES, "--edges", "sex=2,1"), "increasing"),
        (("rates", "{small}", *ROLES, "--edges", "score=1"), "protected"),
        (("rates", "{small}", *ROLES, "--reference", "sex=X"), "F, M"),
        (("rates", "{small}", *ROLES, "--threshold", "high"), "--threshold"),
        (("rates", "{small}", *ROLES, "--threshold", "nan"), "--threshold"),
        (("rates", "{small}", *ROLES, "--threshold", "0.1", "--threshold", "0.2"), "one common"),
        (("rates", "{small}", *ROLES, "--threshold", "sex=X:0.2"), "'F', 'M'"),
        (("rates", "{small}", *ROLES, "--threshold", "age=X:0.2"), "'sex'"),
        (("rates", "{small}", *ROLES, "--policy", "none.json"), "none.json"),
        (("rates", "{small}", *ROLES, "--drop", "nothing"), "nothing"),
        (("rates", "{small}", "--protected", "sex"), "nothing to assess"),
        (("rates", "simulated-lending", "--features", "nothing"), "nothing"),
        (("rates", "diabetes"), "numeric outcome"),
    ],
)
def test_unusable_input_is_one_line_and_two(refused, small, arguments, said):
    assert said in refused(*(small if a == "{small}" else a for a in arguments))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""), ("pickle.csv", b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05hello\x94."),
        ("a.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), ("a.zip", b"PK\x03\x04aaaaaaaa"),
        ("a.csv", b"just one column\n1\n"),
        ("wide.csv", b",".join(b"c%d" % i for i in range(3000)) + b"\n"), ("a.parquet", b"PAR1 and no more"),
    ],
)
def test_hostile_files_are_one_line_and_two(refused, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert name in refused("rates", str(path), *ROLES)


def test_a_hostile_value_stays_one_visible_line(refused, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('sex,out,score\nF,"a\n\x1b[31m\u202eb",1\nM,"c",0\nF,d,1\n')
    roles = ("--label", "out", "--score", "score", "--protected", "sex")
    line = refused("rates", str(path), *roles, "--positive", "x\x1b[2J\n")
    assert not any(ord(c) < 32 for c in line[:-1])
    assert "\u202e" not in line


def test_hostile_group_names_are_raw_in_json_and_plain_in_tables(ask, capsys, tmp_path):
    path = tmp_path / "a.csv"
    names = ["=1+1", "![t](http://x)", "<b>x</b>", "\x1b[31mred", "a:b", "a=b:c"]
    path.write_text("g,out,score\n" + "".join(f'"{name}",{i % 2},0.{i}\n' for i, name in enumerate(names * 2)))
    roles = ("--label", "out", "--positive", "1", "--score", "score", "--protected", "g")
    found = ask("rates", str(path), *roles, "--threshold", "g=a:b:0.4", "--threshold", "g=a=b:c:0.1")
    assert set(found["groupings"]["g"]["groups"]) == set(names)
    assert found["policy"]["thresholds"] == {"a:b": 0.4, "a=b:c": 0.1}
    assert main(["rates", str(path), *roles]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_bug_of_ours_is_one_line_and_three(monkeypatch, capsys, small, tmp_path):
    def broken(arguments):
        raise KeyError("a value of the data".upper())

    monkeypatch.setitem(COMMANDS, "rates", COMMANDS["rates"].__class__("rates", "", lambda p: None, broken, str))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["rates"]) == 3
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    log = Path(line.split("log ")[1].split(",")[0])
    assert "in broken" in log.read_text()
    assert "A VALUE OF THE DATA" not in log.read_text() + line


# Rules 3 to 5: what the columns are.

def test_values_are_compared_as_text_but_a_whole_float_is_an_integer(ask, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("g,out,score\n1.0,1.0,0.9\n1, 1 ,0.8\n01,0,0.1\n01,0,0.2\n")
    roles = ("--label", "out", "--positive", "1.0", "--score", "score", "--protected", "g:nominal")
    found = ask("rates", str(path), *roles, "--threshold", "g=1.0:0.85")
    groups = found["groupings"]["g"]["groups"]
    assert set(groups) == {"1", "01"}
    assert (groups["1"]["tp"], groups["1"]["fn"]) == (1, 1)
    assert found["policy"]["thresholds"] == {"1": 0.85}


def test_kinds_when_not_given(ask, tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{i},{i % 20},{i / 7:.3f},{'ab'[i % 2]},{i % 2},{i / 100}" for i in range(60)]
    path.write_text("many,few,real,text,out,score\n" + "\n".join(rows) + "\n")
    columns = ("many", "few", "real", "text")
    found = ask("rates", str(path), "--label", "out", "--positive", "1", "--score", "score",
                *(word for column in columns for word in ("--protected", column)))
    kinds = {item["column"]: item["kind"] for item in found["roles"]["protected"]}
    assert kinds == {"many": "continuous", "few": "nominal", "real": "continuous", "text": "nominal"}
    assert list(found["groupings"]["many"]["groups"]) == ["< 15", "15 to < 30", "30 to < 45", ">= 45"]


def test_edges_include_their_lower_bound(ask, small):
    found = ask("rates", small, *ROLES, "--protected", "id:continuous", "--edges", "id=3,6")
    groups = found["groupings"]["id"]["groups"]
    assert {name: group["n"] for name, group in groups.items()} == {"< 3": 2, "3 to < 6": 3, ">= 6": 3}


def test_a_prediction_is_a_decision(ask, small):
    found = ask("rates", small, "--label", "out", "--positive", "yes", "--prediction", "vote", "--protected", "sex")
    assert found["groupings"]["sex"]["groups"]["F"]["tp"] == 1
    turned = ask("rates", small, "--label", "out", "--positive", "yes", "--prediction", "vote", "--selected", "0",
                 "--protected", "sex")
    assert turned["groupings"]["sex"]["groups"]["F"]["tp"] == 1
    assert turned["overall"]["tp"] + found["overall"]["tp"] == 4


def test_a_card_s_roles_can_be_overridden(ask):
    found = ask("rates", "simulated-lending", "--protected", "sex", "--favourable", "not-selected")
    assert list(found["groupings"]) == ["sex"]
    assert found["data"]["simulated"]
    for group in found["groupings"]["sex"]["groups"].values():
        shares = [group["rates"][key]["value"] for key in ("selection_rate", "favourable_rate")]
        assert math.isclose(sum(shares), 1)


def test_a_table_without_a_score_gets_a_cross_fitted_one(ask, tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{'FM'[i % 2]},{i % 7},{int(i % 7 + i % 3 > 4)}" for i in range(200)]
    path.write_text("sex,x,out\n" + "\n".join(rows) + "\n")
    found = ask("rates", str(path), "--label", "out", "--positive", "1", "--protected", "sex")
    assert found["roles"]["score_source"] == "fitted here"
    assert found["roles"]["features"] == ["x"]
    assert found["overall"]["rates"]["accuracy"]["value"] > 0.7


# Rules 6 to 8: rows without something, groups, thresholds.

def test_rows_without_label_or_score_are_counted_apart(ask, small):
    data = ask("rates", small, *ROLES)["data"]
    assert (data["rows"], data["rows_used"], data["labelled"], data["unlabelled"]) == (9, 8, 7, 1)
    assert data["excluded"] == [{"reason": "no score", "rows": 1}]


def test_an_unlabelled_row_stays_in_selection_rates_alone(ask, small):
    women = ask("rates", small, *ROLES)["groupings"]["sex"]["groups"]["F"]
    assert (women["n"], women["labelled"], women["unlabelled"]) == (4, 3, 1)
    assert women["rates"]["selection_rate"]["value"] == 0.5
    assert women["rates"]["selection_rate"]["n"] == 4
    assert women["rates"]["base_rate"]["n"] == 3


def test_the_label_may_be_left_out(ask, small):
    found = ask("rates", small, "--score", "score", "--protected", "sex")
    rates = found["groupings"]["sex"]["groups"]["M"]["rates"]
    assert rates["selection_rate"]["value"] == 0.75
    assert rates["true_positive_rate"]["value"] is None
    assert "no outcome" in rates["true_positive_rate"]["reason"]
    assert not nulls_without_reason(found)


def test_missing_protected_values_are_a_group(ask, small):
    found = ask("rates", small, *ROLES, "--protected", "pay::band", "--threshold", "-inf")
    assert list(found["groupings"]["pay:band"]["groups"]) == ["1", "2", "missing"]


def test_weighted_counts_are_floats_and_others_integers(ask, small):
    plain, weighted = ask("rates", small, *ROLES), ask("rates", small, *ROLES, "--weight", "w")
    assert all(type(plain["overall"][c]) is int for c in ("n", *COUNTS))
    assert all(type(weighted["overall"][c]) is float for c in ("n", *COUNTS))
    assert weighted["groupings"]["sex"]["groups"]["F"]["tp"] == 1.5
    assert weighted["groupings"]["sex"]["groups"]["F"]["rates"]["selection_rate"]["value"] == 3.5 / 5.5


def test_weights_are_headed_as_such_and_printed_to_one_decimal(capsys, tmp_path):
    path = tmp_path / "w.csv"
    path.write_text("g,out,score,w\n" + "".join(
        f"{'ab'[i % 2]},{i % 3 % 2},0.{i % 9},0.{1 + i % 7}\n" for i in range(60)))
    roles = ("--label", "out", "--positive", "1", "--score", "score", "--protected", "g")
    assert main(["rates", str(path), *roles]) == 0
    assert re.search(r"^g +n ", capsys.readouterr().out, re.MULTILINE)
    assert main(["rates", str(path), *roles, "--weight", "w"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^g +weight ", shown, re.MULTILINE)
    assert not re.search(r"n=[\d,]+\.\d\d|^(?:all|a|b)(?: \(small\))? +[\d,]+\.\d\d", shown, re.MULTILINE)


def test_small_groups_are_left_out_of_disparities_and_listed(ask, small):
    found = ask("rates", small, *ROLES)["groupings"]["sex"]["disparities"]["demographic_parity_difference"]
    assert found["value"] is None
    assert set(found["left_out"]) == {"F", "M"}
    assert ask("rates", small, *ROLES, "--min-group", "0")["groupings"]["sex"]["disparities"][
        "demographic_parity_difference"]["value"] == 0.25


def test_the_default_threshold_is_said(ask, small, tmp_path):
    assert ask("rates", small, *ROLES)["policy"]["otherwise"] == 0.5
    assert "[0, 1]" in ask("rates", small, *ROLES)["policy"]["note"]
    found = ask("rates", small, "--label", "out", "--positive", "yes", "--score", "id", "--protected", "sex")
    assert found["policy"]["otherwise"] == 5
    assert "median" in found["policy"]["note"]


@pytest.mark.parametrize(("threshold", "selected"), [("inf", 0), ("-inf", 8), ("0.5", 5), ("0.50000001", 4)])
def test_selected_means_at_least_the_threshold(ask, small, threshold, selected):
    found = ask("rates", small, *ROLES, f"--threshold={threshold}")
    assert found["overall"]["rates"]["selection_rate"]["value"] == selected / 8


def test_thresholds_per_group(ask, small):
    found = ask("rates", small, *ROLES, "--threshold", "sex=F:0.8", "--threshold", "0.7")
    groups = found["groupings"]["sex"]["groups"]
    assert [groups[g]["rates"]["selection_rate"]["value"] for g in "FM"] == [0.25, 0.25]
    assert found["policy"] | {"note": None} == {
        "format": "equipoise-policy/1", "kind": "deterministic", "convention": "score >= threshold", "score": "score",
        "attributes": ["sex"], "thresholds": {"F": 0.8}, "otherwise": 0.7, "id": None, "seed": 0,
        "data": {"sha256": found["data"]["sha256"]}, "note": None,
    }


def test_a_printed_policy_can_be_read_again(ask, small, tmp_path):
    first = ask("rates", small, *ROLES, "--threshold", "sex=F:0.8", "--threshold", "0.7")
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(first["policy"]))
    again = ask("rates", small, *ROLES, "--policy", str(path))
    assert again["groupings"] == first["groupings"]


@pytest.mark.parametrize("text", ["", "[", "{}", "NaN", "[" * 100_000, '{"format": "equipoise-policy/1"}'])
def test_a_broken_policy_is_refused(refused, small, tmp_path, text):
    path = tmp_path / "policy.json"
    path.write_text(text)
    refused("rates", small, *ROLES, "--policy", str(path))


def test_costs_and_level_reach_the_numbers(ask, small):
    rates = ask("rates", small, *ROLES, "--cost-fp", "3", "--level", "0.5")["overall"]["rates"]
    wide = ask("rates", small, *ROLES)["overall"]["rates"]
    assert rates["expected_cost"]["value"] == (3 * 1 + 1 * 1) / 7
    assert wide["accuracy"]["low"] < rates["accuracy"]["low"] < rates["accuracy"]["high"] < wide["accuracy"]["high"]


# The process: what a shell sees.

def shell(*arguments, **options):
    command = [sys.executable, "-m", "engine", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, **options)


def test_the_process_prints_json_alone_in_any_encoding(small):
    done = shell("rates", small, *ROLES, "--json", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["data"]["name"] == "small.csv"


def test_the_process_exits_two_with_one_line():
    done = shell("rates", "nowhere.csv")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


def test_help_names_every_option_of_the_contract():
    words = shell("rates", "--help").stdout.decode()
    for option in ("label", "positive", "score", "prediction", "selected", "protected", "edges", "favourable",
                   "reference", "weight", "id", "features", "drop", "cost-fp", "cost-fn", "level", "min-group", "seed",
                   "threshold", "policy", "json"):
        assert f"--{option}" in words


def test_the_same_question_gives_the_same_bytes(small):
    assert shell("rates", small, *ROLES, "--json").stdout == shell("rates", small, *ROLES, "--json").stdout


DECIDED = ("--label", "out", "--positive", "yes", "--prediction", "vote", "--selected", "1", "--protected", "sex")


def test_a_decision_is_not_called_a_score_with_a_threshold(capsys, ask, small):
    assert "no threshold" in ask("rates", small, *DECIDED)["policy"]["note"]
    assert main(["rates", small, *DECIDED]) == 0
    said = capsys.readouterr().out
    assert "selected: vote is 1, as it was decided; favourable: selected" in said
    assert ">= threshold" not in said
    assert main(["rates", small, *DECIDED, "--threshold", "0"]) == 0   # everybody: no longer the decision
    assert "vote >= threshold" in capsys.readouterr().out
    assert main(["sweep", small, *DECIDED, "--metric", "selection_rate"]) == 0
    assert "of the decision vote" in capsys.readouterr().out
