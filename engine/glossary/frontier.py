"""The trade-off between a disparity and a utility, in words."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

FRONTIER = by_key(
    Entry(
        "pareto_frontier", "rule", "frontier",
        "The best utility that any policy of a kind reaches at each disparity. Below it something better exists; "
        "above it nothing does, on these rows and with this score.",
        "highest utility subject to disparity <= bound (>= for a ratio)", "", "",
        "no policy of one threshold may reach a tight bound: then there is no point, and that is said",
        ("Pareto front", "trade-off curve", "efficient frontier"),
        ("fairlearn's ThresholdOptimizer and error-parity solve one bound at a time.",
         "OxonFair searches a grid of thresholds, so its frontier can lie below this one."),
        "Pareto 1906; Hardt, Price and Srebro 2016; Agarwal et al. 2018",
    ),
    Entry(
        "common_threshold", "rule", "one common threshold",
        "One threshold for everybody, whatever their group. It treats equal scores alike and is always drawn.",
        "score >= t", "", "", "", ("group-unaware policy", "single threshold"), (), "Corbett-Davies et al. 2017",
    ),
    Entry(
        "deterministic_thresholds", "rule", "one threshold per group",
        "Each group has its own threshold and nothing is left to chance. With few distinct scores the steps are "
        "coarse: a threshold cannot split a tie.",
        "score >= t of the group", "", "", "exact parity is often out of reach",
        ("group-specific thresholds",), ("OxonFair finds such thresholds.",), "Corbett-Davies et al. 2017",
    ),
    Entry(
        "randomised_thresholds", "rule", "randomised thresholds",
        "A group's threshold is drawn between two, so that rates between two steps can be reached. It is the most "
        "that thresholds can give and the measure for the other kinds.",
        "threshold t1 with probability p, else t2", "", "",
        "a disparity that is not linear in what is selected, such as that of precision, is not solved so",
        ("derived predictor", "lottery"),
        ("fairlearn's ThresholdOptimizer and AIF360's equalised odds post-processing are randomised too.",),
        "Hardt, Price and Srebro 2016",
    ),
    Entry(
        "capacity", "rule", "capacity",
        "How many can be selected at most, as a share of everybody or as a number: the best policy is sought among "
        "those that keep to it.",
        "selection rate of everybody <= capacity", "", "0 to 1, or a number of rows",
        "where no policy keeps to it there is no frontier, and that is said", ("budget", "top-k constraint"), (),
        "Corbett-Davies et al. 2017",
    ),
    Entry(
        "group_floor", "rule", "floor or ceiling in every group",
        "A rate that no group compared may fall below, or rise above, beside the disparity that is traded.",
        "rate of each group >= floor (<= ceiling)", "", "0 to 1",
        "a group in which the rate is 0/0 is not compared",
        ("minimum rate constraint", "levelling-up constraint"),
        ("OxonFair calls such constraints minimum rates.",), "Mittelstadt, Wachter and Russell 2023",
    ),
    Entry(
        "shadow_price", "rule", "price of parity",
        "How much utility the next bit of parity costs: the slope of the frontier at this point.",
        "utility lost ÷ disparity gained, per unit; one point is 0.01", "higher means parity is dearer here",
        "0 and above", "a staircase has no slope", ("shadow price", "marginal cost", "dual value"), (), "",
    ),
    Entry(
        "utility", "rule", "utility",
        "What is maximised: accuracy, balanced accuracy, F1, or minus the expected cost of errors at the costs set "
        "here. It is counted over everybody with a known outcome, small groups included.",
        "accuracy; (TPR + TNR) / 2; 2 TP / (2 TP + FP + FN); −(cost FP × FP + cost FN × FN) / n",
        "higher is better", "", "", ("objective", "benefit"), (), "",
    ),
    Entry(
        "found_and_reported", "rule", "found on one half, reported on the other",
        "Thresholds are found on some rows, and their utility and disparity are measured on the others. On the rows "
        "where they were found, numbers flatter.",
        "every group and outcome is split alike, by a seed", "", "",
        "without other rows the numbers are marked as optimistic", ("train/test split", "hold-out"), (),
        "Stone 1974, Cross-validatory choice",
    ),
    Entry(
        "expected_test_gap", "rule", "expected gap on other rows",
        "How wide the disparity is likely to be on rows that were not used, when a bound is met on those that were: "
        "the frontier is found again on resampled rows and judged on the original ones.",
        "mean and 90 % quantile over refits", "", "",
        "not estimable where resampled rows often lose a group's rate",
        ("optimism", "winner's curse", "safety margin"), (),
        "Efron 1983, Estimating the error rate of a prediction rule",
    ),
    Entry(
        "dominated", "rule", "dominated",
        "A point is dominated when another is at least as good in every respect and better in one. With a tolerance, "
        "differences smaller than it do not count.",
        "", "", "", "", ("inefficient", "Pareto-dominated"), (), "Laumanns et al. 2002, for the tolerance",
    ),
    Entry(
        "hypervolume", "rule", "hypervolume",
        "How much of the space of utility and parity a set of points covers, counted from a reference point, which is "
        "printed: deciding alike for everybody, at the widest disparity.",
        "volume dominated by the points above the reference", "higher covers more", "0 and above", "",
        ("S-metric", "dominated volume"), (), "Zitzler and Thiele 1998",
    ),
    Entry(
        "draw_of_lots", "rule", "draw of lots",
        "Where a policy is randomised, each person's lot is computed from the seed and their identifier, so the same "
        "person gets the same decision every time and on every machine.",
        "sha256 of seed and identifier, as a number in 0 to 1; selected when below the probability", "", "",
        "without an identifier the row's own values stand in, with a warning", ("hash-based randomisation",),
        ("fairlearn draws anew at each call unless a random state is given.",), "",
    ),
)
