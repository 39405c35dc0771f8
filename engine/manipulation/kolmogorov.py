"""The paper's Kolmogorov-Smirnov test of the decision within each group, kept for continuity: far too cautious here."""

from __future__ import annotations

import numpy as np

from engine.manipulation.cells import Counts, rates
from engine.types import Ints


def kolmogorov(submitted: Ints, reference: Counts) -> tuple[float | None, float | None, str | None]:
    """Return the largest gap between a group's two rates and the smallest p-value over groups, or a reason.

    For a yes/no decision the two empirical curves differ by the gap of the rates alone; the test's null, made for
    continuous values, then rejects honest samples far less often than it says. Known proportions count as exact.
    """
    from scipy.stats import kstwo

    ours, theirs = rates(submitted), rates(reference)
    known = np.isfinite(ours) & np.isfinite(theirs)
    if not known.any():
        return None, None, "no group has rows in both"
    gap = np.abs(ours - theirs)[known]
    mine = submitted.sum(axis=1)[known].astype(np.float64)
    whole = reference.sum(axis=1)[known].astype(np.float64)
    size = mine if whole.sum() < 1.5 else mine * whole / (mine + whole)
    p = [float(kstwo.sf(g, max(round(n), 1))) for g, n in zip(gap, size, strict=True)]
    return float(gap.max()), float(np.clip(min(p), 0.0, 1.0)), None
