"""Three points of a path that an analyst may want to look at first. None of them is the right one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.dependence.result import Markers, PathPoint


def marked(points: Sequence[PathPoint], target: float | None) -> Markers:
    """Return which points meet the target, lie inside the chance band, and form the knee, on the validation rows."""
    order = sorted(range(len(points)), key=lambda k: points[k].strength or 0.0)
    seen = [points[k].validation for k in order]
    met = [target is not None and each.jsd <= target for each in seen]
    inside = [each.jsd <= each.jsd_null_high for each in seen]
    return Markers(
        order[met.index(True)] if True in met else None, order[inside.index(True)] if True in inside else None,
        _knee(order, [each.jsd for each in seen], [each.loss.value for each in seen]),
    )


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
