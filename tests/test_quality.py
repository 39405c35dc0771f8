"""What is remarkable about a data set, and what is not remarked without cause."""

import numpy as np
import pytest

from engine.data.catalogue import load, open_table
from engine.data.ingest import ingest
from engine.data.quality import inspect, separation
from engine.data.reading import read
from engine.types import Attribute, Roles
from tests.build import dataset


def found(rows, header="g,y,s,x", **roles):
    table = read(("\n".join([header, *rows]) + "\n").encode(), "t.csv")
    roles = {"label": "y", "positive": "1", "scores": ("s",), **roles}
    return [issue.sentence() for issue in inspect(ingest(table, Roles((Attribute("g"),), **roles)), table)]


def varied(n=200):
    rng = np.random.default_rng(0)
    return [f"{'ab'[i % 2]},{rng.integers(2)},{rng.random():.6f},{rng.random():.6f}" for i in range(n)]


def test_an_ordinary_table_is_not_remarkable():
    assert found(varied(), features=("x",)) == []


def test_repeated_rows():
    rows = varied()
    assert any("1 of 201 rows" in text and "repeat" in text for text in found([*rows, rows[0]]))


def test_repeated_rows_are_counted_without_the_identifier():
    rows = [f"{row},{i}" for i, row in enumerate([*varied(), varied()[5]])]
    [said] = found(rows, "g,y,s,x,id", id="id")      # each row has a name of its own: nothing was counted twice
    assert "differ from another row in the row id alone" in said
    assert "1 of 201 rows" in said
    [said, *_] = [text for text in found([*rows, rows[0]], "g,y,s,x,id", id="id") if "repeat another" in text]
    assert "2 of 202 rows" in said
    assert not any("repeat" in text for text in found(rows, "g,y,s,x,id"))


def test_constant_missing_and_identifiers():
    rows = [f"{row},same,{'' if i < 3 else 'v'},u{i}" for i, row in enumerate(varied())]
    text = " | ".join(found(rows, "g,y,s,x,c,m,u"))
    assert "the same value in every row, columns 'c'" in text
    assert "'m' 3" in text
    assert "look like identifiers, columns 'u'" in text


def test_leakage_of_numbers_scores_and_categories():
    rows = []
    for i, row in enumerate(varied()):
        g, y, _, x = row.split(",")
        rows.append(f"{g},{y},{int(y) + i / 1_000},{x},{'won' if y == '1' else 'lost'}")
    text = found(rows, "g,y,s,x,z", features=("x", "z"))
    assert sum("almost perfectly" in line for line in text) == 2
    assert not any("'x'" in line for line in text)


def test_small_empty_and_one_sided_groups():
    rows = [*varied(), "tiny,1,0.5,0.5"]
    text = " | ".join(found(rows))
    assert "fewer than 30 rows, attribute 'g', 'tiny' 1" in text
    assert "one outcome only, attribute 'g', 'tiny' 1" in text


def test_rows_without_a_score():
    assert any("1 of 201" in line for line in found([*varied(), "a,1,,0.5"]))


def test_without_the_table_the_rest_is_said():
    data = load("diabetes")
    assert inspect(data) == data.issues


def test_separation_is_the_area_under_the_curve():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    for _ in range(20):
        label = rng.integers(0, 2, 50).astype(np.int8)
        values = rng.integers(0, 6, 50) + label * rng.random()
        assert separation(values, label) == pytest.approx(metrics.roc_auc_score(label, values), abs=1e-12)


def test_separation_leaves_unknown_rows_out():
    label = np.array([0, 1, -1, 1], dtype=np.int8)
    assert separation(np.array([1.0, 2.0, 0.0, np.nan]), label) == 1.0
    assert np.isnan(separation(np.array([1.0]), np.array([1], dtype=np.int8)))


def test_adult_has_its_52_repeated_rows(data_folder, needs_data):
    needs_data("adult.data")
    issues = inspect(load("adult", data_folder), open_table("adult", data_folder))
    assert any("52 of 48,842" in issue.got for issue in issues)


def test_a_score_that_ranks_the_other_way_is_said():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 400).astype(np.int8)
    for sign, expected in ((-1, True), (1, False)):
        data = dataset(sign * label + rng.normal(0, 1, 400), label, g=["a", "b"] * 200)
        assert any("ranks away" in issue.what for issue in inspect(data)) is expected


def test_a_text_that_is_a_group_of_a_protected_attribute_is_not_missing():
    rows = [f"{row},{'NA' if i < 4 else 'v'}" for i, row in enumerate(["NA" + row[1:] for row in varied()])]
    text = " | ".join(found(rows, "g,y,s,x,m"))
    assert "'m' 4" in text
    assert "'g' 200" not in text
