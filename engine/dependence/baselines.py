"""What else one could do, measured alike: penalise each attribute alone, or constrain every cell's selection rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.dependence.gaps import cell_means, gap, kept
from engine.dependence.learning import outcome_of
from engine.dependence.path import Telling, Walk, one_number
from engine.dependence.request import BASELINES, Plan
from engine.dependence.result import PathPoint
from engine.errors import InvalidData, invalid, stopped
from engine.text import plain
from engine.types import Cancelled, Floats, Ints, Progress

Estimator = Any    # fairlearn has no types that mypy can read
BOUNDS = (0.02, 0.1)     # gaps that exponentiated gradient is asked for
MOST_ROWS = 20_000       # rows that a reduction, which fits dozens of models, is trained on
ITERATIONS = 30


def steps(plan: Plan) -> int:
    """Return how many fits the baselines asked for are, for progress; a reduction fits dozens of models in one."""
    request = plan.request
    strengths = request.kappas if request.lambdas is None else request.lambdas
    each = {"marginal": len({strength for strength in strengths if strength > 0})}
    return sum(each.get(key, len(BOUNDS)) for key in request.baselines)


def compared(here: Walk, points: list[PathPoint], progress: Progress) -> tuple[list[PathPoint], list[tuple[str, str]]]:
    """Return the baselines asked for, measured on the same rows, and those that could not be fitted with the reason."""
    told = Telling(progress, here.cancelled, max(1, steps(here.plan)))
    found: list[PathPoint] = []
    skipped: list[tuple[str, str]] = []
    for key in here.plan.request.baselines:
        try:
            found += list(_marginal(here, points, told) if key == "marginal" else _exponentiated(here, told))
        except (InvalidData, ValueError) as refusal:   # fairlearn refuses data by ValueError
            if here.cancelled():
                raise
            skipped.append((BASELINES[key], plain(refusal, 200)))
    return found, skipped


def _marginal(here: Walk, points: list[PathPoint], told: Telling) -> Iterator[PathPoint]:
    """Yield the path of the sum of marginal penalties at the same lambdas: it cannot see a combination."""
    if here.plan.request.penalty == "marginal":
        raise invalid("a baseline must differ from the path", "sum of marginal penalties", "the path itself",
                      "choose another penalty for the path")
    penalty, learned = here.bench.penalty("marginal"), None
    for point in sorted((p for p in points if p.strength), key=lambda p: p.strength or 0.0):
        measured, learned = here.fitted(f"marginal {point.strength!r}", BASELINES["marginal"], penalty,
                                        point.strength or 0.0, point.kappa, learned,
                                        told.step(f"{BASELINES['marginal']}, strength {_strength(point)}"))
        yield measured


def _strength(point: PathPoint) -> str:
    return f"{point.strength if point.kappa is None else point.kappa:.3g}"


def _exponentiated(here: Walk, told: Telling) -> Iterator[PathPoint]:
    """Yield fairlearn's reduction with the cells merged into one sensitive feature, as a score.

    It is a lottery over models. To be measured as the others are it is taken as the mean of their probabilities; what
    the lottery itself does is told in words.
    """
    if here.plan.family.task != "classification":
        raise invalid("exponentiated gradient needs a yes/no outcome", "baseline", here.plan.family.task,
                      "leave it out")
    if here.dataset.weight is not None:
        raise invalid("exponentiated gradient takes no weights of rows", "baseline", "weights", "leave it out")
    for bound in BOUNDS:
        asked = told.step(f"{BASELINES['exponentiated_gradient']}, gap {bound:g} (dozens of models)")
        begun = here.clock()
        model = _reduction(here, bound, asked)
        seconds = here.clock() - begun
        key = f"exponentiated {bound!r}"
        here.predictions[key] = _mean_probability(here, model, here.held)
        train, validation, test = (
            _logit(_mean_probability(here, model, rows))
            for rows in (here.bench.train, here.validation.rows, here.test.rows))
        seen = here.bench.problem.penalised(train)[0]
        yield PathPoint(key, f"exponentiated gradient, gap {bound:g}", None, None, seconds, int(model.n_oracle_calls_),
                        int(model.n_oracle_calls_), True, _as_lottery(here, model), here.bench.problem.loss(train)[0],
                        here.penalty.value_and_gradient(seen)[0], one_number(seen), here.validation.measure(validation),
                        here.test.measure(test))


def _reduction(here: Walk, bound: float, cancelled: Cancelled) -> Estimator:
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient
    from sklearn.linear_model import LogisticRegression

    class Asking(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types that mypy can read
        """Each of the reduction's dozens of fits asks first: fairlearn itself has no way to be stopped."""

        def fit(self, features: Floats, outcome: Ints, sample_weight: Floats | None = None) -> Asking:
            if cancelled():
                raise stopped("the baselines")
            fitted: Asking = super().fit(features, outcome, sample_weight)
            return fitted

    rows, seed = here.bench.train, here.plan.request.seed
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
    model = ExponentiatedGradient(Asking(max_iter=1_000, random_state=seed),
                                  DemographicParity(difference_bound=bound), max_iter=ITERATIONS)
    return model.fit(_dense(here, rows), outcome_of(here.dataset, here.plan)[rows].astype(int),
                     sensitive_features=here.codes[rows])


def _mean_probability(here: Walk, model: Estimator, rows: Ints) -> Floats:
    """Return the mean of the lottery's models' probabilities, by their chance of being drawn."""
    drawn = [(float(model.weights_[place]), model.predictors_[place]) for place in model.weights_.index]
    features = _dense(here, rows)
    total: Floats = sum((chance * each.predict_proba(features)[:, -1] for chance, each in drawn if chance > 0),
                        np.zeros(len(rows)))
    return total


def _as_lottery(here: Walk, model: Estimator) -> str:
    """Return what the lottery itself does on the test rows, in words."""
    part = here.test
    chance = np.asarray(model._pmf_predict(_dense(here, part.rows)), dtype=np.float64)[:, 1]
    means = cell_means(chance, part.codes, len(part.cells))
    found = gap(means, kept(means, here.plan.request.min_group), here.plan.request.level)
    right = float(np.where(part.outcome == 1, chance, 1 - chance).mean())
    wide = f"{found.value:.3f}" if found.reason is None else found.reason
    return f"as a lottery on the test rows: accuracy {right:.3f}, gap over the cells {wide}"


def _logit(probability: Floats) -> Floats:
    from scipy.special import logit

    predictor: Floats = logit(np.clip(probability, 1e-9, 1 - 1e-9))
    return predictor


def _dense(here: Walk, rows: Ints) -> Floats:
    dense: Floats = here.bench.encoded(rows).toarray()
    return dense
