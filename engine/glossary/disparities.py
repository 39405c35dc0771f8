"""The disparities between groups, in words. All are max-min over the groups that are large enough and estimable."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

_GAP = "lower is closer to parity; 0 when the groups' numbers are equal"
_RATIO = "higher is closer to parity; 1 when the groups' numbers are equal"
_FEW = "not estimable with fewer than two groups that are large enough and have the rate; the others are listed"
_AIF = "AIF360 subtracts the privileged from the unprivileged group, with its sign; ours is largest minus smallest."
_OXON = "OxonFair's .diff is the mean over all pairs of groups; its .max_diff is largest minus smallest, as ours."

DISPARITIES = by_key(
    Entry(
        "demographic_parity_difference", "disparity", "demographic parity difference",
        "How far the selection rates of the groups lie apart.",
        "largest − smallest selection rate", _GAP, "0 to 1", _FEW,
        ("statistical parity difference", "mean difference", "group parity gap"),
        ("fairlearn: demographic_parity_difference, the same.", _AIF,
         "OxonFair: demographic_parity is the mean over all pairs of groups; its .max_diff is ours."),
        "Calders, Kamiran and Pechenizkiy 2009; Dwork et al. 2012",
    ),
    Entry(
        "demographic_parity_ratio", "disparity", "demographic parity ratio",
        "The smallest selection rate as a share of the largest.",
        "smallest ÷ largest selection rate", _RATIO, "0 to 1",
        _FEW + "; nor when nobody is selected in any group",
        ("statistical parity ratio",),
        ("fairlearn: demographic_parity_ratio, the same.",
         "Equal to the disparate impact ratio only where selection is the favourable decision."),
        "Feldman et al. 2015, Certifying and removing disparate impact",
    ),
    Entry(
        "disparate_impact_ratio", "disparity", "disparate impact ratio",
        "The smallest share given the favourable decision, as a share of the largest.",
        "smallest ÷ largest favourable rate", _RATIO, "0 to 1",
        _FEW + "; nor when nobody is given the favourable decision in any group",
        ("adverse impact ratio", "impact ratio", "selection ratio"),
        ("AIF360: disparate_impact divides the unprivileged by the privileged group and can exceed 1; ours against the "
         "reference group stands in the rates table.",
         "OxonFair: disparate_impact works on the prediction, whichever decision is favourable.",
         "New York City Local Law 144 divides by the most selected group, as we do."),
        "Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D), 1978",
    ),
    Entry(
        "equal_opportunity_difference", "disparity", "equal opportunity difference",
        "How far the groups' true positive rates lie apart: among those whose outcome is positive, does selection "
        "depend on the group?",
        "largest − smallest true positive rate", _GAP, "0 to 1", _FEW,
        ("true positive rate difference", "false negative rate difference"),
        ("fairlearn: equal_opportunity_difference; a group without positives enters there as 0, here it is left out.",
         _AIF, _OXON),
        "Hardt, Price and Srebro 2016, Equality of opportunity in supervised learning",
    ),
    Entry(
        "predictive_equality_difference", "disparity", "predictive equality difference",
        "How far the groups' false positive rates lie apart: among those whose outcome is negative, does selection "
        "depend on the group?",
        "largest − smallest false positive rate", _GAP, "0 to 1", _FEW,
        ("false positive rate difference", "false positive error rate balance"),
        ("fairlearn: false_positive_rate_difference.", "AIF360: false_positive_rate_difference, signed.",
         "OxonFair uses the name predictive_equality for the false negative rate."),
        "Corbett-Davies et al. 2017, Algorithmic decision making and the cost of fairness",
    ),
    Entry(
        "equalized_odds_difference", "disparity", "equalized odds difference",
        "The wider of two gaps, that of the true positive rates and that of the false positive rates.",
        "max(equal opportunity difference, predictive equality difference)", _GAP, "0 to 1",
        _FEW + "; both gaps must be estimable",
        ("conditional procedure accuracy gap",),
        ("fairlearn: equalized_odds_difference with its default agg='worst_case'; agg='mean' averages the two.",
         "AIF360: average_odds_difference is the mean of the two signed gaps and can cancel to 0.",
         "OxonFair: equalized_odds combines the true positive and the true negative gap, each a mean over pairs."),
        "Hardt, Price and Srebro 2016, Equality of opportunity in supervised learning",
    ),
    Entry(
        "predictive_parity_difference", "disparity", "predictive parity difference",
        "How far the groups' precisions lie apart: does being selected mean the same chance of the event?",
        "largest − smallest precision", _GAP, "0 to 1", _FEW,
        ("outcome test gap", "positive predictive value difference"),
        ("AIF360: false_discovery_rate_difference has the same size, signed.",
         "OxonFair: predictive_parity, the mean over all pairs of groups."),
        "Chouldechova 2017, Fair prediction with disparate impact",
    ),
    Entry(
        "accuracy_difference", "disparity", "accuracy difference",
        "How far the groups' accuracies lie apart.",
        "largest − smallest accuracy", _GAP, "0 to 1", _FEW,
        ("overall accuracy equality gap", "error rate difference"),
        ("fairlearn: accuracy_score_difference.", "AIF360: error_rate_difference has the same size, signed.",
         "OxonFair: accuracy_parity, the mean over all pairs of groups."),
        "Berk et al. 2021, Fairness in criminal justice risk assessments",
    ),
    Entry(
        "treatment_equality_difference", "disparity", "treatment equality difference",
        "How far the groups' ratios of false negatives to false positives lie apart: is one group's error more often "
        "the missed kind?",
        "largest − smallest of FN / FP", _GAP, "0 and above, no upper end",
        "a group without false positives has no ratio and is left out; " + _FEW,
        ("error ratio difference",),
        ("OxonFair: treatment_equality takes FP / FN, the other way up, and replaces a denominator of 0 by 1.",),
        "Berk et al. 2021, Fairness in criminal justice risk assessments",
    ),
    Entry(
        "auc_difference", "disparity", "AUC difference",
        "How far apart the groups lie in how well the score ranks positives above negatives; no threshold changes it.",
        "largest − smallest area under the ROC curve", _GAP, "0 to 1",
        "a group in which one of the two outcomes does not occur has no AUC and is left out; " + _FEW,
        ("AUC gap", "within-group ranking gap"),
        ("fairlearn: by MetricFrame over roc_auc_score.",
         "Not the AUC across groups (BPSN, BNSP), which mixes two groups' rows."),
        "Borkan et al. 2019, Nuanced metrics for measuring unintended bias",
    ),
)
