"""Parquet, with the shape as the bound."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data.limits import Limits
from engine.data.reading import read
from engine.errors import InvalidData


def parquet(columns, **how):
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **how)
    return out.getvalue()


def test_types_are_kept_and_text_is_canonical():
    columns = {"i": [1, 2, None], "f": [1.0, 0.5, None], "t": ["x", None, "y"], "b": [True, False, True]}
    table = read(parquet(columns), "x")
    assert table.rows == 3
    assert table.numbers("f").values[:2].tolist() == [1.0, 0.5]
    assert table.text("f").names() == ("1", "0.5")
    assert table.text("b").names() == ("true", "false")
    assert table.text("t").codes.tolist() == [0, -1, 1]


def test_the_bytes_decide_not_the_name():
    assert read(parquet({"a": [1], "b": [2]}), "x.csv").columns == ("a", "b")


def test_many_row_groups():
    table = read(parquet({"a": list(range(1_000)), "b": ["p", "q"] * 500}, row_group_size=100), "x")
    assert table.rows == 1_000
    assert table.text("b").names() == ("p", "q")


def test_wanted_columns():
    assert read(parquet({"a": [1], "b": [2], "c": [3]}), "x", columns=("c", "a")).columns == ("a", "c")


@pytest.mark.parametrize("column", [[[1, 2]], [{"x": 1}], [b"\x00\x01"]])
def test_nested_and_binary_columns_are_refused(column):
    with pytest.raises(InvalidData, match="column 'v'"):
        read(parquet({"a": [1], "v": column}), "x")


def test_damage_is_one_sentence():
    data = parquet({"a": list(range(1_000)), "b": list(range(1_000))})
    for broken in (data[:-20], data[:4] + b"\xff" * 200 + data[204:], b"PAR1", b"PAR1" + bytes(100) + b"PAR1"):
        with pytest.raises(InvalidData, match="Parquet"):
            read(broken, "x")


def test_rows_and_columns_are_looked_at_before_any_page():
    data = parquet({"a": [0] * 1_000, "b": [0] * 1_000})
    for limits in (Limits(rows=999), Limits(columns=1), Limits(cells=1_999)):
        with pytest.raises(InvalidData, match=r"too (large|many)"):
            read(data, "x", limits)


def test_no_rows():
    with pytest.raises(InvalidData, match="no rows"):
        read(parquet({"a": pa.array([], pa.int64()), "b": pa.array([], pa.int64())}), "x")
