"""Are the submitted rows rows of the database at all, as often as they occur there? An exact question, O(n + m)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.manipulation.sample import Sample
from engine.types import Feature, Ints

Column = NDArray[Any]


def aligned(first: Sequence[Feature], second: Sequence[Feature]) -> list[tuple[Feature, Feature]]:
    """Return the columns that both have, with categories coded alike; in the first one's order."""
    others = {feature.name: feature for feature in second}
    pairs = []
    for feature in first:
        other = others.get(feature.name)
        if other is not None and bool(feature.levels) == bool(other.levels):
            pairs.append((feature, other) if feature.levels == other.levels else _recoded(feature, other))
    return pairs


def surplus(submitted: Sample, reference: Sample) -> Ints:
    """Return the places of submitted rows in excess of the reference's, copies counted.

    Rows are compared in group, decision, outcome where both have one, and every common column, numbers exactly. Of
    equal rows the later ones count as surplus. An honest sample has none.
    """
    columns: list[tuple[Column, Column]] = [
        (reference.group, submitted.group), (reference.decision, submitted.decision)]
    if reference.label is not None and submitted.label is not None:
        columns.append((reference.label, submitted.label))
    columns += [(a.values, b.values) for a, b in aligned(reference.features, submitted.features)]
    key = np.zeros(len(reference) + len(submitted), dtype=np.int64)
    for pair in columns:
        _, codes = np.unique(_whole(np.concatenate(pair)), return_inverse=True)
        # Renumbered at each step, so that the key never outgrows its type.
        _, key = np.unique(key * (int(codes.max()) + 1) + codes.reshape(-1), return_inverse=True)
    have = np.bincount(key[: len(reference)], minlength=int(key.max()) + 1)
    ours = key[len(reference) :].reshape(-1)
    order = np.argsort(ours, kind="stable")
    starts = np.searchsorted(ours[order], ours[order], side="left")
    rank = np.empty(len(ours), dtype=np.int64)
    rank[order] = np.arange(len(ours)) - starts
    return np.flatnonzero(rank >= have[ours]).astype(np.int64)


def _whole(values: Column) -> Ints:
    """Return numbers as whole ones that are equal where they are: the bits of floats, with one zero and one NaN."""
    if values.dtype.kind != "f":
        return values.astype(np.int64)
    plain = np.where(np.isnan(values), np.nan, values + 0.0)
    return plain.astype(np.float64).view(np.int64)


def _recoded(first: Feature, second: Feature) -> tuple[Feature, Feature]:
    levels = tuple(dict.fromkeys((*first.levels, *second.levels)))
    place = {name: i for i, name in enumerate(levels)}

    def coded(feature: Feature) -> Feature:
        codes = np.array([*(place[name] for name in feature.levels), -1], dtype=np.int32)
        return Feature(feature.name, codes[feature.values.astype(np.int64)], levels)

    return coded(first), coded(second)
