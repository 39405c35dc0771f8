"""The terms of the manipulation audit, in words."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

_PAPER = "Lafargue et al. 2025, arXiv 2507.20708"

MANIPULATION = by_key(
    Entry(
        "not_rejected", "rule", "not rejected",
        "Chance alone explains the sample. It may still be doctored: a test of this size overlooks whatever is smaller "
        "than it can see, so the power and the ratio that stays unseen stand beside it.",
        "", "", "", "", ("not significant",),
        ("That nothing was found is not that the sample is representative.",), "",
    ),
    Entry(
        "min_p", "rule", "family p-value",
        "How often the most remarkable deciding test would be this remarkable in honest draws. The tests look at "
        "the same draws, so that their dependence is counted and the level holds for all together.",
        "share of honest draws whose smallest p-value is at most the sample's", "smaller is more remarkable", "0 to 1",
        "", ("min-p", "step-down minimum"), ("Seven tests at 5 % each reject up to 14 % of honest samples.",),
        "Westfall and Young 1993, Resampling-based multiple testing",
    ),
    Entry(
        "direct_ratio", "rule", "direct test of the ratio",
        "How often an honest sample of this size has a ratio at least as high as the one submitted.",
        "(1 + honest draws at or above) ÷ (1 + draws)", "one-sided: only a ratio that is too good counts", "0 to 1",
        "a draw whose ratio is undefined counts as at or above", ("exceedance test",), (), "",
    ),
    Entry(
        "g_test", "rule", "G test of the cells",
        "Whether the counts of group by decision differ from the reference's more than chance does, in any direction.",
        "2 m Σ P ln(P / q), P the reference's shares, q the sample's; an empty cell counts as half a row",
        "larger is further from the reference", "0 and above", "",
        ("likelihood ratio test", "Kullback-Leibler test"),
        ("The paper's KL test uses the same statistic with a threshold from 30 draws; here draws are exact and many.",
         "Its lower tail, cells that agree too well, is information alone: quotas and honest strata look the same."),
        _PAPER,
    ),
    Entry(
        "x_given_cell", "rule", "columns given the cell",
        "Whether the other columns of the submitted rows look like those of reference rows of the same group and "
        "decision: rows that were only picked do, altered ones may not.",
        "sliced Wasserstein distance and mean discrepancy, permuted within cells; the smaller p-value, calibrated", "",
        "", "not run without a common column, or against known proportions",
        ("two-sample test", "maximum mean discrepancy"), (),
        "Gretton et al. 2012, A kernel two-sample test; Bonneel et al. 2015, Sliced Wasserstein barycenters",
    ),
    Entry(
        "multiset", "rule", "rows of the database",
        "Submitted rows that the full database does not hold, or not as often. An honest sample has none, so that one "
        "is proof.",
        "copies submitted beyond copies held", "", "", "needs the full database", ("multiset inclusion",),
        ("The paper's KL test on whole rows decides by rounding where all rows differ; this is the exact question.",),
        "",
    ),
    Entry(
        "requery", "rule", "model asked again",
        "Submitted rows whose decision the model does not make when it is asked again; one is proof.",
        "rows with another decision", "", "", "needs the model's decisions", ("model re-query",), (), "",
    ),
    Entry(
        "undetectable_ratio", "rule", "ratio that stays unseen",
        "The highest ratio that a forger who picks exact cells can show without the test noticing. It falls as samples "
        "grow.",
        "largest t with 2 m KL(P ‖ Q_t) ≤ the test's limit, Q_t the nearest cells of ratio t",
        "closer to the honest ratio leaves a forger less room", "", "none where every ratio goes unseen",
        ("undetectable frontier",), (), _PAPER,
    ),
    Entry(
        "best_of_draws", "rule", "best of several draws",
        "Who may draw often and hand in the sample that suits turns a level of 5 % into much more. The auditor should "
        "draw, with a seed committed before, or divide the level.",
        "1 − (1 − level)^draws", "", "0 to 1", "", ("selection of the sample", "cherry-picking"), (), "",
    ),
    Entry(
        "missing_bounds", "rule", "bounds for missing groups",
        "The smallest and largest value that a disparity could have, whatever group the rows without one belong to.",
        "minimum and maximum over all assignments", "", "",
        "as the disparity itself", ("partial identification", "worst-case bounds"), (),
        "Manski 2003, Partial identification of probability distributions",
    ),
)
