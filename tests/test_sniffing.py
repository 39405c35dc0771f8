"""What a file is, from its first bytes."""

import pytest

from engine.data.limits import Limits
from engine.data.sniffing import delimiter, encoding, first_lines, header
from engine.errors import InvalidData


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " "])
def test_delimiters(mark):
    rows = (["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"])
    assert delimiter("\n".join(mark.join(row) for row in rows), "x") == mark


@pytest.mark.parametrize(("text", "mark"), [
    ("first name,last name\nAnn Lee,May Day\n", ","),
    ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
    ('a,b\n"x;y;z",1\n"p;q;r",2\n', ","),
    ("name\tnote\nx\ta, b, c\ny\td, e, f\n", "\t"),
    ('a b\n"x y" 1\nz 2\n', " "),
])
def test_the_delimiter_is_the_steady_one(text, mark):
    assert delimiter(text, "x") == mark


@pytest.mark.parametrize("text", [
    "one\n1\n2\n",
    "Dear all,\nthis is a letter.\nIt holds no table at all, only sentences\nof any length.\nYours\n",
])
def test_text_without_columns_is_refused(text):
    with pytest.raises(InvalidData, match="two or more columns"):
        delimiter(text, "x")


def test_encodings():
    assert encoding("é".encode()) == "utf-8"
    assert encoding("é".encode("latin-1")) == "latin-1"
    assert encoding("é".encode()[:1]) == "latin-1"


def test_a_character_cut_by_a_block_is_still_utf8():
    assert encoding(b"a" * ((1 << 20) - 1) + "é".encode()) == "utf-8"


def test_header_with_line_end_inside():
    assert header('"a\nb",c\n1,2\n', ",", "x", Limits()) == ("a\nb", "c")


def test_byte_order_mark_is_no_part_of_a_name():
    head = first_lines(b"\xef\xbb\xbfa,b\n1,2\n", "x", "utf-8")
    assert header(head, ",", "x", Limits()) == ("a", "b")
