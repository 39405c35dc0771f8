"""The two registries of the product: rates of a group, and disparities between groups.

A rate of kind ``proportion`` is a share of rows: cells on top over cells below, so all of them are one matrix product.
The others are functions of the four cells. Undefined is NaN, never 0. Names follow `engine.glossary`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.counting.counts import CELLS, GroupCounts, Numbers
from engine.types import Favourable, Floats

LABELLED = ("tp", "fp", "fn", "tn")
SELECTED = ("tp", "fp", "selected_unknown")


@dataclass(frozen=True)
class Costs:
    """What an error costs: a selected row without the event, and a rejected row with it. Any unit."""

    false_positive: float = 1.0
    false_negative: float = 1.0


@dataclass(frozen=True)
class Rate:
    """One rate: its cells where it is a proportion, its formula where it is not, and why it may be undefined."""

    key: str
    name: str
    undefined: str                                   # "has no positives": follows a group's name
    top: tuple[str, ...] = ()                        # cells counted
    bottom: tuple[str, ...] = LABELLED               # cells of the denominator
    formula: Callable[[GroupCounts, Costs], Floats] | None = None
    needs_outcome: bool = True


@dataclass(frozen=True)
class DisparityRule:
    """One disparity: the gap, or the ratio of lowest to highest, of rates over groups; `ideal` is no disparity."""

    key: str
    name: str
    rates: tuple[str, ...]                           # the largest gap where there are several
    form: Literal["difference", "ratio"] = "difference"

    @property
    def ideal(self) -> float:
        """Return the value without disparity: 0 for a difference, 1 for a ratio."""
        return 0.0 if self.form == "difference" else 1.0


def _over(top: Numbers, bottom: Numbers) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Floats = np.where(bottom > 0, top / bottom, np.nan)
    return ratio


def _balanced_accuracy(c: GroupCounts, costs: Costs) -> Floats:
    return (_over(c.tp, c.tp + c.fn) + _over(c.tn, c.tn + c.fp)) / 2


def _f1(c: GroupCounts, costs: Costs) -> Floats:
    return _over(2 * c.tp, 2 * c.tp + c.fp + c.fn)


def _matthews(c: GroupCounts, costs: Costs) -> Floats:
    sides = [np.asarray(side, dtype=np.float64) for side in (c.tp + c.fp, c.tp + c.fn, c.tn + c.fp, c.tn + c.fn)]
    under = np.sqrt(sides[0] * sides[1]) * np.sqrt(sides[2] * sides[3])
    return _over(np.asarray(c.tp, dtype=np.float64) * c.tn - np.asarray(c.fp, dtype=np.float64) * c.fn, under)


def _expected_cost(c: GroupCounts, costs: Costs) -> Floats:
    return _over(costs.false_positive * c.fp + costs.false_negative * c.fn, c.tp + c.fp + c.fn + c.tn)


def _false_negatives_per_false_positive(c: GroupCounts, costs: Costs) -> Floats:
    return _over(c.fn, c.fp)


def _rows(*rates: Rate) -> dict[str, Rate]:
    return {rate.key: rate for rate in rates}


NO_POSITIVES, NO_NEGATIVES = "has no positives", "has no negatives"
NO_SELECTED, NO_REJECTED = "has no selected rows with a known outcome", "has no rejected rows with a known outcome"
NO_OUTCOMES, NO_ROWS = "has no rows with a known outcome", "has no rows"

RATES: dict[str, Rate] = _rows(
    Rate("selection_rate", "selection rate", NO_ROWS, SELECTED, CELLS, needs_outcome=False),
    Rate("true_positive_rate", "true positive rate", NO_POSITIVES, ("tp",), ("tp", "fn")),
    Rate("false_positive_rate", "false positive rate", NO_NEGATIVES, ("fp",), ("fp", "tn")),
    Rate("false_negative_rate", "false negative rate", NO_POSITIVES, ("fn",), ("tp", "fn")),
    Rate("true_negative_rate", "true negative rate", NO_NEGATIVES, ("tn",), ("fp", "tn")),
    Rate("precision", "precision", NO_SELECTED, ("tp",), ("tp", "fp")),
    Rate("negative_predictive_value", "negative predictive value", NO_REJECTED, ("tn",), ("tn", "fn")),
    Rate("false_discovery_rate", "false discovery rate", NO_SELECTED, ("fp",), ("tp", "fp")),
    Rate("false_omission_rate", "false omission rate", NO_REJECTED, ("fn",), ("tn", "fn")),
    Rate("accuracy", "accuracy", NO_OUTCOMES, ("tp", "tn")),
    Rate("balanced_accuracy", "balanced accuracy", "lacks positives or negatives", formula=_balanced_accuracy),
    Rate("f1", "F1", "has neither positives nor selected rows", bottom=("tp", "fp", "fn"), formula=_f1),
    Rate("matthews_correlation", "Matthews correlation", "has one outcome or one decision only", formula=_matthews),
    Rate("base_rate", "base rate", NO_OUTCOMES, ("tp", "fn")),
    Rate("expected_cost", "expected cost", NO_OUTCOMES, formula=_expected_cost),
    Rate("favourable_rate", "favourable decision rate", NO_ROWS, SELECTED, CELLS, needs_outcome=False),
)

# Rates that a disparity compares but that are not listed per group: an odds of errors, and a threshold-free one.
ERROR_ODDS = Rate("error_odds", "false negatives per false positive", "has no false positives",
                  bottom=("fp", "fn"), formula=_false_negatives_per_false_positive)
AUC = Rate("auc", "area under the ROC curve", "lacks positives or negatives")

DISPARITIES: dict[str, DisparityRule] = {
    rule.key: rule
    for rule in (
        DisparityRule("demographic_parity_difference", "demographic parity difference", ("selection_rate",)),
        DisparityRule("demographic_parity_ratio", "demographic parity ratio", ("selection_rate",), "ratio"),
        DisparityRule("disparate_impact_ratio", "disparate impact ratio", ("favourable_rate",), "ratio"),
        DisparityRule("equal_opportunity_difference", "equal opportunity difference", ("true_positive_rate",)),
        DisparityRule("predictive_equality_difference", "predictive equality difference", ("false_positive_rate",)),
        DisparityRule("equalized_odds_difference", "equalized odds difference",
                      ("true_positive_rate", "false_positive_rate")),
        DisparityRule("predictive_parity_difference", "predictive parity difference", ("precision",)),
        DisparityRule("accuracy_difference", "accuracy difference", ("accuracy",)),
        DisparityRule("treatment_equality_difference", "treatment equality difference", (ERROR_ODDS.key,)),
        DisparityRule("auc_difference", "AUC difference", (AUC.key,)),
    )
}

PROPORTIONS = tuple(key for key, rate in RATES.items() if rate.top)
_TOP = np.array([[cell in RATES[key].top for key in PROPORTIONS] for cell in CELLS], dtype=np.float64)
_BOTTOM = np.array([[cell in RATES[key].bottom for key in PROPORTIONS] for cell in CELLS], dtype=np.float64)
_REJECTED = 1 - _TOP[:, PROPORTIONS.index("favourable_rate")]


def rate_values(
    counts: GroupCounts, favourable: Favourable = "selected", costs: Costs = Costs()
) -> dict[str, Floats]:
    """Return every registered rate.

    Parameters
    ----------
    counts
        Cells per group, leading axes allowed (a sweep, a bootstrap).
    favourable
        Which decision is favourable to the person; `favourable_rate` is its share.
    costs
        For `expected_cost`.

    Returns
    -------
    dict
        Key of `RATES` to an array (..., G); NaN where the denominator is 0.

    Examples
    --------
    >>> one = GroupCounts.of(*(np.array([k]) for k in (3, 1, 1, 5)))
    >>> rate_values(one)["precision"]
    array([0.75])
    """
    shares, _ = proportions(counts, favourable)
    values = {key: shares[..., i] for i, key in enumerate(PROPORTIONS)}
    values |= {key: rate.formula(counts, costs) for key, rate in RATES.items() if rate.formula}
    return {key: values[key] for key in RATES}


def proportions(counts: GroupCounts, favourable: Favourable) -> tuple[Floats, Floats]:
    """Return (..., G, P) shares in the order of `PROPORTIONS`, and their denominators."""
    top = _TOP
    if favourable == "not-selected":
        top = _TOP.copy()
        top[:, PROPORTIONS.index("favourable_rate")] = _REJECTED
    below: Floats = counts.values @ _BOTTOM
    return _over(counts.values @ top, below), below


def denominator(counts: GroupCounts, key: str) -> tuple[Floats, Floats]:
    """Return the rows in a rate's denominator and Kish's effective size of it, each (..., G)."""
    bottom = ERROR_ODDS.bottom if key == ERROR_ODDS.key else RATES[key].bottom
    chosen = np.array([cell in bottom for cell in CELLS], dtype=np.float64)
    rows: Floats = counts.rows @ chosen
    if counts.squares is None:
        return rows, counts.values @ chosen
    return rows, np.nan_to_num(_over((counts.values @ chosen) ** 2, counts.squares @ chosen))
