"""Additive explanations by kind of model: closed form for linear ones, SHAP for trees, permutations for any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.scoring.encoding import Matrix
from engine.scoring.models import Estimator, FoldModel
from engine.types import Floats, Ints

Predict = Callable[[Floats], Floats]                       # (rows, columns) to (rows,)
Explanation = tuple[Floats, float, Floats]                 # phi (rows, features), base, prediction (rows,)
BACKGROUND = 50        # rows that stand in for "unknown" in permutations
ROUNDS = 2             # pairs of a permutation and its reverse
CELLS_AT_ONCE = 2**22  # numbers of one batch of permutations


@dataclass(frozen=True)
class Explainer:
    """A way to explain a model's prediction of a row as a sum over features."""

    key: str
    words: str                    # on screen
    most_rows: int                # explained when nobody says how many
    at_once: int                  # rows between two looks at the clock
    explain: Callable[[FoldModel, Ints, int], Explanation]   # of rows, with a seed


def explainer_of(estimator: Estimator) -> Explainer:
    """Return how a fitted estimator is explained."""
    kind = type(estimator).__name__
    if hasattr(estimator, "coef_"):
        return EXPLAINERS["linear"]
    if kind.startswith("RandomForest"):
        return EXPLAINERS["forest"]
    return EXPLAINERS["tree" if kind.startswith(("HistGradientBoosting", "DecisionTree")) else "permutation"]


def units_of(estimator: Estimator) -> str:
    """Return what the explained prediction is measured in."""
    if not hasattr(estimator, "predict_proba"):
        return "score"
    tree = type(estimator).__name__.startswith(("HistGradientBoosting",))
    return "log-odds" if tree or hasattr(estimator, "coef_") else "probability"


def summed(columns: Floats, owners: Ints, features: int) -> Floats:
    """Return columns (m, C) added up by the feature that each was made of, (m, K).

    >>> summed(np.array([[1.0, 2.0, 4.0]]), np.array([0, 1, 1]), 2)
    array([[1., 6.]])
    """
    return np.asarray(columns @ (owners[:, None] == np.arange(features)).astype(np.float64))


def linear(fold: FoldModel, rows: Ints, seed: int = 0) -> Explanation:
    """Return ``phi_k = coefficient_k (x_k - mean x_k)``, in log-odds; means are those of the rows fitted on.

    Equal to SHAP's linear explainer with these means as background.
    """
    coefficients: Floats = np.asarray(fold.estimator.coef_, dtype=np.float64).ravel()
    spread = (fold.owners[:, None] == np.arange(len(fold.features))) * coefficients[:, None]
    mean = np.asarray(fold.encoded(fold.fitted_on).mean(axis=0)).ravel()
    encoded = fold.encoded(rows)
    phi = np.asarray(encoded @ spread) - mean @ spread
    intercept = float(np.asarray(fold.estimator.intercept_).ravel()[0])
    return phi, intercept + float(mean @ coefficients), np.asarray(encoded @ coefficients) + intercept


def tree(fold: FoldModel, rows: Ints, seed: int = 0) -> Explanation:
    """Return SHAP values along the trees' paths: log-odds for boosting, probability for a tree or a forest.

    References
    ----------
    Lundberg et al. 2020, From local explanations to global understanding with explainable AI for trees.
    """
    from shap import TreeExplainer

    explainer, inputs = TreeExplainer(fold.estimator), fold.inputs(rows)
    values = np.asarray(explainer.shap_values(inputs, check_additivity=False), dtype=np.float64)
    columns = values[..., 1] if values.ndim == 3 else values
    base = float(np.atleast_1d(explainer.expected_value)[-1])
    return summed(columns, fold.owners, len(fold.features)), base, raw_prediction(fold, inputs)


def raw_prediction(fold: FoldModel, inputs: Matrix) -> Floats:
    """Return what the model says of encoded rows, in the units of `units_of`, (rows,)."""
    units = units_of(fold.estimator)
    if units == "log-odds":
        found = fold.estimator.decision_function(inputs)
    else:
        found = fold.estimator.predict(inputs) if units == "score" else fold.estimator.predict_proba(inputs)[:, 1]
    return np.asarray(found, dtype=np.float64).ravel()


def permuted(fold: FoldModel, rows: Ints, seed: int = 0) -> Explanation:
    """Return Shapley values by permutations, against a sample of the rows fitted on; see `permutations`."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(fold.fitted_on, min(BACKGROUND, len(fold.fitted_on)), replace=False)

    def dense(rows: Ints) -> Floats:
        return np.asarray(fold.encoded(rows).toarray())

    def predict(inputs: Floats) -> Floats:
        return raw_prediction(fold, inputs)

    return permutations(predict, dense(rows), dense(chosen), fold.owners, rng)


def permutations(
    predict: Predict, inputs: Floats, background: Floats, owners: Ints, rng: np.random.Generator, rounds: int = ROUNDS
) -> Explanation:
    """Return Shapley values of whole features by permutations and their reverses; they sum exactly at any rounds.

    A feature that is not yet known takes the background's values, all its columns together, so that no row stands
    between two categories.

    Parameters
    ----------
    predict
        Of encoded rows.
    inputs, background
        (m, C) rows to explain, (b, C) rows that stand in for what is not known.
    owners
        (C,) the feature of each column.
    rounds
        More make each feature's value less dependent on the permutations drawn.

    References
    ----------
    Strumbelj and Kononenko 2014, Explaining prediction models and individual predictions with feature contributions.
    """
    features = int(owners.max()) + 1
    at_once = max(1, CELLS_AT_ONCE // (background.size or 1))
    orders = [order for _ in range(rounds) for one in (rng.permutation(features),) for order in (one, one[::-1])]
    phi = np.zeros((len(inputs), features))
    base = float(predict(background).mean())
    for start in range(0, len(inputs), at_once):
        part = inputs[start : start + at_once]
        for order in orders:
            phi[start : start + at_once] += _walked(predict, part, background, owners, order, base) / len(orders)
    return phi, base, predict(inputs)


def _walked(
    predict: Predict, part: Floats, background: Floats, owners: Ints, order: Ints, base: float
) -> Floats:
    """Return what each feature adds when features become known in an order, (rows, features)."""
    mixed = np.repeat(background[None], len(part), axis=0)
    phi, before = np.zeros((len(part), len(order))), np.full(len(part), base)
    for feature in order:
        columns = owners == feature
        mixed[:, :, columns] = part[:, None, columns]
        now = predict(mixed.reshape(-1, mixed.shape[2])).reshape(len(part), -1).mean(axis=1)
        phi[:, feature], before = now - before, now
    return phi


EXPLAINERS: dict[str, Explainer] = {
    row.key: row
    for row in (
        Explainer("linear", "closed form of a linear model", 100_000, 25_000, linear),
        Explainer("tree", "SHAP values along the paths of trees", 5_000, 500, tree),
        Explainer("forest", "SHAP values along the paths of trees", 200, 10, tree),
        Explainer("permutation", "Shapley values by permutations of features", 300, 25, permuted),
    )
}
