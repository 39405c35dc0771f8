"""A chosen model as a score version for the other pages: no row is scored by a model that has seen it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from engine.counting.groups import grouping
from engine.dependence.division import dealt, outcome_groups
from engine.dependence.learning import Bench, exposure_of, one_core, outcome_of, shown
from engine.dependence.request import PENALTIES
from engine.dependence.result import Path, PathPoint
from engine.errors import Issue, invalid, stopped
from engine.text import plain
from engine.types import Cancelled, Dataset, Floats, Progress

FOLDS = 5


def held_out(dataset: Dataset, path: Path, point: PathPoint) -> Dataset:
    """Return the data with the point's prediction as the score in use; rows that trained the model have none.

    Parameters
    ----------
    dataset
        That the path was made from.
    point
        One of the path's points or of its baselines.

    Raises
    ------
    InvalidData
        The path belongs to other data, or the point is not on it.
    """
    _check(dataset, path, point)
    scores = np.full(dataset.n, np.nan)
    scores[path.held] = path.prediction(point)
    return _scored(dataset, path, point, "held out", f"{len(path.held):,} rows that trained nothing", scores)


def cross_fitted(
    dataset: Dataset, path: Path, point: PathPoint, folds: int = FOLDS, progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Dataset:
    """Return the data with a score of every row by models of the point's strength that have not seen the row, in use.

    Rows with an outcome are dealt into folds, every cell and outcome alike; each fold is scored by the model of the
    others. Rows without an outcome get the mean of all. The folds' models differ a little from the one on the path.

    Raises
    ------
    InvalidData
        As `held_out`; a lottery over models, which is not fitted again; fewer than two folds; or stopped.
    """
    _check(dataset, path, point)
    if point.strength is None:
        raise invalid("cross-fitting refits a model of the path", plain(point.name), "a lottery over models",
                      "take its held-out scores")
    if folds < 2:
        raise invalid("cross-fitting needs two folds or more", "folds", f"{folds}", "choose 5")
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)
    plan = path.plan
    outcome = outcome_of(dataset, plan)
    known, _, codes = ~np.isnan(outcome), *grouping(dataset, path.plan.attributes)
    groups = outcome_groups(outcome[known], plan.family.task)
    fold = np.full(dataset.n, -1, dtype=np.int64)
    fold[known] = dealt(codes[known].astype(np.int64) * (int(groups.max()) + 1) + groups, folds, plan.request.seed)
    scores = np.zeros(dataset.n)
    for k in range(folds):
        if cancelled():
            raise stopped("scoring every row")
        progress(k / folds, f"fold {k + 1} of {folds}")
        rows = np.flatnonzero((fold == k) | ~known)
        with one_core():
            predicted = _fold(dataset, path, point, np.flatnonzero(known & (fold != k)), rows, cancelled)
        mine = fold[rows] == k
        scores[rows[mine]] = predicted[mine]
        scores[rows[~mine]] += predicted[~mine] / folds
    progress(1.0, "done")
    return _scored(dataset, path, point, f"cross-fitted in {folds}", "each row by a model that has not seen it", scores)


def _fold(
    dataset: Dataset, path: Path, point: PathPoint, train: np.ndarray, rows: np.ndarray, cancelled: Cancelled
) -> Floats:
    """Return predictions of some rows by a model of other rows, fitted without the penalty first."""
    bench = Bench.of(dataset, path.plan, train)
    learned = bench.learn(None, 0.0, None, cancelled)
    if point.strength:
        kind = "marginal" if point in path.baselines else path.plan.request.penalty
        learned = bench.learn(bench.penalty(kind), point.strength, learned, cancelled)
    exposure = exposure_of(dataset, path.plan)
    return shown(path.plan.family, path.plan.scale, bench.predictor(learned, rows),
                 None if exposure is None else exposure[rows])


def _check(dataset: Dataset, path: Path, point: PathPoint) -> None:
    if dataset.fingerprint != path.fingerprint:
        raise invalid("the path must belong to this data", f"data '{plain(dataset.name)}'", "a path of other data",
                      "train it again")
    if point.key not in path.predictions:
        raise invalid("the point must be on the path", "path", f"'{plain(point.key)}'", "choose one of its points")


def _scored(dataset: Dataset, path: Path, point: PathPoint, how: str, rows: str, scores: Floats) -> Dataset:
    """Return the data with scores whose name differs where their content does."""
    content = repr((path.plan.request, path.plan.attributes, path.plan.continuous, point.key, how))
    digest = hashlib.sha256(content.encode()).hexdigest()[:6]
    kind = "unpenalised" if point.strength == 0 else PENALTIES[
        "marginal" if point in path.baselines else path.plan.request.penalty]
    name = f"{kind} {path.plan.model}, \u03bb {point.strength:.3g}" if point.strength else f"{kind} {path.plan.model}"
    name = f"{point.name if point.strength is None else name} ({how}, {digest})"
    note = Issue("note", "the score was made here", f"score '{name}'",
                 f"{len(dataset.features)} features, without the protected attributes; {rows}",
                 "bring a score of your own to assess that")
    return replace(dataset, issues=(*dataset.issues, note)).with_scores(name, scores)


