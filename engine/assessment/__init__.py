"""What does a policy do to each group? One function answers for the page, the command line and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.assessment.disparities import Disparity, against_reference, compared, disparity
from engine.assessment.rates import Reading, estimate_areas, estimate_rates
from engine.counting.counted import index_of
from engine.counting.counts import GroupCounts
from engine.counting.groups import Groups, attribute_sets
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.errors import invalid
from engine.metrics import DISPARITIES, Costs
from engine.policy import Policy
from engine.types import Dataset, Estimates, Ints

__all__ = ["Assessment", "Disparity", "GroupingResult", "Request", "assess", "default_policy"]


@dataclass(frozen=True)
class Request:
    """What to assess. No policy: the default threshold. No groupings: each attribute and up to three together."""

    policy: Policy | None = None
    groupings: tuple[tuple[str, ...], ...] | None = None
    level: float = 0.95
    min_group: int = 30
    cost_fp: float = 1.0
    cost_fn: float = 1.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class GroupingResult:
    """One grouping under the policy: counts, rates, disparities; G groups in the order of `names`."""

    groups: Groups
    counts: GroupCounts
    rates: Mapping[str, Estimates]
    auc: Estimates
    disparities: Mapping[str, Disparity]
    reference: int
    reference_given: bool
    against_reference: Mapping[str, Mapping[str, Estimates]]
    min_group: int

    @property
    def name(self) -> str:
        """The grouping's name, ``"race x sex"``."""
        return self.groups.name

    @property
    def attributes(self) -> tuple[str, ...]:
        """Its attributes."""
        return self.groups.attributes

    @property
    def names(self) -> tuple[str, ...]:
        """Raw group names."""
        return self.groups.names

    @property
    def levels(self) -> tuple[tuple[str, ...], ...]:
        """Per group its raw level of each attribute."""
        return self.groups.group_levels

    @property
    def sizes(self) -> Ints:
        """Rows per group."""
        return self.counts.sizes

    @property
    def small(self) -> np.ndarray:
        """Which groups have fewer rows than the minimum: shown, kept out of max-min numbers."""
        return self.sizes < self.min_group


@dataclass(frozen=True, eq=False)
class Assessment:
    """Everything the policy does, overall and per grouping, and how it was asked."""

    policy: Policy
    request: Request
    rows_used: int
    unscored: int
    labelled: int
    overall: GroupingResult
    groupings: Mapping[str, GroupingResult] = field(default_factory=dict)


def assess(dataset: Dataset, request: Request = Request(), index: ScoreIndex | CountTable | None = None) -> Assessment:
    """Return what a policy does to every group: counts, rates, disparities, with intervals and reasons.

    Parameters
    ----------
    dataset
        With a score in use.
    request
        Policy, groupings, level, smallest group for max-min numbers, costs, seed.
    index
        Exact index or count table over (at least) the attributes asked for; built here when not given.

    Raises
    ------
    InvalidData
        Where the data has no score, or the policy names an attribute that the data has not.
    """
    if dataset.score is None:
        raise invalid("a score or a prediction is needed", dataset.name, "none", "name a score column or train a model")
    names = tuple(attribute.name for attribute in dataset.attributes)
    wanted = request.groupings if request.groupings is not None else attribute_sets(names)
    policy = request.policy or default_policy(dataset)
    for name in {*policy.attributes, *(name for attributes in wanted for name in attributes)} - set(names):
        raise invalid("groups must be made of protected attributes", f"attribute {name!r}",
                      f"the attributes are {', '.join(names) or 'none'}", "name one of them as protected")
    index = index if index is not None else index_of(dataset, names)
    cells = index.under(policy)
    reading = Reading(dataset.roles.favourable, Costs(request.cost_fp, request.cost_fn), request.level,
                      dataset.label is not None)
    results = [_result(dataset, request, reading, index, cells, attributes) for attributes in ((), *wanted)]
    return Assessment(
        policy, request, int(cells.sizes.sum()), index.unscored, int(np.rint(cells.rows[..., :4].sum())),
        results[0], {result.name: result for result in results[1:]},
    )


def default_policy(dataset: Dataset) -> Policy:
    """Return one threshold for all: 0.5 where scores lie in [0, 1], otherwise their median."""
    if dataset.counts is not None:
        return _default_of_counts(dataset, dataset.counts)
    scores = dataset.score_values()
    known = scores[np.isfinite(scores)]
    inside = not len(known) or (known.min() >= 0 and known.max() <= 1)
    return Policy.common(0.5 if inside else float(np.median(known)), dataset.score)


def _default_of_counts(dataset: Dataset, table: CountTable) -> Policy:
    """Return the default of a table: 0.5 where it is an edge or on the grid, else the edge that halves the rows."""
    edges = table.edges
    if edges[0] >= 0 and edges[-1] <= 1:
        return Policy.common(0.5, dataset.score)
    rows = np.cumsum(table.counts.sum(axis=(0, 2)))
    return Policy.common(float(edges[np.searchsorted(rows, rows[-1] / 2)]), dataset.score)


def _result(
    dataset: Dataset, request: Request, reading: Reading, index: ScoreIndex | CountTable, cells: GroupCounts,
    attributes: Sequence[str],
) -> GroupingResult:
    rng = np.random.default_rng(request.seed)
    groups, place = index.groups.project(attributes)
    counts = cells.fold(place, len(groups))
    areas = [index.area(np.flatnonzero(place == g).tolist()) for g in range(len(groups))]
    rates = estimate_rates(counts, groups.names, reading, rng)
    auc = estimate_areas(areas, counts, groups.names, reading)
    reference, given = _reference(dataset, groups, counts.sizes)
    found = compared(counts, rates, auc, np.array([error for _, error in areas]), reading)
    gaps = {
        key: disparity(rule, found, groups.names, counts.sizes.astype(float), request.min_group, request.level, rng)
        for key, rule in DISPARITIES.items()
    } if attributes else {}
    against = against_reference({**rates, "auc": auc}, reference, groups.names) if attributes else {}
    return GroupingResult(groups, counts, rates, auc, gaps, reference, given, against, request.min_group)


def _reference(dataset: Dataset, groups: Groups, sizes: Ints) -> tuple[int, bool]:
    """Return the reference group: the one made of the attributes' references, else the largest."""
    wanted = [dataset.attribute(name).reference for name in groups.attributes]
    for g, levels in enumerate(groups.group_levels):
        if wanted and all(w == level for w, level in zip(wanted, levels, strict=True)):
            return g, True
    return int(sizes.argmax()), False
