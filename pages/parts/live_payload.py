"""What the live threshold explorer is told: counts, registries, policies, all as JSON values and base64."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np

from engine.charts.theme import SHOWN
from engine.counting.counted import Index
from engine.counting.counts import CELLS, NO_LABEL, Numbers
from engine.counting.table import CountTable
from engine.intervals import quantile
from engine.metrics import DISPARITIES, ERROR_ODDS, RATES, Costs, Rate
from engine.policy import Mix, Policy
from engine.text import plain
from engine.types import Favourable

MOST_GROUPS = 120           # beyond, the counts are too much to send: native sliders do the work
FAR = float(np.finfo(float).max)
COMPARED = ("disparate_impact_ratio", "demographic_parity_difference", "equal_opportunity_difference",
            "predictive_equality_difference", "equalized_odds_difference")
NO_SHARES = ("matthews_correlation", "expected_cost")
READ = ("Drag a line, click into a histogram or use the arrow keys: rows at or right of the line are selected, and "
        "every number follows at once. Look for groups whose lines stand alike while their rates part; when you let "
        "go, the server works out the same numbers again.")


@dataclass(frozen=True)
class Handle:
    """A line to drag: one group, or all groups that have none of their own."""

    name: str
    badge: str
    members: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """How the numbers are read: rates in the table, smallest group compared, level, costs, favourable decision."""

    metrics: tuple[str, ...]
    min_group: int = 30
    level: float = 0.95
    costs: Costs = field(default_factory=Costs)
    favourable: Favourable = "selected"
    outcome: bool = True


def explorable(table: CountTable) -> bool:
    """Return whether a table can be dragged: it has scores, and not more groups than a page can carry."""
    return 0 < len(table.groups) <= MOST_GROUPS and len(table.edges) > 0


def fits(table: CountTable, policy: Policy) -> bool:
    """Return whether a policy can be shown on a table: it depends on no attribute that the table does not have."""
    return set(policy.attributes) <= set(table.groups.attributes)


def handles(table: CountTable) -> tuple[Handle, ...]:
    """Return a line for each of the largest groups, in the table's order, and one for all others together."""
    rows = table.counts.sum(axis=(1, 2))
    own = sorted(int(g) for g in np.argsort(-rows, kind="stable")[:SHOWN] if rows[g])
    found = [Handle(plain(table.groups.names[g]), str(g + 1), (g,)) for g in own]
    rest = tuple(g for g in range(len(rows)) if g not in own)
    if rest:
        found.append(Handle(f"{len(rest)} other groups", "+", rest))
    return tuple(found)


def payload(table: CountTable, lines: Sequence[Handle], reading: Reading) -> dict[str, Any]:
    """Return what the browser needs to work out every number: counts, registries, how to read them."""
    slots = 3 if table.counts[..., NO_LABEL].any() else 2
    sizes = table.counts.sum(axis=(1, 2))
    values = table.counts if table.weights is None else table.weights
    shown = {key: _rate(RATES[key], reading) for key in RATES} | {ERROR_ODDS.key: _rate(ERROR_ODDS, reading)}
    return {
        "rule": table.rule, "edges": packed(table.edges), "slots": slots, "bins": packed(values[..., :slots]),
        "squares": None if table.squares is None else packed(table.squares[..., :slots]), "sizes": sizes.tolist(),
        "names": [plain(name) for name in table.groups.names],
        "handles": [{"name": line.name, "badge": line.badge, "members": list(line.members),
                     "rows": int(sizes[list(line.members)].sum()),
                     "small": bool((sizes[list(line.members)] < reading.min_group).all())} for line in lines],
        "rates": shown, "shown": list(reading.metrics), "least": reading.min_group,
        "disparities": [{"key": key, "name": DISPARITIES[key].name, "form": DISPARITIES[key].form,
                         "rates": list(DISPARITIES[key].rates)} for key in COMPARED],
        "decision": "being selected" if reading.favourable == "selected" else "not being selected",
        "reading": {"z": quantile(reading.level), "outcome": reading.outcome,
                    "costs": [reading.costs.false_positive, reading.costs.false_negative]},
        "caption": f"Rates at the thresholds in use, with {100 * reading.level:g} % intervals; exact at every stop.",
        "read": READ,
    }


def packed(numbers: Numbers) -> dict[str, str]:
    """Return numbers as base64 of little-endian uint32 where they are small counts, else of float64; exact to 2**53.

    >>> packed(np.array([1, 2]))
    {'kind': 'u4', 'text': 'AQAAAAIAAAA='}
    """
    whole = np.issubdtype(numbers.dtype, np.integer) and numbers.max(initial=0) < 2**32
    kind = "<u4" if whole else "<f8"
    text = base64.b64encode(np.ascontiguousarray(numbers, dtype=kind).tobytes()).decode("ascii")
    return {"kind": kind[1:], "text": text}


def _rate(rate: Rate, reading: Reading) -> dict[str, Any]:
    """Return one row of the registry in the browser's terms; cells in the order of `CELLS`."""
    top = rate.top
    if rate.key == "favourable_rate" and reading.favourable == "not-selected":
        top = tuple(cell for cell in CELLS if cell not in top)
    dear = max(reading.costs.false_positive, reading.costs.false_negative) or 1.0
    span = {"matthews_correlation": [-1.0, 1.0], "expected_cost": [0.0, dear]}.get(rate.key, [0.0, 1.0])
    return {
        "key": rate.key, "name": rate.name, "undefined": rate.undefined, "needs_outcome": rate.needs_outcome,
        "top": [cell in top for cell in CELLS] if top else None, "bottom": [cell in rate.bottom for cell in CELLS],
        "range": span, "share": rate.key not in NO_SHARES,
    }


def digest(table: CountTable) -> str:
    """Name the counts, so that thresholds chosen on others are never applied to them."""
    weights = b"" if table.weights is None else table.weights.tobytes()
    return hashlib.sha256(table.digest().encode() + weights).hexdigest()[:16]


def mixes(table: CountTable, line: Handle, policy: Policy) -> list[list[float]]:
    """Return the thresholds of a line and their probabilities; infinite ones as the largest float."""
    distinct = dict.fromkeys(mix_of(table, g, policy) for g in line.members)
    found = [pair for mix in distinct for pair in mix]
    return [[min(max(t, -FAR), FAR), p] for t, p in found[:SHOWN]]


def mix_of(table: CountTable, g: int, policy: Policy) -> Mix:
    """Return a group's thresholds; a policy over fewer attributes names the group by those."""
    groups = table.groups
    if not policy.attributes or policy.attributes == groups.attributes:
        return policy.mix(groups.names[g])
    coarser, place = groups.project(policy.attributes)
    return policy.mix(coarser.names[place[g]])


def fixed(
    table: CountTable, lines: Sequence[Handle], policy: Policy, index: Index | None
) -> dict[int, dict[str, Any]]:
    """Return, for lines whose policy is no single edge, what to draw and the counts by Python."""
    loose = [h for h, line in enumerate(lines) if not _on_edge(table, line, policy)]
    if not loose:
        return {}
    counts = (index or table).under(policy)
    if index is not None:
        groups, place = index.groups.project(table.groups.attributes)
        counts = counts.fold(place, len(groups))
    return {
        h: {
            "lines": mixes(table, lines[h], policy),
            "cells": counts.values[list(lines[h].members)].tolist(),
            "squares": None if counts.squares is None else counts.squares[list(lines[h].members)].tolist(),
        }
        for h in loose
    }


def _on_edge(table: CountTable, line: Handle, policy: Policy) -> bool:
    """Return whether the groups of a line have one threshold, an edge or nobody."""
    mixes = {mix_of(table, g, policy) for g in line.members}
    mix = next(iter(mixes))
    return len(mixes) == 1 and len(mix) == 1 and (mix[0][0] == inf or bool(np.any(table.edges == mix[0][0])))
