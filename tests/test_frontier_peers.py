"""Never worse than fairlearn's ThresholdOptimizer at equal disparity, on real tables and a synthetic one."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator, ClassifierMixin

from engine.counting.groups import grouping
from engine.data.catalogue import load
from engine.frontier import Request, find
from engine.scoring.models import cross_fitted
from tests.build import dataset
from tests.test_frontier_optimism import credit

CONSTRAINTS = {
    "demographic_parity_difference": "demographic_parity",
    "equal_opportunity_difference": "true_positive_rate_parity",
    "predictive_equality_difference": "false_positive_rate_parity",
    "equalized_odds_difference": "equalized_odds",
}
TABLES = {"compas": "race", "adult": "sex", "law-school": "race", "synthetic": "g"}
FILES = {"compas": "compas-scores-two-years.csv", "adult": "adult.data", "law-school": "law_school_clean.csv"}


class AsItIs(ClassifierMixin, BaseEstimator):
    """An estimator whose prediction is its only feature."""

    classes_ = np.array([0, 1])

    def __init__(self):
        self.fitted_ = True

    def fit(self, features, label=None):
        return self

    def predict(self, features):
        return np.asarray(features).ravel()


@pytest.fixture(scope="module", params=TABLES)
def scored(request, needs_data):
    """Scores, labels and groups of 30 rows or more with both outcomes, and the same as a data set."""
    name = request.param
    if name == "synthetic":
        scores, label, codes = credit(8000, 4, 3)
    else:
        data = load(name, needs_data(FILES[name]).parent)
        data = data if data.score else cross_fitted(data)
        codes = grouping(data, (TABLES[name],))[1]
        scores, label = data.score_values(), data.label
    both = np.array([min((label[codes == g] == y).sum() for y in (0, 1)) >= 15 for g in range(codes.max() + 1)])
    kept = both[codes] & np.isfinite(scores) & (label >= 0)
    scores, label, codes = scores[kept], label[kept], codes[kept]
    return scores, label, codes, dataset(scores, label, g=[str(g) for g in codes])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", CONSTRAINTS)
def test_never_worse_at_equal_disparity(scored, key):
    scores, label, codes, data = scored
    kinds = ("randomised",)
    ours = find(data, Request(key, kinds=kinds, split="none", min_group=0))
    for tol in (None,) if key == "equalized_odds_difference" else (None, 0.02, 0.1):
        more = {} if tol is None else {"tol": tol}
        peer = ThresholdOptimizer(estimator=AsItIs(), constraints=CONSTRAINTS[key], objective="accuracy_score",
                                  prefit=True, predict_method="predict", **more)
        peer.fit(scores[:, None], label, sensitive_features=codes)
        chance = np.asarray(peer._pmf_predict(scores[:, None], sensitive_features=codes))[:, 1]
        theirs = np.where(label == 1, chance, 1 - chance).mean()
        gap = max(disparity(chance, label, codes, key))
        point = ours.at("randomised", gap)
        assert point.utility >= theirs - 1e-9
        assert point.disparity <= gap + 1e-9


def disparity(chance, label, codes, key):
    """Return each gap of expected rates that a key looks at."""
    outcomes = {"demographic_parity_difference": [None], "equal_opportunity_difference": [1],
                "predictive_equality_difference": [0], "equalized_odds_difference": [0, 1]}[key]
    for outcome in outcomes:
        among = np.ones(len(label), bool) if outcome is None else label == outcome
        yield np.ptp([chance[among & (codes == g)].mean() for g in np.unique(codes)])
