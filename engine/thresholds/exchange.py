"""Policies in and out: as edges of a table, as midpoints between scores, and whether one belongs to these data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import inf, isfinite
from typing import NoReturn

import numpy as np

from engine.counting.counted import Index
from engine.counting.groups import CROSS
from engine.counting.table import CountTable
from engine.errors import InvalidPolicy, Issue
from engine.policy import Mix, Policy
from engine.types import Dataset, Floats, Ints

LISTED = 8
LARGEST = 1_000_000   # bytes of a policy; 1,000 groups with lotteries take a tenth of it


def on_edges(table: CountTable, policy: Policy) -> Ints | None:
    """Return the edge of every group's threshold and of `otherwise` last, (G + 1,); None where one is no edge.

    The table must be over the policy's attributes, or the policy common. ``len(edges)`` stands for nobody.
    """
    mixes = [*(policy.mix(name) for name in table.groups.names), ((policy.otherwise, 1.0),)]
    if any(len(mix) > 1 for mix in mixes):
        return None
    thresholds = np.array([mix[0][0] for mix in mixes])
    edges = table.edge_of(thresholds)
    exact = (thresholds == inf) | (np.append(table.edges, inf)[edges] == thresholds)
    return np.asarray(edges) if exact.all() else None


def at_edges(table: CountTable, edges: Sequence[int], otherwise: int, score: str | None) -> Policy:
    """Return the policy with these edges as the groups' thresholds; no edges: one common threshold."""
    stops = np.append(table.edges, inf)
    if not len(edges):
        return Policy.common(float(stops[otherwise]), score)
    chosen = {name: float(stops[edge]) for name, edge in zip(table.groups.names, edges, strict=True)}
    return Policy.per_group(table.groups.attributes, chosen, float(stops[otherwise]), score)


def exported(policy: Policy, index: Index, dataset: Dataset) -> Policy:
    """Return the policy to be taken elsewhere: thresholds halfway between two neighbouring scores of these data.

    So ``>`` and ``>=`` decide alike, here and where the same scores come back a little differently. Who is selected
    here does not change. A threshold with no score on one side stays; the lowest score itself becomes ``-inf``.
    Of a table of counts the scores within a bin are not known: a threshold at the edge of such a bin stays.
    """
    scores = _scores(index)
    if isinstance(index, CountTable) and index.rule != "values":
        scores = scores[:0]

    def moved(mix: Mix) -> Mix:
        return tuple((midpoint(scores, threshold), chance) for threshold, chance in mix)

    return replace(
        policy, score=dataset.score, data_sha256=dataset.sha256, otherwise=midpoint(scores, policy.otherwise),
        thresholds=tuple((group, moved(mix)) for group, mix in policy.thresholds),
    )


def midpoint(scores: np.ndarray, threshold: float) -> float:
    """Return the point halfway between the scores next to a threshold; `scores` ascending, distinct.

    >>> midpoint(np.array([1.0, 2.0, 4.0]), 3.5), midpoint(np.array([1.0, 2.0]), 1.0), midpoint(np.array([1.0]), 9.0)
    (3.0, -inf, 9.0)
    """
    place = int(np.searchsorted(scores, threshold, side="left"))
    if not isfinite(threshold) or place == len(scores):
        return threshold
    if place == 0:
        return -inf if scores[0] == threshold else threshold
    below, above = float(scores[place - 1]), float(scores[place])
    middle = below + (above - below) / 2
    return middle if below < middle else above


def snapped(policy: Policy, table: CountTable, index: Index) -> Policy:
    """Return the policy on the table's edges where an edge next to each threshold selects the same rows of `index`.

    What cannot be moved without changing who is selected stays as it is.
    """
    scores = _scores(index)

    def moved(threshold: float) -> float:
        place = int(table.edge_of(np.array(threshold)))
        near = [float(edge) for edge in table.edges[max(0, place - 1):place + 1]] + [inf]
        wanted = np.searchsorted(scores, threshold, side="left")
        same = [edge for edge in near if np.searchsorted(scores, edge, side="left") == wanted]
        return threshold if threshold in near or not same else same[0]

    mixes = tuple((group, tuple((moved(t), p) for t, p in mix)) for group, mix in policy.thresholds)
    return replace(policy, thresholds=mixes, otherwise=moved(policy.otherwise))


def _scores(index: Index) -> Floats:
    """Return the distinct scores, ascending; of a table the edges of its bins."""
    scores: Floats = index.edges if isinstance(index, CountTable) else np.unique(index.scores)
    return scores


def read_policy(content: bytes, name: str) -> Policy:
    """Return the policy that a file holds.

    Raises
    ------
    InvalidPolicy
        Where the file is too large, no JSON, or no policy.
    """
    where = f"policy file {name!r}"
    if len(content) > LARGEST:
        raise _refused("the file must be a policy", where, f"over {LARGEST // 10**6} MB", "choose another file")
    try:
        value = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _refused("the file must be a policy in JSON", where, "something else", "download it again") from None
    return Policy.from_json(value)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)   # NaN and Infinity are not JSON


def fitting(policy: Policy, dataset: Dataset, groups: Sequence[str]) -> Policy:
    """Return the policy as it holds for these data's groups.

    Parameters
    ----------
    groups
        Raw names of the groups of the policy's attributes, in these data.

    Raises
    ------
    InvalidPolicy
        Where it is for another score, or names a group that these data do not have.
    """
    if policy.score is not None and policy.score not in dataset.scores:
        raise _refused("the policy must be for a score of these data", f"score {policy.score!r}",
                       _listed(list(dataset.scores)), "use data with that score, or correct the file")
    unknown = [name for name, _ in policy.thresholds if name not in set(groups)]
    if unknown:
        raise _refused("a policy may name only groups of these data", f"attributes {CROSS.join(policy.attributes)!r}",
                       _listed(unknown), f"use one of {_listed(list(groups))}")
    return policy


def known_attributes(policy: Policy, dataset: Dataset) -> None:
    """Raise `InvalidPolicy` where the policy depends on an attribute that these data do not have."""
    names = [attribute.name for attribute in dataset.attributes]
    unknown = [name for name in policy.attributes if name not in names]
    if unknown:
        raise _refused("a policy may depend only on protected attributes of these data",
                       f"attribute {', '.join(map(repr, unknown))}", f"the attributes are {_listed(names)}",
                       "name it as protected, or choose another policy")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return (", ".join(map(repr, names[:LISTED])) or "none") + more


def _refused(what: str, where: str, got: str, do: str) -> InvalidPolicy:
    return InvalidPolicy(Issue("error", what, where, got, do))
