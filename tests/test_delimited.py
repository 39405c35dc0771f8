"""Delimited text, cell by cell."""

import pytest

from engine.data.delimited import distinct_names
from engine.data.limits import Limits
from engine.data.reading import read
from engine.errors import InvalidData


def cells(table):
    return {name: table.data[name].to_pylist() for name in table.columns}


def test_nothing_is_converted():
    table = read(b"a,b\n 01 ,1e3\n1.0,NA\n", "x.csv")
    assert cells(table) == {"a": [" 01 ", "1.0"], "b": ["1e3", "NA"]}


def test_quoted_cells_hold_delimiters_quotes_and_line_ends():
    table = read(b'a,b\n"x,y","p\nq"\n"say ""hi""",2\n', "x.csv")
    assert cells(table) == {"a": ["x,y", 'say "hi"'], "b": ["p\nq", "2"]}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends(end):
    assert cells(read(end.join([b"a,b", b"1,2", b"3,4", b""]), "x.csv")) == {"a": ["1", "3"], "b": ["2", "4"]}


def test_latin_1_is_read_with_a_note():
    table = read("naïve,b\nJosé,1\n".encode("latin-1"), "x.csv")
    assert cells(table) == {"naïve": ["José"], "b": ["1"]}
    assert any("Latin-1" in note.sentence() for note in table.notes)


def test_utf_8_with_mark():
    table = read("\ufeffgroße,b\nÉ,1\n".encode(), "x.csv")
    assert cells(table) == {"große": ["É"], "b": ["1"]}
    assert table.notes == ()


def test_duplicated_and_empty_names():
    table = read(b"a,a,,a (2)\n1,2,3,4\n", "x.csv")
    assert cells(table) == {"a": ["1"], "a (3)": ["2"], "column 3": ["3"], "a (2)": ["4"]}
    assert len(table.notes) == 2


def test_names_stay_distinct_whatever_they_are():
    names = ["x", "x", "x (2)", "", "column 4", "x"]
    assert len(set(distinct_names(names)[0])) == len(names)


@pytest.mark.parametrize(("text", "row"), [(b"a,b\n1,2\n3\n", "row 3"), (b"a,b\n1,2\n3,4\n5,6,7\n", "row 4")])
def test_a_ragged_row_is_named(text, row):
    with pytest.raises(InvalidData, match=row):
        read(text, "x.csv")


def test_a_ragged_row_far_down_is_named():
    with pytest.raises(InvalidData, match="row 200,002"):
        read(b"a,b\n" + b"10,20\n" * 200_000 + b"1,2,3\n", "x.csv")


def test_the_refusal_does_not_quote_the_row():
    with pytest.raises(InvalidData) as refusal:
        read(b"a,b\n1,2\nsecret\n", "x.csv")
    assert "secret" not in str(refusal.value)


def test_wanted_columns_alone_are_held():
    table = read(b"name,sex,age\nAnn,F,3\n", "x.csv", columns=("age", "sex", "absent"))
    assert table.columns == ("sex", "age")
    assert set(table.data) == {"sex", "age"}


def test_columns_can_be_named_by_the_caller():
    assert cells(read(b"1 2\n3 4\n", "x", header=("a", "b"))) == {"a": ["1", "3"], "b": ["2", "4"]}


@pytest.mark.parametrize("limits", [Limits(rows=99), Limits(cells=199)])
def test_row_and_cell_limits(limits):
    with pytest.raises(InvalidData, match="too large"):
        read(b"a,b\n" + b"1,2\n" * 100, "x.csv", limits)


def test_an_open_quote_is_refused():
    with pytest.raises(InvalidData, match="quote"):
        read(b'a,b\n1,"' + b"x\n" * 1_500_000, "x.csv")
