"""``frontier``: the contract's shape, and numbers that another command finds again."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from engine.cli import main

ROLES = ("--label", "y", "--positive", "1", "--score", "s", "--protected", "g")
GAP = ("--disparity", "demographic_parity_difference")


def lines(n=600, seed=0):
    rng = np.random.default_rng(seed)
    group = rng.choice(3, n, p=[0.5, 0.47, 0.03])
    label = rng.random(n) < np.array([0.5, 0.3, 0.4])[group]
    score = np.round(np.clip(0.5 + 0.2 * rng.normal(size=n) + 0.2 * label - 0.1 * group, 0, 1), 2)
    return [f"{i},{'abc'[g]},{int(y)},{s}" for i, (g, y, s) in enumerate(zip(group, label, score, strict=True))]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["id,g,y,s", *lines()]) + "\n")
    return str(path)


def test_json_has_the_contract_s_keys(ask, table):
    found = ask("frontier", table, *ROLES, *GAP, "--at", "0.02", "0.10", "--at", "1e-1")
    assert found.keys() >= {"frontiers", "split", "optimistic"}
    assert found["frontiers"].keys() == {"common", "deterministic", "randomised"}
    assert (found["split"], found["optimistic"]) == ("test", False)
    for kind, frontier in found["frontiers"].items():
        assert list(frontier["at"]) == ["0.02", "0.10", "1e-1"]
        assert all(len(pair) == 2 for pair in frontier["breakpoints"])
        for bound, point in frontier["at"].items():
            assert point.keys() >= {"utility", "disparity", "shadow_price", "policy", "test"}
            assert point["disparity"] <= float(bound) + 1e-9
            assert point["policy"]["kind"] == kind
            assert point["policy"]["data"] == {"sha256": found["data"]["sha256"]}
            assert point["test"]["utility"].keys() == {"value", "low", "high", "n", "reason"}
            assert point["test"]["disparity"]["low"] <= point["test"]["disparity"]["value"]
            assert (point["shadow_price"] is None) == (kind != "randomised")


def test_small_groups_take_the_best_common_threshold_and_stay_in_the_utility(ask, table):
    found = ask("frontier", table, *ROLES, *GAP, "--at", "0.02", "--split", "none", "--kind", "deterministic")
    assert [item["group"] for item in found["left_out"]] == ["c"]
    policy = found["frontiers"]["deterministic"]["at"]["0.02"]["policy"]
    assert set(policy["thresholds"]) == {"a", "b"}
    rows = [line.split(",") for line in lines()]
    scores, labels = np.array([float(r[3]) for r in rows]), np.array([int(r[2]) for r in rows])
    accuracy = {t: ((scores >= t) == labels).mean() for t in [*np.unique(scores), np.inf]}
    assert ((scores >= policy["otherwise"]) == labels).mean() == max(accuracy.values())


@pytest.mark.parametrize("kind", ["common", "deterministic", "randomised"])
@pytest.mark.parametrize("utility", ["accuracy", "balanced_accuracy", "cost", "f1"])
def test_rates_of_the_policy_are_the_frontier_s(ask, table, tmp_path, kind, utility):
    options = ("--utility", utility, "--cost-fp", "2", "--min-group", "0")
    found = ask("frontier", table, *ROLES, *GAP, *options, "--at", "0.03", "--split", "none", "--kind", kind)
    point = found["frontiers"][kind]["at"]["0.03"]
    assert found["optimistic"]
    assert point["test"] is None
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(point["policy"]))
    rates = ask("rates", table, *ROLES, "--policy", str(path), "--cost-fp", "2", "--min-group", "0")
    value = rates["overall"]["rates"]["expected_cost" if utility == "cost" else utility]["value"]
    assert abs((-value if utility == "cost" else value) - point["utility"]) < 1e-12
    gap = rates["groupings"]["g"]["disparities"]["demographic_parity_difference"]["value"]
    assert abs(gap - point["disparity"]) < 1e-12
    assert gap <= 0.03 + 1e-9


def test_the_test_numbers_are_those_of_the_rows_kept(ask, table, tmp_path):
    """Computed by hand: the rows kept are found again from the policy and the split's rule."""
    from engine.data.ingest import ingest
    from engine.data.reading import read
    from engine.frontier.split import held_out
    from engine.types import Attribute, Roles

    found = ask("frontier", table, *ROLES, *GAP, "--at", "0.05", "--kind", "deterministic", "--seed", "7")
    point = found["frontiers"]["deterministic"]["at"]["0.05"]
    data = ingest(read(Path(table).read_bytes(), "x.csv"), Roles((Attribute("g"),), "y", "1", scores=("s",)))
    kept = held_out(data, ("g",), 0.5, 7)
    group = np.array([line.split(",")[1] for line in lines()])
    threshold = np.array([point["policy"]["thresholds"].get(g, point["policy"]["otherwise"]) for g in group], float)
    chosen = data.score_values() >= threshold
    assert abs(((chosen == data.label)[kept]).mean() - point["test"]["utility"]["value"]) < 1e-12
    assert point["test"]["utility"]["n"] == kept.sum()
    shares = [chosen[kept & (group == g)].mean() for g in "ab"]
    assert abs(abs(shares[0] - shares[1]) - point["test"]["disparity"]["value"]) < 1e-12
    shares = [chosen[~kept & (group == g)].mean() for g in "ab"]
    assert abs(abs(shares[0] - shares[1]) - point["disparity"]) < 1e-12
    assert abs(((chosen == data.label)[~kept]).mean() - point["utility"]) < 1e-12


def test_deterministic_breakpoints_and_points_equal_brute_force(ask, tmp_path):
    path = tmp_path / "few.csv"
    rows = [("a", 1, 3), ("a", 0, 2), ("a", 1, 2), ("a", 0, 1), ("b", 1, 3), ("b", 0, 3), ("b", 0, 2), ("b", 1, 1),
            ("b", 0, 1)]
    path.write_text("g,y,s\n" + "".join(f"{g},{y},{s}\n" for g, y, s in rows))
    found = ask("frontier", str(path), *ROLES, *GAP, "--split", "none", "--min-group", "0", "--kind", "deterministic",
                "--at", "0", "0.2", "1")["frontiers"]["deterministic"]
    best = {}
    for cuts in itertools.product((1, 2, 3, 4), repeat=2):
        chosen = [s >= cuts["ab".index(g)] for g, _, s in rows]
        shares = [np.mean([c for c, row in zip(chosen, rows, strict=True) if row[0] == g]) for g in "ab"]
        gap = round(abs(shares[0] - shares[1]), 12)
        best[gap] = max(best.get(gap, 0), np.mean([c == y for c, (_, y, _) in zip(chosen, rows, strict=True)]))
    front = [[gap, u] for gap, u in sorted(best.items()) if all(u > other for g, other in best.items() if g < gap)]
    assert np.allclose(found["breakpoints"], front)
    for bound, point in found["at"].items():
        assert abs(point["utility"] - max(u for gap, u in best.items() if gap <= float(bound))) < 1e-12


def test_thresholds_are_midpoints(ask, table):
    found = ask("frontier", table, *ROLES, *GAP, "--at", "0.05", "--kind", "common", "--split", "none")
    threshold = found["frontiers"]["common"]["at"]["0.05"]["policy"]["otherwise"]
    scores = np.unique([float(line.split(",")[3]) for line in lines()])
    above = scores[scores >= threshold].min()
    below = scores[scores < threshold].max()
    assert threshold == below / 2 + above / 2


def test_ratio_bounds_mean_at_least(ask, table):
    found = ask("frontier", table, *ROLES, "--disparity", "demographic_parity_ratio", "--at", "0.8", "--split", "none")
    for frontier in found["frontiers"].values():
        assert frontier["at"]["0.8"]["disparity"] >= 0.8 - 1e-9
        pairs = np.array(frontier["breakpoints"])
        assert (np.diff(pairs[:, 0]) > 0).all()
        assert (np.diff(pairs[:, 1]) <= 1e-12).all()


def test_what_cannot_be_reached_is_null_with_a_reason(ask, table):
    found = ask("frontier", table, *ROLES, "--disparity", "predictive_parity_difference", "--at", "0")
    assert found["frontiers"]["randomised"]["breakpoints"] == []
    assert "not linear" in found["frontiers"]["randomised"]["reason"]
    point = found["frontiers"]["common"]["at"]["0"]
    assert point["utility"] is None or point["disparity"] == 0
    if point["utility"] is None:
        assert point["reason"]


def test_the_same_question_gives_the_same_answer(ask, table):
    question = ("frontier", table, *ROLES, *GAP, "--at", "0.02")
    assert ask(*question) == ask(*question)
    assert ask(*question, "--seed", "1")["frontiers"] != ask(*question)["frontiers"]


def test_the_grouping_is_the_intersection(ask, tmp_path):
    path = tmp_path / "two.csv"
    rows = [f"{'ab'[i % 2]},{'xy'[i // 2 % 2]},{i % 3 % 2},{i % 13}" for i in range(400)]
    path.write_text("\n".join(["g,h,y,s", *rows]) + "\n")
    found = ask("frontier", str(path), *ROLES, "--protected", "h", *GAP, "--at", "0.05", "--kind", "randomised")
    assert found["grouping"] == "g x h"
    assert set(found["frontiers"]["randomised"]["at"]["0.05"]["policy"]["thresholds"]) == {
        "a x x", "a x y", "b x x", "b x y"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--disparity", "fairness"), "demographic_parity_difference"),
        (("--disparity", "auc_difference", "--kind", "common"), "threshold"),
        (("--disparity", "predictive_parity_difference", "--kind", "randomised"), "linear"),
        ((*GAP, "--utility", "profit"), "--utility"),
        ((*GAP, "--at", "tight"), "--at"),
        ((*GAP, "--at", "nan"), "--at"),
        ((*GAP, "--test-size", "1"), "--test-size"),
        ((*GAP, "--min-group", "1000"), "large enough"),
        ((), "--disparity"),
    ],
)
def test_unusable_questions_are_one_line_and_two(refused, table, options, said):
    assert said in refused("frontier", table, *ROLES, *options)


def test_without_a_label_there_is_no_frontier(refused, table):
    assert "outcome" in refused("frontier", table, "--score", "s", "--protected", "g", *GAP)


def test_without_json_it_is_readable(capsys, table):
    assert main(["frontier", table, *ROLES, *GAP, "--at", "0.02"]) == 0
    printed = capsys.readouterr().out
    assert "on the other rows" in printed
    assert "per point of parity" in printed
    assert main(["frontier", table, *ROLES, *GAP, "--split", "none"]) == 0
    assert "optimistic" in capsys.readouterr().out


def test_compas_has_its_frontiers(ask, needs_data, monkeypatch):
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data("compas-scores-two-years.csv").parent))
    found = ask("frontier", "compas", "--protected", "race", "--disparity", "disparate_impact_ratio", "--at", "0.8")
    utilities = [found["frontiers"][kind]["at"]["0.8"]["utility"] for kind in ("common", "deterministic", "randomised")]
    assert utilities == sorted(utilities)
    assert found["roles"]["favourable"] == "not-selected"
