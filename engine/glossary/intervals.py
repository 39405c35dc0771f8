"""How the uncertainty of each number is found, in words."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

INTERVALS = by_key(
    Entry(
        "wilson", "interval", "Wilson interval",
        "The interval of a rate: all true shares that a score test at this level would not reject.",
        "(k + z²/2 ± z √(k(n − k)/n + z²/4)) / (n + z²), for k of n",
        "narrower with more rows; never leaves 0 to 1 and never has width 0", "0 to 1", "not estimable for n = 0",
        ("score interval",),
        ("fairlearn offers a bootstrap of rows; the plain (Wald) interval k/n ± z √(k(n − k)/n³) covers too rarely "
         "near 0, near 1 and for small n.",),
        "Wilson 1927; Brown, Cai and DasGupta 2001, Interval estimation for a binomial proportion",
    ),
    Entry(
        "student", "interval", "Student's interval of a mean",
        "The interval of a mean, from how much the rows of the group differ; of an outcome per unit of exposure, from "
        "how much they differ from what their exposure would give.",
        "mean ± t(n − 1) × s / √n; with exposure e and rate r: r ± t(n − 1) × √(Σ (y − r e)² n / (n − 1)) / Σ e",
        "narrower with more rows", "", "a single row has no interval",
        ("t interval",), ("A skewed outcome in a small group is covered too rarely.",),
        "Student 1908, The probable error of a mean; Cochran 1977, Sampling Techniques, section 6.4",
    ),
    Entry(
        "newcombe", "interval", "Newcombe interval",
        "The interval of the difference of two groups' rates, built from their two Wilson intervals.",
        "p₁ − p₂ − √((p₁ − l₁)² + (u₂ − p₂)²)  to  p₁ − p₂ + √((u₁ − p₁)² + (p₂ − l₂)²)",
        "an interval that holds 0 is compatible with equal rates", "−1 to 1",
        "not estimable when one of the two rates is not", ("hybrid score interval", "Newcombe's method 10"), (),
        "Newcombe 1998, Interval estimation for the difference between independent proportions",
    ),
    Entry(
        "mover", "interval", "MOVER interval of a ratio",
        "The interval of the ratio of two groups' rates, recovered from their two Wilson intervals.",
        "with p₁, p₂ and their Wilson ends l and u: the lower end is (p₁p₂ − √((p₁p₂)² − l₁u₂(2p₁ − l₁)(2p₂ − u₂))) / "
        "(u₂(2p₂ − u₂)); the upper end exchanges l and u and adds the root",
        "an interval that holds 1 is compatible with equal rates", "0 and above",
        "not estimable when the denominator's rate is 0 or one of the two rates is not estimable",
        ("method of variance estimates recovery",), (),
        "Donner and Zou 2012, Closed-form confidence intervals for functions of the normal mean and standard deviation",
    ),
    Entry(
        "simultaneous_pairwise", "interval", "simultaneous pairwise bounds",
        "The interval of a max-min number over three or more groups: all pairs of groups are bounded at once, each at "
        "a share of the error (Bonferroni), and the end at parity (0 for a difference, 1 for a ratio) is reached "
        "whenever the pooled null is not rejected.",
        "each of the G(G − 1)/2 pairs at level 1 − (1 − level) / (G(G − 1)/2)",
        "its coverage is at least the level stated, groups that are equal included, so it is wider than a plain one",
        "0 to 1", "as the disparity itself",
        ("Bonferroni bounds of a range",),
        ("A plain bootstrap of a max-min number never reaches 0 when the groups are equal: its coverage there is 0.",
         "With two groups the signed Newcombe or MOVER interval is folded at parity instead."),
        "Bonferroni correction after Dunn 1961, Multiple comparisons among means",
    ),
    Entry(
        "square_and_add", "interval", "square-and-add interval",
        "The interval of a sum or difference of numbers that have intervals of their own: balanced accuracy, expected "
        "cost, a group's distance from the reference group. The distances to the ends are squared, added and rooted; "
        "for the two errors of expected cost with their correlation.",
        "a + b ± √((a − its end)² + (b − its end)²), each side with its own ends",
        "not symmetric where the parts' intervals are not", "that of the number", "not estimable when a part is not",
        ("method of variance estimates recovery",),
        ("F1 needs none: it follows from the share TP / (TP + FP + FN) and takes that share's Wilson ends.",),
        "Zou and Donner 2008, Construction of confidence limits about effect measures",
    ),
    Entry(
        "poisson_bootstrap", "interval", "Poisson bootstrap on cells",
        "The interval of the Matthews correlation: the four counts are redrawn many times and the quantiles of the "
        "results are taken.",
        "each count drawn anew from a Poisson distribution with the observed count as its mean",
        "the draws follow the seed stated, so the interval is reproducible", "that of the number",
        "not estimable when the number is not, or when more than one draw in twenty is undefined",
        ("Poisson resampling",),
        ("The same as giving each row a Poisson(1) weight, without touching rows; fairlearn's bootstrap resamples "
         "rows.",),
        "Hanley and MacGibbon 2006, Creating non-parametric bootstrap samples using Poisson frequencies",
    ),
    Entry(
        "delong", "interval", "DeLong interval",
        "The interval of an area under the ROC curve, from how often each positive outranks the negatives and the "
        "other way round; taken on the logit scale, so that it stays within 0 to 1.",
        "logit(AUC) ± z × error / (AUC (1 − AUC)), error² = S₁₀/positives + S₀₁/negatives, S the variances of the "
        "placements",
        "narrower with more positives and more negatives", "0 to 1",
        "not estimable for a group in which one of the two outcomes does not occur", (), (),
        "DeLong, DeLong and Clarke-Pearson 1988, Comparing the areas under two or more correlated ROC curves",
    ),
    Entry(
        "noise_band", "interval", "noise band and p-value",
        "What a max-min number would be if all groups shared one rate: even then it is above 0 (a ratio below 1). The "
        "grey band reaches from parity to the level's quantile; the p-value is how often chance alone gives "
        "a number at "
        "least as far from parity as the one seen.",
        "groups of the sizes seen, drawn from the pooled rate",
        "a number inside the band is compatible with equal groups; it does not show that they are equal",
        "band: that of the disparity; p-value: 0 to 1",
        "no pooled null is defined for the AUC difference and the treatment equality difference",
        ("pooled-null quantile", "noise floor"), (),
        "a parametric simulation of the range under one pooled rate; the choice of this product",
    ),
    Entry(
        "level", "interval", "level",
        "The share of intervals, over many samples drawn in the same way, that would hold the true number.",
        "0.95 unless you set another", "a higher level gives wider intervals", "0 to 1", "",
        ("confidence level", "nominal coverage"), (),
        "Neyman 1937, Outline of a theory of statistical estimation",
    ),
)
