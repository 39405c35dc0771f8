"""What an audit of this size can see: power, the ratio that stays unseen, the sample that would be needed.

The power of the G test is that of a non-central chi-square; checked against simulation within 0.02 wherever every cell
expects five rows or more. Sources: Cohen 1988, chapter 7; Lafargue et al. 2025, arXiv 2507.20708, for the question.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from engine import backend
from engine.errors import invalid
from engine.manipulation.cells import Counts, Goal, kl, rates, ratio, shares_of
from engine.manipulation.interval import log_ratio_variance
from engine.manipulation.nulls import Mode, correction, null_cells
from engine.manipulation.projection import optimal, reverse
from engine.types import Floats

DRAWS = 100_000
LEVELS = (0.8, 0.95)       # powers that a required sample size is given for
FEW = 5.0                  # expected rows of a cell under which the chi-square is not to be trusted
_HIGHEST = 20.0            # ratio up to which a frontier is sought


@dataclass(frozen=True)
class Protocol:
    """How a sample is audited: its size, the level of the test, what the reference is, how many draws were possible."""

    size: int
    alpha: float = 0.05
    mode: Mode = "A"
    goal: Goal = field(default_factory=Goal)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class PowerPoint:
    """The power of both tests against an optimal forgery that reaches one target; NaN where the data reach it."""

    target: float
    g_test: float
    direct: float
    kl: float        # KL(P || Q) in nats


@dataclass(frozen=True, eq=False)
class PowerResult:
    """What one protocol sees."""

    protocol: Protocol
    ratio: float                       # of the reference
    undetectable_g: float              # highest measure that a quota forgery reaches under the G test's limit
    undetectable_direct: float         # the same where the measure itself is tested
    points: tuple[PowerPoint, ...]
    required: dict[str, float]         # rows by test and power; NaN where nothing is to be detected
    thin: bool                         # whether a cell expects fewer than five rows


def power(reference: Counts, protocol: Protocol, targets: Sequence[float] = ()) -> PowerResult:
    """Return what an audit of this size can detect.

    Parameters
    ----------
    reference
        (G, 2) cells of the database (A), of the independent sample (B) or known shares (C).
    protocol
        Size, level, mode and the goal that a forger is after.
    targets
        Targets that the power is given for; the goal's and six more where none are named.

    Raises
    ------
    InvalidData
        No size, a size beyond the database in mode A, or a measure that is not estimable.

    Examples
    --------
    >>> adult = np.array([[1478, 160], [2267, 1095]])
    >>> found = power(adult, Protocol(500))
    >>> round(found.undetectable_g, 3), [math.ceil(found.required[key]) for key in ("g_test_80", "g_test_quota")]
    (0.547, [257, 184])
    """
    _check(reference, protocol)
    goal = protocol.goal
    asked = sorted({goal.target, *(targets or _usual(reference, goal))})
    limit = direct_limit(reference, protocol)
    return PowerResult(
        protocol, float(goal.value(reference)), undetectable(reference, protocol), limit,
        tuple(_point(reference, protocol, target, limit) for target in asked),
        required_size(reference, goal, protocol.alpha),
        bool((shares_of(reference) * protocol.size).min() < FEW),
    )


def g_power(reference: Counts, forged: Floats, protocol: Protocol) -> float:
    """Return the chance that the G test at level alpha rejects a sample drawn from `forged`."""
    from scipy.stats import chi2, ncx2

    size, factor = _effective(reference, protocol)
    limit = float(chi2.ppf(1 - protocol.alpha, reference.size - 1)) * factor
    seen = 2 * size * float(kl(reference, forged))
    return 1.0 if math.isinf(seen) else float(ncx2.sf(limit, reference.size - 1, max(seen, 1e-12)))


def direct_power(forged: Floats, protocol: Protocol, limit: float) -> float:
    """Return the chance that a sample drawn from `forged` has a ratio of at least the limit; NaN for differences."""
    if not protocol.goal.ratio:
        return math.nan
    shares, weight = rates(forged), forged.sum(axis=1)
    low, high = (0, 1) if len(shares) == 2 else (int(shares.argmin()), int(shares.argmax()))
    variance = log_ratio_variance(shares[[low, high]], weight[[low, high]]) / protocol.size
    reached = float(ratio(forged))
    if not (variance > 0 and reached > 0 and limit > 0):
        return math.nan
    return _normal((math.log(reached) - math.log(limit)) / math.sqrt(variance))


def direct_limit(reference: Counts, protocol: Protocol, draws: int = DRAWS) -> float:
    """Return the measure that only a share alpha of honest samples reaches: the frontier of the direct test."""
    rng = np.random.default_rng(np.random.SeedSequence(protocol.seed))
    whole = np.asarray(reference)
    if protocol.mode == "B":   # an honest sample scatters by itself, the reference too: both are drawn
        dealt = backend.chosen("multinomial", draws * whole.size)
        drawn = dealt.multinomial(protocol.size, shares_of(whole).ravel(), draws, rng).reshape(draws, *whole.shape)
    else:
        empty = np.zeros(whole.shape, dtype=np.int64)
        empty[0, 0] = protocol.size
        drawn = null_cells(whole, empty, protocol.mode, draws, rng)
    near = np.sort(np.where(np.isnan(v := protocol.goal.closeness(drawn)), np.inf, v))
    found = float(near[min(math.ceil((1 - protocol.alpha) * draws), draws - 1)])
    return found if protocol.goal.ratio else -found


def undetectable(reference: Counts, protocol: Protocol) -> float:
    """Return the measure nearest the goal that cells can be given without the G test's chi-square limit noticing.

    A forger who picks exact cells reaches it with certainty. inf where every ratio up to 20 goes unnoticed.
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2

    goal = protocol.goal
    size, factor = _effective(reference, protocol)
    limit = float(chi2.ppf(1 - protocol.alpha, reference.size - 1)) * factor
    honest = float(goal.value(reference))

    def over(target: float) -> float:
        return 2 * size * float(kl(reference, reverse(reference, Goal(goal.metric, target)))) - limit

    if not goal.ratio:
        return 0.0 if over(0.0) < 0 else float(brentq(over, 0.0, honest))
    two = len(reference) == 2
    most = min(_HIGHEST, 0.999 / float(rates(reference)[1])) if two else 1.0
    if most <= honest or over(most) < 0:
        return math.inf if two else 1.0
    return float(brentq(over, max(honest, 1e-6) * (1 + 1e-9), most))


def required_size(reference: Counts, goal: Goal, alpha: float = 0.05) -> dict[str, float]:
    """Return the rows that are needed to see the goal reached, drawn independently, by test and power.

    ``g_test_80``, ``g_test_95``: against an optimal forgery's noise; ``g_test_quota``: against exact cells;
    ``direct_80``, ``direct_95``: the measure tested itself, by the normal approximation of its logarithm. NaN where
    the goal is reached already or, for differences, where the direct test has no formula here.
    """
    from scipy.stats import chi2

    keys = [f"{test}_{100 * wanted:.0f}" for test in ("g_test", "direct") for wanted in LEVELS]
    if goal.reached(reference):
        return dict.fromkeys([*keys, "g_test_quota"], math.nan)
    forged = reverse(reference, goal)
    seen, freedom = 2 * float(kl(reference, forged)), reference.size - 1
    found = {f"g_test_{100 * wanted:.0f}": _centrality(freedom, alpha, wanted) / seen for wanted in LEVELS}
    found["g_test_quota"] = float(chi2.ppf(1 - alpha, freedom)) / seen
    return found | {f"direct_{100 * wanted:.0f}": _direct_size(reference, forged, goal, alpha, wanted)
                    for wanted in LEVELS}


def _direct_size(reference: Counts, forged: Floats, goal: Goal, alpha: float, wanted: float) -> float:
    if not goal.ratio or not float(ratio(reference)) > 0:
        return math.nan
    shares = rates(reference)
    low, high = (0, 1) if len(shares) == 2 else (int(shares.argmin()), int(shares.argmax()))
    spread = [math.sqrt(log_ratio_variance(rates(table)[[low, high]], shares_of(table).sum(axis=1)[[low, high]]))
              for table in (reference, forged)]
    way = math.log(goal.target / float(ratio(reference)))
    return ((_quantile(1 - alpha) * spread[0] + _quantile(wanted) * spread[1]) / way) ** 2


def _point(reference: Counts, protocol: Protocol, target: float, limit: float) -> PowerPoint:
    if Goal(protocol.goal.metric, target).reached(reference):
        return PowerPoint(target, math.nan, math.nan, 0.0)   # nothing to forge, so nothing to notice
    forged = optimal(reference, Goal(protocol.goal.metric, target))
    return PowerPoint(target, g_power(reference, forged, protocol), direct_power(forged, protocol, limit),
                      float(kl(reference, forged)))


def _effective(reference: Counts, protocol: Protocol) -> tuple[float, float]:
    """Return the size that the divergence counts with, and the finite-population factor of the limit."""
    total = float(reference.sum())
    size = protocol.size * total / (protocol.size + total) if protocol.mode == "B" else float(protocol.size)
    return size, correction(protocol.size, total, protocol.mode)


def _usual(reference: Counts, goal: Goal) -> list[float]:
    """Return targets between the honest measure and the goal."""
    honest = float(goal.value(reference))
    return [round(honest + (goal.target - honest) * share, 2) for share in (1 / 3, 2 / 3)]


def _check(reference: Counts, protocol: Protocol) -> None:
    if protocol.size < 1:
        raise invalid("a sample needs rows", "size", str(protocol.size), "choose 1 or more")
    if protocol.mode == "A" and protocol.size > reference.sum():
        raise invalid("a sample cannot be larger than the database it was drawn from", "size",
                      f"{protocol.size:,} against {int(reference.sum()):,}", "choose a smaller size")
    if math.isnan(float(protocol.goal.value(reference))):
        raise invalid("the measure must be estimable in the reference", "the cells",
                      "a group without rows, or without a favourable decision where it is divided by",
                      "choose other groups")


def _centrality(freedom: int, alpha: float, wanted: float) -> float:
    """Return the non-centrality at which the chi-square test has the power wanted."""
    from scipy.optimize import brentq
    from scipy.stats import chi2, ncx2

    limit = float(chi2.ppf(1 - alpha, freedom))
    return float(brentq(lambda centre: float(ncx2.sf(limit, freedom, centre)) - wanted, 1e-6, 1e4))


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _quantile(share: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))
