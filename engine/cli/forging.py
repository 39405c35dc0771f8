"""``manipulation simulate``: play the malicious auditee on one's own data."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.cli import options, roles, tables
from engine.cli import parser as types
from engine.cli.command import Outcome, Value
from engine.cli.detect import number
from engine.cli.values import finite
from engine.cli.watching import watched
from engine.data.catalogue import CATALOGUE, open_table
from engine.data.ingest import ingest
from engine.data.limits import Limits
from engine.data.reading import Table, read
from engine.errors import invalid
from engine.text import plain
from engine.types import Dataset, Roles

Json = dict[str, Any]
METRICS = ("disparate_impact_ratio", "demographic_parity_difference", "equal_opportunity_difference")


def run(arguments: argparse.Namespace) -> Outcome:
    """Return what the attack reached and what it cost; write the sample where asked."""
    from engine.manipulation import Goal, Simulation, sample_of, simulate

    table, dataset, decision = _opened(arguments)
    sample = sample_of(dataset, [a.name for a in dataset.attributes], tuple(arguments.unprivileged), decision)
    size = arguments.size if arguments.size is not None else len(sample)
    request = Simulation(arguments.attack, Goal(arguments.metric, arguments.target), size, arguments.sampling,
                         arguments.best_of, arguments.alpha, arguments.seed)
    forgery = simulate(sample, request, watched)
    file = None
    if arguments.output is not None:
        file = _write(arguments, table, dataset, sample, forgery)
    return Outcome(_value(forgery, dataset, file))


def _value(forgery: Any, dataset: Dataset, file: str | None) -> Json:   # noqa: ANN401
    goal, request = forgery.request.goal, forgery.request
    before, plan = float(goal.value(forgery.before)), float(goal.value(forgery.plan))
    return {
        "question": "simulate", "attack": request.attack, "metric": goal.metric, "target": goal.target,
        "reached": finite(forgery.reached), "reason": None if finite(forgery.reached) is not None
        else "not estimable: no favourable decision in the group that is divided by",
        "size": len(forgery.sample), "sampling": request.sampling, "tries": forgery.tries,
        "unnoticed_by_g_test": forgery.accepted, "kl": finite(forgery.kl), "kl_seen": finite(forgery.kl_seen),
        "wasserstein": finite(forgery.wasserstein), "cost": finite(forgery.cost),
        "rows_changed": forgery.rows_changed, "rows_changed_in_sample": int(forgery.changed.sum()),
        "repeated_rows": forgery.repeats, "groups": list(forgery.source.groups),
        "cells": {"before": forgery.before.ravel().tolist(), "after": forgery.after.ravel().tolist()},
        "plan": {"shares": forgery.plan.ravel().tolist(), "value": finite(plan)}, "before": finite(before),
        "data": {"name": dataset.name, "sha256": dataset.sha256, "rows": dataset.rows,
                 "left_out": forgery.source.left_out},
        "decisions": "of a logistic model trained here" if request.attack == "gradient" else "of the data",
        "seed": request.seed, "file": file, "watermark": "manipulated: simulation",
    }


def _opened(arguments: argparse.Namespace) -> tuple[Table, Dataset, Any]:
    """Return the table, its data set with the columns that attacks move, and each row's favourable decision."""
    import numpy as np

    from engine.cli.decision import chosen_policy
    from engine.manipulation.sample import favourable_decision

    entry = CATALOGUE.get(arguments.data)
    table = open_table(entry.key) if entry else read(Path(arguments.data), Path(arguments.data).name,
                                                     Limits.from_environment())
    if arguments.decision is not None:
        if arguments.score is not None or arguments.prediction is not None:
            raise invalid("the decision has one column", "--decision with --score or --prediction", "both",
                          "keep one of them")
        arguments.prediction = arguments.decision
    chosen = roles.spoken(arguments, table, entry.roles if entry else None)
    chosen = replace(chosen, weight=None, target=None, target_kind=None, exposure=None, id=None,
                     features=chosen.features or _others(arguments, table, chosen))
    dataset = ingest(table, chosen, entry.title if entry else None, entry.simulated if entry else False)
    if dataset.score is None:
        raise invalid("a decision is needed", "--decision", "none", "name the column of decisions, or of a score")
    if arguments.decision is not None:
        values = dataset.score_values()
        return table, dataset, values if dataset.roles.favourable == "selected" else np.where(
            np.isfinite(values), 1 - values, values)
    return table, dataset, favourable_decision(dataset, chosen_policy(arguments, dataset)[0].otherwise)


def _others(arguments: argparse.Namespace, table: Table, chosen: Roles) -> tuple[str, ...]:
    taken = {chosen.label, chosen.prediction, arguments.id, *chosen.scores, *(a.column for a in chosen.protected),
             *(arguments.drop or ())}
    return tuple(column for column in table.columns if column not in taken)


def _write(
    arguments: argparse.Namespace, table: Table, dataset: Dataset, sample: Any, forgery: Any   # noqa: ANN401
) -> str:
    import pyarrow as pa

    from engine.manipulation.export import DECISION, csv_text, decision_words, doctored_columns, marked

    path = Path(marked(arguments.output))
    def fetch(name: str, rows: Any) -> Any:   # noqa: ANN401
        return table.data[name].take(pa.array(rows)).to_pylist()

    decision = dataset.roles.prediction
    words = (0, 1) if decision is None else decision_words(sample, decision, fetch)
    columns = doctored_columns(forgery, table.columns, [a.name for a in dataset.attributes], fetch,
                               decision or DECISION, words)
    try:
        path.write_text(csv_text(columns), encoding="utf-8", newline="")
    except OSError as error:
        raise invalid("the file cannot be written", f"file '{plain(path.name)}'", str(error.strerror).lower(),
                      "check the path") from None
    return str(path)


def show(value: Value) -> str:
    """Return what a person reads."""
    after = value["cells"]["after"]
    lines = [
        f"{value['attack']} on {plain(value['data']['name'])}: {value['metric']} {number(value['before'])} -> "
        f"{number(value['reached'])} (target {value['target']:g}) in {value['size']:,} rows, {value['sampling']}",
        f"KL {number(value['kl'])} nats, Wasserstein {number(value['wasserstein'])}; rows changed: "
        f"{value['rows_changed']:,} of {value['data']['rows']:,}, {value['rows_changed_in_sample']:,} in the sample",
        f"under the G test's limit: {'yes' if value['unnoticed_by_g_test'] else 'no'} after {value['tries']} draws",
    ]
    rows = [["group", "unfavourable before", "favourable before", "unfavourable after", "favourable after"]]
    before = value["cells"]["before"]
    rows += [[plain(name, 36), f"{before[2 * g]:,}", f"{before[2 * g + 1]:,}", f"{after[2 * g]:,}",
              f"{after[2 * g + 1]:,}"] for g, name in enumerate(value["groups"])]
    if value["file"]:
        lines.append(f"written to {value['file']}, marked '{value['watermark']}'")
    return "\n".join([*lines, "", tables.table(rows)])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``simulate``."""
    options.add_data(parser)
    group = parser.add_argument_group("attack")
    group.add_argument("--unprivileged", metavar="VALUE", action="append", default=[],
                       help="a group of the unprivileged side; repeat for more; without any, every group on its own")
    group.add_argument("--decision", metavar="COL", help="the decision; without it, score >= threshold decides")
    group.add_argument("--threshold", metavar="T", action="append", default=[], help="with a score: selected from here")
    group.add_argument("--attack", metavar="NAME", default="kl_optimal", help="see the guide for their names")
    group.add_argument("--metric", choices=METRICS, default=METRICS[0], help="what shall look better")
    group.add_argument("--target", metavar="T", type=types.cost, default=0.8, help="at least for a ratio, at most else")
    group.add_argument("--size", metavar="M", type=types.count, help="rows to hand in (all)")
    group.add_argument("--best-of", metavar="N", type=types.count, default=1, help="draws the auditee may choose from")
    group.add_argument("--sampling", choices=("quota", "multinomial", "weighted"), default="quota", help="how to draw")
    group.add_argument("--alpha", metavar="P", type=types.level, default=0.05, help="level of the test to get under")
    group.add_argument("--seed", metavar="N", type=types.count, default=0, help="of everything drawn at random (0)")
    group.add_argument("-o", "--output", metavar="FILE", help="write the sample; its name gets the mark")
    parser.set_defaults(policy=None)
