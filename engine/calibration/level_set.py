"""All logistic models that are nearly as good as the best one, at once, without fitting any of them.

Near its minimum the mean loss is a quadratic, so models within epsilon of it fill an ellipsoid, and the lowest and
highest score that any of them gives a person have a closed form: the linear predictor plus or minus
sqrt(2 epsilon x' H^-1 x), H the Hessian. This is second-order: for large epsilon the true set is not an ellipsoid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.calibration.logistic import sigmoid
from engine.calibration.multiplicity import Candidate, Multiplicity, Question, Seen, check, summary
from engine.errors import invalid, stopped
from engine.scoring.encoding import Matrix
from engine.scoring.encoding import learned as learned_encoding
from engine.text import plain
from engine.types import Cancelled, Dataset, Floats, Ints, Labels, Progress, frozen

NAME = "logistic, trained here on half of the rows"
EDGE = 60              # single models on the edge of the set, each the furthest for one person
MOST_ROWS = 100_000    # that the model is fitted on, and as many that are looked at
STRENGTH = 1.0         # of the penalty on coefficients, as in the model trained here; the intercept has none
_STEPS = 50
_SETTLED = 1e-12
SECOND_ORDER = (
    "Closed form, second-order: the loss is taken as a quadratic near its minimum. The model learned from half of the "
    "rows; the persons looked at are the other half. The discrepancy is a lower bound from single models on the edge."
)


@dataclass(frozen=True, eq=False)
class LevelSet:
    """The best logistic model on half of the rows, and what nearly as good models could say of the other half."""

    dataset: Dataset
    places: Ints               # (m,) rows looked at
    columns: Floats            # (m, d) their features, the first one of ones
    best: Floats               # (d,) coefficients
    loss: float                # mean loss with its penalty at the best
    inverse: Floats            # (d, d) of the Hessian of that loss
    spread: Floats             # (m,) sqrt(x' H^-1 x)

    def range(self, epsilon: float) -> tuple[Floats, Floats]:
        """Return the lowest and highest score of each person among models of loss (1 + epsilon) times the best."""
        centre, half = self.columns @ self.best, np.sqrt(2 * epsilon * self.loss) * self.spread
        return sigmoid(centre - half), sigmoid(centre + half)

    def edge(self, epsilon: float, seed: int = 0, count: int = EDGE) -> Iterator[Floats]:
        """Yield scores (m,) of models on the edge of the set: the two furthest ones for each of some persons drawn."""
        drawn = np.random.default_rng(seed).choice(len(self.places), min(count, len(self.places)), replace=False)
        centre = self.columns @ self.best
        for i in drawn[self.spread[drawn] > 0]:
            move = np.sqrt(2 * epsilon * self.loss) / self.spread[i] * (self.columns @ (self.inverse @ self.columns[i]))
            yield sigmoid(centre + move)
            yield sigmoid(centre - move)

    def multiplicity(self, question: Question, seed: int = 0) -> Multiplicity:
        """Return ambiguity, ranges and flips at one epsilon; the model is not fitted again."""
        check(self.dataset, question)
        low, high = self.range(question.epsilon)
        base = sigmoid(self.columns @ self.best)
        best = Candidate(NAME, self.loss)
        return summary(self.dataset, question, Seen("level set", NAME, self.places, low, high, base,
                                                    self.edge(question.epsilon, seed), (best,), (), SECOND_ORDER))


def level_set(
    dataset: Dataset, seed: int = 0, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> LevelSet:
    """Return the set of logistic models near the best one, fitted on half of the rows with an outcome.

    Parameters
    ----------
    dataset
        With outcomes and features; the protected attributes are never among the features. Weights are used.
    seed
        Halves the rows.
    progress, cancelled
        Told and asked before each step of the fit.

    Raises
    ------
    InvalidData
        No outcome, no features, fewer than ten rows of an outcome; or stopped.
    """
    label = check(dataset, Question())
    where = f"data '{plain(dataset.name)}'"
    rarer = min(int((label == value).sum()) for value in (0, 1))
    if not dataset.features or rarer < 10:
        raise invalid("this needs features and ten rows of each outcome", where,
                      f"{len(dataset.features)} features, {rarer} rows of the rarer outcome",
                      "name features, or compare score columns")
    learned, looked = _halves(label, np.random.default_rng(seed))
    encoding = learned_encoding(dataset.features, learned)
    best, loss, hessian = _fitted(_columns(encoding.of(dataset.features, learned)), label[learned].astype(np.float64),
                                  _weight(dataset, learned), progress, cancelled)
    inverse = np.asarray(np.linalg.pinv(hessian, hermitian=True), dtype=np.float64)
    columns = _columns(encoding.of(dataset.features, looked))
    spread: Floats = np.sqrt(np.maximum(((columns @ inverse) * columns).sum(axis=1), 0))
    return LevelSet(dataset, frozen(looked), frozen(columns), frozen(best), loss, frozen(inverse), frozen(spread))


def penalised_loss(point: Floats, columns: Floats, label: Floats, weight: Floats) -> float:
    """Return mean log loss plus the penalty, by which models are nearly as good or not; weights have mean 1."""
    odds = columns @ point
    return float(weight @ (np.logaddexp(0, odds) - label * odds) + STRENGTH / 2 * point[1:] @ point[1:]) / len(label)


def _halves(label: Labels, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return rows to learn from and rows to look at, each outcome halved; rows without an outcome are looked at."""
    fold = np.zeros(len(label), dtype=bool)
    for value in (0, 1):
        rows = rng.permutation(np.flatnonzero(label == value))
        fold[rows[: (len(rows) + 1) // 2]] = True
    return _some(np.flatnonzero(fold), rng), _some(np.flatnonzero(~fold), rng)


def _some(rows: Ints, rng: np.random.Generator) -> Ints:
    if len(rows) <= MOST_ROWS:
        return rows
    chosen: Ints = np.sort(rng.choice(rows, MOST_ROWS, replace=False))
    return chosen


def _weight(dataset: Dataset, rows: Ints) -> Floats:
    weight = np.ones(len(rows)) if dataset.weight is None else dataset.weight[rows]
    mean_one: Floats = weight / weight.mean()
    return mean_one


def _columns(encoded: Matrix) -> Floats:
    dense = np.asarray(encoded.toarray(), dtype=np.float64)
    return np.column_stack([np.ones(len(dense)), dense])


def _fitted(
    columns: Floats, label: Floats, weight: Floats, progress: Progress | None, cancelled: Cancelled | None
) -> tuple[Floats, float, Floats]:
    """Return coefficients, their loss and its Hessian, by Newton's method; the penalised loss has one minimum."""
    ridge = np.full(columns.shape[1], STRENGTH)
    ridge[0] = 0
    point = np.zeros(columns.shape[1])
    now = penalised_loss(point, columns, label, weight)
    for step in range(_STEPS):
        if cancelled is not None and cancelled():
            raise stopped("fitting the logistic model")
        if progress is not None:
            progress(step / _STEPS, f"step {step + 1}")
        chance = sigmoid(columns @ point)
        gradient = (columns.T @ (weight * (chance - label)) + ridge * point) / len(label)
        hessian = ((columns * (weight * chance * (1 - chance))[:, None]).T @ columns + np.diag(ridge)) / len(label)
        move, size = np.linalg.lstsq(hessian, gradient, rcond=None)[0], 1.0
        while penalised_loss(point - size * move, columns, label, weight) > now and size > _SETTLED:
            size /= 2
        after = penalised_loss(point - size * move, columns, label, weight)
        if now - after <= _SETTLED:
            return point, now, hessian
        point, now = point - size * move, after
    return point, now, hessian
