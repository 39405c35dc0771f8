"""One HTML file that asks for nothing, runs nothing but its two scripts, and says everything in words too."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from engine.charts.offline import script
from engine.report.html import ASSETS, render
from tests.reports import hostile, report


class Page(HTMLParser):
    """Every tag with its attributes, and the text outside of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.said, self.inside = [], [], None
        self.scripts = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        (self.scripts if self.inside == "script" else self.said).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_nothing_is_asked_for():
    page = Page(render(hostile()))
    addresses = [value for _, attributes in page.tags for name, value in attributes.items()
                 if name in ("src", "href", "action", "data", "poster", "srcset") and not value.startswith("#")]
    assert addresses == []
    rules = page.all("meta")[1]["content"]
    assert "default-src 'none'" in rules
    assert "url(" not in (ASSETS / "report.css").read_text(encoding="utf-8")


def test_two_scripts_run_and_they_are_ours():
    page = Page(render(report()))
    running = [source for source, found in zip(page.scripts, page.all("script"), strict=True) if "type" not in found]
    assert len(running) == 2
    assert running[0] == script()
    rules = page.all("meta")[1]["content"]
    for source in running:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'" in rules
    assert "unsafe-inline" not in rules.split("script-src")[1].split(";")[0]


def test_text_stays_text():
    page = Page(render(hostile()))
    assert not page.all("img")
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert any("<script>alert(1)</script>" in said for said in page.said)
    assert not any("\u202e" in said for said in page.said)
    for _, attributes in page.tags:
        assert not str(attributes.get("href", "#")).startswith("http")


def test_every_chart_has_words_a_table_and_its_values():
    found = report()
    page = Page(render(found))
    charts = [each for each in page.all("div") if each.get("class") == "chart"]
    assert [each["aria-label"][:40] for each in charts] == [" ".join(p.alt.split())[:40] for p in found.pictures]
    assert len(page.all("figure")) == len(found.pictures)
    values = [json.loads(source) for source, tag in zip(page.scripts, page.all("script"), strict=True)
              if tag.get("type") == "application/json"]
    assert values == [picture.figure for picture in found.pictures]


def test_labels_of_forty_groups_and_sixty_signs_are_all_there():
    names = tuple(f"{place:02d} {'long name ' * 6}"[:60].strip() for place in range(40))
    said = " ".join(Page(render(report(names, 1600))).said)
    assert all(name in said for name in names)


def test_an_empty_report_is_clean():
    bare = replace(report(), sections=(), warnings=(), blanks=(), definitions=())
    page = render(bare)
    assert "<script" not in page
    assert len(page) < 20_000
    assert Page(page).all("h1")


def test_numbers_keep_their_meaning_on_screen():
    text = render(report())
    rate = next(each for each in report().tables if each.name == "rates-g").rows[0][2]
    assert f"{rate.value:.3f} <small>({rate.low:.3f} to {rate.high:.3f}), n {rate.n}" in re.sub(r"\s+", " ", text)
