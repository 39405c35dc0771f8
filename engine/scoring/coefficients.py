"""A logistic model written as JSON: an intercept, coefficients of numbers, coefficients of categories; nothing runs.

    {"format": "equipoise-logistic/1", "intercept": -1.2,
     "numbers": {"age": {"coefficient": 0.4, "mean": 40, "scale": 12, "missing": 40}},
     "categories": {"housing": {"coefficients": {"own": -0.3, "rent": 0.2}, "otherwise": 0, "missing": 0}}}

The score is 1 / (1 + exp(-(intercept + sum of terms))); a number's term is coefficient * (value - mean) / scale. What
is missing and not provided for gives a row without a score.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NoReturn

import numpy as np

from engine.data.table import Table, canonical
from engine.errors import InvalidData, Issue, invalid
from engine.scoring.scored import Scored
from engine.text import plain
from engine.types import Cancelled, Floats, Progress

FORMAT = "equipoise-logistic/1"
LARGEST = 1_000_000   # bytes
DEFAULTS: dict[str, float] = {"mean": 0.0, "scale": 1.0, "missing": math.nan, "otherwise": math.nan}
EXAMPLE = "see the example in the guide"


@dataclass(frozen=True)
class Number:
    """The term of a numeric column; `missing` stands in for a missing value, NaN where there is no such number."""

    column: str
    coefficient: float
    mean: float
    scale: float
    missing: float

    def term(self, table: Table) -> Floats:
        """Return the term of each row; NaN without a value.

        Raises
        ------
        InvalidData
            Where the column holds something else than numbers.
        """
        found = table.numbers(self.column)
        if found.unreadable:
            raise invalid("this coefficient belongs to numbers", _column(self.column), f"'{plain(found.example)}'",
                          "write the column under 'categories'")
        values = np.where(np.isfinite(found.values), found.values, self.missing)
        return self.coefficient * (values - self.mean) / self.scale


@dataclass(frozen=True)
class Category:
    """The terms of a category's values; `otherwise` for other values, `missing` for none; NaN where not given."""

    column: str
    coefficients: Mapping[str, float]
    otherwise: float
    missing: float

    def term(self, table: Table) -> Floats:
        """Return the term of each row; NaN for a value without a coefficient."""
        found = table.text(self.column)
        terms = [self.coefficients.get(level, self.otherwise) for level in found.names()]
        return np.array([*terms, self.missing])[found.codes]


@dataclass(frozen=True)
class LogisticModel:
    """A logistic model read from JSON."""

    file: str
    mark: str                                # of the file's bytes
    intercept: float
    terms: tuple[Number | Category, ...]
    provider: str = "NumPy"

    @property
    def name(self) -> str:
        """Return the name of its score: another model has another."""
        return f"{plain(PurePath(self.file).stem, 40)} (logistic {self.mark})"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it reads."""
        return tuple(term.column for term in self.terms)

    def score(self, table: Table, progress: Progress | None = None, cancelled: Cancelled | None = None) -> Scored:
        """Return a probability for each row of a table, (rows,).

        Raises
        ------
        InvalidData
            A column with a coefficient for numbers holds something else.
        """
        total = np.full(table.rows, self.intercept)
        notes = []
        for term in self.terms:
            part = term.term(table)
            absent = int(np.count_nonzero(np.isnan(part)))
            if absent:
                notes.append(Issue("warning", "rows have no score", _column(term.column),
                                   f"{absent:,} rows without a value that the model knows",
                                   "add 'missing' or 'otherwise' to the model where it has an answer"))
            total += part
        if progress is not None:
            progress(1.0, "done")
        with np.errstate(over="ignore"):
            return Scored(1 / (1 + np.exp(-total)), self.provider, tuple(notes))


def opened(content: bytes, file: str, columns: Sequence[str]) -> LogisticModel:
    """Return the logistic model that a JSON file holds.

    The schema is strict: what is not known is refused, since a misspelt key would change every score.

    Raises
    ------
    InvalidData
        The file is no such JSON, or names columns that the table has not; every missing column at once.

    Examples
    --------
    >>> from engine.data.reading import read
    >>> model = opened(b'{"format": "equipoise-logistic/1", "intercept": 0, "numbers": {"x": {"coefficient": 2}}}',
    ...                "m.json", ["x"])
    >>> model.score(read(b"x,y\\n0,1\\n1,2\\n", "t.csv")).values.round(4).tolist()
    [0.5, 0.8808]
    """
    where = f"model '{plain(PurePath(file).name)}'"
    whole = _object(_parsed(content, where), where, {"format", "intercept"}, {"numbers", "categories"})
    if whole["format"] != FORMAT:
        raise _wrong(where, f"format '{plain(whole['format'])}'", f"write \"format\": \"{FORMAT}\"")
    numbers = _object(whole.get("numbers", {}), f"{where}, numbers")
    categories = _object(whole.get("categories", {}), f"{where}, categories")
    terms: list[Number | Category] = [*(_number(column, item, where) for column, item in numbers.items()),
             *(_category(column, item, where) for column, item in categories.items())]
    absent = [term.column for term in terms if term.column not in columns]
    if absent:
        raise InvalidData(*(Issue("error", "the model's columns must be in the table", where,
                                  f"no column '{plain(column)}'", "rename the column, or bring another table")
                            for column in absent))
    mark = hashlib.sha256(content).hexdigest()[:8]
    return LogisticModel(file, mark, _finite(whole["intercept"], f"{where}, intercept"), tuple(terms))


def _parsed(content: bytes, where: str) -> Any:  # noqa: ANN401  JSON
    if len(content) > LARGEST:
        raise _wrong(where, f"{len(content):,} bytes", f"bring at most {LARGEST:,}")

    def constant(word: str) -> NoReturn:
        raise ValueError(word)

    try:
        return json.loads(content.decode("utf-8"), parse_constant=constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _wrong(where, plain(error, 120), EXAMPLE) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _object(value: object, where: str, needed: set[str] | None = None, more: set[str] | None = None) -> dict[str, Any]:
    """Return a JSON object with exactly the keys that it may have; any keys where none are said."""
    if not isinstance(value, dict):
        raise _wrong(where, "something else than an object", EXAMPLE)
    if needed is None:
        return value
    for key in sorted(set(value) - needed - (more or set())):
        raise _wrong(where, f"the unknown key '{plain(key)}'", "correct or drop it")
    for key in sorted(needed - set(value)):
        raise _wrong(where, f"no '{key}'", "add it")
    return value


def _number(column: str, item: object, where: str) -> Number:
    place = f"{where}, {_column(column)}"
    found = DEFAULTS | _numbers(_object(item, place, {"coefficient"}, {"mean", "scale", "missing"}), place)
    if found["scale"] == 0:
        raise _wrong(place, "a scale of 0", "use the column's standard deviation, or leave it out")
    return Number(column, found["coefficient"], found["mean"], found["scale"], found["missing"])


def _category(column: str, item: object, where: str) -> Category:
    place = f"{where}, {_column(column)}"
    found = dict(_object(item, place, {"coefficients"}, {"otherwise", "missing"}))
    values = _numbers(_object(found.pop("coefficients"), place), place)
    canonically = {canonical(level): value for level, value in values.items()}
    if len(canonically) < len(values):
        raise _wrong(place, "one value written in two ways", "keep one of them")
    rest = DEFAULTS | _numbers(found, place)
    return Category(column, canonically, rest["otherwise"], rest["missing"])


def _numbers(found: Mapping[str, Any], where: str) -> dict[str, float]:
    return {key: _finite(value, f"{where}, '{plain(key)}'") for key, value in found.items()}


def _finite(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise _wrong(where, f"{plain(value)}", "write a number")
    return float(value)


def _column(name: str) -> str:
    return f"column '{plain(name)}'"


def _wrong(where: str, got: str, do: str) -> InvalidData:
    return invalid("a logistic model in JSON must follow its schema", where, got, do)
