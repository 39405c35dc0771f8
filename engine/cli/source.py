"""DATA on the command line: a file, or the name of a catalogued data set, to a `Dataset` with a score."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from engine.cli import roles
from engine.cli.watching import watched
from engine.counting.counted import dataset_of, need_rows
from engine.counting.file import is_counts, read_counts
from engine.data.catalogue import CATALOGUE, open_table
from engine.data.ingest import ingest
from engine.data.limits import Limits
from engine.data.reading import read
from engine.data.table import Table
from engine.errors import invalid
from engine.types import Dataset, Roles

Speaker = Callable[[argparse.Namespace, Table, Roles | None], Roles]   # options to roles


def scored_dataset(
    arguments: argparse.Namespace, counts: bool = False, speak: Speaker | None = None
) -> Dataset:
    """Return the data with a score in use; without one of its own, a cross-fitted logistic model's.

    Parameters
    ----------
    counts
        Whether the command can work from a count table.
    speak
        As for `opened`.

    Raises
    ------
    InvalidData
        Where the file, the roles or the outcome cannot be used, or rows are needed and there are none.
    """
    dataset = opened(arguments, speak)
    if not counts:
        need_rows(dataset, f"'{arguments.command}'")
    if dataset.score is not None:
        return dataset
    if dataset.label is None:
        got = "none of them" if dataset.target is None else f"a numeric outcome, {dataset.roles.target!r}"
        raise invalid("a yes/no outcome, a score or a prediction is needed", f"data {dataset.name!r}", got,
                      "name one with --label and --positive, --score or --prediction")
    from engine.scoring.models import cross_fitted

    _say("no score was named: a logistic model is fitted, each row scored by a model that has not seen it")
    return cross_fitted(dataset, seed=arguments.seed, progress=watched)


def opened(arguments: argparse.Namespace, speak: Speaker | None = None) -> Dataset:
    """Return the data that DATA names, with the roles that the options give over those of its card.

    A command with column options of its own passes `speak`, which is then always asked.
    """
    if arguments.data in CATALOGUE:
        return _catalogued(arguments, speak)
    path = _path(arguments.data)
    if _holds_counts(path):
        return _counted(arguments, path)
    table = read(path, path.name, Limits.from_environment())
    return ingest(table, (speak or roles.spoken)(arguments, table, None))


def opened_under(data: str, given: Roles, name: str) -> Dataset:
    """Return the data that DATA names under roles that are known, called `name`."""
    if data in CATALOGUE:
        entry = CATALOGUE[data]
        return ingest(open_table(entry.key, progress=watched), given, name, entry.simulated, entry.excluded)
    path = _path(data)
    if _holds_counts(path):
        return dataset_of(read_counts(path, path.name), name)
    return ingest(read(path, path.name, Limits.from_environment()), given, name)


def _path(data: str) -> Path:
    path = Path(data)
    if not path.exists():
        listed = ", ".join(CATALOGUE)
        raise invalid("DATA must be a file or a catalogued data set", repr(data), "neither",
                      f"check the path, or use one of: {listed}")
    return path


def _catalogued(arguments: argparse.Namespace, speak: Speaker | None) -> Dataset:
    entry = CATALOGUE[arguments.data]
    table = open_table(entry.key, progress=watched)
    says = speak is not None or not roles.says_nothing(arguments)
    chosen = (speak or roles.spoken)(arguments, table, entry.roles) if says else entry.roles
    return ingest(table, chosen, entry.title, entry.simulated, entry.excluded)


def _holds_counts(path: Path) -> bool:
    """Return whether a file is a count table; any other file is left to `read`, which says what is wrong with it."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1" and is_counts(path.read_bytes())
    except OSError:
        return False


def _counted(arguments: argparse.Namespace, path: Path) -> Dataset:
    if not roles.says_nothing(arguments):
        raise invalid("a count table has its roles inside", f"file {path.name!r}", "options about columns",
                      "leave them out, or tabulate again with others")
    return dataset_of(read_counts(path, path.name), path.name)


def _say(words: str) -> None:
    if sys.stderr.isatty():
        print(words, file=sys.stderr)
