"""``manipulation simulate | detect | power``: both sides of an audit, and what it can see."""

from __future__ import annotations

import argparse
from typing import Any

from engine.cli import detect, forging, tables
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.values import finite

Json = dict[str, Any]
def run(arguments: argparse.Namespace) -> Outcome:
    """Answer one of the three questions."""
    answer = {"simulate": forging.run, "detect": detect.run, "power": _power}[arguments.question]
    return answer(arguments)


def power_value(result: Any) -> Json:   # noqa: ANN401  engine.manipulation is imported when it is needed
    """Return what a protocol sees as JSON values."""
    return {
        "size": result.protocol.size, "alpha": result.protocol.alpha, "mode": result.protocol.mode,
        "ratio": finite(result.ratio),
        "undetectable_ratio": detect.undetectable(result),
        "power": [{"target": p.target, "g_test": finite(p.g_test), "direct": finite(p.direct), "kl": finite(p.kl),
                   "reason": detect.REACHED if finite(p.g_test) is None else None}
                  for p in result.points],
        "required_size": {key: detect.rows_needed(rows) for key, rows in result.required.items()},
        "few_expected": result.thin,
    }


def _power(arguments: argparse.Namespace) -> Outcome:
    import numpy as np

    from engine.manipulation import Goal, Protocol, power

    cells = np.array(arguments.cells, dtype=np.int64).reshape(-1, 2)
    goal = Goal(target=arguments.target)
    protocol = Protocol(arguments.size, arguments.alpha, arguments.mode, goal, arguments.seed)
    result = power(cells, protocol, (*arguments.at, arguments.target))
    return Outcome({"question": "power", "cells": cells.ravel().tolist(), "target": arguments.target,
                    **power_value(result)})


def _cells(text: str) -> tuple[int, ...]:
    """Return the cells in the order n00,n01,n10,n11: unprivileged first, unfavourable first."""
    parts = text.split(",")
    if len(parts) < 4 or len(parts) % 2:
        raise argparse.ArgumentTypeError(f"must be n00,n01,n10,n11 (two per group), not {text!r}")
    return tuple(types.count(part.strip()) for part in parts)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    questions = parser.add_subparsers(dest="question", metavar="QUESTION", required=True)
    for name, words, add in (
        ("simulate", "doctor a sample of DATA so that it reaches a target", forging.add_arguments),
        ("detect", "test whether a submitted sample could be an honest draw", detect.add_arguments),
        ("power", "say what an audit of some size can see", _add_power),
    ):
        child = questions.add_parser(name, help=words, description=words)
        add(child)
        # The parent's own --json stands before the question; this one after it.
        child.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON value")


def _add_power(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cells", metavar="N00,N01,N10,N11", type=_cells, required=True,
                        help="rows of the reference: unprivileged unfavourable, favourable, then privileged")
    parser.add_argument("--size", metavar="M", type=types.count, required=True, help="rows of the sample")
    parser.add_argument("--mode", choices=("A", "B", "C"), default="A",
                        help="the cells are the full database (A), an independent sample (B), known shares (C)")
    parser.add_argument("--target", metavar="T", type=types.cost, default=0.8, help="ratio a forger is after (0.8)")
    parser.add_argument("--at", metavar="T", type=types.cost, nargs="+", action="extend", default=[],
                        help="further ratios to give the power for")
    parser.add_argument("--alpha", metavar="P", type=types.level, default=0.05, help="level of the tests (0.05)")
    parser.add_argument("--seed", metavar="N", type=types.count, default=0, help="of the honest draws (0)")


def _show(value: Value) -> str:
    if value["question"] == "simulate":
        return forging.show(value)
    if value["question"] == "detect":
        return detect.show(value)
    head = (f"ratio {value['ratio']:.4f}; samples of {value['size']:,} rows at level {value['alpha']:g}, "
            f"mode {value['mode']}")
    unseen = value["undetectable_ratio"]
    rows = [["target", "power of the G test", "power of the direct test"]]
    rows += [[f"{p['target']:g}", detect.number(p["g_test"]), detect.number(p["direct"])] for p in value["power"]]
    needed = [["to see the target", "rows"], *([key, f"{n:,}" if n is not None else "-"]
                                               for key, n in value["required_size"].items())]
    return "\n\n".join([
        head, f"goes unseen up to: {detect.number(unseen['g_test'])} under the G test, "
        f"{detect.number(unseen['direct'])} where the ratio itself is tested",
        tables.table(rows), tables.table(needed)])




MANIPULATION_COMMAND = Command(
    "manipulation", "could a sample have been doctored, and would we notice?", _add_arguments, run, _show
)
