"""What a data set holds before any score is looked at: missing values by column."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.text import plain
from engine.types import MISSING, UNKNOWN, Dataset

Overview = dict[str, list[str] | list[int] | list[float]]


def missing_values(dataset: Dataset, only: bool = False) -> Overview:
    """Return how many rows in use lack a value, per column that has a role.

    Parameters
    ----------
    dataset
        Excluded rows are not looked at: they are counted in ``dataset.excluded``.
    only
        Leave out columns that miss nothing.

    Returns
    -------
    dict
        Columns ``column`` and ``role`` (plain text, to be escaped by what shows it), ``missing`` (rows) and ``share``
        (of the rows in use, in [0, 1]; 0 without rows), in the order outcome, scores, protected, features.
    """
    found = [item for item in _missing(dataset) if item[2] or not only]
    rows = max(dataset.n, 1)
    return {
        "column": [plain(name) for name, _, _ in found],
        "role": [role for _, role, _ in found],
        "missing": [count for _, _, count in found],
        "share": [count / rows for _, _, count in found],
    }


def _missing(dataset: Dataset) -> Iterator[tuple[str, str, int]]:
    if dataset.label is not None and dataset.roles.label is not None:
        yield dataset.roles.label, "outcome", int(np.count_nonzero(dataset.label == UNKNOWN))
    decision = "second decision" if dataset.roles.scores else "decision"
    for name, score in dataset.scores.items():
        yield name, decision if name == dataset.roles.prediction else "score", int(np.count_nonzero(np.isnan(score)))
    for item in dataset.attributes:
        absent = item.levels.index(MISSING) if MISSING in item.levels else None
        yield item.name, "protected", 0 if absent is None else int(np.count_nonzero(item.codes == absent))
    for feature in dataset.features:
        gone = feature.values < 0 if feature.levels else np.isnan(feature.values)
        yield feature.name, "feature", int(np.count_nonzero(gone))
