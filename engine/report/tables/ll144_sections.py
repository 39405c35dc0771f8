"""The tables of a New York City Local Law 144 bias audit as parts of a report: T1 to T5, choices, annexes.

No word here says whether a ratio is good enough: the rule does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from engine.errors import invalid
from engine.report.request import Material, ReportRequest, Template
from engine.report.tables.legal import law
from engine.report.tables.ll144 import Categories, Category, Ll144, Switches, Tool, calculate, classes
from engine.report.tables.ll144_bounds import annex
from engine.report.tables.ll144_roles import demographic_columns, is_hispanic
from engine.report.tables.rounding import percent, ratio, rounded
from engine.report.tables.ugesp import annex as four_fifths
from engine.report.value import Blank, Cell, Section, Table
from engine.text import plain

KEPT_BACK = "kept back"
COVER = tuple(Blank(label) for label in (
    "Name and version of the tool", "Distribution date of the tool", "Date of the audit (at most one year old)",
    "Auditor, and statement of independence", "Employer or employment agency", "Vendor",
    "Role of the tool (selects, scores, or sorts into classes)", "Period of the data",
    "Source and explanation of the data", "Historical or test data; for test data, why and how they were made",
    "What was pooled (employers, roles, dates)", "Stage that was audited, and stage where the tool is used",
    "Signature",
))
DOES = {"selects": "selects", "scores": "gives a score", "classifies": "sorts into classes"}
MOST_CLASSES = 20
TITLES = {1: "T1 Sex", 2: "T2 Race/ethnicity", 3: "T3 Sex and race/ethnicity together"}


def sections(material: Material) -> Sequence[Section]:
    """Return the cover, the choices, T1 to T5 and the annexes.

    Raises
    ------
    InvalidData
        Neither sex nor race is in the data, or an option holds a word it does not know.
    """
    if material.found is None:
        raise invalid("a score or a decision is needed for the tables", "data", "neither",
                      "name one with --score or --prediction")
    dataset, request = material.dataset, material.request
    sex, race = demographic_columns([a.name for a in dataset.attributes], request.option("sex"), request.option("race"))
    columns = [column for column in (sex, race) if column is not None]
    policy = material.found.policy
    each = [calculate(dataset, policy, columns, chosen, request.suppress_under)
            for chosen in _each(switches(material), material, columns)]
    titles = [TITLES[1]] * (sex is not None) + [TITLES[2]] * (race is not None) + [TITLES[3]] * (len(columns) > 1)
    parts = [law("ll144"), _choices(each[0], material), *(_rates(found, titles) for found in each),
             _unknown(each[0], columns), _small(each, titles), annex(dataset, policy, columns, each)]
    if not _yes(request, "annex", "no") or each[0].switches.tool == "classifies":
        return parts
    if request.suppress_under and (material.kept_back or any(row.hidden for t in each[0].tables for row in t.rows)):
        # Two sets of tables that each keep groups back may tell them together.
        return [*parts, Section("adverse-impact", "Annex: rates against the highest rate", (
            "It is left out: beside the tables above it might tell numbers that are kept back.",))]
    return [*parts, four_fifths(material)]


def switches(material: Material) -> Switches:
    """Return what the options of the request choose where the rule leaves it open."""
    request = material.request
    decided = material.dataset.score_source == "prediction" or bool(request.policy_note is None and request.policy)
    words: tuple[Tool, ...] = ("selects", "scores", "classifies")
    said = _word(request, "tool", words, words[0] if decided else words[1])
    return Switches(
        next(tool for tool in words if tool == said), _yes(request, "unknown-in-median", "yes"),
        _word(request, "ties", ("below", "above"), "below") == "above",
        _yes(request, "exclude-under-2", "no"), _yes(request, "excluded-as-reference", "no"),
        (request.option("justification") or "").strip(), request.option("classes") or "")


def _each(chosen: Switches, material: Material, columns: Sequence[str]) -> list[Switches]:
    """Return the choices of every set of tables: one, or one per class."""
    if chosen.tool != "classifies":
        return [chosen]
    able = [attribute.name for attribute in material.dataset.attributes if attribute.name not in columns]
    if chosen.classes not in able:
        raise invalid("a tool that classifies needs the column of its classes, a protected attribute that is neither "
                      "sex nor race", "option 'classes'", f"'{plain(chosen.classes)}'",
                      f"name one of: {', '.join(plain(name) for name in able) or 'none is there'}")
    levels = classes(material.dataset, chosen.classes)
    if not 0 < len(levels) <= MOST_CLASSES:
        raise invalid(f"there are tables for 1 to {MOST_CLASSES} classes", f"column '{plain(chosen.classes)}'",
                      f"{len(levels):,} classes", "name another column, or join classes")
    return [replace(chosen, level=level) for level in levels]


def _yes(request: ReportRequest, name: str, usual: str) -> bool:
    return _word(request, name, ("yes", "no"), usual) == "yes"


def _word(request: ReportRequest, name: str, words: Sequence[str], usual: str) -> str:
    said = request.option(name) or usual
    if said not in words:
        raise invalid("an option must be one of its words", f"option '{name}'", f"'{plain(said)}'",
                      f"use {' or '.join(words)}")
    return said


def _choices(found: Ll144, material: Material) -> Section:
    chosen, rows = found.switches, found.applicants
    scores = chosen.tool == "scores"
    favourable = "selected" if material.dataset.roles.favourable == "selected" else "not selected"
    lines: list[tuple[Cell, ...]] = [
        ("What the tool does", DOES[chosen.tool], {
            "scores": "scoring rate: share of a category with a score above the median of the full sample",
            "selects": f"selection rate: share of a category that was {favourable}, the favourable decision",
            "classifies": "selection rate: share of a category that was put into the class; 5-301(b)(4) asks for all "
                          "tables of each class"}[chosen.tool]),
        ("People in the data", _number(rows), f"{found.unscored:,} more have no score or decision and are in no table"),
        ("Categories under 2 % of the data", "left out of the ratios" if chosen.exclude else "kept in the ratios", ""),
        ("A category left out may be the reference", "yes" if chosen.excluded_as_reference else "no",
         "" if chosen.exclude else "no category is left out"),
        ("Answers that count as not known", ", ".join(plain(word) for word in found.unknown_words) or "none occur", ""),
    ]
    if scores:
        lines[2:2] = [
            ("Median of the full sample", _median(found.median), _binned(material)),
            ("The full sample holds people whose sex or race is not known",
             "yes" if chosen.unknown_in_median else "no", "the rule leaves it open"),
            ("A score that equals the median", "counts as above it" if chosen.ties_above else "is not above it", ""),
        ]
        if favourable != "selected":
            lines.append(("Direction of the score", "a higher score speaks for the decision that is not favourable",
                          "the scoring rate is then not the share that is better off"))
    if chosen.tool == "classifies":
        lines.append(("Column of the classes", plain(chosen.classes),
                      "people without a class count among the applicants"))
    if found.under:
        lines.append(("Categories kept back", f"those with fewer than {found.under} people, and others from which "
                      "these could be had by subtraction", "their numbers and ratios are in no table"))
    return Section("choices", "How the tables were made", (
        "Where the rule leaves a choice open, the choice is printed here.",),
        (Table("ll144-choices", "Choices", ("what", "choice", "meaning"), tuple(lines)),))


def _median(median: float | None) -> str:
    return "" if median is None else f"{median:.12g}"


def _binned(material: Material) -> str:
    if material.dataset.counts is None or material.dataset.counts.rule == "values":
        return ""
    return "the rows are counted in bins: a score counts as the lower edge of its bin, in the median and beside it"


def _rates(found: Ll144, titles: Sequence[str]) -> Section:
    scores = found.switches.tool == "scores"
    said = ["The impact ratio of a category is its rate divided by the highest rate in the same table. A blank stands "
            "for a combination without anybody in it."]
    if scores:
        said.append(f"Median of the full sample: {_median(found.median)}.")
    title = "Scoring rates and impact ratios" if scores else "Selection rates and impact ratios"
    if found.switches.level:
        title += f", class {plain(found.switches.level)}"
    return Section("rates", title, tuple(said), tuple(
        _table(found, table, heading) for table, heading in zip(found.tables, titles, strict=True)))


def _table(found: Ll144, table: Categories, title: str) -> Table:
    scores, crossed = found.switches.tool == "scores", len(table.attributes) > 1
    divided = any(is_hispanic(row.levels[-1]) for row in table.rows) and title == TITLES[3]
    rows = sorted(table.rows, key=lambda row: not is_hispanic(row.levels[-1])) if divided else list(table.rows)
    body: list[tuple[Cell, ...]] = []
    for row in rows:
        head: list[Cell] = [plain(level) for level in row.levels]
        if divided:
            head = ["Hispanic or Latino" if is_hispanic(row.levels[-1]) else "Not Hispanic or Latino", *head]
        body.append((*head, *_numbers(row, scores)))
    heads = ["sex", "race/ethnicity"] if crossed else ["category"]
    best = " x ".join(plain(level) for level in table.reference) if table.reference else "none"
    counted = "selected" if found.switches.tool == "selects" else "in the class"
    level = f", class {plain(found.switches.level)}" if found.switches.level else ""
    return Table(
        f"ll144-{title.split()[0].lower()}", title + level,
        (*(["ethnicity"] if divided else []), *heads, "applicants",
         *([] if scores else [counted]), "scoring rate" if scores else "selection rate", "impact ratio"),
        tuple(body), f"Highest rate of the whole table: {best}.", _notes(table, divided),
        definitions=("scoring_rate" if scores else "selection_rate", "impact_ratio"))


def _notes(table: Categories, divided: bool) -> tuple[str, ...]:
    said = []
    if any(row.excluded for row in table.rows):
        said.append("A category under 2 % of the data has no ratio: it is left out, and listed in T5.")
    if len(table.attributes) > 1 and not divided:
        said.append("No category reads as Hispanic or Latino, so the table has no such division.")
    if any(row.hidden for row in table.rows):
        said.append("Rows that are kept back have too few people, or would tell the numbers of such a row.")
    return tuple(said)


def _numbers(row: Category, scores: bool) -> tuple[Cell, ...]:
    if row.hidden:
        return (KEPT_BACK, *([None] * (2 if scores else 3)))
    if not row.applicants or row.chosen is None or row.rate is None:
        return (None,) * (3 if scores else 4)
    counted: tuple[Cell, ...] = (_number(row.applicants),) if scores else (_number(row.applicants), _number(row.chosen))
    return (*counted, percent(row.rate), None if row.ratio is None else ratio(row.ratio))


def _number(amount: Fraction) -> Cell:
    return int(amount) if amount.denominator == 1 else rounded(amount, 1)


def _unknown(found: Ll144, columns: Sequence[str]) -> Section:
    words = dict(zip(columns, ("sex", "race/ethnicity"), strict=False)) if len(columns) > 1 else {
        columns[0]: columns[0]}
    rows = tuple((f"their {words.get(name, 'sex or race/ethnicity')} is not known",
                  KEPT_BACK if count is None else _number(count)) for name, count in found.unknown.items())
    table = "table of categories together" if len(columns) > 1 else "table above"
    last = "kept back" if rows[-1][1] == KEPT_BACK else str(rows[-1][1])
    said = f"People who were assessed and are not in the {table}, because {rows[-1][0]}: {last}."
    return Section("unknown", "People who are not in the tables", (said,), (
        Table("ll144-t4", "T4 Not in the tables", ("people, of whom", "number"), rows),))


def _small(each: Sequence[Ll144], titles: Sequence[str]) -> Section:
    found, rows = each[0], [row for found in each for row in _under_two(found, titles)]
    count, chosen = len(rows) // len(each), found.switches
    left = "are left out of the ratios" if chosen.exclude else "stay in the ratios"
    eligible = chosen.excluded_as_reference or not chosen.exclude
    said = [f"Categories under 2 % of the {_number(found.applicants):,} people: {count}. They {left}, and their "
            f"rates {'are' if eligible else 'are not'} eligible as the highest."]
    if chosen.exclude and rows and not chosen.justification:
        said.append("The auditor's justification is for the auditor to write.")
    return Section("small", "Small categories", tuple(said), (Table(
        "ll144-t5", "T5 Categories under 2 % of the data",
        ("table", "category", "applicants", "scoring rate" if chosen.tool == "scores" else "selection rate", "left out",
         "auditor's justification"), tuple(rows)),))


def _under_two(found: Ll144, titles: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Return a line for every category under 2 % of the data."""
    why, level = found.switches.justification, found.switches.level
    return [(title + (f", class {plain(level)}" if level else ""), " x ".join(plain(name) for name in row.levels),
             _number(row.applicants), percent(row.rate), "yes" if row.excluded else "no",
             plain(why, 1_000) if row.excluded else "")
            for title, table in zip(titles, found.tables, strict=True) for row in table.rows
            if row.small and row.applicants is not None and row.rate is not None]


LL144 = Template("ll144", "Bias audit tables, New York City Local Law 144", sections,
                 ("impact_ratio", "selection_rate", "scoring_rate"), COVER, "the annexes",
                 "For the auditor of a hiring tool in New York: the rule's tables by sex, by race or ethnicity and by "
                 "both, with every choice that the rule leaves open.")
