"""The worst group anywhere: over all groups and intersections, in units of chance.

Multicalibration error as Guy et al. 2025 (MCGrad) measure it: the largest ECCE-R over its standard error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.calibration.results import GroupCalibration, GroupingCalibration, Multicalibration


def worst_anywhere(
    overall: GroupCalibration, groupings: Sequence[GroupingCalibration], min_group: int
) -> Multicalibration:
    """Return the group whose cumulative curve strays furthest, with its p-value times the number of groups.

    Groups under `min_group` rows, and those whose scores are all 0 or 1, are not looked at. Where several have p-values
    too small to tell apart, the statistic decides.
    """
    found = [(group.ecce_r, grouping.name, group.name) for grouping in groupings for group in grouping.measured
             if group.n >= min_group and not math.isnan(group.ecce_r.p_value)]
    if not found or not overall.ecce_r.sigma > 0:
        return Multicalibration(math.nan, math.nan, math.nan, 0,
                                reason=f"not estimable: no group holds {min_group} rows and scores other than 0 and 1")
    worst, grouping, name = max(found, key=lambda item: item[0].scaled)
    return Multicalibration(worst.scaled * overall.ecce_r.sigma, worst.scaled, min(1.0, worst.p_value * len(found)),
                            len(found), grouping, name)
