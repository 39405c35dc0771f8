"""``apply``: a policy on every row of a table, written as a copy with two more columns."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from engine.cli.command import Command, Outcome, Value
from engine.cli.decision import read_policy
from engine.cli.watching import watched
from engine.cli.written import write
from engine.data.catalogue import CATALOGUE, open_table
from engine.data.ingest import ingest
from engine.data.limits import Limits
from engine.data.reading import Table, read
from engine.errors import invalid
from engine.frontier.draw import UNDECIDED, drawn, selection_probability, torn
from engine.policy import Policy
from engine.types import Attribute, Dataset, Floats, Labels, Roles

ADDED = ("decision", "selection_probability")
_EDGE = r"-?\d[\d.e+-]*"
_INTERVAL = re.compile(rf"(?:< ({_EDGE})|>= ({_EDGE})|({_EDGE}) to < ({_EDGE})|missing)")
NO_ID = "no id is named, so lots are drawn by each row's values: a row whose values change may change its decision"


def run(arguments: argparse.Namespace) -> Outcome:
    """Return how many rows the policy selects; write them where ``-o`` says."""
    policy = read_policy(Path(arguments.policy))
    table, dataset = _opened(arguments.data, policy)
    chance = selection_probability(dataset, policy)
    rows = torn(chance)
    keys, warnings = _keys(table, dataset, policy, rows)
    decision = drawn(chance, keys, policy.seed)
    if arguments.output is not None:
        write(Path(arguments.output), arguments.data, table, _added(decision, chance))
    return Outcome({
        "rows": table.rows, "selected": int((decision == 1).sum()), "expected": float(np.nansum(chance)),
        "undecided": int((decision == UNDECIDED).sum()), "by_lot": len(rows),
        "policy_data_sha256": policy.data_sha256, "data_sha256": dataset.sha256,
        "same_data": policy.data_sha256 == dataset.sha256, "warnings": warnings, "output": arguments.output,
    })


def _opened(data: str, policy: Policy) -> tuple[Table, Dataset]:
    if policy.score is None:
        raise invalid("the policy must name its score", "policy, 'score'", "none", "add the score's column")
    if data in CATALOGUE:
        entry = CATALOGUE[data]
        table = open_table(entry.key, progress=watched)
        dataset = ingest(table, entry.roles, entry.title, entry.simulated, entry.excluded)
        if dataset.score is None and policy.score not in table.columns:
            dataset = _refitted(dataset, policy)
        if policy.score in dataset.scores:
            return table, dataset.using(policy.score)
    else:
        table = read(Path(data), Path(data).name, Limits.from_environment())
    return table, ingest(table, _roles(table, policy))


def _refitted(dataset: Dataset, policy: Policy) -> Dataset:
    """Return the data with the score that was fitted here when the policy was made; refused under another name."""
    from engine.scoring.models import cross_fitted

    return cross_fitted(dataset, seed=policy.seed, progress=watched)


def _roles(table: Table, policy: Policy) -> Roles:
    """Return what the policy's columns are; thresholds of intervals belong to a continuous attribute."""
    attributes = tuple(_attribute(table, policy, place) for place in range(len(policy.attributes)))
    # Ingestion wants a protected attribute; a common threshold needs none, so any other column stands in for it.
    stand_in = next((c for c in table.columns if c not in (policy.score, policy.id)), "")
    protected = attributes or (Attribute(stand_in),)
    identifier = policy.id if policy.id in table.columns else None
    score = str(policy.score)
    if score in table.columns and table.numbers(score).unreadable:
        return Roles(protected, prediction=score, id=identifier)
    return Roles(protected, scores=(score,), id=identifier)


def _attribute(table: Table, policy: Policy, place: int) -> Attribute:
    column = policy.attributes[place]
    names = [group.split(" x ") for group, _ in policy.thresholds]
    parts = [name[place] for name in names if len(name) == len(policy.attributes)]
    found = [_INTERVAL.fullmatch(part) for part in parts]
    edges = {float(edge) for match in found if match for edge in match.groups() if edge is not None}
    if not edges or None in found or column not in table.columns or table.numbers(column).unreadable:
        return Attribute(column)
    return Attribute(column, "continuous", tuple(sorted(edges)))


def _keys(table: Table, dataset: Dataset, policy: Policy, rows: np.ndarray) -> tuple[list[str], list[str]]:
    """Return what identifies each row that draws a lot: its id, else its values and its count among equals."""
    if dataset.ids is not None and policy.id is not None:
        identified = dataset.ids[rows].tolist()
        if all(identified):
            return identified, []
    if not len(rows):
        return [], []
    columns = [table.text(column, protected=True) for column in table.columns]
    cells = [["" if code < 0 else str(column.levels[int(code)]) for code in column.codes[rows]] for column in columns]
    seen: Counter[str] = Counter()
    keys = []
    for values in zip(*cells, strict=True):
        text = "\x1f".join(values)
        seen[text] += 1
        keys.append(f"{text}\x1e{seen[text]}")
    return keys, [NO_ID]


def _added(decision: Labels, chance: Floats) -> dict[str, Any]:
    import pyarrow as pa

    undecided = decision == UNDECIDED
    return dict(zip(ADDED, (pa.array(decision, mask=undecided), pa.array(chance, mask=undecided)), strict=True))


def _show(value: Value) -> str:
    lines = [f"{value['selected']:,} of {value['rows']:,} rows selected, {value['by_lot']:,} decided by lot"]
    if value["undecided"]:
        lines.append(f"{value['undecided']:,} rows without a score: no decision")
    if not value["same_data"]:
        lines.append("the policy was found on other data")
    lines += value["warnings"]
    lines.append(f"written: {value['output']}" if value["output"] else "nothing was written: name a file with -o")
    return "\n".join(lines)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="a CSV or Parquet file, or the name of a catalogued data set")
    parser.add_argument("--policy", metavar="FILE", required=True, help="a policy in JSON")
    parser.add_argument("-o", "--output", metavar="FILE", help="where the rows are written, with their decisions (CSV)")


APPLY_COMMAND = Command("apply", "a policy on every row of a table: decisions and their probabilities", _add_arguments,
                        run, _show)
