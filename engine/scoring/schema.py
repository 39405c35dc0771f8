"""Which column feeds which input of a model: by name, by what the model's file says, by what the visitor says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine.data.table import Table
from engine.errors import InvalidData, Issue, invalid
from engine.scoring.sandbox import Asked, Column
from engine.text import plain
from engine.types import Floats

Kind = Literal["number", "whole", "truth", "text"]
KINDS: dict[str, Kind] = {
    "tensor(float)": "number", "tensor(double)": "number", "tensor(int64)": "whole", "tensor(int32)": "whole",
    "tensor(bool)": "truth", "tensor(string)": "text",
}
HOLDS: dict[Kind, str] = {"number": "numbers", "whole": "whole numbers", "truth": "0 or 1", "text": "text"}
Chosen = Mapping[str, tuple[str, ...]]   # input to its columns, in order


@dataclass(frozen=True)
class Input:
    """One input of a model: one value per row, or a row of `width` values; None where the file leaves it open."""

    name: str
    type: str                       # as ONNX Runtime names it
    width: int | None = 1
    flat: bool = False              # takes an array of one dimension
    columns: tuple[str, ...] = ()   # as the model's file names them

    @property
    def kind(self) -> Kind:
        """What the input holds."""
        return KINDS[self.type]


def inputs_of(described: Mapping[str, Any], where: str) -> tuple[Input, ...]:
    """Return the inputs that the child described.

    A file may name the columns of an input that takes several in its metadata, under ``columns``, as JSON: a list for
    a model of one input, else an object from input to list.

    Raises
    ------
    InvalidData
        An input is of a type or shape that no column can feed.
    """
    found = described["inputs"]
    named = _named(described["columns"], [item["name"] for item in found])
    return tuple(_input(item, named.get(item["name"], ()), where) for item in found)


def _input(item: Mapping[str, Any], columns: tuple[str, ...], where: str) -> Input:
    name, shape = str(item["name"]), item["shape"]
    if item["type"] not in KINDS or len(shape) not in (1, 2) or (shape and shape[0] is not None):
        got = f"input '{plain(name)}' of {plain(item['type'])}, shape {plain(shape)}"
        raise invalid("every input must take any number of rows, one column or several", where, got,
                      "export it with an open first dimension")
    width = 1 if len(shape) == 1 else shape[1]
    return Input(name, item["type"], width, len(shape) == 1, columns)


def _named(text: str, inputs: Sequence[str]) -> dict[str, tuple[str, ...]]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    if isinstance(found, list) and len(inputs) == 1:
        found = {inputs[0]: found}
    if not isinstance(found, dict):
        return {}
    return {name: tuple(map(str, columns)) for name, columns in found.items() if isinstance(columns, list)}


def mapped(inputs: Sequence[Input], columns: Sequence[str], given: Chosen, where: str) -> dict[str, tuple[str, ...]]:
    """Return the columns that feed each input, in order.

    Parameters
    ----------
    inputs
        The model's.
    columns
        The table's.
    given
        What the visitor says of some inputs; else the file's own words; else the column of the input's name, upper and
        lower case and signs apart where only one is alike.
    where
        The model, in words.

    Raises
    ------
    InvalidData
        An input has no column, a column that is named is not there, an input gets too many or too few: all at once.
    """
    unknown = [name for name in given if name not in {item.name for item in inputs}]
    if unknown:
        listed = ", ".join(f"'{plain(item.name)}'" for item in inputs[:8])
        raise invalid("only inputs of the model can be mapped", where, f"'{plain(unknown[0])}'",
                      f"its inputs are {listed}")
    found = {item.name: given.get(item.name) or item.columns or _alike(item.name, columns) for item in inputs}
    problems = [issue for item in inputs for issue in _problems(item, found[item.name], columns, where)]
    if problems:
        raise InvalidData(*problems)
    return found


def _alike(name: str, columns: Sequence[str]) -> tuple[str, ...]:
    if name in columns:
        return (name,)
    near = [column for column in columns if _key(column) == _key(name)]
    return tuple(near) if len(near) == 1 else ()


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _problems(item: Input, chosen: tuple[str, ...], columns: Sequence[str], where: str) -> list[Issue]:
    what = f"input '{plain(item.name)}' of {where}"
    if not chosen:
        wanted = "one" if item.width == 1 else f"{item.width or 'its'} columns, in the order of training"
        return [Issue("error", "every input of the model needs its column", what, "none of that name",
                      f"map {wanted} to it")]
    absent = [column for column in chosen if column not in columns]
    if absent:
        return [Issue("error", "a mapped column must be in the table", what, f"no column '{plain(absent[0])}'",
                      "choose another")]
    if item.width is not None and len(chosen) != item.width:
        return [Issue("error", "an input takes as many columns as it was made for", what,
                      f"{len(chosen)} for {item.width}", "map as many, in the order of training")]
    return []


def read_columns(table: Table, inputs: Sequence[Input], chosen: Chosen) -> dict[tuple[str, str], Column]:
    """Return every column that is needed, by input and name, as numbers or as codes into texts.

    A missing number is NaN, a missing text the empty text.

    Raises
    ------
    InvalidData
        A column does not hold what its input takes; all of them at once.
    """
    problems: list[Issue] = []
    found = {(item.name, column): _read(table, item, column, problems)
             for item in inputs for column in chosen[item.name]}
    if problems:
        raise InvalidData(*problems)
    return found


def _read(table: Table, item: Input, column: str, problems: list[Issue]) -> Column:
    if item.kind == "text":
        text = table.text(column)
        return text.codes, text.names()
    numbers = table.numbers(column)
    got = _unfit(item.kind, numbers.values, numbers.example)
    if got is not None:
        problems.append(Issue("error", f"this input of the model takes {HOLDS[item.kind]}",
                              f"input '{plain(item.name)}', column '{plain(column)}'", got, "choose another column"))
    return numbers.values


def _unfit(kind: Kind, values: Floats, example: str | None) -> str | None:
    if example is not None:
        return f"'{plain(example)}'"
    if kind == "number":
        return None
    if not np.isfinite(values).all():
        return "missing values"
    bad = values[(values != np.floor(values)) | (np.abs(values) > 2**31)] if kind == "whole" else (
        values[(values != 0) & (values != 1)])
    return f"{bad[0]:g}" if len(bad) else None


def batch(
    inputs: Sequence[Input], chosen: Chosen, columns: Mapping[tuple[str, str], Column], rows: slice
) -> list[Asked]:
    """Return what the child is asked about some rows; of texts, only those that occur."""
    return [Asked(item.name, item.type, tuple(_part(columns[item.name, name], rows) for name in chosen[item.name]),
                  item.flat) for item in inputs]


def _part(column: Column, rows: slice) -> Column:
    if isinstance(column, np.ndarray):
        return column[rows]
    codes, levels = column
    used, place = np.unique(codes[rows], return_inverse=True)
    here = place.astype(np.int32) - int(len(used) > 0 and used[0] < 0)   # the code -1 stays -1
    return here, tuple(levels[code] for code in used if code >= 0)
