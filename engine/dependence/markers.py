"""Three points of a path that an analyst may want to look at first. None of them is the right one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.dependence.result import Markers, PathPoint


def marked(points: Sequence[PathPoint], target: float | None) -> Markers:
    """Return which points meet the target, lie inside the chance band, and form the knee, on the validation rows.

    A collapsed model, which gives everybody one number, is never marked: its divergence and its band are 0 by
    definition, so nothing was compared. It may end the chord that the knee is measured from.
    """
    order = sorted(range(len(points)), key=lambda k: points[k].strength or 0.0)
    alive = [k for k in order if not points[k].collapsed]
    seen = [points[k].validation for k in order]
    met = [k for k in alive if target is not None and points[k].validation.jsd <= target]
    inside = [k for k in alive if points[k].validation.jsd <= points[k].validation.jsd_null_high]
    knee = _knee(order, [each.jsd for each in seen], [each.loss.value for each in seen])
    return Markers(next(iter(met), None), next(iter(inside), None), knee if knee in alive else None)


def _knee(order: Sequence[int], divergence: Sequence[float], loss: Sequence[float]) -> int | None:
    """Return the point farthest below the chord from the least to the most penalised, both axes scaled to 1.

    None with fewer than three points, where the path does not fall, or where no point lies below its chord.

    References
    ----------
    Satopaa, Albrecht, Irwin and Raghavan 2011, Finding a kneedle in a haystack.
    """
    x, y = np.array(divergence), np.array(loss)
    if len(order) < 3 or not (x[0] > x[-1] and y[-1] > y[0]):
        return None
    below = (x - x[-1]) / (x[0] - x[-1]) + (y - y[0]) / (y[-1] - y[0])   # 1 on the chord
    best = int(np.argmin(below))
    return order[best] if below[best] < 1 - 1e-9 else None
