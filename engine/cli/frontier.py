"""``frontier``: the best trade-offs that exist between a disparity and a utility."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from engine.cli import options, tables, values
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.source import scored_dataset
from engine.errors import invalid
from engine.frontier import FrontierResult, Point, Request, find
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import KINDS, PolicyKind
from engine.text import plain

SHOWN = 9   # breakpoints of a frontier in the terminal


def run(arguments: argparse.Namespace) -> Outcome:
    """Return the frontiers that the options ask for, and their policies at each ``--at``."""
    kinds = KINDS if arguments.kind == "all" else (arguments.kind,)
    bounds = [(word, _bound(word)) for words in arguments.at for word in words]
    request = _request(arguments, kinds)
    found = find(scored_dataset(arguments, counts=True), request)
    if len(kinds) == 1 and found.unsolved:
        raise invalid("this kind of policy must be solvable for this disparity", f"--kind {kinds[0]}",
                      found.unsolved[kinds[0]], "choose another --kind or --disparity")
    dataset = found.dataset
    return Outcome({
        "data": {"name": dataset.name, "sha256": dataset.sha256, "fingerprint": dataset.fingerprint,
                 "rows": dataset.rows, "rows_used": sum(found.rows), "rows_found_on": found.rows[0],
                 "rows_reported_on": found.rows[1], "simulated": dataset.simulated,
                 "excluded": [asdict(item) for item in dataset.excluded] + _unscored(found)},
        "roles": values.roles(dataset), "settings": values.settings(options.request(arguments)),
        "disparity": request.disparity, "utility": request.utility, "utility_is": UTILITIES[request.utility].name,
        "grouping": found.groups.name, "groups": [found.groups.names[g] for g in found.problem.compared],
        "left_out": [{"group": name, "reason": why} for name, why in found.left_out],
        "frontiers": {kind: _frontier(found, kind, bounds) for kind in kinds},
        "split": request.split, "test_size": request.test_size if request.split == "test" else None,
        "optimistic": found.optimistic,
    })


def _request(arguments: argparse.Namespace, kinds: tuple[PolicyKind, ...]) -> Request:
    asked = options.request(arguments)
    return Request(arguments.disparity, arguments.utility, None, kinds, arguments.split, arguments.test_size, (),
                   asked.level, asked.min_group, asked.cost_fp, asked.cost_fn, asked.seed)


def _bound(word: str) -> float:
    try:
        return types.number(word)
    except argparse.ArgumentTypeError as refusal:
        raise invalid("a bound must be a number", "--at", repr(word), "e.g. 0.02") from refusal


def _unscored(found: FrontierResult) -> list[dict[str, Any]]:
    rows = found.found_on.unscored + (found.reported_on.unscored if found.reported_on else 0)
    return [{"reason": values.SCORELESS, "rows": rows}] if rows else []


def _frontier(found: FrontierResult, kind: PolicyKind, bounds: list[tuple[str, float]]) -> dict[str, Any]:
    curve = found.curves.get(kind)
    points = [] if curve is None else zip(curve.disparity, curve.utility, strict=True)
    return {
        "breakpoints": [[float(disparity), float(utility)] for disparity, utility in points],
        "note": None if curve is None else curve.note, "reason": found.unsolved.get(kind),
        "at": {word: _point(found, found.at(kind, bound)) for word, bound in bounds},
    }


def _point(found: FrontierResult, point: Point) -> dict[str, Any]:
    reported = found.test(point)
    return {
        "utility": values.finite(point.utility), "disparity": values.finite(point.disparity), "reason": point.reason,
        "shadow_price": values.finite(point.price), "shadow_price_reason": point.price_reason,
        "policy": None if point.policy is None else point.policy.to_json(),
        "test": None if reported is None else {
            "utility": values.estimate(reported.utility), "disparity": values.estimate(reported.disparity),
            "left_out": [{"group": name, "reason": why} for name, why in reported.left_out],
        },
    }


def _show(value: Value) -> str:
    data = value["data"]
    where = "all rows: these numbers are optimistic" if value["optimistic"] else (
        f"{data['rows_found_on']:,} rows, reported on the other {data['rows_reported_on']:,}")
    head = (f"{plain(data['name'])}: {value['utility_is']} against {DISPARITIES[value['disparity']].name} between "
            f"groups of {plain(value['grouping'], tables.NAME_WIDTH)}; found on {where}; sha256 {data['sha256'][:12]}")
    left = [f"  best common threshold for {plain(item['group'], tables.NAME_WIDTH)}: {plain(item['reason'], 100)}"
            for item in value["left_out"]]
    blocks = [_block(kind, item) for kind, item in value["frontiers"].items()]
    return "\n\n".join(["\n".join([head, *left]), *blocks, "All breakpoints and policies: --json"])


def _block(kind: str, item: dict[str, Any]) -> str:
    if item["reason"]:
        return f"{kind}: {item['reason']}"
    count = len(item["breakpoints"])
    chosen = sorted({round(k * (count - 1) / (SHOWN - 1)) for k in range(SHOWN)}) if count else []
    rows = [["disparity", "utility"], *([f"{d:.4f}", f"{u:.4f}"] for d, u in (item["breakpoints"][k] for k in chosen))]
    lines = [f"{kind}: {count:,} breakpoints, {item['note']}", tables.table(rows)]
    return "\n".join([*lines, *(_line(word, point) for word, point in item["at"].items())])


def _line(word: str, point: dict[str, Any]) -> str:
    if point["utility"] is None:
        return f"  at {word}: {plain(point['reason'], 120)}"
    text = f"  at {word}: utility {point['utility']:.4f}"
    if point["disparity"] is not None:
        text += f", disparity {point['disparity']:.4f}"
    if point["shadow_price"] is not None:
        text += f", {point['shadow_price'] / 100:.5f} per point of parity"
    if point["test"] is not None:
        text += (f"; on the other rows: utility {tables.estimate(point['test']['utility'])}, "
                 f"disparity {tables.estimate(point['test']['disparity'])}")
    return text


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    group = parser.add_argument_group("frontier")
    group.add_argument("--disparity", metavar="KEY", required=True, help=f"one of {', '.join(DISPARITIES)}")
    group.add_argument("--utility", choices=tuple(UTILITIES), default="accuracy", help="what is maximised (accuracy)")
    group.add_argument("--kind", choices=(*KINDS, "all"), default="all", help="which thresholds may be used (all)")
    group.add_argument("--at", metavar="EPS", nargs="+", action="append", default=[],
                       help="bounds to find policies for: at most, or at least for a ratio; may be repeated")
    group.add_argument("--split", choices=("test", "none"), default="test",
                       help="keep rows to report on, or find and show on all rows, which flatters (test)")
    group.add_argument("--test-size", metavar="SHARE", type=types.level, default=0.5,
                       help="share of the rows that is kept to report on (0.5)")
    options.add_request(parser)


FRONTIER_COMMAND = Command("frontier", "the best trade-offs between a disparity and a utility, with policies",
                           _add_arguments, run, _show)
