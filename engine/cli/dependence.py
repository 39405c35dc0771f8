"""``dependence``: how much a prediction depends on all protected attributes together, and what only shows combined."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import get_args

from engine.cli import naming, options, roles, tables, values
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.source import opened
from engine.cli.watching import watched
from engine.counting.counted import need_rows
from engine.data.table import Table
from engine.dependence.measuring import NO_INTERVAL, Question, measure
from engine.dependence.penalties import PenaltyKind
from engine.dependence.permutation import PERMUTATIONS
from engine.text import plain
from engine.types import Dataset, Roles

NAMES = {
    "cc": "distance covariance with all attributes as one point (CCdCov)",
    "joint": "joint distance covariance (JdCov), less its part that no prediction can change",
    "marginal": "sum of each attribute's distance covariance",
}


def run(arguments: argparse.Namespace) -> Outcome:
    """Return the measure, its p-value and its terms."""
    dataset = opened(arguments, _spoken)
    need_rows(dataset, "'dependence'")
    question = Question(arguments.penalty, arguments.c, arguments.given_outcome, arguments.permutations, arguments.seed)
    found = measure(dataset, question, watched)
    reasons = [(values.SCORELESS, found.unscored), ("no outcome", found.unlabelled)]
    return Outcome({
        "data": {"name": dataset.name, "sha256": dataset.sha256, "fingerprint": dataset.fingerprint,
                 "rows": dataset.rows, "rows_used": found.rows, "simulated": dataset.simulated,
                 "excluded": [asdict(item) for item in dataset.excluded]
                 + [{"reason": reason, "rows": rows} for reason, rows in reasons if rows]},
        "prediction": dataset.score, "attributes": list(found.attributes), "kinds": _kinds(dataset),
        "penalty": arguments.penalty, "penalty_is": NAMES[arguments.penalty], "c": arguments.c,
        "given_outcome": arguments.given_outcome,
        "value": values.finite(found.value), "low": None, "high": None, "n": found.rows, "reason": NO_INTERVAL,
        "p_value": values.finite(found.p_value), "noise_high": values.finite(found.noise_high),
        "noise_reason": found.reason, "permutations": found.permutations, "seed": arguments.seed,
        "terms": dict(found.terms), "interaction": found.interaction, "by_subset": dict(found.by_subset),
        "constant": values.finite(found.constant), "correlation": values.finite(found.correlation),
        "estimator": found.estimator, "squared": True, "scaling": "min-max", "route": found.route,
        "relative_error": found.error,
    })


def _spoken(arguments: argparse.Namespace, table: Table, base: Roles | None) -> Roles:
    """Return the roles; a prediction is read as numbers, unless an option says which of its values means selected.

    A card's own outcome may be what is asked about: it is then no outcome.
    """
    if arguments.prediction is None or arguments.selected is not None or arguments.score is not None:
        return roles.spoken(arguments, table, base)
    if base is not None and naming.column(arguments.prediction, table.columns) in (base.target, base.label):
        base = replace(base, label=None, positive=None, target=None, target_kind=None, exposure=None)
    options = {**vars(arguments), "score": arguments.prediction, "prediction": None}
    return roles.spoken(argparse.Namespace(**options), table, base)


def _kinds(dataset: Dataset) -> dict[str, str]:
    return {attribute.name: attribute.kind for attribute in dataset.attributes}


def _show(value: Value) -> str:
    data = value["data"]
    within = " within each outcome" if value["given_outcome"] else ""
    lines = [f"{plain(data['name'])}: {plain(value['prediction'])} against {_listed(value['attributes'])}{within}; "
             f"{data['rows_used']:,} of {data['rows']:,} rows; sha256 {data['sha256'][:12]}"]
    lines += [f"  left out: {item['rows']:,} rows, {plain(item['reason'], 100)}" for item in data["excluded"]]
    chance = plain(value["noise_reason"]) if value["p_value"] is None else (
        f"p {value['p_value']:.3f}; under independence 95 % of {value['permutations']:,} permutations lie at or below "
        f"{value['noise_high']:.3e}")
    lines += [f"{value['penalty_is']}, squared, estimator {value['estimator']}: {value['value']:.6e}; {chance}",
              f"free of scale (1 is a relation without noise): {value['correlation']:.4f}", ""]
    rows = [["what shows", "squared"], *([plain(name, tables.NAME_WIDTH) + " alone", f"{term:.6e}"]
                                          for name, term in value["terms"].items())]
    rows += [[plain(name, tables.NAME_WIDTH), f"{term:.6e}"] for name, term in value["by_subset"].items()]
    rows.append(["only in combination", f"{value['interaction']:.6e}"])
    if value["penalty"] == "joint":
        rows.append(["whatever the prediction (left out above)", f"{value['constant']:.6e}"])
    error = f"; relative error {value['relative_error']:.1e}" if value["relative_error"] else ""
    return "\n".join([*lines, tables.table(rows), f"computed {value['route']}{error}"])


def _listed(names: list[str]) -> str:
    return ", ".join(plain(name, tables.NAME_WIDTH) for name in names)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    group = parser.add_argument_group("dependence")
    group.add_argument("--penalty", choices=get_args(PenaltyKind), default="cc",
                       help="all attributes as one point, the joint measure, or each alone (cc)")
    group.add_argument("--c", metavar="C", type=types.cost, default=1.0,
                       help="of the joint measure: each alone against interactions (1)")
    group.add_argument("--given-outcome", action="store_true", help="measure within each value of the outcome")
    group.add_argument("--permutations", metavar="N", type=types.count, default=PERMUTATIONS,
                       help=f"of the prediction, for the p-value ({PERMUTATIONS})")
    group.add_argument("--seed", metavar="N", type=types.count, default=0, help="of everything drawn at random (0)")


DEPENDENCE_COMMAND = Command("dependence", "how much a prediction depends on all protected attributes together",
                             _add_arguments, run, _show)
