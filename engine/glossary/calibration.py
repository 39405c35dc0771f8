"""Every calibration measure in words: what it says, and where it is blind."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

_NEEDS = "needs scores between 0 and 1 and an outcome"
_ECCE = "Arrieta-Ibarra et al. 2022, Metrics of calibration for probabilistic predictions"

CALIBRATION = by_key(
    Entry(
        "calibrated", "rule", "calibrated scores",
        "Among people with score p, the outcome is positive for a share p. Asked of each group alone it is "
        "sufficiency: the same score means the same chance in every group.",
        "P(y = 1 | score = p) = p", "", "", _NEEDS, ("reliability", "sufficiency", "calibration within groups"),
        ("With unequal base rates it forces unequal error rates unless prediction is perfect.",),
        "Kleinberg, Mullainathan and Raghavan 2016; Chouldechova 2017",
    ),
    Entry(
        "balance_score", "rule", "Balance score",
        "Accuracy minus mean confidence: the mean of what each row gains or loses, outcome minus score, with the sign "
        "turned where the score lies under the cut. It says whether scores are too sure or not sure enough. It is an "
        "identification function, 0 in the mean where scores are calibrated, and not a proper score: a constant "
        "forecast of the base rate has 0 as well. It is blind to scores that are too high everywhere, which it counts "
        "up on one side and down on the other, and to errors of both signs on one side. So it stands beside "
        "calibration-in-the-large, the cumulative curve and Brier.",
        "mean of sgn(p − cut) (y − p), sgn(0) = +1, cut at one half",
        "above 0 under-confident, below 0 over-confident, 0 is ideal", "−1 to 1/2 at one half",
        _NEEDS, ("Balance", "signed top-label calibration error", "accuracy minus confidence"),
        ("At another cut than one half it is no longer accuracy minus confidence.",
         "model-diagnostics: compute_bias of (call was right, confidence) is minus Balance."),
        "Choi, Kim and Lee 2023, arXiv 2309.06248 (formula after summaries of it)",
    ),
    Entry(
        "calibration_in_the_large", "rule", "calibration-in-the-large",
        "Base rate minus mean score: by how much the scores of a group are too low, or too high, on average.",
        "mean of (y − p)", "above 0 scores too low, below 0 too high, 0 is ideal", "−1 to 1", _NEEDS,
        ("mean calibration", "bias"), ("Errors of both signs cancel in it.",), "Cox 1958; Steyerberg 2009",
    ),
    Entry(
        "two_bin_error", "rule", "two-bin calibration error",
        "Calibration error with two bins, under and over the cut: the larger of Balance and calibration-in-the-large, "
        "both without sign.",
        "|R above| + |R under| = max(|Balance|, |calibration-in-the-large|)", "0 is ideal", "0 to 1", _NEEDS,
        ("ECE2",), (), "",
    ),
    Entry(
        "over_under_split", "rule", "what raises and what lowers Balance",
        "The sum of what the regions of the score add to Balance, and of what they take away; Balance is their "
        "difference. The regions are tenths of all rows, the same for every group, each on one side of the cut.",
        "Balance = over − under", "", "0 and above", "no rows in the group", ("over/under split",),
        ("Finer regions give larger parts with the same difference.",), "",
    ),
    Entry(
        "cancellation_flag", "rule", "cancellation flag",
        "Raised where the scores are miscalibrated beyond chance and Balance hides it, because over- and "
        "under-confidence offset each other.",
        "2 min(p of ECCE-R, p of Spiegelhalter) < 5 % ÷ groups, and |z of Balance| < 1.96 or √corrected error ≥ 2 "
        "|Balance|", "", "",
        "not raised for groups under the minimum size", (),
        ("Raised for 1 to 5 % of calibrated samples; at 500 rows for 51 to 81 % of samples whose errors do cancel and "
         "for 4 to 11 % of those with one sign; from 5,000 rows on for 91 % and more, and for none. Measured on "
         "simulated scores, one group.",), "",
    ),
    Entry(
        "equality_of_balance", "rule", "test of equal Balance",
        "Whether the groups' Balance scores differ by more than chance. Equal does not mean near 0.",
        "Q = Σ (B − weighted mean)² / se², chi-square with groups − 1 degrees of freedom", "smaller is closer", "",
        "fewer than two groups of the minimum size", ("Cochran's Q", "heterogeneity test"), (), "Cochran 1954",
    ),
    Entry(
        "cumulative_curve", "rule", "cumulative curve",
        "Going up through the scores, the sum so far of outcome minus score, as a share of the rows. Where it climbs, "
        "scores are too low; where it falls, too high; flat is calibrated. It needs no bins, and tied scores are one "
        "step.",
        "C(t) = Σ over p ≤ t of (y − p) / n; ends at calibration-in-the-large; Balance = C(1) − 2 C(under the cut)",
        "flat is ideal", "−1 to 1", _NEEDS, ("cumulative difference plot",),
        ("By confidence instead of score, the curve ends at Balance, and scores too high everywhere hardly show.",),
        _ECCE,
    ),
    Entry(
        "ecce_r", "rule", "ECCE-R",
        "The range of the cumulative curve: the largest sum of outcome minus score over any range of scores, as a "
        "share of the rows. Its p-value is how often calibrated scores would stray this far.",
        "max C − min C; σ = √Σ p (1 − p) / n", "0 is ideal", "0 to 1", "no p-value where every score is 0 or 1",
        ("Kuiper calibration error",), ("MAPIE: Kuiper statistic is ECCE-R ÷ σ; it jitters tied scores.",), _ECCE,
    ),
    Entry(
        "ecce_mad", "rule", "ECCE-MAD",
        "The cumulative curve's largest distance from 0.",
        "max |C|", "0 is ideal", "0 to 1", "no p-value where every score is 0 or 1",
        ("Kolmogorov-Smirnov calibration error",), (), _ECCE,
    ),
    Entry(
        "expected_calibration_error", "rule", "expected calibration error",
        "The mean distance between the share of positives and the mean score, over bins of equal width. Chance alone "
        "keeps it above 0, so it stands beside what calibrated scores of this size would show.",
        "Σ over bins of n_b/n · |share of positives − mean score|", "0 is ideal", "0 to 1", _NEEDS, ("ECE",),
        ("Some libraries mean the confidence of the call, not the positive class, by the same name.",
         "netcal calls an unweighted mean over bins ACE."), "Naeini, Cooper and Hauskrecht 2015",
    ),
    Entry(
        "ece_mass", "rule", "expected calibration error, equal mass",
        "The same over bins with about equal numbers of rows; tied scores are never split.",
        "as the equal-width one", "0 is ideal", "0 to 1", _NEEDS, ("adaptive ECE",), (), "Nguyen and O'Connor 2015",
    ),
    Entry(
        "maximum_calibration_error", "rule", "largest bin error",
        "The largest distance between share of positives and mean score over bins of 30 rows or more.",
        "max over bins of |share of positives − mean score|", "0 is ideal", "0 to 1", "no bin holds 30 rows", ("MCE",),
        ("Elsewhere small bins count as well, which makes it a measure of the smallest bin.",), "",
    ),
    Entry(
        "corrected_l2", "rule", "corrected squared error",
        "The squared calibration error over bins, without what chance adds to it. In the mean it is right, so it may "
        "fall under 0; its root is the error in units of the score.",
        "Σ n_b/n · [(share − mean score)² − share (1 − share) / (n_b − 1)]", "0 is ideal", "about 0 to 1",
        "not with weights; no bin holds two rows", ("bias-corrected L2 error",), (),
        "Kumar, Liang and Ma 2019, Verified uncertainty calibration",
    ),
    Entry(
        "brier_score", "rule", "Brier score",
        "The mean squared distance between outcome and score: a proper score, which rewards honest probabilities.",
        "mean of (y − p)² = MCB − DSC + UNC", "lower is better", "0 to 1", _NEEDS, ("mean squared error",), (),
        "Brier 1950",
    ),
    Entry(
        "corp", "rule", "MCB, DSC and UNC",
        "The Brier score in three: what the best increasing map of the score would still save (miscalibration), what "
        "its ranking is worth (discrimination), and what nobody can save without a score (uncertainty).",
        "Brier = MCB − DSC + UNC; the map by pooling adjacent violators", "MCB lower, DSC higher is better",
        "0 and above",
        "one outcome is absent", ("CORP decomposition", "reliability, resolution, uncertainty"),
        ("Chance alone keeps MCB above 0; it stands beside what calibrated scores would show.",),
        "Dimitriadis, Gneiting and Jordan 2021",
    ),
    Entry(
        "log_loss", "rule", "log loss",
        "The mean surprise of the outcomes under the scores: a proper score that punishes certainty that was wrong. "
        "Scores within a millionth of 0 or 1 are moved there, and counted.",
        "−mean of y ln p + (1 − y) ln(1 − p)", "lower is better", "0 and above", _NEEDS,
        ("cross-entropy", "logarithmic score"), ("scikit-learn clips at 2.2e-16.",), "Good 1952",
    ),
    Entry(
        "smooth_ece", "rule", "smooth calibration error",
        "The calibration error with a Gaussian instead of bins, of the one width that equals the error itself: no bins "
        "to choose. Chance alone keeps it above 0.",
        "the σ at which ∫ |residuals smoothed with σ| = σ, folded back at 0 and 1", "0 is ideal", "0 to 1", _NEEDS,
        ("smECE",), ("relplot searches σ in steps of 1/1024.",), "Błasiok and Nakkiran 2023, arXiv 2309.12236",
    ),
    Entry(
        "spiegelhalter_z", "rule", "Spiegelhalter's z",
        "Whether the Brier score is what calibrated scores would have: a test that weighs confident scores most.",
        "Σ (y − p)(1 − 2p) / √Σ (1 − 2p)² p (1 − p)", "0 is ideal; two-sided", "",
        "every score is 0, one half or 1", (), ("MAPIE gives a one-sided p-value.",), "Spiegelhalter 1986",
    ),
    Entry(
        "calibration_slope", "rule", "slope and intercept",
        "The line that best turns the score's log odds into the outcome's. A slope under 1 says that scores are too "
        "extreme, over 1 that they are too timid; the intercept shifts them all.",
        "logit P(y = 1) = a + b · logit p", "b = 1 and a = 0 are ideal", "",
        "one outcome absent, equal scores, or scores that separate the outcomes",
        ("Cox calibration", "logistic recalibration"), (), "Cox 1958",
    ),
    Entry(
        "multicalibration_error", "rule", "multicalibration error",
        "The group, over every attribute and intersection, whose cumulative curve strays furthest in units of chance. "
        "Its p-value is multiplied by the number of groups looked at.",
        "max over groups of ECCE-R ÷ σ", "0 is ideal", "0 and above", "no group of the minimum size",
        ("MCE of MCGrad",), (), "Guy et al. 2025, MCGrad",
    ),
    Entry(
        "class_balance", "rule", "balance for a class",
        "The mean score of those whose outcome was positive (or negative), per group. Unequal base rates force a gap "
        "between groups even for perfectly calibrated scores; that gap is printed beside the observed one.",
        "calibrated scores q: E[q | y = 1] = E[q²] / E[q], E[q | y = 0] = (E[q] − E[q²]) / (1 − E[q])",
        "equal over groups is the ideal of balance", "0 to 1", "nobody of the class in the group",
        ("balance for the positive class", "generalised true positive rate"),
        ("The calibrated version is the best increasing map of each group's own scores, read on the rows it was fitted "
         "on.",), "Kleinberg, Mullainathan and Raghavan 2016",
    ),
    Entry(
        "calibrated_noise", "rule", "what calibrated scores would show",
        "Measures without a sign stay above 0 even when scores are calibrated. Outcomes are drawn from the scores "
        "themselves, 200 times, and the mean and the upper end of what the measure then shows stand beside it.",
        "95 % point over outcomes drawn from the scores", "a measure under it says nothing", "", "rows with weights",
        ("noise band", "noise floor", "null band"), (), "",
    ),
    Entry(
        "reliability_bars", "rule", "bars of the reliability plot",
        "The exact bounds of each bin's share of positives: never of zero width, also where all outcomes are alike.",
        "Clopper-Pearson; with weights at Kish's effective size", "", "0 to 1", "a bin without rows is left blank",
        ("exact binomial interval",), (), "Clopper and Pearson 1934; Korn and Graubard 1998",
    ),
    Entry(
        "decile_as_probability", "rule", "decile read as a tenth",
        "A score of whole numbers 1 to 10 read as the middle of its tenth of 0 to 1. It is a convention: deciles rank "
        "people, and nothing says that the chance is that high.",
        "p = score / 10 − 0.05", "", "0.05 to 0.95", "other scores", (), (), "",
    ),
)
