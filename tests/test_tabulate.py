"""Counting elsewhere: every engine gives the same whole numbers, and the same as rows that are here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from engine.counting.counted import counts_of
from engine.counting.engines import ENGINES, count_native
from engine.counting.gathering import gathered
from engine.counting.plan import Plan
from engine.counting.tabulate import files_of, tabulate
from engine.data.ingest import ingest
from engine.data.reading import read
from engine.errors import InvalidData
from engine.types import Attribute, Roles
from tests.counted import FULL, engine_or_skip, files, rows

LOCAL = ("duckdb", "polars", "numpy")
N = 4_000
PLANS = {
    "grid": FULL,
    "edges": replace(FULL, bins=(0.0, 0.1, 0.25, 0.7)),
    "values": Plan((Attribute("race"),), score="age", label="outcome", positive="1", bins="values"),
    "weighted": replace(FULL, weight="weight"),
    "prediction": Plan((Attribute("race"), Attribute("member")), prediction="decision", weight="weight"),
    "no outcome": Plan((Attribute("race"),), score="score"),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return files(tmp_path_factory.mktemp("tables"), N)


def roles_of(plan):
    return Roles(plan.protected, plan.label, plan.positive, scores=(plan.score,) if plan.score else (),
                 prediction=plan.prediction, selected=plan.selected, weight=plan.weight)


@pytest.fixture(scope="module")
def here(sources):
    def counted(plan, kind="parquet"):
        table = read(sources[kind], "rows")
        return counts_of(ingest(table, roles_of(plan)), plan.bins)
    return counted


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("engine", LOCAL)
def test_engines_count_what_rows_that_are_here_give(sources, here, engine, plan, kind):
    found = tabulate(str(sources[kind]), plan, engine_or_skip(engine))
    expected = here(plan, kind)
    assert found.table.digest() == expected.table.digest()
    assert found.table.counts.dtype == np.int64
    assert found.rows == N == found.table.counts.sum() + sum(item.rows for item in found.excluded)
    np.testing.assert_allclose(found.table.score_sum.sum(), expected.table.score_sum.sum(), rtol=1e-12)
    np.testing.assert_allclose(found.table.score_squares.sum(), expected.table.score_squares.sum(), rtol=1e-12)
    if plan.weight is not None:
        np.testing.assert_allclose(found.table.weights.sum(), expected.table.weights.sum(), rtol=1e-12)


def test_frames_that_are_here_count_alike():
    table = rows(N)
    digests = {gathered([count_native(frame, FULL)], FULL, "x").table.digest()
               for frame in (table, table.to_pandas(), table.slice(0, N // 2))}
    assert len(digests) == 2   # half of the rows is another table


def test_scores_outside_the_grid_are_left_out_and_counted():
    table = pa.table({"g": ["a"] * 5, "s": [0.0, 1.0, 1.0000001, -0.1, None]})
    found = gathered([count_native(table, Plan((Attribute("g"),), score="s"))], Plan((Attribute("g"),), score="s"), "x")
    assert {item.reason: item.rows for item in found.excluded} == {"no score": 1, "score outside the bins": 2}
    assert found.table.counts[0, 0].sum() == 1   # exactly 0
    assert found.table.counts[0, 1024].sum() == 1   # exactly 1


@pytest.mark.parametrize("engine", LOCAL)
def test_text_among_the_scores_is_refused_in_one_sentence(tmp_path, engine):
    path = tmp_path / "bad.csv"
    path.write_text("g,s\na,0.5\nb,much\na,NA\n")
    with pytest.raises(InvalidData, match="must"):
        tabulate(str(path), Plan((Attribute("g"),), score="s"), engine_or_skip(engine))


@pytest.mark.parametrize(("plan", "words"), [
    (Plan((Attribute("g"),), score="s", label="y", positive="2"), "positive value must occur"),
    (Plan((Attribute("z"),), score="s"), "no 'z'"),
    (Plan((Attribute("g"),), prediction="s"), "means selected"),
    (Plan((Attribute("g"),), score="s", weight="w"), "not negative"),
])
def test_what_cannot_be_counted_is_said(plan, words):
    table = pa.table({"g": ["a", "b"], "s": [0.5, 0.25], "y": [0, 1], "w": [-1.0, 1.0]})
    with pytest.raises(InvalidData, match=words):
        gathered([count_native(table, plan)], plan, "x")


@pytest.mark.parametrize("options", [
    {"protected": ()}, {"score": None}, {"prediction": "d"}, {"label": "y"}, {"bins": (1.0, 0.5)},
    {"protected": (Attribute("a", "continuous"),)},
])
def test_a_plan_says_what_it_lacks(options):
    with pytest.raises(InvalidData):
        Plan(**{"protected": (Attribute("g"),), "score": "s", **options})


def test_too_many_distinct_scores_for_a_bin_each():
    plan = Plan((Attribute("g"),), score="s", bins="values")
    table = pa.table({"g": ["a"] * 2000, "s": np.arange(2000) / 7})
    with pytest.raises(InvalidData, match="1,024"):
        gathered([count_native(table, plan)], plan, "x")


def test_a_folder_adds_up_and_goes_on_where_it_stopped(tmp_path, sources):
    folder, parts = tmp_path / "in", tmp_path / "parts"
    folder.mkdir()
    table = read(sources["parquet"], "rows")
    del table
    for k in range(3):
        files(folder / f"{k}" if (folder / f"{k}").mkdir() is None else folder, 500, seed=k)
        (folder / f"{k}" / "rows.csv").unlink()
    whole = tabulate(str(folder), FULL)
    assert whole.rows == 1_500
    seen = []

    def stop_after_two(fraction, words):
        seen.append(words)

    with pytest.raises(InvalidData, match="stopped"):
        tabulate(str(folder), FULL, parts=parts, progress=stop_after_two, cancelled=lambda: len(seen) == 2)
    assert len(list(parts.glob("*.arrow"))) == 2
    (first,) = [file for file in files_of(str(folder)) if "/0/" in str(file)]
    ENGINES_BEFORE = dict(ENGINES)
    counted = []
    try:
        ENGINES["duckdb"] = lambda path, plan: counted.append(path.parent.name) or ENGINES_BEFORE["numpy"](path, plan)
        again = tabulate(str(folder), FULL, "duckdb", parts=parts)
    finally:
        ENGINES.update(ENGINES_BEFORE)
    assert counted == ["2"]   # the first two were counted before
    assert again.table.digest() == whole.table.digest()
    assert first.exists()


def test_a_source_that_is_not_there(tmp_path):
    with pytest.raises(InvalidData, match="none found"):
        tabulate(str(tmp_path / "*.parquet"), FULL)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1nothing")
    for engine in LOCAL:
        with pytest.raises(InvalidData, match="Parquet or delimited"):
            tabulate(str(broken), FULL, engine_or_skip(engine))


@pytest.mark.slow
def test_a_million_rows_by_every_engine(tmp_path):
    source = files(tmp_path, 1_000_000)
    digests = {engine: tabulate(str(source["parquet"]), FULL, engine).table.digest() for engine in LOCAL}
    digests["csv"] = tabulate(str(source["csv"]), FULL, "duckdb").table.digest()
    assert len(set(digests.values())) == 1, digests


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_local_spark_session_counts_alike(tmp_path, kind):
    engine_or_skip("spark")
    source = files(tmp_path, 20_000)
    for plan in PLANS.values():
        found = tabulate(str(source[kind]), plan, "spark", master="local[2]")
        assert found.table.digest() == tabulate(str(source[kind]), plan, "numpy").table.digest()


@pytest.mark.slow
def test_a_duckdb_table_counts_alike(tmp_path):
    import duckdb

    source = files(tmp_path, 20_000)["parquet"]
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(f"CREATE TABLE loans AS SELECT * FROM read_parquet('{source}')")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        lines = count_native(connection.table("loans"), FULL)
    assert gathered([lines], FULL, "loans").table.digest() == tabulate(str(source), FULL, "numpy").table.digest()
