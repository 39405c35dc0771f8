"""``intersections``: a path of models that depend less and less on combinations of protected attributes."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import Any

from engine import __version__
from engine.cli import naming, options, roles, tables, values
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.source import opened
from engine.cli.values import finite
from engine.cli.watching import watched
from engine.data.outcome import SELECTED
from engine.data.table import Table
from engine.dependence import Path, Request, explore
from engine.dependence.families import FAMILIES
from engine.dependence.request import BASELINES, KAPPAS, MODELS, PENALTIES
from engine.dependence.result import Measures, PathPoint
from engine.errors import invalid
from engine.text import plain
from engine.types import Dataset, Roles

Json = dict[str, Any]
SHOWN = ("jsd", "jsd_null_high", "ccdcov", "uniform_fairness", "marginal_gap", "intersectional_gap")
LISTED = 5   # cells that are not compared, in the terminal
ESTIMATES = ("loss", "performance", "marginal_gap", "intersectional_gap", "mean_gap")


def run(arguments: argparse.Namespace) -> Outcome:
    """Return the path that the options ask for."""
    dataset = opened(arguments, spoken)
    path = explore(dataset, _request(arguments, dataset), progress=watched)
    train, validation, test = path.rows
    return Outcome({
        "data": {"name": dataset.name, "sha256": dataset.sha256, "fingerprint": dataset.fingerprint,
                 "rows": dataset.rows, "rows_used": sum(path.rows), "simulated": dataset.simulated,
                 "excluded": [asdict(item) for item in dataset.excluded] + _unlabelled(dataset, path)},
        "roles": values.roles(dataset),
        "split": {"train": train, "validation": validation, "test": test, "features_encoded": path.columns},
        "grouping": path.cells.name, "gap": path.gap_is, "cells": _cells(path),
        "left_out": [{"group": name, "reason": why} for name, why in path.left_out],
        "penalty": {"kind": path.plan.request.penalty, "name": PENALTIES[path.plan.request.penalty],
                    "scale": path.plan.scale, "as_continuous": list(path.plan.continuous),
                    "estimator": path.estimator, "estimator_in_training": _trained_by(path),
                    "squared": True, "route": path.route, "error": path.error,
                    "constant": finite(path.constant)},
        "calibration": {key: finite(value) if isinstance(value, float) else value
                        for key, value in asdict(path.calibration).items()},
        "path": [_row(path, point) for point in path.points],
        "markers": {name: None if place is None else path.points[place].kappa
                    for name, place in asdict(path.markers).items()},
        "baselines": [{"name": point.name, **_row(path, point)} for point in path.baselines],
        "skipped": [{"name": name, "reason": why} for name, why in path.skipped],
        "settings": {**asdict(path.plan.request), "task": path.plan.family.task, "model": path.plan.model,
                     "l2": path.plan.l2, "restarts": path.plan.restarts, "version": __version__},
    })


def _trained_by(path: Path) -> str:
    return path.plan.request.estimator if path.estimator == "U" else "V"


def spoken(arguments: argparse.Namespace, table: Table, base: Roles | None) -> Roles:
    """Return the roles with ``--target`` as the outcome that ``--task`` says it is."""
    if arguments.label is not None:
        raise invalid("the outcome of this command is its target", "--label", repr(arguments.label), "use --target")
    if arguments.target is None and base is None:
        raise invalid("an outcome is needed", "--target", "none", "name the outcome's column")
    if arguments.exposure is not None and arguments.task != "poisson":
        raise invalid("exposure belongs to counts", "--exposure", f"--task {arguments.task}", "use --task poisson")
    if arguments.task == "classification":
        return roles.spoken(_as_label(arguments, table, base), table, base)
    if arguments.positive is not None:
        raise invalid("--positive belongs to classification", "--positive", f"--task {arguments.task}", "leave it out")
    given = roles.spoken(arguments, table, base)
    target = given.target if arguments.target is None else naming.column(arguments.target, table.columns)
    exposure = given.exposure if target == given.target else None
    if arguments.exposure is not None:
        exposure = naming.column(arguments.exposure, table.columns)
    return replace(
        given, label=None, positive=None, target=target, exposure=exposure if arguments.task == "poisson" else None,
        target_kind="count" if arguments.task == "poisson" else "regression",
        features=given.features if arguments.features is not None else tuple(
            name for name in given.features if name not in (target, exposure)),
    )


def _as_label(arguments: argparse.Namespace, table: Table, base: Roles | None) -> argparse.Namespace:
    """Return the options with the target as a label; of two values, 1, true or yes is the positive one."""
    said = argparse.Namespace(**vars(arguments))
    said.label = arguments.target
    carded = base is not None and arguments.target in (None, base.label)
    if arguments.target is None or arguments.positive is not None or carded:
        return said
    column = naming.column(arguments.target, table.columns)
    if column in table.columns:
        found = table.text(column).names(1_000)
        said.positive = next((name for name in found if len(found) <= 2 and name.casefold() in SELECTED), None)
    return said


def _request(arguments: argparse.Namespace, dataset: Dataset) -> Request:
    kappas = _strengths("--kappa", arguments.kappa) if arguments.kappa else KAPPAS
    lambdas = _strengths("--lambda", arguments.strengths) if arguments.strengths else None
    return Request(
        task=arguments.task, penalty=arguments.penalty, c=arguments.c, estimator=arguments.estimator,
        normalised=arguments.normalised, kappas=kappas, lambdas=lambdas, model=arguments.model,
        hidden=arguments.hidden, rounds=arguments.rounds, scale=arguments.scale, l2=arguments.l2,
        restarts=arguments.restarts, divergence=arguments.divergence, target=arguments.jsd_target,
        baselines=tuple(arguments.baseline), threshold=arguments.threshold, level=arguments.level,
        min_group=arguments.min_group, seed=arguments.seed,
    )


def _strengths(option: str, words: str) -> tuple[float, ...]:
    try:
        return tuple(types.cost(word.strip()) for word in words.split(","))
    except argparse.ArgumentTypeError as refusal:
        raise invalid("strengths are numbers with commas between", option, plain(refusal, 200),
                      "e.g. 0,0.1,1,10") from refusal


def _unlabelled(dataset: Dataset, path: Path) -> list[Json]:
    rows = dataset.n - sum(path.rows)
    return [{"reason": "no outcome", "rows": rows}] if rows else []


def _cells(path: Path) -> Json:
    return {name: {"levels": dict(zip(path.cells.attributes, levels, strict=True)), "n": int(size)}
            for name, levels, size in zip(path.cells.names, path.cells.group_levels, path.cell_sizes, strict=True)}


def _row(path: Path, point: PathPoint) -> Json:
    performance = path.plan.family.performance
    return {
        "kappa": None if point.kappa is None else finite(point.kappa),
        "lambda": None if point.strength is None else finite(point.strength), "seconds": point.seconds,
        "iterations": point.iterations, "converged": point.converged, "message": plain(point.message, 120),
        "collapsed": point.collapsed,
        "validation": measures(point.validation, performance), "test": measures(point.test, performance),
    }


def measures(found: Measures, performance: str) -> Json:
    """Return the measures of one model on one part of the rows; `estimates` hold the intervals and the reasons."""
    named = {key: getattr(found, key) for key in ESTIMATES}
    renamed = {performance if key == "performance" else key: value for key, value in named.items()}
    plain_numbers = {key: value for key, value in asdict(found).items()
                     if key not in (*ESTIMATES, "n", "marginal_of")}
    return {"n": found.n, **{key: finite(item.value) for key, item in renamed.items()},
            **{key: finite(value) for key, value in plain_numbers.items()},
            "reason": _reason(found),
            "estimates": {key: values.estimate(item) for key, item in renamed.items()}}


def _reason(found: Measures) -> str | None:
    """Return why some of the measures are null."""
    why = [item.reason for item in (getattr(found, key) for key in ESTIMATES) if finite(item.value) is None]
    why += ["uniform fairness: fewer than two groups have enough rows, or all predictions are one number"] * (
        finite(found.uniform_fairness) is None)
    why += ["calibration slope: all predictions are one number"] * (finite(found.calibration_slope) is None)
    return "; ".join(dict.fromkeys(word for word in why if word)) or None


def _show(value: Value) -> str:
    split, penalty = value["split"], value["penalty"]
    left = [f"  not compared: {plain(item['group'], tables.NAME_WIDTH)}: {plain(item['reason'], 100)}"
            for item in value["left_out"]]
    left[LISTED:] = [f"  not compared: {len(left) - LISTED} more"] * (len(left) > LISTED)
    head = [
        f"{plain(value['data']['name'])}: {penalty['name']} over {plain(value['grouping'], tables.NAME_WIDTH)}, "
        f"{MODELS[value['settings']['model']]} model; {split['train']:,} rows train, {split['validation']:,} choose, "
        f"{split['test']:,} report; sha256 {value['data']['sha256'][:12]}",
        f"the penalty looks at the {penalty['scale']}; computed by {penalty['route']}",
        f"gaps compare the {value['gap']}",
        *left,
    ]
    blocks = ["\n".join(head), f"on the test rows\n{_table(value['path'], value['settings']['task'])}"]
    if value["baselines"]:
        blocks.append("other ways, on the same rows\n" + _table(value["baselines"], value["settings"]["task"]))
    blocks += [f"{item['name']}: {item['message']}" for item in value["baselines"] if item["lambda"] is None]
    blocks += [f"not fitted: {item['name']}: {plain(item['reason'], 160)}" for item in value["skipped"]]
    marked = [f"{name.replace('_', ' ')}: kappa {_brief(kappa)}" for name, kappa in value["markers"].items()]
    return "\n\n".join([*blocks, "on the validation rows, " + "; ".join(marked), "Intervals and all measures: --json"])


def _table(rows: list[Json], task: str) -> str:
    performance = FAMILIES[task].performance
    head = ["kappa", "lambda", "loss", performance, *(name.replace("_", " ") for name in SHOWN), "seconds"]
    if "name" in rows[0]:
        head = ["", *head]
    body = []
    for row in rows:
        cells = [_brief(row["kappa"]), _brief(row["lambda"]),
                 *(_brief(row["test"][key]) for key in ("loss", performance, *SHOWN)), f"{row['seconds']:.2f}"]
        body.append([plain(row["name"]), *cells] if "name" in row else cells)
    return tables.table([head, *body])


def _brief(number: float | None) -> str:
    return "-" if number is None else f"{number:.4g}"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    group = parser.add_argument_group("path")
    group.add_argument("--target", metavar="COL", help="the outcome that is predicted")
    group.add_argument("--task", choices=tuple(FAMILIES), required=True, help="what kind of outcome it is")
    group.add_argument("--exposure", metavar="COL", help="of counts: how long or how much each row was exposed")
    group.add_argument("--penalty", choices=tuple(PENALTIES), default="cc",
                       help="cc: all attributes together; joint: with c; marginal: one by one (cc)")
    group.add_argument("--c", type=types.cost, default=1.0, metavar="C", help="weight of pairs in joint (1)")
    group.add_argument("--estimator", choices=("V", "U"), default="V",
                       help="of the penalty in training: V is never negative, U has no bias (V)")
    group.add_argument("--normalised", action="store_true", help="divide by the predictions' own distance deviation")
    strengths = group.add_mutually_exclusive_group()
    strengths.add_argument("--kappa", metavar="0,0.1,1,10", help="strengths; at 1 it weighs what features gain")
    strengths.add_argument("--lambda", dest="strengths", metavar="L,...", help="factors of the penalty as they stand")
    group.add_argument("--model", choices=tuple(MODELS), help="the plain model of the task unless given")
    group.add_argument("--hidden", type=types.count, default=16, metavar="N", help="units of mlp's hidden layer (16)")
    group.add_argument("--rounds", type=types.count, default=100, metavar="N", help="most trees of gbm (100)")
    group.add_argument("--scale", choices=("probability", "value", "count", "rate", "linear"),
                       help="what the penalty looks at (probability, value or count)")
    group.add_argument("--l2", type=types.cost, metavar="W", help="ridge (1e-6; 3e-3 for mlp)")
    group.add_argument("--restarts", type=types.count, metavar="N", help="random starts of each fit (1; 3 for mlp)")
    group.add_argument("--divergence", choices=("authors", "robust"),
                       help="kernel bandwidth .15 over the whole range, or by the data over its middle (authors; "
                            "robust for regression)")
    group.add_argument("--jsd-target", type=types.cost, metavar="BITS", help="a divergence to be met, for a marker")
    group.add_argument("--baseline", choices=tuple(BASELINES), action="append", default=[],
                       help="another way to fit beside the path; may be repeated")
    group.add_argument("--threshold", type=types.number, default=0.5, metavar="T",
                       help="at which a classification's selection rates are compared (0.5)")
    options.add_request(parser)


INTERSECTIONS_COMMAND = Command(
    "intersections", "models that depend less and less on combinations of protected attributes", _add_arguments, run,
    _show)
