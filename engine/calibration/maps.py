"""Maps from a score to a probability, and the one way to use them: on rows that they were not fitted on.

No function here returns a map. A map that saw a row's outcome and is then judged on that row always looks calibrated
(an isotonic one perfectly so), which says nothing; `out_of_fold` fits on the other folds, always.

Sources: Platt 1999 (with his smoothed targets, which keep the fit finite where a score separates the outcomes);
Guo et al. 2017 (temperature); Kull, Silva Filho and Flach 2017 (beta); Zadrozny and Elkan 2001, 2002 (binning,
isotonic); Oron and Flournoy 2017 (centred isotonic).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.calibration import h_calibration
from engine.calibration.folds import Rows
from engine.calibration.logistic import CLIP, log_loss, logistic, logit, sigmoid
from engine.types import Floats, Ints

BINS = 10
MOST_ROWS = 200_000    # rows that one map is fitted on; more change two or three numbers very little

_Map = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Method:
    """A kind of map: its name on screen, what it does in a sentence, and what it needs."""

    key: str
    name: str
    sentence: str
    any_score: bool = False        # whether a score outside 0 to 1 can be mapped
    experimental: bool = False


METHODS: dict[str, Method] = {
    method.key: method for method in (
        Method("platt", "Platt", "A logistic curve with a slope and an intercept: the steady one for small groups.",
               any_score=True),
        Method("temperature", "temperature", "One slope: scores move towards or away from one half and no score "
               "crosses it, so a score that is too high everywhere stays so."),
        Method("beta", "beta", "A logistic curve on the logarithms of the score and of its complement: three numbers, "
               "for scores that bend differently at the two ends."),
        Method("isotonic", "isotonic", "The best steps that never go down; many scores become equal.", any_score=True),
        Method("centred_isotonic", "centred isotonic", "The isotonic steps joined at their centres, so that order is "
               "kept between the outermost ones.", any_score=True),
        Method("binning", "binning (10)", "The share of events in ten bins of equally many rows.", any_score=True),
        Method("h_calibration", "h-calibration", "A logistic curve that keeps the mean residual of every stretch of "
               "neighbouring scores small; experimental.", experimental=True),
    )
}


def out_of_fold(method: str, rows: Rows, own: Sequence[bool]) -> Floats:
    """Return each row's score under maps that were fitted without the row's fold.

    Parameters
    ----------
    method
        A key of `METHODS`.
    rows
        Scores, outcomes, groups and folds. A row without an outcome gets the mean of all folds' maps.
    own
        (G,) whether a group has a map of its own; the others share the pooled one, fitted on everybody.

    Returns
    -------
    scores
        (n,) in 0 to 1.
    """
    mapped = np.zeros(len(rows.score))
    for k in range(rows.folds):
        _score(mapped, method, rows, own, k)
    return mapped


def best_out_of_fold(methods: Sequence[str], rows: Rows, own: Sequence[bool]) -> tuple[Floats, tuple[str, ...]]:
    """Return scores as `out_of_fold` by the method of lowest log loss, and the method chosen for each fold.

    The choice for a fold is made among the other folds alone, each of them scored without itself: a row takes no part
    in choosing its own map. Needs three folds or more.
    """
    mapped, chosen = np.zeros(len(rows.score)), []
    for k in range(rows.folds):
        losses = [_inner_loss(method, rows, own, k) for method in methods]
        chosen.append(methods[int(np.argmin(losses))])
        _score(mapped, chosen[-1], rows, own, k)
    return mapped, tuple(chosen)


def _score(mapped: Floats, method: str, rows: Rows, own: Sequence[bool], k: int) -> None:
    """Write the scores of a fold under maps of the others, and this fold's part in the mean of rows without outcome."""
    target = np.flatnonzero((rows.fold == k) | (rows.fold < 0))
    mapped[target] += _elsewhere(method, rows, own, (k,), target) / np.where(rows.fold[target] < 0, rows.folds, 1)


def _inner_loss(method: str, rows: Rows, own: Sequence[bool], without: int) -> float:
    kept = np.flatnonzero((rows.fold >= 0) & (rows.fold != without))
    mapped = np.zeros(len(rows.score))
    for j in set(range(rows.folds)) - {without}:
        mine = np.flatnonzero(rows.fold == j)
        mapped[mine] = _elsewhere(method, rows, own, (without, j), mine)
    seen = rows.at(kept)
    return log_loss(mapped[kept], seen.label, seen.weight)[0]


def _elsewhere(method: str, rows: Rows, own: Sequence[bool], without: tuple[int, ...], target: Ints) -> Floats:
    """Return the scores of the rows at `target` under maps fitted on the folds that are not left out."""
    seen = rows.at(np.flatnonzero((rows.fold >= 0) & ~np.isin(rows.fold, without)))
    fit, mapped, group = _FITS[method], np.zeros(len(target)), rows.group[target]
    shared = ~np.asarray(own, dtype=bool)[group]
    if shared.any():
        mapped[shared] = fit(_thinned(seen))(rows.score[target[shared]])
    for g in np.unique(group[~shared]):
        mine = group == g
        mapped[mine] = fit(_thinned(seen.at(np.flatnonzero(seen.group == g))))(rows.score[target[mine]])
    return np.clip(mapped, 0, 1)


def _thinned(seen: Rows) -> Rows:
    """Return at most `MOST_ROWS` of the rows, evenly spaced in their order."""
    count = len(seen.score)
    return seen if count <= MOST_ROWS else seen.at(np.linspace(0, count - 1, MOST_ROWS).astype(np.int64))


def _weights(seen: Rows) -> Floats:
    return np.ones(len(seen.score)) if seen.weight is None else seen.weight


def _targets(seen: Rows) -> Floats:
    """Return Platt's targets: a little inside 0 and 1, by one imagined row of each outcome."""
    positives, count = seen.label.sum(), len(seen.label)
    targets: Floats = np.where(seen.label > 0, (positives + 1) / (positives + 2), 1 / (count - positives + 2))
    return targets


def _scale(seen: Rows) -> _Map:
    """Return a function from scores to what a logistic curve is fitted on: logits, or standardised scores."""
    if seen.probability:
        return logit
    centre, spread = float(seen.score.mean()), float(seen.score.std()) or 1.0
    return lambda score: (score - centre) / spread


def _platt(seen: Rows) -> _Map:
    scale = _scale(seen)
    x = scale(seen.score)
    a, b = logistic(np.column_stack([np.ones(len(x)), x]), _targets(seen), _weights(seen))
    return lambda score: sigmoid(a + b * scale(score))


def _temperature(seen: Rows) -> _Map:
    from scipy.optimize import minimize_scalar

    odds, target, weight = logit(seen.score), _targets(seen), _weights(seen)

    def loss(power: float) -> float:
        bent = np.exp(power) * odds
        return float(weight @ (np.logaddexp(0, bent) - target * bent))

    slope = float(np.exp(minimize_scalar(loss, bounds=(-4, 4), method="bounded").x))
    return lambda score: sigmoid(slope * logit(score))


def _beta(seen: Rows) -> _Map:
    """Fit both logarithms; one whose sign is wrong is left out and the rest fitted again."""
    def columns(score: Floats) -> Floats:
        inside = np.clip(score, CLIP, 1 - CLIP)
        return np.column_stack([np.ones(len(inside)), np.log(inside), -np.log1p(-inside)])

    x, target, weight = columns(seen.score), _targets(seen), _weights(seen)
    used = [0, 1, 2]
    found = logistic(x, target, weight)
    while len(used) > 1 and found[1:].min() < 0:
        used = [used[0], *(used[i] for i in range(1, len(used)) if i != 1 + int(found[1:].argmin()))]
        found = logistic(x[:, used], target, weight)
    return lambda score: sigmoid(columns(score)[:, used] @ found)


def _isotonic(seen: Rows) -> _Map:
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1).fit(seen.score, seen.label, seen.weight)
    return lambda score: np.asarray(steps.predict(score), dtype=np.float64)


def _centred_isotonic(seen: Rows) -> _Map:
    order = np.argsort(seen.score, kind="stable")
    score, weight, level = seen.score[order], _weights(seen)[order], _isotonic(seen)(seen.score[order])
    starts = np.flatnonzero(np.append(True, np.diff(level) > 1e-12))
    centres = np.add.reduceat(score * weight, starts) / np.add.reduceat(weight, starts)
    return lambda given: np.interp(given, centres, level[starts])


def _binning(seen: Rows) -> _Map:
    cuts = np.unique(np.quantile(seen.score, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    edges, weight = cuts[cuts > seen.score.min()], _weights(seen)
    place = np.searchsorted(edges, seen.score, side="right")
    share = np.bincount(place, weight * seen.label) / np.bincount(place, weight)
    return lambda score: share[np.searchsorted(edges, score, side="right")]


def _h_calibration(seen: Rows) -> _Map:
    x = logit(seen.score)
    a, b = logistic(np.column_stack([np.ones(len(x)), x]), _targets(seen), _weights(seen))
    a, power = h_calibration.parameters(x, seen.label, (float(a), float(np.log(max(b, 1e-3)))))
    return lambda score: sigmoid(a + np.exp(power) * logit(score))


_FITS: dict[str, Callable[[Rows], _Map]] = {
    "platt": _platt, "temperature": _temperature, "beta": _beta, "isotonic": _isotonic,
    "centred_isotonic": _centred_isotonic, "binning": _binning, "h_calibration": _h_calibration,
}
