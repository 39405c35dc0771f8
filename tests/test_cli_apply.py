"""``apply``: every row in its place, two more columns, and the same lot for the same person."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from engine.cli import main
from tests.test_cli_frontier import GAP, ROLES, lines

HEAD = "id,g,y,s"


def written(path, head, rows):
    path.write_text("\n".join([head, *rows]) + "\n")
    return str(path)


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def table(tmp_path):
    return written(tmp_path / "table.csv", HEAD, lines())


@pytest.fixture
def lottery(ask, table, tmp_path):
    """A randomised policy found on the table, with an id."""
    options = ("--id", "id", "--at", "0.013", "--kind", "randomised", "--split", "none")
    found = ask("frontier", table, *ROLES, *GAP, *options)
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(found["frontiers"]["randomised"]["at"]["0.013"]["policy"]))
    assert any(isinstance(mix, list) for mix in json.loads(path.read_text())["thresholds"].values())
    return str(path)


def policy_file(tmp_path, **parts):
    value = {"format": "equipoise-policy/1", "kind": "deterministic", "convention": "score >= threshold", "score": "s",
             "attributes": ["g"], "thresholds": {}, "otherwise": 0.5, "id": None, "seed": 0, "data": {"sha256": "x"}}
    path = tmp_path / "given.json"
    path.write_text(json.dumps(value | parts))
    return str(path)


def test_rows_keep_their_order_and_columns(ask, table, lottery, tmp_path):
    out = str(tmp_path / "out.csv")
    found = ask("apply", table, "--policy", lottery, "-o", out)
    rows = read(out)
    assert list(rows[0]) == ["id", "g", "y", "s", "decision", "selection_probability"]
    assert [",".join(row[c] for c in ("id", "g", "y", "s")) for row in rows] == lines()
    assert found.keys() >= {"rows", "selected", "policy_data_sha256", "data_sha256", "same_data"}
    assert (found["rows"], found["same_data"]) == (600, True)
    assert found["selected"] == sum(row["decision"] == "1" for row in rows)
    assert abs(found["expected"] - sum(float(row["selection_probability"]) for row in rows)) < 1e-9


def test_decisions_follow_the_policy(ask, table, lottery, tmp_path):
    out = str(tmp_path / "out.csv")
    ask("apply", table, "--policy", lottery, "-o", out)
    policy = json.loads(Path(lottery).read_text())
    for row in read(out):
        mix = policy["thresholds"].get(row["g"], policy["otherwise"])
        mix = mix if isinstance(mix, list) else [[mix, 1]]
        chance = sum(p for t, p in mix if float(row["s"]) >= float(t))
        assert abs(float(row["selection_probability"]) - chance) < 1e-12
        if chance in (0, 1):
            assert row["decision"] == str(int(chance))


def test_the_same_person_gets_the_same_decision_wherever_they_stand(ask, table, lottery, tmp_path):
    shuffled = lines()
    random.Random(1).shuffle(shuffled)
    other = written(tmp_path / "other.csv", HEAD, shuffled[:400])
    outs = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    ask("apply", table, "--policy", lottery, "-o", outs[0])
    found = ask("apply", other, "--policy", lottery, "-o", outs[1])
    assert not found["same_data"]
    assert found["by_lot"] > 0
    first = {row["id"]: row["decision"] for row in read(outs[0])}
    assert all(first[row["id"]] == row["decision"] for row in read(outs[1]))


def test_another_seed_draws_other_lots_of_the_same_chance(ask, tmp_path):
    table = written(tmp_path / "equal.csv", HEAD, [f"{i},a,1,0.7" for i in range(4000)])
    decisions = []
    for seed in (0, 1):
        lots = {"a": [[0.5, 0.3], ["inf", 0.7]]}
        policy = policy_file(tmp_path, kind="randomised", thresholds=lots, id="id", seed=seed)
        out = str(tmp_path / f"{seed}.csv")
        found = ask("apply", table, "--policy", policy, "-o", out)
        decisions.append([row["decision"] for row in read(out)])
        assert abs(found["selected"] - 1200) < 4 * 29
    assert decisions[0] != decisions[1]


def test_without_an_id_equal_rows_are_told_apart_by_their_count(ask, tmp_path):
    policy = policy_file(tmp_path, kind="randomised", thresholds={"a": [[0.5, 0.5], ["inf", 0.5]]})
    table = written(tmp_path / "equal.csv", "g,s", ["a,0.7"] * 500)
    found = ask("apply", table, "--policy", policy)
    assert 180 < found["selected"] < 320
    assert "no id" in found["warnings"][0]
    mixed = written(tmp_path / "mixed.csv", "g,s", ["b,0.1", *["a,0.70"] * 500, "b,0.9"])
    assert ask("apply", mixed, "--policy", policy)["rows"] == 502


def test_infinite_thresholds_select_nobody_and_everybody(ask, table, tmp_path):
    policy = policy_file(tmp_path, thresholds={"a": "inf", "b": "-inf"}, otherwise="inf")
    out = str(tmp_path / "out.csv")
    ask("apply", table, "--policy", policy, "-o", out)
    assert {(row["g"], row["decision"]) for row in read(out)} == {("a", "0"), ("b", "1"), ("c", "0")}


def test_a_group_the_policy_does_not_name_takes_otherwise(ask, tmp_path):
    table = written(tmp_path / "new.csv", "g,s", ["new,0.6", "new,0.4", ",0.6"])
    found = ask("apply", table, "--policy", policy_file(tmp_path, thresholds={"a": 0.9}), "-o", str(tmp_path / "o.csv"))
    assert [row["decision"] for row in read(tmp_path / "o.csv")] == ["1", "0", "1"]
    assert found["selected"] == 2


def test_a_row_without_a_score_has_no_decision(ask, tmp_path):
    table = written(tmp_path / "gaps.csv", "g,s", ["a,0.6", "a,", "a,0.1"])
    found = ask("apply", table, "--policy", policy_file(tmp_path), "-o", str(tmp_path / "o.csv"))
    assert [row["decision"] for row in read(tmp_path / "o.csv")] == ["1", "", "0"]
    assert found["undecided"] == 1


def test_groups_of_a_continuous_attribute_are_found_again(ask, tmp_path):
    rows = [f"{20 + i % 50},{i % 3 % 2},{i % 17 / 17:.3f}" for i in range(900)]
    table = written(tmp_path / "ages.csv", "age,y,s", rows)
    roles = ("--label", "y", "--positive", "1", "--score", "s", "--protected", "age", "--edges", "age=30,45.5")
    found = ask("frontier", table, *roles, *GAP, "--at", "0.05", "--kind", "deterministic", "--split", "none")
    policy = found["frontiers"]["deterministic"]["at"]["0.05"]["policy"]
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy))
    ask("apply", table, "--policy", str(path), "-o", str(tmp_path / "o.csv"))
    for row in read(tmp_path / "o.csv"):
        age = float(row["age"])
        name = "< 30" if age < 30 else "30 to < 45.5" if age < 45.5 else ">= 45.5"
        assert row["decision"] == str(int(float(row["s"]) >= float(policy["thresholds"][name])))


def test_hostile_cells_come_back_as_they_were(ask, tmp_path):
    cells = ['=1+1', 'a,b', 'say ""hi""', "two\nlines", " spaced ", "ü", "1.0"]
    rows = [f'"{cell}",0.{i}' for i, cell in enumerate(cells)]
    table = written(tmp_path / "odd.csv", '"the ""group""",s', rows)
    policy = policy_file(tmp_path, attributes=['the "group"'], thresholds={})
    ask("apply", table, "--policy", policy, "-o", str(tmp_path / "o.csv"))
    back = read(tmp_path / "o.csv")
    assert [row['the "group"'] for row in back] == [cell.replace('""', '"') for cell in cells]


@pytest.mark.parametrize("seed", [0, 3])
def test_a_score_fitted_here_is_fitted_again_for_a_catalogued_data_set(ask, needs_data, monkeypatch, tmp_path, seed):
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data("german.data").parent))
    found = ask("frontier", "german", "--protected", "sex", *GAP, "--at", "0.05", "--kind", "common", "--split", "none",
                "--seed", str(seed))
    path = tmp_path / "policy.json"
    policy = found["frontiers"]["common"]["at"]["0.05"]["policy"]
    path.write_text(json.dumps(policy))
    applied = ask("apply", "german", "--policy", str(path), "-o", str(tmp_path / "o.csv"))
    assert (applied["rows"], applied["same_data"]) == (1000, True)


@pytest.mark.parametrize(
    ("rows", "head", "parts", "said"),
    [
        (["a,0.5"], "g,t", {}, "'s'"),
        (["a,0.5"], "h,s", {"thresholds": {"a": 1}}, "'g'"),
        (["a,0.5,1"], "g,s,decision", {}, "decision"),
        (["a,0.5"], "g,s", {"score": None}, "score"),
        (["a,0.5"], "g,s", {"kind": "none"}, "kind"),
        (["a,high", "b,low", "b,none"], "g,s", {}, "two values"),
    ],
)
def test_unusable_input_is_one_line_and_two(refused, tmp_path, rows, head, parts, said):
    table = written(tmp_path / "x.csv", head, rows)
    out = tmp_path / "o.csv"
    assert said in refused("apply", table, "--policy", policy_file(tmp_path, **parts), "-o", str(out))
    assert not out.exists()


def test_the_input_is_never_written_over(refused, tmp_path):
    table = written(tmp_path / "x.csv", "g,s", ["a,0.5"])
    assert "another file" in refused("apply", table, "--policy", policy_file(tmp_path), "-o", table)
    assert (tmp_path / "x.csv").read_text() == "g,s\na,0.5\n"


def test_an_output_that_cannot_be_written_is_refused(refused, table, tmp_path):
    assert refused("apply", table, "--policy", policy_file(tmp_path), "-o", str(tmp_path / "no" / "o.csv"))


def test_without_an_output_nothing_is_written_and_that_is_said(capsys, table, tmp_path):
    assert main(["apply", table, "--policy", policy_file(tmp_path)]) == 0
    assert "nothing was written" in capsys.readouterr().out
