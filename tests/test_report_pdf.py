"""The PDF has a text layer, tags, bookmarks and vector charts; what users wrote is text in it, whatever it says."""

import re
import shutil
import subprocess
import zlib
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from engine.charts.offline import figure_of
from engine.report import Blank, Section
from engine.report.paper import printed
from engine.report.pdf import render
from engine.report.pictures import table
from engine.report.signs import Signs
from engine.report.value import Measured
from tests.reports import hostile, report


def unpacked(document):
    """Return a PDF's bytes with all its streams inflated."""
    found = [document]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            found.append(stream)
    return b"\n".join(found)


@pytest.fixture(scope="module")
def document():
    return render(hostile())


def test_it_is_tagged_in_a_language_with_bookmarks_and_for_screen_readers(document):
    inside = unpacked(document)
    for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang", b"/Outlines", b"/Alt", b"/ToUnicode", b"pdfuaid:part"):
        assert mark in inside, mark
    assert inside.count(b"/Figure") >= len(hostile().pictures)
    for name in (b"Definitions", b"Rates of each group"):
        assert name in inside   # a bookmark's title


def test_charts_are_vectors(document):
    inside = unpacked(document)
    assert b"/Subtype /Image" not in inside
    assert b"/Subtype/Image" not in inside
    assert len(re.findall(rb"\bc\n", inside)) > 1000   # curves


def test_no_address_is_a_link_and_nothing_runs(document):
    inside = unpacked(document)
    for mark in (b"/URI", b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile"):
        assert mark not in inside, mark


def test_the_same_report_gives_the_same_bytes(document):
    assert render(hostile()) == document


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_text_can_be_read(document, tmp_path):
    path = tmp_path / "r.pdf"
    path.write_bytes(document)
    said = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    for words in ("Fairness and accuracy report", "<script>alert(1)</script>", "=HYPERLINK", "$x^2$ #import"):
        assert words in said


def test_a_report_without_anything_is_printed():
    bare = replace(report(), sections=(), warnings=(), blanks=(), definitions=())
    assert render(bare).startswith(b"%PDF-")


def test_signs_that_no_font_has_do_not_stop_it():
    odd = replace(report(), sections=(Section("a", "\U0001f9ea 人 \uffff", ("\U000e0100 \u0378",)),), blanks=(
        Blank("Auditor", "人\n#panic(1)"),))
    assert render(odd).startswith(b"%PDF-")


def test_a_chart_of_another_kind_is_replaced_by_its_table(monkeypatch):
    from engine.report import pdf

    seen = []
    monkeypatch.setattr(pdf, "svg", lambda figure, families: seen.append(figure) or b"")
    picture = replace(report().pictures[0], figure=figure_of(go.Figure(go.Pie(values=[1, 2]))))
    part = pdf._picture(picture, Section("a", "A"), None, Signs(""))
    assert part["file"] is None
    assert "'pie' is not drawn on paper" in part["reading"]
    assert part["table"]["parts"]
    assert not seen


def test_a_figure_that_cannot_be_drawn_does_not_stop_it(tmp_path):
    from engine.report import pdf

    odd = {"data": [{"type": "scatter", "x": [1], "y": [2], "line": {"color": "no colour"}}], "layout": {}}
    part = pdf._picture(replace(report().pictures[0], figure=odd), Section("a", "A"), tmp_path, Signs(""))
    assert (part["file"], bool(part["table"]["parts"])) == (None, True)
    assert "could not be drawn" in part["reading"]


def test_collected_charts_bring_their_table(tmp_path):
    from engine.report import pdf

    picture = report().pictures[0]
    assert pdf._picture(picture, Section("a", "A"), tmp_path, Signs(""))["table"] is None
    assert pdf._picture(picture, Section("a", "A", collected=True), tmp_path, Signs(""))["table"]["parts"]


def wide(columns, **names):
    rows = len(next(iter(names.values())))
    cells = [Measured(0.25 + k / 100, 0.125, 0.875, 1000) for k in range(rows)]
    return table({**names, **{f"rate {k}": cells for k in range(columns)}}, "wide", "Wide")


def test_a_wide_table_is_turned_where_that_needs_fewer_strips():
    rates = next(each for each in report().tables if each.name == "rates-g")
    [part] = printed(rates)["parts"]
    assert part["columns"] == ["group", "a", "b", "everybody"]
    assert [row[0] for row in part["rows"]] == list(rates.columns[1:])
    assert part["rows"][1][1]["value"] == f"{rates.rows[0][2].value:.3f}"


def test_a_wide_table_is_cut_and_every_strip_names_its_rows_in_full():
    named = {"groups of": ["race"] * 20 + ["sex"] * 20, "group": [f"group {k % 20}" for k in range(40)]}
    found = wide(9, **named)
    parts = printed(found)["parts"]
    assert len(parts) > 1
    assert all(part["columns"][:2] == ["groups of", "group"] for part in parts)
    assert [name for part in parts for name in part["columns"][2:]] == list(found.columns[2:])
    assert all([row[:2] for row in part["rows"]] == [list(row[:2]) for row in found.rows] for part in parts)
    assert all(sum(part["widths"]) <= 1 + 1e-9 for part in parts)


def test_a_table_that_fits_is_as_wide_as_it_needs():
    [part] = printed(table({"a": ["x", "y"], "b": [1, 2]}, "small", "Small"))["parts"]
    assert sum(part["widths"]) < 0.2


def test_long_tables_send_the_reader_to_the_files():
    found = printed(wide(2, group=[str(k) for k in range(300)]))
    assert len(found["parts"][0]["rows"]) == 150
    assert "150 of 300 rows are printed" in found["notes"][-1]


def test_signs_that_no_font_draws_are_numbered_with_a_key(monkeypatch, tmp_path):
    from engine.report import pdf, signs

    monkeypatch.setattr(signs, "drawn_by", lambda unusual: ((), unusual))   # a machine without further fonts
    base = report()
    figure = {"data": [{"type": "bar", "orientation": "h", "x": [1, 2], "y": ["日本", "é"]}], "layout": {}}
    picture = replace(base.pictures[0], figure=figure, title="日本")
    seen = []
    monkeypatch.setattr(pdf, "svg", lambda drawn, families: seen.append(drawn) or b"")
    found = signs.Signs("日本 é 🎌")
    part = found.drawable(pdf._picture(picture, Section("a", "A"), tmp_path, found))
    assert part["title"] == "[sign 1]"
    assert seen[0]["data"][0]["y"] == ["[sign 1]", "é"]
    assert "numbered" in part["reading"]
    assert found.drawable("日本 🎌, 日") == "[sign 2], [sign 3]"
    assert "[sign 1] is U+65E5 U+672C; [sign 2] is U+65E5 U+672C U+1F38C" in found.sentences()[0]
    assert signs.Signs("é عربي Ω").missing == frozenset()
