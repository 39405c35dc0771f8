"""The table of the Uniform Guidelines: each group's rate against the highest, with an exact test and a shortfall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.assessment import GroupingResult
from engine.assessment.disparities import against_reference
from engine.errors import invalid
from engine.report.pictures import measured, slug
from engine.report.request import Material, Template
from engine.report.tables.legal import convention, law
from engine.report.tables.ll144 import selected
from engine.report.tables.ll144_roles import is_unknown
from engine.report.value import Cell, Section, Table
from engine.text import plain
from engine.types import Estimate, Favourable, Floats

ITSELF = "this is the group with the highest rate"


@dataclass(frozen=True)
class Line:
    """One group: people, those with the favourable decision, and how far it is from the highest rate.

    Parameters
    ----------
    p_value
        Fisher's exact test against the group with the highest rate, two-sided; NaN with `reason`.
    shortfall
        Further people with the favourable decision that would give it the highest rate; may be a fraction.
    to_convention
        Further people, whole, that would bring it to the conventional share of the highest rate.
    """

    group: str
    people: float
    favoured: float
    rate: Estimate
    ratio: Estimate
    difference: Estimate
    p_value: float
    shortfall: float
    to_convention: float
    reason: str | None = None


def lines(result: GroupingResult, favourable: Favourable, share: float) -> tuple[Line, ...]:
    """Return a line per group, against the highest rate among groups that are known and large enough.

    Parameters
    ----------
    result
        Counts and rates under the decision.
    favourable
        Which decision is good for the person.
    share
        Of the highest rate, by convention 0.8.

    Returns
    -------
    tuple of Line
        In the order of the groups; ratio, difference and what follows are NaN where no group can be the highest.

    References
    ----------
    29 CFR 1607.4(D) (1978). Fisher 1935, The Design of Experiments, for the test.
    """
    people = result.counts.values.sum(axis=-1).astype(float)
    chosen = np.asarray(selected(result.counts), dtype=float)
    favoured = chosen if favourable == "selected" else people - chosen
    rate, best = result.rates["favourable_rate"], highest(result)
    names, found = result.names, []
    for g in range(len(names)):
        if best is None:
            none = Estimate(math.nan, reason=f"no group of {result.min_group} or more to compare with")
            found.append(Line(names[g], people[g], favoured[g], rate[g], none, none, math.nan, math.nan, math.nan,
                              none.reason))
            continue
        against = against_reference({"favourable_rate": rate}, best, names)
        top = favoured[best] / people[best]
        p_value, reason = (math.nan, ITSELF) if g == best else _exact(favoured, people, g, best)
        missing = top * people[g] - favoured[g]
        found.append(Line(
            names[g], people[g], favoured[g], rate[g],
            Estimate(1.0, n=people[g], reason=ITSELF) if g == best else against["ratio"]["favourable_rate"][g],
            Estimate(0.0, n=people[g], reason=ITSELF) if g == best else against["difference"]["favourable_rate"][g],
            p_value, max(0.0, missing), max(0.0, math.ceil(share * top * people[g] - favoured[g] - 1e-9)), reason))
    return tuple(found)


def highest(result: GroupingResult) -> int | None:
    """Return the group with the highest rate of favourable decisions, of those that are known and large enough."""
    rate = result.rates["favourable_rate"].value
    able = [g for g, levels in enumerate(result.levels) if not result.small[g] and not any(map(is_unknown, levels))
            and not math.isnan(rate[g])]
    return max(able, key=lambda g: float(rate[g]), default=None)


def _exact(favoured: Floats, people: Floats, g: int, best: int) -> tuple[float, str | None]:
    from scipy.stats import fisher_exact

    cells = np.array([[favoured[k], people[k] - favoured[k]] for k in (g, best)])
    if not people[g]:
        return math.nan, "there is nobody in the group"
    if (cells != np.rint(cells)).any():
        return math.nan, "no exact test: the counts are weighted or expected, not people"
    return float(fisher_exact(cells.astype(np.int64)).pvalue), None


def sections(material: Material) -> Sequence[Section]:
    """Return the lines on the law, and the table of every grouping."""
    if material.found is None:
        raise invalid("a score or a decision is needed for the tables", "data", "neither",
                      "name one with --score or --prediction")
    return [law("ugesp"), annex(material)]


def annex(material: Material) -> Section:
    """Return the table of every grouping, with what the convention is."""
    share, words = convention()
    results = [] if material.found is None else list(material.found.groupings.values())
    good = "being selected" if material.dataset.roles.favourable == "selected" else "not being selected"
    return Section("adverse-impact", "Rates against the highest rate", (
        f"The rate of a group is its share with the favourable decision, {good}. Ratio and difference are taken "
        "against the group with the highest rate among those that are known and large enough.", words,
        "Each p-value is of one comparison by itself; among many comparisons some are small by chance alone."),
        tuple(_table(result, material, share) for result in results))


def _table(result: GroupingResult, material: Material, share: float) -> Table:
    body: list[tuple[Cell, ...]] = []
    for line, small in zip(lines(result, material.dataset.roles.favourable, share), result.small, strict=True):
        body.append((
            plain(line.group) + (" (small)" if small else ""), _whole(line.people), _whole(line.favoured),
            measured(line.rate), *(measured(replace(each, n=math.nan)) for each in (line.ratio, line.difference)),
            _why(line) if math.isnan(line.p_value) else line.p_value,
            None if math.isnan(line.shortfall) else _whole(line.shortfall),
            None if math.isnan(line.to_convention) else int(line.to_convention)))
    return Table(
        f"ugesp-{slug(result.name)}", f"Groups of {plain(result.name)}",
        ("group", "people", "favourable decision", "rate", "ratio to the highest rate", "difference from it",
         "Fisher's exact p", "shortfall", f"shortfall to {share:g}"), tuple(body),
        notes=(f"The shortfall is in people: to the highest rate, and to {share:g} of it.",
               f"Groups under {result.min_group} people are shown, marked small, and never the highest.",),
        definitions=("favourable_rate", "impact_ratio", "fisher_exact", "shortfall", "four_fifths", "level",
                     "minimum_group_size"))


def _why(line: Line) -> str:
    return "highest rate" if line.reason == ITSELF else plain(line.reason or "", 200)


def _whole(amount: float) -> Cell:
    return int(amount) if float(amount).is_integer() else round(float(amount), 1)


UGESP = Template("ugesp", "Adverse impact tables in the shape of the Uniform Guidelines", sections,
                 ("favourable_decision", "impact_ratio"),
                 about="For employment in the United States: each group's rate against the highest, with an exact test "
                       "and the shortfall in people.")
