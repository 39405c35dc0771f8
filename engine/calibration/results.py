"""What is found about the calibration of a score: frozen, NaN never without a reason beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.calibration.request import Request
from engine.counting.groups import Groups
from engine.types import Estimate, Floats, Ints


@dataclass(frozen=True)
class Statistic:
    """A test statistic of "these scores are calibrated": its value, its scale under that, the p-value."""

    value: float
    sigma: float = 1.0
    p_value: float = float("nan")
    reason: str | None = None

    @property
    def scaled(self) -> float:
        """The value in units of its scale."""
        return self.value / self.sigma if self.sigma > 0 else float("nan")


@dataclass(frozen=True)
class Banded:
    """A measure that chance alone pushes above 0, beside what a calibrated score of this size would show."""

    value: float
    noise_mean: float = float("nan")     # of calibrated draws
    noise_high: float = float("nan")     # their upper end, at the request's level
    reason: str | None = None            # why the value is NaN
    noise_reason: str | None = None      # why there is no band


@dataclass(frozen=True, eq=False)
class Reliability:
    """Bins of the score that hold rows, each with its share of positives and Clopper-Pearson bounds."""

    low: Floats              # (b,) lowest score in the bin
    high: Floats             # (b,) highest score in the bin
    rows: Ints               # (b,)
    mass: Floats             # (b,) sums of weights; the rows without
    mean_score: Floats       # (b,)
    observed: Floats         # (b,) share of positives
    observed_low: Floats
    observed_high: Floats


@dataclass(frozen=True, eq=False)
class Regions:
    """What each part of the score's range adds to Balance; the contributions add up to it exactly."""

    low: Floats              # (r,) score >= low
    high: Floats             # (r,) score < high; the last one includes it
    contribution: Floats     # (r,) sum of f over the region / weight of the group
    rows: Ints               # (r,)
    z: Floats                # (r,) contribution in standard errors of a calibrated score; NaN without rows
    over: float              # U: sum of the positive contributions (under-confidence)
    under: float             # O: minus the sum of the negative ones (over-confidence); Balance = over - under


@dataclass(frozen=True)
class Stretch:
    """A range of scores over which outcomes and scores drift apart."""

    low: float               # lowest and highest score in it
    high: float
    rows: int
    excess: float            # positives beyond the sum of scores, in rows (or weight); negative: scores too high
    sigma: float             # of the excess, for a calibrated score


@dataclass(frozen=True, eq=False)
class Curve:
    """The cumulative curve C: sum of (outcome - score) up to each score, over the weight of the group."""

    score: Floats            # (k,) k <= 400; the first point stands before the first row
    share: Floats            # (k,) share of the weight up to here
    value: Floats            # (k,) C
    sigma: float             # of C(1) for a calibrated score; the band of C's range is 2.4977 of it at 5 %
    at_cut: float            # C just below the cut; Balance = end - 2 at_cut
    end: float               # C(1), calibration-in-the-large
    share_at_cut: float
    worst: Stretch | None    # the stretch whose sum is ECCE-R; None without rows


@dataclass(frozen=True)
class Cancellation:
    """Whether Balance is near 0 only because over- and under-confidence offset each other."""

    raised: bool
    p_value: float           # 2 min(ECCE-R, Spiegelhalter), at most 1
    level: float             # it is compared with: 5 % over the number of groups
    sentence: str            # what is seen, or why nothing can be


@dataclass(frozen=True)
class ClassBalance:
    """Mean score of the rows of one outcome, and what a perfectly calibrated version of the score would have."""

    observed: Estimate
    implied: float
    reason: str | None = None   # why `implied` is NaN


@dataclass(frozen=True, eq=False)
class GroupCalibration:
    """Everything about one group. Signs: Balance > 0 under-confident; calibration-in-the-large > 0 scores too low."""

    name: str
    levels: tuple[str, ...]
    n: int                               # rows with a score and an outcome
    mass: float                          # sum of their weights; n without weights
    positives: float                     # weighted
    base_rate: float
    mean_score: float
    cut: float
    balance: Estimate
    balance_null: Statistic              # value: Balance, sigma: its standard error if calibrated
    calibration_in_the_large: Estimate
    calibration_in_the_large_null: Statistic
    residual_high: float                 # R_hi: sum of (y - p) over p >= cut, over the weight
    residual_low: float                  # R_lo
    ece2: float                          # |R_hi| + |R_lo|
    regions: Regions
    curve: Curve
    ecce_mad: Statistic
    ecce_r: Statistic
    spiegelhalter: Statistic             # value: z
    cancellation: Cancellation
    ece: Banded                          # equal width
    ece_mass: Banded                     # equal mass
    mce: Banded                          # largest bin error, equal width, bins of 30 rows or more
    corrected_l2: float                   # squared; may be negative. Its positive root is an error in score units
    brier: float
    mcb: Banded
    dsc: float
    unc: float
    log_loss: float
    clipped: int                         # rows whose score was 0 or 1 and moved inside for the logarithm
    smooth_ece: Banded
    slope: Estimate                      # of the outcome's logit on the score's; 1 if calibrated
    intercept: Estimate                  # 0 if calibrated
    positive_class: ClassBalance
    negative_class: ClassBalance
    reliability: Reliability             # equal width
    reliability_mass: Reliability        # equal mass
    recalibrated: tuple[Floats, Floats]  # CORP: (score, fitted share), the corners of the step, <= 400 points
    reasons: Mapping[str, str]           # field -> why it is NaN, for the plain numbers


@dataclass(frozen=True)
class Equality:
    """Q test of equal Balance over the groups."""

    q: float
    df: int
    p_value: float
    left_out: tuple[tuple[str, str], ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class ClassGap:
    """Largest minus smallest mean score of one outcome over the groups, and the gap that calibration implies."""

    observed: float
    implied: float
    left_out: tuple[tuple[str, str], ...] = ()
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class GroupingCalibration:
    """One grouping; `measured` in the order of `names`."""

    groups: Groups
    measured: tuple[GroupCalibration, ...]
    equality: Equality
    positive_class_gap: ClassGap
    negative_class_gap: ClassGap
    min_group: int
    note: str | None = None              # why another cut than the one asked for was used

    @property
    def name(self) -> str:
        """The grouping's name, ``"race x sex"``."""
        return self.groups.name

    @property
    def names(self) -> tuple[str, ...]:
        """Raw group names."""
        return self.groups.names

    @property
    def small(self) -> tuple[bool, ...]:
        """Which groups have fewer rows than the minimum."""
        return tuple(group.n < self.min_group for group in self.measured)


@dataclass(frozen=True)
class Multicalibration:
    """The group whose scores drift furthest in units of chance, over all groups and intersections."""

    value: float             # max of R_g / sigma_g, times the sigma of everybody
    sigmas: float            # max of R_g / sigma_g
    p_value: float           # Bonferroni over the groups
    groups: int              # that were looked at
    grouping: str | None = None
    group: str | None = None
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Calibration:
    """The answer: everybody, every grouping, and the worst group anywhere."""

    request: Request
    rows_used: int
    unscored: int                        # rows without a score
    unlabelled: int                      # rows with a score and without an outcome
    weighted: bool
    overall: GroupCalibration
    groupings: Mapping[str, GroupingCalibration]
    multicalibration: Multicalibration
    exact: bool = True                   # from rows; False: from counts, see engine.calibration.cells.TOLERANCE
