"""``calibration``: the contract's shape, every null with a reason, and the same numbers as the engine's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.calibration import Request, calibrate
from engine.cli import main
from engine.data.ingest import ingest
from engine.data.limits import Limits
from engine.data.reading import read
from engine.types import Attribute, Roles

ROLES = ("--label", "y", "--positive", "1", "--score", "s", "--protected", "g", "--protected", "h")
CONTRACT = {
    "n", "base_rate", "balance", "calibration_in_the_large", "ece", "ece_mass", "debiased_l2", "brier", "mcb", "dsc",
    "unc", "smooth_ece", "ecce_mad", "ecce_r", "spiegelhalter", "slope", "intercept", "cancellation_flag",
}
ESTIMATE = {"value", "low", "high", "n", "reason"}


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    n = 700
    group, half = rng.choice(3, n, p=[0.5, 0.47, 0.03]), rng.choice(2, n)
    p = rng.beta(2, 3, n)
    label = rng.random(n) < p * np.array([1, 0.7, 1])[group]
    label[group == 2] = True   # one outcome only
    path = tmp_path / "table.csv"
    rows = [f"{'abc'[g]},{'xy'[h]},{int(y)},{s:.3f}" for g, h, y, s in zip(group, half, label, p, strict=True)]
    path.write_text("\n".join(["g,h,y,s", *rows, "a,x,,0.5", "a,y,1,"]) + "\n")
    return path


def unexplained(value, path=""):
    """Every null of an object with a reason of its own that has none there."""
    found = []
    if isinstance(value, dict):
        if "reason" in value and None in [v for k, v in value.items() if k != "reason"] and not value["reason"]:
            found.append(path)
        for key, child in value.items():
            found += unexplained(child, f"{path}/{key}")
    return found


def test_json_has_the_contract_s_keys_and_a_reason_beside_every_null(ask, table):
    found = ask("calibration", str(table), *ROLES)
    assert list(found["groupings"]) == ["g", "h", "g x h"]
    assert (found["data"]["rows_used"], found["data"]["unlabelled"]) == (700, 1)
    assert {"reason": "no score", "rows": 1} in found["data"]["excluded"]
    for grouping in found["groupings"].values():
        assert grouping["equality"].keys() >= {"q", "df", "p_value"}
        for group in grouping["groups"].values():
            assert group.keys() >= CONTRACT
            assert group["balance"].keys() == ESTIMATE
            assert group["ece"].keys() >= {"value", "noise_high"}
            assert group["ecce_r"].keys() >= {"value", "sigma", "p_value"}
            assert type(group["cancellation_flag"]) is bool
            plain = {key for key in CONTRACT if group[key] is None}
            assert plain <= group["reasons"].keys()
    assert unexplained(found) == []
    one_class = found["groupings"]["g"]["groups"]["c"]
    assert one_class["slope"] is None
    assert one_class["reasons"]["slope"] == "not estimable: c has positives only"
    assert one_class["small"]


def test_the_numbers_are_the_engine_s(ask, table):
    data = ingest(read(table, table.name, Limits.from_environment()), Roles(
        (Attribute("g"), Attribute("h")), "y", "1", scores=("s",)))
    expected = calibrate(data, Request(cut=0.3, bins=10))
    found = ask("calibration", str(table), *ROLES, "--cut", "0.3", "--bins", "10")
    for name, grouping in expected.groupings.items():
        for group in grouping.measured:
            seen = found["groupings"][name]["groups"][group.name]
            assert seen["balance"]["value"] == group.balance.value
            assert seen["ece"] == {"value": group.ece.value, "noise_high": group.ece.noise_high,
                                   "noise_mean": group.ece.noise_mean, "reason": None}
            assert seen["ecce_r"]["p_value"] == group.ecce_r.p_value
            assert seen["over"] - seen["under"] == pytest.approx(group.balance.value, abs=1e-12)
            if not math.isnan(group.mcb.value):
                assert seen["mcb"] - seen["dsc"] + seen["unc"] == pytest.approx(seen["brier"], abs=1e-12)
        assert found["groupings"][name]["equality"]["q"] == grouping.equality.q


def test_text_says_what_the_json_says(capsys, table):
    assert main(["calibration", str(table), *ROLES]) == 0
    said = capsys.readouterr().out
    for words in ("Balance", "calibration-in-the-large", "if calibrated, up to", "Brier = MCB - DSC + UNC", "(small)",
                  "equal Balance in all groups: Q", "even a perfectly calibrated version", "furthest from calibrated"):
        assert words in said, words
    assert max(map(len, said.splitlines())) < 200


def test_recalibration_mends_the_group_and_names_who_took_the_pooled_map(ask, table):
    raw = ask("calibration", str(table), *ROLES[:-2])["groupings"]["g"]["groups"]
    found = ask("calibration", str(table), *ROLES[:-2], "--recalibrate", "platt", "--per-group")
    after = found["groupings"]["g"]["groups"]
    assert raw["b"]["calibration_in_the_large"]["high"] < 0
    assert abs(after["b"]["calibration_in_the_large"]["value"]) < abs(raw["b"]["calibration_in_the_large"]["value"]) / 3
    mapped = found["recalibration"]
    assert (mapped["method"], mapped["per_group"], mapped["folds"]) == ("platt", True, 5)
    assert [item["group"] for item in mapped["fallbacks"]] == ["c"]
    assert mapped["needs"]
    assert mapped["log_loss"]["platt"]["value"] < mapped["log_loss"]["raw"]["value"]
    assert found["roles"]["score"] == mapped["version"] != "s"
    # Out of fold: a map in sample would leave calibration-in-the-large at 0 to rounding.
    assert abs(after["b"]["calibration_in_the_large"]["value"]) > 1e-9
    pooled = ask("calibration", str(table), *ROLES[:-2], "--recalibrate", "isotonic")["recalibration"]
    assert (pooled["per_group"], pooled["fallbacks"], pooled["needs"]) == (False, [], None)


def test_counts_give_the_exact_part_exactly_and_say_how_far_the_rest_may_be_off(ask, capsys, table, tmp_path):
    counts = str(tmp_path / "counts.parquet")
    assert main(["tabulate", str(table), *ROLES, "-o", counts]) == 0
    capsys.readouterr()
    rows, counted = ask("calibration", str(table), *ROLES), ask("calibration", counts)
    assert rows["settings"]["exact"]
    assert not counted["settings"]["exact"]
    for name, grouping in rows["groupings"].items():
        for group, ours in grouping["groups"].items():
            theirs = counted["groupings"][name]["groups"][group]
            assert theirs["n"] == ours["n"]
            assert theirs["brier"] == pytest.approx(ours["brier"], abs=1e-12)
            assert theirs["balance"]["low"] == pytest.approx(ours["balance"]["low"], abs=1e-12)
            assert theirs["ecce_r"]["value"] == pytest.approx(
                ours["ecce_r"]["value"], abs=counted["settings"]["tolerance"]["ecce_r"])
    assert main(["calibration", counts]) == 0
    assert "from counts" in capsys.readouterr().out


@pytest.mark.parametrize(("more", "words"), [
    (("--bins", "0"), "1 to 1,000 bins"), (("--cut", "inf"), "cut must be a score"), (("--cut", "x"), "number"),
    (("--per-group",), "name a method"), (("--recalibrate", "magic"), "invalid choice"),
])
def test_what_cannot_be_asked_is_refused_in_one_line(refused, table, more, words):
    assert words in refused("calibration", str(table), *ROLES, *more)


def test_scores_outside_0_to_1_are_refused_with_their_range(refused, tmp_path):
    path = tmp_path / "deciles.csv"
    path.write_text("g,y,s\n" + "\n".join(f"{'ab'[k % 2]},{k % 2},{k % 10 + 1}" for k in range(60)) + "\n")
    said = refused("calibration", str(path), *ROLES[:-2])
    assert "score 's', 1 to 10" in said
    assert "no outcome" in refused("calibration", str(path), "--score", "s", "--protected", "g")
