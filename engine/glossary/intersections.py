"""The terms of the path of penalised models, in words; those of the penalties stand in `dependence`."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

_LEE = "Lee, Antonio, Avanzi, Marchi and Zhou 2025, arXiv 2509.08163"

INTERSECTIONS = by_key(
    Entry(
        "penalty_strength", "rule", "strength of the penalty",
        "How much the model is made to give up for less dependence. At kappa 1 the whole penalty of the unpenalised "
        "model weighs as much as all that the features gain over a constant; lambda is the factor itself.",
        "loss + λ R; λ = κ × (loss of the best constant - loss unpenalised) ÷ R unpenalised",
        "larger means less dependence and more loss", "0 and above",
        "0 where the features gain nothing; where R is no larger than chance makes it, what chance makes stands in",
        ("kappa", "lambda", "regularisation parameter"),
        ("Lambdas of different penalties, or of outcomes in different units, cannot be compared; kappas can.",), _LEE,
    ),
    Entry(
        "jensen_shannon_divergence", "rule", "divergence of the cells",
        "How differently predictions are distributed over the combinations of groups. 0 where every combination has "
        "the same distribution, not the same mean alone.",
        "entropy of the mixture of the cells' densities - mean of their entropies, in bits; cells weigh by their rows",
        "smaller is more alike", "0 to the entropy of the cells' shares",
        "0 where all predictions are one number",
        ("JSD", "Jensen-Shannon divergence"),
        ("The authors smooth with a fixed bandwidth of 0.15 over the whole range, which one outlier changes; the "
         "robust way takes Silverman's bandwidth over the middle 99 %.",),
        "Lin 1991, IEEE Trans. Inf. Theory 37; " + _LEE,
    ),
    Entry(
        "divergence_by_chance", "rule", "what chance alone gives",
        "The divergence is above 0 even where predictions know nothing of the cells, the more the smaller the cells. "
        "The band shows what predictions dealt out anew to the same people give; inside it nothing can be told apart.",
        "95 % quantile over shuffled predictions", "", "", "0 where all predictions are one number", ("null band",), (),
        "",
    ),
    Entry(
        "uniform_fairness_ratio", "rule", "spread between cells",
        "How much the cells' mean predictions vary, against how much predictions vary at all. Cells weigh alike; those "
        "below the least size are left out.",
        "variance of the cells' means ÷ variance of the predictions", "smaller is more alike", "0 and above",
        "with fewer than two cells, or where all predictions are one number", ("uniform fairness", "UF"), (), _LEE,
    ),
    Entry(
        "intersectional_gap", "rule", "gap over combinations",
        "Highest minus lowest over the combinations of groups that have enough rows: of the share at or above the "
        "threshold, of the mean prediction, or of the expected count per unit of exposure. The marginal gap is the "
        "largest such gap of one attribute alone; a small one can hide a large gap over combinations.",
        "highest - lowest; bounds by Bonferroni over all pairs", "smaller is more alike", "0 and above",
        "with fewer than two cells of enough rows", ("subgroup gap",), (),
        "Kearns, Neel, Roth and Wu 2018, Preventing fairness gerrymandering",
    ),
    Entry(
        "cell_against_rest", "rule", "a cell against all others",
        "The difference between a combination of groups and everybody else. The bounds hold for all cells at once and "
        "the p-value is corrected for their number, so that the worst of many is not a matter of luck.",
        "cell - rest; Bonferroni bounds, Holm's p-value", "0 is no difference", "",
        "a cell of fewer rows is not compared", ("multiplicity control",), (),
        "Holm 1979, Scandinavian Journal of Statistics 6",
    ),
    Entry(
        "beyond_single_attributes", "rule", "beyond the single attributes",
        "What a cell has that the attributes one by one do not add up to: the part of its number that only the "
        "combination explains.",
        "cell - best sum of one effect per level, weighted by rows", "0 is nothing beyond", "", "a cell without rows",
        (), (), "",
    ),
    Entry(
        "ranked_probability_score", "rule", "ranked probability score",
        "How far the forecast distribution of a count is from what happened: a forecast that was one off costs less "
        "than one that was five off.",
        "sum over k = 0 to 10 of (forecast P(count <= k) - [observed <= k])²", "smaller is better", "0 and above", "",
        ("RPS",), (), "Epstein 1969, Journal of Applied Meteorology 8",
    ),
    Entry(
        "path_loss", "rule", "loss",
        "What a model's predictions cost on rows that did not train it, without the penalty: the negative log "
        "likelihood of a yes/no outcome or a count without its constant, half the mean squared error of a measurement.",
        "", "smaller is better", "", "", ("log loss", "deviance"), (), "",
    ),
    Entry(
        "prediction_spread", "rule", "spread and slope of the predictions",
        "A penalty can be lowered by drawing all predictions together. The standard deviation shows by how much; the "
        "slope of outcome on prediction is 1 where predictions mean what they say and above 1 where drawn in.",
        "standard deviation; covariance with the outcome ÷ variance", "", "",
        "the slope where all predictions are one number", ("shrinkage", "calibration slope"), (), "",
    ),
    Entry(
        "three_parts", "rule", "rows that train, choose and report",
        "Models learn from some rows, the strength is chosen on others, and the numbers to believe come from a third "
        "part that neither has seen. Every cell and outcome is divided alike.",
        "half, a quarter, a quarter, by a seed", "", "", "", ("train, validation and test",), (), "",
    ),
    Entry(
        "path_markers", "rule", "marked points of a path",
        "The least strength that meets the target set here; the least that cannot be told from chance; and the knee, "
        "after which less divergence costs more. They are chosen on the validation rows. None is the right one: how "
        "much to give up is not for the data to say.",
        "knee: farthest below the chord of loss against divergence", "", "", "no point may qualify",
        ("knee", "elbow"), (), "Satopaa, Albrecht, Irwin and Raghavan 2011, for the knee",
    ),
    Entry(
        "sum_of_marginal_penalties", "rule", "sum of marginal penalties",
        "Each attribute penalised alone, and the penalties added. It cannot see a combination, and stands here to show "
        "that.",
        "sum over attributes of dCov²(y, S)", "", "", "", ("marginal dCov",), (), "",
    ),
    Entry(
        "exponentiated_gradient_on_cells", "rule", "exponentiated gradient on the cells",
        "A lottery over models whose selection rates differ over the combinations by at most a bound. It needs groups "
        "and a yes/no outcome. To be measured like the others it is taken as the mean of its models' probabilities.",
        "", "", "", "", ("reductions",), ("fairlearn's ExponentiatedGradient.",),
        "Agarwal, Beygelzimer, Dudík, Langford and Wallach 2018",
    ),
)
