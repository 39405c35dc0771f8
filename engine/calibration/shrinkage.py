"""Rates of many small groups, each pulled towards the others: for the eye alone, never for a disparity.

Beta-binomial empirical Bayes: groups' true rates are taken as draws from one Beta distribution, fitted to the other
groups' counts, and each group's rate becomes its posterior mean. As a group's own count has no part in what it is
pulled towards, the squared error of the result has an estimate without bias and without belief in the Beta.

Sources: Morris 1983 (empirical Bayes); the risk estimate is the binomial identity behind Stein's, derived for this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.assessment import GroupingResult
from engine.errors import invalid
from engine.metrics import PROPORTIONS, RATES, denominator
from engine.text import plain
from engine.types import Estimate, Floats

LEAST = 5            # groups; with fewer there is nothing to learn a distribution from
NOT_FOR_GAPS = (
    "Shrunk rates are for reading a noisy table. They lie closer together than the groups do: no disparity, interval "
    "or statement about the largest gap is made from them."
)
_BOUNDS = ((-12.0, 12.0), (-3.0, 14.0))     # log odds of the mean; log of the imagined rows


@dataclass(frozen=True, eq=False)
class Shrunk:
    """Raw and shrunk rates side by side, K groups; on purpose none of the types that disparities are made from."""

    key: str
    groups: tuple[str, ...]
    rows: Floats                 # (K,) in the denominator; Kish's effective size where rows have weights
    raw: Floats                  # (K,) NaN without rows
    shrunk: Floats               # (K,) NaN where not shrunk: see `reason`
    pull: Floats                 # (K,) share of the way to `towards`, 0 to 1
    towards: Floats              # (K,) mean of the distribution fitted to the other groups
    risk_raw: Estimate           # expected squared error, mean over groups of two rows or more; may be negative
    risk_pooled: Estimate        # of giving everybody the pooled rate
    risk_shrunk: Estimate
    reason: str | None           # why nothing was shrunk

    @property
    def moved(self) -> Floats:
        """How far each group is moved from its own data, (K,)."""
        return np.abs(self.shrunk - self.raw)

    @property
    def sentence(self) -> str:
        """Who is moved furthest away from their own data, in plain text."""
        if self.reason is not None or not np.isfinite(self.moved).any():
            return f"Nothing is shrunk: {self.reason or 'no group has rows'}."
        worst = int(np.nanargmax(self.moved))
        way = "up" if self.shrunk[worst] > self.raw[worst] else "down"
        return (f"{plain(self.groups[worst])}, {self.rows[worst]:,.0f} rows, is moved furthest from its own data: "
                f"{way} from {100 * self.raw[worst]:.1f} % to {100 * self.shrunk[worst]:.1f} %. Shrinking is better on "
                "average and worse for some: a small group that truly differs is made to look like the others.")


def shrunken(result: GroupingResult, key: str) -> Shrunk:
    """Return a rate of every group, shrunk towards the other groups.

    Parameters
    ----------
    result
        One grouping of an assessment.
    key
        A rate of `RATES` that is a share of rows: selection rate, true or false positive rate, base rate and so on.

    Raises
    ------
    InvalidData
        Where the rate is no share of rows.
    """
    if key not in PROPORTIONS:
        raise invalid("a rate to shrink is a share of rows", "metric", f"'{plain(key)}'",
                      f"use one of {', '.join(PROPORTIONS)}")
    share, (_, n) = result.rates[key].value, denominator(result.counts, key)
    return shrunk_rates(np.where(np.isnan(share), 0, share) * n, n, result.names, key)


def shrunk_rates(events: Floats, rows: Floats, names: Sequence[str], key: str = "base_rate") -> Shrunk:
    """Return shrunk rates from counts.

    Parameters
    ----------
    events, rows
        (K,) counts; 0 rows make an undefined rate, which is shown as such and takes no part.
    names
        (K,) raw group names.
    """
    raw = np.divide(events, rows, out=np.full(len(rows), np.nan), where=rows > 0)
    used = np.flatnonzero(rows > 0)
    blank = np.full(len(rows), np.nan)
    if len(used) < LEAST:
        reason = f"{len(used)} groups have rows for {RATES[key].name}, fewer than {LEAST} to learn from"
        none = Estimate(np.nan, reason=reason)
        return Shrunk(key, tuple(names), rows, raw, blank, blank, blank, none, none, none, reason)
    mean, weight = blank.copy(), blank.copy()
    mean[used], weight[used] = _from_the_others(events[used], rows[used])
    pull = weight / (weight + rows)
    y, n = raw[used], rows[used]
    everybody = n / n.sum()
    return Shrunk(
        key, tuple(names), rows, raw, raw + pull * (mean - raw), pull, mean,
        unbiased_risk(y, n, np.zeros(len(used)), y),
        unbiased_risk(y, n, np.ones(len(used)), np.full(len(used), float(everybody @ y)), everybody),
        unbiased_risk(y, n, pull[used], mean[used]), None,
    )


def unbiased_risk(
    rate: Floats, rows: Floats, pull: Floats, target: Floats, own_share: Floats | float = 0.0
) -> Estimate:
    """Return the expected squared error of ``(1 - pull) rate + pull target``, averaged over groups, without bias.

    Parameters
    ----------
    rate, rows
        (K,) observed shares and their denominators. Groups with one row have no estimate and are left out of the mean.
    pull
        (K,) in 0 to 1; may depend on the other groups' counts, not on the group's own.
    target
        (K,) what is pulled towards.
    own_share
        (K,) derivative of the target by the group's own rate: its weight where the target is a weighted mean of all
        groups, 0 where it comes from the others alone.

    Returns
    -------
    Estimate
        Without an interval. It can fall below 0: it is unbiased, not bounded.

    Notes
    -----
    For binomial counts E (d - p)^2 = E [(d - y)^2 + 2 (1 - pull + pull own_share) v - v], v = y (1 - y) / (n - 1).
    """
    known = rows >= 2
    if not known.any():
        return Estimate(np.nan, reason="not estimable: no group has two rows")
    spread = rate * (1 - rate) / np.where(known, rows - 1, 1)
    shift = pull * (target - rate)
    each = shift**2 + 2 * (1 - pull + pull * own_share) * spread - spread
    return Estimate(float(each[known].mean()), n=float(known.sum()), reason=None)


def _from_the_others(events: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Return, per group, mean and imagined rows of the Beta distribution of greatest likelihood for the others."""
    pooled = (events.sum() + 1) / (rows.sum() + 2)
    start = _most_likely(events, rows, np.array([np.log(pooled / (1 - pooled)), np.log(rows.mean() + 1)]))
    found = []
    for k in range(len(rows)):
        others = np.arange(len(rows)) != k
        found.append(_most_likely(events[others], rows[others], start))
    points = np.array(found)
    return 1 / (1 + np.exp(-points[:, 0])), np.exp(points[:, 1])


def _most_likely(events: Floats, rows: Floats, start: Floats) -> Floats:
    """Return log odds of the mean and log of the imagined rows of the most likely beta-binomial, within bounds."""
    from scipy.optimize import minimize

    found = minimize(_beta_binomial, start, args=(events, rows), jac=True, method="L-BFGS-B", bounds=_BOUNDS)
    return np.asarray(found.x, dtype=np.float64)


def _beta_binomial(point: Floats, events: Floats, rows: Floats) -> tuple[float, Floats]:
    """Return minus the log likelihood and its gradient."""
    from scipy.special import betaln, digamma

    mean, size = 1 / (1 + np.exp(-point[0])), np.exp(point[1])
    a, b = mean * size, (1 - mean) * size
    value = -(betaln(a + events, b + rows - events) - betaln(a, b)).sum()
    total = digamma(a + b) - digamma(a + b + rows)
    by_a = (digamma(a + events) - digamma(a) + total).sum()
    by_b = (digamma(b + rows - events) - digamma(b) + total).sum()
    gradient = np.array([(by_a - by_b) * size * mean * (1 - mean), by_a * a + by_b * b])
    return float(value), -gradient
