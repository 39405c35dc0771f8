"""Every measure of one group, from its blocks and its sums."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.calibration import bands, binned, classes, corp, curve, ecce, regions, slope
from engine.calibration.balance import Moments, balance, in_the_large, nobody
from engine.calibration.blocks import Blocks, by_confidence
from engine.calibration.flag import cancellation, too_few
from engine.calibration.request import Request
from engine.calibration.results import Curve, GroupCalibration
from engine.calibration.smooth import smooth_error
from engine.types import Floats, Ints

NO_BIN = f"not estimable: no bin holds {binned.FEWEST} rows"


@dataclass(frozen=True)
class Subject:
    """Who is measured, where Balance changes its sign, and among how many groups."""

    name: str
    levels: tuple[str, ...]
    cut: float
    groups: int = 1


def measured(blocks: Blocks, sums: Moments, who: Subject, edges: Floats, request: Request) -> GroupCalibration:
    """Return everything about one group.

    Parameters
    ----------
    blocks
        The group's rows; from counts, its cells at their mean scores.
    sums
        Exact in either case: Balance, calibration-in-the-large, two-bin error and Brier come from them.
    edges
        Of the regions, (r + 1,).
    """
    value, null = balance(sums, request.level, who.name)
    large, large_null = in_the_large(sums, request.level, who.name)
    walk = ecce.walk(blocks)
    mad, spread = ecce.cumulative_errors(blocks, walk, who.name)
    spiegelhalter = ecce.spiegelhalter(blocks, who.name)
    wide, equal = binned.equal_width(blocks, request.bins), binned.equal_mass(blocks, request.bins)
    parts, squared = regions.decomposed(blocks, edges, who.cut), binned.corrected_square(blocks, equal)
    flag = too_few(blocks.n, request.min_group) if blocks.n < request.min_group else cancellation(
        null, spread, spiegelhalter, squared, parts, who.groups)
    split = corp.corp(blocks, _brier(sums))
    banded = _banded(blocks, wide, equal, split.mcb, request, who.name)
    first, second, clipped = slope.log_odds(blocks)
    tilt, offset = slope.slope_intercept(blocks, (first, second), request.level, who.name)
    negative, positive = classes.class_balances(blocks, split.fitted, request.level, who.name)
    plain = {**_means(sums), "corrected_l2": squared, "dsc": split.dsc, "unc": split.unc,
             "log_loss": slope.log_loss(blocks, (first, second))}
    return GroupCalibration(
        name=who.name, levels=who.levels, n=int(sums.n), mass=sums.mass, positives=sums.positives, cut=who.cut,
        balance=value, balance_null=null, calibration_in_the_large=large, calibration_in_the_large_null=large_null,
        regions=parts, curve=_drawn(blocks, walk, who.cut, request), ecce_mad=mad, ecce_r=spread,
        spiegelhalter=spiegelhalter, cancellation=flag, clipped=clipped, slope=tilt, intercept=offset,
        positive_class=positive, negative_class=negative,
        reliability=binned.reliability(blocks, wide, request.level),
        reliability_mass=binned.reliability(blocks, equal, request.level),
        recalibrated=corp.step(blocks, split.fitted), reasons=_reasons(plain, blocks, who.name), **plain, **banded,
    )


def _brier(sums: Moments) -> float:
    return sums.residual_squares / sums.mass if sums.n else math.nan


def _means(sums: Moments) -> dict[str, Any]:
    """Return what is a sum over the weight; NaN without rows."""
    mass = sums.mass if sums.n else math.nan
    return {
        "base_rate": sums.positives / mass, "mean_score": sums.scores / mass, "brier": _brier(sums),
        "residual_high": sums.high / mass, "residual_low": sums.low / mass,
        "ece2": (abs(sums.high) + abs(sums.low)) / mass,
    }


def _drawn(blocks: Blocks, walk: Floats, cut: float, request: Request) -> Curve:
    if request.order == "score":
        return curve.drawn(blocks, walk, cut)
    turned = by_confidence(blocks, cut)
    return curve.drawn(turned, ecce.walk(turned), 0.0)   # every row is called: nothing lies below the cut


def _banded(blocks: Blocks, wide: Ints, equal: Ints, mcb: float, request: Request, name: str) -> dict[str, Any]:
    values = {
        "ece": binned.calibration_error(blocks, wide), "ece_mass": binned.calibration_error(blocks, equal),
        "mce": binned.largest_error(blocks, wide), "mcb": mcb, "smooth_ece": smooth_error(blocks),
    }
    drawn: dict[str, Floats] = {}
    none = bands.WEIGHTED if blocks.weighted else bands.NOT_DRAWN if not request.draws else None
    if len(blocks) and none is None:
        # Every group gets the same stream, so that its band does not depend on which other groups there are.
        rng = np.random.default_rng(request.seed)
        drawn = bands.null_draws(bands.cells(blocks, (wide, equal)), request.draws, rng, binned.FEWEST)
        drawn["mcb"] = bands.null_miscalibration(blocks, request.draws, rng)
    empty = nobody(name) if not len(blocks) else None
    reasons = {"mce": empty or NO_BIN, "mcb": empty or _single(name)}
    return {key: bands.banded(value, drawn.get(key), request.level, reasons.get(key, empty), none)
            for key, value in values.items()}


def _single(name: str) -> str:
    return f"not estimable: {name} has one outcome only"


def _reasons(plain: dict[str, Any], blocks: Blocks, name: str) -> dict[str, str]:
    """Return why each plain number that is NaN is."""
    squared = "not estimable: rows have weights" if blocks.weighted else "not estimable: no bin holds two rows"
    special = {"corrected_l2": squared, "dsc": _single(name), "unc": _single(name)}
    return {key: special.get(key, nobody(name)) if len(blocks) else nobody(name)
            for key, value in plain.items() if math.isnan(value)}
