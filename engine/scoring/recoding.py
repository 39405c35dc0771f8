"""The same people with another recorded group: features with an attribute set to one value, and what a model says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.scoring.models import FoldModel
from engine.types import AttributeValues, Feature, Floats, Ints, frozen


def recoded(features: Sequence[Feature], attribute: AttributeValues, value: str) -> tuple[Feature, ...]:
    """Return features with everybody's attribute set to one of its levels; unchanged where it is not among them.

    >>> sex = AttributeValues("sex", "nominal", np.array([0, 1], dtype=np.int32), ("F", "M"))
    >>> recoded([Feature("sex", sex.codes, sex.levels)], sex, "M")[0].values.tolist()
    [1, 1]
    """
    code = attribute.levels.index(value)
    everybody = frozen(np.full(len(attribute.codes), code, dtype=np.int32))
    return tuple(Feature(feature.name, everybody, feature.levels) if feature.name == attribute.name else feature
                 for feature in features)


def scores_by_value(fold: FoldModel, attribute: AttributeValues, values: Sequence[str], rows: Ints) -> Floats:
    """Return what a fold's model says of rows, were their attribute each of some values, (rows, values)."""
    return np.stack([fold.scores(rows, recoded(fold.features, attribute, value)) for value in values], axis=1)
