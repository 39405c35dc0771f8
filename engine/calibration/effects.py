"""What recalibration does to decisions: rates and gaps before and after it, at the thresholds in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.assessment import Assessment, Request, assess, default_policy
from engine.calibration.recalibrate import Recalibrated
from engine.errors import invalid
from engine.policy import Policy
from engine.text import plain
from engine.types import Floats

GAPS = ("demographic_parity_difference", "equal_opportunity_difference", "predictive_equality_difference")
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
OTHER_SCALE = "the score before is no probability, so its threshold cannot be kept: after it, one half for all"


@dataclass(frozen=True, eq=False)
class Effects:
    """The same question before and after, and how much the gaps after depend on the seed."""

    before: Assessment
    after: Assessment
    spread: Mapping[str, Floats]       # key of GAPS to (R,) values after, one per seed; NaN where undefined
    said: str | None                   # why the thresholds after are not those before; None where they are


def effects(found: Recalibrated, request: Request | None = None) -> Effects:
    """Return rates and disparities of one grouping before and after recalibration, at the same thresholds.

    Parameters
    ----------
    found
        From `recalibrated`.
    request
        Policy, level, smallest group; no policy: the default threshold. The first of its groupings is looked at; by
        default the groups of the recalibration, or the first attribute.

    Returns
    -------
    Effects
        `GAPS` of its disparities and `RATES` of its rates are what the arrows of the page show. Where the score before
        lies outside 0 to 1 the policy after is one half for all, and `said` says so.

    Raises
    ------
    InvalidData
        Where the data have no protected attribute.
    """
    data, request = found.dataset, request or Request()
    attributes = (request.groupings or (found.request.attributes or tuple(a.name for a in data.attributes[:1]),))[0]
    policy = request.policy or default_policy(data)
    if not attributes:
        raise invalid("gaps need groups", f"data '{plain(data.name)}'", "no protected attribute", "name one")
    score = data.score_values()
    known = score[np.isfinite(score)]
    kept = bool(known.min() >= 0 and known.max() <= 1)
    asked = replace(request, policy=policy, groupings=(attributes,))

    def later(repeat: int) -> Assessment:
        version = found.version(repeat)
        moved = replace(policy, score=version.score) if kept else Policy.common(0.5, version.score)
        return assess(version, replace(asked, policy=moved))

    after = [later(repeat) for repeat in range(len(found.repeated))]
    gaps = [next(iter(each.groupings.values())).disparities for each in after]
    spread = {key: np.array([gap[key].value for gap in gaps]) for key in GAPS}
    return Effects(assess(data, asked), after[0], spread, None if kept else OTHER_SCALE)
