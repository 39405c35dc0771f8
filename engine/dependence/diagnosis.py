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
from engine.errors import invalid, stopped
from engine.intervals import quantile, square_and_add
from engine.text import plain
from engine.types import Cancelled, Codes, Dataset, Estimate, Estimates, Floats, Ints, Progress


@dataclass(frozen=True)
class Question:
    """What to look at in the score in use.

    `threshold`: compare the share of rows with a score of at least that, rather than the mean score. `penalty`, `c`,
    `as_continuous` as in `engine.dependence.Request`; `permutations` of the score test the dependence as a whole.
    `most` is how many rows the dependence is measured on where there are more, drawn at random; None for all of them.
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
    most: int | None = None


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
class Compared:
    """The gaps of each attribute alone beside those of the cells, and cell by cell."""

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


@dataclass(frozen=True, eq=False)
class Diagnosis(Compared):
    """The same, and where the dependence lies."""

    dependence: float                  # the penalty of the score: squared, U (V with weights)
    dependence_p_value: float
    dependence_noise: float            # what 95 % of shuffled scores stay under
    dependence_rows: int               # that it is measured on; fewer than `rows` where `most` was asked for
    terms: dict[str, float]            # parts of it by attribute
    interaction: float                 # the part that no attribute shows alone; below 0 where several count alone
    combinations: dict[str, float]     # pure interactions by combination, "a x b", of the joint measure
    estimator: str
    route: str
    error: float


def compare_cells(dataset: Dataset, question: Question | None = None) -> Compared:
    """Return where the score in use differs between groups and combinations of groups; O(rows).

    Rows without a score are left out and counted. Cells with fewer than `min_group` rows are shown and not compared.

    Raises
    ------
    InvalidData
        There is no score or no such attribute.

    References
    ----------
    Kearns, Neel, Roth and Wu 2018, Preventing fairness gerrymandering; Holm 1979 for the p-values.
    """
    question = question or Question()
    attributes, rows, scores, weight = _scored(dataset, question)
    share = question.threshold is not None
    values = scores if question.threshold is None else (scores >= question.threshold).astype(np.float64)
    cells, codes = grouping(dataset, attributes)
    codes = codes[rows]
    means = gaps.cell_means(values, codes, len(cells), weight, share=share)
    rng = np.random.default_rng(question.seed)
    marginal = []
    for name in attributes:
        groups, own = grouping(dataset, (name,))
        alone = gaps.cell_means(values, own[rows], len(groups), weight, share=share)
        marginal.append(_gap(name, groups.names, alone, question, rng))
    whole = gaps.cell_means(values, np.zeros(len(rows), dtype=np.int64), 1, weight, share=share)
    return Compared(
        str(dataset.score), _words(str(dataset.score), question), len(rows), dataset.n - len(rows), cells,
        means.estimates(cells.names, question.level), whole.estimates(("all",), question.level)[0],
        _beyond(cells, means), _left_out(cells, means, question), tuple(marginal),
        _gap(cells.name, cells.names, means, question, rng), _contrasts(cells, means, values, codes, weight, question),
    )


def diagnose(
    dataset: Dataset, question: Question | None = None, progress: Progress | None = None,
    cancelled: Cancelled | None = None, compared: Compared | None = None,
) -> Diagnosis:
    """Return where the score in use differs between groups and their combinations, and where its dependence lies.

    Parameters
    ----------
    compared
        What `compare_cells` returned, where it was asked before.

    Raises
    ------
    InvalidData
        There is no score or no such attribute; or stopped.
    """
    question = question or Question()
    compared = compared or compare_cells(dataset, question)
    attributes, rows, scores, weight = _scored(dataset, question)
    if question.most is not None and len(rows) > question.most:
        some = np.sort(np.random.default_rng(question.seed).choice(len(rows), question.most, replace=False))
        rows, scores, weight = rows[some], scores[some], None if weight is None else weight[some]
    look = progress or (lambda share, words: None)
    look(0.0, "looking at every attribute")
    penalty = _penalty(dataset, question, attributes, rows, weight)
    tested = permutation.against_chance(penalty, scores, np.random.default_rng((question.seed, 1)),
                                        question.permutations, lambda share, words: look(0.8 * share, words), cancelled)
    look(0.8, "looking where it lies")
    terms = penalty.terms(scores)
    if cancelled is not None and cancelled():
        raise stopped("looking where the dependence lies")
    look(0.9, "looking at combinations")
    joint = terms if question.penalty == "joint" else _penalty(
        dataset, replace(question, penalty="joint"), attributes, rows, weight).terms(scores)
    return Diagnosis(
        **vars(compared), dependence=tested.value, dependence_p_value=tested.p_value,
        dependence_noise=tested.noise_high, dependence_rows=len(rows), terms=dict(terms.values),
        interaction=terms.interaction, combinations=dict(joint.by_subset), estimator="U" if weight is None else "V",
        route=penalty.route, error=penalty.error,
    )


def _scored(dataset: Dataset, question: Question) -> tuple[tuple[str, ...], Ints, Floats, Floats | None]:
    """Return the attributes, the rows that have a score, their scores and weights."""
    need_rows(dataset, "the diagnosis of combinations")
    attributes, scores = _attributes(dataset, question), dataset.score_values()
    rows = np.flatnonzero(~np.isnan(scores))
    if not len(rows) or dataset.score is None:
        raise invalid("a score is needed", f"data '{plain(dataset.name)}'", "none", "name a score or train a model")
    return attributes, rows, scores[rows], None if dataset.weight is None else dataset.weight[rows]


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
    """Return each compared cell against the rest with Bonferroni bounds for all cells, worst first."""
    from scipy.special import ndtr

    kept = gaps.kept(means, question.min_group)
    chosen, others = kept[means.rows[kept] < len(values)], gaps.rest_means(means, values, codes, weight)
    if not len(chosen):
        return ()
    z = quantile(1 - (1 - question.level) / len(kept))
    mine, rest = means.value[chosen], others.value[chosen]
    own, other = ((low[chosen], high[chosen]) for low, high in (means.bounds(z), others.bounds(z)))
    lower, upper = square_and_add(mine, own, rest, other)
    error = _error(means, others)[chosen]
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(error > 0, (mine - rest) / error, np.where(mine == rest, 0.0, np.inf))
    adjusted = holm(2 * ndtr(-np.abs(apart)))
    contrasts = [
        Contrast(int(cell), cells.names[cell], Estimate(float(gap), float(low), float(high), int(means.rows[cell])), p)
        for cell, gap, low, high, p in zip(chosen, mine - rest, lower, upper, adjusted.tolist(), strict=True)
    ]
    return tuple(sorted(contrasts, key=lambda c: (-_sure(c.difference), -abs(c.difference.value))))


def _error(means: gaps.CellMeans, others: gaps.CellMeans) -> Floats:
    """Return the standard error of each cell minus the rest, (G,); of shares as if both were equal."""
    if not means.share:
        return np.asarray(np.hypot(others.error, means.error), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (means.value * means.size + others.value * others.size) / (means.size + others.size)
        return np.asarray(np.sqrt(pooled * (1 - pooled) * (1 / means.size + 1 / others.size)), dtype=np.float64)


def _sure(difference: Estimate) -> float:
    return max(difference.low, -difference.high, 0.0)


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
