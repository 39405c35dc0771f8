"""The numbers of a New York City Local Law 144 bias audit: 6 RCNY 5-301, for tools that select, score or classify.

The rule asks for tables and sets no mark that a ratio must reach. Its worked example is a test of this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Literal

import numpy as np

from engine.counting.counted import Index, index_of
from engine.counting.counts import GroupCounts, Numbers
from engine.counting.groups import Groups
from engine.counting.subtraction import Mask, kept_back
from engine.policy import Policy
from engine.report.tables.ll144_roles import is_unknown, ordered
from engine.types import Dataset, Floats, frozen

SMALL_SHARE = Fraction(2, 100)   # 5-301(d): a category under 2 % of the data may be left out of the ratios
Tool = Literal["selects", "scores", "classifies"]


@dataclass(frozen=True)
class Switches:
    """What the rule leaves open; each choice is printed.

    Parameters
    ----------
    tool
        ``selects``: the share that gets the favourable decision; ``scores``: the share that scores above the median;
        ``classifies``: the share that is put into the class `level`.
    unknown_in_median
        Whether the full sample of the median holds people whose sex or race is not known.
    ties_above
        Whether a score that equals the median counts as above it; the rule's own words say above.
    exclude
        Whether categories under 2 % of the data are left out of the ratios.
    excluded_as_reference
        Whether such a category's rate may still be the highest, by which the others are divided.
    justification
        The auditor's, for leaving categories out.
    classes, level
        Where the tool sorts into classes: the protected attribute that names each person's class, and the class whose
        tables these are; 5-301(b)(4) asks for all tables of each.
    """

    tool: Tool = "selects"
    unknown_in_median: bool = True
    ties_above: bool = False
    exclude: bool = False
    excluded_as_reference: bool = False
    justification: str = ""
    classes: str = ""
    level: str = ""


@dataclass(frozen=True)
class Category:
    """One row: its level of each attribute, people, those selected or above the median, and what follows.

    `rate` and `ratio` are None where nobody is in it; `ratio` also where it is left out or no rate is above 0. Where
    `hidden`, the numbers are kept back and None.
    """

    levels: tuple[str, ...]
    applicants: Fraction | None
    chosen: Fraction | None
    rate: Fraction | None
    ratio: Fraction | None = None
    small: bool = False        # under 2 % of the data
    excluded: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Categories:
    """One table: its attributes, its rows, and the row with the highest rate of the whole table."""

    attributes: tuple[str, ...]
    rows: tuple[Category, ...]
    reference: tuple[str, ...] | None


@dataclass(frozen=True)
class Ll144:
    """All tables of the rule.

    `unknown` counts people by what is not known of them: by attribute, and of either; None where kept back.
    """

    switches: Switches
    applicants: Fraction
    median: float | None
    tables: tuple[Categories, ...]
    unknown: Mapping[str, Fraction | None]
    unknown_words: tuple[str, ...]
    unscored: int
    under: int


def calculate(
    dataset: Dataset, policy: Policy, columns: Sequence[str], switches: Switches = Switches(), under: int = 0
) -> Ll144:
    """Return the numbers of every table.

    Parameters
    ----------
    dataset
        With a score or a decision in use; an outcome is not needed. Weighted rows count by their weight.
    policy
        Who is selected, where the tool selects.
    columns
        The protected attributes that are sex and race or ethnicity; one of them may be absent.
    switches
        What the rule leaves open.
    under
        Categories with fewer people are kept back, and others from which these could be had; 0 keeps none back.

    References
    ----------
    Rules of the City of New York, title 6, section 5-301 (2023).
    """
    found = counted(dataset, policy, columns, switches)
    people, chosen = found.counts.values.sum(axis=-1), selected(found.counts)
    if switches.tool == "selects" and dataset.roles.favourable == "not-selected":
        chosen = people - chosen
    cells = _Cells(found.groups.group_levels, people, chosen, found.counts.sizes)
    return _tabled(cells, columns, [ordered(levels) for levels in found.groups.levels], switches, found.median,
                   found.unscored, under)


@dataclass(frozen=True, eq=False)
class Counted:
    """People by decision in every cell of sex and race: selected, or above the median."""

    groups: Groups
    counts: GroupCounts
    median: float | None
    unscored: int


def counted(dataset: Dataset, policy: Policy, columns: Sequence[str], switches: Switches) -> Counted:
    """Return the counts behind the tables; see `calculate`."""
    index = index_of(dataset, tuple(attribute.name for attribute in dataset.attributes))
    groups, place = index.groups.project(columns)
    if switches.tool == "classifies":
        return Counted(groups, _sorted(index, switches).fold(place, len(groups)), None, index.unscored)
    if switches.tool == "selects":
        return Counted(groups, index.under(policy).fold(place, len(groups)), None, index.unscored)
    known = np.array([not any(map(is_unknown, levels)) for levels in groups.group_levels], dtype=bool)
    median = _median(dataset, columns, known, switches.unknown_in_median)
    above = median if switches.ties_above else np.nextafter(median, np.inf)
    return Counted(groups, index.at(np.full(len(index.groups), above)).fold(place, len(groups)), median, index.unscored)


def _sorted(index: Index, switches: Switches) -> GroupCounts:
    """Return the counts where those in the class are the selected ones."""
    place = index.groups.attributes.index(switches.classes)
    member = np.array([[levels[place] == switches.level] for levels in index.groups.group_levels], dtype=bool)
    chosen, others = [0, 1, 4], [2, 3, 5]
    counts = index.totals()   # nobody is selected

    def moved(cells: Numbers) -> Numbers:
        out = np.where(member, 0, cells)
        out[:, chosen] = np.where(member, cells[:, others], 0)
        return out

    return GroupCounts(moved(counts.values), moved(counts.rows),
                       None if counts.squares is None else moved(counts.squares))


def classes(dataset: Dataset, column: str) -> list[str]:
    """Return the classes that people were sorted into, in the order of the data; not those without one."""
    attribute = dataset.attribute(column)
    there = np.bincount(attribute.codes, minlength=len(attribute.levels)) > 0
    return [level for level, some in zip(attribute.levels, there, strict=True) if some and not is_unknown(level)]


def selected(counts: GroupCounts) -> Numbers:
    """Return those selected per group, whatever their outcome."""
    chosen: Numbers = counts.tp + counts.fp + counts.selected_unknown
    return chosen


@dataclass(frozen=True, eq=False)
class _Cells:
    """The finest cells: level of each attribute, people, those chosen, rows."""

    levels: tuple[tuple[str, ...], ...]
    people: Numbers
    chosen: Numbers
    rows: Numbers

    def where(self, wanted: Mapping[int, str]) -> Mask:
        """Return the cells with these levels."""
        return np.array([all(levels[k] == level for k, level in wanted.items()) for levels in self.levels], dtype=bool)

    def lacking(self, columns: Sequence[int]) -> Mask:
        """Return the cells where one of these attributes is not known."""
        return np.array([any(is_unknown(levels[k]) for k in columns) for levels in self.levels], dtype=bool)


def _tabled(
    cells: _Cells, columns: Sequence[str], levels: Sequence[Sequence[str]], switches: Switches, median: float | None,
    unscored: int, under: int,
) -> Ll144:
    sets = [(k,) for k in range(len(columns))] + ([tuple(range(len(columns)))] if len(columns) > 1 else [])
    wanted = [[dict(zip(chosen, row, strict=True)) for row in product(*(levels[k] for k in chosen))] for chosen in sets]
    masks = [[cells.where(each) for each in rows] for rows in wanted]
    lacks = [cells.lacking(chosen) for chosen in sets]
    hidden = _hidden(cells, masks, lacks, under)
    total = _sum(cells.people)
    tables = tuple(
        _compared(tuple(columns[k] for k in chosen), [
            _category(cells, tuple(each.values()), mask, total, gone, switches)
            for each, mask, gone in zip(wanted[t], masks[t], hidden[t], strict=True)], switches)
        for t, chosen in enumerate(sets))
    names = [*columns, *(["either"] if len(columns) > 1 else [])]
    unknown = {name: None if gone else _sum(cells.people[mask])
               for name, mask, gone in zip(names, lacks, hidden[-1], strict=True)}
    words = sorted({level for row in cells.levels for level in row if is_unknown(level)})
    return Ll144(switches, total, median, tables, unknown, tuple(words), unscored, under)


def _hidden(cells: _Cells, masks: Sequence[Sequence[Mask]], lacks: Sequence[Mask], under: int) -> list[list[bool]]:
    """Return which rows of each table are kept back, those of the people not known last; all people are known."""
    tables = [*masks, lacks]
    lines = np.vstack([np.ones(len(cells.rows), dtype=bool), *(mask for rows in tables for mask in rows)])
    part = np.concatenate([[-1], *(np.full(len(rows), t) for t, rows in enumerate(tables))]).astype(np.int64)
    gone = kept_back(lines, cells.rows, under, part)
    return [gone[part == t].tolist() for t in range(len(tables))]


def _category(
    cells: _Cells, levels: tuple[str, ...], mask: Mask, total: Fraction, hidden: bool, switches: Switches
) -> Category:
    people, chosen = _sum(cells.people[mask]), _sum(cells.chosen[mask])
    if hidden:
        return Category(levels, None, None, None, hidden=True)
    small, rate = 0 < people < SMALL_SHARE * total, chosen / people if people else None
    return Category(levels, people, chosen, rate, None, small, small and switches.exclude)


def _compared(attributes: tuple[str, ...], rows: Sequence[Category], switches: Switches) -> Categories:
    """Return the rows with their ratios to the highest rate of the whole table."""
    able = [row for row in rows if row.rate is not None and (switches.excluded_as_reference or not row.excluded)]
    best = max(able, key=lambda row: row.rate or Fraction(0), default=None)
    if best is None or not best.rate:
        return Categories(attributes, tuple(rows), None)
    top = best.rate
    made = tuple(row if row.rate is None or row.excluded else replace(row, ratio=row.rate / top) for row in rows)
    return Categories(attributes, made, best.levels)


def _sum(amounts: Numbers) -> Fraction:
    return Fraction(amounts.sum().item()).limit_denominator(10**9) if len(amounts) else Fraction(0)


def _median(dataset: Dataset, columns: Sequence[str], known: Mask, with_unknown: bool) -> float:
    """Return the median of the full sample: the middle score, or the mean of the two in the middle.

    In a table of counts a score counts as the lower edge of its bin.
    """
    if dataset.counts is not None:
        table = dataset.counts.marginalise(columns)
        used = np.ones(len(known), dtype=bool) if with_unknown else known
        counted = table.counts if table.weights is None else table.weights
        return weighted_median(table.edges, counted[used].sum(axis=(0, 2)).astype(np.float64))
    scores = dataset.score_values()
    used = np.isfinite(scores)
    for name in [] if with_unknown else columns:
        attribute = dataset.attribute(name)
        used = used & ~np.array([is_unknown(level) for level in attribute.levels], dtype=bool)[attribute.codes]
    weight = np.ones(len(scores)) if dataset.weight is None else dataset.weight
    return weighted_median(scores[used], weight[used])


def weighted_median(values: Floats, weight: Floats) -> float:
    """Return the middle value, or the mean of the two in the middle; of equal weights it is NumPy's median.

    >>> weighted_median(np.array([1.0, 5.0, 2.0, 3.0]), np.ones(4))
    2.5
    """
    order = np.argsort(values, kind="stable")
    values, weight = values[order][weight[order] > 0], weight[order][weight[order] > 0]
    if not len(values):
        return float("nan")
    below = frozen(np.cumsum(weight))
    half = below[-1] / 2
    low, high = np.searchsorted(below, half, side="left"), np.searchsorted(below, half, side="right")
    return float((values[low] + values[min(high, len(values) - 1)]) / 2)
