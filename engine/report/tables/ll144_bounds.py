"""What the lowest impact ratio of each table could be, whatever sex or race the people have of whom it is not known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.assessment import GroupingResult
from engine.manipulation.missing import Bounds, bounds
from engine.policy import Policy
from engine.report.tables.ll144 import SMALL_SHARE, Counted, Ll144, Switches, counted
from engine.report.tables.ll144_roles import is_unknown
from engine.report.value import Cell, Section, Table
from engine.text import plain
from engine.types import MISSING, Dataset, Estimates, Favourable

NAME, TITLE = "missing-demographics", "Annex: people whose sex or race is not known"
CROSSED = "who lacks one of the two may be in any category, so the bounds may be wider than need be"


def annex(dataset: Dataset, policy: Policy, columns: Sequence[str], each: Sequence[Ll144]) -> Section:
    """Return the bounds of the lowest impact ratio of each table, of every class."""
    first = each[0]   # which rows are kept back depends on people alone, so it is the same in every class
    if first.under and (any(row.hidden for table in first.tables for row in table.rows)
                        or None in first.unknown.values()):
        return Section(NAME, TITLE, ("It is left out: its bounds would tell numbers that are kept back.",))
    rows = tuple(row for found in each for row in _lines(dataset, policy, columns, found.switches))
    return Section(NAME, TITLE, (
        "The lowest impact ratio of each table, and the lowest and highest value that it could have if the people of "
        "whom sex or race is not known were given categories in every possible way.",), (Table(
            "ll144-missing", "Bounds of the lowest impact ratio",
            ("table", "people not known", "lowest impact ratio, these people ignored", "at least", "at most", "note"),
            rows, definitions=("missing_bounds", "impact_ratio")),))


def _lines(
    dataset: Dataset, policy: Policy, columns: Sequence[str], switches: Switches
) -> list[tuple[Cell, ...]]:
    """Return the line of each table."""
    cells = counted(dataset, policy, columns, switches)
    rows: list[tuple[Cell, ...]] = []
    for attributes in [(column,) for column in columns] + ([tuple(columns)] if len(columns) > 1 else []):
        result = _result(cells, attributes, switches)
        found = lowest_ratio(result, dataset.roles.favourable, switches)
        lacking = sum(int(size) for size, levels in zip(result.sizes, result.levels, strict=True) if MISSING in levels)
        name = " x ".join(plain(name) for name in attributes)
        rows.append((name + (f", class {plain(switches.level)}" if switches.level else ""), lacking,
                     *(None if math.isnan(x) else x for x in (found.ignoring_unknown, found.low, found.high)),
                     found.reason or (CROSSED if len(attributes) > 1 and lacking else "")))
    return rows


def lowest_ratio(result: GroupingResult, favourable: Favourable, switches: Switches) -> Bounds:
    """Return the bounds of the lowest over the highest rate of a table's categories."""
    return bounds(result, favourable if switches.tool == "selects" else "selected")["disparate_impact_ratio"]


def _result(cells: Counted, attributes: Sequence[str], switches: Switches) -> GroupingResult:
    """Return the counts of a table as the bounds read them; every answer that is not known has one name."""
    groups, place = cells.groups.project(attributes)
    levels = tuple(tuple(MISSING if is_unknown(level) else level for level in names) for names in groups.levels)
    counts = cells.counts.fold(place, len(groups))
    smallest = math.ceil(SMALL_SHARE * int(counts.sizes.sum())) if switches.exclude else 1
    none = Estimates(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), ())
    return GroupingResult(replace(groups, levels=levels), counts, {}, none,
                          {}, 0, False, {}, smallest)
