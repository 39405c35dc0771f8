"""Models trained here, so that a data set without a score has one to look at. Out-of-fold scores only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Issue, invalid, stopped
from engine.text import plain
from engine.types import UNKNOWN, Cancelled, Dataset, Feature, Floats, Ints, Labels, Progress

Estimator = Any   # scikit-learn has no types that mypy can read
Matrix = Any      # scipy sparse array, (n, columns)

FOLDS = 5
MOST_ROWS = 200_000   # rows that one fold's model is fitted on; more change a logistic model's scores very little


@dataclass(frozen=True)
class Model:
    """A kind of model: its name on screen and how to make an unfitted one from a seed."""

    key: str
    name: str
    build: Callable[[int], Estimator]


def _logistic(seed: int) -> Estimator:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1_000, random_state=seed)


MODELS: dict[str, Model] = {model.key: model for model in (Model("logistic", "logistic", _logistic),)}


def cross_fitted(
    dataset: Dataset, model: str = "logistic", folds: int = FOLDS, seed: int = 0,
    progress: Progress | None = None, cancelled: Cancelled | None = None,
) -> Dataset:
    """Return the data set with a score of each row by a model that was not fitted on that row, in use.

    Numbers are imputed by their median with an indicator and standardised, categories are one-hot; the protected
    attributes are never among the columns. The rows with an outcome are dealt into folds of equal class shares; each
    fold is scored by the model of the others. Rows without an outcome get the mean of the folds' models. Weights are
    used where there are any. The same data, model, folds and seed give the same scores.

    Parameters
    ----------
    dataset
        With a label and at least one feature.
    model
        A key of `MODELS`.
    folds
        At least 2; fewer are used where a class has fewer rows.
    seed
        Deals the rows into folds.
    progress, cancelled
        Told after each fold; asked before each.

    Raises
    ------
    InvalidData
        No such model, fewer than two folds, no label, no features, fewer than two rows of a class; or stopped.

    References
    ----------
    Chernozhukov et al. 2018, Double/debiased machine learning, The Econometrics Journal 21, for the name.
    """
    label, chosen, count = _checked(dataset, model, folds)
    progress = progress or (lambda fraction, words: None)
    cancelled = cancelled or (lambda: False)
    generator = np.random.default_rng(seed)
    fold = _dealt(label, count, generator)
    scores, unknown = np.zeros(len(label)), label == UNKNOWN
    for k in range(count):
        if cancelled():
            raise stopped(f"fitting on '{plain(dataset.name)}'")
        progress(k / count, f"fold {k + 1} of {count}")
        rows = _some(np.flatnonzero((fold != k) & ~unknown), generator)
        predict = _fitted(dataset, label, rows, chosen.build(seed))
        scores[fold == k] = predict(np.flatnonzero(fold == k))
        if unknown.any():
            scores[unknown] += predict(np.flatnonzero(unknown)) / count
    progress(1.0, "done")
    return _scored(dataset, _score_name(chosen, folds, seed), count, scores)


def _checked(dataset: Dataset, model: str, folds: int) -> tuple[Labels, Model, int]:
    where = f"data set '{plain(dataset.name)}'"
    if model not in MODELS:
        raise invalid("the model must be known", "model", f"'{plain(model)}'", f"choose one of: {', '.join(MODELS)}")
    if folds < 2:
        raise invalid("cross-fitting needs two folds or more", "folds", f"{folds}", "choose 5")
    if dataset.label is None:
        do = "choose a cut of the target" if dataset.target is not None else "name the outcome's column"
        raise invalid("a model needs a yes/no outcome", where, "none", do)
    if not dataset.features:
        raise invalid("a model needs features", where, "none", "choose the columns that it may use")
    smaller = min(int((dataset.label == value).sum()) for value in (0, 1))
    if smaller < 2:
        raise invalid("a model needs both outcomes", where, f"{smaller} rows of one", "choose another outcome")
    return dataset.label, MODELS[model], min(folds, smaller)


def _dealt(label: Labels, folds: int, generator: np.random.Generator) -> Ints:
    """Return the fold of each row, (n,): each class is shuffled and dealt in turn; -1 without an outcome."""
    fold = np.full(len(label), -1, dtype=np.int64)
    for value in (0, 1):
        rows = generator.permutation(np.flatnonzero(label == value))
        fold[rows] = np.arange(len(rows)) % folds
    return fold


def _some(rows: Ints, generator: np.random.Generator) -> Ints:
    if len(rows) <= MOST_ROWS:
        return rows
    chosen: Ints = np.sort(generator.choice(rows, MOST_ROWS, replace=False))
    return chosen


def _fitted(dataset: Dataset, label: Labels, rows: Ints, estimator: Estimator) -> Callable[[Ints], Floats]:
    """Return a function from rows to probabilities; everything it knows was learned from `rows`."""
    encoded = encoder_of(dataset, rows)
    weight = None if dataset.weight is None else dataset.weight[rows]
    estimator.fit(encoded(rows), label[rows], sample_weight=weight)

    def predict(chosen: Ints) -> Floats:
        result: Floats = estimator.predict_proba(encoded(chosen))[:, 1]
        return result

    return predict


def encoder_of(dataset: Dataset, rows: Ints) -> Callable[[Ints], Matrix]:
    """Return a function from rows to their features as a sparse matrix; medians and scales are those of `rows`."""
    encoders = [_encoder(feature, rows) for feature in dataset.features]
    return lambda chosen: _matrix(encoders, chosen)


Encoder = Callable[[Ints], NDArray[np.float64]]   # rows to (rows, columns)


def _encoder(feature: Feature, rows: Ints) -> Encoder:
    return _category(feature) if feature.levels else _number(feature, rows)


def _number(feature: Feature, rows: Ints) -> Encoder:
    seen = feature.values[rows].astype(np.float64)
    missing = np.isnan(seen)
    median = float(np.median(seen[~missing])) if not missing.all() else 0.0
    filled = np.where(missing, median, seen)
    mean, spread = float(filled.mean()), float(filled.std()) or 1.0

    def encode(chosen: Ints) -> Floats:
        values = feature.values[chosen].astype(np.float64)
        absent = np.isnan(values)
        standard = (np.where(absent, median, values) - mean) / spread
        return np.column_stack([standard, absent]) if missing.any() else standard[:, None]

    return encode


def _category(feature: Feature) -> Encoder:
    levels = np.arange(-1, len(feature.levels))

    def encode(chosen: Ints) -> Floats:
        hot: Floats = (feature.values[chosen][:, None] == levels).astype(np.float64)
        return hot

    return encode


def _matrix(encoders: list[Encoder], rows: Ints) -> Matrix:
    from scipy.sparse import csr_array, hstack

    return hstack([csr_array(encode(rows)) for encode in encoders], format="csr")


def _score_name(model: Model, folds: int, seed: int) -> str:
    """Return a name that differs where the scores do, so that nothing kept under it can be stale."""
    unusual = [f"{folds} folds"] * (folds != FOLDS) + [f"seed {seed}"] * (seed != 0)
    return f"{model.name} ({', '.join(['cross-fitted', *unusual])})"


def _scored(dataset: Dataset, name: str, folds: int, scores: Floats) -> Dataset:
    note = Issue(
        "note", "the score was made here", f"score '{name}'",
        f"{len(dataset.features)} features, {folds} folds, without the protected attributes",
        "bring a score of your own to assess that",
    )
    issues = (*(issue for issue in dataset.issues if issue.where != note.where), note)
    return replace(dataset, issues=issues).with_scores(name, scores)
