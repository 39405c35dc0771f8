"""A report as one HTML file: it needs no network, and no text in it can become code."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path

from engine.report.facts import facts
from engine.report.value import Cell, Definition, Measured, Picture, Report, Section, Table
from engine.report.words import SENTENCE, figures, shown
from engine.text import plain

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "report"
OPEN = 40     # rows up to which a table stands open
FILLED = "To be filled in by a person"


def render(report: Report) -> str:
    """Return a report as an HTML document.

    Plotly's script stands in it once; a policy in its head allows no request, and no script but that one and ours,
    which are known by their hashes. Every chart has its words and the same numbers as a table.
    """
    from engine.charts.offline import script

    scripts = [script(), (ASSETS / "report.js").read_text(encoding="utf-8")] if report.pictures else []
    style = (ASSETS / "report.css").read_text(encoding="utf-8")
    parts = [_head(report), _contents(report), _warnings(report), _provenance(report),
             *(_section(section) for section in report.sections), _definitions(report.definitions)]
    body = "\n".join(part for part in parts if part)
    code = "\n".join(f"<script>{source}</script>" for source in scripts)
    return (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_rules(scripts)}">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{text(report.title)}: {text(report.provenance.name)}</title>\n<style>{style}</style>\n</head>\n"
            f"<body>\n{body}\n{code}\n</body>\n</html>\n")


def text(value: object, longest: int = SENTENCE) -> str:
    """Return text that HTML shows literally: one line, nothing invisible, every sign of markup escaped.

    >>> text("<b>\\u202ex</b>")
    '&lt;b&gt;x&lt;/b&gt;'
    """
    return html.escape(plain(value, longest), quote=True)


def lines(value: str) -> str:
    """Return text of several lines, each made harmless."""
    return "\n".join(text(line) for line in value.splitlines())


def _rules(scripts: list[str]) -> str:
    hashes = [base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() for source in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    return (f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
            "base-uri 'none'; form-action 'none'")


def _head(report: Report) -> str:
    came = report.provenance
    blanks = "".join(f"<dt>{text(blank.label)}</dt><dd>{lines(blank.value)}</dd>" for blank in report.blanks)
    return (f"<header><h1>{text(report.title)}</h1>\n<p class=\"soft\">{text(came.name)}, {text(came.clock)}, "
            f"sha256 {text(came.sha256[:12])}</p>\n"
            + (f'<h2>{FILLED}</h2>\n<dl class="blanks">{blanks}</dl>' if blanks else "") + "</header>\n<main>")


def _contents(report: Report) -> str:
    named = [("provenance", "Where this comes from"), *((s.name, s.title) for s in report.sections),
             ("definitions", "Definitions")]
    items = "".join(f'<li><a href="#{text(name)}">{text(title)}</a></li>' for name, title in named)
    return f'<nav aria-label="Contents"><ul>{items}</ul></nav>'


def _warnings(report: Report) -> str:
    if not report.warnings:
        return ""
    items = "".join(f"<li>{text(warning)}</li>" for warning in report.warnings)
    return f'<h2 id="warnings">Read this first</h2>\n<ul class="warnings">{items}</ul>'


def _provenance(report: Report) -> str:
    rows = "".join(f"<dt>{text(name)}</dt><dd>{lines(value)}</dd>" for name, value in facts(report))
    return (f'<h2 id="provenance">Where this comes from</h2>\n<dl class="facts">{rows}</dl>\n'
            f"<p class=\"soft\">Made by</p>\n<p><code>{text(report.provenance.command, 20_000)}</code></p>")


def _section(section: Section) -> str:
    said = [f"<p>{text(paragraph)}</p>" for paragraph in section.paragraphs]
    if section.comment:
        said.insert(0, f'<p class="comment"><b>Comment</b>{lines(section.comment)}</p>')
    drawn = [_picture(picture) for picture in section.pictures]
    tables = [f"<h3>{text(table.title)}</h3>\n{_table(table)}" for table in section.tables]
    return "\n".join([f'<section>\n<h2 id="{text(section.name)}">{text(section.title)}</h2>', *said, *drawn, *tables,
                      "</section>"])


def _picture(picture: Picture) -> str:
    # In a data block "<" is the only sign that could end it.
    values = json.dumps(picture.figure, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    note = f'<p class="notes">{text(picture.note)}</p>' if picture.note else ""
    table = f"<details><summary>As a table</summary>{_grid(picture.table)}</details>"
    tools = ('<div class="tools"><button type="button" value="svg">Save as SVG</button>'
             '<button type="button" value="png">Save as PNG</button></div>')
    return (f'<figure data-name="{text(picture.name)}"><figcaption>{text(picture.title)}</figcaption>\n'
            f'<div class="chart" role="img" aria-label="{text(picture.alt)}"></div>\n'
            f'<script type="application/json">{values}</script>\n'
            f'<p class="reading">{text(picture.reading)}</p>{note}{tools}{table}</figure>')


def _table(table: Table) -> str:
    caption = f'<p class="caption">{text(table.caption)}</p>' if table.caption else ""
    notes = "".join(f'<p class="notes">{text(note)}</p>' for note in table.notes)
    grid = _grid(table)
    if len(table.rows) > OPEN:
        grid = f"<details><summary>{len(table.rows):,} rows</summary>{grid}</details>"
    return f"{caption}{grid}{notes}"


def _grid(table: Table) -> str:
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in table.columns)
    rows = ("".join(_cell(cell, place, table.columns[place]) for place, cell in enumerate(row)) for row in table.rows)
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (f'<div class="scroll" role="region" tabindex="0" aria-label="{text(table.title)}"><table>'
            f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>")


def _cell(cell: Cell, place: int, head: str) -> str:
    if place == 0:
        return f'<th scope="row">{text(shown(cell))}</th>'
    if isinstance(cell, Measured) and cell.value is not None:
        rest = shown(cell).removeprefix(figures(cell.value))
        size = f", n {figures(cell.n)}" if cell.n is not None else ""
        return f'<td class="number">{text(figures(cell.value))} <small>{text(rest + size)}</small></td>'
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    return f"<td{' class=number' if number else ''}>{text(shown(cell, head))}</td>"


def _definitions(terms: tuple[Definition, ...]) -> str:
    if not terms:
        return "</main>"
    parts = []
    for term in terms:
        rest = [(head, value) for head, value in (("Formula", term.formula), ("Undefined", term.undefined),
                                                  ("Source", term.source)) if value]
        parts.append(f'<dt id="term-{text(term.key)}">{text(term.name)}</dt><dd>{text(term.sentence)}</dd>'
                     + "".join(f'<dd class="soft">{head}: {text(value)}</dd>' for head, value in rest))
    return f'<h2 id="definitions">Definitions</h2>\n<dl class="terms">{"".join(parts)}</dl>\n</main>'
