"""A data set and a request to a `Report`; no clock is read and nothing is drawn at random but by the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from engine.assessment import Assessment, assess
from engine.assessment import Request as Assessed
from engine.errors import invalid
from engine.glossary import GLOSSARY
from engine.policy import Policy
from engine.report.pictures import cell
from engine.report.provenance import provenance
from engine.report.request import BLANKS, Material, ReportRequest, check
from engine.report.suppression import Suppression, suppressed
from engine.report.templates import TEMPLATES
from engine.report.value import Definition, Picture, Report, Section, Table
from engine.report.words import warnings
from engine.text import plain
from engine.types import Cancelled, Dataset, Progress

ALWAYS = ("selected", "positive_outcome", "favourable_decision")


def build(
    dataset: Dataset, request: ReportRequest, clock: datetime, progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Report:
    """Return the report about a policy on some data.

    Parameters
    ----------
    dataset
        With the score in use that the policy is for.
    request
        Template, policies, further parts; see `ReportRequest`.
    clock
        When the report was made; printed as UTC.
    progress, cancelled
        Told of each section; asked before each.

    Returns
    -------
    Report
        The same data, request, clock and versions give the same report, to the last bit.

    Raises
    ------
    InvalidData
        No such template, a policy for other groups, or stopped. What one section cannot say, it says in its place.
    """
    if request.template not in TEMPLATES:
        raise invalid("the template must be known", "template", f"'{plain(request.template)}'",
                      f"use one of: {', '.join(TEMPLATES)}")
    check(request)
    template = TEMPLATES[request.template]
    material = _material(dataset, request, progress or _silent, cancelled or _never)
    sections = distinct((*template.build(material), *request.sections))
    found = material.found
    asked = replace(request, policy=found.policy) if found is not None else request
    blanks = template.blanks if request.blanks == BLANKS else request.blanks
    return Report(
        request.template, template.title, provenance(dataset, asked, found, clock), sections, warnings(material),
        blanks, definitions(sections, (*ALWAYS, *template.definitions)),
    )


def _material(dataset: Dataset, request: ReportRequest, progress: Progress, cancelled: Cancelled) -> Material:
    if dataset.score is None:
        return Material(dataset, request, None, None, (), progress, cancelled)

    def under(policy: Policy | None) -> tuple[Assessment, Suppression]:
        data = dataset
        if policy is not None and policy.score not in (None, dataset.score) and policy.score in dataset.scores:
            data = dataset.using(policy.score)
        whole = assess(data, Assessed(policy, request.groupings, request.level, request.min_group, request.cost_fp,
                                      request.cost_fn, request.seed))
        return suppressed(data, whole, request.suppress_under)

    found, hidden = under(request.policy)
    return Material(
        dataset, request, found, under(request.baseline)[0] if request.baseline is not None else None,
        tuple((name, under(policy)[0]) for name, policy in request.rejected), progress, cancelled, hidden)


def definitions(sections: Sequence[Section], keys: Sequence[str]) -> tuple[Definition, ...]:
    """Return the definition of everything that some sections use, in the order of the glossary."""
    tables = {key for section in sections for table in section.tables for key in table.definitions}
    pictures = {key for section in sections for picture in section.pictures for key in picture.definitions}
    used = {*keys, *tables, *pictures}
    return tuple(Definition(entry.key, entry.name, entry.sentence, entry.formula, entry.undefined, entry.source)
                 for key, entry in GLOSSARY.items() if key in used)


def distinct(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Return sections whose own names and tables' names are unique, as files and addresses need them."""
    files: set[str] = set()
    places = {"provenance", "definitions", "warnings"}   # in the HTML

    def free(name: str, taken: set[str]) -> str:
        found, count = name, 1
        while found in taken:
            count += 1
            found = f"{name}-{count}"
        taken.add(found)
        return found

    made = []
    for section in sections:
        name = free(section.name, places)
        tables = tuple(replace(plainly(table), name=free(table.name, files)) for table in section.tables)
        pictures = tuple(_renamed(picture, free(picture.name, files)) for picture in section.pictures)
        made.append(replace(section, name=name, tables=tables, pictures=pictures))
    return tuple(made)


def plainly(table: Table) -> Table:
    """Return a table whose cells are plain values, numbers at 12 significant digits."""
    return replace(table, rows=tuple(tuple(cell(value) for value in row) for row in table.rows))


def _renamed(picture: Picture, name: str) -> Picture:
    return replace(picture, name=name, table=replace(picture.table, name=name))


def _silent(share: float, words: str) -> None:
    """Tell nobody."""


def _never() -> bool:
    return False
