"""What carries the gap? Attribution, the flip test and a second decision: one function each, for every caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.counting.counted import need_rows
from engine.counting.groups import grouping
from engine.drivers.attribution import BETWEEN_FOLDS, Contributions, Explained, contributions
from engine.drivers.explainers import explainer_of, units_of
from engine.drivers.flip import CAVEAT, Flips
from engine.drivers.paired import SecondRequest, SecondResult, second_decision
from engine.drivers.pairs import between
from engine.drivers.recoding import FlipRequest, flip_test
from engine.drivers.surrogate import imitate
from engine.errors import invalid, stopped
from engine.intervals import quantile
from engine.scoring.models import FOLDS, FoldModel, fold_models
from engine.text import plain
from engine.types import Cancelled, Codes, Dataset, Estimate, Feature, Ints, Progress

__all__ = [
    "BETWEEN_FOLDS", "CAVEAT", "DriversRequest", "DriversResult", "FlipRequest", "Flips", "SecondRequest",
    "SecondResult", "explain", "flip_test", "second_decision",
]


@dataclass(frozen=True)
class DriversRequest:
    """Between which groups, and what is explained.

    Parameters
    ----------
    groups
        A and B, raw names of two groups of one attribute or of one intersection; the gap is A minus B.
    model
        A key of `engine.scoring.models.MODELS`; None explains a surrogate of the score in use.
    protected_in
        Whether the protected attributes are among the features.
    most_rows
        Rows that are explained; None leaves it to the explainer.
    folds, seed, level, draws
        Of the cross-fitting, of the intervals.
    attributes
        Whose groups they are, where names are shared; None: of the first grouping that has both.
    """

    groups: tuple[str, str]
    model: str | None = "logistic"
    protected_in: bool = False
    most_rows: int | None = None
    folds: int = FOLDS
    seed: int = 0
    level: float = 0.95
    draws: int = 1_000
    attributes: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class DriversResult:
    """What carries the gap between two groups, and of what model on which rows."""

    request: DriversRequest
    grouping: str
    of: str                        # "score" (of a model trained here) or "surrogate"
    model: str                     # in words
    explained: Explained
    in_a: np.ndarray               # (m,) which of the explained rows are in A
    found: Contributions
    features: tuple[Feature, ...]  # whose values the explained rows have
    score_gap: Estimate            # mean score in A minus in B over all rows of both, in units of the score
    rows: int                      # of A and B that could have been explained
    surrogate_r2: Estimate | None


def explain(
    dataset: Dataset, request: DriversRequest, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> DriversResult:
    """Return what carries the gap of a score between two groups, feature by feature.

    Each row is explained by the model of the fold that did not see it. Linear models are explained in closed form,
    trees by SHAP, others by permutations; the columns made of one category are added up to the column that the visitor
    named. Where more rows could be explained than is done, as many of A as of B are drawn, evenly over the folds.

    Parameters
    ----------
    dataset
        With features; with an outcome, or with a score in use where a surrogate is explained.
    request
        See `DriversRequest`.
    progress, cancelled
        Told and asked between folds and between portions of rows.

    Raises
    ------
    InvalidData
        Unknown groups, what `fold_models` refuses, a surrogate under 0.8 of the score's variance, or stopped.
    """
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)
    need_rows(dataset, "what carries a gap")
    attributes, a, b = between(dataset, request.groups, request.attributes)
    grouped, codes = grouping(dataset, attributes)
    fitted, r2 = _fitted(dataset, request, progress, cancelled)
    most = request.most_rows if request.most_rows is not None else explainer_of(fitted[0].estimator).most_rows
    usable, chosen = _sample(fitted, codes, (a, b), most, np.random.default_rng(request.seed))
    if not len(chosen) or len(np.unique(codes[chosen])) < 2:
        raise invalid("both groups must have rows that can be explained", f"data '{plain(dataset.name)}'",
                      "none in one of them", "choose other groups")
    explained = _explained(fitted, chosen, request.seed, progress, cancelled)
    in_a = codes[explained.rows] == a
    weight = None if dataset.weight is None else dataset.weight[explained.rows]
    found = contributions(explained, in_a, np.random.default_rng(request.seed), weight, request.level, request.draws)
    score_gap = _score_gap(dataset, fitted, usable, codes == a, request)
    progress(1.0, "done")
    of = "score" if r2 is None else "surrogate"
    return DriversResult(request, grouped.name, of, fitted[0].model.name, explained, in_a, found,
                         fitted[0].features, score_gap, len(usable), r2)


def _fitted(
    dataset: Dataset, request: DriversRequest, progress: Progress, cancelled: Cancelled
) -> tuple[tuple[FoldModel, ...], Estimate | None]:
    """Return the models to explain, one per fold; with the R2 of a surrogate."""
    def half(share: float, words: str) -> None:
        progress(share / 2, words)

    if request.model is None:
        surrogate = imitate(dataset, request.seed, request.folds, request.protected_in, half, cancelled)
        return surrogate.folds, surrogate.r2
    return tuple(fold_models(dataset, request.model, request.folds, request.seed, half, cancelled,
                             request.protected_in)), None


def _sample(
    fitted: Sequence[FoldModel], codes: Codes, pair: tuple[int, int], most: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return the rows of A and B that can be explained, and those that are: as many of each, evenly over the folds."""
    held = np.concatenate([rng.permutation(fold.held_out) for fold in fitted])
    sides = [held[codes[held] == group] for group in pair]
    usable = np.concatenate(sides)
    if len(usable) <= most:
        return usable, usable
    sizes = [min(len(side), max(most // 2, most - len(other)))
             for side, other in zip(sides, sides[::-1], strict=True)]
    kept = [side[np.linspace(0, len(side), size, endpoint=False).astype(np.int64)]
            for side, size in zip(sides, sizes, strict=True)]
    return usable, np.concatenate(kept)


def _explained(
    fitted: Sequence[FoldModel], chosen: Ints, seed: int, progress: Progress, cancelled: Cancelled
) -> Explained:
    how, rows, phi, base, prediction, done = explainer_of(fitted[0].estimator), [], [], [], [], 0
    for fold in fitted:
        mine = np.intersect1d(chosen, fold.held_out)
        for start in range(0, len(mine), how.at_once):
            if cancelled():
                raise stopped("explaining the score")
            progress(0.5 + done / len(chosen) / 2, f"explaining row {done:,} of {len(chosen):,}")
            part = mine[start : start + how.at_once]
            values, reference, predicted = how.explain(fold, part, seed)
            rows.append(part)
            phi.append(values)
            base.append(np.full(len(part), reference))
            prediction.append(predicted)
            done += len(part)
    names = tuple(feature.name for feature in fitted[0].features)
    return Explained(np.concatenate(rows), np.concatenate(phi), np.concatenate(base), np.concatenate(prediction),
                     names, units_of(fitted[0].estimator), how.words)


def _score_gap(
    dataset: Dataset, fitted: Sequence[FoldModel], usable: Ints, in_a: np.ndarray, request: DriversRequest
) -> Estimate:
    """Return the mean score in A minus that in B over all their rows, with the usual interval of two means."""
    score = dataset.score_values() if request.model is None else np.zeros(dataset.n)
    if request.model is not None:
        for fold in fitted:
            mine = np.intersect1d(usable, fold.held_out)
            score[mine] = fold.scores(mine)
    weight = np.ones(dataset.n) if dataset.weight is None else dataset.weight
    value, variance = 0.0, 0.0
    for side, sign in ((usable[in_a[usable]], 1), (usable[~in_a[usable]], -1)):
        share = weight[side] / weight[side].sum()
        mean = float(share @ score[side])
        value += sign * mean
        variance += float(share**2 @ (score[side] - mean) ** 2)
    half = quantile(request.level) * float(np.sqrt(variance))
    return Estimate(value, value - half, value + half, len(usable))
