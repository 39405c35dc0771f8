"""Could chance alone make predictions look this dependent? Predictions are dealt out anew, attributes stay together."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from engine.dependence.parts import Part
from engine.dependence.penalties import Penalty
from engine.dependence.ranking import Ranking
from engine.errors import stopped
from engine.types import Cancelled, Floats, Progress

PERMUTATIONS = 999
SAME = 1e-9        # two sums of the same numbers in another order may differ by this share of the spread


@dataclass(frozen=True, eq=False)
class Permuted:
    """A penalty's value among its values under independence."""

    value: float
    p_value: float             # NaN where all predictions are equal
    noise_high: float          # 95 % of permutations lie at or below
    permutations: int
    reason: str | None = None  # why there is no p-value


def against_chance(
    penalty: Penalty, prediction: Floats, rng: np.random.Generator, permutations: int = PERMUTATIONS,
    progress: Progress | None = None, cancelled: Cancelled | None = None,
) -> Permuted:
    """Return how a penalty at predictions compares with its values when predictions do not depend on the attributes.

    Only predictions are permuted, within strata where the penalty has some: that attributes depend on each other is no
    finding. (Permuting every column, as published code does, tests that all are mutually independent.)

    Parameters
    ----------
    penalty
        Any kind.
    prediction
        (n,) finite numbers.
    rng
        Draws the permutations.
    permutations
        How many; 999 give p-values in steps of 0.001.

    Returns
    -------
    Permuted
        p is (1 + permutations at or above the value) / (1 + permutations): exact, 0.001 at the least with 999. NaN with
        a reason where all predictions are equal.

    Raises
    ------
    InvalidData
        Where it was cancelled, or the predictions cannot be used.
    """
    y = penalty.checked(prediction)
    dealt = [(part, some, Ranking.of(some)) for part in penalty.parts for some in [part.of(y)]]
    value = sum(part.share * part.measure(some, ranking)[0] for part, some, ranking in dealt)
    if all(np.ptp(some) == 0 for _, some, _ in dealt):
        return Permuted(value, nan, nan, 0, "not defined: all predictions are equal")
    drawn = np.empty(permutations)
    for k in range(permutations):
        if cancelled is not None and cancelled():
            raise stopped("the permutation test")
        if progress is not None and k % 20 == 0:
            progress(k / permutations, "permuting predictions")
        drawn[k] = sum(_redealt(part, some, ranking, rng) for part, some, ranking in dealt)
    if progress is not None:
        progress(1.0, "permuting predictions")
    close = SAME * float(np.abs(np.append(drawn, value)).max())
    high = float(np.quantile(drawn, 0.95)) if permutations else nan
    reason = "not estimable: no permutations" if isnan(high) else None
    return Permuted(value, (1 + int((drawn >= value - close).sum())) / (1 + permutations), high, permutations, reason)


def _redealt(part: Part, some: Floats, ranking: Ranking, rng: np.random.Generator) -> float:
    """Return a stratum's share of the penalty with its predictions dealt out anew."""
    anew = ranking.permuted(rng)
    y = np.empty(len(some))
    y[anew.order] = some[ranking.order]
    return part.share * part.measure(y, anew)[0]
