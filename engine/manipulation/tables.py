"""Two tables, read as the two samples of an audit: the same groups, decisions and columns, whatever their order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.data.ingest import ingest
from engine.data.table import Table, canonical
from engine.errors import Issue, invalid
from engine.manipulation.detection import Proportions
from engine.manipulation.inclusion import aligned
from engine.manipulation.sample import Sample, sample_of, sides
from engine.text import plain
from engine.types import Attribute, Dataset, Favourable, Feature, Floats, Labels, Roles, frozen

SELECTED = ("1", "true", "yes")
GROUP, DECISION, PROPORTION = "group", "decision", "proportion"


@dataclass(frozen=True)
class Columns:
    """What the columns of both files are; `ignored` ones are not compared, `requeried` is in the submitted file."""

    protected: tuple[Attribute, ...]
    decision: str
    unprivileged: tuple[str, ...] = ()
    selected: str | None = None
    favourable: Favourable = "selected"
    label: str | None = None
    positive: str | None = None
    ignored: tuple[str, ...] = ()
    requeried: str | None = None


@dataclass(frozen=True, eq=False)
class Pair:
    """Both samples, the model's decisions where a column holds them, and what was noticed while reading."""

    submitted: Sample
    reference: Sample | Proportions
    requeried: Labels | None
    notes: tuple[Issue, ...]


def pair_of(submitted: Table, reference: Table, given: Columns) -> Pair:
    """Return two tables as the samples that `detect` takes.

    Columns that both have are compared, as numbers where both hold numbers, else as text; group edges of a continuous
    attribute are the reference's. Values are compared in canonical form, so that encodings and ``1.0`` for ``1`` do
    not matter.

    Raises
    ------
    InvalidData
        A column of `given` is absent, a group exists in neither file or on one side only, or groups differ.
    """
    theirs = ingest(reference, _roles(given, given.protected))
    # Quartiles of one file are not those of the other.
    fixed = tuple(replace(a, edges=theirs.attribute(a.column).edges) for a in given.protected)
    ours = ingest(submitted, _roles(given, fixed))
    named = _known(given, theirs, ours)
    taken = {given.decision, given.requeried, *given.ignored, *(a.column for a in given.protected if not a.edges)}
    common = [name for name in reference.columns if name in submitted.columns and name not in taken]
    pairs = [_columns(reference, submitted, name) for name in common]
    many = any(len(data.attribute(a.column).levels) > 2 for data in (theirs, ours) for a in fixed)
    if given.unprivileged and many:   # sides hide which of their groups a row is in
        pairs += [_columns(reference, submitted, a.column) for a in fixed]
    first = _sample(theirs, given, named[0], tuple(a for a, _ in pairs))
    second = _sample(ours, given, named[1], tuple(b for _, b in pairs))
    if given.unprivileged:
        second = replace(second, groups=first.groups)
    return Pair(second, first, _requeried(submitted, given, second), _differences(submitted, reference, taken))


def against_proportions(submitted: Table, reference: Table, given: Columns) -> Pair:
    """Return a table and known proportions (columns group, decision, proportion) as `detect` takes them.

    Raises
    ------
    InvalidData
        The proportions lack a column, are negative, do not add up to 1, or name other groups or decisions.
    """
    ours = ingest(submitted, _roles(given, given.protected))
    sample = _sample(ours, given, given.unprivileged, ())
    shares = _proportions(reference, given, sample.groups)
    return Pair(sample, Proportions(sample.groups, shares, reference.name), _requeried(submitted, given, sample), ())


def _roles(given: Columns, protected: tuple[Attribute, ...]) -> Roles:
    return Roles(protected, prediction=given.decision, selected=given.selected, favourable=given.favourable,
                 label=given.label, positive=given.positive)


def _known(given: Columns, theirs: Dataset, ours: Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the unprivileged groups that each file has; refuse one that neither has."""
    found = []
    levels = [_names(data, given) for data in (theirs, ours)]
    for name in given.unprivileged:
        if not any(name in known or canonical(name) in known for known in levels):
            listed = ", ".join(f"'{plain(level)}'" for level in levels[0][:20])
            raise invalid("an unprivileged group must exist", "the protected attribute", f"no '{plain(name)}'",
                          f"use one of: {listed}")
    for known in levels:
        found.append(tuple(n for n in given.unprivileged if n in known or canonical(n) in known))
    return found[0], found[1]


def _names(data: Dataset, given: Columns) -> tuple[str, ...]:
    from engine.counting.groups import grouping

    return grouping(data, [a.column for a in given.protected])[0].names


def _sample(data: Dataset, given: Columns, unprivileged: tuple[str, ...], features: tuple[Feature, ...]) -> Sample:
    values = data.score_values()
    decision = values if given.favourable == "selected" else 1 - values
    if given.unprivileged and not unprivileged:
        raise invalid("both sides need rows", f"file '{plain(data.name)}'", "no row of the unprivileged side",
                      "check the group's spelling in this file")
    return sample_of(data, [a.column for a in given.protected], unprivileged, decision, features)


def _columns(reference: Table, submitted: Table, name: str) -> tuple[Feature, Feature]:
    """Return a column of both files as numbers where all its cells are, else as text with common categories."""
    ours, theirs = reference.numbers(name), submitted.numbers(name)
    if not ours.unreadable and not theirs.unreadable:
        return Feature(name, ours.values), Feature(name, theirs.values)
    texts = [table.text(name) for table in (reference, submitted)]
    first, second = (Feature(name, text.codes, text.names() or ("",)) for text in texts)
    return aligned([first], [second])[0]


def _requeried(table: Table, given: Columns, sample: Sample) -> Labels | None:
    if given.requeried is None:
        return None
    roles = replace(_roles(given, given.protected), prediction=given.requeried)
    values = ingest(table, roles).score_values()[sample.rows]
    chosen = values if given.favourable == "selected" else 1 - values
    return frozen(np.where(np.isfinite(chosen), chosen, -1).astype(np.int8))


def _differences(submitted: Table, reference: Table, taken: set[str | None]) -> tuple[Issue, ...]:
    notes = []
    for table, other in ((submitted, reference), (reference, submitted)):
        alone = [f"'{plain(name)}'" for name in table.columns if name not in other.columns and name not in taken]
        if alone:
            listed = ", ".join(alone[:8]) + (", …" if len(alone) > 8 else "")
            notes.append(Issue("note", "columns of one file alone are not compared", f"file '{plain(table.name)}'",
                               listed, "add them to the other file if they should be"))
    return tuple(notes)


def _proportions(table: Table, given: Columns, groups: tuple[str, ...]) -> Floats:
    missing = [name for name in (GROUP, DECISION, PROPORTION) if name not in table.columns]
    if missing:
        raise invalid("known proportions need the columns group, decision and proportion",
                      f"file '{plain(table.name)}'", f"no {', '.join(missing)}", "name them so in the first line")
    names, decisions = table.text(GROUP, protected=True), table.text(DECISION, keep=given.selected)
    values = table.numbers(PROPORTION).values
    if not np.isfinite(values).all() or (values < 0).any() or not math.isclose(values.sum(), 1, abs_tol=1e-3):
        raise invalid("proportions must be 0 or more and add up to 1", f"file '{plain(table.name)}'",
                      f"a sum of {float(np.nansum(values)):.4g}", "give each group and decision its share of all rows")
    place = _places(names.names(), given, groups, table)
    chosen = [_is_selected(word, given) == (given.favourable == "selected") for word in decisions.names()]
    shares = np.zeros((len(groups), 2))
    for row in range(table.rows):
        if names.codes[row] < 0 or decisions.codes[row] < 0:
            raise invalid("each proportion needs a group and a decision", f"file '{plain(table.name)}'",
                          f"row {row + 1}", "complete it")
        shares[place[names.codes[row]], int(chosen[decisions.codes[row]])] += values[row]
    return shares / float(shares.sum())


def _places(names: tuple[str, ...], given: Columns, groups: tuple[str, ...], table: Table) -> Mapping[int, int]:
    """Return the side or group of each name of the proportions."""
    if given.unprivileged:
        low, _ = sides(names, given.unprivileged)
        return {i: 0 if inside else 1 for i, inside in enumerate(low)}
    unknown = sorted(set(names) ^ set(groups))
    if unknown:
        raise invalid("proportions must name the sample's groups", f"file '{plain(table.name)}'",
                      f"{', '.join(map(plain, unknown[:8]))} in one of them alone", "correct the names")
    return {i: groups.index(name) for i, name in enumerate(names)}


def _is_selected(word: str, given: Columns) -> bool:
    return word == canonical(given.selected) if given.selected is not None else word.casefold() in SELECTED
