"""The attack on the columns that a model sees, for a logistic model trained here: the white-box case of the paper.

The paper walks down a gradient until enough decisions turn. For a logistic model the end of that walk is known: the
shortest way over the threshold is straight along the coefficients, so no iteration is needed. Only numbers move;
categories stay, as half a category is no row at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.errors import invalid
from engine.manipulation.moves import DOWN, UP, Candidates
from engine.manipulation.sample import Sample, matrix, scales
from engine.types import Feature, Floats, Ints, frozen

OVER = 1e-6   # how far past the threshold a moved row lands, in standard deviations


@dataclass(frozen=True, eq=False)
class Model:
    """A logistic model of this sample: margins above the threshold, and where its numbers push them."""

    margin: Floats                    # (n,) favourable from 0 on
    push: dict[str, float]            # coefficient of each column of numbers, per standard deviation


def modelled(sample: Sample, seed: int = 0) -> tuple[Sample, Model]:
    """Return the sample with the decisions of a logistic model trained on it, at the same overall share, and the model.

    The model learns the outcome where there is one, else the decisions; it never sees the groups.

    Raises
    ------
    InvalidData
        There is no column of numbers to move, or one kind of outcome or decision only.
    """
    from sklearn.linear_model import LogisticRegression

    label = sample.decision
    if sample.label is not None and np.array_equal(np.unique(sample.label), [0, 1]):
        label = sample.label
    numbers = [feature for feature in sample.features if not feature.levels]
    if not numbers or len(np.unique(label)) < 2:
        raise invalid("the gradient attack needs a model of numbers", "the data",
                      "no column of numbers" if not numbers else "one outcome only", "choose nearest_x or matching")
    points = matrix(sample.features)
    fitted = LogisticRegression(max_iter=1_000, random_state=seed).fit(points, label)
    score: Floats = fitted.decision_function(points)
    share = float(sample.decision.mean())
    # A model of the unfavourable event ranks the other way round.
    turned = bool(np.corrcoef(score, sample.decision)[0, 1] < 0)
    score = -score if turned else score
    limit = float(np.quantile(score, 1 - share))
    coefficients = _numeric(sample.features, fitted.coef_[0] * (-1 if turned else 1))
    decision = frozen((score >= limit).astype(np.int8))
    return replace(sample, decision=decision), Model(score - limit, coefficients)


def straight(sample: Sample, model: Model) -> list[Candidates]:
    """Return the rows that a straight move could turn, shortest first: up in the first side, down in the second."""
    length = float(np.sqrt(sum(c * c for c in model.push.values())))
    if length == 0:
        raise invalid("the model must use a column of numbers", "the data", "coefficients of 0", "choose nearest_x")
    found = []
    for source, target in (UP, DOWN):
        rows = np.flatnonzero((sample.group == source[0]) & (sample.decision == source[1])).astype(np.int64)
        cost = np.abs(model.margin[rows]) / length + OVER
        order = np.argsort(cost, kind="stable")
        found.append(Candidates(source, target, rows[order], rows[order], cost[order]))
    return found


def pushed(sample: Sample, model: Model, rows: Ints) -> tuple[Feature, ...]:
    """Return the columns after the moves of `rows`, each just over the threshold."""
    length = sum(c * c for c in model.push.values()) ** 0.5
    way = -np.sign(model.margin[rows]) * (np.abs(model.margin[rows]) / length + OVER)
    way = np.where(model.margin[rows] == 0, -OVER, way)
    scale = scales(sample.features)

    def moved(feature: Feature) -> Feature:
        if feature.levels or feature.name not in model.push:
            return feature
        values = feature.values.astype(np.float64)
        start = np.where(np.isnan(values[rows]), scale[feature.name][0], values[rows])
        values[rows] = start + way * model.push[feature.name] / length * scale[feature.name][1]
        return Feature(feature.name, frozen(values))

    return tuple(moved(feature) for feature in sample.features)


def _numeric(features: tuple[Feature, ...], coefficients: Floats) -> dict[str, float]:
    """Return the coefficient of each column of numbers, in the order that `matrix` lays columns out."""
    scale, place, found = scales(features), 0, {}
    for feature in features:
        if feature.levels:
            place += len(feature.levels)
        elif scale[feature.name][1] > 0:
            found[feature.name] = float(coefficients[place])
            place += 2
    return found
