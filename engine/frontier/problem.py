"""The question a solver gets, in counts alone, and the answer it gives: which points each group mixes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from engine.counting.counts import Numbers
from engine.frontier.dominance import ROUNDING
from engine.frontier.ladder import Ladder, ladder, threshold_of, utility_along
from engine.frontier.points import Points, rate_of
from engine.frontier.utility import Payoff, Utility, value_of
from engine.metrics import AUC, RATES, Costs, DisparityRule
from engine.types import Favourable, Floats, Ints

SLACK = 1e-12   # rounding of rates: a gap this much over a bound still meets it
Scope = Literal["overall", "groups", "difference"]
Mix = tuple[tuple[int, float], ...]   # points of a group and their probabilities
LINEAR = ("selection_rate", "favourable_rate", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class Limit:
    """A further bound on a policy: a rate of everybody, of each compared group, or the gap between groups.

    ``Limit("selection_rate", "overall", at_most=0.2)`` is a capacity, ``at_least`` a service floor,
    ``Limit("true_positive_rate", "groups", at_least=0.6)`` a floor for every group.
    """

    rate: str
    scope: Scope
    at_least: float = 0.0
    at_most: float = 1.0


@dataclass(frozen=True, eq=False)
class Problem:
    """What to trade against what, over which groups.

    Parameters
    ----------
    points
        Of every group.
    compared
        Groups whose disparity is bounded; the others take the best common threshold and stay in the utility.
    rule
        The disparity, a row of `DISPARITIES`.
    payoff
        The utility where it is linear; None to use `utility`'s own.
    """

    points: tuple[Points, ...]
    compared: tuple[int, ...]
    rule: DisparityRule
    utility: Utility
    costs: Costs = field(default_factory=Costs)
    favourable: Favourable = "selected"
    limits: tuple[Limit, ...] = ()
    given_payoff: Payoff | None = None
    given_rest: Numbers | None = None

    @cached_property
    def totals(self) -> Numbers:
        """Everybody by outcome, (3,)."""
        totals: Numbers = np.sum([points.totals for points in self.points], axis=0)
        return totals

    @cached_property
    def payoff(self) -> Payoff | None:
        """The linear utility; None where it is a ratio."""
        return self.given_payoff or self.utility.payoff(self.totals, self.costs)

    @cached_property
    def chosen(self) -> tuple[Points, ...]:
        """Points of the compared groups."""
        return tuple(self.points[g] for g in self.compared)

    @cached_property
    def otherwise(self) -> float:
        """The best common threshold of everybody, the highest such: for groups not compared or not seen."""
        best = int((self.along >= self.along.max() - ROUNDING).argmax())
        return threshold_of(self.points, self.rungs, best)

    @cached_property
    def rungs(self) -> Ladder:
        """Every common threshold."""
        return ladder(self.points)

    @cached_property
    def along(self) -> Floats:
        """The utility over everybody at each common threshold."""
        return utility_along(self.points, self.rungs, self.totals, self.utility, self.costs)

    @cached_property
    def rest(self) -> Numbers:
        """What is selected of the groups that are not compared, (3,)."""
        if self.given_rest is not None:
            return self.given_rest
        others = [points for g, points in enumerate(self.points) if g not in self.compared]
        taken = [points.selected[points.reached(self.otherwise)] for points in others]
        rest: Numbers = np.sum([np.zeros_like(self.totals), *taken], axis=0)
        return rest

    def with_payoff(self, payoff: Payoff) -> Problem:
        """Return the same question with another, linear utility."""
        return replace(self, given_payoff=payoff, given_rest=self.rest)

    def base(self, payoff: Payoff) -> float:
        """Return the utility when nobody of the compared groups is selected."""
        return payoff.constant + float(payoff.worth(self.rest))

    def selected(self, mixes: Sequence[Mix]) -> Numbers:
        """Return what is selected, expected where lots are drawn, of each compared group, (k, 3)."""
        return np.stack([
            sum((p * points.selected[i] for i, p in mix), np.zeros(3)) for points, mix in zip(self.chosen, mixes,
                                                                                             strict=True)
        ])

    def value(self, mixes: Sequence[Mix]) -> float:
        """Return the utility of a choice over everybody, whatever the utility."""
        taken = self.selected(mixes).sum(axis=0) + self.rest
        return float(value_of(self.utility, taken, self.totals, self.costs))

    def disparity(self, mixes: Sequence[Mix]) -> float:
        """Return the disparity of a choice over the compared groups; NaN where it is 0/0."""
        if len(mixes) < 2:
            return self.rule.ideal
        totals = np.stack([points.totals for points in self.chosen])
        rates = [rate_of(key, self.selected(mixes), totals, self.favourable) for key in self.rule.rates]
        return float(np.max([extent(self.rule, rate) for rate in rates]))


def extent(rule: DisparityRule, rates: Floats) -> Floats:
    """Return the gap or the ratio over the last axis; NaN where a rate is, or where all are 0 in a ratio."""
    high, low = rates.max(axis=-1), rates.min(axis=-1)
    if rule.form == "difference":
        return np.asarray(high - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(high > 0, low / high, np.nan)


@dataclass(frozen=True)
class Choice:
    """A solver's answer at a bound: per compared group the points it mixes, the utility, the price of more parity."""

    mixes: tuple[Mix, ...]
    utility: float
    price: float = np.nan            # utility lost per unit of disparity, where the frontier has a slope
    threshold: float | None = None   # of everybody, where it is one common threshold


class Curve(Protocol):
    """A frontier: its breakpoints, and the best choice at any bound. Utilities never fall as the bound loosens."""

    @property
    def disparity(self) -> Floats:
        """Bounds at the breakpoints, ascending."""

    @property
    def utility(self) -> Floats:
        """Best utility at each."""

    @property
    def note(self) -> str:
        """What a reader must know: exact between the breakpoints or only at them."""

    def at(self, bound: float) -> Choice | None:
        """Return the best choice within a bound; None where no policy of this kind reaches it."""


class Drawn(ABC):
    """A curve whose breakpoints are worked out when they are first asked for; a single bound needs none."""

    @property
    @abstractmethod
    def drawn(self) -> tuple[Floats, Floats]:
        """Disparities, ascending, and utilities; kept by whoever works them out."""

    @property
    def disparity(self) -> Floats:
        """Bounds at the breakpoints, ascending."""
        return self.drawn[0]

    @property
    def utility(self) -> Floats:
        """Best utility at each."""
        return self.drawn[1]


def bounded(rule: DisparityRule, limits: Iterable[Limit]) -> tuple[str, ...]:
    """Return the rates of groups that a rule compares or a limit holds; the area under the ROC curve is none."""
    compared = tuple(key for key in rule.rates if key != AUC.key)
    return (*compared, *(limit.rate for limit in limits if limit.scope != "overall"))


def estimable(points: Points, keys: Iterable[str], favourable: Favourable) -> str | None:
    """Return why some rates of a group cannot be bounded or compared; None where they can."""
    for key in keys:
        if not np.isfinite(rate_of(key, points.totals, points.totals, favourable)):
            return RATES[key].undefined if key in RATES else "has no false positives"
    return None


def linear(problem: Problem) -> bool:
    """Return whether the disparity is linear in what is selected, so that lots can be solved exactly."""
    return all(key in LINEAR for key in problem.rule.rates)


def pure(points: Sequence[int] | Ints) -> tuple[Mix, ...]:
    """Return the choice of one point per group."""
    return tuple(((int(i), 1.0),) for i in points)
