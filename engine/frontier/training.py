"""Models to compare: trained on some rows, scored on all; only the tree correction's forest may split on the group.

A score ranks and is thresholded afterwards; a decision is a chance of being selected and is a point as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import invalid
from engine.scoring.encoding import Matrix, learned
from engine.scoring.models import MODELS, MOST_ROWS, SCORED_AT_ONCE, one_thread
from engine.scoring.tree_correction import as_trees, corrected, seen_by_trees, worse_off
from engine.types import Codes, Dataset, Feature, Floats, Ints, Labels

Estimator = Any   # scikit-learn and fairlearn have no types that mypy can read
REDUCTION_ROWS = 20_000   # rows that a reduction, which fits dozens of models, is trained on
GAPS = (0.02, 0.1)        # bounds that exponentiated gradient is asked for
GRID = 10
STRENGTHS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])   # q of the tree correction
PARITY = {"demographic_parity_difference": "DemographicParity",
          "equal_opportunity_difference": "TruePositiveRateParity",
          "predictive_equality_difference": "FalsePositiveRateParity", "equalized_odds_difference": "EqualizedOdds"}
CONSTRAINT = {"demographic_parity_difference": "demographic_parity",
              "equal_opportunity_difference": "true_positive_rate_parity",
              "predictive_equality_difference": "false_positive_rate_parity",
              "equalized_odds_difference": "equalized_odds"}


@dataclass(frozen=True, eq=False)
class Training:
    """What trainers get: the data, the group of each row, which rows to learn from, the disparity to lower."""

    dataset: Dataset
    label: Labels
    codes: Codes
    train: Ints        # with an outcome
    validation: Ints   # with an outcome; thresholds are found here
    disparity: str
    seed: int

    def encoded(self, rows: Ints) -> Callable[[Ints], Matrix]:
        """Return a function from rows to dense features, learned from some rows."""
        encoding = learned(self.dataset.features, rows)
        return lambda chosen: encoding.of(self.dataset.features, chosen).toarray()

    def some(self, most: int) -> Ints:
        """Return at most that many of the training rows, in order."""
        if len(self.train) <= most:
            return self.train
        return np.sort(np.random.default_rng(self.seed).choice(self.train, most, replace=False))

    def everywhere(self, predict: Callable[[Ints], Floats]) -> Floats:
        """Return a prediction for every row, in portions that fit in memory."""
        return np.concatenate([predict(rows) for rows in self.portions()])

    def portions(self) -> list[Ints]:
        """Return every row, in portions that fit in memory."""
        n = self.dataset.n
        return [np.arange(a, min(a + SCORED_AT_ONCE, n)) for a in range(0, n, SCORED_AT_ONCE)]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A trained model on every row: a score to be thresholded, or the chance of being selected."""

    name: str
    values: Floats    # (n,)
    decides: bool = False


@dataclass(frozen=True)
class Trainer:
    """One row of `TRAINERS`; `disparities` are those it can be told to lower, all where it does not look at one."""

    key: str
    name: str
    fit: Callable[[Training], Iterator[Candidate]]
    disparities: tuple[str, ...] | None = None


_logistic = MODELS["logistic"].build


def _scored(task: Training, name: str, estimator: Estimator, weight: Floats | None) -> Candidate:
    rows = task.some(MOST_ROWS)
    encoded = task.encoded(rows)
    estimator.fit(encoded(rows), task.label[rows], sample_weight=None if weight is None else weight[rows])
    return Candidate(name, task.everywhere(lambda chosen: estimator.predict_proba(encoded(chosen))[:, 1]))


def _fit_logistic(task: Training) -> Iterator[Candidate]:
    yield _scored(task, TRAINERS["logistic"].name, _logistic(task.seed), task.dataset.weight)


def _fit_boosting(task: Training) -> Iterator[Candidate]:
    key = "hist_gradient_boosting"
    with one_thread(len(task.train)):
        boosted = _scored(task, TRAINERS[key].name, MODELS[key].build(task.seed), task.dataset.weight)
    yield boosted


def _fit_reweighed(task: Training) -> Iterator[Candidate]:
    yield _scored(task, TRAINERS["reweighing"].name, _logistic(task.seed), reweighed(task))


def reweighed(task: Training) -> Floats:
    """Return weights under which outcome and group are independent in the training rows; 1 elsewhere.

    References
    ----------
    Kamiran and Calders 2012, Data preprocessing techniques for classification without discrimination.
    """
    weight = np.ones(task.dataset.n) if task.dataset.weight is None else np.array(task.dataset.weight)
    rows, groups = task.train, int(task.codes.max()) + 1
    cell = task.codes[rows].astype(np.int64) * 2 + task.label[rows]
    table = np.bincount(cell, weight[rows], minlength=2 * groups).reshape(groups, 2)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    factor = np.divide(expected, table, out=np.ones_like(table), where=table > 0).ravel()
    weight[rows] *= factor[cell]
    return weight


def _fit_exponentiated(task: Training) -> Iterator[Candidate]:
    from fairlearn import reductions

    rows = task.some(REDUCTION_ROWS)
    encoded = task.encoded(rows)
    for gap in GAPS:
        constraint = getattr(reductions, PARITY[task.disparity])(difference_bound=gap)
        model = reductions.ExponentiatedGradient(_logistic(task.seed), constraint, max_iter=30)
        model.fit(encoded(rows), task.label[rows], sensitive_features=task.codes[rows])

        def chance(chosen: Ints, model: Estimator = model) -> Floats:
            found: Floats = np.asarray(model._pmf_predict(encoded(chosen)))[:, 1]
            return found

        yield Candidate(f"exponentiated gradient, {gap:g}", task.everywhere(chance), decides=True)


def _fit_grid(task: Training) -> Iterator[Candidate]:
    from fairlearn import reductions

    if int(task.codes.max()) > 1:
        raise invalid("a grid search needs two groups", "grid search", f"{int(task.codes.max()) + 1}",
                      "choose another model")
    rows = task.some(REDUCTION_ROWS)
    encoded = task.encoded(rows)
    model = reductions.GridSearch(_logistic(task.seed), getattr(reductions, PARITY[task.disparity])(), grid_size=GRID)
    model.fit(encoded(rows), task.label[rows], sensitive_features=task.codes[rows])
    for place, each in enumerate(model.predictors_, start=1):

        def decided(chosen: Ints, each: Estimator = each) -> Floats:
            return np.asarray(each.predict(encoded(chosen)), dtype=np.float64)

        yield Candidate(f"grid search, {place} of {len(model.predictors_)}", task.everywhere(decided), decides=True)


def _fit_thresholds(task: Training) -> Iterator[Candidate]:
    from fairlearn.postprocessing import ThresholdOptimizer

    rows = task.some(MOST_ROWS)
    encoded = task.encoded(rows)
    model = ThresholdOptimizer(estimator=_logistic(task.seed).fit(encoded(rows), task.label[rows]), prefit=True,
                               constraints=CONSTRAINT[task.disparity], predict_method="predict_proba")
    found = task.validation
    model.fit(encoded(found), task.label[found], sensitive_features=task.codes[found])

    def chance(chosen: Ints) -> Floats:
        pmf = model._pmf_predict(encoded(chosen), sensitive_features=task.codes[chosen])
        return np.asarray(pmf, dtype=np.float64)[:, 1]

    yield Candidate(TRAINERS["threshold_optimizer"].name, task.everywhere(chance), decides=True)


def _fit_tree_correction(task: Training) -> Iterator[Candidate]:
    """Yield a forest's decisions at 0.5 while groups that are worse off at q = 0 are corrected from q = 0 to 1."""
    rows, found = task.some(REDUCTION_ROWS), task.validation
    names = tuple(str(code) for code in range(int(task.codes.max()) + 1))
    features = (*task.dataset.features, Feature("group", task.codes, names))
    encoding = learned(features, rows)

    def inputs(chosen: Ints) -> Floats:
        return seen_by_trees(encoding.of(features, chosen).toarray())

    forest = MODELS["random_forest"].build(task.seed)
    forest.fit(inputs(rows), task.label[rows], sample_weight=None if task.dataset.weight is None
               else task.dataset.weight[rows])
    trees = as_trees(forest, np.flatnonzero(encoding.owners == len(features) - 1))
    sign = 1 if task.dataset.roles.favourable == "selected" else -1
    selected = forest.predict_proba(inputs(found))[:, 1] >= 0.5
    below = worse_off(selected if sign > 0 else ~selected, task.codes[found], len(names))
    helped = np.isin(task.codes, below)
    parts = [corrected(trees, inputs(chosen), helped[chosen], STRENGTHS, sign)
             for chosen in task.portions()]
    for strength, scores in zip(STRENGTHS, np.concatenate(parts, axis=1), strict=True):
        yield Candidate(f"tree correction, q {strength:g}", (scores >= 0.5).astype(np.float64), decides=True)


TRAINERS: dict[str, Trainer] = {
    row.key: row
    for row in (
        Trainer("logistic", "logistic", _fit_logistic),
        Trainer("hist_gradient_boosting", "gradient boosting", _fit_boosting),
        Trainer("reweighing", "reweighed logistic", _fit_reweighed),
        Trainer("exponentiated_gradient", "exponentiated gradient", _fit_exponentiated, tuple(PARITY)),
        Trainer("grid_search", "grid search", _fit_grid, tuple(PARITY)),
        Trainer("threshold_optimizer", "threshold optimizer", _fit_thresholds, tuple(CONSTRAINT)),
        Trainer("tree_correction", "tree correction, q 0 → 1", _fit_tree_correction),
    )
}
