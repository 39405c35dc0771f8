"""What an engine counted, as a `CountTable`: raw text made canonical, levels in order, exclusions named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from engine.counting import arrow
from engine.counting.counts import Numbers
from engine.counting.expression import BIN, DECISION, GROUP, LABEL, ROWS, SCORE, SUMS
from engine.counting.groups import Groups
from engine.counting.plan import BAD_WEIGHT, NO_SCORE, NO_WEIGHT, OUTSIDE, UNREADABLE, Plan
from engine.counting.table import BINS, SLOTS, CountTable, EdgeRule
from engine.data.protected import MOST_GROUPS, group_names, natural
from engine.data.table import ALWAYS_MISSING, MAYBE_MISSING, canonical
from engine.errors import invalid
from engine.text import plain
from engine.types import MISSING, Attribute, Exclusion, Floats, Ints, frozen

Counted = Any   # pyarrow.Table of `expression.counted`: pyarrow has no types that mypy can read

REASONS = {
    NO_SCORE: "no score", OUTSIDE: "score outside the bins", NO_WEIGHT: "weight missing or 0",
}
SELECTED = ("1", "true", "yes")


@dataclass(frozen=True, eq=False)
class Tabulated:
    """A count table, and the rows of the source that are not in it."""

    table: CountTable
    rows: int                           # of the source
    excluded: tuple[Exclusion, ...]


def gathered(parts: Sequence[Counted], plan: Plan, where: str) -> Tabulated:
    """Return the table of everything that was counted, in one or several parts.

    Raises
    ------
    InvalidData
        A column that must hold numbers holds text, a negative weight, over 1,024 distinct scores where each is to be
        a bin, a decision of more than two values, a positive value that never occurs, too many groups.
    """
    whole = pa.concat_tables(parts)
    place = _numbers(whole, BIN)
    rows = _numbers(whole, ROWS)
    _refuse(place, rows, plan, where)
    place, edges = _placed(whole, place, plan, where)
    slot = _slots(whole, plan, where)
    attributes = [_levels(whole, k, attribute, where) for k, attribute in enumerate(plan.protected)]
    kept = place >= 0
    groups, codes = _groups(plan, attributes, kept)
    cell = (codes * len(edges) + place[kept]) * SLOTS + slot[kept]
    shape = (len(groups), len(edges), SLOTS)

    def summed(amount: Numbers) -> Numbers:
        out: Numbers = np.zeros(int(np.prod(shape)), dtype=amount.dtype)
        np.add.at(out, cell, amount[kept])
        return frozen(out.reshape(shape))

    sums = [arrow.plain_numbers(whole[name]) for name in SUMS]
    if plan.prediction is not None:   # a decision's score is 1 where selected
        sums[:2] = [np.where(place == 1, sums[2], 0.0)] * 2
    weights, squares = (summed(sums[2]), summed(sums[3])) if plan.weight is not None else (None, None)
    table = CountTable(groups, frozen(edges), _rule(plan), summed(rows), summed(sums[0]), summed(sums[1]),
                       int(rows[~kept].sum()), weights, squares)
    return Tabulated(table, int(rows.sum()), _exclusions(place, rows))


def _rule(plan: Plan) -> EdgeRule:
    if plan.prediction is not None or plan.bins == "values":
        return "values"
    return "grid" if plan.bins == "grid" else "quantiles"


def _numbers(whole: Counted, column: str) -> Ints:
    numbers: Ints = arrow.plain_numbers(whole[column]).astype(np.int64)
    return numbers


def _refuse(place: Ints, rows: Ints, plan: Plan, where: str) -> None:
    unreadable, negative = int(rows[place == UNREADABLE].sum()), int(rows[place == BAD_WEIGHT].sum())
    if unreadable:
        names = " or ".join(f"'{plain(name)}'" for name in (plan.score, plan.weight) if name is not None)
        raise invalid("scores and weights must be numbers", f"column {names} of {where}",
                      f"{unreadable:,} cells that hold something else", "correct them, or choose another column")
    if negative:
        raise invalid("weights must be finite and not negative", f"column '{plain(plan.weight)}' of {where}",
                      f"{negative:,} that are not", "correct them")


def _placed(whole: Counted, place: Ints, plan: Plan, where: str) -> tuple[Ints, Floats]:
    """Return the bins and their edges, where they are only known now: distinct scores, or a decision's two values."""
    edges = plan.edges()
    if plan.prediction is not None:
        return np.where(place < 0, place, _decisions(whole, plan, where)), np.array([0.0, 1.0])
    if edges is not None:
        return place, edges
    scores = arrow.plain_numbers(whole[SCORE]) + 0.0   # -0.0 is 0.0
    edges = np.unique(scores[place >= 0])
    if len(edges) > BINS:
        raise invalid(f"each distinct score can be a bin for at most {BINS:,} of them",
                      f"column '{plain(plan.score)}' of {where}", f"{len(edges):,}", "use --bins grid")
    return np.where(place < 0, place, np.searchsorted(edges, scores)), edges


def _decisions(whole: Counted, plan: Plan, where: str) -> Ints:
    """Return 1 where selected, 0 where not, `NO_SCORE` without a decision."""
    wanted = canonical(plan.selected) if plan.selected is not None else None
    codes, names = _texts(whole, DECISION, (ALWAYS_MISSING | MAYBE_MISSING) - {wanted})
    means = [n for n in names if n == wanted] if wanted is not None else [n for n in names if n.casefold() in SELECTED]
    if len(names) > 2 or len(means) != 1:
        raise invalid("a prediction holds two values, and one of them means selected",
                      f"column '{plain(plan.prediction)}' of {where}", ", ".join(plain(n) for n in names[:6]) or "none",
                      "name it with --selected, or call the column a score")
    place = np.where(codes == names.index(means[0]), 1, 0)
    return np.where(codes < 0, NO_SCORE, place)


def _slots(whole: Counted, plan: Plan, where: str) -> Ints:
    """Return the outcome's slot: 0 not positive, 1 positive, 2 unknown."""
    if plan.label is None:
        return np.full(whole.num_rows, 2)
    positive = canonical(str(plan.positive))
    codes, names = _texts(whole, LABEL, (ALWAYS_MISSING | MAYBE_MISSING) - {positive})
    if positive not in names:
        listed = ", ".join(plain(name) for name in names[:8]) or "none"
        raise invalid("the positive value must occur", f"column '{plain(plan.label)}' of {where}",
                      f"no '{plain(positive)}'", f"choose one of: {listed}")
    return np.where(codes < 0, 2, (codes == names.index(positive)).astype(np.int64))


def _levels(whole: Counted, k: int, attribute: Attribute, where: str) -> tuple[Ints, tuple[str, ...]]:
    """Return each line's level of an attribute and the levels' names, `MISSING` last where it occurs."""
    column = GROUP.format(k)
    if attribute.kind == "continuous":
        return _intervals(whole, column, attribute, where)
    codes, names = _texts(whole, column, ALWAYS_MISSING)
    order = sorted((i for i, name in enumerate(names) if name != MISSING), key=lambda i: natural(names[i]))
    _refuse_names([names[i] for i in order], attribute, where)
    levels = tuple(names[i] for i in order)
    renumbered = np.full(len(names) + 1, len(levels))
    renumbered[order] = np.arange(len(order))
    found = renumbered[codes]
    return found, (*levels, MISSING) if (found == len(levels)).any() else levels


def _refuse_names(names: list[str], attribute: Attribute, where: str) -> None:
    fractions = [name for name in names if _is_fraction(name)]
    if len(names) > MOST_GROUPS or (fractions and len(names) > 20):
        raise invalid("an attribute with so many values is continuous",
                      f"column '{plain(attribute.column)}' of {where}", f"{len(names):,} values",
                      f"give --edges {plain(attribute.column)}=25,45,60")


def _is_fraction(name: str) -> bool:
    try:
        return not float(name).is_integer()
    except (ValueError, OverflowError):
        return False


def _intervals(whole: Counted, column: str, attribute: Attribute, where: str) -> tuple[Ints, tuple[str, ...]]:
    codes = np.array([int(text) for text in whole[column].to_pylist()], dtype=np.int64)
    if (codes == UNREADABLE).any():
        raise invalid("a continuous attribute must hold numbers", f"column '{plain(attribute.column)}' of {where}",
                      "cells that hold something else", "call it nominal, or choose another column")
    levels = group_names(attribute.edges)
    missing = codes < 0
    return np.where(missing, len(levels), codes), (*levels, MISSING) if missing.any() else levels


def _texts(whole: Counted, column: str, unset: frozenset[str] | set[str | None]) -> tuple[Ints, list[str]]:
    """Return codes (-1 without a value) and the distinct canonical values of a column of text."""
    encoded = whole[column].cast(pa.string()).combine_chunks().dictionary_encode()
    raw = [canonical(value) for value in encoded.dictionary.to_pylist()]
    names = list(dict.fromkeys(value for value in raw if value not in unset))
    place = {name: i for i, name in enumerate(names)}
    known = np.array([*(place.get(value, -1) for value in raw), -1], dtype=np.int64)
    return known[arrow.plain_numbers(encoded.indices, len(raw))], names


def _groups(
    plan: Plan, attributes: list[tuple[Ints, tuple[str, ...]]], kept: Any   # noqa: ANN401  a mask
) -> tuple[Groups, Ints]:
    """Return the groups that occur among the lines kept, and each of those lines' group."""
    names = tuple(attribute.column for attribute in plan.protected)
    levels = tuple(level for _, level in attributes)
    codes = np.stack([code for code, _ in attributes], axis=1)[kept]
    if len(names) == 1:
        return Groups(names, levels, frozen(np.arange(len(levels[0]))[:, None])), codes[:, 0]
    sizes = [len(level) for level in levels]
    if math.prod(sizes) >= 1 << 62:
        members, index = np.unique(codes, axis=0, return_inverse=True)
    else:   # one whole number for each: sorted in a tenth of the time, and in the same order
        cells, index = np.unique(np.ravel_multi_index(tuple(codes.T), sizes), return_inverse=True)
        members = np.stack(np.unravel_index(cells, sizes), axis=1)
    return Groups(names, levels, frozen(members)), index.reshape(-1)


def _exclusions(place: Ints, rows: Ints) -> tuple[Exclusion, ...]:
    lost = {reason: int(rows[place == code].sum()) for code, reason in REASONS.items()}
    return tuple(Exclusion(reason, count) for reason, count in lost.items() if count)

