"""The frozen values that flow through the house. Arrays are read-only; n is the number of rows kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import Issue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Labels = NDArray[np.int8]
Kind = Literal["nominal", "continuous"]
Favourable = Literal["selected", "not-selected"]
TargetKind = Literal["regression", "count"]
ScoreSource = Literal["column", "prediction", "fitted here", "recalibrated"]
Progress = Callable[[float, str], None]   # share done in [0, 1], what is being done
Cancelled = Callable[[], bool]            # whether the visitor asked to stop

AnyArray = TypeVar("AnyArray", bound=np.ndarray)

MISSING = "missing"
UNKNOWN = -1


def frozen(array: AnyArray) -> AnyArray:
    """Return the same array, made read-only."""
    array.flags.writeable = False
    return array


@dataclass(frozen=True)
class Attribute:
    """A protected attribute as the visitor names it: column, kind, inner edges of its groups, reference group."""

    column: str
    kind: Kind = "nominal"
    edges: tuple[float, ...] = ()
    reference: str | None = None


@dataclass(frozen=True)
class Roles:
    """What each column is. `positive` is the event the score ranks towards; values are text, as in the file."""

    protected: tuple[Attribute, ...] = ()
    label: str | None = None
    positive: str | None = None
    target: str | None = None
    target_kind: TargetKind | None = None
    scores: tuple[str, ...] = ()
    prediction: str | None = None
    selected: str | None = None
    favourable: Favourable = "selected"
    features: tuple[str, ...] = ()
    weight: str | None = None
    exposure: str | None = None
    id: str | None = None


@dataclass(frozen=True, eq=False)
class AttributeValues:
    """A protected attribute of the rows: group code of each row, the groups' raw names, the numbers behind them."""

    name: str
    kind: Kind
    codes: Codes                     # (n,) index into levels
    levels: tuple[str, ...]          # raw text; MISSING last where rows have no value
    reference: str | None = None
    values: Floats | None = None     # (n,) continuous only; NaN where missing
    edges: tuple[float, ...] = ()    # continuous only; group k holds edges[k-1] <= value < edges[k]


@dataclass(frozen=True, eq=False)
class Feature:
    """A column that a model trained here may use: numbers (NaN missing) or codes into `levels` (-1 missing)."""

    name: str
    values: Floats | Codes           # (n,)
    levels: tuple[str, ...] = ()     # empty for a numeric column


@dataclass(frozen=True)
class Exclusion:
    """Rows of the source that are not used, and why."""

    reason: str
    rows: int


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table whose roles are known and whose rows were validated; nothing downstream validates them again."""

    name: str
    sha256: str                              # of the source's bytes
    fingerprint: str                         # of bytes and roles together
    roles: Roles
    rows: int                                # in the source, before exclusions
    attributes: tuple[AttributeValues, ...]
    label: Labels | None = None              # (n,) 1 positive, 0 not, UNKNOWN no outcome
    target: Floats | None = None             # (n,) numeric target
    scores: Mapping[str, Floats] = field(default_factory=dict)   # (n,) each; NaN: no score
    score: str | None = None                 # the version in use
    score_source: ScoreSource = "column"
    sources: Mapping[str, ScoreSource] = field(default_factory=dict)   # of each version, where they differ
    weight: Floats | None = None             # (n,) > 0
    exposure: Floats | None = None           # (n,) > 0
    ids: NDArray[np.str_] | None = None      # (n,)
    features: tuple[Feature, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    issues: tuple[Issue, ...] = ()
    simulated: bool = False
    counts: Any = None   # the CountTable of a source whose rows are elsewhere: then every array (n,) is empty

    @property
    def n(self) -> int:
        """Rows kept."""
        return self.rows - sum(item.rows for item in self.excluded)

    def attribute(self, name: str) -> AttributeValues:
        """Return the protected attribute of that column name; KeyError where there is none."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        raise KeyError(name)

    def score_values(self) -> Floats:
        """Return the score in use, (n,); all NaN where the data set has none."""
        return self.scores[self.score] if self.score is not None else np.full(self.n, math.nan)

    def with_scores(self, name: str, values: Floats, source: ScoreSource = "fitted here") -> Dataset:
        """Return the same data with one more score version, in use."""
        scores = {**self.scores, name: frozen(np.array(values, dtype=np.float64))}
        known = {**dict.fromkeys(self.scores, self.score_source), **self.sources}
        return replace(self, scores=scores, score=name, score_source=source, sources={**known, name: source})

    def using(self, score: str) -> Dataset:
        """Return the same data with another of its score versions in use; KeyError where there is none."""
        self.scores[score]
        return replace(self, score=score, score_source=self.sources.get(score, self.score_source))

    def noted(self, issue: Issue) -> Dataset:
        """Return the same data with one more issue, in place of those about the same column or score."""
        return replace(self, issues=(*(known for known in self.issues if known.where != issue.where), issue))


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, the rows behind it and, where it is NaN, the reason."""

    value: float
    low: float = math.nan
    high: float = math.nan
    n: float = 0
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Estimates:
    """One number per group with its interval, the rows behind it and, where it is NaN, the reason."""

    value: Floats                        # (G,)
    low: Floats
    high: Floats
    n: Floats                            # (G,) rows in the denominator
    reasons: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, group: int) -> Estimate:
        return Estimate(
            float(self.value[group]), float(self.low[group]), float(self.high[group]), float(self.n[group]),
            self.reasons[group],
        )
