"""The outcome itself in the place of a score: what differs between cells before any model is asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.errors import invalid
from engine.text import plain
from engine.types import UNKNOWN, Dataset, frozen

OUTCOME = "the outcome"


def observed(dataset: Dataset) -> Dataset:
    """Return the data with the outcome as the score in use, so that `diagnose` tells of the outcome's own gaps.

    A yes/no outcome is 1 or 0, its mean a base rate; rows without an outcome have no score. A count with an exposure
    becomes a rate, and rows weigh by their exposure: the weighted mean of a cell is then its count over its exposure.

    Raises
    ------
    InvalidData
        The data have no outcome.
    """
    if dataset.label is not None:
        return dataset.with_scores(OUTCOME, np.where(dataset.label == UNKNOWN, np.nan, dataset.label))
    if dataset.target is None:
        raise invalid("an outcome is needed", f"data '{plain(dataset.name)}'", "none", "name one")
    if dataset.roles.target_kind != "count" or dataset.exposure is None:
        return dataset.with_scores(OUTCOME, dataset.target)
    weight = dataset.exposure if dataset.weight is None else dataset.weight * dataset.exposure
    return replace(dataset, weight=frozen(weight.copy())).with_scores(OUTCOME, dataset.target / dataset.exposure)
