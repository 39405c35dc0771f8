import pytest

from engine.text import LONGEST, cell, markdown, markup, plain


def test_plain_is_one_visible_line_of_bounded_length():
    assert plain("a\u202eb\u200b\r\n\tc  d") == "ab c d"
    assert len(plain("x" * 1_000)) == LONGEST
    assert plain("x" * 1_000).endswith("…")


@pytest.mark.parametrize(
    "text", ["![t](x)", "[l](javascript:1)", "**b**", "`c`", "$x$", ":material/delete:", "<b>", "# h"]
)
def test_markdown_shows_marks_as_they_are(text):
    escaped = markdown(text)
    assert escaped.replace("\\", "") == text
    assert escaped != text


@pytest.mark.parametrize("text", ["http://a.b", "HTTPS://a.b", "www.a.b", "me@a.b", "mailto:me@a.b"])
def test_markdown_makes_no_link_of_an_address(text):
    shown = markdown(text).replace("\\", "")
    assert shown != text
    assert shown.replace("\u2060", "") == text


def test_a_longer_line_can_be_asked_for():
    assert markdown("x" * 100, 200) == "x" * 100


def test_markup_and_cell():
    assert markup('<a href="x">') == "&lt;a href=&quot;x&quot;&gt;"
    assert cell("=1") == "'=1"
    assert cell(-1.5) == -1.5
