"""Which rows, or which cells, are out of line. Proof is kept apart from suspicion; reweighting names no row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.manipulation.cells import Counts, shares_of
from engine.manipulation.columns import MOST_LEVELS
from engine.manipulation.inclusion import aligned
from engine.manipulation.nulls import Mode, correction
from engine.manipulation.sample import Sample, matrix, scales
from engine.types import Feature, Floats, Ints

Evidence = Literal["multiset", "requery", "neighbour"]
PROOF: tuple[Evidence, ...] = ("multiset", "requery")
WORDS: dict[Evidence, str] = {
    "multiset": "more copies than the database holds",
    "requery": "the model decides otherwise",
    "neighbour": "further from every reference row than reference rows are from each other",
}
CALIBRATION = 3_000   # reference rows whose own distances set the scale
MOST = 20_000_000     # numbers held while neighbours are sought


@dataclass(frozen=True)
class Suspect:
    """A submitted row that is out of line: its place among the submitted data rows (from 1), why, and how sure."""

    row: int
    evidence: Evidence
    p_value: float | None   # None where the evidence is proof

    @property
    def proof(self) -> bool:
        """Whether an honest sample cannot hold such a row."""
        return self.evidence in PROOF


@dataclass(frozen=True, eq=False)
class CellResiduals:
    """Each cell's rows, what was expected, by how many standard errors they differ, and how much more often drawn."""

    observed: Ints        # (G, 2)
    expected: Floats
    residual: Floats      # standardised; NaN where none or all rows are expected
    selection: Floats     # observed share by reference share; NaN at 0/0


def residuals(submitted: Ints, reference: Counts, mode: Mode) -> CellResiduals:
    """Return each cell's standardised residual: (observed - expected) / standard error.

    In mode B both samples scatter, so that the error is that of a difference of two shares.
    """
    size, total = float(submitted.sum()), float(reference.sum())
    share = shares_of(reference)
    pooled = (submitted + reference) / (size + total) if mode == "B" else share
    variance = size * pooled * (1 - pooled) * (1 + size / total if mode == "B" else correction(int(size), total, mode))
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.where(variance > 0, (submitted - size * share) / np.sqrt(variance), np.nan)
        selection = np.where(share > 0, submitted / size / share, np.nan)
    return CellResiduals(submitted, size * share, residual, selection)


def strangers(submitted: Sample, reference: Sample, alpha: float, rng: np.random.Generator) -> list[Suspect]:
    """Return submitted rows that lie further from the reference than chance allows, by Benjamini and Hochberg's rule.

    A row's distance to its nearest reference row is ranked among the distances of reference rows to their nearest
    neighbours: a conformal p-value, valid where both samples are exchangeable. Bates et al. 2023.
    """
    pairs = [pair for pair in aligned(reference.features, submitted.features) if len(pair[0].levels) <= MOST_LEVELS]
    pairs += [_cells(reference, submitted)]
    ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    units = scales(ours)
    pool, own = matrix(ours, units), matrix(theirs, units)
    if len(pool) < 2:
        return []
    usual = rng.choice(len(pool), min(CALIBRATION, len(pool)), replace=False)
    scale = np.sort(np.round(_distances(pool[usual], pool, 2), 9))
    far = np.round(_distances(own, pool, 1), 9)
    p = (1 + len(scale) - np.searchsorted(scale, far, side="left")) / (len(scale) + 1)
    return [Suspect(int(submitted.rows[i]) + 1, "neighbour", float(p[i])) for i in rejected(p, alpha)]


def rejected(p: Floats, alpha: float) -> Ints:
    """Return the places that Benjamini and Hochberg's procedure rejects at a false discovery rate, smallest p first.

    >>> rejected(np.array([0.5, 0.001, 0.02]), 0.05)
    array([1, 2])
    """
    order = np.argsort(p, kind="stable")
    under = np.flatnonzero(p[order] <= alpha * np.arange(1, len(p) + 1) / max(len(p), 1))
    chosen: Ints = order[: under[-1] + 1] if len(under) else order[:0]
    return chosen


def _cells(reference: Sample, submitted: Sample) -> tuple[Feature, Feature]:
    """Return group and decision as one more category to compare."""
    names = tuple(str(place) for place in range(2 * len(reference.groups)))
    codes = [(2 * sample.group + sample.decision).astype(np.int32) for sample in (reference, submitted)]
    return Feature("cell", codes[0], names), Feature("cell", codes[1], names)


def _distances(rows: Floats, pool: Floats, nth: int) -> Floats:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(nth, len(pool)), algorithm="brute").fit(pool)
    block = max(MOST // max(rows.shape[1], 1), 1)
    parts = [search.kneighbors(rows[start : start + block])[0][:, -1] for start in range(0, len(rows), block)]
    return np.concatenate(parts) if parts else np.zeros(0)
