"""What each column of a table may be, with the reason: it fills in the questions, it never answers them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.data.features import MOST_TEXTS
from engine.data.outcome import DECIMAL_POINT
from engine.data.protected import MOST_GROUPS
from engine.data.table import Numbers, Table, Text
from engine.data.words import DECISION, EXPOSURE, ID, OUTCOME, POSITIVE, PROTECTED, SCORE, WEIGHT
from engine.errors import Issue
from engine.text import plain
from engine.types import Attribute, Floats, Kind, Roles

ColumnKind = Literal["two values", "category", "number", "text", "constant", "empty"]
Role = Literal["outcome", "score", "prediction", "protected", "weight", "exposure", "id", "feature", "none"]

MOST_NOMINAL = 20    # distinct whole numbers that are still taken for names of groups
IN_UNIT = "numbers in [0, 1], named like a score"
MOST_NAMED = 5        # columns in one sentence
MOST_OUTCOMES = 3     # different texts of a column that may still be an outcome whose name does not say so
MOST_PROTECTED = 4    # proposed at once; every pair and triple of them is a grouping


DECIMAL_COMMA = r"^[+-]?[0-9]+(?:,[0-9]+)?$"
THOUSANDS = r"^[+-]?(?:[1-9][0-9]{0,2},[0-9]{3}|[0-9]+)$"   # may as well be a separator of thousands


@dataclass(frozen=True)
class ColumnGuess:
    """What one column holds and may be used for."""

    column: str
    kind: ColumnKind
    role: Role
    reason: str
    distinct: int
    missing: int
    positive: str | None = None     # of two values: the one to propose
    attribute: Kind = "nominal"     # how the column would be grouped
    comma: str | None = None        # a value, where the column holds numbers with a decimal comma
    numeric: bool = False           # whether every cell with a value is a number


@dataclass(frozen=True)
class Guess:
    """A guess for every column of a table, in its order."""

    columns: dict[str, ColumnGuess] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[Issue, ...]:
        """Return what the visitor should know about the guesses: numbers that are text for their decimal comma."""
        found = [guess for guess in self.columns.values() if guess.comma is not None]
        if not found:
            return ()
        names = ", ".join(f"'{plain(guess.column)}'" for guess in found[:MOST_NAMED])
        more = f" and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
        return (Issue("warning", "scores and amounts must be numbers", f"columns {names}{more}",
                      f"a decimal comma, e.g. '{plain(found[0].comma)}'", f"{DECIMAL_POINT} and bring the file again"),)

    def with_role(self, role: Role) -> tuple[ColumnGuess, ...]:
        """Return the columns guessed to have a role."""
        return tuple(guess for guess in self.columns.values() if guess.role == role)

    def to_roles(self) -> Roles:
        """Return the roles that the guesses amount to: a start for the visitor's own choice."""
        outcome, prediction = self._first("outcome"), self._first("prediction")
        weight, identifier = self._first("weight"), self._first("id")
        protected = self.with_role("protected")[:MOST_PROTECTED]
        return Roles(
            protected=tuple(Attribute(guess.column, guess.attribute) for guess in protected),
            label=outcome.column if outcome else None, positive=outcome.positive if outcome else None,
            scores=tuple(guess.column for guess in self.with_role("score")),
            prediction=prediction.column if prediction else None, selected=prediction.positive if prediction else None,
            features=tuple(guess.column for guess in self.with_role("feature")),
            weight=weight.column if weight else None, id=identifier.column if identifier else None,
        )

    def _first(self, role: Role) -> ColumnGuess | None:
        return next(iter(self.with_role(role)), None)


def guess(table: Table) -> Guess:
    """Return a kind and a likely role for every column, each with its reason.

    At most one outcome, prediction, weight and identifier are proposed; an exposure is named but has to be chosen.

    Examples
    --------
    >>> from engine.data.reading import read
    >>> found = guess(read(b"sex,approved,score\\nF,yes,0.9\\nM,no,0.2\\nM,yes,0.4\\n", "x.csv"))
    >>> [(g.column, g.role) for g in found.columns.values()]
    [('sex', 'protected'), ('approved', 'outcome'), ('score', 'score')]
    """
    guesses = {column: _guess(table, column) for column in table.columns}
    for column in _surplus(list(guesses.values())):
        spare = guesses[column]
        guesses[column] = replace(spare, role="none" if spare.role == "id" else "feature",
                                  reason=f"{spare.reason}, but another column is likelier")
    _propose_score(guesses, table)
    _propose_outcome(guesses)
    return Guess(guesses)


def column_kind(table: Table, column: str) -> Kind:
    """Return how an attribute is grouped when nobody says: text, or at most 20 whole numbers, by value; else by edges.

    The wizard and the command line have this one rule: cells that say nothing (``NA``, ``?``) make no number a text.
    Nominal where there is no such column: ingestion refuses it and lists near names.
    """
    return _attribute_kind(table.numbers(column)) if column in table.columns else "nominal"


def _guess(table: Table, column: str) -> ColumnGuess:
    numbers = table.numbers(column)
    text = table.text(column, protected=bool(numbers.unreadable and _words(column) & PROTECTED))
    kind = _kind(text, numbers.unreadable == 0)
    role, reason = _role(column, kind, text, numbers.values)
    positive = _positive(text) if kind == "two values" else None
    attribute = _attribute_kind(numbers)
    if role == "protected" and attribute == "nominal":
        text = table.text(column, protected=True)   # counted as its groups will be
    return ColumnGuess(column, kind, role, reason, len(text.levels), text.missing, positive, attribute,
                       _decimal_comma(text) if numbers.unreadable else None,
                       not numbers.unreadable and kind != "empty")


def _kind(text: Text, numeric: bool) -> ColumnKind:
    distinct = len(text.levels)
    if distinct < 2:
        return "constant" if distinct else "empty"
    if distinct == 2:
        return "two values"
    if numeric:
        return "number"
    return "category" if distinct <= MOST_TEXTS else "text"


def _role(column: str, kind: ColumnKind, text: Text, values: Floats) -> tuple[Role, str]:
    words = _words(column)
    distinct, known = len(text.levels), len(text.codes) - text.missing
    if kind in ("empty", "constant"):
        return "none", "no value" if kind == "empty" else "the same value in every row"
    named = _named(words, kind, values, distinct, known)
    if named is not None:
        return named
    if kind == "text":
        return "none", f"{distinct:,} different texts"
    whole = kind == "number" and bool(np.all(values[~np.isnan(values)] % 1 == 0))
    if whole and distinct == known and known > MOST_NOMINAL:
        return "id", "a different whole number in every row"
    return "feature", "two values" if kind == "two values" else f"{kind}, {distinct:,} values"


def _named(
    words: frozenset[str], kind: ColumnKind, values: Floats, distinct: int, known: int
) -> tuple[Role, str] | None:
    """Return what the name says where the values agree with it."""
    number = kind == "number" and bool(np.isfinite(values).any())
    if words & PROTECTED and (kind == "number" or distinct <= MOST_GROUPS) and not words & SCORE:
        return "protected", "named like a protected attribute"
    if words & WEIGHT and number and float(np.nanmin(values)) >= 0:
        return "weight", "numbers above 0, named like a weight"
    if words & EXPOSURE and number and float(np.nanmin(values)) >= 0:
        return "exposure", "numbers above 0, named like an exposure"
    if words & SCORE and number:
        return "score", IN_UNIT if _in_unit(values) else "numbers, named like a score"
    if kind == "two values" and words & DECISION:
        return "prediction", "two values, named like a decision"
    if kind == "two values" and words & OUTCOME:
        return "outcome", "two values, named like an outcome"
    if words & ID and distinct == known and known > 1:
        return "id", "a different value in every row, named like an identifier"
    return None


def _surplus(found: list[ColumnGuess]) -> Iterator[str]:
    """Yield the columns beyond the likeliest of a role given once, and scores out of [0, 1] beside one in it."""
    for role in ("outcome", "prediction", "weight", "id"):
        same = [guess for guess in found if guess.role == role]
        best = next((guess for guess in same if guess.column.casefold() in OUTCOME), same[0] if same else None)
        yield from (guess.column for guess in same if guess is not best)
    scores = [guess for guess in found if guess.role == "score"]
    if any(guess.reason == IN_UNIT for guess in scores):
        yield from (guess.column for guess in scores if guess.reason != IN_UNIT)


def _propose_outcome(guesses: dict[str, ColumnGuess]) -> None:
    """Propose the last column of two values where no name says which is the outcome; without a score, of few texts."""
    if any(guess.role == "outcome" for guess in guesses.values()):
        return
    two = [guess for guess in guesses.values() if guess.role == "feature" and guess.kind == "two values"]
    if two:
        guesses[two[-1].column] = replace(two[-1], role="outcome", reason="the last column of two values")
    elif not any(guess.role in ("score", "prediction") for guess in guesses.values()):   # there would be nothing to do
        few = [guess for guess in guesses.values()
               if guess.role == "feature" and guess.kind == "category" and guess.distinct <= MOST_OUTCOMES]
        for item in few[-1:]:
            guesses[item.column] = replace(item, role="outcome", reason=f"the last column of {item.distinct} texts")


def _propose_score(guesses: dict[str, ColumnGuess], table: Table) -> None:
    """Propose the one column of many numbers in [0, 1] where no name says which is the score."""
    if any(guess.role in ("score", "prediction") for guess in guesses.values()):
        return
    inside = [guess for guess in guesses.values() if guess.role == "feature" and guess.kind == "number"
              and guess.distinct > MOST_NOMINAL and _in_unit(table.numbers(guess.column).values)]
    if len(inside) == 1:
        guesses[inside[0].column] = replace(inside[0], role="score", reason="the only column of many numbers in [0, 1]")


def _in_unit(values: Floats) -> bool:
    return float(np.nanmin(values)) >= 0 and float(np.nanmax(values)) <= 1


def _decimal_comma(text: Text) -> str | None:
    """Return a value of a column whose values are all numbers with a decimal comma, some beyond doubt; else None."""
    if not len(text.levels) or not pc.all(pc.match_substring_regex(text.levels, DECIMAL_COMMA)).as_py():
        return None
    sure = text.levels.filter(pc.invert(pc.match_substring_regex(text.levels, THOUSANDS)))
    return str(sure[0].as_py()) if len(sure) else None


def _attribute_kind(numbers: Numbers) -> Kind:
    known = np.unique(numbers.values[~np.isnan(numbers.values)])
    few = len(known) <= MOST_NOMINAL and bool(np.all(known == np.floor(known)))
    return "nominal" if numbers.unreadable or few else "continuous"


def _positive(text: Text) -> str | None:
    names = text.names(2)
    likely = [name for name in names if name.casefold() in POSITIVE]
    if len(likely) == 1:
        return likely[0]
    counts = text.counts()
    return names[int(np.argmin(counts))] if len(names) == 2 and pa.types.is_string(text.levels.type) else None


def _words(column: str) -> frozenset[str]:
    """Return the words of a column's name, runs of two or three of them too: ``two_year_recid``, ``YearlyIncome``.

    >>> sorted(_words("isSex"))
    ['is', 'is_sex', 'issex', 'sex']
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column)
    parts = [part for part in re.split(r"[^0-9a-z\u00df-\u024f]+", split.casefold()) if part]
    parts = [re.sub(r"\d+$", "", part) or part for part in parts]
    runs = {"_".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, min(i + 3, len(parts)) + 1)}
    return frozenset(runs | {column.casefold()})
