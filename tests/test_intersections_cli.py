"""``intersections``: the contract's shape, and the numbers of the engine."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cli import main
from engine.dependence import Request, explore
from tests.gerrymandered import crossed

KEYS = {"loss", "dcov", "ccdcov", "jdcov", "jsd", "jsd_null_high", "uniform_fairness", "marginal_gap",
        "intersectional_gap"}
BASE = ("--protected", "a", "--protected", "b", "--features", "x1,x2,x3")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    x, y, a, b = crossed(1200, 0)
    rng = np.random.default_rng(1)
    years = rng.uniform(0.2, 1, 1200).round(3)
    claims = rng.poisson(years * np.exp(0.4 * x[:, 2]))
    pay = (x[:, 0] + 2 * (a ^ b) + 0.5 * rng.normal(size=1200)).round(3)
    lines = ["x1,x2,x3,a,b,y,claims,years,pay"]
    lines += [f"{r[0]:.4f},{r[1]:.4f},{r[2]:.4f},{'fm'[i]},{'xy'[j]},{int(k)},{c},{e},{p}"
              for r, i, j, k, c, e, p in zip(x, a, b, y, claims, years, pay, strict=True)]
    path = tmp_path_factory.mktemp("intersections") / "coins.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


TASKS = [("classification", "auc", ("--target", "y", "--positive", "1")),
         ("regression", "rmse", ("--target", "pay")),
         ("poisson", "rps", ("--target", "claims", "--exposure", "years"))]


@pytest.mark.parametrize(("task", "performance", "options"), TASKS)
def test_json_has_the_contract_s_keys(ask, table, task, performance, options):
    found = ask("intersections", table, "--task", task, *options, *BASE, "--penalty", "cc", "--kappa", "0,1")
    assert [row["kappa"] for row in found["path"]] == [0, 1]
    for row in found["path"]:
        assert row.keys() >= {"kappa", "lambda", "seconds", "validation", "test"}
        for part in ("validation", "test"):
            assert row[part].keys() >= KEYS | {performance}
            assert all(isinstance(row[part][key], float) for key in KEYS | {performance})
            assert row[part]["estimates"]["loss"].keys() == {"value", "low", "high", "n", "reason"}
    assert found["path"][1]["test"]["ccdcov"] < found["path"][0]["test"]["ccdcov"]
    assert (found["penalty"]["squared"], found["penalty"]["estimator"]) == (True, "U")
    assert sum(cell["n"] for cell in found["cells"].values()) == 1200


def test_numbers_are_those_of_the_engine(ask, table):
    from engine.data.ingest import ingest
    from engine.data.reading import read
    from engine.types import Attribute, Roles

    found = ask("intersections", table, "--task", "classification", "--target", "y", *BASE, "--penalty", "joint",
                "--c", "0.5", "--lambda", "0,30", "--seed", "4", "--min-group", "10")
    roles = Roles((Attribute("a"), Attribute("b")), label="y", positive="1", features=("x1", "x2", "x3"))
    with open(table, "rb") as file:
        dataset = ingest(read(file.read(), "coins.csv"), roles)
    path = explore(dataset, Request(penalty="joint", c=0.5, lambdas=(0.0, 30.0), seed=4, min_group=10))
    assert found["data"]["fingerprint"] == dataset.fingerprint
    for row, point in zip(found["path"], path.points, strict=True):
        assert row["lambda"] == point.strength
        assert row["test"]["jdcov"] == point.test.jdcov
        assert row["validation"]["jsd"] == point.validation.jsd
        assert row["test"]["estimates"]["intersectional_gap"]["low"] == point.test.intersectional_gap.low


def test_what_is_not_estimable_is_null_with_a_reason(ask, table):
    found = ask("intersections", table, "--task", "classification", "--target", "y", *BASE, "--kappa", "0",
                "--min-group", "400")
    test = found["path"][0]["test"]
    assert test["intersectional_gap"] is None
    assert "fewer than two groups" in test["reason"]
    assert len(found["left_out"]) == 4


def test_the_terminal_shows_the_same(table, capsys):
    arguments = ["intersections", table, "--task", "classification", "--target", "y", *BASE, "--kappa", "0,1",
                 "--baseline", "marginal", "--baseline", "exponentiated_gradient", "--jsd-target", "0.01"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    for words in ("CCdCov over a x b", "on the test rows", "sum of marginal penalties", "exponentiated gradient",
                  "meets target", "inside null", "knee"):
        assert words in printed
    assert max(len(line) for line in printed.splitlines()) < 200


@pytest.mark.parametrize(("options", "words"), [
    (("--task", "classification"), "outcome is needed"),
    (("--task", "guess", "--target", "y"), "invalid choice"),
    (("--task", "regression", "--target", "y", "--positive", "1"), "positive"),
    (("--task", "regression", "--target", "y", "--exposure", "years"), "exposure"),
    (("--task", "classification", "--target", "y", "--label", "y"), "--target"),
    (("--task", "classification", "--target", "z"), "z"),
    (("--task", "classification", "--target", "a"), "positive"),
    (("--task", "classification", "--target", "y", "--positive", "7"), "positive value must occur"),
    (("--task", "classification", "--target", "y", "--kappa", "0,x"), "strengths"),
    (("--task", "classification", "--target", "y", "--kappa", "-1"), "strengths"),
    (("--task", "classification", "--target", "y", "--model", "linear"), "model"),
    (("--task", "regression", "--target", "y", "--penalty", "hsic"), "invalid choice"),
    (("--task", "poisson", "--target", "x3"), "negative"),
])
def test_what_cannot_be_asked_is_refused_in_one_line(refused, table, options, words):
    protected = ("--protected", "b") if "a" in options else ("--protected", "a", "--protected", "b")
    assert words in refused("intersections", table, *options, *protected)


def test_the_kind_of_an_attribute_may_be_said(ask, table):
    found = ask("intersections", table, "--task", "classification", "--target", "y", "--features", "x1,x2",
                "--protected", "a", "--protected", "x3:continuous", "--kappa", "0,1")
    assert found["penalty"]["as_continuous"] == ["x3"]
    assert found["penalty"]["route"]


@pytest.mark.parametrize(("name", "options"), [
    ("compas", ("--target", "two_year_recid", "--task", "classification", "--protected", "race", "--protected", "sex",
                "--protected", "age")),
    ("diabetes", ("--target", "progression", "--task", "regression", "--protected", "sex", "--protected", "age")),
    pytest.param("pg15", ("--target", "Numtppd", "--task", "poisson", "--exposure", "exposure_years", "--protected",
                          "Gender", "--protected", "Age"), marks=pytest.mark.slow),
])
def test_catalogued_data_run_from_end_to_end(ask, needs_data, name, options):
    if name != "diabetes":
        needs_data({"compas": "compas-scores-two-years.csv", "pg15": "pg15training.csv.gz"}[name])
    found = ask("intersections", name, *options, "--kappa", "0,1")
    free, bound = found["path"]
    assert bound["test"]["ccdcov"] < free["test"]["ccdcov"]
    assert bound["validation"]["loss"] > free["validation"]["loss"]
    assert found["penalty"]["as_continuous"] == {"pg15": ["Age"]}.get(name, ["age"])
