"""Before any training: is the gap in one attribute or in a combination of several? In which cells, how surely?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.counting.counted import need_rows
from engine.counting.groups import Groups, grouping
from engine.dependence import gaps, penalties, permutation
from engine.dependence.attributes import columns
from engine.dependence.request import PENALTIES, PenaltyKind
from engine.errors import invalid
from engine.intervals import quantile, square_and_add
from engine.text import plain
from engine.types import Cancelled, Codes, Dataset, Estimate, Estimates, Floats, Ints, Progress


@dataclass(frozen=True)
class Question:
    """What to look at in the score in use.

    `threshold`: compare the share of rows with a score of at least that, rather than the mean score. `penalty`, `c`,
    `as_continuous` as in `engine.dependence.Request`; `permutations` of the score test the dependence as a whole.
    """

    attributes: tuple[str, ...] | None = None
    as_continuous: tuple[str, ...] | None = None
    threshold: float | None = None
    penalty: PenaltyKind = "cc"
    c: float = 1.0
    permutations: int = 99
    level: float = 0.95
    min_group: int = 30
    seed: int = 0


@dataclass(frozen=True)
class Gap:
    """Highest minus lowest over the groups of a grouping; what equal groups reach by chance; and the p-value."""

    grouping: str
    estimate: Estimate
    highest: str | None
    lowest: str | None
    noise_high: float
    p_value: float


@dataclass(frozen=True)
class Contrast:
    """A cell against all other rows: the bounds hold for all cells at once, the p-value is Holm's."""

    cell: int
    name: str
    difference: Estimate
    p_value: float


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """The gaps of each attribute alone beside those of the cells, cell by cell, and where the dependence lies."""

    score: str
    compares: str                      # what the numbers are, in words
    rows: int
    unscored: int
    cells: Groups
    estimates: Estimates               # (G,) one by one, not simultaneous
    overall: Estimate
    beyond: Floats                     # (G,) cell minus what the attributes one by one add up to; NaN without rows
    left_out: tuple[tuple[str, str], ...]
    marginal: tuple[Gap, ...]          # one per attribute
    intersectional: Gap
    contrasts: tuple[Contrast, ...]    # worst first: by what is sure, then by size
    dependence: float                  # the penalty of the score: squared, U (V with weights)
    dependence_p_value: float
    dependence_noise: float            # what 95 % of shuffled scores stay under
    terms: dict[str, float]            # parts of it by attribute
    interaction: float                 # the part that no attribute shows alone; below 0 where several count alone
    combinations: dict[str, float]     # pure interactions by combination, "a x b", of the joint measure
    estimator: str
    route: str
    error: float


def diagnose(
    dataset: Dataset, question: Question | None = None, progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Diagnosis:
    """Return where the score in use differs between groups and combinations of groups.

    Rows without a score are left out and counted. Cells with fewer than `min_group` rows are shown and not compared.

    Raises
    ------
    InvalidData
        There is no score or no such attribute; or stopped.

    References
    ----------
    Kearns, Neel, Roth and Wu 2018, Preventing fairness gerrymandering; Holm 1979 for the p-values.
    """
    question = question or Question()
    need_rows(dataset, "the diagnosis of combinations")
    attributes = _attributes(dataset, question)
    scores = dataset.score_values()
    rows = np.flatnonzero(~np.isnan(scores))
    if not len(rows) or dataset.score is None:
        raise invalid("a score is needed", f"data '{plain(dataset.name)}'", "none", "name a score or train a model")
    share = question.threshold is not None
    values = scores[rows] if question.threshold is None else (scores[rows] >= question.threshold).astype(np.float64)
    weight = None if dataset.weight is None else dataset.weight[rows]
    cells, codes = grouping(dataset, attributes)
    codes = codes[rows]
    means = gaps.cell_means(values, codes, len(cells), weight, share=share)
    rng = np.random.default_rng(question.seed)
    marginal = []
    for name in attributes:
        groups, own = grouping(dataset, (name,))
        alone = gaps.cell_means(values, own[rows], len(groups), weight, share=share)
        marginal.append(_gap(name, groups.names, alone, question, rng))
    penalty = _penalty(dataset, question, attributes, rows, weight)
    tested = permutation.against_chance(penalty, scores[rows], rng, question.permutations, progress, cancelled)
    terms = penalty.terms(scores[rows])
    joint = terms if question.penalty == "joint" else _penalty(
        dataset, replace(question, penalty="joint"), attributes, rows, weight).terms(scores[rows])
    whole = gaps.cell_means(values, np.zeros(len(rows), dtype=np.int64), 1, weight, share=share)
    return Diagnosis(
        dataset.score, _words(dataset.score, question), len(rows), dataset.n - len(rows), cells,
        means.estimates(cells.names, question.level), whole.estimates(("all",), question.level)[0],
        _beyond(cells, means), _left_out(cells, means, question), tuple(marginal),
        _gap(cells.name, cells.names, means, question, rng), _contrasts(cells, means, values, codes, weight, question),
        tested.value, tested.p_value, tested.noise_high, dict(terms.values), terms.interaction,
        dict(joint.by_subset),
        "U" if weight is None else "V", penalty.route, penalty.error,
    )


def _attributes(dataset: Dataset, question: Question) -> tuple[str, ...]:
    names = tuple(attribute.name for attribute in dataset.attributes)
    chosen = names if question.attributes is None else question.attributes
    for name in chosen:
        if name not in names:
            raise invalid("the attribute must be known", "intersections", f"'{plain(name)}'",
                          f"choose one of: {', '.join(map(plain, names))}")
    if not chosen:
        raise invalid("a protected attribute is needed", "intersections", "none", "choose one or more")
    return chosen


def _words(score: str, question: Question) -> str:
    name = f"'{plain(score)}'"
    return f"mean of {name}" if question.threshold is None else f"share of rows with {name} >= {question.threshold:g}"


def _penalty(
    dataset: Dataset, question: Question, attributes: tuple[str, ...], rows: Ints, weight: Floats | None
) -> penalties.Penalty:
    if question.penalty not in PENALTIES:
        raise invalid("the penalty must be known", "intersections", f"'{plain(question.penalty)}'",
                      f"choose one of: {', '.join(PENALTIES)}")
    here = [column.at(rows) for column in columns(dataset, attributes, question.as_continuous)]
    return penalties.build(here, question.penalty, c=question.c, estimator="U" if weight is None else "V",
                           weights=weight, rng=np.random.default_rng(question.seed))


def _gap(
    name: str, names: tuple[str, ...], means: gaps.CellMeans, question: Question, rng: np.random.Generator
) -> Gap:
    chosen = gaps.kept(means, question.min_group)
    found = gaps.gap(means, chosen, question.level)
    if math.isnan(found.value):
        return Gap(name, found, None, None, math.nan, math.nan)
    noise, p_value = gaps.chance(means, chosen, question.level, rng)
    order = chosen[np.argsort(means.value[chosen], kind="stable")]
    return Gap(name, found, names[order[-1]], names[order[0]], noise, p_value)


def _left_out(cells: Groups, means: gaps.CellMeans, question: Question) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{rows} rows, fewer than {question.min_group}")
                 for name, rows in zip(cells.names, means.rows, strict=True) if rows < question.min_group)


def _beyond(cells: Groups, means: gaps.CellMeans) -> Floats:
    """Return each cell's number minus that of the best sum of one effect per level, weighted by the cells' rows."""
    has = means.rows > 0
    sides = [cells.members[:, [k]] == np.arange(len(levels)) for k, levels in enumerate(cells.levels)]
    design = np.column_stack([np.ones(len(cells)), *sides]).astype(np.float64)
    root = np.sqrt(means.size[has])
    effects = np.linalg.lstsq(design[has] * root[:, None], means.value[has] * root, rcond=None)[0]
    beyond: Floats = np.where(has, means.value - design @ effects, np.nan)
    return beyond


def _contrasts(
    cells: Groups, means: gaps.CellMeans, values: Floats, codes: Codes, weight: Floats | None, question: Question
) -> tuple[Contrast, ...]:
    """Return each compared cell against the rest, worst first."""
    from scipy.special import ndtr

    chosen = gaps.kept(means, question.min_group)
    found = [(int(cell), *_against_rest(int(cell), values, codes, weight, means.share, question, len(chosen)))
             for cell in chosen if means.rows[cell] < len(values)]
    raw = np.array([2 * ndtr(-abs(z)) for _, _, z in found])
    adjusted = holm(raw)
    contrasts = [Contrast(cell, cells.names[cell], difference, float(p))
                 for (cell, difference, _), p in zip(found, adjusted, strict=True)]
    return tuple(sorted(contrasts, key=lambda c: (-_sure(c.difference), -abs(c.difference.value))))


def _sure(difference: Estimate) -> float:
    return max(difference.low, -difference.high, 0.0)


def _against_rest(
    cell: int, values: Floats, codes: Codes, weight: Floats | None, share: bool, question: Question, tests: int
) -> tuple[Estimate, float]:
    """Return cell minus rest with Bonferroni bounds for all cells, and its normal statistic."""
    two = gaps.cell_means(values, (codes == cell).astype(np.int64), 2, weight, share=share)
    rest, mine = two.value
    low, high = two.bounds(quantile(1 - (1 - question.level) / tests))
    lower, upper = square_and_add(mine, (low[1], high[1]), rest, (low[0], high[0]))
    if share:
        pooled = float(two.value @ two.size / two.size.sum())
        error = math.sqrt(pooled * (1 - pooled) * float((1 / two.size).sum()))
    else:
        error = float(np.hypot(*two.error))
    z = float(mine - rest) / error if error > 0 else 0.0 if mine == rest else math.inf
    return Estimate(float(mine - rest), float(lower), float(upper), int(two.rows[1])), z


def holm(p_values: Floats) -> Floats:
    """Return Holm's adjusted p-values: any of them below a level keeps the family's error there.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return adjusted
