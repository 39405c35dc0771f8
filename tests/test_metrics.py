import numpy as np
import pytest
from sklearn import metrics as sk

from engine.counting.counts import GroupCounts
from engine.metrics import DISPARITIES, RATES, Costs, denominator, rate_values

RNG = np.random.default_rng(0)
LABEL, CHOSEN = RNG.integers(0, 2, 400), RNG.integers(0, 2, 400)


def counts_of(label, chosen, weight=None):
    weight = np.ones(len(label)) if weight is None else weight
    cells = [weight[(chosen == c) & (label == y)].sum() for c, y in ((1, 1), (1, 0), (0, 1), (0, 0))]
    return GroupCounts.of(*(np.array([cell]) for cell in cells))


def by_scikit_learn(label, chosen):
    tn, fp, fn, tp = sk.confusion_matrix(label, chosen, labels=[0, 1]).ravel()
    return {
        "selection_rate": chosen.mean(),
        "true_positive_rate": sk.recall_score(label, chosen),
        "false_positive_rate": fp / (fp + tn),
        "false_negative_rate": fn / (fn + tp),
        "true_negative_rate": sk.recall_score(label, chosen, pos_label=0),
        "precision": sk.precision_score(label, chosen),
        "negative_predictive_value": sk.precision_score(label, chosen, pos_label=0),
        "false_discovery_rate": fp / (fp + tp),
        "false_omission_rate": fn / (fn + tn),
        "accuracy": sk.accuracy_score(label, chosen),
        "balanced_accuracy": sk.balanced_accuracy_score(label, chosen),
        "f1": sk.f1_score(label, chosen),
        "matthews_correlation": sk.matthews_corrcoef(label, chosen),
        "base_rate": label.mean(),
        "expected_cost": (fp + fn) / len(label),
        "favourable_rate": chosen.mean(),
    }


@pytest.mark.parametrize("key", RATES)
def test_every_rate_equals_scikit_learn(key):
    value = rate_values(counts_of(LABEL, CHOSEN))[key][0]
    assert value == pytest.approx(by_scikit_learn(LABEL, CHOSEN)[key], abs=1e-12)


@pytest.mark.parametrize("key", [key for key, rate in RATES.items() if rate.needs_outcome])
def test_nobody_at_all_is_undefined(key):
    empty = GroupCounts.of(*(np.array([0]) for _ in range(4)))
    assert np.isnan(rate_values(empty)[key][0])


@pytest.mark.parametrize(
    ("cells", "undefined"),
    [
        ((0, 2, 0, 3), {"true_positive_rate", "false_negative_rate", "balanced_accuracy", "matthews_correlation"}),
        ((2, 0, 3, 0), {"false_positive_rate", "true_negative_rate", "balanced_accuracy", "matthews_correlation"}),
        ((0, 0, 2, 3), {"precision", "false_discovery_rate", "matthews_correlation"}),
        (
            (0, 0, 0, 3),
            {
                "precision",
                "false_discovery_rate",
                "matthews_correlation",
                "true_positive_rate",
                "false_negative_rate",
                "balanced_accuracy",
                "f1",
            },
        ),
    ],
)
def test_exactly_the_rates_without_a_denominator_are_undefined(cells, undefined):
    values = rate_values(GroupCounts.of(*(np.array([cell]) for cell in cells)))
    assert {key for key, value in values.items() if np.isnan(value[0])} == undefined


def test_rows_without_an_outcome_count_in_selection_alone():
    values = np.array([[3, 1, 1, 5, 4, 6]])
    with_unknown = rate_values(GroupCounts(values, values))
    assert with_unknown["selection_rate"][0] == pytest.approx(8 / 20)
    assert with_unknown["accuracy"][0] == pytest.approx(8 / 10)
    assert rate_values(GroupCounts(values, values), "not-selected")["favourable_rate"][0] == pytest.approx(12 / 20)


def test_costs_weigh_errors():
    one = counts_of(LABEL, CHOSEN)
    expected = (2 * one.fp[0] + 5 * one.fn[0]) / 400
    assert rate_values(one, costs=Costs(2, 5))["expected_cost"][0] == pytest.approx(expected)


def test_effective_size_is_kish():
    weight = RNG.random(400)
    cells = [(c == CHOSEN) & (y == LABEL) for c, y in ((1, 1), (1, 0), (0, 1), (0, 0))]
    sums = [np.array([[*(p[cell].sum() for cell in cells), 0, 0]]) for p in (weight, np.ones(400), weight**2)]
    rows, effective = denominator(GroupCounts(*sums), "true_positive_rate")
    positive = weight[LABEL == 1]
    assert rows[0] == (LABEL == 1).sum()
    assert effective[0] == pytest.approx(positive.sum() ** 2 / (positive**2).sum())


def test_a_matthews_correlation_of_a_billion_rows_does_not_overflow():
    big = GroupCounts.of(*(np.array([k * 10**9]) for k in (3, 1, 1, 5)))
    small = GroupCounts.of(*(np.array([k]) for k in (3, 1, 1, 5)))
    key = "matthews_correlation"
    assert rate_values(big)[key][0] == pytest.approx(rate_values(small)[key][0], abs=1e-12)


def test_registries_are_those_of_the_contract():
    assert len(RATES) == 16
    assert len(DISPARITIES) == 10
    assert {rule.ideal for rule in DISPARITIES.values()} == {0.0, 1.0}
