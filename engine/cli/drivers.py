"""``drivers``: what carries the gap between two groups."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import Any

from engine.cli import options, tables, values
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.roles import spoken
from engine.cli.source import opened
from engine.cli.watching import watched
from engine.counting.counted import need_rows
from engine.data.table import Table
from engine.drivers import BETWEEN_FOLDS, DriversRequest, DriversResult, explain
from engine.errors import invalid
from engine.scoring.models import MODELS
from engine.text import plain
from engine.types import Dataset, Estimate, Roles


def run(arguments: argparse.Namespace) -> Outcome:
    """Return the gap between two groups and what each feature adds to it."""
    groups = pair(arguments.between)
    dataset = opened(arguments, with_features)
    need_rows(dataset, "'drivers'")
    model = arguments.model or (None if dataset.score is not None else "logistic")
    asked = DriversRequest(groups, model, arguments.protected_in, arguments.rows, seed=arguments.seed,
                           level=arguments.level)
    return Outcome(_value(dataset, arguments, explain(dataset, asked, watched)))


def pair(words: list[str]) -> tuple[str, str]:
    """Return the two groups of ``--between A --between B``, or of ``--between A,B``.

    >>> pair(["F", "M"]), pair(["F,M"]), pair(["a, b", "c"])
    (('F', 'M'), ('F', 'M'), ('a, b', 'c'))
    """
    parts = words[0].split(",") if len(words) == 1 else words
    if len(parts) != 2 or not all(part.strip() for part in parts):
        raise invalid("two groups must be named", "--between", ", ".join(map(repr, words)) or "none",
                      "write --between A --between B")
    return parts[0].strip(), parts[1].strip()


def with_features(arguments: argparse.Namespace, table: Table, base: Roles | None) -> Roles:
    """Return the roles that the options name; a file with a score gets its other columns as features, too."""
    roles = spoken(arguments, table, base)
    if base is not None or roles.features or arguments.features is not None:
        return roles
    taken = {roles.label, roles.target, roles.prediction, roles.weight, roles.id, roles.exposure, *roles.scores,
             *(attribute.column for attribute in roles.protected)}
    return replace(roles, features=tuple(column for column in table.columns if column not in taken))


def described(dataset: Dataset, used: int) -> dict[str, Any]:
    """Return what the data are and how many rows were used."""
    return {"name": dataset.name, "sha256": dataset.sha256, "fingerprint": dataset.fingerprint, "rows": dataset.rows,
            "rows_used": used, "simulated": dataset.simulated, "excluded": [asdict(item) for item in dataset.excluded]}


def _value(dataset: Dataset, arguments: argparse.Namespace, result: DriversResult) -> dict[str, Any]:
    found, used = result.found, sum(result.found.rows)
    parts = [(found.names[k], found.contributions[int(k)], "feature") for k in found.order]
    parts.append((BETWEEN_FOLDS, found.between, "models"))
    return {
        "data": described(dataset, used), "roles": values.roles(dataset),
        "settings": values.settings(options.request(arguments)), "between": list(result.request.groups),
        "grouping": result.grouping, "of": result.of, "model": result.model, "units": result.explained.units,
        "protected_in": result.request.protected_in,
        "gap": values.finite(found.gap.value), "gap_low": values.finite(found.gap.low),
        "gap_high": values.finite(found.gap.high), "gap_reason": found.gap.reason,
        "groups": {name: {"mean": values.finite(mean), "rows": rows}
                   for name, mean, rows in zip(result.request.groups, found.means, found.rows, strict=True)},
        "features": [_feature(name, part, kind) for name, part, kind in parts],
        "explainer": result.explained.explainer, "rows_used": used, "rows_available": result.rows,
        "surrogate_r2": None if result.surrogate_r2 is None else values.finite(result.surrogate_r2.value),
        "surrogate": None if result.surrogate_r2 is None else values.estimate(result.surrogate_r2),
        "score_gap": values.estimate(result.score_gap),
    }


def _feature(name: str, part: Estimate, kind: str) -> dict[str, Any]:
    return {"name": name, "contribution": values.finite(part.value), "low": values.finite(part.low),
            "high": values.finite(part.high), "reason": part.reason, "kind": kind}


def _show(value: Value) -> str:
    a, b = (plain(name, tables.NAME_WIDTH) for name in value["between"])
    r2 = "" if value["surrogate"] is None else f", held-out R2 {tables.estimate(value['surrogate'])}"
    lines = [
        f"{plain(value['data']['name'])}: what carries the gap, {a} minus {b}, in {value['units']}",
        f"{value['model']}{r2}; {value['explainer']}; {value['rows_used']:,} of {value['rows_available']:,} rows",
        f"gap {value['gap']:.4f} {_ends(value['gap_low'], value['gap_high'])}; in the score "
        f"{tables.estimate(value['score_gap'])}",
    ]
    rows = [["feature", "adds", "interval"]]
    rows += [[plain(item["name"], tables.NAME_WIDTH), f"{item['contribution']:.4f}", _ends(item["low"], item["high"])]
             for item in value["features"]]
    return "\n".join([*lines, "", tables.table(rows)])


def _ends(low: float | None, high: float | None) -> str:
    return "[no interval]" if low is None or high is None else f"[{low:.4f}, {high:.4f}]"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    group = parser.add_argument_group("drivers")
    group.add_argument("--between", metavar="GROUP", action="append", required=True,
                       help="two groups, given twice or as A,B; the gap is the first minus the second")
    add_model(group, "without it, a score column is explained through a surrogate")
    group.add_argument("--protected-in", action="store_true",
                       help="let the model use the protected attributes (it does not)")
    group.add_argument("--rows", metavar="N", type=types.count, help="how many rows are explained, at most")
    options.add_request(parser)


def add_model(group: argparse._ArgumentGroup, otherwise: str) -> None:
    """Add which model is trained here."""
    group.add_argument("--model", choices=tuple(MODELS), help=f"a model trained here, cross-fitted; {otherwise}")


DRIVERS_COMMAND = Command("drivers", "what carries the gap between two groups, feature by feature", _add_arguments, run,
                          _show)
