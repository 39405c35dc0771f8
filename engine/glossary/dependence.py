"""The terms of dependence on many, mixed and continuous protected attributes, in words."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

_SZEKELY = "Székely, Rizzo and Bakirov 2007, Ann. Statist. 35, 2769-2794"
_LEE = "Lee, Antonio, Avanzi, Marchi and Zhou 2025, arXiv 2509.08163"
_CHAKRABORTY = "Chakraborty and Zhang 2019, JASA 114, 1638-1650"
_UNITS = "the prediction's units, 0 and above; the bias-corrected estimate scatters around 0"

DEPENDENCE = by_key(
    Entry(
        "distance_covariance", "rule", "distance covariance (squared)",
        "How far predictions that are close go with protected values that are close. In the population it is 0 where "
        "predictions do not depend on the attribute in any way, and only there: no shape is assumed, no bin is cut.",
        "dCov²(y, S) = mean over pairs of A × B, A the centred |y - y'|, B the centred distance of S",
        "smaller is less dependence", _UNITS, "0 where all predictions, or all attribute values, are equal",
        ("dCov²", "energy distance of groups, times 2 p² q² for two groups"),
        ("The dcor package gives the same value; it has no gradient.",), _SZEKELY,
    ),
    Entry(
        "ccdcov", "rule", "distance covariance of all attributes together",
        "Distance covariance with every protected attribute joined to one point: 0 only where predictions depend on no "
        "attribute and on no combination of them.",
        "CCdCov² = dCov²(y, (S1, ..., Sq)); nominal attributes one-hot, two levels as 0/1, numbers scaled to [0, 1]",
        "smaller is less dependence", _UNITS, "0 where all predictions are equal", ("CCdCov", "concatenated dCov"),
        ("How a number is scaled against a nominal attribute is a choice: here its range is 1, two levels differ by 1, "
         "levels of a longer list by the square root of 2.",), _LEE,
    ),
    Entry(
        "jdcov", "rule", "joint distance covariance",
        "What each attribute alone shows, plus every interaction of attributes with the predictions. Its part that no "
        "prediction can change, the dependence of the attributes on each other, is left out and shown apart.",
        "JdCov² = mean over pairs of the product of (U + c) over y and all attributes, less c^(q+1)",
        "smaller is less dependence", _UNITS, "0 where all predictions are equal", ("JdCov", "joint dCov"),
        ("A small c gives weight to interactions; 1 is usual.",
         "Without leaving that part out, the measure seems to stop falling where attributes are correlated."),
        _CHAKRABORTY,
    ),
    Entry(
        "interaction_term", "rule", "only in combination",
        "What is left of the measure when each attribute's own dependence is taken off. Large beside small terms of "
        "single attributes, it shows groups that only a combination reveals: gerrymandering.",
        "CCdCov² - sum of dCov² of each attribute; for JdCov the sum over combinations of two and more",
        "smaller is less that combinations hide", "any number", "0 for one attribute",
        ("eta", "intersectional residual"),
        ("For JdCov it is around 0 where combinations add nothing. For CCdCov the root in the distance takes off where "
         "several attributes count alone, so it may be well below 0: look at JdCov's then.",), _LEE,
    ),
    Entry(
        "distance_correlation", "rule", "distance correlation (squared)",
        "Distance covariance over the distance variances of both sides: free of scale, so that shrinking predictions "
        "does not lower it.",
        "dCor² = dCov²(y, S) ÷ √(dVar²(y) dVar²(S))", "smaller is less dependence",
        "-1 to 1; at most 1, around 0 under independence", "0 at 0/0: constant predictions depend on nothing",
        ("dCor²",), (), _SZEKELY,
    ),
    Entry(
        "bias_corrected", "rule", "bias-corrected (U) and plain (V) estimates",
        "The plain estimate of a squared dependence is above 0 even for independent data, the more the fewer the rows. "
        "The bias-corrected one is 0 on average there, so it may fall a little below 0.",
        "pairs of a row with itself are left out; divisors n - 2, (n - 1)(n - 2) and n (n - 3)", "", "",
        "needs four rows", ("U-statistic", "V-statistic"),
        ("With weights only the plain estimate is defined.",),
        "Székely and Rizzo 2014, Ann. Statist. 42, 2382-2412",
    ),
    Entry(
        "permutation_of_predictions", "rule", "p-value by permuting predictions",
        "How often predictions dealt out anew to the same people look at least this dependent. The attributes keep "
        "their own relations: that sex and age go together is no finding about the model.",
        "(1 + permutations at or above the value) ÷ (1 + permutations)", "smaller is more remarkable",
        "1 ÷ (1 + permutations) to 1", "not defined where all predictions are equal", ("permutation test",),
        ("Published code permutes every column, which tests that the attributes are independent as well.",), "",
    ),
    Entry(
        "landmark_features", "rule", "landmarks",
        "Where several numeric attributes meet in many rows, distances go by a few hundred typical points instead of "
        "by all pairs of people. The error is measured on rows where all pairs are computed, and shown.",
        "Nyström features of k-means centres", "", "", "", ("Nyström approximation",), (),
        "Williams and Seeger 2001, NIPS 13; Zhang, Tsang and Kwok 2008, ICML",
    ),
)
