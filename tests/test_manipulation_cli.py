"""``manipulation`` and ``bounds`` on the command line: the contract that scripts rely on."""

import csv

import numpy as np
import pytest

from engine.cli import main

ROLES = ("--protected", "sex", "--unprivileged", "F", "--decision", "hired")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    rng, folder, n = np.random.default_rng(1), tmp_path_factory.mktemp("audit"), 3_000
    sex = rng.choice(["F", "M"], n, p=[0.4, 0.6])
    rows = list(zip(sex, rng.integers(18, 80, n), np.round(rng.lognormal(3, 0.5, n), 2),
                    (rng.random(n) < np.where(sex == "F", 0.12, 0.33)).astype(int), strict=True))
    for name, part in (("full", rows), ("honest", [rows[i] for i in rng.choice(n, 400, replace=False)])):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("sex", "age", "income", "hired"), *part])
    return folder


def test_power_agrees_with_the_measured_numbers(ask):
    found = ask("manipulation", "power", "--cells", "1478,160,2267,1095", "--size", "500", "--at", "0.5")
    assert found["undetectable_ratio"]["g_test"] == pytest.approx(0.547, abs=0.002)
    assert found["undetectable_ratio"]["direct"] == pytest.approx(0.426, abs=0.004)
    assert found["required_size"] == {"g_test_80": 257, "g_test_95": 405, "g_test_quota": 184, "direct_80": 162,
                                      "direct_95": 252}
    assert [point["target"] for point in found["power"]] == [0.5, 0.8]


@pytest.mark.parametrize("attack", ["kl_optimal", "kl_optimal_free", "entropic_balanced", "entropic_proportional",
                                    "replace", "replace_decision", "replace_group", "matching", "nearest_x",
                                    "gradient"])
def test_every_attack_writes_a_marked_sample_that_detect_reads(ask, files, tmp_path, attack):
    out = tmp_path / "manipulated-simulation.csv"
    made = ask("manipulation", "simulate", str(files / "full.csv"), *ROLES, "--attack", attack, "--target", "0.8",
               "--size", "400", "-o", str(out))
    assert made["reached"] >= 0.8
    assert made["file"] == str(out)
    rows = list(csv.DictReader(out.open()))
    assert len(rows) == made["size"] == 400
    assert {row["watermark"] for row in rows} == {"manipulated: simulation"}
    table = [sum(row["sex"] == s and row["hired"] == y for row in rows) for s in "FM" for y in "01"]
    assert table == made["cells"]["after"]
    found = ask("manipulation", "detect", "--submitted", str(out), "--reference", str(files / "full.csv"), "--mode",
                "A", *ROLES, "--permutations", "99")
    assert found["rejected"]
    # Rows that became other real rows are proved only where both copies were drawn.
    assert attack in ("matching", "nearest_x", "gradient") or bool(found["proofs"]) == attack.startswith("replace")


def test_a_name_without_the_mark_gets_it(ask, files, tmp_path):
    out = str(tmp_path / "s.csv")
    made = ask("manipulation", "simulate", str(files / "full.csv"), *ROLES, "--size", "50", "-o", out)
    assert made["file"].endswith("s.manipulated-simulation.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["s.manipulated-simulation.csv"]


def test_an_honest_sample_in_every_mode(ask, files, tmp_path):
    shares = tmp_path / "shares.csv"
    rows = list(csv.DictReader((files / "full.csv").open()))
    with shares.open("w", newline="") as file:
        lines = [(s, y, sum(row["sex"] == s and row["hired"] == y for row in rows) / len(rows))
                 for s in "FM" for y in "01"]
        csv.writer(file).writerows([("group", "decision", "proportion"), *lines])
    for mode, reference in (("A", files / "full.csv"), ("B", files / "full.csv"), ("C", shares)):
        found = ask("manipulation", "detect", "--submitted", str(files / "honest.csv"), "--reference", str(reference),
                    "--mode", mode, *ROLES, "--permutations", "99")
        assert not found["rejected"]
        assert found["ratio"]["low"] < found["ratio"]["value"] < found["ratio"]["high"]
        for test in found["tests"].values():
            assert test["sees"]
            assert (test["p_value"] is None) <= bool(test["reason"])
        assert {"size", "target", "value"} <= found["power"].keys()
        assert {"g_test", "direct"} <= found["undetectable_ratio"].keys()


def test_text_says_what_was_and_was_not_found(capsys, files):
    assert main(["manipulation", "detect", "--submitted", str(files / "honest.csv"), "--reference",
                 str(files / "full.csv"), "--mode", "A", *ROLES, "--permutations", "99"]) == 0
    printed = capsys.readouterr().out
    assert "not rejected, which does not mean representative" in printed
    assert "power" in printed
    assert main(["manipulation", "power", "--cells", "1478,160,2267,1095", "--size", "500"]) == 0
    assert main(["manipulation", "simulate", str(files / "full.csv"), *ROLES, "--size", "50"]) == 0


def test_what_cannot_be_used_is_one_line(refused, files):
    full, honest = str(files / "full.csv"), str(files / "honest.csv")
    detect = ("manipulation", "detect", "--mode", "A")
    assert "cannot be larger" in refused(*detect, "--submitted", full, "--reference", honest, *ROLES)
    assert "must exist" in refused(*detect, "--submitted", honest, "--reference", full, "--protected", "sex",
                                   "--unprivileged", "Z", "--decision", "hired")
    assert "two values" in refused(*detect, "--submitted", honest, "--reference", full, "--protected", "sex",
                                   "--unprivileged", "F", "--decision", "age")
    assert "999 or more" in refused(*detect, "--submitted", honest, "--reference", full, *ROLES, "--draws", "30")
    assert "attack must be known" in refused("manipulation", "simulate", full, *ROLES, "--attack", "magic")
    assert "n00" in refused("manipulation", "power", "--cells", "1,2,3", "--size", "5")
    assert refused("manipulation", "detect", "--submitted", "nowhere.csv", "--reference", full, "--mode", "A", *ROLES)


def test_bounds_cover_what_was_ignored(ask, tmp_path):
    rng, path = np.random.default_rng(2), tmp_path / "x.csv"
    sex = rng.choice(["F", "M", ""], 400, p=[0.4, 0.45, 0.15])
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("sex", "hired"), *zip(sex, rng.integers(0, 2, 400), strict=True)])
    found = ask("bounds", str(path), "--prediction", "hired", "--protected", "sex")
    assert found["unknown"]["rows"] == int((sex == "").sum())
    each = found["groupings"]["sex"]["disparities"]["disparate_impact_ratio"]
    assert each["low"] < each["ignoring_unknown"] <= each["high"] <= 1
    assert found["groupings"]["sex"]["disparities"]["auc_difference"]["reason"]
