"""What would these scores be where the event is rarer or commoner? A shift of the log odds, and of the threshold.

If only the share of events changes and people with the event still look like people with the event did (label shift),
Bayes' rule multiplies the odds of every score by the same number. Whether that holds where the scores will be used is
an assumption that no table from elsewhere can check.

Source: Saerens, Latinne and Decaestecker 2002; Buda, Maki and Mazurowski 2018 for dividing by the training priors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.counting.counted import need_rows
from engine.counting.groups import Groups, grouping
from engine.errors import Issue, invalid
from engine.text import plain
from engine.types import Dataset, Floats, frozen

ASSUMPTION = "assumes that only the share of events differs, not what people with and without the event look like"


@dataclass(frozen=True)
class Deployment:
    """The share of events where the scores will be used: one for everybody, or by group of some attributes."""

    rate: float | None = None
    attributes: tuple[str, ...] = ()
    rates: tuple[tuple[str, float], ...] = ()     # by group name; groups not named keep their scores


@dataclass(frozen=True, eq=False)
class Compensated:
    """Scores moved to another share of events. G groups (one, of everybody, where the rate is common)."""

    dataset: Dataset             # the data with the score that was moved in use
    request: Deployment
    groups: Groups
    name: str                    # of the version
    here: Floats                 # (G,) share of events among rows with a score and an outcome; NaN without any
    there: Floats                # (G,) where the scores will be used; NaN: not asked for
    shift: Floats                # (G,) added to the log odds; 0 where nothing moves
    unmoved: tuple[tuple[str, str], ...]     # groups whose scores stay, and why
    scores: Floats               # (n,)

    def threshold(self, threshold: float) -> Floats:
        """Return, per group, the score before that becomes this threshold: (G,)."""
        return np.array([moved_threshold(threshold, float(shift)) for shift in self.shift])

    def version(self) -> Dataset:
        """Return the data with the moved scores as a version in use."""
        note = Issue("note", "the score was moved to another base rate here", f"score '{plain(self.name, 200)}'",
                     f"from '{plain(self.dataset.score)}'", ASSUMPTION)
        return self.dataset.with_scores(self.name, self.scores, "recalibrated").noted(note)


def log_odds_shift(here: float, there: float) -> float:
    """Return what is added to log odds when the share of events goes from `here` to `there`; both within 0 and 1.

    >>> round(log_odds_shift(0.5, 0.2), 6)
    -1.386294
    """
    return float(np.log(there) - np.log1p(-there) - np.log(here) + np.log1p(-here))


def shifted(probability: Floats, shift: float | Floats) -> Floats:
    """Return probabilities whose log odds are moved by a shift; 0 stays 0 and 1 stays 1.

    >>> shifted(np.array([0.0, 0.8, 1.0]), log_odds_shift(0.5, 0.2))
    array([0. , 0.5, 1. ])
    """
    odds = np.exp(shift)
    moved: Floats = probability * odds / (probability * odds + (1 - probability))
    return moved


def moved_threshold(threshold: float, shift: float) -> float:
    """Return the threshold on the scores before that decides as `threshold` does on the shifted ones.

    >>> round(moved_threshold(0.5, log_odds_shift(0.5, 0.2)), 12)
    0.8
    """
    return float(shifted(np.array([threshold]), -shift)[0])


def compensated(dataset: Dataset, request: Deployment) -> Compensated:
    """Return the scores for a deployment in which the share of events is another.

    Parameters
    ----------
    dataset
        With outcomes, which give the share of events here (of rows with a score, weighted where there are weights), and
        a score in 0 to 1.
    request
        One rate for everybody, or a rate by group.

    Raises
    ------
    InvalidData
        No outcome or score, a score outside 0 to 1, a rate that is not between 0 and 1, an unknown group, or neither
        or both kinds of rate.
    """
    score, groups, codes = _checked(dataset, request)
    here = _base_rates(dataset, codes, len(groups))
    wanted = dict(request.rates) if request.rate is None else dict.fromkeys(groups.names, request.rate)
    there = np.array([wanted.get(name, np.nan) for name in groups.names])
    unmoved = _unmoved(groups, here, there)
    stays = np.array([name in unmoved for name in groups.names])
    shift = np.array([0.0 if stay else log_odds_shift(a, b) for a, b, stay in zip(here, there, stays, strict=True)])
    return Compensated(dataset, request, groups, _name(dataset, request), here, there, shift, tuple(unmoved.items()),
                       frozen(shifted(score, shift[codes])))


def _checked(dataset: Dataset, request: Deployment) -> tuple[Floats, Groups, np.ndarray]:
    where = f"data '{plain(dataset.name)}'"
    need_rows(dataset, "another base rate")
    if dataset.label is None or dataset.score is None:
        raise invalid("another base rate needs outcomes and a score", where, "one is missing", "name both columns")
    score = dataset.score_values()
    known = score[np.isfinite(score)]
    if not len(known) or known.min() < 0 or known.max() > 1:
        raise invalid("another base rate needs a score between 0 and 1", f"score '{plain(dataset.score)}'",
                      "values outside", "recalibrate it first")
    if (request.rate is None) != bool(request.attributes) or (request.rates and not request.attributes):
        raise invalid("say one base rate, or one by group of named attributes", "request", "neither or both", "choose")
    groups, codes = grouping(dataset, request.attributes)
    for name, rate in request.rates if request.rate is None else (("everybody", request.rate),):
        if not 0 < rate < 1:
            raise invalid("a base rate lies between 0 and 1", f"group '{plain(name)}'", f"{rate:g}", "choose another")
        if request.rates and name not in groups.names:
            raise invalid("a base rate is for a group of the data", "request", f"'{plain(name)}'", "name a group")
    return score, groups, codes


def _base_rates(dataset: Dataset, codes: np.ndarray, count: int) -> Floats:
    label = np.asarray(dataset.label)
    weight = np.ones(dataset.n) if dataset.weight is None else dataset.weight
    known = (label >= 0) & np.isfinite(dataset.score_values())   # those whose scores are moved
    both = np.bincount(codes[known], weight[known], minlength=count)
    events = np.bincount(codes[known], weight[known] * label[known], minlength=count)
    with np.errstate(invalid="ignore"):
        rate: Floats = np.where(both > 0, events / both, np.nan)
    return rate


def _unmoved(groups: Groups, here: Floats, there: Floats) -> Mapping[str, str]:
    """Return the groups whose scores stay: no rate was given, or theirs here has no log odds."""
    found = {}
    for g, name in enumerate(groups.names):
        if np.isnan(there[g]):
            found[name] = "no base rate was given for it"
        elif not 0 < here[g] < 1:
            found[name] = f"not estimable: {name} has one outcome only" if here[g] == here[g] else (
                f"not estimable: {name} has no rows with a known outcome")
    return found


def _name(dataset: Dataset, request: Deployment) -> str:
    if request.rate is not None:
        return f"base rate {request.rate!r} for {dataset.score}"
    rates = ", ".join(f"{name} {rate!r}" for name, rate in request.rates)
    return f"base rates by {' x '.join(request.attributes)} ({rates}) for {dataset.score}"
