"""How much predictions depend on protected attributes of any kind, together: distance covariance and its gradient.

`build` does what depends on the attributes alone, once; the penalty then costs a sort and a pass over the rows, value
and gradient. Squared, as is usual; in the units of the prediction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Literal, get_args

import numpy as np

from engine.dependence import planner
from engine.dependence.attributes import ProtectedColumn
from engine.dependence.parts import Part
from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Estimator, Sampling
from engine.errors import invalid
from engine.text import plain
from engine.types import Floats, Ints

PenaltyKind = Literal["cc", "joint", "marginal"]


@dataclass(frozen=True, eq=False)
class Terms:
    """What a penalty is made of: each attribute alone, and the rest.

    In the joint measure the rest is what only combinations show, and around 0 where there is nothing. As one point (cc)
    it is also what the root in the distance takes off where several attributes count: then it may be well below 0.
    """

    values: Mapping[str, float]        # per attribute
    interaction: float                 # the rest: 0 where combinations hide nothing
    by_subset: Mapping[str, float]     # joint measure only: the interaction by combination of attributes, "a x b"

    @property
    def total(self) -> float:
        """The penalty, not normalised."""
        return sum(self.values.values()) + self.interaction


@dataclass(frozen=True, eq=False)
class Request:
    """What a penalty was asked to be; see `build`."""

    protected: tuple[ProtectedColumn, ...]
    kind: PenaltyKind
    c: float
    estimator: Estimator
    weights: Floats | None
    strata: Ints | None
    normalised: bool
    scale_invariant: bool
    seed: int


@dataclass(frozen=True, eq=False)
class Penalty:
    """R(y), from predictions (n,) to a number and its gradient. Made by `build`."""

    request: Request
    parts: tuple[Part, ...]

    @property
    def n(self) -> int:
        """Rows."""
        return self.request.protected[0].n

    def value_and_gradient(self, prediction: Floats) -> tuple[float, Floats]:
        """Return R and dR/dy (n,); both 0 where all predictions are equal.

        The part of the joint measure that does not depend on predictions is left out: see `constant`.

        Raises
        ------
        InvalidData
            Predictions of another length, or not finite.
        """
        y = self.checked(prediction)
        total, gradient = 0.0, np.zeros(self.n)
        for part in self.parts:
            some = part.of(y)
            value, slope = part.measure(some, Ranking.of(some))
            total += part.share * value
            gradient[slice(None) if part.rows is None else part.rows] = part.share * slope
        return total, gradient

    def value(self, prediction: Floats) -> float:
        """Return R at predictions (n,)."""
        return self.value_and_gradient(prediction)[0]

    def checked(self, prediction: Floats) -> Floats:
        """Return predictions as floats; refuse another length, and numbers that are not finite."""
        y = np.asarray(prediction, dtype=np.float64)
        if y.shape != (self.n,) or not np.isfinite(y).all():
            got = f"{y.shape}" if y.shape != (self.n,) else f"{int((~np.isfinite(y)).sum()):,} that are not finite"
            raise invalid("a finite prediction for each row is needed", "the predictions", got,
                          f"give {self.n:,} numbers")
        return y

    @property
    def constant(self) -> float:
        """The y-free part: the joint measure is R plus this. 0 for other kinds, and for a normalised penalty."""
        if self.request.normalised:
            return 0.0
        return float(sum(part.share * route.coupling.constant for part in self.parts for route in part.routes))

    @property
    def route(self) -> str:
        """How it is computed, in words."""
        names = [plain(column.name) for column in self.request.protected]
        first = self.parts[0].routes
        words = [route.words for route in first]
        if self.request.kind == "marginal" and len(words) > 1:
            words = [f"{name}: {each}" for name, each in zip(names, words, strict=True)]
        within = f"{len(self.parts)} strata, the first " if self.request.strata is not None else ""
        return within + "; ".join(words)

    @property
    def error(self) -> float:
        """The largest relative error of an approximate route on the rows it was checked on; 0 where exact."""
        return max((found.error for part in self.parts for route in part.routes if (found := route.landmarks)),
                   default=0.0)

    def error_at(self, prediction: Floats) -> tuple[float, float]:
        """Return the largest relative errors of value and gradient at predictions (n,); 0 where exact."""
        y = self.checked(prediction)
        found = [route.landmarks.check(part.of(y)) for part in self.parts for route in part.routes if route.landmarks]
        return max((value for value, _ in found), default=0.0), max((slope for _, slope in found), default=0.0)

    def terms(self, prediction: Floats) -> Terms:
        """Return what R is made of at predictions (n,), not normalised: the diagnosis of gerrymandering.

        Each attribute's own distance covariance (times c^(q - 1) and over its unit in the joint measure), and the
        interaction, see `Terms`.
        """
        alone = {name: factor * penalty.value(prediction) for name, factor, penalty in self._alone}
        if self.request.kind == "joint":
            by_subset = {name: factor * penalty.value(prediction) for name, factor, penalty in self._combined}
            return Terms(alone, sum(by_subset.values()), by_subset)
        if self.request.kind == "marginal":
            return Terms(alone, 0.0, {})
        whole = self if not self.request.normalised else built(replace(self.request, normalised=False))
        return Terms(alone, whole.value(prediction) - sum(alone.values()), {})

    @cached_property
    def _alone(self) -> list[tuple[str, float, Penalty]]:
        return [self._subset(some) for some in combinations(self.request.protected, 1)]

    @cached_property
    def _combined(self) -> list[tuple[str, float, Penalty]]:
        protected = self.request.protected
        return [self._subset(some) for size in range(2, len(protected) + 1) for some in combinations(protected, size)]

    def _subset(self, some: tuple[ProtectedColumn, ...]) -> tuple[str, float, Penalty]:
        """Return the name, the factor and the penalty of a subset: in the joint measure its product without c."""
        request = replace(self.request, protected=some, normalised=False, c=0.0)
        factor = self.request.c ** (len(self.request.protected) - len(some)) if request.kind == "joint" else 1.0
        return " x ".join(column.name for column in some), factor, built(request)


def build(
    attributes: Sequence[ProtectedColumn],
    kind: PenaltyKind = "cc",
    c: float = 1.0,
    estimator: Estimator = "U",
    weights: Floats | None = None,
    strata: Ints | None = None,
    normalised: bool = False,
    scale_invariant: bool = False,
    rng: np.random.Generator | None = None,
) -> Penalty:
    """Return a penalty on the dependence of predictions on protected attributes.

    Parameters
    ----------
    attributes
        One or more, of n rows each.
    kind
        ``cc``: dCov² with all attributes as one point (CCdCov), 0 in the population where, and only where, predictions
        do not depend on any combination. ``joint``: JdCov² less what does not depend on the predictions, 0 where they
        are independent of each attribute and of every interaction. ``marginal``: the sum of each attribute's dCov²,
        which does not see what only combinations show.
    c
        Joint measure: weight of what each attribute shows alone against interactions, 0 or more; 1 is usual.
    estimator
        ``U``: bias-corrected, around 0 (also below) under independence. ``V``: 0 or more, too large by O(1/n).
    weights
        (n,) of the rows, V only.
    strata
        (n,) codes, e.g. of the outcome: the measure within each stratum, averaged by share (conditional on the outcome:
        equalised odds). Rows of negative code are left out.
    normalised
        Divide by the distance variances of predictions and attributes, as in dCor²: in [-1, 1] for one measure, free of
        the predictions' scale; 0 at 0/0.
    scale_invariant
        Joint measure: each attribute's distances over their distance standard deviation.
    rng
        Draws landmarks and the rows of their check where no exact route is quick; a fixed seed where not given.

    Raises
    ------
    InvalidData
        No attribute, unequal lengths, too few rows, weights with U, or options that do not belong together.

    Notes
    -----
    Sources: Lee, Antonio, Avanzi, Marchi and Zhou 2025, arXiv 2509.08163 (CCdCov); Chakraborty and Zhang 2019, JASA
    114, 1638-1650 (JdCov); Székely and Rizzo 2014, Ann. Statist. 42, 2382-2412 (U).

    Examples
    --------
    >>> sex = ProtectedColumn("sex", "binary", np.array([0, 0, 0, 1, 1, 1]), None, ("f", "m"))
    >>> penalty = build([sex], estimator="V")
    >>> value, gradient = penalty.value_and_gradient(np.array([1.0, 2, 3, 2, 3, 4]))
    >>> round(value, 4), gradient.round(4).tolist(), penalty.route
    (0.0833, [-0.0278, -0.0556, -0.0556, 0.0556, 0.0556, 0.0278], 'exact: 2 cells')
    """
    seed = 0 if rng is None else int(rng.integers(2**63))
    request = Request(tuple(attributes), kind, c, estimator, weights, strata, normalised, scale_invariant, seed)
    _check(request)
    return built(request)


def built(request: Request) -> Penalty:
    """Return the penalty of a request that was checked."""
    n = request.protected[0].n
    weights = request.weights
    if request.strata is None:
        return Penalty(request, (_part(request, None, 1.0),))
    known = np.unique(request.strata[request.strata >= 0])
    mass = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    among = [np.flatnonzero(request.strata == stratum) for stratum in known]
    whole = sum(float(mass[rows].sum()) for rows in among)
    return Penalty(request, tuple(_part(request, rows, float(mass[rows].sum()) / whole) for rows in among))


def _part(request: Request, rows: Ints | None, share: float) -> Part:
    protected, weights = request.protected, request.weights
    if rows is not None:
        protected = tuple(column.at(rows) for column in protected)
        weights = None if weights is None else weights[rows]
    sampling, rng = Sampling.of(protected[0].n, request.estimator, weights), np.random.default_rng(request.seed)
    if request.kind == "joint":
        units = [planner.unit(column, sampling) if request.scale_invariant else 1.0 for column in protected]
        routes = [planner.joint(protected, sampling, request.c, units, rng)]
    elif request.kind == "cc":
        routes = [planner.together(protected, sampling, rng)]
    else:
        routes = [planner.together([column], sampling, rng) for column in protected]
    return Part(rows, share, sampling, tuple(routes), request.normalised)


def _check(request: Request) -> None:
    protected, where = request.protected, "the penalty"
    if request.kind not in get_args(PenaltyKind):
        raise invalid("the kind must be cc, joint or marginal", where, repr(request.kind), "choose one of them")
    if not protected:
        raise invalid("a protected attribute is needed", where, "none", "name one or more")
    names = [column.name for column in protected]
    if len(set(names)) < len(names):
        raise invalid("protected attributes must have names of their own", where, ", ".join(map(plain, names)),
                      "name each once")
    lengths = {column.n for column in protected} | ({len(request.strata)} if request.strata is not None else set())
    if len(lengths) > 1:
        raise invalid("attributes and strata must have the same rows", where, " and ".join(map(str, lengths)),
                      "take the same rows of each")
    if not (np.isfinite(request.c) and request.c >= 0):
        raise invalid("c must be 0 or more", where, f"{request.c}", "1 is usual")
    if request.scale_invariant and request.kind != "joint":
        raise invalid("units of attributes belong to the joint measure", where, f"kind {request.kind}",
                      "choose the joint measure, or scale the attributes yourself")
    if request.strata is not None and not (request.strata >= 0).any():
        raise invalid("a stratum needs rows", where, "none with a known stratum", "leave the strata out")
