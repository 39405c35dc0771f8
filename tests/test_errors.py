"""Refusals in four parts: one line for a script, sentences for a reader."""

import pytest

from engine.errors import Issue
from pages.parts import notices


@pytest.mark.parametrize(("parts", "read"), [
    (("a sample cannot be larger than its database", "the submitted sample", "5,000 rows against 500",
      "check which file is which"),
     "A sample cannot be larger than its database. The submitted sample: 5,000 rows against 500. Check which file is "
     "which."),
    (("a bound must be a number", "'--at'", "'tight'", "e.g. 0.02"),
     "A bound must be a number. '--at': 'tight'. For example 0.02."),
    (("the file is empty", "upload.csv", "0 bytes", "choose another file."),
     "The file is empty. upload.csv: 0 bytes. Choose another file."),
    (("nothing is here", "", "", ""), "Nothing is here."),
    (("nothing is here", "", "two  rows", ""), "Nothing is here. Two rows."),
])
def test_an_issue_is_read_as_sentences_and_stays_one_line_for_scripts(parts, read):
    issue = Issue("error", *parts)
    assert issue.prose() == read
    assert issue.sentence() == ", ".join(" ".join(part.split()) for part in parts if part)


def test_what_a_page_shows_of_an_issue_is_escaped():
    shown = notices.sentence(Issue("error", "a column must exist", "column '![x](http://a.b)'", "none", "add it"))
    assert shown.startswith("A column must exist\\. Column '")
    assert "](http" not in shown
