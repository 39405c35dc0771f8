"""Whether the roles make sense for a table, before any column is read."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator

from engine.data.table import Table
from engine.errors import Issue
from engine.text import plain
from engine.types import Attribute, Roles


def check_roles(table: Table, roles: Roles) -> tuple[Issue, ...]:
    """Return every reason why these roles cannot be given to this table; empty where they can."""
    named = list(_named(roles))
    issues = [_absent(table, role, column) for role, column in named if column not in table.columns]
    issues += _twice(named)
    if not roles.protected:
        issues.append(_wrong("a protected attribute is needed", "roles", "none", "name the column of at least one"))
    if roles.label is None and roles.target is None and not roles.scores and roles.prediction is None:
        issues.append(_wrong("there is nothing to assess", "roles", "no outcome or score", "name a column of either"))
    if roles.label is not None and not (roles.positive or "").strip():
        do = f"choose one of: {values_of(table, roles.label)}" if roles.label in table.columns else "name it"
        issues.append(_wrong("the outcome needs its positive value", column_words(roles.label), "none", do))
    for attribute in roles.protected:
        issues += _check_edges(attribute)
    return tuple(issues)


def column_words(column: str | None) -> str:
    """Return how a column is named in a sentence."""
    return f"column '{plain(column)}'"


def values_of(table: Table, column: str, most: int = 8) -> str:
    """Return the most frequent values of a column, for a sentence."""
    values = [plain(value) for value, _ in table.distinct(column, most + 1)]
    return ", ".join(values[:most]) + (", …" if len(values) > most else "")


def _named(roles: Roles) -> Iterator[tuple[str, str]]:
    """Yield each role with its column."""
    single = {
        "outcome": roles.label, "target": roles.target, "prediction": roles.prediction, "weight": roles.weight,
        "exposure": roles.exposure, "identifier": roles.id,
    }
    yield from ((role, column) for role, column in single.items() if column is not None)
    yield from (("score", column) for column in roles.scores)
    yield from (("protected attribute", attribute.column) for attribute in roles.protected)
    yield from (("feature", column) for column in roles.features)


def _absent(table: Table, role: str, column: str) -> Issue:
    near = difflib.get_close_matches(column, table.columns, n=3, cutoff=0.5)
    near = near or [name for name in table.columns if name.casefold() == column.casefold()]
    options = near or list(table.columns[:8])
    words = ", ".join(f"'{plain(name)}'" for name in options) + (", …" if not near and len(table.columns) > 8 else "")
    return _wrong(
        f"the column of the {role} must exist", f"file '{plain(table.name)}'", f"no column '{plain(column)}'",
        f"choose one, e.g. {words}",
    )


def _twice(named: list[tuple[str, str]]) -> list[Issue]:
    """Return one error for each column that has more than one role."""
    roles: dict[str, list[str]] = {}
    for role, column in named:
        roles.setdefault(column, []).append(role)
    return [
        _wrong("a column can have one role", column_words(column), " and ".join(given), "leave it in one of them")
        for column, given in roles.items() if len(given) > 1
    ]


def _check_edges(attribute: Attribute) -> Iterator[Issue]:
    edges = attribute.edges
    where = column_words(attribute.column)
    if edges and attribute.kind == "nominal":
        yield _wrong("edges belong to a continuous attribute", where, "a nominal one", "leave the edges out")
    elif not all(math.isfinite(edge) for edge in edges) or list(edges) != sorted(set(edges)):
        got = ", ".join(f"{edge:g}" for edge in edges)
        yield _wrong("edges must be numbers in rising order", where, got, "sort them and name each once")


def _wrong(what: str, where: str, got: str, do: str) -> Issue:
    return Issue("error", what, where, got, do)
