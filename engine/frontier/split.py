"""Half to find, half to report: a number is never reported on the rows that it was optimised on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.counting.groups import grouping
from engine.counting.index import ScoreIndex, index_rows
from engine.counting.table import CountTable
from engine.errors import invalid
from engine.types import Dataset, frozen

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
    stratum = codes.astype(np.int64) * 3 + outcome
    small = stratum.astype(np.min_scalar_type(int(stratum.max(initial=0))))   # 16 bits sort five times as fast
    order = shuffled[np.argsort(small[shuffled], kind="stable")]
    turns = np.floor(np.arange(1, dataset.n + 1) * share + 1e-9)
    mask = np.zeros(dataset.n, dtype=bool)
    mask[order] = np.diff(turns, prepend=0) > 0
    return mask


def halves(table: CountTable, share: float, seed: int) -> tuple[CountTable, CountTable]:
    """Return the rows of a table dealt into those to find and those to report on, as two tables.

    In each group and outcome exactly the share is drawn without replacement, whatever its bins: the same split as
    `held_out`, of rows that are not here.

    Raises
    ------
    InvalidData
        The table is weighted: which weights a row drawn would carry is not in it.
    """
    if table.weights is not None:
        raise invalid("a weighted table of counts cannot be split", "split", "weights", "use --split none")
    generator = np.random.default_rng(seed)
    kept = np.zeros_like(table.counts)
    for g, s in np.ndindex(table.counts.shape[0], table.counts.shape[2]):
        cells = table.counts[g, :, s]
        wanted = int(np.floor(cells.sum() * share + 0.5))
        kept[g, :, s] = generator.multivariate_hypergeometric(cells, wanted, method="marginals")
    none = np.zeros(table.score_sum.shape)   # sums of scores are not split: no frontier needs them
    return tuple(replace(table, counts=frozen(part), score_sum=none, score_squares=none)   # type: ignore[return-value]
                 for part in (table.counts - kept, kept))


def index_of(dataset: Dataset, attributes: Sequence[str], rows: Mask) -> ScoreIndex:
    """Return the exact index of some rows over the groups of all rows."""
    groups, codes = grouping(dataset, attributes)
    label = None if dataset.label is None else dataset.label[rows]
    weight = None if dataset.weight is None else dataset.weight[rows]
    return index_rows(dataset.score_values()[rows], label, codes[rows], groups, weight)
