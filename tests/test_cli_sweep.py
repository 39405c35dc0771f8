"""``sweep``: the shape that scripts rely on, and the numbers of ``rates`` at each threshold."""

from __future__ import annotations

import pytest

from engine.cli import main
from tests.test_cli import ROLES, SMALL


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text(SMALL)
    return str(path)


def test_every_value_of_a_score_with_few_and_the_numbers_of_rates(ask, small):
    metric = "precision"
    found = ask("sweep", small, *ROLES, "--metric", metric)["groupings"]["sex"]
    assert [point["threshold"] for point in found["M"]] == [0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    for place in (0, 3, 7):
        threshold = str(found["F"][place]["threshold"])
        groups = ask("rates", small, *ROLES, "--threshold", threshold)["groupings"]["sex"]["groups"]
        for name in ("F", "M"):
            expected = groups[name]["rates"][metric]
            assert {k: found[name][place][k] for k in ("value", "low", "high", "reason")} == {
                k: expected[k] for k in ("value", "low", "high", "reason")}


def test_a_null_has_a_reason(ask, small):
    points = ask("sweep", small, *ROLES, "--metric", "precision")["groupings"]["sex"]["M"]
    last = points[-1]
    assert (last["value"], last["low"], last["high"]) == (None, None, None)
    assert last["reason"] == "not estimable: M has no selected rows with a known outcome"
    assert points[0]["reason"] is None


def test_points_are_evenly_spaced(ask, tmp_path):
    path = tmp_path / "many.csv"
    path.write_text("g,y,s\n" + "".join(f"{'ab'[i % 2]},{i % 3 % 2},{i / 2000}\n" for i in range(2001)))
    found = ask("sweep", str(path), "--label", "y", "--positive", "1", "--score", "s", "--protected", "g", "--metric",
                "selection_rate", "--points", "11")
    assert [round(point["threshold"], 9) for point in found["groupings"]["g"]["a"]] == [k / 10 for k in range(11)]
    usual = ask("sweep", str(path), "--label", "y", "--positive", "1", "--score", "s", "--protected", "g",
                "--metric", "selection_rate")
    assert len(usual["overall"]) == 513


def test_without_an_outcome_selection_is_swept_and_the_rest_says_why(ask, small):
    without = ("--score", "score", "--protected", "sex")
    assert ask("sweep", small, *without, "--metric", "selection_rate")["groupings"]["sex"]["F"][0]["value"] == 1
    point = ask("sweep", small, *without, "--metric", "accuracy")["groupings"]["sex"]["F"][0]
    assert point["value"] is None
    assert "no outcome" in point["reason"]


def test_intersections_are_swept(ask, small):
    found = ask("sweep", small, *ROLES, "--protected", "pay::band", "--metric", "f1")["groupings"]
    assert list(found) == ["sex", "pay:band", "sex x pay:band"]


@pytest.mark.parametrize(("more", "says"), [
    (("--metric", "magic"), "'magic'"), ((), "--metric"), (("--metric", "f1", "--points", "1"), "thresholds"),
    (("--metric", "f1", "--points", "x"), "--points"),
])
def test_what_cannot_be_asked_is_refused_in_one_line(refused, small, more, says):
    assert says in refused("sweep", small, *ROLES, *more)


def test_the_table_for_a_person_names_groups_and_thresholds(capsys, small):
    assert main(["sweep", small, *ROLES, "--metric", "true_positive_rate"]) == 0
    text = capsys.readouterr().out
    assert "true positive rate" in text
    assert "everybody" in text
    assert "not estimable" not in text.split("everybody")[0]


def test_compas_at_five_is_the_published_rate(ask, needs_data, monkeypatch):
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data("compas-scores-two-years.csv").parent))
    points = ask("sweep", "compas", "--metric", "false_positive_rate")["groupings"]["race"]["African-American"]
    assert len(points) == 10
    assert round(100 * next(p["value"] for p in points if p["threshold"] == 5), 2) == 44.85
