"""``manipulation detect``: could the submitted sample be an honest draw from its reference?"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from engine.cli import naming, tables, values
from engine.cli import parser as types
from engine.cli.command import Outcome, Value
from engine.cli.values import finite
from engine.cli.watching import watched
from engine.data.guessing import column_kind
from engine.data.limits import Limits
from engine.data.reading import Table, read
from engine.errors import invalid
from engine.text import plain
from engine.types import Attribute

Json = dict[str, Any]
REACHED = "the reference reaches the target by itself, so there is nothing to forge"
UNBOUNDED = "every ratio up to 20 goes unnoticed at this size"


def run(arguments: argparse.Namespace) -> Outcome:
    """Return every test, the family's decision, what the audit could see, and the rows out of line."""
    from engine.manipulation import Audit, detect

    pair = _pair(arguments)
    request = Audit(arguments.mode, arguments.alpha, arguments.draws, arguments.permutations, arguments.target,
                    arguments.best_of, arguments.seed)
    found = detect(pair.submitted, pair.reference, request, pair.requeried, watched)
    return Outcome(_value(found, (*pair.notes, *found.notes)))


def _pair(arguments: argparse.Namespace) -> Any:   # noqa: ANN401
    from engine.manipulation.tables import Columns, against_proportions, pair_of

    submitted, reference = (_read(word) for word in (arguments.submitted, arguments.reference))
    like = submitted if arguments.mode == "C" else reference
    given = Columns(
        _protected(arguments, like), arguments.decision, tuple(arguments.unprivileged), arguments.selected,
        arguments.favourable, arguments.label, arguments.positive, (*(arguments.drop or ()), arguments.id or ""),
        arguments.requery,
    )
    return (against_proportions if arguments.mode == "C" else pair_of)(submitted, reference, given)


def _read(word: str) -> Table:
    path = Path(word)
    return read(path, path.name, Limits.from_environment())


def _protected(arguments: argparse.Namespace, table: Table) -> tuple[Attribute, ...]:
    words = [naming.attribute(word, table.columns) for word in arguments.protected]
    edges = naming.edges(arguments.edges, [column for column, _ in words])
    found = []
    for column, kind in words:
        chosen = kind or ("continuous" if column in edges else column_kind(table, column))
        if arguments.mode == "C" and chosen == "continuous" and column not in edges:
            raise invalid("groups of a continuous attribute need edges", f"--protected {column!r}", "none",
                          "give --edges, as the proportions did")
        found.append(Attribute(column, chosen, edges.get(column, ())))
    return tuple(found)


def _value(found: Any, notes: tuple[Any, ...]) -> Json:   # noqa: ANN401
    from engine.manipulation import TESTS

    tests = {}
    for key, test in found.tests.items():
        tests[key] = {
            "statistic": test.statistic, "p_value": test.p_value, "sees": TESTS[key].sees, "misses": TESTS[key].misses,
            "part": TESTS[key].part,
            "reason": test.reason or (None if test.statistic is not None else "beyond every finite value"),
            **({"parts": {name: finite(value) for name, value in test.parts.items()}} if test.parts else {}),
        }
    request, result = found.request, found.power
    at = next(point for point in result.points if point.target == request.target)
    return {
        "question": "detect", "mode": request.mode, "submitted": found.submitted, "reference": found.reference,
        "groups": list(found.groups),
        "cells": {"submitted": found.observed.ravel().tolist(), "reference": found.against.ravel().tolist()},
        "ratio": values.estimate(found.ratio), "reference_ratio": finite(found.reference_ratio), "tests": tests,
        "family": list(found.family), "family_p_value": found.family_p_value, "alpha": request.alpha,
        "proofs": list(found.proofs), "rejected": found.rejected,
        "best_of": {"draws": request.best_of, "p_value": found.best_of_p_value,
                    "level": 1 - (1 - request.alpha) ** request.best_of},
        "too_perfect_p_value": found.too_perfect,
        "power": {"size": result.protocol.size, "target": request.target, "value": finite(at.g_test),
                  "direct": finite(at.direct), "reason": None if None not in (finite(at.g_test), finite(at.direct))
                  else REACHED if math.isnan(at.g_test) else UNBOUNDED},
        "undetectable_ratio": undetectable(result),
        "required_size": {key: rows_needed(rows) for key, rows in result.required.items()},
        "few_expected": result.thin,
        "residuals": [finite(value) for value in found.cells.residual.ravel()],
        "rows": [{"row": each.row, "evidence": each.evidence, "proof": each.proof, "p_value": each.p_value}
                 for each in found.rows],
        "rows_out_of_line": found.suspects, "seed": request.seed, "draws": request.draws,
        "permutations": request.permutations, "notes": [note.sentence() for note in notes],
    }


def undetectable(result: Any) -> Json:   # noqa: ANN401
    """Return the ratios that go unseen; a null has a reason beside it."""
    g, direct = finite(result.undetectable_g), finite(result.undetectable_direct)
    return {"g_test": g, "direct": direct, "reason": None if None not in (g, direct) else UNBOUNDED}


def rows_needed(rows: float) -> int | None:
    """Return a number of rows, rounded up; None where nothing is to be seen."""
    return None if math.isnan(rows) else math.ceil(rows - 1e-9)


def number(value: float | None) -> str:
    """Return a number for a terminal."""
    return "not estimable" if value is None else f"{value:.4f}"


def show(value: Value) -> str:
    """Return what a person reads: the decision first, then what it rests on and what it could not have seen."""
    answer = ("rejected: an honest sample would hardly look like this" if value["rejected"] else
              "not rejected, which does not mean representative")
    power = value["power"]
    rows = [["test", "part", "statistic", "p", "sees"]]
    rows += [[key, test["part"], number(test["statistic"]) if test["p_value"] is not None else "-",
              f"{test['p_value']:.4f}" if test["p_value"] is not None else plain(test["reason"], 60), test["sees"]]
             for key, test in value["tests"].items()]
    unseen = value["undetectable_ratio"]
    lines = [
        f"{plain(value['submitted'])} against {plain(value['reference'])} (mode {value['mode']}): {answer}",
        f"family p {value['family_p_value']:.4f} at level {value['alpha']:g} ({', '.join(value['family'])}); proof: "
        f"{', '.join(value['proofs']) or 'none'}",
        f"ratio {tables.estimate(value['ratio'])}; in the reference {number(value['reference_ratio'])}",
        f"power against a target of {power['target']:g} with {power['size']:,} rows: G test {number(power['value'])}, "
        f"direct {number(power['direct'])}; unseen up to {number(unseen['g_test'])} and {number(unseen['direct'])}",
        f"rows out of line: {value['rows_out_of_line']:,}",
        *(f"note: {plain(note, 200)}" for note in value["notes"]),
    ]
    return "\n".join([*lines, "", tables.table(rows)])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``detect``."""
    parser.add_argument("--submitted", metavar="FILE", required=True, help="the sample handed in")
    parser.add_argument("--reference", metavar="FILE", required=True,
                        help="what it is compared with; in mode C a CSV of group,decision,proportion")
    parser.add_argument("--mode", choices=("A", "B", "C"), required=True,
                        help="the reference is the full database (A), an independent sample (B), known shares (C)")
    parser.add_argument("--protected", metavar="COL[:nominal|:continuous]", action="append", required=True,
                        help="a protected attribute; several make intersections")
    parser.add_argument("--edges", metavar="COL=25,45,60", action="append", default=[], help="groups of a number")
    parser.add_argument("--unprivileged", metavar="VALUE", action="append", default=[],
                        help="a group of the unprivileged side (the rest: privileged); without any, each alone")
    parser.add_argument("--decision", metavar="COL", required=True, help="the decision, two values")
    parser.add_argument("--selected", metavar="VALUE", help="the decision's value that means selected (1, true or yes)")
    parser.add_argument("--favourable", choices=("selected", "not-selected"), default="selected",
                        help="the decision that is good for the person (selected)")
    parser.add_argument("--label", metavar="COL", help="the outcome, where both files have it")
    parser.add_argument("--positive", metavar="VALUE", help="its positive value")
    parser.add_argument("--id", metavar="COL", help="a column that names rows: not compared")
    parser.add_argument("--drop", metavar="COL,...", type=types.names, help="columns that are not compared")
    parser.add_argument("--requery", metavar="COL",
                        help="column of the submitted file: what the model decides when asked again")
    group = parser.add_argument_group("numbers")
    group.add_argument("--alpha", metavar="P", type=types.level, default=0.05, help="level of the family (0.05)")
    group.add_argument("--target", metavar="T", type=types.cost, default=0.8, help="ratio the power is given for (0.8)")
    group.add_argument("--draws", metavar="N", type=_enough, default=9_999, help="honest draws of the cells (9999)")
    group.add_argument("--permutations", metavar="N", type=types.count, default=999,
                       help="draws for the columns; 0 leaves that test out (999)")
    group.add_argument("--best-of", metavar="N", type=types.count, default=1, help="draws the auditee chose from")
    group.add_argument("--seed", metavar="N", type=types.count, default=0, help="of everything drawn at random (0)")


def _enough(text: str) -> int:
    found = types.count(text)
    if found < 999:
        raise argparse.ArgumentTypeError(f"must be 999 or more, as fewer cannot hold a level, not {text!r}")
    return found
