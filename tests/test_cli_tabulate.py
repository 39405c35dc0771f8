"""``tabulate`` and ``merge`` and the commands that take their files as DATA."""

from __future__ import annotations

import json

import pytest

from engine.cli import main
from tests.counted import files

ROLES = ("--protected", "race", "--protected", "age", "--edges", "age=25,45,60", "--score", "score", "--label",
         "outcome", "--positive", "1")


@pytest.fixture
def counted(ask, tmp_path):
    source = files(tmp_path, 3_000)
    out = tmp_path / "counts.parquet"
    value = ask("tabulate", str(source["parquet"]), *ROLES, "-o", str(out))
    return source, out, value


def test_the_shape_of_the_answer(counted, ask, tmp_path):
    source, out, value = counted
    assert value["rows"] == 3_000 == value["rows_counted"] + sum(item["rows"] for item in value["excluded"])
    assert {"rows", "excluded", "cells", "bins", "digest"} <= set(value)
    assert out.exists()
    assert not list(tmp_path.glob("*.parts"))
    for engine in ("numpy", "polars"):
        other = ask("tabulate", str(source["csv"]), *ROLES, "-o", str(tmp_path / "o.parquet"), "--engine", engine)
        assert other["digest"] == value["digest"]


def test_merge_adds_up(counted, ask, tmp_path):
    _, out, value = counted
    total = ask("merge", str(out), str(out), "-o", str(tmp_path / "sum.parquet"))
    assert total["rows"] == 2 * value["rows"]
    assert total["cells"] == value["cells"]


def test_rates_sweep_and_frontier_take_counts(counted, ask):
    source, out, _ = counted
    mine = ask("rates", str(out), "--threshold", "0.5")
    theirs = ask("rates", str(source["parquet"]), *ROLES, "--threshold", "0.5")
    assert mine["data"]["rows_used"] == sum(group["n"] for group in mine["groupings"]["race"]["groups"].values())
    # The rows have a score above 1 that the grid leaves out; every other count is the same.
    for name, group in mine["groupings"]["race"]["groups"].items():
        other = theirs["groupings"]["race"]["groups"][name]
        assert abs(group["tp"] - other["tp"]) + abs(group["tn"] - other["tn"]) <= 1
    assert ask("sweep", str(out), "--metric", "selection_rate", "--points", "9")["groupings"]["race"]
    assert ask("frontier", str(out), "--disparity", "demographic_parity_difference", "--at", "0.1")["frontiers"]


def test_a_threshold_between_two_edges_is_said(counted, ask):
    _, out, _ = counted
    note = ask("rates", str(out), "--threshold", "0.3")["policy"]["note"]
    assert "0.3 as 0.30078125" in note
    assert ask("rates", str(out), "--threshold", "0.25")["policy"]["note"] is None


@pytest.mark.parametrize(("words", "sentence"), [
    (("flip", "{counts}"), "needs rows"),
    (("rates", "{counts}", "--protected", "race"), "roles inside"),
    (("merge", "{rows}", "-o", "{out}"), "must be a count table"),
    (("tabulate", "{rows}", *ROLES, "-o", "{out}", "--bins", "nothing"), "grid, values or a file"),
    (("tabulate", "{rows}", "--protected", "age:continuous", "--score", "score", "-o", "{out}"), "needs its edges"),
    (("tabulate", "nothing.parquet", *ROLES, "-o", "{out}"), "none found"),
    (("tabulate", "{rows}", *ROLES, "-o", "{out}", "--suppress-under", "100000"), "some group must be left"),
])
def test_refusals_are_one_line(counted, capsys, tmp_path, words, sentence):
    source, out, _ = counted
    names = {"counts": out, "rows": source["parquet"], "out": tmp_path / "new.parquet"}
    assert main([word.format(**names) for word in words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_bins_from_a_file(counted, ask, tmp_path):
    source, out, value = counted
    edges = tmp_path / "edges.json"
    edges.write_text(json.dumps([0, 0.25, 0.5]))
    assert ask("tabulate", str(source["parquet"]), *ROLES, "-o", str(tmp_path / "e.parquet"), "--bins", str(edges)
               )["bins"] == 3
    again = ask("tabulate", str(source["parquet"]), *ROLES, "-o", str(tmp_path / "f.parquet"), "--bins", str(out))
    assert again["bins"] == value["bins"]
