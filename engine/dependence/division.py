"""Rows that train, rows that choose, rows that report: every cell and outcome is divided alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.types import Floats, Ints

TRAIN, VALIDATION, TEST = 0, 1, 2
OUTCOME_GROUPS = 4   # of a measurement: its quartiles; counts beyond are one group


def outcome_groups(outcome: Floats, task: str) -> Ints:
    """Return a group of each outcome, (n,): the class, the count up to 4, or the quarter of a measurement."""
    if task == "regression":
        cuts = np.quantile(outcome, np.arange(1, OUTCOME_GROUPS) / OUTCOME_GROUPS)
        return np.searchsorted(cuts, outcome, side="right").astype(np.int64)
    return np.minimum(outcome, OUTCOME_GROUPS).astype(np.int64)


def divided(strata: Ints, shares: tuple[float, float], seed: int) -> Ints:
    """Return which part each row belongs to, (n,): `TRAIN`, `VALIDATION` or `TEST`.

    Rows are shuffled by the seed within strata, and every so-many-th is taken, running on from one stratum to the
    next: each share is met within one row over all, and within each stratum within about one.

    >>> [int((divided(np.zeros(8, dtype=int), (0.25, 0.25), 0) == part).sum()) for part in (0, 1, 2)]
    [4, 2, 2]
    """
    validation, test = shares
    shuffled = np.random.default_rng(seed).permutation(len(strata))
    order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    part = np.full(len(strata), TRAIN, dtype=np.int64)
    taken = _every(len(order), test)
    part[order[taken]] = TEST
    rest = order[~taken]
    part[rest[_every(len(rest), validation / (1 - test))]] = VALIDATION
    return part


def _every(rows: int, share: float) -> NDArray[np.bool_]:
    turns = np.floor(np.arange(1, rows + 1) * share + 1e-9)
    taken: NDArray[np.bool_] = np.diff(turns, prepend=0) > 0
    return taken


def dealt(strata: Ints, folds: int, seed: int) -> Ints:
    """Return the fold of each row, (n,): shuffled by the seed and dealt in turn, stratum after stratum.

    >>> [int((dealt(np.zeros(7, dtype=int), 3, 0) == fold).sum()) for fold in range(3)]
    [3, 2, 2]
    """
    shuffled = np.random.default_rng(seed).permutation(len(strata))
    order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    fold = np.empty(len(strata), dtype=np.int64)
    fold[order] = np.arange(len(strata)) % folds
    return fold
