"""In which range of thresholds does the score work alike for every group? One curve per group, and their spread.

The utility of a threshold is made of the true positive and the true negative rate alone, so that base rates take no
part. OPIS (operating point invariance score) is the mean squared distance of the groups' curves from their mean over a
range of thresholds; its square root has the unit of the utility. As noise alone sets groups apart, the spread stands
beside what groups would show that were drawn at random within each outcome.

Source: OPIS of 2307.04047 (2023), written from its definition in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.counting.groups import Groups
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.errors import invalid
from engine.text import plain
from engine.thresholds.sweep import sweep_thresholds
from engine.types import Estimate, Floats, Ints

EXACT = 1024     # distinct scores in the range up to which every step of the curves is counted
STEPS = 512      # else: intervals of equal width, each counted at its middle

Utility = Callable[[Floats, Floats], Floats]


def harmonic(tpr: Floats, tnr: Floats) -> Floats:
    """Return the harmonic mean of the two rates; 0 where both are 0.

    >>> harmonic(np.array([0.5, 0.0]), np.array([1.0, 0.0])).round(3)
    array([0.667, 0.   ])
    """
    total = tpr + tnr
    mean: Floats = np.divide(2 * tpr * tnr, total, out=np.where(np.isnan(total), np.nan, 0.0), where=total > 0)
    return mean


def balanced(tpr: Floats, tnr: Floats) -> Floats:
    """Return the mean of the two rates: balanced accuracy."""
    mean: Floats = (tpr + tnr) / 2
    return mean


UTILITIES: dict[str, tuple[str, Utility]] = {
    "harmonic": ("harmonic mean of TPR and TNR", harmonic),
    "balanced_accuracy": ("balanced accuracy", balanced),
}


@dataclass(frozen=True)
class Operating:
    """What range of thresholds to look at, by which utility; groups under the minimum are shown and not compared."""

    low: float
    high: float
    utility: str = "harmonic"
    min_group: int = 30
    level: float = 0.95
    permutations: int = 200
    seed: int = 0


@dataclass(frozen=True, eq=False)
class OperatingCurve:
    """Utility against the threshold, and how far apart the groups are; G groups, Q thresholds."""

    request: Operating
    groups: Groups
    thresholds: Floats           # (Q,) where the curves are drawn, over the whole score
    value: Floats                # (Q, G) NaN where a group lacks positives or negatives
    mean: Floats                 # (Q,) of the groups compared
    spread: Estimate             # root mean squared distance from the mean over the range; n rows with an outcome
    noise_high: float            # where chance takes that spread; NaN with a reason
    p_value: float
    noise_reason: str | None
    share: Floats                # (G,) of the squared spread; NaN for groups not compared
    compared: tuple[int, ...]
    left_out: tuple[tuple[str, str], ...]
    exact: bool                  # whether every step of the curves in the range was counted


def operating_curve(
    index: ScoreIndex | CountTable, attributes: Sequence[str], request: Operating, points: int = 257
) -> OperatingCurve:
    """Return the operating curves of groups and their spread over a range of thresholds.

    Parameters
    ----------
    index
        Exact index or count table over at least the attributes. Rows without an outcome take no part.
    attributes
        What the groups are made of.
    request
        See `Operating`.
    points
        Thresholds that the curves are drawn at; every score where there are fewer.

    Raises
    ------
    InvalidData
        An unknown utility, or a range that is empty.

    Notes
    -----
    Noise: outcomes' rows are dealt to the groups at random, each group keeping how many it has of each outcome; drawn
    as counts (multivariate hypergeometric), exactly the law of a permutation of rows. With weights there is no band.
    """
    if request.utility not in UTILITIES:
        raise invalid("the utility must be known", "utility", f"'{plain(request.utility)}'",
                      f"use one of {', '.join(UTILITIES)}")
    if not request.low < request.high:
        raise invalid("a range of thresholds must have a width", "range", f"{request.low:g} to {request.high:g}",
                      "choose another")
    groups, place = index.groups.project(attributes)
    drawn = sweep_thresholds(index, points)
    curves = _values(_counts(index, drawn, place, len(groups)), request.utility)
    at, width, exact = _grid(index, request)
    counts = _counts(index, at, place, len(groups))
    compared, left_out = _compared(counts[0], groups, request.min_group)
    inside, rows = _values(counts, request.utility)[:, compared], counts[0][compared].sum()
    if len(compared) < 2:
        spread = Estimate(np.nan, n=float(rows), reason="not estimable: fewer than two groups to compare")
        share = np.full(len(groups), np.nan)
        noise, reason = np.zeros(0), spread.reason
    else:
        spread = Estimate(float(np.sqrt(_opis(inside, width))), n=float(rows))
        share = _shares(inside, width, compared, len(groups))
        noise, reason = _noise(index, counts[:, compared], width, request)
    value = spread.value
    return OperatingCurve(
        request, groups, drawn, curves, curves[:, compared].mean(axis=1) if compared else np.full(len(drawn), np.nan),
        spread, float(np.quantile(noise, request.level)) if len(noise) else np.nan,
        (1 + int((noise >= value - 1e-12).sum())) / (1 + len(noise)) if len(noise) else np.nan, reason, share,
        tuple(compared), left_out, exact,
    )


def _grid(index: ScoreIndex | CountTable, request: Operating) -> tuple[Floats, Floats, bool]:
    """Return thresholds of the range in ascending order, the share of the range each stands for, and if all steps do.

    Counts change only just above a score, so between two neighbouring scores the upper one stands for the interval.
    """
    scores = index.edges if isinstance(index, CountTable) else index.scores
    few = np.unique(scores[(scores >= request.low) & (scores < request.high)])
    exact = len(few) <= EXACT
    if exact:
        ends = np.unique(np.concatenate([[request.low], few, [request.high]]))
        return ends[1:], np.diff(ends) / (request.high - request.low), True
    ends = np.linspace(request.low, request.high, STEPS + 1)
    return (ends[1:] + ends[:-1]) / 2, np.full(STEPS, 1 / STEPS), False


def _counts(index: ScoreIndex | CountTable, thresholds: Floats, place: Ints, count: int) -> Floats:
    """Return (1 + Q, G, 2): negatives and positives of each group in all, then selected at each threshold."""
    grid = np.repeat(thresholds[:, None], len(index.groups), axis=1)
    found = index.at(grid).fold(place, count)
    selected = np.stack([found.fp, found.tp], axis=-1).astype(np.float64)
    rejected = np.stack([found.tn, found.fn], axis=-1).astype(np.float64)
    return np.concatenate([selected[:1] + rejected[:1], selected])


def _values(counts: Floats, utility: str) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(counts[:1] > 0, counts[1:] / counts[:1], np.nan)
    return UTILITIES[utility][1](rate[..., 1], 1 - rate[..., 0])


def _compared(totals: Floats, groups: Groups, least: int) -> tuple[list[int], tuple[tuple[str, str], ...]]:
    compared, left_out = [], []
    for g, name in enumerate(groups.names):
        negatives, positives = totals[g]
        if negatives + positives < least:
            left_out.append((name, f"fewer than {least} rows with an outcome"))
        elif not negatives or not positives:
            left_out.append((name, f"not estimable: {name} has no {'positives' if not positives else 'negatives'}"))
        else:
            compared.append(g)
    return compared, tuple(left_out)


def _opis(value: Floats, width: Floats) -> Floats:
    """Return the mean squared distance of groups (last axis) from their mean, over the range (the axis before)."""
    spread: Floats = width @ ((value - value.mean(axis=-1, keepdims=True)) ** 2).mean(axis=-1)
    return spread


def _shares(value: Floats, width: Floats, compared: Sequence[int], count: int) -> Floats:
    squares = width @ (value - value.mean(axis=-1, keepdims=True)) ** 2
    share = np.full(count, np.nan)
    share[list(compared)] = squares / squares.sum() if squares.sum() > 0 else np.full(len(compared), np.nan)
    return share


def _noise(
    index: ScoreIndex | CountTable, counts: Floats, width: Floats, request: Operating
) -> tuple[Floats, str | None]:
    """Return the spread in draws of groups made at random within each outcome, (P,); none with weights, and why."""
    if (index.sums if isinstance(index, ScoreIndex) else index.weights) is not None:
        return np.zeros(0), "no noise band: rows have weights"
    rng = np.random.default_rng(request.seed)
    whole = counts.astype(np.int64)
    # (Q + 1, 2) rows of both outcomes between neighbouring thresholds, everybody: the first lie below the lowest one
    cells = -np.diff(np.concatenate([whole, np.zeros_like(whole[:1])]), axis=0).sum(axis=1)
    found = np.empty(request.permutations)
    for p in range(request.permutations):
        drawn = np.stack([_dealt(cells[:, s], whole[0, :, s], rng) for s in (0, 1)], axis=-1)
        selected = drawn[::-1].cumsum(axis=0)[::-1].astype(np.float64)
        found[p] = np.sqrt(_opis(_values(selected, request.utility), width))
    return found, None


def _dealt(cells: Ints, sizes: Ints, rng: np.random.Generator) -> Ints:
    """Return (Q + 1, G): the rows of the cells dealt at random to groups of given sizes."""
    left, found = cells.copy(), []
    for size in sizes[:-1]:
        drawn = rng.multivariate_hypergeometric(left, int(size), method="marginals")
        found.append(drawn)
        left = left - drawn
    return np.stack([*found, left], axis=-1)
