"""Tables that several templates show: the choice between policies, groups, gaps, performance; from counts alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from engine.assessment import Assessment, Disparity, GroupingResult
from engine.metrics import DISPARITIES, RATES
from engine.report.pictures import measured
from engine.report.request import Material
from engine.report.value import Cell, Measured, Table
from engine.text import plain
from engine.types import MISSING, Estimate

UTILITY_RATES = {"accuracy": "accuracy", "balanced_accuracy": "balanced_accuracy", "f1": "f1", "cost": "expected_cost"}
GAPS = ("disparate_impact_ratio", "demographic_parity_difference", "equal_opportunity_difference",
        "predictive_equality_difference", "equalized_odds_difference", "predictive_parity_difference")
PERFORMANCE = ("accuracy", "selection_rate", "true_positive_rate", "false_positive_rate", "precision")
CELLS = ("true positives", "false positives", "false negatives", "true negatives", "selected, outcome unknown",
         "not selected, outcome unknown")


def named(material: Material) -> list[tuple[str, Assessment]]:
    """Return the policies of the report: the chosen one, the baseline, those not taken."""
    first = [("chosen", material.found)] if material.found is not None else []
    return [*first, *([("baseline", material.baseline)] if material.baseline is not None else []), *material.rejected]


def alternatives(material: Material, name: str) -> Table:
    """Return utility and disparity of every policy of the report, and by which others it is dominated."""
    request = material.request
    utility, gap = UTILITY_RATES[request.utility], request.disparity
    rows: list[tuple[Cell, ...]] = []
    for grouping in material.found.groupings if material.found is not None else ():
        points = [(title, each.overall.rates[utility][0], each.groupings[grouping].disparities[gap])
                  for title, each in named(material) if grouping in each.groupings]
        places = [_place(reached.value, found.value, utility, gap) for _, reached, found in points]
        for (title, reached, found), place in zip(points, places, strict=True):
            better = [other for (other, *_), there in zip(points, places, strict=True) if _dominates(there, place)]
            rows.append((plain(grouping), plain(title), measured(reached), gap_cell(found), _by(place, better)))
    return Table(name, "The chosen policy and the alternatives",
                 ("groups", "policy", RATES[utility].name, DISPARITIES[gap].name, "dominated by"), tuple(rows),
                 "All on the same rows; a policy that was found on them is flattered by them.",
                 definitions=(utility, gap))


def _place(utility: float, gap: float, rate: str, key: str) -> tuple[float, float]:
    """Return both numbers so that more is better."""
    return -utility if rate == "expected_cost" else utility, gap if DISPARITIES[key].form == "ratio" else -gap


def _dominates(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] >= other[0] and one[1] >= other[1] and one != other


def _by(place: tuple[float, float], better: Sequence[str]) -> str:
    if any(math.isnan(number) for number in place):
        return "not estimable"
    return ", ".join(plain(name) for name in better) or "none of these"


def gap_cell(found: Disparity) -> Measured:
    """Return a disparity as a cell."""
    return measured(Estimate(found.value, found.low, found.high, math.nan, found.reason))


def groups(material: Material, name: str) -> Table:
    """Return rows, share, known outcomes and base rate of every group of every attribute."""
    rows: list[tuple[Cell, ...]] = []
    for result in alone(material):
        sizes, labelled = result.sizes, result.counts.rows[:, :4].sum(axis=1)
        for g, group in enumerate(result.names):
            rows.append((plain(result.name), plain(group), int(sizes[g]), float(sizes[g] / max(1, whole(material))),
                         float(labelled[g]), measured(result.rates["base_rate"][g])))
    return Table(name, "Groups in the data", ("attribute", "group", "rows", "share of the rows", "with a known outcome",
                                              "base rate"), tuple(rows), definitions=("base_rate", "missing_group"))


def whole(material: Material) -> int:
    """Return the rows used."""
    return material.found.rows_used if material.found is not None else 0


def exclusions(material: Material, name: str) -> Table:
    """Return which rows are not used, and why."""
    rows: list[tuple[Cell, ...]] = [(plain(item.reason, 200), item.rows) for item in material.dataset.excluded]
    if material.found is not None and material.found.unscored:
        rows.append(("no score", material.found.unscored))
    return Table(name, "Rows left out", ("reason", "rows"), tuple(rows or [("none", 0)]))


def gaps(material: Material, name: str) -> Table:
    """Return the disparities of every grouping with interval and what chance alone would make."""
    rows: list[tuple[Cell, ...]] = []
    for result in material.found.groupings.values() if material.found is not None else ():
        for key in dict.fromkeys((material.request.disparity, *GAPS)):
            found = result.disparities[key]
            rows.append((plain(result.name), DISPARITIES[key].name, gap_cell(found), _number(found.p_value),
                         plain(found.highest or ""), plain(found.lowest or "")))
    return Table(name, "Disparities", ("groups of", "disparity", "value", "p-value", "highest", "lowest"), tuple(rows),
                 definitions=(*GAPS, "noise_band"))


def performance(material: Material, name: str) -> Table:
    """Return the rates that tell how well each group and everybody is served."""
    return _by_group(material, name, "Performance by group", [RATES[key].name for key in PERFORMANCE],
                     lambda result, g: tuple(measured(result.rates[key][g]) for key in PERFORMANCE), PERFORMANCE)


def discrimination(material: Material, name: str) -> Table:
    """Return the area under the ROC curve of each group and of everybody."""
    return _by_group(material, name, "Discrimination", ["area under the ROC curve"],
                     lambda result, g: (measured(result.auc[g]),), ("auc",))


def confusion(material: Material, name: str) -> Table:
    """Return the counts of decisions by outcome of each group and of everybody."""
    def cells(result: GroupingResult, g: int) -> tuple[Cell, ...]:
        return tuple(int(x) if float(x).is_integer() else round(float(x), 1) for x in result.counts.values[g])

    return _by_group(material, name, "Confusion table", list(CELLS), cells, ())


def _by_group(
    material: Material, name: str, title: str, heads: Sequence[str],
    cells: Callable[[GroupingResult, int], tuple[Cell, ...]], keys: Sequence[str],
) -> Table:
    found = material.found
    if found is None:
        return Table(name, title, ("attribute", "group", *heads), ())
    rows: list[tuple[Cell, ...]] = [("", "everybody", *cells(found.overall, 0))]
    rows += [(plain(result.name), plain(group), *cells(result, g))
             for result in found.groupings.values() for g, group in enumerate(result.names)]
    return Table(name, title, ("groups of", "group", *heads), tuple(rows), definitions=tuple(keys))


def unknown(material: Material, name: str) -> Table:
    """Return how many rows lack each attribute or the outcome."""
    rows: list[tuple[Cell, ...]] = []
    for result in alone(material):
        lacking = sum(int(size) for size, levels in zip(result.sizes, result.levels, strict=True) if MISSING in levels)
        if MISSING in material.kept_back.hidden.get(result.name, ()):
            rows.append((plain(result.name), "kept back", None))
            continue
        rows.append((plain(result.name), lacking, lacking / max(1, whole(material))))
    if material.found is not None and material.dataset.label is not None:
        without = material.found.rows_used - material.found.labelled
        rows.append(("outcome", without, without / max(1, whole(material))))
    return Table(name, "Values that are missing", ("column", "rows", "share of the rows"), tuple(rows),
                 definitions=("missing_group",))


def alone(material: Material) -> list[GroupingResult]:
    """Return the groupings of one attribute."""
    found = material.found.groupings.values() if material.found is not None else ()
    return [result for result in found if len(result.attributes) == 1]


def _number(value: float) -> Cell:
    return None if math.isnan(value) else float(value)


def levels(material: Material, name: str) -> Table:
    """Return the metrics of everybody and the disparities, each with interval and rows behind it."""
    found, rows = material.found, []
    for key in (*PERFORMANCE, "balanced_accuracy") if found is not None else ():
        reached = measured(found.overall.rates[key][0]) if found is not None else None
        rows.append((RATES[key].name, "everybody", reached, reached.n if reached is not None else None))
    for result in found.groupings.values() if found is not None else ():
        for key in dict.fromkeys((material.request.disparity, *GAPS)):
            rows.append((DISPARITIES[key].name, plain(result.name), gap_cell(result.disparities[key]),
                         int(result.sizes.sum())))
    return Table(name, "Declared levels", ("metric", "groups of", "value", "rows"), tuple(rows),
                 definitions=(*PERFORMANCE, *GAPS))
