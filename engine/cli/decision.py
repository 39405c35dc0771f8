"""Who is selected: a policy from ``--threshold``, ``--policy`` or the default."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np

from engine.assessment import default_policy
from engine.cli import naming
from engine.data.catalogue import CATALOGUE
from engine.data.table import canonical
from engine.errors import InvalidPolicy, Issue, invalid
from engine.policy import Policy
from engine.types import Dataset

LARGEST = 10_000_000   # bytes of a policy; 1,000 groups with lotteries take 0.1 MB


def chosen_policy(arguments: argparse.Namespace, dataset: Dataset) -> tuple[Policy, str | None]:
    """Return the policy that the options name, and a note where it is the default.

    Raises
    ------
    InvalidData
        Where a threshold names no group of the data, or the file holds no policy for this score.
    """
    if arguments.policy is not None:
        return _fitting(read_policy(Path(arguments.policy)), dataset), None
    default = replace(default_policy(dataset), data_sha256=dataset.sha256)
    if not arguments.threshold:
        if dataset.score_source == "prediction":
            return default, "a decision needs no threshold: it is taken as it stands, 1 where selected"
        return default, f"no threshold was given: {_origin(dataset)}{_usual(arguments.data, default)}"
    names = [attribute.name for attribute in dataset.attributes]
    common, attribute, groups = naming.thresholds(arguments.threshold, names)
    otherwise = default.otherwise if common is None else common
    if attribute is None:
        return replace(default, otherwise=otherwise), None
    groups = _known(groups, dataset, attribute)
    policy = Policy.per_group((attribute,), groups, otherwise, dataset.score)
    left = [level for level in dataset.attribute(attribute).levels if level not in groups]
    note = f"no threshold was given for {', '.join(left)}: {otherwise:g}" if left and common is None else None
    return replace(policy, data_sha256=dataset.sha256), note


def between_edges(dataset: Dataset, policy: Policy) -> str | None:
    """Return which thresholds a count table cannot apply exactly, and what is counted instead; None where it can."""
    table = dataset.counts
    if table is None:
        return None
    asked = {policy.otherwise, *(threshold for _, mix in policy.thresholds for threshold, _ in mix)}
    edges = {float(edge) for edge in table.edges}
    moved = sorted(threshold for threshold in asked if math.isfinite(threshold) and threshold not in edges)
    if not moved:
        return None
    used = [table.edges[i] if i < len(table.edges) else math.inf for i in table.edge_of(np.array(moved))]
    words = ", ".join(f"{threshold:g} as {edge:.9g}" for threshold, edge in zip(moved, used, strict=True))
    return f"the rows are counted in bins, so a threshold counts as the next edge: {words}"


def _origin(dataset: Dataset) -> str:
    if dataset.counts is not None:
        inside = dataset.counts.edges[0] >= 0 and dataset.counts.edges[-1] <= 1
        return "0.5, as the scores lie in [0, 1]" if inside else "the bin edge that halves the rows"
    scores = dataset.score_values()
    outside = bool(((scores < 0) | (scores > 1)).any())
    return "the median of the scores" if outside else "0.5, as the scores lie in [0, 1]"


def _usual(data: str, policy: Policy) -> str:
    """Return a reminder where a card names another threshold as its usual one; the contract's default stays."""
    entry = CATALOGUE.get(data)
    if entry is None or entry.threshold in (None, policy.otherwise):
        return ""
    return f"; the card's usual one is {entry.threshold:g}"


def _known(groups: dict[str, float], dataset: Dataset, attribute: str) -> dict[str, float]:
    """Return the thresholds by the groups' own names, which are canonical text."""
    levels = dataset.attribute(attribute).levels
    found = {group if group in levels else canonical(group): threshold for group, threshold in groups.items()}
    unknown = [group for group in found if group not in levels]
    if unknown:
        raise invalid("a threshold must belong to a group of the data", f"--threshold, attribute {attribute!r}",
                      ", ".join(map(repr, unknown)), f"use one of: {', '.join(map(repr, levels[:20]))}")
    return found


def read_policy(path: Path) -> Policy:
    """Return the policy in a file.

    Raises
    ------
    InvalidPolicy
        Unreadable, too large, no JSON or no policy.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        why = (error.strerror or "an error").lower()
        raise _refused("the file must be readable", path, why, "check the path") from None
    if len(text) > LARGEST:
        raise _refused("the file must be a policy", path, f"over {LARGEST // 10**6} MB", "choose another file")
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _refused("the file must be a policy in JSON", path, "something else", "export the policy again") from None
    return Policy.from_json(value)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _fitting(policy: Policy, dataset: Dataset) -> Policy:
    if policy.score is not None and policy.score not in dataset.scores:
        listed = ", ".join(map(repr, dataset.scores)) or "none"
        raise InvalidPolicy(Issue("error", "the policy must belong to this score", f"policy for {policy.score!r}",
                                  f"the data's score is {listed}", "name that score, or correct the policy"))
    return policy


def _refused(what: str, path: Path, got: str, do: str) -> InvalidPolicy:
    return InvalidPolicy(Issue("error", what, f"policy file {path.name!r}", got, do))
