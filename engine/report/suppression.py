"""Reports without the numbers of small groups, and without others from which these could be had by subtraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.assessment import Assessment, GroupingResult
from engine.assessment.disparities import against_reference, compared, disparity
from engine.assessment.rates import Reading
from engine.counting.counted import index_of
from engine.counting.counts import GroupCounts
from engine.counting.groups import Groups, attribute_sets, grouping
from engine.counting.index import ScoreIndex
from engine.counting.subtraction import Mask, kept_back
from engine.counting.table import CountTable
from engine.metrics import DISPARITIES, Costs
from engine.types import Dataset, Estimates, Ints, frozen

UNDER = 10   # rows; the usual smallest group that is published


@dataclass(frozen=True)
class Suppression:
    """Which groups a report keeps back: by grouping their raw names, small ones and those that go with them alike."""

    under: int = 0
    hidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether any group is kept back; what is not made of the assessment should then be left out."""
        return bool(self.hidden)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader is told, for the warnings of a report."""
        said = [
            f"{len(names)} of the groups of {grouping} are not shown: they have fewer than {self.under} rows, or their "
            f"numbers would tell those of such a group. Gaps are between the groups that are shown."
            for grouping, names in self.hidden.items() if names
        ]
        return (*said, self.own_rows) if said else ()

    @property
    def own_rows(self) -> str:
        """What the smallest group does not promise: the rates of one group tell each other, so hiding one is idle."""
        return (f"The {self.under} rows are all rows of a group. A rate of a group that is shown can rest on fewer, "
                "as on its positives alone: its n says on how many.")


def small_groups(dataset: Dataset, under: int = UNDER) -> dict[str, int]:
    """Return how many groups of each grouping have some rows, yet fewer than a report may show; none: no entry.

    Rows are those that a report counts: with a score, where there is one.
    """
    names = tuple(attribute.name for attribute in dataset.attributes)
    if not names:
        return {}
    if dataset.counts is not None:
        table = CountTable.build(dataset, names)
        groups, sizes = table.groups, table.totals().sizes
    else:
        groups, codes = grouping(dataset, names)
        used = codes if dataset.score is None else codes[np.isfinite(dataset.score_values())]
        sizes = np.bincount(used, minlength=len(groups))
    found = {}
    for chosen in attribute_sets(names):
        result, place = groups.project(chosen)
        rows = np.bincount(place, weights=sizes, minlength=len(result))
        found[result.name] = int(((rows > 0) & (rows < under)).sum())
    return {name: count for name, count in found.items() if count}


def suppressed(
    dataset: Dataset, found: Assessment, under: int = UNDER, index: ScoreIndex | CountTable | None = None
) -> tuple[Assessment, Suppression]:
    """Return an assessment without the groups that are kept back, and which they are.

    Neither a group of fewer rows nor any people who are fewer together can be had from the totals that are shown.
    Every grouping keeps its other groups; gaps, noise bands and comparisons are those of the groups that remain, so
    that no number of a hidden group is left in them. A grouping that would keep none goes as a whole. Which groups go
    depends on rows alone, so all policies on the same data and groupings hide the same ones.

    Parameters
    ----------
    dataset
        The data that were assessed.
    found
        All groupings that are published together: what one of them shows may tell what another hides.
    under
        The fewest rows of a group that is shown; 0 shows all.
    index
        As given to `assess`; built here where not given and needed.
    """
    if not any(((result.sizes > 0) & (result.sizes < under)).any() for result in found.groupings.values()):
        return found, Suppression(under, {})
    index = index if index is not None else index_of(dataset, tuple(a.name for a in dataset.attributes))
    hidden = _hidden(index, list(found.groupings.values()), under)
    reading = Reading(dataset.roles.favourable, Costs(found.request.cost_fp, found.request.cost_fn),
                      found.request.level, dataset.label is not None)
    kept = {name: _without(dataset, found, result, hidden[name], index, reading) if hidden[name].any() else result
            for name, result in found.groupings.items() if not hidden[name].all()}
    names = {key: tuple(np.array(found.groupings[key].names, dtype=object)[gone]) for key, gone in hidden.items()}
    return replace(found, groupings=kept), Suppression(under, {key: gone for key, gone in names.items() if gone})


def _hidden(index: ScoreIndex | CountTable, results: Sequence[GroupingResult], under: int) -> dict[str, Mask]:
    """Return by grouping which groups go: every group is a sum of the finest cells, as is the number of all rows."""
    sizes = index.totals().sizes
    filled = np.flatnonzero(sizes)
    places = [index.groups.project(result.attributes)[1][filled] for result in results]
    lines = [np.arange(len(result.names))[:, None] == place for result, place in zip(results, places, strict=True)]
    whole = np.ones((1, len(filled)), dtype=bool)
    part = np.concatenate([[-1], *(np.full(len(line), k) for k, line in enumerate(lines))]).astype(np.int64)
    every = np.vstack([whole, *lines])
    gone = kept_back(every, sizes[filled], under, part)
    return {result.name: gone[part == k] for k, result in enumerate(results)}


def _without(
    dataset: Dataset, found: Assessment, result: GroupingResult, gone: Mask, index: ScoreIndex | CountTable,
    reading: Reading,
) -> GroupingResult:
    kept = np.flatnonzero(~gone)
    groups = Groups(result.groups.attributes, result.groups.levels, frozen(result.groups.members[kept]))
    counts, auc = _counts(result.counts, kept), _estimates(result.auc, kept)
    rates = {key: _estimates(rate, kept) for key, rate in result.rates.items()}
    _, place = index.groups.project(result.attributes)
    errors = np.array([index.area(np.flatnonzero(place == group).tolist())[1] for group in kept])
    shares, rng = compared(counts, rates, auc, errors, reading), np.random.default_rng(found.request.seed)
    gaps = {key: disparity(rule, shares, groups.names, counts.sizes.astype(float), result.min_group,
                           found.request.level, rng) for key, rule in DISPARITIES.items()}
    stays = bool((kept == result.reference).any())
    reference = int(np.searchsorted(kept, result.reference)) if stays else int(counts.sizes.argmax())
    return replace(result, groups=groups, counts=counts, auc=auc, rates=rates, disparities=gaps, reference=reference,
                   reference_given=result.reference_given and stays,
                   against_reference=against_reference({**rates, "auc": auc}, reference, groups.names))


def _counts(counts: GroupCounts, kept: Ints) -> GroupCounts:
    values = counts.values[kept]
    rows = values if counts.rows is counts.values else counts.rows[kept]
    return GroupCounts(values, rows, None if counts.squares is None else counts.squares[kept])


def _estimates(rate: Estimates, kept: Ints) -> Estimates:
    return Estimates(rate.value[kept], rate.low[kept], rate.high[kept], rate.n[kept],
                     tuple(rate.reasons[group] for group in kept))
