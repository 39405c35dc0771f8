"""Protected attributes: a column to groups. Rows without a value are a group of their own."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from engine.data.roles import column_words, values_of
from engine.data.table import MAYBE_MISSING, Table, Text, canonical
from engine.errors import Issue
from engine.text import plain
from engine.types import MISSING, Attribute, AttributeValues, Codes, Floats, frozen

MOST_GROUPS = 1_000


def attribute_values(table: Table, attribute: Attribute, issues: list[Issue]) -> AttributeValues | None:
    """Return the groups of one protected attribute; None after an error, which is added to `issues`.

    A nominal attribute has one group per value, in natural order (numbers by size, then text). A continuous one is cut
    at its edges, each the inclusive lower bound of a group; without edges, at the quartiles of the known values.
    """
    before = len(issues)
    values = _continuous(table, attribute, issues) if attribute.kind == "continuous" else _nominal(
        table, attribute, issues
    )
    if values is not None and values.reference is not None and values.reference not in values.levels:
        options = ", ".join(plain(level) for level in values.levels[:8]) + (", …" if len(values.levels) > 8 else "")
        issues.append(Issue("error", "the reference group must exist", column_words(attribute.column),
                            f"no '{plain(values.reference)}'", f"choose one of: {options}"))
    return None if any(issue.severity == "error" for issue in issues[before:]) else values


def group_names(edges: tuple[float, ...]) -> tuple[str, ...]:
    """Return the names of the groups that inner edges make, lower bounds inclusive.

    >>> group_names((25.0, 60.0)), group_names(())
    (('< 25', '25 to < 60', '>= 60'), ('all',))
    """
    if not edges:
        return ("all",)
    words = [_short(edge) for edge in edges]
    between = [f"{low} to < {high}" for low, high in pairwise(words)]
    return (f"< {words[0]}", *between, f">= {words[-1]}")


def _nominal(table: Table, attribute: Attribute, issues: list[Issue]) -> AttributeValues | None:
    column = attribute.column
    text = table.text(column, protected=True)
    if len(text.levels) > MOST_GROUPS:
        issues.append(Issue("error", f"a protected attribute may have {MOST_GROUPS:,} groups", column_words(column),
                            f"{len(text.levels):,} values", "choose another column, or call it continuous"))
        return None
    _warn_of_tokens(text, column, issues)
    codes, levels = _ordered(text)
    reference = canonical(attribute.reference) if attribute.reference is not None else None
    return AttributeValues(column, "nominal", codes, levels, reference)


def _warn_of_tokens(text: Text, column: str, issues: list[Issue]) -> None:
    found = [name for name in text.names() if name in MAYBE_MISSING]
    if found:
        issues.append(Issue(
            "warning", "values that may mean 'missing' are kept as groups", column_words(column),
            ", ".join(f"'{name}'" for name in found), "empty these cells if they mean that nothing is known",
        ))
    if text.missing:
        issues.append(Issue("note", "rows without a value of the attribute", column_words(column),
                            f"{text.missing:,} rows", f"they form the group '{MISSING}'"))


def _ordered(text: Text) -> tuple[Codes, tuple[str, ...]]:
    """Return codes and levels in natural order, `MISSING` last and only where a row needs it."""
    names = text.names()
    order = sorted((i for i in range(len(names)) if names[i] != MISSING), key=lambda i: natural(names[i]))
    levels = tuple(names[i] for i in order)
    renumbered = np.full(len(names) + 1, len(levels), dtype=np.int32)   # MISSING itself, and code -1
    renumbered[order] = np.arange(len(order))
    if text.missing or MISSING in names:
        levels = (*levels, MISSING)
    return frozen(renumbered[text.codes]), levels


def natural(name: str) -> tuple[bool, float, str]:
    """Return the key that puts level names in natural order: numbers by size, then text."""
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    return (not math.isfinite(number), number if math.isfinite(number) else 0.0, name)


def _continuous(table: Table, attribute: Attribute, issues: list[Issue]) -> AttributeValues | None:
    column = attribute.column
    numbers = table.numbers(column)
    if numbers.unreadable:
        issues.append(Issue(
            "error", "a continuous attribute must hold numbers", column_words(column),
            f"{numbers.unreadable:,} cells that hold something else ({values_of(table, column, 3)})",
            "call it nominal, or choose another column",
        ))
        return None
    values = frozen(np.where(np.isinf(numbers.values), np.nan, numbers.values))
    if np.isinf(numbers.values).any():
        issues.append(Issue("warning", "infinite values", column_words(column),
                            f"{int(np.isinf(numbers.values).sum()):,} rows", f"they join the group '{MISSING}'"))
    edges = attribute.edges or quartiles(values)
    levels, missing = group_names(edges), np.isnan(values)
    codes = np.searchsorted(np.array(edges, dtype=np.float64), values, side="right").astype(np.int32)
    if missing.any():
        codes[missing] = len(levels)
        levels = (*levels, MISSING)
        issues.append(Issue("note", "rows without a value of the attribute", column_words(column),
                            f"{int(missing.sum()):,} rows", f"they form the group '{MISSING}'"))
    return AttributeValues(column, "continuous", frozen(codes), levels, attribute.reference, values, edges)


def quartiles(values: Floats) -> tuple[float, ...]:
    """Return the quartiles of the known values as edges: values that occur, each once, none that leaves a group empty.

    >>> quartiles(np.array([1.0, 2.0, 3.0, 4.0, np.nan]))
    (2.0, 3.0, 4.0)
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return ()
    cuts = np.unique(np.quantile(known, (0.25, 0.5, 0.75), method="higher"))
    return tuple(float(cut) for cut in cuts if cut > known.min())


def _short(edge: float) -> str:
    text = f"{edge:g}"
    return text if float(text) == edge else repr(edge)
