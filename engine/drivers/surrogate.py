"""A file with scores only: a boosted model that imitates the score and is explained instead, or a refusal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.errors import invalid, stopped
from engine.intervals import quantile
from engine.scoring.encoding import learned
from engine.scoring.models import FOLDS, Estimator, FoldModel, Model, one_thread, with_protected
from engine.text import plain
from engine.types import Cancelled, Dataset, Estimate, Floats, Ints, Progress

LEAST = 0.8          # of the score's variance that a surrogate must explain on rows it has not seen
MOST_ROWS = 50_000   # that one fold's surrogate is fitted on


@dataclass(frozen=True, eq=False)
class Surrogate:
    """Models that imitate a score, one per fold, and how well they do on rows they were not fitted on."""

    folds: tuple[FoldModel, ...]
    r2: Estimate           # held-out share of the score's variance


def _boosting(seed: int) -> Estimator:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(random_state=seed)


SURROGATE = Model("surrogate", "gradient boosting that imitates the score", _boosting)


def imitate(
    dataset: Dataset, seed: int = 0, folds: int = FOLDS, protected_in: bool = False,
    progress: Progress | None = None, cancelled: Cancelled | None = None,
) -> Surrogate:
    """Return models that predict the score in use from the features, cross-fitted.

    Raises
    ------
    InvalidData
        No score, no features, too few rows; the held-out R2 is under `LEAST`, which it names; or stopped.
    """
    where = f"score '{plain(dataset.score or 'none')}'"
    if not dataset.features:
        raise invalid("a surrogate needs features", f"data '{plain(dataset.name)}'", "none", "choose columns")
    score = dataset.score_values()
    rows = np.flatnonzero(np.isfinite(score))
    if len(rows) < 10 * folds:
        raise invalid("a surrogate needs rows with a score", where, f"{len(rows)}", f"use {10 * folds} or more")
    features = (with_protected(dataset) if protected_in else dataset).features
    rng = np.random.default_rng(seed)
    place = np.empty(len(rows), dtype=np.int64)
    place[rng.permutation(len(rows))] = np.arange(len(rows)) % folds
    fitted, predicted = [], np.empty(len(rows))
    for k in range(folds):
        if cancelled is not None and cancelled():
            raise stopped(f"imitating the score of '{plain(dataset.name)}'")
        if progress is not None:
            progress(k / folds, f"surrogate {k + 1} of {folds}")
        seen = _some(rows[place != k], rng)
        fold = FoldModel(SURROGATE, _boosting(seed), features, learned(features, seen), seen, rows[place == k])
        weight = None if dataset.weight is None else dataset.weight[seen]
        with one_thread(len(seen)):
            fold.estimator.fit(fold.inputs(seen), score[seen], sample_weight=weight)
            predicted[place == k] = fold.estimator.predict(fold.inputs(fold.held_out))
        fitted.append(fold)
    r2 = explained_variance(score[rows], predicted, None if dataset.weight is None else dataset.weight[rows])
    if not r2.value >= LEAST:
        got = r2.reason or f"R2 {r2.value:.3f} ({r2.low:.3f} to {r2.high:.3f}) on rows not used to fit it"
        raise invalid(f"a surrogate must explain {LEAST:g} of the score's variance", where, got,
                      "add the columns that the score was made of, or train a model here")
    return Surrogate(tuple(fitted), r2)


def explained_variance(truth: Floats, predicted: Floats, weight: Floats | None = None, level: float = 0.95) -> Estimate:
    """Return R2, one minus the share of the variance left over, with the interval of its influence function.

    Examples
    --------
    >>> explained_variance(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0, 2.0])).value
    0.8
    """
    mass = np.ones(len(truth)) if weight is None else weight
    mass = mass / mass.mean()
    spread = (truth - mass @ truth / len(truth)) ** 2
    variance = float((mass * spread).mean())
    if variance <= 0:
        return Estimate(math.nan, n=len(truth), reason="not estimable: every row has the same score")
    left = (truth - predicted) ** 2
    share = float((mass * left).mean()) / variance
    influence = mass * (left - share * spread) / variance
    half = quantile(level) * math.sqrt(float(influence @ influence)) / len(truth)
    return Estimate(1 - share, 1 - share - half, min(1.0, 1 - share + half), len(truth))


def _some(rows: Ints, rng: np.random.Generator) -> Ints:
    return rows if len(rows) <= MOST_ROWS else np.sort(rng.choice(rows, MOST_ROWS, replace=False))
