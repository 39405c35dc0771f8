"""What to count of a source whose rows stay where they are: its columns, who is in which group, the score's bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.counting.table import BINS
from engine.errors import InvalidData, Issue, invalid
from engine.text import plain
from engine.types import Attribute, Favourable, Floats

Bins = Literal["grid", "values"] | tuple[float, ...]

NO_SCORE, OUTSIDE, UNREADABLE, NO_WEIGHT, BAD_WEIGHT = -1, -2, -3, -4, -5   # in place of a bin
GROUPS_AT_MOST = 100_000


@dataclass(frozen=True)
class Plan:
    """Which columns make the table, and where its bins begin.

    Parameters
    ----------
    protected
        Attributes; a continuous one needs its edges, so that the tables of several sources have the same groups.
    score, prediction, selected
        A score, or a decision of two values and the one that means selected; one of the two.
    label, positive
        The outcome and its positive value; None where only selection matters.
    weight
        How many rows each row stands for.
    bins
        ``grid``: k/1024, scores outside [0, 1] are left out and counted. ``values``: each distinct score, at most
        1,024. Numbers: rising lower bounds of the bins.
    """

    protected: tuple[Attribute, ...]
    score: str | None = None
    prediction: str | None = None
    selected: str | None = None
    label: str | None = None
    positive: str | None = None
    favourable: Favourable = "selected"
    weight: str | None = None
    bins: Bins = "grid"

    def __post_init__(self) -> None:
        found = list(_problems(self))
        if found:
            raise InvalidData(*found)

    @property
    def column(self) -> str:
        """The column that is put into bins."""
        return str(self.score if self.score is not None else self.prediction)

    @property
    def numeric(self) -> tuple[str, ...]:
        """Columns that must hold numbers."""
        continuous = (a.column for a in self.protected if a.kind == "continuous")
        return tuple(name for name in (self.score, self.weight, *continuous) if name is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        names = (*(a.column for a in self.protected), self.column, self.label, self.weight)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def edges(self) -> Floats | None:
        """Return the bins' lower bounds where they are known before the rows are seen; None for ``values``."""
        if self.prediction is not None:
            return np.array([0.0, 1.0])
        if self.bins == "values":
            return None
        return np.arange(BINS + 1) / BINS if self.bins == "grid" else np.array(self.bins, dtype=np.float64)


def missing_columns(plan: Plan, columns: Sequence[str], where: str) -> None:
    """Refuse a source that lacks a column of the plan."""
    absent = [name for name in plan.columns if name not in columns]
    if absent:
        listed = ", ".join(f"'{plain(name)}'" for name in columns[:12]) + (", …" if len(columns) > 12 else "")
        raise invalid("every column named must exist", where, ", ".join(f"no '{plain(name)}'" for name in absent),
                      f"choose among {listed}")


def _problems(plan: Plan) -> list[Issue]:
    found = []
    if not plan.protected:
        found.append(_wrong("a protected attribute is needed", "--protected", "none", "name at least one column"))
    if (plan.score is None) == (plan.prediction is None):
        got = "neither" if plan.score is None else "both"
        found.append(_wrong("a table counts one score or one prediction", "--score and --prediction", got, "name one"))
    if plan.label is not None and not (plan.positive or "").strip():
        found.append(_wrong("the outcome needs its positive value", f"column '{plain(plan.label)}'", "none",
                            "name it with --positive"))
    for attribute in plan.protected:
        if attribute.kind == "continuous" and not attribute.edges:
            found.append(_wrong("a continuous attribute needs its edges here", f"column '{plain(attribute.column)}'",
                                "none", "give --edges COL=25,45,60, the same for every source"))
    if isinstance(plan.bins, tuple):
        found += _edge_problems(plan.bins)
    return found


def _edge_problems(edges: tuple[float, ...]) -> list[Issue]:
    numbers = np.array(edges, dtype=np.float64)
    rising = len(numbers) > 0 and bool(np.isfinite(numbers).all()) and bool((np.diff(numbers) > 0).all())
    if rising and len(numbers) <= BINS + 1:
        return []
    got = f"{len(numbers):,} numbers" if rising else "numbers that do not rise"
    return [_wrong(f"bins are at most {BINS + 1:,} rising numbers", "--bins", got, "write them in rising order")]


def _wrong(what: str, where: str, got: str, do: str) -> Issue:
    return Issue("error", what, where, got, do)
