"""How arbitrary are these scores? Models that are as good, as far as anyone can tell, and what they say of each person.

Two sources of such models: score columns that were brought, kept where their loss is near the best; and, for the
logistic model trained here, all models near the best at once (`engine.calibration.level_set`).

Source: Marx, Calmon and Ustun 2020; Watson-Daniels, Parkes and Ustun 2023 (viable prediction range).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine.calibration.logistic import log_loss
from engine.counting.counted import need_rows
from engine.counting.groups import EVERYBODY, grouping
from engine.errors import invalid
from engine.intervals import quantile, wilson
from engine.text import plain
from engine.types import UNKNOWN, Dataset, Estimates, Floats, Ints, Labels, frozen

DELTAS = tuple(np.round(np.linspace(0, 0.5, 51), 2).tolist())
ALONE = "nothing to compare with: one score"
HELD_OUT = (
    "Losses are of the rows in use. They say which models are as good as the best only if no model learned from these "
    "rows, which Equipoise cannot see."
)


@dataclass(frozen=True)
class Question:
    """How near the best counts as as good, how far is different, which threshold decides, by which groups."""

    epsilon: float = 0.01                        # share of the best loss
    deltas: tuple[float, ...] = DELTAS           # distances of a score from the baseline, ascending, within 0 to 1
    threshold: float = 0.5
    attributes: tuple[str, ...] = ()
    level: float = 0.95


@dataclass(frozen=True)
class Candidate:
    """A score version that might be kept: its mean log loss and, where it is not kept, why."""

    name: str
    loss: float
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Multiplicity:
    """What the models that are as good say. Rows are everybody first, then G groups; m persons were looked at."""

    source: Literal["columns", "level set"]
    baseline: str
    names: tuple[str, ...]           # (1 + G,) raw, the first is everybody
    rows: Ints                       # (1 + G,)
    deltas: Floats                   # (D,)
    ambiguity: Floats                # (1 + G, D) share whose score some model moves by delta or more; NaN without rows
    discrepancy: Floats              # (1 + G, D) the largest such share that one model makes for everybody
    discrepancy_is: Literal["exact", "at least"]
    width: Floats                    # (1 + G,) mean of a person's highest score minus the lowest
    flips: Estimates                 # (1 + G) share whose decision some model turns
    places: Ints                     # (m,) rows of the data
    low: Floats                      # (m,) lowest score of each person
    high: Floats                     # (m,)
    base: Floats                     # (m,) score of the baseline
    kept: tuple[Candidate, ...]      # with the baseline
    dropped: tuple[Candidate, ...]
    epsilon: float
    threshold: float
    said: str                        # what this rests on


def from_columns(
    dataset: Dataset, question: Question = Question(), columns: Sequence[str] | None = None
) -> Multiplicity:
    """Return how far score versions disagree that are as good as the best; the score in use is the baseline.

    Parameters
    ----------
    dataset
        With outcomes, a score in use and at least one other version.
    question
        See `Question`. A version is kept where its log loss is at most (1 + epsilon) times the lowest.
    columns
        Score versions to look at beside the one in use; all by default.

    Raises
    ------
    InvalidData
        No outcome, fewer than two score versions, a baseline outside 0 to 1, an unknown version, or a negative epsilon.

    Notes
    -----
    Only rows with all of the scores kept and a known outcome or not are looked at; the loss is of those with one.
    Where no other version is kept there is nothing to compare with, and all shares are NaN with that reason.
    Ambiguity is at least the discrepancy, always: what one model moves some model moves.
    """
    names, label = _asked(dataset, question, columns)
    found = [_candidate(dataset, name, label) for name in names]
    best = min(each.loss for each in found if each.reason is None)
    limit = best * (1 + question.epsilon)
    dropped = [Candidate(each.name, each.loss, each.reason or f"its loss {each.loss:.4f} is above {limit:.4f}")
               for each in found[1:] if each.reason is not None or each.loss > limit]
    kept = [each for each in found if each.name not in {other.name for other in dropped}]
    scores = np.column_stack([dataset.scores[each.name] for each in kept])
    places = np.flatnonzero(np.isfinite(scores).all(axis=1))
    if not len(places):
        raise invalid("rows are needed that every version scores", f"data '{plain(dataset.name)}'", "none",
                      "choose other versions")
    scores = scores[places]
    answer = summary(dataset, question, Seen(
        "columns", kept[0].name, places, scores.min(axis=1), scores.max(axis=1), scores[:, 0], scores.T[1:],
        tuple(kept), tuple(dropped), HELD_OUT if kept[0].loss <= limit else
        f"The score in use is itself not among the best: its loss {kept[0].loss:.4f} is above {limit:.4f}. {HELD_OUT}",
    ))
    return answer if len(kept) > 1 else _alone(answer)


def _alone(found: Multiplicity) -> Multiplicity:
    """Return the answer where no other version is as good: nothing is known, which is not that nothing differs."""
    void, count = np.full(found.ambiguity.shape, np.nan), len(found.names)
    none = np.full(count, np.nan)
    return replace(found, ambiguity=void, discrepancy=void, width=none,
                   flips=Estimates(none, none, none, found.flips.n, (f"not estimable: {ALONE}",) * count))


@dataclass(frozen=True, eq=False)
class Seen:
    """Ranges of m persons and the scores of single models, before they are summed up by group."""

    source: Literal["columns", "level set"]
    baseline: str
    places: Ints
    low: Floats
    high: Floats
    base: Floats
    models: Iterable[Floats]         # scores (m,) of single models, one at a time
    kept: tuple[Candidate, ...]
    dropped: tuple[Candidate, ...]
    said: str


def summary(dataset: Dataset, question: Question, seen: Seen) -> Multiplicity:
    """Return ambiguity, discrepancy, widths and flips by group from the ranges of persons; O(m) for every model."""
    groups, codes = grouping(dataset, question.attributes)
    count = len(groups) if question.attributes else 0
    group = codes[seen.places].astype(np.int64)
    rows = _by_group(np.ones(len(group)), group, count)
    deltas = np.asarray(question.deltas, dtype=np.float64)
    ambiguity = _beyond(np.maximum(seen.high - seen.base, seen.base - seen.low), deltas, group, rows)
    discrepancy = 0 * ambiguity
    for scores in seen.models:
        discrepancy = np.maximum(discrepancy, _beyond(np.abs(scores - seen.base), deltas, group, rows))
    selected = seen.base >= question.threshold
    turned = np.where(selected, seen.low < question.threshold, seen.high >= question.threshold)
    names = (EVERYBODY, *(groups.names if count else ()))
    return Multiplicity(
        seen.source, seen.baseline, names, rows.astype(np.int64), deltas, ambiguity, discrepancy,
        "exact" if seen.source == "columns" else "at least", _share(seen.high - seen.low, group, rows),
        _shares(_share(turned, group, rows), rows, names, question.level), seen.places, frozen(seen.low),
        frozen(seen.high), frozen(seen.base), seen.kept, seen.dropped, question.epsilon, question.threshold, seen.said,
    )


def check(dataset: Dataset, question: Question) -> Labels:
    """Return the outcomes; refuse a question that cannot be answered on these data."""
    need_rows(dataset, "looking at single scores")
    where = f"data '{plain(dataset.name)}'"
    if dataset.label is None:
        raise invalid("models are as good or not by a yes/no outcome", where, "none", "name the outcome's column")
    if not question.epsilon >= 0:
        raise invalid("how near the best counts is a share of its loss", "epsilon", f"{question.epsilon:g}",
                      "choose 0.01")
    for name in set(question.attributes) - {attribute.name for attribute in dataset.attributes}:
        raise invalid("groups must be made of protected attributes", f"attribute '{plain(name)}'",
                      "it is none of these data", "choose a protected attribute")
    return dataset.label


def _asked(dataset: Dataset, question: Question, columns: Sequence[str] | None) -> tuple[list[str], Labels]:
    label = check(dataset, question)
    names = list(dict.fromkeys([dataset.score or "", *(dataset.scores if columns is None else columns)]))
    where = f"data '{plain(dataset.name)}'"
    if dataset.score is None or len(names) < 2:
        raise invalid("disagreement needs two score versions", where, f"{len(dataset.scores)}", "bring another score")
    for name in names:
        if name not in dataset.scores:
            raise invalid("a score version must exist", where, f"'{plain(name)}'", "choose one of the data's")
    base = _candidate(dataset, dataset.score, label)
    if base.reason is not None:
        raise invalid("disagreement needs a baseline between 0 and 1", f"score '{plain(dataset.score)}'", base.reason,
                      "recalibrate it first")
    return names, label


def _candidate(dataset: Dataset, name: str, label: Labels) -> Candidate:
    score = dataset.scores[name]
    known = np.isfinite(score) & (label != UNKNOWN)
    if not known.any():
        return Candidate(name, np.nan, "no row has this score and an outcome")
    if score[known].min() < 0 or score[known].max() > 1:
        return Candidate(name, np.nan, "it is no probability: values outside 0 to 1")
    weight = None if dataset.weight is None else dataset.weight[known]
    return Candidate(name, log_loss(score[known], label[known].astype(np.float64), weight)[0])


def _by_group(amount: Floats, group: Ints, count: int) -> Floats:
    """Return sums over everybody and over each group, (1 + G,)."""
    both: Floats = np.append(amount.sum(), np.bincount(group, amount, minlength=count)[:count])
    return both


def _beyond(distance: Floats, deltas: Floats, group: Ints, rows: Floats) -> Floats:
    """Return the share of persons at each delta or further, (1 + G, D); the deltas ascend. One pass over the rows."""
    count, steps = len(rows) - 1, len(deltas) + 1
    reached = np.searchsorted(deltas, distance, side="right")
    cells = np.bincount(group * steps + reached, minlength=max(count, int(group.max(initial=0)) + 1) * steps)
    table = cells.reshape(-1, steps)[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    whole = np.concatenate([table.sum(axis=0)[None], table[:count]]).astype(np.float64)
    share: Floats = np.divide(whole, rows[:, None], out=np.full(whole.shape, np.nan), where=rows[:, None] > 0)
    return share


def _share(amount: Floats | np.ndarray, group: Ints, rows: Floats) -> Floats:
    total = _by_group(np.asarray(amount, dtype=np.float64), group, len(rows) - 1)
    share: Floats = np.divide(total, rows, out=np.full(len(rows), np.nan), where=rows > 0)
    return share


def _shares(share: Floats, rows: Floats, names: Sequence[str], level: float) -> Estimates:
    low, high = wilson(share, rows, quantile(level))
    reasons = tuple(None if n else f"not estimable: {name} has no rows" for name, n in zip(names, rows, strict=True))
    return Estimates(share, low, high, rows, reasons)
