"""``drivers`` and ``flip``: the contract, and the same numbers as the engine."""

from __future__ import annotations

import json

import pytest

from engine.cli import main
from engine.drivers import CAVEAT, DriversRequest, explain
from tests.drivers_made import lending

ROLES = ("--label", "paid", "--positive", "1", "--protected", "sex")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    data = lending(500)
    sex, region = data.attribute("sex"), data.features[0]
    lines = ["sex,region,income,paid,vendor,vendor__sex=F,vendor__sex=M"]
    for i in range(data.n):
        income = data.features[1].values[i]
        score = 0.3 * income + 0.4 * (region.levels[region.values[i]] == "south")
        lines.append(f"{sex.levels[sex.codes[i]]},{region.levels[region.values[i]]},{income:.6f},{data.label[i]},"
                     f"{score:.6f},{score - 0.05:.6f},{score + 0.05:.6f}")
    path = tmp_path_factory.mktemp("drivers") / "lending.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def run(capsys, *words):
    code = main([*words, "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out, parse_constant=pytest.fail) if out else None, err


def test_drivers_of_a_model_sum_to_the_gap(table, capsys):
    code, value, err = run(capsys, "drivers", table, *ROLES, "--features", "region,income", "--between", "F",
                           "--between", "M", "--model", "logistic")
    assert (code, err) == (0, "")
    assert value["gap"] == pytest.approx(sum(item["contribution"] for item in value["features"]), abs=1e-8)
    assert {item["name"] for item in value["features"] if item["kind"] == "feature"} == {"region", "income"}
    assert all(item["low"] <= item["contribution"] <= item["high"] for item in value["features"])
    found = explain(lending(500), DriversRequest(("F", "M"))).found
    assert value["gap"] == pytest.approx(found.gap.value, abs=1e-6)   # the file rounds incomes
    assert (value["of"], value["surrogate_r2"], value["rows_used"]) == ("score", None, 500)
    assert "closed form" in value["explainer"]


def test_a_comma_separated_pair_is_two_groups(table, capsys):
    words = ("drivers", table, *ROLES, "--features", "region,income", "--model", "decision_tree")
    one, two = run(capsys, *words, "--between", "F,M")[1], run(capsys, *words, "--between", "F", "--between", "M")[1]
    assert one["gap"] == two["gap"]
    assert one["between"] == ["F", "M"]


def test_a_score_column_is_explained_through_its_surrogate(table, capsys):
    code, value, _ = run(capsys, "drivers", table, *ROLES, "--score", "vendor", "--between", "F,M", "--drop",
                         "vendor__sex=F,vendor__sex=M")
    assert code == 0
    assert value["of"] == "surrogate"
    assert value["surrogate_r2"] > 0.9
    assert {item["name"] for item in value["features"]} >= {"region", "income"}


def test_a_bad_surrogate_is_refused_with_its_number(table, capsys):
    words = ("--score", "vendor", "--between", "F,M", "--features", "region")
    code, _, err = run(capsys, "drivers", table, *ROLES, *words)
    assert code == 2
    assert err.count("\n") == 1
    assert "R2" in err


@pytest.mark.parametrize(("words", "said"), [
    (("--between", "F"), "two groups must be named"),
    (("--between", "F", "--between", "X"), "e.g. two of: F, M"),
    (("--between", "F", "--between", "M", "--between", "M"), "two groups must be named"),
])
def test_groups_that_are_no_pair_are_refused(table, capsys, words, said):
    code, _, err = run(capsys, "drivers", table, *ROLES, "--model", "logistic", "--features", "income", *words)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_flip_of_a_model_and_by_group(table, capsys):
    code, value, err = run(capsys, "flip", table, *ROLES, "--features", "region,income", "--model", "logistic")
    assert (code, err) == (0, "")
    flipped = value["flipped"]
    assert flipped["n"] == 500
    assert flipped["share"] == pytest.approx(flipped["count"] / 500)
    assert flipped["low"] <= flipped["share"] <= flipped["high"]
    assert sum(group["count"] for group in value["by_group"].values()) == flipped["count"]
    assert set(value["by_group"]["F"]["if_recoded"]) == {"M"}
    gaps = [row["gap"] for row in value["largest"]]
    assert gaps == sorted(gaps, reverse=True)
    assert value["reason"] is None
    assert value["caveat"] == CAVEAT
    assert value["attributes"]["sex"]["flipped"] == flipped


def test_flip_of_a_model_without_the_attribute_says_why_it_is_empty(table, capsys):
    _, value, _ = run(capsys, "flip", table, *ROLES, "--features", "region,income", "--model", "logistic",
                      "--protected-out")
    assert value["flipped"]["count"] == 0
    assert value["flipped"]["high"] > 0
    assert "no column 'sex'" in value["reason"]


def test_flip_from_paired_columns_at_a_threshold(table, capsys):
    code, value, _ = run(capsys, "flip", table, *ROLES, "--score", "vendor", "--threshold", "0.6")
    assert code == 0
    close = value["flipped"]["count"]
    assert close > 0
    assert value["by_group"]["F"]["if_recoded"]["M"]["losing"]["value"] == 0
    assert value["largest"][0]["gap"] == pytest.approx(0.1, abs=1e-5)
    assert value["policy"]["otherwise"] == 0.6


def test_flip_of_a_model_from_a_file(table, capsys, tmp_path):
    model = {"format": "equipoise-logistic/1", "intercept": 0,
             "categories": {"sex": {"coefficients": {"F": -1, "M": 1}}, "region": {"coefficients": {}, "otherwise": 2}}}
    file = tmp_path / "credit.json"
    file.write_text(json.dumps(model))
    words = ("flip", table, *ROLES, "--model-file", str(file))
    code, value, _ = run(capsys, *words, "--threshold", "0.8")
    assert code == 0
    assert value["model"].startswith("credit (logistic ")
    assert (value["roles"]["score"], value["flipped"]["share"]) == (value["model"], 1.0)
    assert value["by_group"]["F"]["if_recoded"]["M"]["gaining"]["value"] == 1.0
    assert run(capsys, *words, "--model", "logistic")[0] == 2


def test_flip_of_a_score_alone_is_refused(table, capsys):
    code, _, err = run(capsys, "flip", table, "--score", "vendor", "--protected", "region", "--label", "paid",
                       "--positive", "1")
    assert code == 2
    assert "cannot be asked again" in err
    assert err.count("\n") == 1


def test_tables_for_a_person(table, capsys):
    words = (table, *ROLES, "--features", "region,income", "--model", "logistic")
    assert main(["drivers", *words, "--between", "F,M"]) == 0
    shown = capsys.readouterr().out
    assert "F minus M" in shown
    assert "region" in shown
    assert main(["flip", *words]) == 0
    shown = capsys.readouterr().out
    assert "rows flip" in shown
    assert "does not mean no discrimination" in " ".join(shown.split())
