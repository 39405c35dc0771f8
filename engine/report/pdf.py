"""A report as a tagged PDF by typst, with charts as vectors; what users wrote is data, never source."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from engine.report.facts import facts
from engine.report.figures import svg, unknown_kind
from engine.report.html import ASSETS, FILLED
from engine.report.json_form import to_json
from engine.report.paper import printed
from engine.report.signs import Signs
from engine.report.value import Definition, Json, Picture, Report, Section
from engine.report.words import SENTENCE
from engine.text import plain

WORDS = {"blanks": FILLED, "warnings": "Read this first", "contents": "Contents", "definitions": "Definitions",
         "provenance": "Where this comes from", "command": "Made by", "comment": "Comment"}
NUMBERED = "Signs that no font here draws are numbered; “Read this first” says which they are."
STANDARD: Literal["ua-1"] = "ua-1"   # PDF/UA: readable by those who listen


def render(report: Report) -> bytes:
    """Return a report as a PDF document: text layer, bookmarks, tags, alternative texts; the same bytes each time.

    Signs that no font has are numbered, with a key. Where the strict form for accessibility cannot be met, the document
    is tagged all the same.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix="equipoise-") as made:
        folder = Path(made)
        shutil.copyfile(ASSETS / "report.typ", folder / "report.typ")
        signs = Signs(json.dumps(to_json(report), ensure_ascii=False))
        data = signs.drawable(_data(report, folder, signs))
        data["warnings"] += signs.sentences()
        (folder / "data.json").write_text(json.dumps(data, allow_nan=False), encoding="utf-8")
        asked: dict[str, Any] = {"root": folder, "font_paths": _fonts(), "format": "pdf",
                                 "timestamp": _clock(report)}
        try:
            document: bytes = typst.compile(folder / "report.typ", pdf_standards=[STANDARD], **asked)
        except typst.TypstError:
            document = typst.compile(folder / "report.typ", **asked)
        return document


@lru_cache
def _fonts() -> Any:   # noqa: ANN401 - a value of typst
    """Return the fonts: typst's own, DejaVu as it comes with matplotlib, then what the machine has."""
    import matplotlib as mpl
    import typst

    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True,
                       font_paths=[Path(mpl.get_data_path()) / "fonts" / "ttf"])


def _clock(report: Report) -> int:
    """Return the report's time in seconds; 0 where it is no time."""
    try:
        return int(datetime.fromisoformat(report.provenance.clock).timestamp())
    except ValueError:
        return 0


def _data(report: Report, folder: Path, signs: Signs) -> dict[str, Any]:
    came = report.provenance
    return {
        "title": _said(report.title), "name": _said(came.name), "clock": _said(came.clock),
        "footer": f"{_said(report.title)}: {_said(came.name)}, sha256 {_said(came.sha256[:12])}, {_said(came.clock)}",
        "words": WORDS, "blanks": [{"label": _said(each.label), "value": _lines(each.value)} for each in report.blanks],
        "warnings": [_said(each) for each in report.warnings],
        "facts": [[name, _lines(value)] for name, value in facts(report)], "command": plain(came.command, 20_000),
        "sections": [_section(section, folder, signs) for section in report.sections],
        "definitions": [_definition(term) for term in report.definitions],
    }


def _said(text: str) -> str:
    return plain(text, SENTENCE)


def _lines(text: str) -> str:
    return "\n".join(_said(line) for line in text.splitlines())


def _section(section: Section, folder: Path, signs: Signs) -> dict[str, Any]:
    return {
        "title": _said(section.title), "comment": _lines(section.comment),
        "paragraphs": [_said(each) for each in section.paragraphs],
        "pictures": [_picture(picture, section, folder, signs) for picture in section.pictures],
        "tables": [printed(table) for table in section.tables],
    }


def _picture(picture: Picture, section: Section, folder: Path, signs: Signs) -> dict[str, Any]:
    """Return a chart; its table where it cannot be drawn, and where its section was put together by a visitor."""
    figure = signs.drawable(picture.figure)
    file, why = _drawn(figure, folder, signs.families)
    if figure != picture.figure:
        why = " ".join(filter(None, (why, NUMBERED)))
    return {"title": _said(picture.title), "alt": _said(picture.alt) or _said(picture.title),
            "reading": " ".join(filter(None, (_said(picture.reading), why))), "note": _said(picture.note), "file": file,
            "table": printed(picture.table) if section.collected or file is None else None}


def _drawn(figure: Json, folder: Path, families: tuple[str, ...]) -> tuple[str | None, str]:
    """Return the file of a chart's drawing; or None, and why there is none."""
    kind = unknown_kind(figure)
    if kind is not None:
        return None, f"A chart of the kind '{_said(kind)}' is not drawn on paper; its numbers are below."
    file = f"chart-{sum(1 for _ in folder.glob('*.svg')) + 1}.svg"
    try:
        (folder / file).write_bytes(svg(figure, families))
    except (ValueError, TypeError, LookupError):   # a report is handed over even so, and says what is missing
        return None, "This chart could not be drawn on paper; its numbers are below."
    return file, ""


def _definition(term: Definition) -> dict[str, Any]:
    rest = (("Formula", term.formula), ("Undefined", term.undefined), ("Source", term.source))
    return {"name": _said(term.name), "sentence": _said(term.sentence),
            "rest": [[head, _said(words)] for head, words in rest if words]}
