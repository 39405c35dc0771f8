"""Where recalibration moves a score on the trade-off: the worst group's error, the gaps between groups."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.assessment import Assessment
from engine.assessment import Request as Assessed
from engine.calibration import GroupingCalibration, Request, calibrate
from engine.calibration.effects import GAPS, Effects, effects
from engine.calibration.recalibrate import Recalibrated, Recalibration
from engine.errors import InvalidData
from engine.policy import Policy
from engine.types import Cancelled, Dataset, Progress


@dataclass(frozen=True)
class Place:
    """One score on the trade-off; each error is that of the worst group of the minimum size."""

    ece2: float                     # largest two-bin error
    drift: float                    # largest ECCE-R in units of chance
    ece2_group: str | None
    drift_group: str | None
    gaps: Mapping[str, float]       # by key of GAPS


@dataclass(frozen=True, eq=False)
class Move:
    """From the score as it is to a recalibrated one. R seeds; the first is the one that can be put in use."""

    request: Recalibration
    name: str                                   # of the version
    before: Place | None                        # None where the score before is no probability
    after: tuple[Place, ...]                    # (R,)
    effects: Effects
    calibration: GroupingCalibration            # after, of the first seed
    fallbacks: tuple[tuple[str, str], ...]
    loss: tuple[float, float]                   # log loss out of fold before (NaN: no probability) and after
    chosen: tuple[str, ...]
    version: Dataset


def move(
    found: Recalibrated, request: Assessed, cut: float | Policy, progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Move:
    """Return what one recalibration does to the worst group's calibration and to the gaps of one grouping.

    Parameters
    ----------
    found
        From `engine.calibration.recalibrate.recalibrated`.
    request
        The policy in force, one grouping, level, smallest group.
    cut
        Where Balance and the two-bin error change sign.
    """
    moved = effects(found, request)
    grouping = (request.groupings or ((),))[0]
    asked = Request((grouping,), cut, level=request.level, min_group=request.min_group, draws=0)
    seeds = [_grouping(found.version(r), asked, progress, cancelled) for r in range(len(found.repeated))]
    after = [_place(each, {key: float(moved.spread[key][r]) for key in GAPS}) for r, each in enumerate(seeds)]
    losses = [float(found.losses[key].values[0]) if key in found.losses else math.nan
              for key in ("raw", found.request.method)]
    return Move(found.request, found.name, _before(found, asked, moved.before), tuple(after), moved, seeds[0],
                found.fallbacks, (losses[0], losses[1]), found.chosen, found.version())


def _before(found: Recalibrated, asked: Request, assessed: Assessment) -> Place | None:
    try:
        raw = next(iter(calibrate(found.dataset, asked).groupings.values()))
    except InvalidData:   # scores outside 0 to 1 have no calibration error
        return None
    disparities = next(iter(assessed.groupings.values())).disparities
    return _place(raw, {key: disparities[key].value for key in GAPS})


def _grouping(
    version: Dataset, asked: Request, progress: Progress | None, cancelled: Cancelled | None
) -> GroupingCalibration:
    cut = asked.cut if not isinstance(asked.cut, Policy) else replace(asked.cut, score=version.score)
    found = calibrate(version, replace(asked, cut=cut), progress, cancelled)
    return next(iter(found.groupings.values()))


def _place(found: GroupingCalibration, gaps: Mapping[str, float]) -> Place:
    large = [group for group, small in zip(found.measured, found.small, strict=True) if not small]
    worst = {
        "ece2": max((group for group in large if group.ece2 == group.ece2), key=lambda g: g.ece2, default=None),
        "drift": max((g for g in large if g.ecce_r.scaled == g.ecce_r.scaled), key=lambda g: g.ecce_r.scaled,
                     default=None),
    }
    first, second = worst["ece2"], worst["drift"]
    return Place(
        math.nan if first is None else first.ece2, math.nan if second is None else second.ecce_r.scaled,
        None if first is None else first.name, None if second is None else second.name, gaps,
    )
