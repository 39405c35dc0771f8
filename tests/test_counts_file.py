"""A count table as a file: what goes in comes out, and a hostile file is one sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.counting.engines import count_native
from engine.counting.file import KEY, CountsFile, is_counts, read_counts, written
from engine.counting.gathering import gathered
from engine.errors import InvalidData
from tests.counted import FULL, rows


@pytest.fixture(scope="module", params=["plain", "weighted"])
def counts(request):
    plan = FULL if request.param == "plain" else replace(FULL, weight="weight")
    return CountsFile(gathered([count_native(rows(2_000), plan)], plan, "x"), plan)


def test_what_goes_in_comes_out(counts):
    again = read_counts(written(counts), "counts.parquet")
    for name in ("counts", "score_sum", "score_squares", "weights", "squares", "edges"):
        mine, theirs = getattr(counts.table, name), getattr(again.table, name)
        assert (mine is None) == (theirs is None)
        if mine is not None:
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)
    assert again.plan == counts.plan
    assert again.table.digest() == counts.table.digest()
    assert (again.tabulated.rows, again.tabulated.excluded) == (counts.tabulated.rows, counts.tabulated.excluded)
    assert len(again.sha256) == 64
    assert written(counts) == written(replace(again, sha256=""))


def test_a_count_table_is_told_from_rows(counts, tmp_path):
    assert is_counts(written(counts))
    path = tmp_path / "rows.parquet"
    pq.write_table(rows(40), path)
    assert not is_counts(path.read_bytes())
    assert not is_counts(b"PAR1")
    assert not is_counts(b"")


def forged(counts, change):
    """Return the file with its metadata or its columns changed."""
    table = pq.read_table(pa.BufferReader(written(counts)))
    said = json.loads(table.schema.metadata[KEY])
    columns = {name: table[name].to_numpy().copy() for name in table.column_names}
    change(said, columns)
    out = pa.BufferOutputStream()
    pq.write_table(pa.table(columns).replace_schema_metadata({KEY: json.dumps(said).encode()}), out)
    return out.getvalue().to_pybytes()


def put(columns, name, value):
    columns[name] = columns[name].astype(np.int64 if name in ("cell", "bin", "outcome", "rows") else float)
    columns[name][0] = value


@pytest.mark.parametrize("change", [
    lambda said, columns: said.update(format="equipoise-counts/9"),
    lambda said, columns: said.update(edges=[1.0, 0.0]),
    lambda said, columns: said.update(edges=[]),
    lambda said, columns: said.update(levels=[["a"]]),
    lambda said, columns: said.update(members=[[0, 0, 99]] * 3),
    lambda said, columns: said.update(members=[[-1, 0, 0]] * 100),
    lambda said, columns: said.update(plan={}),
    lambda said, columns: said.update(excluded="no"),
    lambda said, columns: said["plan"].update(score=None),
    lambda said, columns: put(columns, "rows", -5),
    lambda said, columns: put(columns, "cell", 10**9),
    lambda said, columns: put(columns, "bin", -1),
    lambda said, columns: put(columns, "outcome", 3),
    lambda said, columns: put(columns, "score_sum", np.inf),
    lambda said, columns: columns.pop("rows"),
    lambda said, columns: columns.update(bin=np.zeros(len(columns["bin"]), dtype=np.int64)),   # a cell twice
])
def test_a_file_that_contradicts_itself_is_refused(counts, change):
    with pytest.raises(InvalidData) as refusal:
        read_counts(forged(counts, change), "counts.parquet")
    assert len(refusal.value.issues) == 1


def test_no_file_and_another_file(tmp_path):
    for source in (tmp_path / "none.parquet", b"", b"a,b\n1,2\n", b"PAR1" + b"\0" * 50):
        with pytest.raises(InvalidData, match="count table"):
            read_counts(source, "x.parquet")
