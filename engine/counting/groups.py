"""Protected attributes to groups: each attribute alone, and the cells of every intersection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from engine.types import Codes, Dataset, Ints, frozen

CROSS = " x "
EVERYBODY = "all"


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of a grouping, without the rows: which level of each attribute each group has.

    One attribute has all its levels as groups, empty ones too; an intersection has the cells that occur.
    """

    attributes: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]   # per attribute: raw level names
    members: Ints                         # (G, A) index into each attribute's levels

    def __len__(self) -> int:
        return len(self.members)

    @property
    def name(self) -> str:
        """Return the grouping's name: ``"race x sex"``; ``"all"`` without an attribute."""
        return CROSS.join(self.attributes) or EVERYBODY

    @cached_property
    def group_levels(self) -> tuple[tuple[str, ...], ...]:
        """Return per group its raw level of each attribute."""
        return tuple(tuple(names[i] for names, i in zip(self.levels, row, strict=True)) for row in self.members)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return per group its raw name, ``"a x b"``; a name that would occur twice gets a number."""
        seen: dict[str, int] = {}
        names = []
        for levels in self.group_levels:
            name = CROSS.join(levels) or EVERYBODY
            seen[name] = seen.get(name, 0) + 1
            names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
        return tuple(names)

    def project(self, attributes: Sequence[str]) -> tuple[Groups, Ints]:
        """Return the coarser groups of fewer attributes, and for each group here its index there.

        Raises
        ------
        KeyError
            Where an attribute is not one of these groups' attributes.
        """
        columns = [_position(self.attributes, name) for name in attributes]
        levels = tuple(self.levels[c] for c in columns)
        members, index = _observed(self.members[:, columns], levels)
        return Groups(tuple(attributes), levels, members), index


def grouping(dataset: Dataset, attributes: Sequence[str]) -> tuple[Groups, Codes]:
    """Return the groups that the attributes make and each row's group.

    Parameters
    ----------
    dataset
        Rows with attribute codes.
    attributes
        Column names of protected attributes; none makes one group of everybody.

    Returns
    -------
    groups, codes
        `codes` (n,) indexes `groups`.
    """
    columns = [dataset.attribute(name) for name in attributes]
    levels = tuple(column.levels for column in columns)
    if len(columns) == 1:
        return Groups(tuple(attributes), levels, frozen(np.arange(len(levels[0]))[:, None])), columns[0].codes
    composite = np.zeros(dataset.n, dtype=np.int64)
    for column in columns:
        composite = composite * len(column.levels) + column.codes
    cells, codes = _unique(composite, int(np.prod([len(names) for names in levels], dtype=np.int64)))
    shape = tuple(len(names) for names in levels)
    members = np.stack(np.unravel_index(cells, shape), axis=1) if shape else np.zeros((1, 0), dtype=np.int64)
    return Groups(tuple(attributes), levels, frozen(members)), frozen(codes.astype(np.int32))


def attribute_sets(names: Sequence[str], up_to: int = 3) -> tuple[tuple[str, ...], ...]:
    """Return each attribute alone, then every intersection of two, then of three.

    >>> attribute_sets(("race", "sex"))
    (('race',), ('sex',), ('race', 'sex'))
    """
    sizes = range(1, min(up_to, len(names)) + 1)
    return tuple(chosen for size in sizes for chosen in combinations(names, size))


def _observed(members: Ints, levels: tuple[tuple[str, ...], ...]) -> tuple[Ints, Ints]:
    if len(levels) == 1:
        return np.arange(len(levels[0]))[:, None], members[:, 0]
    if not levels:
        return np.zeros((1, 0), dtype=np.int64), np.zeros(len(members), dtype=np.int64)
    rows, index = np.unique(members, axis=0, return_inverse=True)
    return rows, index.reshape(-1)


def _unique(composite: Ints, possible: int) -> tuple[Ints, Ints]:
    """Return np.unique with inverse; by counting, not sorting, where there are few possible values."""
    if possible <= 1_000_000:
        present = np.bincount(composite, minlength=possible) > 0
        return np.flatnonzero(present), (np.cumsum(present) - 1)[composite]
    return np.unique(composite, return_inverse=True)


def _position(attributes: tuple[str, ...], name: str) -> int:
    if name not in attributes:
        raise KeyError(name)
    return attributes.index(name)
