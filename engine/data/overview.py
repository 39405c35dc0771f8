"""What a data set holds before any score is looked at: missing values by column, a numeric outcome by group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.errors import invalid
from engine.text import plain
from engine.types import MISSING, UNKNOWN, AttributeValues, Dataset, Floats

Overview = dict[str, list[str] | list[int] | list[float] | list[float | None]]


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


def target_by_group(dataset: Dataset, attribute: str) -> Overview:
    """Return the numeric outcome of each group of a protected attribute.

    Parameters
    ----------
    dataset
        A data set with a numeric target; its exposure, where it has one, is what the target is divided by. Weights are
        not used.
    attribute
        Column name of the protected attribute; KeyError where there is none.

    Returns
    -------
    dict
        Columns ``group``, ``rows``, ``total``, ``mean`` and, with exposure, ``exposure`` and ``per exposure``. A mean
        without rows is None.

    Raises
    ------
    InvalidData
        Where the data have no numeric target.
    """
    if dataset.target is None:
        raise invalid("a numeric outcome is needed", f"data '{plain(dataset.name)}'", "none", "choose another table")
    values = dataset.attribute(attribute)
    total = _sums(values, dataset.target)
    rows = _sums(values, np.ones(dataset.n))
    table: Overview = {
        "group": [plain(level) for level in values.levels], "rows": [int(n) for n in rows],
        "total": [float(t) for t in total], "mean": _divided(total, rows),
    }
    if dataset.exposure is not None:
        exposure = _sums(values, dataset.exposure)
        table["exposure"] = [float(e) for e in exposure]
        table["per exposure"] = _divided(total, exposure)
    return table


def _missing(dataset: Dataset) -> Iterator[tuple[str, str, int]]:
    if dataset.label is not None and dataset.roles.label is not None:
        yield dataset.roles.label, "outcome", int(np.count_nonzero(dataset.label == UNKNOWN))
    for name, score in dataset.scores.items():
        yield name, "score", int(np.count_nonzero(np.isnan(score)))
    for item in dataset.attributes:
        absent = item.levels.index(MISSING) if MISSING in item.levels else None
        yield item.name, "protected", 0 if absent is None else int(np.count_nonzero(item.codes == absent))
    for feature in dataset.features:
        gone = feature.values < 0 if feature.levels else np.isnan(feature.values)
        yield feature.name, "feature", int(np.count_nonzero(gone))


def _sums(attribute: AttributeValues, values: Floats) -> Floats:
    return np.bincount(attribute.codes, weights=values, minlength=len(attribute.levels)).astype(np.float64)


def _divided(above: Floats, below: Floats) -> list[float | None]:
    return [float(a / b) if b > 0 else None for a, b in zip(above, below, strict=True)]
