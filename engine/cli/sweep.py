"""``sweep``: one rate of every group against the threshold."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.assessment.rates import NO_OUTCOME_COLUMN, Reading
from engine.cli import options, tables, values
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.source import scored_dataset
from engine.counting.counted import index_of
from engine.counting.groups import attribute_sets
from engine.errors import invalid
from engine.metrics import RATES, Costs
from engine.text import plain
from engine.thresholds.sweep import POINTS, Sweep, sweep

LINES, COLUMNS = 21, 5     # of a table in the terminal


def run(arguments: argparse.Namespace) -> Outcome:
    """Return a rate of every group of every grouping at thresholds over the score's range, with its interval."""
    _check(arguments.metric, arguments.points)
    dataset = scored_dataset(arguments, counts=True)
    request = options.request(arguments)
    reading = Reading(dataset.roles.favourable, Costs(request.cost_fp, request.cost_fn), request.level,
                      dataset.label is not None)
    names = tuple(attribute.name for attribute in dataset.attributes)
    index = index_of(dataset, names)
    found = [sweep(index, attributes, arguments.metric, reading, arguments.points, request.seed)
             for attributes in ((), *attribute_sets(names))]
    return Outcome({
        "data": {"name": dataset.name, "sha256": dataset.sha256, "fingerprint": dataset.fingerprint,
                 "rows": dataset.rows, "rows_used": int(index.totals().sizes.sum())},
        "roles": values.roles(dataset), "metric": arguments.metric, "settings": values.settings(request),
        "overall": _lines(found[0], reading)[found[0].groups.names[0]],
        "groupings": {each.groups.name: _lines(each, reading) for each in found[1:]},
    })


def _check(metric: str, points: int) -> None:
    """Refuse before the data are read what cannot be asked."""
    if metric not in RATES:
        raise invalid("the metric must be a registered rate", "--metric", repr(metric),
                      f"use one of {', '.join(RATES)}")
    if not 2 <= points <= 100_000:
        raise invalid("a sweep has 2 to 100,000 thresholds", "--points", str(points), f"e.g. {POINTS}")


def _lines(found: Sweep, reading: Reading) -> dict[str, list[dict[str, Any]]]:
    return {name: [_point(found, reading, name, q, g) for q in range(len(found.thresholds))]
            for g, name in enumerate(found.groups.names)}


def _point(found: Sweep, reading: Reading, name: str, q: int, g: int) -> dict[str, Any]:
    """Return one threshold's estimate; a null has a reason beside it."""
    value, low, high = (values.finite(part[q, g]) for part in (found.value, found.low, found.high))
    reason = None
    if value is None and RATES[found.key].needs_outcome and not reading.has_outcome:
        reason = NO_OUTCOME_COLUMN
    elif value is None:
        reason = f"not estimable: {name} {RATES[found.key].undefined}"
    elif None in (low, high):
        reason = "no interval: too few rows to resample"
    return {"threshold": float(found.thresholds[q]), "value": value, "low": low, "high": high, "reason": reason}


def _show(value: Value) -> str:
    data, metric = value["data"], RATES[value["metric"]].name
    decided = value["roles"]["score_source"] == "prediction"
    what = "of the decision {}, 0: everybody selected, 1: as decided" if decided else "at thresholds of {}"
    head = (f"{plain(data['name'])}: {metric} {what.format(plain(value['roles']['score']))}, "
            f"{data['rows_used']:,} rows; sha256 {data['sha256'][:12]}")
    blocks = [_block("everybody", {"all": value["overall"]})]
    blocks += [_block(name, groups) for name, groups in value["groupings"].items()]
    return "\n\n".join([head, *blocks, "All thresholds and groups: --json"])


def _block(name: str, groups: dict[str, list[dict[str, Any]]]) -> str:
    chosen = list(groups)[:COLUMNS]
    lines = _spread(len(groups[chosen[0]]) if chosen else 0)
    head = [plain(name, tables.NAME_WIDTH), *(plain(group, 24) for group in chosen)]
    body = [[f"{groups[chosen[0]][q]['threshold']:.4g}", *(_cell(groups[group][q]) for group in chosen)] for q in lines]
    left = len(groups) - len(chosen)
    more = [f"  and {left:,} more groups"] if left else []
    return "\n".join([tables.table([head, *body]), *more])


def _spread(count: int) -> Sequence[int]:
    return sorted(set(np.linspace(0, count - 1, min(LINES, count)).round().astype(int).tolist())) if count else []


def _cell(point: dict[str, Any]) -> str:
    if point["value"] is None:
        return "not estimable"
    if None in (point["low"], point["high"]):
        return f"{point['value']:.4f} [no interval]"
    return f"{point['value']:.4f} [{point['low']:.4f}, {point['high']:.4f}]"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    group = parser.add_argument_group("sweep")
    group.add_argument("--metric", metavar="KEY", required=True, help=f"a rate: {', '.join(RATES)}")
    group.add_argument("--points", metavar="N", type=types.count, default=POINTS,
                       help=f"thresholds, evenly spaced; every value where the score has fewer ({POINTS})")
    options.add_request(parser)


SWEEP_COMMAND = Command("sweep", "one rate of every group against the threshold, with intervals", _add_arguments, run,
                        _show)
