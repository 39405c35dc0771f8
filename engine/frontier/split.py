"""Half to find, half to report: a number is never reported on the rows that it was optimised on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.counting.groups import grouping
from engine.counting.index import ScoreIndex, index_rows
from engine.types import Dataset

Mask = NDArray[np.bool_]


def held_out(dataset: Dataset, attributes: Sequence[str], share: float, seed: int) -> Mask:
    """Return which rows are kept for reporting.

    Every group and outcome is split alike: within each, rows are shuffled by the seed and every ``1 / share``-th is
    kept, running on from one to the next, so that each share is met within one row.

    Parameters
    ----------
    share
        Of the rows, between 0 and 1.

    Returns
    -------
    mask
        (n,) the same for the same data, attributes, share and seed.
    """
    _, codes = grouping(dataset, attributes)
    outcome = np.zeros(dataset.n, dtype=np.int64) if dataset.label is None else dataset.label.astype(np.int64) + 1
    shuffled = np.random.default_rng(seed).permutation(dataset.n)
    order = shuffled[np.argsort((codes.astype(np.int64) * 3 + outcome)[shuffled], kind="stable")]
    turns = np.floor(np.arange(1, dataset.n + 1) * share + 1e-9)
    mask = np.zeros(dataset.n, dtype=bool)
    mask[order] = np.diff(turns, prepend=0) > 0
    return mask


def index_of(dataset: Dataset, attributes: Sequence[str], rows: Mask) -> ScoreIndex:
    """Return the exact index of some rows over the groups of all rows."""
    groups, codes = grouping(dataset, attributes)
    label = None if dataset.label is None else dataset.label[rows]
    weight = None if dataset.weight is None else dataset.weight[rows]
    return index_rows(dataset.score_values()[rows], label, codes[rows], groups, weight)
