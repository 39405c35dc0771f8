"""DATA on the command line: a file, or the name of a catalogued data set, to a `Dataset` with a score."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli import roles
from engine.data.catalogue import CATALOGUE, open_table
from engine.data.ingest import ingest
from engine.data.limits import Limits
from engine.data.reading import read
from engine.errors import invalid
from engine.types import Dataset


def scored_dataset(arguments: argparse.Namespace) -> Dataset:
    """Return the data with a score in use; without one of its own, a cross-fitted logistic model's.

    Raises
    ------
    InvalidData
        Where the file, the roles or the outcome cannot be used.
    """
    dataset = opened(arguments)
    if dataset.score is not None:
        return dataset
    if dataset.label is None:
        got = "none of them" if dataset.target is None else f"a numeric outcome, {dataset.roles.target!r}"
        raise invalid("a yes/no outcome, a score or a prediction is needed", f"data {dataset.name!r}", got,
                      "name one with --label and --positive, --score or --prediction")
    from engine.scoring.models import cross_fitted

    _say("no score was named: a logistic model is fitted, each row scored by a model that has not seen it")
    return cross_fitted(dataset, seed=arguments.seed, progress=progress_line)


def opened(arguments: argparse.Namespace) -> Dataset:
    """Return the data that DATA names, with the roles that the options give over those of its card."""
    if arguments.data in CATALOGUE:
        return _catalogued(arguments)
    path = Path(arguments.data)
    if not path.exists():
        listed = ", ".join(CATALOGUE)
        raise invalid("DATA must be a file or a catalogued data set", repr(arguments.data), "neither",
                      f"check the path, or use one of: {listed}")
    table = read(path, path.name, Limits.from_environment())
    return ingest(table, roles.spoken(arguments, table))


def _catalogued(arguments: argparse.Namespace) -> Dataset:
    entry = CATALOGUE[arguments.data]
    table = open_table(entry.key, progress=progress_line)
    chosen = entry.roles if roles.says_nothing(arguments) else roles.spoken(arguments, table, entry.roles)
    return ingest(table, chosen, entry.title, entry.simulated, entry.excluded)


def progress_line(fraction: float, words: str) -> None:
    """Write progress where a person watches, over the same line; a script sees nothing."""
    if sys.stderr.isatty():
        end = "\n" if fraction >= 1 else ""
        print(f"\r{fraction:4.0%} {words:<60}", end=end, file=sys.stderr, flush=True)


def _say(words: str) -> None:
    if sys.stderr.isatty():
        print(words, file=sys.stderr)
