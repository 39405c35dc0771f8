"""Whether Balance is small only because over- and under-confidence offset each other.

Rule: 2 min(p of ECCE-R, p of Spiegelhalter) < 5 % over the number of groups, and either |z0 of Balance| < 1.96 or the
root of the debiased squared error is at least twice |Balance|. Rates of raising it, 400 samples each of scores from
Beta(2, 2) and Beta(2, 5), one group: calibrated scores 1 to 5 %; over- or under-confident throughout 4 to 11 % at 500
rows, none at 5,000; scores too high everywhere, or mixed errors, 51 to 81 % at 500 rows, 91 % and more at 5,000.
"""

from __future__ import annotations

import math

from engine.calibration.results import Cancellation, Regions, Statistic
from engine.types import Floats

LEVEL = 0.05
CRITICAL = 1.96
TWICE = 2.0
RUNS = 3        # stretches named in the sentence


def too_few(n: int, min_group: int) -> Cancellation:
    """Return the flag of a group that is too small for its tests."""
    return Cancellation(False, math.nan, math.nan, f"{n:,} rows, fewer than {min_group}: too few for this flag.")


def cancellation(
    null: Statistic, ecce_r: Statistic, spiegelhalter: Statistic, corrected_l2: float, regions: Regions, groups: int
) -> Cancellation:
    """Return the flag of one of `groups` groups and its sentence; never raised where no p-value is estimable."""
    level = LEVEL / max(groups, 1)
    known = [p for p in (ecce_r.p_value, spiegelhalter.p_value) if not math.isnan(p)]
    if not known:
        return Cancellation(False, math.nan, level, ecce_r.reason or "not estimable")
    p = min(2 * min(known), 1.0)
    near_zero = abs(null.scaled) < CRITICAL
    dwarfed = not math.isnan(corrected_l2) and math.sqrt(max(corrected_l2, 0.0)) >= TWICE * abs(null.value)
    if p >= level or not (near_zero or dwarfed):
        return Cancellation(False, p, level, _quiet(p, level))
    head = "Balance is near zero" if near_zero else "Balance is small beside the miscalibration"
    parts = (f"{sign}{amount:.3f} from scores of {_runs(regions, regions.contribution * way)}"
             for sign, amount, way in (("+", regions.over, 1), ("−", regions.under, -1)) if amount > 0)
    return Cancellation(True, p, level, f"{head} because over- and under-confidence offset each other: "
                                        f"{' and '.join(parts)}.")


def _quiet(p: float, level: float) -> str:
    if p >= level:
        return "No sign that errors offset each other: the cumulative curve stays within what chance alone does."
    return "The scores are miscalibrated, and Balance shows it: most of the error has one sign."


def _short(score: float) -> str:
    return f"{score:.3f}".rstrip("0").removesuffix(".")


def _runs(regions: Regions, contribution: Floats) -> str:
    """Return the longest-reaching stretches of neighbouring regions with a positive contribution, in words."""
    runs: list[tuple[float, float, float]] = []   # low, high, contribution
    for low, high, part in zip(regions.low, regions.high, contribution, strict=True):
        if part > 0 and runs and runs[-1][1] == low:
            runs[-1] = (runs[-1][0], high, runs[-1][2] + part)
        elif part > 0:
            runs.append((low, high, part))
    kept = sorted(sorted(runs, key=lambda run: -run[2])[:RUNS])
    words = [f"{_short(low)} to {_short(high)}" for low, high, _ in kept]
    more = " and elsewhere" if len(runs) > RUNS else ""
    return ", ".join(words[:-1]) + (" and " if words[1:] else "") + words[-1] + more
