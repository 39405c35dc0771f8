"""Blocks added up by NumPy: whatever the blocks, the types and the number of values, as DuckDB and Polars count."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.counting import blocks, tally
from engine.counting.engines import count_native
from engine.counting.gathering import gathered
from engine.counting.plan import Plan
from engine.counting.tabulate import tabulate
from engine.errors import InvalidData
from engine.types import Attribute
from tests.counted import rows

N = 3_000
NAMES = ["", " a", "a ", "O'Brien", '"quoted"', "naïve", "1.0", "1", "01", "NA", "null", None]


def hostile(seed: int = 0) -> pa.Table:
    """Return columns of every type that may hold a group, an outcome or a score, and values that look alike."""
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 3, N)
    score[:8] = [0.0, -0.0, 1.0, 1.5, -0.25, np.inf, -np.inf, np.nan]
    some = rng.random(N) < 0.05
    texts = pa.array([NAMES[i] for i in rng.integers(0, len(NAMES), N)])
    return pa.table({
        "text": texts, "dictionary": texts.dictionary_encode(), "large": texts.cast(pa.large_string()),
        "many": pa.array([f"v{i}" for i in rng.integers(0, 300, N)]),
        "whole": pa.array(rng.integers(-2, 3, N), mask=some), "float": pa.array(rng.integers(0, 3, N) / 1.0),
        "small": pa.array(rng.integers(0, 2, N).astype(np.uint8), mask=some),
        "truth": pa.array(rng.random(N) < 0.5, mask=some), "score": pa.array(score, mask=some, from_pandas=False),
        "score32": pa.array(score.astype(np.float32)), "percent": pa.array(rng.integers(0, 101, N)),
        "weight": pa.array(np.where(some, 0.0, rng.random(N))),
    })


def plan(attributes: str, **options: object) -> Plan:
    given = {"score": "score", "label": "small", "positive": "1"} | options
    return Plan(tuple(map(Attribute, attributes.split())), **given)


PLANS = {
    "texts": plan("text dictionary"),
    "large text, truth": plan("large truth", label="whole", positive="-2"),
    "many": plan("many", bins=(0.0, 0.25, 0.5)),
    "numbers": plan("whole small", label="truth", positive="true"),
    "text outcome": plan("truth", label="dictionary", positive="a", score="score32"),
    "fractions": plan("float", label="text", positive="O'Brien", weight="weight"),
    "values": plan("text", score="percent", bins="values"),
    "prediction": Plan((Attribute("text"),), prediction="truth", label="float", positive="2", weight="weight"),
    "one column thrice": Plan((Attribute("small"), Attribute("percent", "continuous", (20.0, 50.0))), score="percent",
                              label="small", positive="0", bins=(0.0, 50.0)),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    pq.write_table(hostile(), path, row_group_size=700)   # each with values, and an order of values, of its own
    return path


@pytest.fixture(params=["in place", "as lines"])
def way(request, monkeypatch):
    """Count in place, or as tables too large for that are counted; in either case by three threads."""
    monkeypatch.setattr(blocks.os, "cpu_count", lambda: 3)
    monkeypatch.setattr(tally, "DENSE", tally.DENSE if request.param == "in place" else 0)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_numpy_counts_as_the_others(source, plan):
    found, *others = (tabulate(str(source), plan, engine) for engine in ("numpy", "duckdb", "polars"))
    for other in others:
        assert found.table.digest() == other.table.digest()
        assert found.excluded == other.excluded
        np.testing.assert_allclose(found.table.score_sum.sum(), other.table.score_sum.sum(), rtol=1e-12)
        np.testing.assert_allclose(found.table.score_squares.sum(), other.table.score_squares.sum(), rtol=1e-12)
        if plan.weight is not None:
            np.testing.assert_allclose(found.table.squares.sum(), other.table.squares.sum(), rtol=1e-12)


def test_a_table_may_outgrow_its_place_at_any_block(monkeypatch):
    plan, table = PLANS["many"], hostile().select(PLANS["many"].columns)   # 300 values, 30 of them new in each block
    expected = gathered([count_native(table, plan)], plan, "x").table
    sizes = set()
    for dense in (1_000, 3_000, 6_000, 10_000):   # cells; the whole table has 301 x 3 x 8
        monkeypatch.setattr(tally, "DENSE", dense)
        counted = tally.Tally(plan)
        for k in range(0, N, 50):
            counted.add(table.slice(k, 50))
        sizes.add((bool(counted._sums), len(counted._lines)))
        assert gathered([counted.lines()], plan, "x").table.digest() == expected.digest()
    assert len(sizes) > 2   # in place only, and in place and as lines


def test_tallies_with_different_values_add_up():
    table, plan = rows(2_000), Plan((Attribute("race"), Attribute("member")), "score", label="outcome", positive="1")
    parts = [table.filter(pa.compute.equal(table["race"], name)).select(plan.columns) for name in ("B", "9", "A")]
    first, *others = (tally.Tally(plan) for _ in parts)
    for one, part in zip((first, *others), parts, strict=True):
        one.add(part)
    for other in others:
        first.merge(other)
    expected = gathered([count_native(pa.concat_tables(parts), plan)], plan, "x").table
    assert gathered([first.lines()], plan, "x").table.digest() == expected.digest()


def test_no_rows_are_no_lines(tmp_path):
    path = tmp_path / "empty.parquet"
    pq.write_table(hostile().slice(0, 0), path)
    plan = Plan((Attribute("text"),), score="score")
    assert blocks.numpy_engine(path, plan).num_rows == 0
    found = tabulate(str(path), plan)
    assert (found.rows, found.table.counts.sum(), found.excluded) == (0, 0, ())


def test_a_column_of_names_of_its_own_is_refused_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(tally, "MOST_VALUES", 100)
    with pytest.raises(InvalidData, match="too large"):
        tally.Tally(PLANS["many"]).add(hostile().select(PLANS["many"].columns))


def test_a_column_of_lists_is_refused(tmp_path):
    path = tmp_path / "lists.parquet"
    pq.write_table(pa.table({"list": [[1], [2]], "score": [0.5, 0.25]}), path)
    with pytest.raises(InvalidData, match="one value in each row"):
        tabulate(str(path), Plan((Attribute("list"),), score="score"))


def test_counting_imports_no_other_engine(source):
    asked = ("import sys; from engine.counting.tabulate import tabulate; from engine.counting.plan import Plan; "
             f"from engine.types import Attribute; tabulate({str(source)!r}, Plan((Attribute('text'),), 'score'), "
             "'numpy'); print({'pandas', 'duckdb', 'polars', 'narwhals'} & set(sys.modules))")
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "set()"
