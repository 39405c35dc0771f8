"""Columns as text and as numbers: one rule for every kind of file."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from engine.data.table import Table, canonical


def table(**columns):
    data = {name: pa.chunked_array([values if isinstance(values, pa.Array) else pa.array(values)])
            for name, values in columns.items()}
    return Table("t", "0", tuple(data), data, len(next(iter(data.values()))))


def as_text(column, **how):
    text = table(x=column).text("x", **how)
    names = (*text.names(), None)
    return [names[code] for code in text.codes]


def test_text_is_trimmed_and_whole_floats_equal_integers():
    assert as_text([" 1", "1.0", "1.", "01", "1.5", "-2.00", "1e0"]) == ["1", "1", "1", "01", "1.5", "-2", "1e0"]


@pytest.mark.parametrize("value", [" 1 ", "1.0", "01", "-0.0", "x.0", "12.50", ""])
def test_canonical_agrees_with_columns(value):
    kept = as_text([value], keep=canonical(value))
    assert kept == [canonical(value)]


def test_typed_columns_read_as_the_same_text():
    assert as_text([1, None, 3]) == ["1", None, "3"]
    assert as_text([1.0, 0.25, float("nan")]) == ["1", "0.25", None]
    assert as_text([True, False, None]) == ["true", "false", None]
    assert as_text([dt.date(2020, 1, 2)]) == ["2020-01-02"]
    assert as_text(pa.array(["a", None, " a "]).dictionary_encode()) == ["a", None, "a"]
    assert as_text(pa.nulls(2)) == [None, None]


def test_unused_levels_of_a_dictionary_are_no_values():
    coded = pa.DictionaryArray.from_arrays(pa.array([2, 1, 2]), pa.array(["never", "b", "c"]))
    text = table(x=coded).text("x")
    assert text.names() == ("c", "b")
    assert text.counts().tolist() == [2, 1]


def test_tokens_are_missing_except_in_a_protected_attribute():
    cells = ["", "nan", "NULL", "NA", "?", "None", "N/A", "na"]
    assert as_text(cells) == [None] * 7 + ["na"]
    assert as_text(cells, protected=True) == [None] * 3 + ["NA", "?", "None", "N/A", "na"]
    assert as_text(["None", "x"], keep="None") == ["None", "x"]


def test_numbers_count_what_they_cannot_read():
    numbers = table(x=["1", " 2.5 ", "", "NA", "1,5", "inf", "0x1", "-3e2", "nan"]).numbers("x")
    np.testing.assert_array_equal(numbers.values, [1, 2.5, np.nan, np.nan, np.nan, np.inf, np.nan, -300, np.nan])
    assert (numbers.unreadable, numbers.example) == (2, "1,5")


def test_numbers_of_typed_columns():
    assert table(x=[True, False]).numbers("x").values.tolist() == [1.0, 0.0]
    assert table(x=[1, 2**53]).numbers("x").values.tolist() == [1.0, 2.0**53]
    assert table(x=[dt.date(2020, 1, 2)]).numbers("x").unreadable == 1


def test_a_huge_exponent_does_not_break_the_reading():
    numbers = table(x=["1e999", "1e9999", "-1e400", "word"]).numbers("x")
    assert not np.isfinite(numbers.values).any()


def test_arrays_are_read_only():
    one = table(x=["1", "2"])
    assert not one.text("x").codes.flags.writeable
    assert not one.numbers("x").values.flags.writeable


def test_distinct_counts_the_most_frequent_first():
    assert table(x=["b", "a", "a", ""]).distinct("x") == (("a", 2), ("b", 1))


def test_many_chunks_give_one_list_of_levels():
    column = pa.chunked_array([pa.array([str(i), "same"]) for i in range(50)])
    text = Table("t", "0", ("x",), {"x": column}, 100).text("x")
    assert len(text.levels) == 51
    assert text.code("same") == 1
