"""What is the best trade-off that exists between a disparity and a utility? One function answers everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan, nan
from typing import Any

import numpy as np

from engine.assessment import Request as Assessed
from engine.assessment import assess
from engine.counting.counts import NEGATIVE, POSITIVE, Numbers
from engine.counting.groups import Groups, grouping
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.errors import invalid
from engine.frontier.points import Points, operating_points, rate_of
from engine.frontier.problem import Choice, Curve, Limit, Problem, bounded, estimable, extent
from engine.frontier.request import Request, check, one_sided
from engine.frontier.solvers import SOLVERS, solved
from engine.frontier.split import halves, held_out, index_of
from engine.frontier.utility import UTILITIES, value_of
from engine.metrics import DISPARITIES, Costs
from engine.policy import Policy, PolicyKind
from engine.text import plain
from engine.types import Dataset, Estimate, Floats

__all__ = ["SOLVERS", "UTILITIES", "FrontierResult", "Limit", "Point", "Reported", "Request", "find"]
NO_SLOPE = "not defined: this frontier goes in jumps (a staircase): a small step gains nothing"


@dataclass(frozen=True)
class Point:
    """The best policy of a kind within a bound, on the rows where it was found."""

    kind: PolicyKind
    bound: float
    utility: float              # realised, recounted from the policy
    disparity: float            # realised; NaN where it is 0/0
    price: float                # utility lost per unit of disparity
    price_reason: str | None    # why there is none
    policy: Policy | None
    reason: str | None = None   # why there is no policy, or no disparity


@dataclass(frozen=True)
class Reported:
    """A point on rows that were not used to find it."""

    utility: Estimate
    disparity: Estimate
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class FrontierResult:
    """Frontiers by kind of policy, and what is needed to choose a point on one and to report it elsewhere."""

    dataset: Dataset
    request: Request
    groups: Groups
    problem: Problem
    curves: Mapping[PolicyKind, Curve]
    unsolved: Mapping[PolicyKind, str]         # kinds without a frontier, and why
    left_out: tuple[tuple[str, str], ...]      # groups that take the best common threshold, and why
    found_on: ScoreIndex | CountTable
    reported_on: ScoreIndex | CountTable | None

    @property
    def rows(self) -> tuple[int, int]:
        """Rows on which frontiers were found, and rows kept for reporting."""
        kept = 0 if self.reported_on is None else int(self.reported_on.totals().sizes.sum())
        return sum(points.rows for points in self.problem.points), kept

    @property
    def optimistic(self) -> bool:
        """Whether there are no other rows to report on, so that every number here flatters."""
        return self.reported_on is None

    def at(self, kind: PolicyKind, bound: float) -> Point:
        """Return the best policy of a kind whose disparity meets a bound: at most, or at least for a ratio."""
        if kind not in self.curves:
            return Point(kind, bound, nan, nan, nan, NO_SLOPE, None, self.unsolved.get(kind, "it was not asked for"))
        choice = self.curves[kind].at(bound)
        if choice is None:
            return Point(kind, bound, nan, nan, nan, NO_SLOPE, None, f"no {kind} thresholds reach {bound:g}")
        policy = self._policy(kind, choice)
        utility, disparity = self.realised(policy)
        reason = "not estimable: the rate is 0 in every group" if isnan(disparity) else None
        return Point(kind, bound, utility, disparity, choice.price, NO_SLOPE if isnan(choice.price) else None, policy,
                     reason)

    def test(self, point: Point) -> Reported | None:
        """Return a point's utility and disparity with intervals on the rows kept for reporting; None without such."""
        if self.reported_on is None or point.policy is None:
            return None
        request, utility = self.request, UTILITIES[self.request.utility]
        asked = Assessed(point.policy, (self.groups.attributes,), request.level, request.min_group, request.cost_fp,
                         request.cost_fn, request.seed)
        found = assess(self.dataset, asked, self.reported_on)
        rate = found.overall.rates[utility.rate][0]
        if utility.sign < 0:
            rate = Estimate(-rate.value, -rate.high, -rate.low, rate.n, rate.reason)
        rate = replace(rate, n=round(rate.n, 9))   # expected counts of lots add up to rows, but for rounding
        gap = found.groupings[self.groups.name].disparities[request.disparity]
        left = {name for name, _ in gap.left_out}
        sizes = found.groupings[self.groups.name].sizes
        rows = sum(int(size) for name, size in zip(self.groups.names, sizes, strict=True) if name not in left)
        return Reported(rate, Estimate(gap.value, gap.low, gap.high, rows, gap.reason), gap.left_out)

    def _policy(self, kind: PolicyKind, choice: Choice) -> Policy:
        dataset, problem = self.dataset, self.problem
        common: dict[str, Any] = {"score": dataset.score, "id": dataset.roles.id, "seed": self.request.seed,
                                  "data_sha256": dataset.sha256}
        if choice.threshold is not None:
            return Policy(kind, choice.threshold, **common)
        thresholds = tuple(
            (self.groups.names[g], tuple((points.threshold(i), p) for i, p in mix))
            for g, points, mix in zip(problem.compared, problem.chosen, choice.mixes, strict=True)
        )
        return Policy(kind, problem.otherwise, thresholds, self.groups.attributes, **common)

    def realised(self, policy: Policy) -> tuple[float, float]:
        """Return utility and disparity of any policy over these groups, on the rows where the frontier was found."""
        cells = self.found_on.under(policy).values
        selected, totals = _by_outcome(cells[..., [1, 0, 4]]), _by_outcome(cells[..., [3, 2, 5]])
        totals = totals + selected
        problem = self.problem
        utility = value_of(problem.utility, selected.sum(axis=0), totals.sum(axis=0), problem.costs)
        chosen = list(problem.compared)
        if len(chosen) < 2:
            return float(utility), problem.rule.ideal
        rates: list[Floats] = [rate_of(key, selected[chosen], totals[chosen], problem.favourable)
                               for key in problem.rule.rates]
        return float(utility), float(np.max([extent(problem.rule, rate) for rate in rates]))


def _by_outcome(cells: Numbers) -> Numbers:
    return np.asarray(cells, dtype=np.float64)


def find(dataset: Dataset, request: Request, index: ScoreIndex | CountTable | None = None) -> FrontierResult:
    """Return the frontiers of a disparity against a utility.

    Parameters
    ----------
    dataset
        With an outcome, a score in use and protected attributes.
    request
        What to trade; see `Request`.
    index
        Counts to find the frontier on instead of the data's rows, over exactly the attributes asked for. There are
        then no rows to report on: the result is optimistic, and says so.

    Raises
    ------
    InvalidData
        Where the request cannot be answered on this data; the sentence says why.

    Examples
    --------
    >>> from engine.data.ingest import ingest
    >>> from engine.data.reading import read
    >>> from engine.types import Attribute, Roles
    >>> rows = "".join(f"{'ab'[i % 2]},{int(i % 5 > 2)},{i % 7 / 7}\\n" for i in range(200))
    >>> table = read(f"g,y,s\\n{rows}".encode(), "x.csv")
    >>> data = ingest(table, Roles((Attribute("g"),), label="y", positive="1", scores=("s",)))
    >>> point = find(data, Request(split="none")).at("randomised", 0.0)
    >>> point.disparity, point.policy.kind
    (0.0, 'randomised')
    """
    attributes = check(dataset, request)
    reported_on: ScoreIndex | CountTable | None = None
    if index is None and dataset.counts is not None:
        index = table = CountTable.build(dataset, attributes)
        if request.split == "test":
            index, reported_on = halves(table, request.test_size, request.seed)
        groups = index.groups
    elif index is None:
        groups, _ = grouping(dataset, attributes)
        kept = np.zeros(dataset.n, dtype=bool)
        if request.split == "test":
            kept = held_out(dataset, attributes, request.test_size, request.seed)
            reported_on = index_of(dataset, attributes, kept)
        index = index_of(dataset, attributes, ~kept)
    else:
        groups = index.groups
    points = operating_points(index)
    problem, left_out = _problem(dataset, request, groups, points)
    found = {kind: solved(problem, kind) for kind in request.kinds}
    curves = {kind: curve for kind, curve in found.items() if not isinstance(curve, str)}
    unsolved = {kind: why for kind, why in found.items() if isinstance(why, str)}
    return FrontierResult(dataset, request, groups, problem, curves, unsolved, left_out, index, reported_on)


def _problem(
    dataset: Dataset, request: Request, groups: Groups, points: tuple[Points, ...]
) -> tuple[Problem, tuple[tuple[str, str], ...]]:
    rule, favourable = DISPARITIES[request.disparity], dataset.roles.favourable
    left_out: dict[int, str] = {}
    keys = bounded(rule, request.limits)
    for g, group in enumerate(points):
        why = estimable(group, keys, favourable)
        if group.rows < request.min_group:
            left_out[g] = f"{group.rows} rows, fewer than {request.min_group}"
        elif why is not None:
            left_out[g] = f"not estimable: {groups.names[g]} {why}"
    compared = tuple(g for g in range(len(points)) if g not in left_out)
    where = f"data '{plain(dataset.name)}'"
    if not compared:
        raise invalid("a frontier needs a group that is large enough", where,
                      f"none of {request.min_group} rows or more with the rate", "lower the minimum group size")
    totals = np.sum([group.totals for group in points], axis=0)
    if totals[POSITIVE] <= 0 or totals[NEGATIVE] <= 0:
        raise one_sided(where)
    costs = Costs(request.cost_fp, request.cost_fn)
    problem = Problem(points, compared, rule, UTILITIES[request.utility], costs, favourable, request.limits)
    return problem, tuple((groups.names[g], why) for g, why in left_out.items())
