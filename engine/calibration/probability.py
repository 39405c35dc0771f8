"""Scores that are no probabilities: refused, with what to do; or, whole scores 1 to 10, read as tenths."""

from __future__ import annotations

import numpy as np

from engine.errors import Issue, invalid
from engine.text import plain
from engine.types import Dataset, Floats

DECILES = 10


def check(scores: Floats, name: str) -> None:
    """Refuse scores outside [0, 1].

    Raises
    ------
    InvalidData
        Naming the score and its range.
    """
    if len(scores) and not (scores.min() >= 0 and scores.max() <= 1):
        raise invalid("calibration needs scores that are probabilities, between 0 and 1", f"score {name!r}",
                      f"{scores.min():g} to {scores.max():g}",
                      "recalibrate the score, or name a column of probabilities")


def is_deciles(dataset: Dataset) -> bool:
    """Return whether the score in use is whole numbers from 1 to 10, so that `as_probability` can read it."""
    scores = dataset.score_values()
    known = scores[np.isfinite(scores)]
    return bool(len(known) and known.min() >= 1 and known.max() <= DECILES and (known == np.floor(known)).all())


def as_probability(dataset: Dataset) -> Dataset:
    """Return the data with a score of deciles 1 to 10 read as the middle of its tenth, in use as a new version.

    The version is named after the score and the reading, ``"decile_score / 10 - 0.05"``. The reading is a convention:
    deciles rank people, so that nothing says that a tenth of those in decile 1 ... 10 are that likely.

    Raises
    ------
    InvalidData
        Where the scores are anything else.

    Examples
    --------
    >>> from tests.build import dataset
    >>> as_probability(dataset([1, 10])).score_values()
    array([0.05, 0.95])
    """
    if not is_deciles(dataset):
        raise invalid("only whole scores from 1 to 10 can be read as tenths", f"score {dataset.score!r}",
                      "other values", "recalibrate the score, or name a column of probabilities")
    values = (2 * dataset.score_values() - 1) / (2 * DECILES)
    name = f"{dataset.score} / 10 - 0.05"
    note = Issue("note", "deciles were read as the middle of their tenth", f"score '{plain(name, 200)}'",
                 f"from '{plain(dataset.score)}'", "it is a convention: deciles rank people, recalibrate for more")
    return dataset.with_scores(name, values, "recalibrated").noted(note)   # a card's threshold is for the deciles
