"""The full report: the decision, rates, disparities, thresholds, the frontier, calibration, rows without a group."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.assessment import Assessment, Disparity, GroupingResult
from engine.errors import InvalidData, stopped
from engine.metrics import DISPARITIES, RATES
from engine.report.full_charts import calibration, frontier, thresholds
from engine.report.pictures import cell, measured, number, picture, slug, titled
from engine.report.request import GAP_TERMS, Material, Template
from engine.report.value import Cell, Measured, Section, Table
from engine.report.words import decision
from engine.text import plain
from engine.types import MISSING

DRAWN = 4   # groupings with charts: each attribute alone; the tables have them all
FROM_ROWS = ("thresholds", "frontier", "calibration", "unknown-groups")   # not made of the assessment alone


def sections(material: Material) -> Sequence[Section]:
    """Return every section; one that cannot be made says why in its place."""
    if material.found is None:
        return [Section("decision", "Decision", ("There is no score and no decision: no rate is estimable.",))]
    parts: list[tuple[str, str, Callable[[Material, Assessment], Section]]] = [
        ("decision", "Decision", _decision), ("rates", "Rates of each group", _rates),
        ("disparities", "Disparities between groups", _disparities),
        ("thresholds", "What other thresholds would do", thresholds),
        ("frontier", "The best trade-offs that exist", frontier),
        ("calibration", "Calibration", calibration), ("unknown-groups", "Annex: rows without a group", _unknown),
    ]
    made = []
    for place, (name, title, make) in enumerate(parts):
        if material.cancelled():
            raise stopped("report")
        material.progress(place / len(parts), title.lower())
        if name in FROM_ROWS and material.kept_back:
            made.append(Section(name, title, ("It is left out, as it would tell numbers of groups that are kept "
                                              "back.",)))
            continue
        try:
            made.append(make(material, material.found))
        except InvalidData as refusal:
            made.append(Section(name, title, tuple(issue.prose() for issue in refusal.issues)))
    return made


def _decision(material: Material, found: Assessment) -> Section:
    request, favourable = material.request, material.dataset.roles.favourable
    said = [decision(found.policy, favourable)]
    if request.policy_note:
        said.append(f"{plain(request.policy_note, 400).capitalize()}.")
    tables = [_side_by_side(material, found)]
    if material.baseline is not None:
        said.append("It is compared with the baseline: " + decision(material.baseline.policy, favourable))
    said += [f"Considered and not taken: {plain(name)}. {decision(each.policy, favourable)}"
             for name, each in material.rejected]
    return Section("decision", "Decision", tuple(said), tuple(tables))


def _side_by_side(material: Material, found: Assessment) -> Table:
    """Return what each policy does to everybody, and the largest disparities of each grouping."""
    named = [("this policy", found), *([("baseline", material.baseline)] if material.baseline is not None else []),
             *material.rejected]
    keys = ("selection_rate", "accuracy", "balanced_accuracy", "expected_cost")
    gaps = ("disparate_impact_ratio", material.request.disparity)
    rows: list[tuple[Cell, ...]] = [
        (RATES[key].name, "everybody", *(measured(each.overall.rates[key][0]) for _, each in named)) for key in keys]
    for key in dict.fromkeys(gaps):
        rows += [(DISPARITIES[key].name, plain(name), *(gap(each.groupings[name].disparities[key]) if name
                  in each.groupings else None for _, each in named)) for name in found.groupings]
    return Table("decision", "What the decision does", ("number", "groups", *(plain(name) for name, _ in named)),
                 tuple(rows), definitions=(*keys, *gaps))


def _rates(material: Material, found: Assessment) -> Section:
    from engine.charts.estimates import rates_by_group
    from engine.charts.theme import SHOWN

    key, overall = material.request.rate, found.overall.rates[material.request.rate][0]
    pictures = []
    for result in drawn(found):
        shown = list(range(min(len(result.names), 2 * SHOWN)))
        pictures.append(picture(
            rates_by_group(result, overall, key, shown), titled(f"{RATES[key].name} by {plain(result.name)}"),
            f"chart-rates-{result.name}", _cut(len(result.names), len(shown)), (key,)))
    tables = tuple(_rate_table(result, found) for result in found.groupings.values())
    return Section("rates", "Rates of each group", (
        f"Each number is followed by its interval and by the rows behind it. {_sizes(material)}",),
        tables, tuple(pictures))


def _sizes(material: Material) -> str:
    """Return what becomes of small groups: one size is for comparing, another may be for showing."""
    least, under = material.request.min_group, material.kept_back.under if material.kept_back else 0
    if under >= least > 0:
        return f"Groups of fewer than {under} rows are left out."
    marked = (f"Groups of fewer than {least} rows are shown and marked: they are only kept out of largest-minus-"
              "smallest numbers.") if least else ""
    return f"{marked} Groups of fewer than {under} rows are left out altogether.".strip() if under else marked


def _cut(groups: int, shown: int) -> str:
    return f"{shown} of {groups} groups are drawn; the tables have them all." if shown < groups else ""


def _rate_table(result: GroupingResult, found: Assessment) -> Table:
    groups = [(plain(name) + (" (small)" if result.small[g] else ""), cell(result.counts.values[g].sum()),
               *(measured(rates[g]) for rates in result.rates.values()), measured(result.auc[g]))
              for g, name in enumerate(result.names)]
    whole = found.overall
    groups.append(("everybody", cell(whole.counts.values[0].sum()),
                   *(measured(rates[0]) for rates in whole.rates.values()), measured(whole.auc[0])))
    columns = ("group", "rows", *(RATES[key].name for key in result.rates), "area under the ROC curve")
    reference = plain(result.names[result.reference]) if result.names else "none"
    return Table(f"rates-{slug(result.name)}", f"Rates by {plain(result.name)}", columns, tuple(groups),
                 f"Reference group: {reference}.", definitions=(*result.rates, "auc"))


def _disparities(material: Material, found: Assessment) -> Section:
    from engine.charts.estimates import disparities

    pictures = tuple(picture(disparities(result), f"Disparities between groups of {plain(result.name)}",
                             f"chart-disparities-{result.name}") for result in drawn(found) if len(result.names) > 1)
    tables = tuple(_gap_table(result) for result in found.groupings.values())
    return Section("disparities", "Disparities between groups", (
        "A disparity is the distance between the two groups that are furthest apart. Chance alone gives some distance "
        "too: the column beside it says how much is usual when all groups share one rate.",), tables, pictures)


def _gap_table(result: GroupingResult) -> Table:
    rows = []
    for key, found in result.disparities.items():
        noise: Cell = cell(found.noise_high) if found.noise_reason is None else plain(found.noise_reason, 200)
        rows.append((DISPARITIES[key].name, gap(found), noise, cell(found.p_value), plain(found.highest or ""),
                     plain(found.lowest or "")))
    return Table(f"disparities-{slug(result.name)}", f"Disparities between groups of {plain(result.name)}",
                 ("disparity", "value", "chance alone up to", "p-value", "highest", "lowest"), tuple(rows),
                 notes=_gap_notes(result), definitions=tuple(result.disparities))


def _gap_notes(result: GroupingResult) -> tuple[str, ...]:
    """Return how each interval was made, and which groups are not compared."""
    methods: dict[str, list[str]] = {}
    for key, found in result.disparities.items():
        methods.setdefault(found.interval, []).append(DISPARITIES[key].name)
    said = [f"Interval of {', '.join(names)}: {method}." for method, names in methods.items() if method]
    reasons = dict.fromkeys(f"{plain(group)} ({plain(why, 200)})" for found in result.disparities.values()
                            for group, why in found.left_out)
    return (*said, *([f"Not compared: {'; '.join(reasons)}."] if reasons else []))


def gap(found: Disparity) -> Measured:
    """Return a disparity as a cell."""
    value, low, high = (number(x) for x in (found.value, found.low, found.high))
    reason = found.reason or ("no interval: too little data for one" if None in (low, high) else None)
    return Measured(value, low, high, None, reason)


def drawn(found: Assessment) -> list[GroupingResult]:
    """Return the groupings that get charts: each attribute alone, else what there is."""
    results = list(found.groupings.values())
    return ([result for result in results if len(result.attributes) == 1] or results)[:DRAWN]


def _unknown(material: Material, found: Assessment) -> Section:
    from engine.manipulation.missing import bounds

    said, tables = [], []
    for name, result in found.groupings.items():
        rows = sum(int(size) for size, levels in zip(result.sizes, result.levels, strict=True) if MISSING in levels)
        if rows:
            said.append(f"{plain(name)}: {rows:,} of {found.rows_used:,} rows lack a group.")
            found_bounds = bounds(result, material.dataset.roles.favourable)
            tables.append(Table(
                f"bounds-{slug(name)}", f"What disparities between groups of {plain(name)} could be",
                ("disparity", "lowest", "highest", "rows without a group ignored", "note"),
                tuple((DISPARITIES[key].name, cell(each.low), cell(each.high), cell(each.ignoring_unknown),
                       plain(each.reason or "", 200)) for key, each in found_bounds.items()),
                "Over all groups that the rows without one could have.", definitions=("missing_bounds",)))
    said = said or [f"All {found.rows_used:,} rows have a group of every attribute."]
    return Section("unknown-groups", "Annex: rows without a group", tuple(said), tuple(tables))


FULL = Template("full", "Fairness and accuracy report", sections, GAP_TERMS,
                leaves_out="what other thresholds would do, the best trade-offs, calibration, rows without a group",
                about="For anybody who decides or checks: the decision, rates and disparities of every group with "
                      "charts, other thresholds, the best trade-offs, calibration.")
