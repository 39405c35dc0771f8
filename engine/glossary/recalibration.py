"""Recalibration, small groups, how arbitrary scores are, operating curves: in words."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

RECALIBRATION = by_key(
    Entry(
        "recalibration", "rule", "recalibration",
        "Each score is mapped to the share of events that scores like it had. It is cross-fitted always: the rows are "
        "dealt into folds and a row is mapped by what the other folds taught, so that no map is judged on rows it saw.",
        "score in fold k ↦ map fitted without fold k", "", "0 to 1",
        "a row without a score has none afterwards either", ("calibration map", "post-hoc calibration"),
        ("scikit-learn: CalibratedClassifierCV, pooled only; its maps are averaged over folds when used on new rows.",),
        "Platt 1999; Zadrozny and Elkan 2002",
    ),
    Entry(
        "group_maps", "rule", "a map per group",
        "Each group has a map of its own. That mends the calibration of every group and moves decisions: at the same "
        "threshold the gaps of selection and error rates often widen. Whoever uses such a map must know the group.",
        "", "", "", "a group with fewer than 50 rows or with one outcome only takes the pooled map, and is named",
        ("group-wise calibration",), (), "Kleinberg, Mullainathan and Raghavan 2016; Chouldechova 2017",
    ),
    Entry(
        "pooled_map", "rule", "a pooled map",
        "One map for everybody. It mends the total; a minority whose scores err the other way can come out worse.",
        "", "", "", "", ("global calibration",), (), "",
    ),
    Entry(
        "platt_map", "rule", "Platt map", "A logistic curve of the score's log odds: the steady one for small groups.",
        "σ(a + b · logit s); of a score outside 0 to 1, σ(a + b s)", "", "", "", ("sigmoid calibration",),
        ("scikit-learn: method='sigmoid'.",), "Platt 1999, with his smoothed targets",
    ),
    Entry(
        "temperature_map", "rule", "temperature map",
        "Log odds times one number. No score crosses one half, so no decision at one half changes, and a score that "
        "is too high everywhere stays so.",
        "σ(b · logit s)", "", "", "not defined for a score outside 0 to 1", ("temperature scaling",), (),
        "Guo et al. 2017, On calibration of modern neural networks",
    ),
    Entry(
        "beta_map", "rule", "beta map",
        "A curve of three numbers for scores that bend differently at the two ends.",
        "σ(a ln s − b ln(1 − s) + c), a and b at least 0", "", "", "not defined for a score outside 0 to 1",
        ("beta calibration",), (), "Kull, Silva Filho and Flach 2017",
    ),
    Entry(
        "isotonic_map", "rule", "isotonic map",
        "The best steps that never go down. Many scores become equal, which changes rankings, and some become 0 or 1.",
        "pool adjacent violators", "", "", "", ("pool adjacent violators", "PAVA"),
        ("scikit-learn: IsotonicRegression.",), "Zadrozny and Elkan 2002",
    ),
    Entry(
        "centred_isotonic_map", "rule", "centred isotonic map",
        "The isotonic steps joined by straight lines between their centres, so that order is kept between them.",
        "", "", "", "", (), (), "Oron and Flournoy 2017, Centered isotonic regression",
    ),
    Entry(
        "binning_map", "rule", "binning map",
        "The share of events in ten bins of equally many rows; equal scores stay together.",
        "", "", "", "", ("histogram binning",), (), "Zadrozny and Elkan 2001",
    ),
    Entry(
        "h_calibration_map", "rule", "h-calibration map",
        "A logistic curve chosen so that the mean residual of every stretch of neighbouring scores is small. "
        "Experimental: in our trials it was no better than Platt's.",
        "least mean |residual| over windows of 200 rows", "", "", "not defined for a score outside 0 to 1",
        (), (), "Huang et al. 2025; here for the positive outcome alone",
    ),
    Entry(
        "out_of_fold_loss", "rule", "log loss out of fold",
        "The price of each method's errors on rows that its map did not see. It chooses between methods, because it "
        "cannot be won by a map that only looks calibrated.",
        "−mean of y ln s + (1 − y) ln(1 − s)", "lower is better", "0 and above",
        "scores of 0 or 1 count as one millionth away from it, and how many is said", ("cross-entropy",),
        ("scikit-learn: log_loss.",), "Good 1952",
    ),
    Entry(
        "score_version", "rule", "score version",
        "A score beside the one that was brought: recalibrated, moved to another base rate, or of a model trained "
        "here. The one in use is named in the sidebar; all pages follow it and the original is one click away.",
        "", "", "", "", (), (), "",
    ),
    Entry(
        "prior_compensation", "rule", "another base rate",
        "What the scores would be where the event is rarer or commoner, if people with and without the event look as "
        "they do here. The odds of all scores change by the same factor, and the threshold with them.",
        "logit s + logit π* − logit π", "", "", "not estimable for a group with one outcome only",
        ("prior correction", "label shift", "prior probability shift"), (),
        "Saerens, Latinne and Decaestecker 2002; Buda, Maki and Mazurowski 2018",
    ),
    Entry(
        "shrunk_rate", "rule", "shrunk rate",
        "A small group's rate moved towards those of the other groups, the further the fewer rows it has. It is for "
        "reading a noisy table, never for a disparity: shrinking pulls groups together and makes some look less "
        "different than they are.",
        "(k + a) / (n + a + b), a and b fitted to the other groups", "", "0 to 1",
        "nothing is shrunk with fewer than five groups", ("empirical Bayes", "partial pooling"), (), "Morris 1983",
    ),
    Entry(
        "shrinkage_risk", "rule", "expected squared error of rates",
        "How far raw, pooled or shrunk rates are from the true ones, squared, on average over groups; estimated "
        "without knowing the true rates and right on average.",
        "mean of (d − y)² + 2(1 − λ + λw)v − v,  v = y(1 − y)/(n − 1)", "lower is better",
        "may fall below 0: the estimate is right on average, not bounded", "not estimable for groups of one row",
        ("risk estimate", "Stein's estimate"), (), "after Stein 1981; for binomial counts derived here",
    ),
    Entry(
        "viable_range", "rule", "viable range of a score",
        "The lowest and the highest score that any model which is as good, within a margin of the best loss, gives to "
        "a person.",
        "min and max of s over models with loss ≤ (1 + ε) · best", "wider means more arbitrary", "0 to 1", "",
        ("viable prediction range",), (), "Watson-Daniels, Parkes and Ustun 2023",
    ),
    Entry(
        "ambiguity", "rule", "ambiguity",
        "The share of people whose score some model that is as good moves by at least a distance.",
        "mean of [max over models |s − s₀| ≥ δ]", "higher is more arbitrary", "0 to 1", "not estimable without rows",
        (), (), "Marx, Calmon and Ustun 2020",
    ),
    Entry(
        "discrepancy", "rule", "discrepancy",
        "The largest share of people whose score one single model that is as good moves by at least a distance; never "
        "above the ambiguity.",
        "max over models of mean [|s − s₀| ≥ δ]", "higher is more arbitrary", "0 to 1",
        "for all logistic models at once a lower bound, from models on the edge of the set", (), (),
        "Marx, Calmon and Ustun 2020",
    ),
    Entry(
        "level_set", "rule", "models as good as the best",
        "All logistic models whose loss is within a margin of the best. Near the best the loss is a quadratic, so the "
        "range of every score has a closed form; it is of second order, and exact only for small margins.",
        "x′θ₀ ± √(2ε x′H⁻¹x)", "", "", "", ("Rashomon set", "ε-level set"), (),
        "Fisher, Rudin and Dominici 2019 for the set",
    ),
    Entry(
        "operating_curve", "rule", "operating curve",
        "How well a threshold works for a group, over all thresholds. It is made of the true positive and the true "
        "negative rate alone, so different base rates do not set groups apart.",
        "2 · TPR · TNR / (TPR + TNR), or (TPR + TNR) / 2", "higher is better", "0 to 1",
        "not estimable for a group in which one of the two outcomes does not occur", (), (),
        "OPIS, arXiv 2307.04047, 2023",
    ),
    Entry(
        "operating_spread", "rule", "spread of operating curves",
        "How far the groups' operating curves lie from their mean over a range of thresholds, root mean square. Groups "
        "drawn at random within each outcome give the chance it is compared with.",
        "√ of the mean over groups and thresholds of (U − mean U)²", "0 where the score works alike for all",
        "0 and above", "not estimable with fewer than two groups that have both outcomes",
        ("root of OPIS", "operating point invariance score"), (), "OPIS, arXiv 2307.04047, 2023, from its words",
    ),
)
