"""A report as JSON and back: strict, in a fixed order, the same bytes for the same report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from engine.errors import InvalidData, invalid
from engine.report.value import FORMAT, Cell, Measured, Report
from engine.text import plain

LARGEST = 200_000_000   # bytes of a report
DEEPEST = 40            # levels of lists and objects inside a figure
Kind = TypeVar("Kind")


def to_json(value: object) -> Any:   # noqa: ANN401 - any JSON value
    """Return a report, or a part of one, as JSON values.

    >>> from engine.report.value import Blank
    >>> to_json(Blank("Auditor"))
    {'label': 'Auditor', 'value': ''}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value


def write(report: Report) -> bytes:
    """Return a report as the bytes of its JSON file: plain ASCII, ended by a line break."""
    return (json.dumps(to_json(report), allow_nan=False, indent=1) + "\n").encode("ascii")


def read(content: bytes) -> Report:
    """Return the report in the bytes of a JSON file.

    Raises
    ------
    InvalidData
        No JSON, no report of this format, or a part that is missing or of another shape; the sentence names it.
    """
    if len(content) > LARGEST:
        raise _refused("the file", f"over {LARGEST // 10**6} MB")
    try:
        found = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _refused("the file", "something that is no JSON") from None
    return from_json(found)


def from_json(found: object) -> Report:
    """Return the report that a JSON value is.

    Raises
    ------
    InvalidData
        As `read`.
    """
    if not isinstance(found, Mapping) or found.get("format") != FORMAT:
        raise _refused("'format'", f"not '{FORMAT}'")
    return part(Report, found)


def part(kind: type[Kind], found: object, where: str = "report") -> Kind:
    """Return a part of a report, e.g. a `Section`, from its JSON value.

    Raises
    ------
    InvalidData
        As `read`.
    """
    if not isinstance(found, Mapping):
        raise _refused(where, "something else")
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for each in fields(kind):   # type: ignore[arg-type]
        if each.name in found:
            given[each.name] = _read(hints[each.name], found[each.name], f"{where}, '{each.name}'")
        elif _needed(each):
            raise _refused(f"{where}, '{each.name}'", "nothing")
    return kind(**given)


def _needed(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _read(kind: Any, found: object, where: str) -> Any:   # noqa: ANN401 - a type as written, and a value of it
    if kind == Cell:
        return part(Measured, found, where) if isinstance(found, Mapping) else _scalar(found, where)
    if is_dataclass(kind):
        return part(kind, found, where)   # type: ignore[arg-type]
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind), found, where)
    if get_origin(kind) in (Union, UnionType):
        return None if found is None else _read(_one(kind), found, where)
    if get_origin(kind) is Literal:
        if found not in get_args(kind):
            raise _refused(where, "a word that is not known")
        return found
    if kind in (str, int, bool, float):
        good = isinstance(found, int | float) if kind is float else isinstance(found, kind)
        if not good or (isinstance(found, bool) and kind is not bool):
            raise _refused(where, f"{type(found).__name__} in place of {kind.__name__}")
        return found
    if not isinstance(found, Mapping):
        raise _refused(where, "something else than an object")
    return _shallow(found, where)


def _one(kind: Any) -> Any:   # noqa: ANN401 - the other half of "X | None"
    return next(each for each in get_args(kind) if each is not type(None))


def _tuple(kinds: tuple[Any, ...], found: object, where: str) -> tuple[Any, ...]:
    if not isinstance(found, list):
        raise _refused(where, "no list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_read(kinds[0], item, f"{where}, place {place}") for place, item in enumerate(found, 1))
    if len(kinds) != len(found):
        raise _refused(where, f"{len(found)} values in place of {len(kinds)}")
    return tuple(_read(kind, item, where) for kind, item in zip(kinds, found, strict=True))


def _scalar(found: object, where: str) -> object:
    if found is not None and not isinstance(found, bool | int | float | str):
        raise _refused(where, "no cell of a table")
    return found


def _shallow(found: Any, where: str, level: int = 0) -> Any:   # noqa: ANN401 - any JSON value
    """Return any JSON value as it is; refuse one that is nested too deep to be a figure or a setting."""
    if level > DEEPEST:
        raise _refused(where, f"more than {DEEPEST} levels")
    for item in found.values() if isinstance(found, Mapping) else found if isinstance(found, list) else ():
        _shallow(item, where, level + 1)
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refused(where: str, got: str) -> InvalidData:
    return invalid("the file must be a report in JSON", plain(where, 120), plain(got, 80), "export the report again")
