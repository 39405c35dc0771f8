"""Rows of one group with equal scores, added up: what every calibration measure is computed from, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.types import Codes, Floats, Ints, Labels, frozen


@dataclass(frozen=True, eq=False)
class Blocks:
    """One block per distinct score of a group, ascending. Without weights the four masses are counts.

    A measure that looks at the ends of blocks alone cannot depend on the order of tied rows, nor split a tie.
    """

    score: Floats               # (b,) distinct, ascending, in [0, 1]
    rows: Floats                # (b,) rows
    mass: Floats                # (b,) sums of weights
    positive: Floats            # (b,) sums of weights of the positive rows
    square: Floats              # (b,) sums of squared weights
    positive_square: Floats     # (b,) the same over the positive rows

    def __len__(self) -> int:
        return len(self.score)

    @property
    def weighted(self) -> bool:
        """Whether rows have weights."""
        return self.mass is not self.rows

    @cached_property
    def n(self) -> int:
        """Rows."""
        return int(self.rows.sum())

    @cached_property
    def total(self) -> float:
        """Sum of weights."""
        return float(self.mass.sum())

    @cached_property
    def positives(self) -> float:
        """Sum of weights of the positive rows."""
        return float(self.positive.sum())

    @cached_property
    def single_class(self) -> bool:
        """Whether one of the outcomes does not occur."""
        positive_rows = self.positive_square > 0
        return not positive_rows.any() or not (self.square > self.positive_square).any()

    @cached_property
    def residual(self) -> Floats:
        """Sum of weight x (outcome - score) in each block."""
        return frozen(self.positive - self.mass * self.score)

    @cached_property
    def variance(self) -> Floats:
        """Variance of `residual` if the scores are calibrated: sum of squared weight x p (1 - p)."""
        return frozen(self.square * (self.score * (1 - self.score)))

    @cached_property
    def running(self) -> Floats:
        """Sum of weights up to and with each block."""
        return frozen(np.cumsum(self.mass))

    def start_at(self, threshold: float) -> int:
        """Return the first block whose score is at or above a threshold."""
        return int(np.searchsorted(self.score, threshold, side="left"))

    def added(self, amounts: Floats, starts: Ints) -> Floats:
        """Return the sums of amounts per block (b,) over runs of blocks that begin at `starts`; an empty run has 0."""
        begun = starts[starts < len(self)]
        sums = np.zeros(len(starts))
        if len(begun):
            held = np.append(begun[1:], len(self)) > begun
            sums[: len(begun)] = np.where(held, np.add.reduceat(amounts, begun), 0.0)
        return sums


def by_group(
    score: Floats, label: Labels, codes: Codes, groups: int, weight: Floats | None = None
) -> tuple[Blocks, ...]:
    """Return the blocks of every group.

    Parameters
    ----------
    score
        (n,) in [0, 1], finite.
    label
        (n,) 0 or 1.
    codes
        (n,) group of each row, below `groups`.
    weight
        (n,) above 0, or None.

    Notes
    -----
    The bits of a number in [0, 1] sort as the number does, and leave room for the label: one integer sort per group
    orders rows exactly, with nothing to gather afterwards.

    Examples
    --------
    >>> score, label = np.array([0.5, 0.25, 0.5]), np.array([1, 0, 0], dtype=np.int8)
    >>> [blocks] = by_group(score, label, np.zeros(3, dtype=np.int32), 1)
    >>> blocks.score, blocks.mass, blocks.positive
    (array([0.25, 0.5 ]), array([1., 2.]), array([0., 1.]))
    """
    keys = ((score + 0.0).view(np.int64) << 1) | label   # + 0.0: minus zero would sort last
    if groups == 1:
        return (_merged(keys, weight),)
    small = codes.astype(np.uint8 if groups <= 2**8 else np.uint16 if groups <= 2**16 else np.int64)
    order = np.argsort(small, kind="stable")
    ends = np.cumsum(np.bincount(small, minlength=groups))
    keys = keys[order]
    weights = None if weight is None else weight[order]
    starts = np.concatenate([[0], ends[:-1]])
    return tuple(
        _merged(keys[a:b], None if weights is None else weights[a:b]) for a, b in zip(starts, ends, strict=True)
    )


def _merged(keys: Ints, weight: Floats | None) -> Blocks:
    """Return the blocks of one group from keys that hold score and label; sorts them in place."""
    if weight is None:
        keys.sort()
    else:
        order = np.argsort(keys, kind="stable")
        keys, weight = keys[order], weight[order]
    scores, positive = (keys >> 1).view(np.float64), (keys & 1).astype(np.float64)
    first = np.flatnonzero(np.append(True, scores[1:] != scores[:-1])) if len(keys) else np.zeros(0, dtype=np.int64)
    return blocks_of(scores, positive, first, weight)


def blocks_of(scores: Floats, positive: Floats, first: Ints, weight: Floats | None) -> Blocks:
    """Return blocks of sorted rows, given where each distinct score begins; `positive` is 0.0 or 1.0 per row."""
    def added(amount: Floats) -> Floats:
        all_distinct = len(first) == len(scores)
        return frozen(amount if all_distinct or not len(scores) else np.add.reduceat(amount, first))

    rows = frozen(np.diff(np.append(first, len(scores))).astype(np.float64))
    if weight is None:
        positives = added(positive)
        return Blocks(frozen(scores[first]), rows, rows, positives, rows, positives)
    squares = weight * weight
    return Blocks(frozen(scores[first]), rows, added(weight), added(weight * positive), added(squares),
                  added(squares * positive))


def by_confidence(blocks: Blocks, cut: float = 0.5) -> Blocks:
    """Return the same rows as (was the call right, confidence): below the cut score and outcome are turned round.

    The cumulative curve then ends at Balance instead of calibration-in-the-large. Scores too high everywhere, the
    usual way of treating a group unlike the others, hardly show in it: p and 1 - p are folded together.
    """
    turned = blocks.score < cut
    score = np.where(turned, 1 - blocks.score, blocks.score)
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(score) else np.zeros(0, dtype=np.int64)

    def added(amount: Floats) -> Floats:
        return frozen(np.add.reduceat(amount[order], first)) if len(first) else amount

    rows, mass, square = added(blocks.rows), added(blocks.mass), added(blocks.square)
    right = added(np.where(turned, blocks.mass - blocks.positive, blocks.positive))
    right_square = added(np.where(turned, blocks.square - blocks.positive_square, blocks.positive_square))
    if not blocks.weighted:
        return Blocks(frozen(ordered[first]), rows, rows, right, rows, right)
    return Blocks(frozen(ordered[first]), rows, mass, right, square, right_square)
