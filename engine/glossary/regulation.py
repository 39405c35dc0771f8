"""Terms of the tables that regulators' texts ask for, in words."""

from __future__ import annotations

from engine.glossary.entry import Entry, by_key

REGULATION = by_key(
    Entry(
        "impact_ratio", "rule", "impact ratio",
        "The rate of a category divided by the highest rate in the same table; the category with that rate has 1.",
        "rate of the category ÷ highest rate of the table", "", "0 to 1",
        "blank where nobody is in the category, or where no rate is above 0",
        ("adverse impact ratio", "selection ratio"), (), "Rules of the City of New York, title 6, section 5-300 (2023)",
    ),
    Entry(
        "scoring_rate", "rule", "scoring rate",
        "The share of a category with a score above the median score of the full sample.",
        "people with score > median ÷ people", "", "0 to 1", "blank where nobody is in the category", (), (),
        "Rules of the City of New York, title 6, section 5-300 (2023)",
    ),
    Entry(
        "fisher_exact", "rule", "Fisher's exact test",
        "The chance of a table at least as unlikely as this one if two groups had the same rate and the numbers of "
        "people and of decisions were fixed; two-sided.",
        "sum of the hypergeometric probabilities that are at most that of the table", "", "0 to 1",
        "not given for weighted or expected counts", (), (), "Fisher 1935, The Design of Experiments",
    ),
    Entry(
        "shortfall", "rule", "shortfall",
        "How many more people of a group would need the favourable decision for the group to have the highest rate, "
        "or the conventional share of it.",
        "highest rate × people − people with the favourable decision", "", "0 or more people",
        "not given where no group is large enough to be the highest", (), (), "",
    ),
    Entry(
        "suppression", "rule", "groups kept back",
        "Numbers of groups with few rows are not shown, nor are others from which these, or those of as few people of "
        "several groups together, could be had by adding and subtracting the numbers that are shown.",
        "", "", "", "", ("primary and complementary suppression", "cell suppression"), (),
        "Cox 1980, Journal of the American Statistical Association 75, 377-385",
    ),
)
