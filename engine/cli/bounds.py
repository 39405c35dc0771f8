"""``bounds``: what every disparity could be, whatever group the rows without one belong to."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from engine.cli import options, tables, values
from engine.cli.command import Command, Outcome, Value
from engine.cli.decision import chosen_policy
from engine.cli.source import scored_dataset
from engine.cli.values import finite
from engine.metrics import DISPARITIES
from engine.text import plain
from engine.types import MISSING

Json = dict[str, Any]
CROSSED = "a row that lacks one attribute may take any of the groups, so the bounds may be wider than need be"


def run(arguments: argparse.Namespace) -> Outcome:
    """Return the bounds of every disparity of every grouping."""
    from engine.assessment import assess
    from engine.manipulation.missing import bounds

    dataset = scored_dataset(arguments, counts=True)
    policy, note = chosen_policy(arguments, dataset)
    if policy.score is not None and policy.score != dataset.score:
        dataset = dataset.using(policy.score)
    request = options.request(arguments)
    found = assess(dataset, replace(request, policy=policy))
    unknown = {name: _unknown(result) for name, result in found.groupings.items()}
    whole = "all" if not found.groupings else max(unknown, key=lambda name: unknown[name])
    return Outcome({
        "data": values.data(dataset, found), "roles": values.roles(dataset), "policy": values.policy(policy, note),
        "unknown": {"rows": unknown.get(whole, 0), "by_grouping": unknown},
        "groupings": {name: {
            "unknown": {"rows": unknown[name]}, "note": CROSSED if len(result.attributes) > 1 else None,
            "disparities": {key: {"low": finite(each.low), "high": finite(each.high),
                                  "ignoring_unknown": finite(each.ignoring_unknown), "reason": each.reason}
                            for key, each in bounds(result, dataset.roles.favourable).items()},
        } for name, result in found.groupings.items()},
        "settings": values.settings(request),
    })


def _unknown(result: Any) -> int:   # noqa: ANN401
    return int(sum(size for size, levels in zip(result.sizes, result.levels, strict=True) if MISSING in levels))


def _show(value: Value) -> str:
    blocks = [f"{plain(value['data']['name'])}: {value['unknown']['rows']:,} rows without a group"]
    for name, grouping in value["groupings"].items():
        rows = [[f"groups of {plain(name, 36)}", "lowest", "highest", "unknown rows ignored"]]
        for key, each in grouping["disparities"].items():
            shown = [f"{each[end]:.4f}" if each[end] is not None else plain(each["reason"], 60)
                     for end in ("low", "high", "ignoring_unknown")]
            rows.append([DISPARITIES[key].name, *shown])
        blocks.append(tables.table(rows))
    return "\n\n".join(blocks)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    options.add_decision(parser)
    options.add_request(parser)


BOUNDS_COMMAND = Command("bounds", "every disparity over all groups that rows without one could have", _add_arguments,
                         run, _show)
