"""``gate``: exit 1 where a disparity crosses a line that the caller drew, for scripts and continuous integration."""

from __future__ import annotations

import argparse
import difflib
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.assessment import Assessment, GroupingResult
from engine.cli import options, tables, values
from engine.cli.command import Command, Outcome, Value
from engine.cli.decision import between_edges, chosen_policy
from engine.cli.source import scored_dataset
from engine.counting.groups import CROSS, attribute_sets
from engine.errors import invalid
from engine.metrics import DISPARITIES
from engine.text import plain
from engine.types import Dataset

Json = dict[str, Any]
HOLDS = 1   # the exit code; also where a condition can be estimated nowhere: silence is not consent
_FORM = re.compile(r"\s*(\w+)(?:\.(value|low|high))?\s*(<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*")
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}


@dataclass(frozen=True)
class Condition:
    """A disparity, or an end of its interval, against a number; `words` as the caller wrote it."""

    words: str
    key: str
    end: str
    comparison: str
    bound: float

    def holds(self, value: float) -> bool:
        """Return whether the value is on the far side of the bound."""
        return _COMPARISONS[self.comparison](value, self.bound)


def condition(words: str) -> Condition:
    """Return what the words mean.

    >>> condition("disparate_impact_ratio.low < 0.8").end
    'low'

    Raises
    ------
    InvalidData
        Another form, or a disparity that does not exist.
    """
    found = _FORM.fullmatch(words)
    if found is None:
        raise invalid("a condition is a disparity, one of < <= > >=, and a number", "--fail-on", repr(words),
                      "e.g. --fail-on 'disparate_impact_ratio.low < 0.8'")
    key, end, comparison, bound = found.groups()
    if key not in DISPARITIES:
        near = difflib.get_close_matches(key, DISPARITIES, n=2) or list(DISPARITIES)
        raise invalid("a condition must name a disparity that exists", "--fail-on", repr(key),
                      f"use one of: {', '.join(near)}")
    return Condition(words.strip(), key, end or "value", comparison, float(bound))


def run(arguments: argparse.Namespace) -> Outcome:
    """Return which conditions hold in which groupings; code 1 where one does, or can be estimated nowhere."""
    from engine.assessment import assess

    conditions = [condition(words) for several in arguments.fail_on for words in several]
    dataset = scored_dataset(arguments, counts=True)
    policy, note = chosen_policy(arguments, dataset)
    if policy.score is not None and policy.score != dataset.score:
        dataset = dataset.using(policy.score)
    asked = options.request(arguments)
    found = assess(dataset, replace(asked, policy=policy, groupings=_groupings(arguments.grouping, dataset)))
    results = list(found.groupings.values()) if arguments.grouping else _comparable(found)
    checked = [_checked(each, result) for each in conditions for result in results]
    silent = [{"condition": each.words, "reason": _silence(each, checked, arguments.min_group)} for each in conditions
              if not any(item["condition"] == each.words and item["value"] is not None for item in checked)]
    holds = [item for item in checked if item["holds"]]
    return Outcome({
        "holds": [{key: item[key] for key in ("condition", "grouping", "value")} for item in holds],
        "checked": checked, "not_estimable": silent,
        "data": values.data(dataset, found), "roles": values.roles(dataset),
        "policy": values.policy(policy, "; ".join(filter(None, (note, between_edges(dataset, policy)))) or None),
        "settings": values.settings(asked),
    }, HOLDS if holds or silent else 0)


def _comparable(found: Assessment) -> list[GroupingResult]:
    """Return the groupings with at least two groups of the smallest size that is compared."""
    return [result for result in found.groupings.values() if (~result.small).sum() > 1]


def _groupings(words: Sequence[str], dataset: Dataset) -> tuple[tuple[str, ...], ...] | None:
    """Return the attributes of each grouping named, in the data's order; None where none is named."""
    names = [attribute.name for attribute in dataset.attributes]
    known = {CROSS.join(attributes): attributes for attributes in attribute_sets(names, len(names))}
    chosen = []
    for word in words:
        ordered = CROSS.join(sorted(word.split(CROSS), key=lambda part: names.index(part) if part in names else -1))
        attributes = known.get(word) or known.get(ordered)
        if attributes is None:
            listed = ", ".join(map(repr, list(known)[:12]))
            raise invalid("a grouping must be made of the protected attributes", "--grouping", repr(word),
                          f"use one of: {listed}")
        chosen.append(attributes)
    return tuple(dict.fromkeys(chosen)) or None


def _checked(each: Condition, result: GroupingResult) -> Json:
    gap = result.disparities[each.key]
    value = values.finite(getattr(gap, each.end))
    reason = None if value is not None else gap.reason or values.NO_INTERVAL
    return {"condition": each.words, "grouping": result.name, "value": value,
            "holds": value is not None and each.holds(value), "reason": reason,
            "disparity": values.disparity(gap)}


def _silence(each: Condition, checked: Sequence[Json], min_group: int) -> str:
    reasons = dict.fromkeys(item["reason"] for item in checked if item["condition"] == each.words)
    return "; ".join(reasons) or f"not estimable: no grouping has two groups of {min_group} rows or more"


def _show(value: Value) -> str:
    data = value["data"]
    head = f"{plain(data['name'])}: {data['rows_used']:,} rows; sha256 {data['sha256'][:12]}"
    rows = [["condition", "between groups of", "held against it", "disparity", "holds"]]
    for item in value["checked"]:
        gap = item["disparity"]
        number = plain(item["reason"], 60) if item["value"] is None else f"{item['value']:.4f}"
        whole, *ends = ("-" if gap[end] is None else f"{gap[end]:.4f}" for end in ("value", "low", "high"))
        rows.append([plain(item["condition"]), plain(item["grouping"], tables.NAME_WIDTH), number,
                     f"{whole} [{ends[0]}, {ends[1]}]", "yes" if item["holds"] else "no"])
    silent = [f"cannot be estimated anywhere: {plain(item['condition'])}: {plain(item['reason'], 300)}"
              for item in value["not_estimable"]]
    last = f"{len(value['holds'])} of {len(value['checked'])} checks hold"
    return "\n\n".join(filter(None, [head, tables.table(rows), "\n".join(silent), last]))


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    options.add_decision(parser)
    group = parser.add_argument_group("gate")
    group.add_argument("--fail-on", metavar="CONDITION", nargs="+", action="append", required=True,
                       help="exit 1 where it holds, e.g. 'disparate_impact_ratio < 0.8' or, for an end of the "
                            "interval, 'equal_opportunity_difference.low > 0.05'; may be repeated")
    group.add_argument("--grouping", metavar="G", nargs="+", action="extend", default=[],
                       help="where to look, e.g. 'race x sex' (every grouping with two groups of --min-group rows)")
    options.add_request(parser)


GATE_COMMAND = Command("gate", "exit 1 where a disparity crosses a line that you draw", _add_arguments, run, _show)
