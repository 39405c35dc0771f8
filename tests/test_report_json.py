"""JSON and CSV: what is written can be read, strictly; what is no report is refused in a sentence."""

import csv
import io
import json
from dataclasses import replace

import pytest

from engine.errors import InvalidData
from engine.report import Blank, Section, Table
from engine.report.csv_form import files
from engine.report.json_form import DEEPEST, from_json, part, read, to_json, write
from tests.reports import HOSTILE, hostile, report


def test_round_trip():
    found = replace(hostile(), blanks=(Blank("Auditor", "Ann\nLee"),))
    assert read(write(found)) == found


def test_json_is_strict_and_plain_ascii():
    text = write(hostile()).decode("ascii")
    json.loads(text, parse_constant=pytest.fail)


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("spoil", [
    lambda v: v.update(format="x"), lambda v: v.pop("title"), lambda v: v.update(title=3),
    lambda v: v.update(sections={}), lambda v: v.update(warnings=[1]), lambda v: v["provenance"].pop("sha256"),
    lambda v: v["provenance"].update(rows="many"), lambda v: v["provenance"].update(rows=True),
    lambda v: v["sections"][0]["tables"][0].update(rows=[[{"value": "x"}]]),
    lambda v: v["sections"][0]["tables"][0].update(rows=[[[1]]]),
    lambda v: v["sections"][1]["pictures"][0].update(figure=[]),
    lambda v: v["sections"][1]["pictures"][0].update(figure={"data": nested(DEEPEST + 1)}),
    lambda v: v["provenance"].update(excluded=[["a", 1, 2]]),
])
def test_what_is_no_report_is_refused(spoil):
    value = to_json(report())
    spoil(value)
    with pytest.raises(InvalidData, match="the file must be a report in JSON"):
        from_json(value)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff\xfe", b'{"format": NaN}', b"[" * 100_000])
def test_other_files_are_refused(content):
    with pytest.raises(InvalidData):
        read(content)


def test_a_part_can_be_read_by_itself():
    section = Section("a", "A", ("said",), (Table("t", "T", ("x",), ((1,), (None,), ("b",), (True,))),))
    assert part(Section, json.loads(json.dumps(to_json(section)))) == section


def test_csv_has_every_table_and_its_numbers():
    found = report()
    written = files(found)
    assert set(written) == {"report.csv", *(f"{each.name}.csv" for each in found.tables)}
    rows = list(csv.DictReader(io.StringIO(written["rates-g.csv"])))
    cell = next(each for each in found.tables if each.name == "rates-g").rows[0][2]
    assert [float(rows[0][f"selection rate{part}"]) for part in ("", ", low", ", high", ", n")] == [
        cell.value, cell.low, cell.high, cell.n]


def test_no_cell_is_a_formula():
    seen = 0
    for text in files(hostile()).values():
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                number = cell.replace(".", "").replace("-", "").replace("e", "").isdigit()
                assert number or not cell.startswith(("=", "+", "-", "@", "\t")), cell
                seen += cell.startswith("'=HYPERLINK")
    assert seen
    assert any("مرحبا" in text for text in files(hostile()).values())
    assert not any("\u202e" in text for text in files(hostile()).values())
    assert len(HOSTILE) == 8
