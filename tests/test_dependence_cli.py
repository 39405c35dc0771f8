"""``dependence``: the keys that scripts rely on, and the numbers of the definitions on a file."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cli import main
from tests import distances
from tests.distances import binary, continuous, nominal

KEYS = {"value", "p_value", "terms", "interaction", "estimator", "squared", "scaling", "route"}


@pytest.fixture
def people(tmp_path):
    """Return a file of 120 people, and their columns as the definitions take them."""
    rng = np.random.default_rng(0)
    race, sex, age = rng.integers(0, 3, 120), rng.integers(0, 2, 120), rng.integers(18, 80, 120)
    score = np.round(rng.random(120) + 0.4 * (race == 1) * (sex == 0), 3)
    path = tmp_path / "people.csv"
    lines = [f"{'xyz'[r]},{'fm'[s]},{a},{v}" for r, s, a, v in zip(race, sex, age, score, strict=True)]
    path.write_text("race,sex,age,score\n" + "\n".join(lines) + "\n")
    scaled = (age - age.min()) / (age.max() - age.min())
    return str(path), score, [nominal("race", race), binary("sex", sex), continuous("age", scaled)]


ROLES = ("--prediction", "score", "--protected", "race", "--protected", "sex", "--protected", "age")


@pytest.mark.parametrize("kind", ["cc", "joint", "marginal"])
def test_numbers_of_the_definitions(ask, people, kind):
    path, score, columns = people
    found = ask("dependence", path, *ROLES, "--penalty", kind)
    assert found.keys() >= KEYS
    assert (found["estimator"], found["squared"], found["scaling"], found["n"]) == ("U", True, "min-max", 120)
    assert found["value"] + found["constant"] == pytest.approx(distances.value(score, columns, kind), rel=1e-10)
    assert found["terms"].keys() == {"race", "sex", "age"}
    for column in columns:
        alone = distances.dcov(score, distances.coordinates(column), "U")
        assert found["terms"][column.name] == pytest.approx(alone, rel=1e-10)
    assert sum(found["terms"].values()) + found["interaction"] == pytest.approx(found["value"], rel=1e-10, abs=1e-15)
    assert found["permutations"] == 999
    assert 0.001 <= found["p_value"] <= 0.2
    assert found["kinds"] == {"race": "nominal", "sex": "nominal", "age": "continuous"}
    assert found["low"] is None
    assert found["reason"]


def test_the_penalty_is_cc_and_the_seed_0_by_default(ask, people):
    path, *_ = people
    found = ask("dependence", path, *ROLES)
    assert found == ask("dependence", path, *ROLES, "--penalty", "cc", "--seed", "0", "--permutations", "999")
    assert found["p_value"] != ask("dependence", path, *ROLES, "--seed", "1")["p_value"] or (
        found["noise_high"] != ask("dependence", path, *ROLES, "--seed", "1")["noise_high"])


def test_c_weighs_each_alone_against_interactions(ask, people):
    path, *_ = people
    one, small = (ask("dependence", path, *ROLES, "--penalty", "joint", "--c", c, "--permutations", "9")
                  for c in ("1", "0.5"))
    assert small["terms"]["race"] == pytest.approx(one["terms"]["race"] / 4)
    assert small["by_subset"]["race x sex x age"] == pytest.approx(one["by_subset"]["race x sex x age"])


def test_any_numeric_column_or_a_decision_of_two_words(ask, tmp_path):
    path = tmp_path / "decided.csv"
    path.write_text("g,premium,decision\n" + "".join(f"{'ab'[i % 2]},{300 + 10 * i},{'yn'[i % 3 == 0]}\n"
                                                     for i in range(30)))
    options = ("--protected", "g", "--permutations", "19")
    premium = ask("dependence", str(path), "--prediction", "premium", *options)
    assert premium["prediction"] == "premium"
    decision = ask("dependence", str(path), "--prediction", "decision", "--selected", "y", *options)
    y = np.array([i % 3 != 0 for i in range(30)], dtype=float)
    expected = distances.dcov(y, np.arange(30) % 2, "U")
    assert decision["value"] == pytest.approx(expected, rel=1e-10)


def test_rows_without_a_prediction_are_left_out_and_counted(ask, tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("g,s\n" + "".join(f"{'ab'[i % 2]},{i if i % 5 else ''}\n" for i in range(40)))
    found = ask("dependence", str(path), "--prediction", "s", "--protected", "g", "--permutations", "9")
    assert found["n"] == found["data"]["rows_used"] == 32
    assert found["data"]["excluded"] == [{"reason": "no score", "rows": 8}]


def test_within_the_outcome_and_with_weights(ask, tmp_path):
    path = tmp_path / "outcome.csv"
    rng = np.random.default_rng(1)
    out, group = rng.integers(0, 2, 200), rng.integers(0, 2, 200)
    group = np.where(rng.random(200) < 0.6, out, group)
    path.write_text("g,y,s,w\n" + "".join(f"{'ab'[g]},{o if i else ''},{o + rng.random():.3f},{1 + i % 3}\n"
                                          for i, (g, o) in enumerate(zip(group, out, strict=True))))
    options = ("dependence", str(path), "--prediction", "s", "--protected", "g", "--label", "y", "--positive", "1",
               "--permutations", "99")
    assert ask(*options)["p_value"] == 0.01
    within = ask(*options, "--given-outcome")
    assert within["p_value"] > 0.05
    assert within["n"] == 199
    assert within["data"]["excluded"] == [{"reason": "no outcome", "rows": 1}]
    assert "2 strata" in within["route"]
    assert ask(*options, "--weight", "w")["estimator"] == "V"


def test_equal_predictions_have_a_reason_for_each_null(ask, tmp_path):
    path = tmp_path / "flat.csv"
    path.write_text("g,s\n" + "a,1\nb,1\n" * 5)
    found = ask("dependence", str(path), "--prediction", "s", "--protected", "g")
    assert (found["value"], found["p_value"], found["noise_high"]) == (0, None, None)
    assert found["noise_reason"] == "not defined: all predictions are equal"


def test_refusals(refused, people, tmp_path):
    path, *_ = people
    assert "a prediction is needed" in refused("dependence", path, "--protected", "sex", "--label", "race",
                                               "--positive", "x")
    assert "protected attribute" in refused("dependence", path, "--prediction", "score")
    assert "numbers" in refused("dependence", path, "--prediction", "sex", "--protected", "race")
    assert "needed to measure within it" in refused("dependence", path, *ROLES, "--given-outcome")
    small = tmp_path / "three.csv"
    small.write_text("g,s\na,1\nb,2\na,3\n")
    assert "needs 4 rows" in refused("dependence", str(small), "--prediction", "s", "--protected", "g")


def test_a_terminal_shows_each_number_and_no_hostile_name(capsys, tmp_path):
    path = tmp_path / "hostile.csv"
    path.write_text("g\u202e,s\n" + "".join(f"{'ab'[i % 2]},{i}\n" for i in range(20)))
    assert main(["dependence", str(path), "--prediction", "s", "--protected", "g\u202e", "--penalty", "joint"]) == 0
    shown = capsys.readouterr().out
    assert "\u202e" not in shown
    for words in ("g alone", "only in combination", "whatever the prediction", "exact: 2 cells", "; p 1.000; under"):
        assert words in shown


def test_compas_race_sex_and_age_as_a_number(ask, needs_data):
    needs_data("compas-scores-two-years.csv")
    found = ask("dependence", "compas", "--prediction", "decile_score", "--protected", "race", "--protected", "sex",
                "--protected", "age:continuous", "--permutations", "99")
    assert found["p_value"] == 0.01
    assert found["n"] == 7214
    assert found["terms"]["race"] > found["terms"]["age"] > found["terms"]["sex"] > found["noise_high"]
    assert found["route"] == "exact: 432 cells, one for each distinct combination of values"
    assert found["relative_error"] == 0
