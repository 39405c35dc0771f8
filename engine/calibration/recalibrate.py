"""What would these scores be if each were mapped to a probability? Cross-fitted always, pooled or per group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.calibration.folds import Rows, deal
from engine.calibration.logistic import log_loss
from engine.calibration.maps import METHODS, best_out_of_fold, out_of_fold
from engine.counting.counted import need_rows
from engine.counting.groups import Groups, grouping
from engine.errors import Issue, invalid, stopped
from engine.text import plain
from engine.types import UNKNOWN, Cancelled, Dataset, Floats, Ints, Progress, frozen

CHOSEN = "chosen"      # instead of a method: the one of lowest log loss on the other folds, fold by fold
RAW = "raw"            # key of the loss without a map
LEAST = 50             # rows that a map is fitted on
USUAL = tuple(key for key, method in METHODS.items() if not method.experimental)
DEPLOYMENT = "a deployed map needs to know each person's group when it is used"
ADVICE = "choose thresholds after recalibration: equal thresholds of the score before are no longer equal"


@dataclass(frozen=True)
class Recalibration:
    """What to map and how. `attributes` make the groups that folds are dealt by and, `per_group`, that maps are for."""

    method: str = "platt"                    # a key of METHODS, or CHOSEN
    per_group: bool = False
    attributes: tuple[str, ...] = ()
    folds: int = 5
    seed: int = 0
    repeats: int = 5                         # seeds: this one and those after it
    compare: tuple[str, ...] = USUAL         # methods whose log loss is listed; candidates of CHOSEN


@dataclass(frozen=True, eq=False)
class Losses:
    """Log loss out of fold, once per seed: lower is better; rows clipped because they were mapped to 0 or 1."""

    values: Floats               # (R,) NaN with a reason
    clipped: int                 # rows of the first seed
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Recalibrated:
    """Scores that no map saw before it mapped them, and what went into them. R seeds, n rows."""

    dataset: Dataset                             # the data with the score that was mapped in use
    request: Recalibration
    groups: Groups
    name: str                                    # of the version: tells method, groups, score, folds and seed
    repeated: tuple[Floats, ...]                 # R arrays (n,) in 0 to 1; NaN where there was no score
    fallbacks: tuple[tuple[str, str], ...]       # groups under the pooled map although asked per group, and why
    losses: Mapping[str, Losses]                 # by method, and RAW
    chosen: tuple[str, ...]                      # with CHOSEN: the method of each fold

    @property
    def scores(self) -> Floats:
        """The scores of the seed asked for, (n,)."""
        return self.repeated[0]

    @property
    def needs(self) -> str | None:
        """What using such a map on new people takes; None where nothing but the score."""
        return DEPLOYMENT if self.request.per_group else None

    def version(self, repeat: int = 0) -> Dataset:
        """Return the data with the recalibrated scores as a version in use; with the scores of another seed."""
        name = self.name if not repeat else version_name(self.dataset, replace(
            self.request, seed=self.request.seed + repeat))
        note = Issue("note", "the score was recalibrated here", f"score '{plain(name, 200)}'",
                     f"from '{plain(self.dataset.score)}', out of fold in {self.request.folds} folds",
                     ADVICE if self.needs is None else f"{self.needs}; {ADVICE}")
        return self.dataset.with_scores(name, self.repeated[repeat], "recalibrated").noted(note)


def recalibrated(
    dataset: Dataset, request: Recalibration = Recalibration(), progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Recalibrated:
    """Return the scores mapped to probabilities by maps that never saw the row they map.

    Rows with an outcome are dealt into folds, every group and outcome alike; the rows of a fold are mapped by what was
    fitted on the other folds. Rows without an outcome get the mean of the folds' maps. A group with fewer than 50 rows
    or one outcome to fit on falls back to the pooled map, and is listed.

    Parameters
    ----------
    dataset
        With outcomes and a score in use. The score must itself be out of sample for the model that made it. Outside
        0 to 1 only Platt, the isotonic maps and binning apply, to the score as it is.
    request
        See `Recalibration`. Weights are used, but by h-calibration.
    progress, cancelled
        Told and asked before each piece of work.

    Raises
    ------
    InvalidData
        No score or outcome, an unknown method or attribute, a method that needs a probability, fewer than two folds
        (three to choose), a class with fewer rows than folds, fewer than 50 rows; or stopped.

    Notes
    -----
    Group maps fix calibration within groups and move decisions: at a fixed threshold they often widen the gaps of
    selection and error rates (Kleinberg et al. 2016; Chouldechova 2017). Pooled maps can make a minority worse.
    """
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)
    groups, kept, rows = _rows(dataset, request)
    request = _checked(dataset, request, rows)
    reasons = _thin(rows, groups, request)
    own = [request.per_group and g not in reasons for g in range(len(groups))]
    mapped: dict[str, list[Floats]] = {}
    chosen: list[tuple[str, ...]] = []
    methods = dict.fromkeys((request.method, *request.compare))
    steps = [(repeat, key) for repeat in range(request.repeats) for key in methods]
    for done, (repeat, key) in enumerate(steps):
        if cancelled():
            raise stopped(f"recalibrating '{plain(dataset.name)}'")
        what = METHODS[key].name if key in METHODS else "choosing"
        progress(done / len(steps), f"{what}, seed {request.seed + repeat}")
        dealt = replace(rows, fold=_dealt(rows, request, repeat))
        if key == CHOSEN:
            scores, picked = best_out_of_fold(request.compare, dealt, own)
            chosen.append(picked)
        else:
            scores = out_of_fold(key, dealt, own)
        mapped.setdefault(key, []).append(scores)
    progress(1.0, "done")
    fallbacks = tuple((groups.names[g], why) for g, why in reasons.items()) if request.per_group else ()
    return Recalibrated(dataset, request, groups, version_name(dataset, request),
                        tuple(_whole(scores, kept, dataset.n) for scores in mapped[request.method]), fallbacks,
                        {RAW: _raw(rows), **_losses(mapped, rows)}, chosen[0] if chosen else ())


def version_name(dataset: Dataset, request: Recalibration) -> str:
    """Return a name that differs wherever the scores do, so that nothing kept under it can be stale.

    >>> from tests.build import dataset
    >>> version_name(dataset([0.1, 0.9], [0, 1], g="ab"), Recalibration(per_group=True, attributes=("g",), seed=3))
    'Platt per g of s (5 folds, seed 3)'
    """
    what = METHODS[request.method].name if request.method != CHOSEN else "best map"
    if request.method == CHOSEN and request.compare != USUAL:
        what += f" of {', '.join(request.compare)}"
    by = " x ".join(request.attributes)
    whom = f"per {by}" if request.per_group else "pooled" + (f", dealt by {by}," if by else "")
    return f"{what} {whom} of {dataset.score} ({request.folds} folds, seed {request.seed})"


def _rows(dataset: Dataset, request: Recalibration) -> tuple[Groups, Ints, Rows]:
    """Return the groups, the positions of rows with a score, and these rows."""
    where = f"data '{plain(dataset.name)}'"
    need_rows(dataset, "recalibration")
    if dataset.score is None:
        raise invalid("recalibration needs a score", where, "none", "name a score column or train a model")
    if dataset.label is None:
        raise invalid("recalibration needs a yes/no outcome", where, "none", "name the outcome's column")
    for name in set(request.attributes) - {attribute.name for attribute in dataset.attributes}:
        raise invalid("groups must be made of protected attributes", f"attribute '{plain(name)}'",
                      "it is none of these data", "choose a protected attribute")
    groups, codes = grouping(dataset, request.attributes)
    score = dataset.score_values()
    kept = np.flatnonzero(np.isfinite(score))
    label = np.where(dataset.label == UNKNOWN, np.nan, dataset.label)[kept]
    weight = None if dataset.weight is None else dataset.weight[kept]
    probability = bool(len(kept)) and bool(score[kept].min() >= 0 and score[kept].max() <= 1)
    rows = Rows(score[kept], label, codes[kept].astype(np.int64), np.zeros(len(kept), dtype=np.int64), len(groups),
                probability, weight)
    return groups, kept, rows


def _checked(dataset: Dataset, request: Recalibration, rows: Rows) -> Recalibration:
    """Return the request with the methods compared that this score allows; refuse what cannot be done."""
    for method in {request.method, *request.compare} - {CHOSEN}:
        if method not in METHODS:
            raise invalid("the method must be known", "method", f"'{plain(method)}'", f"use {', '.join(METHODS)}")
    score = f"score '{plain(dataset.score)}'"
    if request.method in set(METHODS) - set(possible(rows.probability)):
        raise invalid(f"{METHODS[request.method].name} needs a score between 0 and 1", score, "values outside",
                      "choose Platt, isotonic or binning")
    request = replace(request, compare=tuple(key for key in request.compare if key in possible(rows.probability)))
    least = 3 if request.method == CHOSEN else 2
    if request.folds < least or request.repeats < 1 or (request.method == CHOSEN and not request.compare):
        raise invalid(f"recalibration needs {least} folds, one seed and a method, or more", "request",
                      f"{request.folds} folds, {request.repeats} seeds", "choose 5 of each")
    if request.per_group and not request.attributes:
        raise invalid("maps per group need groups", "request", "no attribute", "choose a protected attribute")
    known = int(np.isfinite(rows.label).sum())
    rarer = int(min(np.nansum(rows.label), np.nansum(1 - rows.label)))
    if rarer < request.folds or known < LEAST:
        raise invalid(f"recalibration needs {LEAST} rows and one of each outcome in every fold", score,
                      f"{known} rows, {rarer} of the rarer outcome", "bring more rows")
    return request


def possible(probability: bool) -> tuple[str, ...]:
    """Return the methods for a score; outside 0 to 1 there are no log odds to bend.

    >>> possible(False)
    ('platt', 'isotonic', 'centred_isotonic', 'binning')
    """
    return tuple(key for key, method in METHODS.items() if probability or method.any_score)


def _dealt(rows: Rows, request: Recalibration, repeat: int) -> Ints:
    rng = np.random.default_rng(request.seed + repeat)
    return deal(rows.label, rows.group, request.folds, rng)


def _thin(rows: Rows, groups: Groups, request: Recalibration) -> dict[int, str]:
    """Return the groups too small for a map of their own once the largest folds are left out, and why.

    How many rows of a group and outcome a fold has does not depend on the seed.
    """
    fold, out = _dealt(rows, request, 0), 2 if request.method == CHOSEN else 1   # choosing leaves a second fold out
    reasons = {}
    for g in np.unique(rows.group):
        mine = (rows.group == g) & (fold >= 0)
        counts = [np.bincount(fold[mine & (rows.label == value)], minlength=request.folds) for value in (0, 1)]
        negatives, positives, both = (int(np.sort(c)[:-out].sum()) for c in (*counts, counts[0] + counts[1]))
        if both < LEAST:
            reasons[int(g)] = f"{both} rows to fit on, fewer than {LEAST}"
        elif min(negatives, positives) < 1:
            reasons[int(g)] = f"no {'positives' if positives < 1 else 'negatives'} to fit on"
    return reasons


def _raw(rows: Rows) -> Losses:
    if not rows.probability:
        return Losses(np.array([np.nan]), 0, "not estimable: the score is no probability")
    value, clipped = log_loss(rows.score, rows.label, rows.weight)
    return Losses(np.array([value]), clipped)


def _losses(mapped: Mapping[str, list[Floats]], rows: Rows) -> dict[str, Losses]:
    losses = {}
    for key, each in mapped.items():
        found = [log_loss(scores, rows.label, rows.weight) for scores in each]
        losses[key] = Losses(np.array([value for value, _ in found]), found[0][1])
    return losses


def _whole(mapped: Floats, kept: Ints, n: int) -> Floats:
    scores = np.full(n, np.nan)
    scores[kept] = mapped
    return frozen(scores)
