"""Small data sets for tests."""

import numpy as np

from engine.counting.groups import Groups
from engine.types import AttributeValues, Dataset, Roles


def attribute(name, values, levels=None, reference=None):
    levels = tuple(levels) if levels is not None else tuple(sorted(set(values)))
    codes = np.array([levels.index(v) for v in values], dtype=np.int32)
    return AttributeValues(name, "nominal", codes, levels, reference)


def dataset(scores, label=None, weight=None, favourable="selected", **attributes):
    scores = np.asarray(scores, dtype=float)
    columns = tuple(attribute(name, list(values)) for name, values in attributes.items())
    return Dataset(
        "test",
        "0" * 64,
        "1" * 64,
        Roles(favourable=favourable),
        len(scores),
        columns,
        label=None if label is None else np.asarray(label, dtype=np.int8),
        scores={"s": scores},
        score="s",
        weight=None if weight is None else np.asarray(weight, dtype=float),
    )


def groups(count):
    return Groups(("g",), (tuple(str(g) for g in range(count)),), np.arange(count)[:, None])


def rows(rng, n, count=3, weights=False, unknown=0.1, ties=True):
    """Return scores, labels, codes, weights of n rows; a tenth without an outcome."""
    scores = rng.integers(0, 40, n) / 8 if ties else rng.random(n)
    label = np.where(rng.random(n) < unknown, -1, rng.random(n) < 0.4).astype(np.int8)
    return scores, label, rng.integers(0, count, n).astype(np.int32), rng.integers(1, 9, n) / 4 if weights else None


def count_by_hand(scores, label, codes, thresholds, weight=None):
    """Return (G, 6) cells by a loop over rows."""
    out = np.zeros((len(thresholds), 6))
    for i, score in enumerate(scores):
        if np.isfinite(score):
            chosen = score >= thresholds[codes[i]]
            out[codes[i], {1: 0, 0: 1, -1: 4}[int(label[i])] if chosen else {1: 2, 0: 3, -1: 5}[int(label[i])]] += (
                1 if weight is None else weight[i]
            )
    return out
