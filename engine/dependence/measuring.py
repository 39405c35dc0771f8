"""How much does a given prediction depend on the protected attributes, and on which combination of them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.dependence import penalties, permutation
from engine.dependence.attributes import columns
from engine.dependence.penalties import PenaltyKind
from engine.dependence.sampling import Estimator
from engine.errors import invalid
from engine.text import plain
from engine.types import Cancelled, Dataset, Floats, Progress

NO_INTERVAL = "no interval: the p-value and the noise band say what chance alone gives"


@dataclass(frozen=True)
class Question:
    """What to measure: the kind of penalty, c of the joint one, whether within each outcome, and how to permute."""

    kind: PenaltyKind = "cc"
    c: float = 1.0
    given_outcome: bool = False
    permutations: int = permutation.PERMUTATIONS
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Measured:
    """A measure of dependence, what it is made of, and what chance alone gives; see `engine.dependence.penalties`."""

    rows: int                       # used
    unscored: int                   # left out: no prediction
    unlabelled: int                 # left out: no outcome, where it is within each outcome
    attributes: tuple[str, ...]
    value: float
    p_value: float                  # NaN with the reason
    noise_high: float
    permutations: int
    reason: str | None
    correlation: float              # the same, free of scale
    constant: float                 # the joint measure's part that does not depend on predictions
    terms: Mapping[str, float]
    interaction: float
    by_subset: Mapping[str, float]
    estimator: Estimator
    route: str
    error: float                    # relative, of an approximate route at these predictions; 0 where exact


def measure(
    dataset: Dataset, question: Question, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Measured:
    """Return how much the score in use depends on all protected attributes of a data set together.

    Bias-corrected (U); with weights the plain estimator (V). Continuous attributes enter by their numbers, min-max.

    Raises
    ------
    InvalidData
        No score, no row with one, an outcome that is needed and absent; or cancelled.

    Examples
    --------
    >>> from tests.build import dataset
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.integers(0, 2, (2, 400))
    >>> found = measure(dataset(a ^ b, a=[*map(str, a)], b=[*map(str, b)]), Question(permutations=99))
    >>> found.p_value, found.interaction > 10 * found.terms["a"], found.route
    (0.01, True, 'exact: 4 cells')
    """
    scores, label = dataset.score_values(), dataset.label
    known = np.isfinite(scores)
    used = known & (label >= 0) if question.given_outcome and label is not None else known
    _check(dataset, question, used)
    rows = np.flatnonzero(used)
    here = tuple(column.at(rows) for column in columns(dataset))
    weight: Floats | None = None if dataset.weight is None else dataset.weight[rows]
    estimator: Estimator = "U" if weight is None else "V"
    strata = label[rows].astype(np.int64) if question.given_outcome and label is not None else None
    rng = np.random.default_rng(question.seed)
    penalty = penalties.build(here, question.kind, question.c, estimator, weight, strata, rng=rng)
    y = scores[rows]
    chance = permutation.against_chance(penalty, y, rng, question.permutations, progress, cancelled)
    terms = penalty.terms(y)
    scaled = penalties.built(replace(penalty.request, normalised=True))
    return Measured(
        len(rows), int((~known).sum()), int((known & ~used).sum()), tuple(column.name for column in here),
        chance.value, chance.p_value, chance.noise_high, chance.permutations, chance.reason, scaled.value(y),
        penalty.constant, terms.values, terms.interaction, terms.by_subset, estimator, penalty.route,
        penalty.error_at(y)[0],
    )


def _check(dataset: Dataset, question: Question, used: np.ndarray) -> None:
    where = f"data '{plain(dataset.name)}'"
    if dataset.score is None:
        raise invalid("a prediction is needed", where, "none", "name its column")
    if not dataset.attributes:
        raise invalid("a protected attribute is needed", where, "none", "name the column of at least one")
    if question.given_outcome and dataset.label is None:
        raise invalid("an outcome is needed to measure within it", where, "none", "name the outcome")
    if not used.any():
        raise invalid("a row with a prediction is needed", where, "none", "choose another column")
