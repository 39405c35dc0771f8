"""The rows that an audit is about: the group, the decision and what else is known of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.counting.groups import grouping
from engine.data.table import canonical
from engine.errors import invalid
from engine.manipulation.cells import tally
from engine.text import plain
from engine.types import Codes, Dataset, Feature, Floats, Ints, Labels, frozen

SHOWN = 3   # groups that the name of a side lists


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows with a group, a decision and columns to compare; rows without a decision are left out and counted."""

    name: str
    groups: tuple[str, ...]                 # raw names; two sides: the unprivileged one first
    group: Codes                            # (n,) index into groups
    decision: Labels                        # (n,) 1 favourable, 0 not
    features: tuple[Feature, ...] = ()      # (n,) each
    label: Labels | None = None             # (n,)
    rows: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))   # (n,) place in the source
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.group)

    @property
    def counts(self) -> Ints:
        """The cells, (G, 2)."""
        return tally(self.group, self.decision, len(self.groups))

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Sample:
        """Return some of the rows, in the order given."""
        return replace(
            self, group=frozen(self.group[chosen]), decision=frozen(self.decision[chosen]),
            features=tuple(Feature(f.name, frozen(f.values[chosen]), f.levels) for f in self.features),
            label=None if self.label is None else frozen(self.label[chosen]), rows=frozen(self.rows[chosen]),
        )


def sample_of(
    dataset: Dataset, attributes: Sequence[str], unprivileged: Sequence[str], decision: Floats,
    features: tuple[Feature, ...] | None = None,
) -> Sample:
    """Return a data set's rows as an audit sees them.

    Parameters
    ----------
    dataset
        Rows with protected attributes.
    attributes
        Whose groups; several make intersections.
    unprivileged
        Groups that form the unprivileged side, the rest being privileged; none leaves every group on its own.
    decision
        (n,) 1 favourable to the person, 0 not, NaN unknown.
    features
        What else of a row is compared; the data set's features where not given.

    Raises
    ------
    InvalidData
        A group does not exist, a side is empty, there is one group only, or no row has a decision.
    """
    groups, codes = grouping(dataset, attributes)
    known = np.isfinite(decision)
    if not known.any():
        raise invalid("rows need a decision", f"data '{plain(dataset.name)}'", "none", "name a decision or a score")
    names, place = _sides(groups.names, unprivileged, np.bincount(codes[known], minlength=len(groups)))
    found = Sample(
        dataset.name, names, frozen(place[codes].astype(np.int32)),
        frozen(np.where(known, decision, 0).astype(np.int8)),
        dataset.features if features is None else features, dataset.label, np.arange(dataset.n),
        int(np.count_nonzero(~known)),
    )
    return found if known.all() else found.take(known)


def favourable_decision(dataset: Dataset, threshold: float | None = None) -> Floats:
    """Return 1 where a row is given the favourable decision, 0 where not, NaN without a score, (n,)."""
    scores = dataset.score_values()
    chosen = (scores >= (0.5 if threshold is None else threshold)) == (dataset.roles.favourable == "selected")
    return np.where(np.isfinite(scores), chosen.astype(np.float64), np.nan)


def _sides(names: Sequence[str], unprivileged: Sequence[str], sizes: Ints) -> tuple[tuple[str, ...], Ints]:
    """Return the names of the groups compared and, for each group of the data, its place among them."""
    if not unprivileged:
        kept = np.flatnonzero(sizes)
        if len(kept) < 2:
            raise invalid("two groups or more are needed", "the protected attribute", f"{len(kept)} with rows",
                          "choose another attribute")
        place = np.zeros(len(names), dtype=np.int64)
        place[kept] = np.arange(len(kept))
        return tuple(names[int(g)] for g in kept), place
    low, mask = sides(names, unprivileged)
    if not sizes[mask].any() or not sizes[~mask].any():
        raise invalid("both sides need rows", "unprivileged groups", "every group" if sizes[mask].any() else "no row",
                      "name some of the groups, not all")
    return (_side(names, mask), _side(names, ~mask)), np.where(low, 0, 1)


def sides(names: Sequence[str], unprivileged: Sequence[str]) -> tuple[list[bool], NDArray[np.bool_]]:
    """Return which of the groups form the unprivileged side, as a list and as a mask.

    Raises
    ------
    InvalidData
        One of them is no group.
    """
    wanted = {name if name in names else canonical(name) for name in unprivileged}
    missing = [name for name in wanted if name not in names]
    if missing:
        listed = ", ".join(f"'{plain(name)}'" for name in names[:20])
        raise invalid("an unprivileged group must exist", "the protected attribute",
                      ", ".join(f"no '{plain(name)}'" for name in missing), f"use one of: {listed}")
    low = [name in wanted for name in names]
    return low, np.array(low)


def _side(names: Sequence[str], mask: NDArray[np.bool_]) -> str:
    chosen = [name for name, inside in zip(names, mask, strict=True) if inside]
    more = f" and {len(chosen) - SHOWN} more" if len(chosen) > SHOWN else ""
    return " or ".join(chosen[:SHOWN]) + more


def matrix(features: Sequence[Feature], like: Mapping[str, tuple[float, float]] | None = None) -> Floats:
    """Return columns as a matrix of distances, (n, d): numbers in standard deviations, one category apart counts 1.

    Missing numbers stand at the mean with a column of their own. `like` holds mean and spread by column, as `scales`
    returns them for the reference; columns of no spread are left out.
    """
    scale = scales(features) if like is None else like
    parts: list[Floats] = []
    for feature in features:
        if feature.levels:
            known = [np.isin(feature.values, code) for code in range(len(feature.levels))]
            parts.append(np.column_stack(known).astype(np.float64) / 2**0.5)
        elif scale.get(feature.name, (0.0, 0.0))[1] > 0:
            mean, spread = scale[feature.name]
            absent = np.isnan(feature.values)
            parts.append(np.column_stack([np.where(absent, 0.0, (feature.values - mean) / spread), absent]))
    rows = len(features[0].values) if features else 0
    return np.concatenate(parts, axis=1) if parts else np.zeros((rows, 0))


def scales(features: Sequence[Feature]) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation of each column of numbers."""
    found = {}
    for feature in features:
        if not feature.levels:
            known = feature.values[~np.isnan(feature.values)]
            found[feature.name] = (float(known.mean()), float(known.std())) if known.size else (0.0, 0.0)
    return found
