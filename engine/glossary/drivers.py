"""What carries a gap, who would be decided differently, and a second decision, in words."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

DRIVERS = by_key(
    Entry(
        "gap_attribution", "rule", "what carries the gap",
        "How much of the difference between two groups' mean scores comes from each feature. Each row's score is "
        "a sum over features; the bar of a feature is its mean in A minus its mean in B, so the bars sum to the gap.",
        "mean f in A − mean f in B = Σ over features (mean φ in A − mean φ in B)",
        "a bar in the gap's direction widens it, one against it narrows it", "",
        "a group without rows has no mean", ("SHAP gap", "attribution difference", "explanation of disparity"),
        ("shap.plots.group_difference draws the same bars, with a permutation band instead of an interval.",),
        "Lundberg and Lee 2017; Begley et al. 2020",
    ),
    Entry(
        "shap_value", "rule", "contribution of a feature (φ)",
        "What knowing a feature's value adds to one row's prediction, averaged over the orders in which features could "
        "become known. It explains the model, not the world: a feature may stand in for another.",
        "prediction = base value + Σ φ", "", "", "", ("SHAP value", "Shapley value", "additive explanation"),
        ("shap offers several: along a tree's paths, against a background, by permutations. They differ where features "
         "go together.",),
        "Shapley 1953; Lundberg and Lee 2017; Lundberg et al. 2020",
    ),
    Entry(
        "between_folds", "rule", "differences between the folds' models",
        "Each row is explained by the model that did not see it, and the folds' models start from slightly different "
        "base values. This is what those differences add to the gap, so that the bars still sum.",
        "mean base value in A − in B", "", "", "0 where one model explains every row",
        ("base value difference",), (), "",
    ),
    Entry(
        "surrogate", "rule", "surrogate of a score",
        "Where only scores are known, a model is trained to imitate them and is explained instead. It is refused "
        "when it explains less than 0.8 of the score's variance on rows it was not fitted on.",
        "R² = 1 − Σ (score − imitation)² ÷ Σ (score − mean)², on held-out rows", "higher imitates better", "up to 1",
        "not estimable where every row has the same score", ("imitation model", "distilled model", "proxy model"), (),
        "Craven and Shavlik 1996, for the idea",
    ),
    Entry(
        "flip_test", "rule", "flip test",
        "For every real row: would the decision change if only the recorded group were another? Proxies stay as they "
        "are, so 0 % does not mean no discrimination; a model without the column always shows 0 %.",
        "share of rows whose decisions over all values of the attribute are not all the same", "lower is fewer flips",
        "0 to 1", "no rows, or no second value", ("individual counterfactual test", "causal discrimination score"),
        ("Themis draws inputs at random instead of real rows, and stops with an error of 0 when it saw no flip.",),
        "Galhotra, Brun and Meliou 2017",
    ),
    Entry(
        "gaining_losing", "rule", "gaining and losing by recoding",
        "Of a group's rows, the share that would gain the favourable decision were they recorded as another group, and "
        "the share that would lose it.",
        "rows that change to (from) the favourable decision ÷ rows of the group", "", "0 to 1", "no rows of the group",
        ("direction of flips",), (), "",
    ),
    Entry(
        "clopper_pearson", "interval", "Clopper and Pearson's interval",
        "An exact interval of a share that covers at least at the level, also where nothing or everything was seen: 0 "
        "of n still has an upper bound.",
        "beta quantiles; 0 of n: 1 − (error ÷ 2)^(1 ÷ n)", "", "0 to 1", "no rows",
        ("exact binomial interval",), ("statsmodels: proportion_confint(method='beta').",), "Clopper and Pearson 1934",
    ),
    Entry(
        "second_decision", "rule", "second decision",
        "Another decision on the same people: a human's, an old rule's, a vendor's. Without one, a model's gap has "
        "nothing to be compared with.",
        "", "", "", "rows that one of the two does not decide are left out, and counted",
        ("human baseline", "status quo", "comparison decision"), (), "",
    ),
    Entry(
        "paired_difference", "interval", "paired difference of two gaps",
        "One decision's gap minus the other's, on the same people. Both gaps move together from sample to sample, so "
        "the interval of their difference is narrower than that of two separate samples.",
        "D₁ − D₂ ± z √(Σ (IF₁ − IF₂)²) ÷ n, with each row's influence IF on its gap",
        "0: both gaps are equal", "", "no interval where both decide alike on every row that counts",
        ("influence-function interval",), (), "Hampel 1974; Efron and Tibshirani 1993, for the bootstrap it equals",
    ),
    Entry(
        "overturn_table", "rule", "overturn table",
        "How often the two decisions differ, which way, and what the outcome was: rows that the first selects and the "
        "second does not, and the reverse.",
        "", "", "", "no row that the two decide differently", ("disagreement table", "McNemar table"), (),
        "McNemar 1947",
    ),
    Entry(
        "tree_correction", "rule", "tree correction",
        "Where a tree splits on the group, a person of the group that is worse off gets a part of what the other "
        "branch would give them. It uses group membership at decision time.",
        "V = V own + q max(V other − V own, 0), mean over trees; q = 0 is the model",
        "a higher q helps more; nobody's score falls, nobody else's moves", "q from 0 to 1",
        "trees that never split on the group cannot be corrected", ("FairTTTS, corrected and exact",),
        ("FairTTTS draws 100 random walks, so that two seeds can decide differently, and can lower a score it means to "
         "raise.",),
        "FairTTTS, arXiv 2501.08155, 2025; the rule for each person is ours",
    ),
    Entry(
        "attribute_averaged_out", "rule", "attribute averaged out",
        "A person's scores under every value of the attribute, averaged by the groups' shares: the attribute is not "
        "used directly any more, its proxies are. The gap can grow.",
        "Σ over groups of share × score of the row recoded to the group", "", "", "",
        ("marginalisation", "discrimination-free average"), (),
        "Lindholm et al. 2022, Discrimination-free insurance pricing",
    ),
)
