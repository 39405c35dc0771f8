"""What a path of penalised models found: plain frozen values for the page, the command line and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.counting.groups import Groups
from engine.dependence.request import Plan
from engine.types import Estimate, Floats, Ints


@dataclass(frozen=True)
class Measures:
    """One model on one part of the rows.

    `dcov` (summed over attributes), `ccdcov` and `jdcov` (without the part that no prediction can change) are squared
    and in units of the prediction; bias-corrected (U) unless rows have weights, then V. They can be negative (U).
    """

    n: int
    loss: Estimate                   # without the penalty
    performance: Estimate            # the family's: auc, rmse or rps
    dcov: float
    ccdcov: float
    jdcov: float
    dcor: float                      # squared distance correlation with all attributes together: free of the scale
    jsd: float                       # bits
    jsd_null_high: float             # the level's quantile of what chance alone gives
    jsd_null_mean: float
    jsd_p_value: float
    uniform_fairness: float
    marginal_gap: Estimate           # the largest gap between groups of one attribute
    intersectional_gap: Estimate     # between cells; of the selection rate, the mean, or the rate per exposure
    mean_gap: Estimate               # between cells, of the mean prediction, whatever the task
    spread: float                    # standard deviation of the predictions: a penalty shrinks them
    calibration_slope: float         # of outcome on prediction; 1 where predictions mean what they say
    marginal_of: str | None = None   # the attribute whose groups `marginal_gap` compares


@dataclass(frozen=True)
class PathPoint:
    """A model of the path and what it does on rows that did not train it."""

    key: str                 # its row in `Path.predictions`
    name: str                # for a legend
    kappa: float | None      # None for a lottery over models, as is
    strength: float | None   # lambda
    seconds: float           # of fitting
    iterations: int
    evaluations: int
    converged: bool
    message: str
    training_loss: float
    training_penalty: float
    collapsed: bool          # all predictions are one number: nothing is left to rank by
    validation: Measures
    test: Measures


@dataclass(frozen=True)
class Markers:
    """Indices into `Path.points`, chosen on the validation rows; None where no point qualifies.

    `meets_target`: least strength whose divergence is at most the target. `inside_null`: least strength whose
    divergence lies within what chance alone gives. `knee`: the point farthest below the chord of loss against
    divergence.
    """

    meets_target: int | None
    inside_null: int | None
    knee: int | None


@dataclass(frozen=True)
class Calibration:
    """Where lambda comes from: lambda = kappa * gain / penalty."""

    gain: float            # loss of the best constant minus loss of the unpenalised model, on the training rows
    penalty: float         # of the unpenalised model there
    floor: float           # what shuffled predictions give; used where it is larger
    unit: float            # lambda at kappa 1
    note: str | None


@dataclass(frozen=True, eq=False)
class Path:
    """The answer of the intersections page. `held` are the rows that trained nothing, `predictions` theirs."""

    fingerprint: str
    plan: Plan
    cells: Groups
    cell_sizes: Ints                       # (G,) rows of the data
    compared: tuple[int, ...]              # cells that gaps compare on the test rows
    left_out: tuple[tuple[str, str], ...]  # cells that they do not, and why
    rows: tuple[int, int, int]             # train, validation, test
    columns: int                           # features after encoding
    points: tuple[PathPoint, ...]          # in the order of the strengths asked for
    baselines: tuple[PathPoint, ...]
    skipped: tuple[tuple[str, str], ...]   # baselines that could not be fitted, and why
    markers: Markers
    calibration: Calibration
    route: str                             # how the penalty is computed, in words
    error: float                           # its estimated relative error; 0 where exact
    constant: float                        # the part of JdCov that no prediction changes, on the training rows
    estimator: str                         # of the measures: U, or V where rows have weights
    gap_is: str                            # what the gaps compare, in words
    held: Ints                             # (H,) row numbers
    test: NDArray[np.bool_]                # (H,) which of them are test rows; validation and unlabelled ones are not
    labelled: NDArray[np.bool_]            # (H,) which have an outcome
    predictions: Mapping[str, Floats]      # by point key, (H,) on the scale that is shown

    def prediction(self, point: PathPoint) -> Floats:
        """Return the point's prediction of each held-out row, (H,)."""
        return self.predictions[point.key]
