"""Rows dealt into folds, every group and outcome alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.types import Floats, Ints


@dataclass(frozen=True, eq=False)
class Rows:
    """What maps are fitted to and applied to; n rows."""

    score: Floats                  # (n,) finite
    label: Floats                  # (n,) 1, 0, or NaN where the outcome is unknown
    group: Ints                    # (n,) 0 to groups - 1
    fold: Ints                     # (n,) -1 where the outcome is unknown
    groups: int
    probability: bool              # whether every score of the data lies in 0 to 1
    weight: Floats | None = None   # (n,)

    @property
    def folds(self) -> int:
        """How many folds there are."""
        return int(self.fold.max()) + 1

    def at(self, chosen: Ints) -> Rows:
        """Return some of the rows, by position."""
        weight = None if self.weight is None else self.weight[chosen]
        return replace(self, score=self.score[chosen], label=self.label[chosen], group=self.group[chosen],
                       fold=self.fold[chosen], weight=weight)


def deal(label: Floats, group: Ints, folds: int, rng: np.random.Generator) -> Ints:
    """Return the fold of each row: every group and outcome is shuffled and dealt in turn; -1 without an outcome.

    >>> deal(np.array([0., 0, 1, 1, np.nan]), np.zeros(5, dtype=int), 2, np.random.default_rng(0)).tolist()[-1]
    -1
    """
    fold = np.full(len(label), -1, dtype=np.int64)
    known = rng.permutation(np.flatnonzero(np.isfinite(label)))
    stratum = group[known] * 2 + label[known].astype(np.int64)
    fold[known[np.argsort(stratum, kind="stable")]] = np.arange(len(known)) % folds
    return fold
