"""The conventions that the numbers rest on, in words."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

RULES = by_key(
    Entry(
        "selected", "rule", "selected",
        "A row is selected when its score is at least the threshold of its group.",
        "score >= threshold", "", "",
        "a row without a score is excluded and counted", ("predicted positive", "flagged"),
        ("scikit-learn's roc_curve uses >= too.",
         "fairlearn's ThresholdOptimizer uses > with thresholds midway between scores."),
        "the convention of this product, stated with every policy",
    ),
    Entry(
        "positive_outcome", "rule", "positive outcome",
        "The event that the score ranks towards, as named on the data page; it need not be good for the person.",
        "", "", "", "", ("positive label", "positive class"),
        ("AIF360 calls the good outcome the favourable label; the two differ where the event is harmful, as with "
         "re-offending.",), "",
    ),
    Entry(
        "favourable_decision", "rule", "favourable decision",
        "The decision that the person would want: being selected (a loan, a job) or not being selected (detention, an "
        "audit). It is stated on the data page and the disparate impact ratio is computed on it.",
        "", "", "", "", ("favourable outcome", "beneficial decision"), (), "",
    ),
    Entry(
        "max_min", "rule", "largest minus smallest",
        "A disparity over several groups is the distance between the two groups that lie furthest apart; "
        "both are named. "
        "It grows with the number of groups even when they are equal, so the noise band stands beside it.",
        "largest − smallest, or smallest ÷ largest", "", "",
        "not estimable with fewer than two groups", ("range", "between-groups difference"),
        ("fairlearn: method='between_groups'; its method='to_overall' compares with all rows instead.",), "",
    ),
    Entry(
        "reference_group", "rule", "reference group",
        "The group that the others are compared with, one by one, as difference and as ratio. It is the one chosen on "
        "the data page, else the largest.",
        "rate of the group − rate of the reference;  rate of the group ÷ rate of the reference", "", "",
        "a ratio is not estimable where the reference group's rate is 0", ("privileged group", "baseline group"),
        ("AIF360 splits all rows into privileged and unprivileged.",), "",
    ),
    Entry(
        "minimum_group_size", "rule", "minimum group size",
        "Groups with fewer rows than this are shown greyed, with their intervals, and stay out of "
        "disparities: with few "
        "rows the largest and smallest rates are mostly chance.",
        "30 rows unless you set another", "", "", "",
        ("small-group rule", "cell-size threshold"), (), "",
    ),
    Entry(
        "missing_group", "rule", "group “missing”",
        "Rows whose protected attribute has no value form a group of their own, which is counted and shown.",
        "", "", "", "", ("unknown group",),
        ("Dropping such rows, as many tools do, hides whoever did not answer.",), "",
    ),
    Entry(
        "intersection", "rule", "intersection of attributes",
        "A group of rows that share the values of two or three protected attributes, such as one sex and one "
        "ethnicity.",
        "“A x B”, attributes in the order given", "", "", "combinations without rows are not shown",
        ("subgroup", "cell"), (), "Crenshaw 1989; Kearns et al. 2018, Preventing fairness gerrymandering",
    ),
    Entry(
        "four_fifths", "rule", "four-fifths convention",
        "A convention of United States employment selection: a disparate impact ratio under 0.80 is taken as a sign to "
        "look closer. It is drawn as a labelled line on that ratio alone and is no verdict.",
        "disparate impact ratio = 0.80", "", "",
        "it ignores sample size: read the interval",
        ("80 percent rule", "4/5 rule"),
        ("It is not a legal limit for credit, and its rescission was pending at the EEOC in 2026: check its status.",),
        "Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D), 1978",
    ),
    Entry(
        "unknown_outcome", "rule", "unknown outcome",
        "Rows without an outcome count in selection and favourable rates and are left out of rates that need one. Both "
        "numbers of rows are shown.",
        "", "", "",
        "where outcomes are known only for those once selected, error rates describe those rows alone",
        ("selective labels", "unlabelled rows"), (), "Lakkaraju et al. 2017, The selective labels problem",
    ),
    Entry(
        "weights", "rule", "weights and effective n",
        "With a weight column every count is a sum of weights, and intervals use the number of equal rows that would "
        "carry as much information.",
        "effective n = (sum of weights)² ÷ sum of squared weights", "", "at most the number of rows", "",
        ("survey weights", "design effect"), (), "Kish 1965, Survey sampling",
    ),
    Entry(
        "group_thresholds", "rule", "thresholds that depend on the group",
        "Two people with the same score can then get different decisions because of their group. Many laws treat this "
        "as treating a person differently for a protected attribute, whatever the aim. Use it to measure what parity "
        "would cost; ask counsel before deciding people's cases so.",
        "", "", "", "", ("disparate treatment", "direct discrimination", "group-specific thresholds"),
        ("fairlearn's ThresholdOptimizer, AIF360's equalised odds post-processing and OxonFair all need the protected "
         "attribute at decision time.",),
        "United States: Civil Rights Act 1964, Title VII, section 703(l), on employment tests; not legal advice",
    ),
    Entry(
        "cross_fitted_score", "rule", "cross-fitted score",
        "Where the data has no score, a logistic model without the protected attributes is fitted here; each row is "
        "scored by a model that did not see it.",
        "five folds, seeded", "", "", "",
        ("out-of-fold prediction",), ("scikit-learn: cross_val_predict.",), "Stone 1974, Cross-validatory choice",
    ),
    Entry(
        "simulated_data", "rule", "simulated data",
        "Made by a random number generator with a fixed seed to show the product; it describes no people.",
        "", "", "", "", ("synthetic sample",), (), "",
    ),
    Entry(
        "bins", "rule", "score bins",
        "Sliders move over edges: every distinct score where there are at most 1,024, the grid k/1024 for "
        "scores in 0 to "
        "1, else quantiles fixed before counting. At an edge, counts from bins and from rows are the same.",
        "bin >= k exactly when score >= edge k", "", "", "",
        ("histogram bins", "score grid"), (), "",
    ),
    Entry(
        "roc_curve", "rule", "ROC curve",
        "True positive rate against false positive rate of one group over all thresholds. The numbered points are the "
        "groups at the thresholds in use.",
        "(FP / (FP + TN), TP / (TP + FN)) for every threshold",
        "further up and left separates the outcomes better; the diagonal is chance", "0 to 1 on both axes",
        "not drawn for a group in which one of the two outcomes does not occur",
        ("receiver operating characteristic",), ("scikit-learn: roc_curve.",),
        "Hardt, Price and Srebro 2016 read all four equal-error criteria off these curves",
    ),
    Entry(
        "auc", "rate", "AUC",
        "How often a random positive row of the group has a higher score than a random negative row, ties "
        "counting half.",
        "P(score of a positive > score of a negative) + P(equal) / 2",
        "1 ranks all positives first, 0.5 is chance", "0 to 1",
        "not estimable for a group in which one of the two outcomes does not occur",
        ("area under the ROC curve", "c-statistic", "Mann–Whitney probability"), ("scikit-learn: roc_auc_score.",),
        "Hanley and McNeil 1982, The meaning and use of the area under a ROC curve",
    ),
    Entry(
        "group_mean", "rule", "mean outcome",
        "What a numeric outcome comes to in a group: per row, and per unit of exposure where rows were watched for "
        "unequal times.",
        "Σ outcome / rows; Σ outcome / Σ exposure", "higher is more of the outcome", "in the outcome's own units",
        "not estimable without rows", ("average", "frequency, with exposure"), (), "",
    ),
)
