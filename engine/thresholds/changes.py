"""Who changes sides between two policies, in persons, by group and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.counting.counts import Numbers
from engine.counting.groups import Groups
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.policy import Policy

OUTCOMES = ("positive", "not positive", "unknown")
_SELECTED = (0, 1, 4)   # of CELLS: true positives, false positives, selected without an outcome


@dataclass(frozen=True, eq=False)
class Changes:
    """Rows that only one of two policies selects, per group and outcome (in the order of `OUTCOMES`)."""

    groups: Groups
    newly_selected: Numbers     # (G, 3)
    newly_rejected: Numbers     # (G, 3)
    expected: bool              # True where a policy draws lots: differences of expected counts


def changes(
    index: ScoreIndex | CountTable, attributes: Sequence[str], policy: Policy, baseline: Policy
) -> Changes:
    """Return who changes sides from `baseline` to `policy`, exactly: a threshold moves one way within a cell.

    Between lotteries the difference of expected counts is given, cell by cell, and `expected` says so.
    """
    selected = [index.under(p).rows[..., _SELECTED] for p in (policy, baseline)]
    moved = selected[0] - selected[1]
    groups, place = index.groups.project(attributes)

    def folded(part: Numbers) -> Numbers:
        out = np.zeros((len(groups), len(OUTCOMES)), dtype=part.dtype)
        np.add.at(out, place, part)
        return out

    drawn = "randomised" in (policy.kind, baseline.kind)
    return Changes(groups, folded(np.maximum(moved, 0)), folded(np.maximum(-moved, 0)), drawn)
