"""What a frontier maximises: higher is better, over everybody who has an outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.counting.counts import NEGATIVE, POSITIVE, Numbers
from engine.metrics import Costs
from engine.types import Floats


@dataclass(frozen=True)
class Payoff:
    """A utility that is linear in counts: ``constant + tp * TP - fp * FP``."""

    tp: float
    fp: float
    constant: float

    def worth(self, selected: Numbers) -> Floats:
        """Return what selecting (..., 3) rows adds, without the constant."""
        gained: Floats = self.tp * selected[..., POSITIVE] - self.fp * selected[..., NEGATIVE]
        return gained


@dataclass(frozen=True)
class Utility:
    """One utility: the rate of `RATES` that it is (times `sign`), and its payoff where it is linear in counts.

    `linear` takes the positives, the negatives and the costs. F1 is a ratio of linear functions instead; its payoff at
    a guess g is ``(2 TP - g (TP + FP + P)) / P``, whose best value is 0 where g is the highest F1 there is.
    """

    key: str
    name: str
    rate: str
    sign: float
    linear: Callable[[float, float, Costs], Payoff] | None = None

    def payoff(self, totals: Numbers, costs: Costs) -> Payoff | None:
        """Return the payoff where everybody is `totals` by outcome, (3,); None where it is not linear."""
        if self.linear is None:
            return None
        return self.linear(float(totals[POSITIVE]), float(totals[NEGATIVE]), costs)


def _accuracy(positives: float, negatives: float, costs: Costs) -> Payoff:
    return Payoff(1 / (positives + negatives), 1 / (positives + negatives), negatives / (positives + negatives))


def _balanced_accuracy(positives: float, negatives: float, costs: Costs) -> Payoff:
    return Payoff(0.5 / positives, 0.5 / negatives, 0.5)


def _cost(positives: float, negatives: float, costs: Costs) -> Payoff:
    rows = positives + negatives
    return Payoff(costs.false_negative / rows, costs.false_positive / rows, -costs.false_negative * positives / rows)


def f1_payoff(guess: float, positives: float) -> Payoff:
    """Return the payoff whose best value is 0 where `guess` is the best F1; positive where it is too low."""
    return Payoff((2 - guess) / positives, guess / positives, -guess)


UTILITIES: dict[str, Utility] = {
    row.key: row
    for row in (
        Utility("accuracy", "accuracy", "accuracy", 1.0, _accuracy),
        Utility("balanced_accuracy", "balanced accuracy", "balanced_accuracy", 1.0, _balanced_accuracy),
        Utility("cost", "minus the expected cost", "expected_cost", -1.0, _cost),
        Utility("f1", "F1", "f1", 1.0),
    )
}


def value_of(utility: Utility, selected: Numbers, totals: Numbers, costs: Costs) -> Floats:
    """Return a utility from what is selected of everybody (..., 3) and what there is (3,).

    >>> value_of(UTILITIES["f1"], np.array([1, 3, 0]), np.array([5, 5, 0]), Costs())
    array(0.66666667)
    """
    payoff = utility.payoff(totals, costs)
    if payoff is None:
        tp, fp = selected[..., POSITIVE], selected[..., NEGATIVE]
        return np.asarray(2 * tp / (tp + fp + totals[POSITIVE]), dtype=np.float64)
    return np.asarray(payoff.worth(selected) + payoff.constant, dtype=np.float64)
