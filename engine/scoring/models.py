"""Models trained here, so that a data set without a score has one to look at. Out-of-fold scores only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from engine.errors import Issue, invalid, stopped
from engine.scoring.encoding import Encoding, Matrix, learned
from engine.text import plain
from engine.types import UNKNOWN, AttributeValues, Cancelled, Dataset, Feature, Floats, Ints, Labels, Progress

Estimator = Any   # scikit-learn has no types that mypy can read

FOLDS = 5
MOST_ROWS = 200_000       # rows that one fold's model is fitted on; more change a model's scores very little
SCORED_AT_ONCE = 100_000  # rows; dense columns of more would fill the memory
SMALL = 50_000            # training rows below which boosting runs on one thread
PROTECTED_IN = "with the protected attributes"


@dataclass(frozen=True)
class Model:
    """A kind of model: its name on screen, how to make an unfitted one from a seed, whether it wants dense columns."""

    key: str
    name: str
    build: Callable[[int], Estimator]
    dense: bool = True


def _logistic(seed: int) -> Estimator:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1_000, random_state=seed)


def _boosting(seed: int) -> Estimator:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(random_state=seed)


def _forest(seed: int) -> Estimator:
    from sklearn.ensemble import RandomForestClassifier

    # Leaves of ten rows: with leaves of one, scores are shares of trees that remember single rows.
    return RandomForestClassifier(n_estimators=200, min_samples_leaf=10, random_state=seed)


def _tree(seed: int) -> Estimator:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=6, min_samples_leaf=20, random_state=seed)   # small enough to be read


MODELS: dict[str, Model] = {
    model.key: model
    for model in (
        Model("logistic", "logistic", _logistic, dense=False),
        Model("hist_gradient_boosting", "gradient boosting", _boosting),
        Model("random_forest", "random forest", _forest),
        Model("decision_tree", "decision tree", _tree),
    )
}


@dataclass(frozen=True, eq=False)
class FoldModel:
    """A model fitted on the other folds, and the rows that it scores because it has not seen them."""

    model: Model
    estimator: Estimator             # fitted
    features: tuple[Feature, ...]
    encoding: Encoding
    fitted_on: Ints                  # rows
    held_out: Ints                   # rows of this fold; rows without an outcome are in none

    @property
    def owners(self) -> Ints:
        """Return for each encoded column the index of its feature, (columns,)."""
        return self.encoding.owners

    def encoded(self, rows: Ints, features: tuple[Feature, ...] | None = None) -> Matrix:
        """Return rows as sparse columns, (rows, columns); of other features of the same kinds where they are given."""
        return self.encoding.of(self.features if features is None else features, rows)

    def inputs(self, rows: Ints, features: tuple[Feature, ...] | None = None) -> Matrix:
        """Return rows as the estimator takes them: dense for trees and boosting, else sparse."""
        encoded = self.encoded(rows, features)
        return encoded.toarray() if self.model.dense else encoded

    def scores(self, rows: Ints, features: tuple[Feature, ...] | None = None) -> Floats:
        """Return the probability of the positive outcome for rows, (rows,)."""
        if not len(rows):
            return np.zeros(0)
        parts = [rows[start:start + SCORED_AT_ONCE] for start in range(0, len(rows), SCORED_AT_ONCE)]
        with one_thread(len(self.fitted_on)):
            return np.concatenate([self.estimator.predict_proba(self.inputs(part, features))[:, 1] for part in parts])


def cross_fitted(
    dataset: Dataset, model: str = "logistic", folds: int = FOLDS, seed: int = 0,
    progress: Progress | None = None, cancelled: Cancelled | None = None, protected_in: bool = False,
) -> Dataset:
    """Return the data set with a score of each row by a model that was not fitted on that row, in use.

    Numbers are imputed by their median with an indicator and standardised, categories are one-hot; the protected
    attributes are among the columns only where asked. The rows with an outcome are dealt into folds of equal class
    shares; each fold is scored by the model of the others. Rows without an outcome get the mean of the folds' models.
    Weights are used where there are any. The same data, model, folds and seed give the same scores.

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
    protected_in
        Whether the model may use the protected attributes; a continuous one by its groups.

    Raises
    ------
    InvalidData
        No such model, fewer than two folds, no label, no features, fewer than two rows of a class; or stopped.

    References
    ----------
    Chernozhukov et al. 2018, Double/debiased machine learning, The Econometrics Journal 21, for the name.
    """
    label = dataset.label
    fitted = list(fold_models(dataset, model, folds, seed, progress, cancelled, protected_in))
    scores = np.zeros(dataset.n)
    unknown = np.flatnonzero(np.zeros(0) if label is None else label == UNKNOWN)
    for fold in fitted:
        scores[fold.held_out] = fold.scores(fold.held_out)
        scores[unknown] += fold.scores(unknown) / len(fitted)
    return _scored(dataset, score_name(MODELS[model], folds, seed, protected_in), fitted, scores, protected_in)


def fold_models(
    dataset: Dataset, model: str = "logistic", folds: int = FOLDS, seed: int = 0,
    progress: Progress | None = None, cancelled: Cancelled | None = None, protected_in: bool = False,
) -> Iterator[FoldModel]:
    """Yield the models of `cross_fitted`, one per fold; the same arguments give the same models.

    Raises
    ------
    InvalidData
        As `cross_fitted`.
    """
    label, chosen, count = _checked(dataset, model, folds)
    progress = progress or (lambda fraction, words: None)
    cancelled = cancelled or (lambda: False)
    features = (with_protected(dataset) if protected_in else dataset).features
    generator = np.random.default_rng(seed)
    dealt = _dealt(label, count, generator)
    for k in range(count):
        if cancelled():
            raise stopped(f"fitting on '{plain(dataset.name)}'")
        progress(k / count, f"fold {k + 1} of {count}")
        rows = _some(np.flatnonzero((dealt != k) & (label != UNKNOWN)), generator)
        fold = FoldModel(chosen, chosen.build(seed), features, learned(features, rows), rows,
                         np.flatnonzero(dealt == k))
        weight = None if dataset.weight is None else dataset.weight[rows]
        with one_thread(len(rows)):
            fold.estimator.fit(fold.inputs(rows), label[rows], sample_weight=weight)
        yield fold
    progress(1.0, "done")


def with_protected(dataset: Dataset) -> Dataset:
    """Return the data set whose features include its protected attributes, each by its groups."""
    named = {feature.name for feature in dataset.features}
    added = tuple(_as_feature(item) for item in dataset.attributes if item.name not in named)
    return replace(dataset, features=(*dataset.features, *added))


def _as_feature(attribute: AttributeValues) -> Feature:
    return Feature(attribute.name, attribute.codes, attribute.levels)


def one_thread(rows: int) -> AbstractContextManager[object]:
    """Return what keeps OpenMP to one thread on small data.

    Boosting's threads wait for each other at every split: on a small table or a busy server they cost more than they
    save.
    """
    return _threads()(limits=1 if rows < SMALL else None, user_api="openmp")


@lru_cache
def _threads() -> Callable[..., AbstractContextManager[object]]:
    """Return what limits threads, made once: to look their libraries up takes milliseconds."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # comes with scikit-learn, untyped

    import_module("sklearn")   # brings OpenMP
    limit: Callable[..., AbstractContextManager[object]] = ThreadpoolController().limit
    return limit


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


def score_name(model: Model, folds: int, seed: int, protected_in: bool) -> str:
    """Return a name that differs where the scores do, so that nothing kept under it can be stale."""
    unusual = [f"{folds} folds"] * (folds != FOLDS) + [f"seed {seed}"] * (seed != 0) + [PROTECTED_IN] * protected_in
    return f"{model.name} ({', '.join(['cross-fitted', *unusual])})"


def _scored(dataset: Dataset, name: str, fitted: list[FoldModel], scores: Floats, protected_in: bool) -> Dataset:
    how = PROTECTED_IN if protected_in else "without the protected attributes"
    note = Issue(
        "note", "the score was made here", f"score '{name}'",
        f"{len(fitted[0].features)} features, {len(fitted)} folds, {how}", "bring a score of your own to assess that",
    )
    issues = (*(issue for issue in dataset.issues if issue.where != note.where), note)
    return replace(dataset, issues=issues).with_scores(name, scores)
