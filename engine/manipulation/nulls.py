"""What an honest sample would look like: exact draws of its cells, and p-values among them.

The reference decides: the whole database (A) gives multivariate hypergeometric draws, an independent sample (B) a
permutation of both samples together, known proportions (C) multinomial draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from engine import backend
from engine.errors import invalid
from engine.manipulation.cells import Counts, mmd, ratio, shares_of, wasserstein
from engine.types import Floats, Ints

Mode = Literal["A", "B", "C"]
MODES: dict[Mode, str] = {
    "A": "the full database that the sample was drawn from",
    "B": "an independent sample of the same population",
    "C": "known proportions",
}
EMPTY = 0.5   # rows that an empty cell of the sample counts for where a logarithm would be infinite


def null_cells(reference: Counts, submitted: Ints, mode: Mode, draws: int, rng: np.random.Generator) -> Ints:
    """Return (draws, G, 2) cells of honest samples as large as the one submitted.

    Raises
    ------
    InvalidData
        In mode A, a sample larger than its reference.

    Examples
    --------
    >>> whole = np.array([[1478, 160], [2267, 1095]])
    >>> null_cells(whole, whole // 10, "A", 2, np.random.default_rng(0)).sum(axis=(1, 2))
    array([498, 498])
    """
    size = int(submitted.sum())
    if mode == "C":
        shares = shares_of(reference).ravel()
        dealt = backend.chosen("multinomial", draws * shares.size).multinomial(size, shares, draws, rng)
        return dealt.reshape(draws, -1, 2)
    pool = np.asarray(reference, dtype=np.int64) + (submitted if mode == "B" else 0)
    if size > pool.sum():
        raise invalid("a sample cannot be larger than the database it was drawn from", "the submitted sample",
                      f"{size:,} rows against {int(pool.sum()):,}",
                      "check which file is which, or call the reference an independent sample")
    # The default algorithm works row by row where groups are many and rows few; this one by cells.
    return rng.multivariate_hypergeometric(pool.ravel(), size, draws, method="marginals").reshape(draws, -1, 2)


def correction(size: int, population: float, mode: Mode) -> float:
    """Return the finite-population factor of a variance: 1 - m/n in mode A, else 1."""
    return max(1 - size / population, 0.0) if mode == "A" else 1.0


def cell_statistics(cells: Ints, submitted: Ints, reference: Counts, mode: Mode) -> dict[str, Floats]:
    """Return each cell test's statistic of tables (..., G, 2) of one size; more is further from honest.

    `direct_ratio` is the ratio, in mode B less that of the other rows; NaN counts as infinitely far.
    """
    rest = np.asarray(reference) + submitted - cells if mode == "B" else reference
    direct = ratio(cells) - ratio(rest) if mode == "B" else ratio(cells)
    found = {
        "direct_ratio": np.where(np.isnan(direct), np.inf, direct),
        "g_test": _g(cells, rest, mode),
        "wasserstein": wasserstein(cells, rest),
        "mmd": mmd(cells, rest),
    }
    # Equal tables must tie, whatever the order their terms were added in.
    return {key: np.round(values, 12) for key, values in found.items()}


def _g(cells: Ints, rest: Counts, mode: Mode) -> Floats:
    """Return 2m KL(P || q) of a sample against its reference, or the two-sample likelihood ratio in mode B."""
    if mode == "B":
        pool = cells + rest
        return _entropy(cells, pool) + _entropy(rest, pool)
    p = shares_of(rest)
    size = cells.sum(axis=(-2, -1))
    q = np.maximum(cells, EMPTY) / size[..., None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), np.where(cells > 0, np.inf, 0.0))
    found: Floats = 2 * size * terms.sum(axis=(-2, -1))
    return found


def _entropy(cells: Counts, pool: Counts) -> Floats:
    expected = pool * (cells.sum(axis=(-2, -1), keepdims=True) / pool.sum(axis=(-2, -1), keepdims=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(cells > 0, cells * np.log(cells / expected), 0.0)
    found: Floats = 2 * terms.sum(axis=(-2, -1))
    return found


def p_values(statistics: Floats) -> Floats:
    """Return, for each of (R + 1,) statistics, the share that are as large: the first one's is its add-one p-value.

    >>> p_values(np.array([3.0, 1.0, 3.0, 2.0]))
    array([0.5 , 1.  , 0.5 , 0.75])
    """
    order = np.sort(statistics)
    found: Floats = (len(order) - np.searchsorted(order, statistics, side="left")) / len(order)
    return found


def family_p(p: Mapping[str, Floats] | Sequence[Floats]) -> float:
    """Return the p-value of the smallest of several p-values, calibrated on the same draws (Westfall and Young 1993).

    Each array holds the p-values of the sample, first, and of the same draws in the same order; the shortest decides
    how many draws are used.
    """
    arrays = list(p.values()) if isinstance(p, Mapping) else list(p)
    shared = min(map(len, arrays))
    return float(p_values(-np.min([array[:shared] for array in arrays], axis=0))[0])


def best_of(p: float, draws: int) -> float:
    """Return the chance that the best of so many honest draws looks this extreme, ``1 - (1 - p)^N``.

    >>> round(best_of(0.0681, 30), 2)
    0.88
    """
    return float(1 - (1 - p) ** draws)
