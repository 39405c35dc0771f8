"""Every rate and disparity against scikit-learn and fairlearn, from the rows, on real data."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from engine.assessment import Request, assess
from engine.cli import main
from engine.data.catalogue import load
from engine.metrics import DISPARITIES, RATES
from engine.policy import Policy
from engine.scoring.models import cross_fitted

FILES = {"compas": "compas-scores-two-years.csv", "adult": "adult.data", "law-school": "law_school_clean.csv"}
THRESHOLDS = {"compas": 5.0, "adult": 0.5, "law-school": 0.9}
TOLERANCE = {"rtol": 0, "atol": 1e-12}


@cache
def assessed(key, folder):
    """The data set with a score, and what the engine says of it; groups of any size compared."""
    dataset = load(key, folder)
    dataset = dataset if dataset.score is not None else cross_fitted(dataset)
    return dataset, assess(dataset, Request(policy=Policy.common(THRESHOLDS[key]), min_group=0))


@pytest.fixture(params=FILES)
def audited(request, needs_data):
    return request.param, *assessed(request.param, needs_data(FILES[request.param]).parent)


def rows(dataset, key):
    return dataset.label.astype(int), (dataset.score_values() >= THRESHOLDS[key]).astype(int)


@cache
def names_of_rows(dataset, attributes):
    """Return each row's group name, fixed-width text, which compares faster than objects."""
    columns = [dataset.attribute(name) for name in attributes]
    levels = [np.array(column.levels, dtype=object)[column.codes] for column in columns]
    return np.array([" x ".join(row) for row in zip(*levels, strict=True)])


def peers(favourable):
    """A function of (outcomes, decisions) for every rate; scikit-learn's and fairlearn's own where they have one."""
    from fairlearn import metrics as fairlearn
    from sklearn import metrics as sklearn

    def precision(y, d):
        return sklearn.precision_score(y, d, zero_division=np.nan)

    def negative_predictive_value(y, d):
        return sklearn.precision_score(y, d, pos_label=0, zero_division=np.nan)

    return {
        "selection_rate": fairlearn.selection_rate,
        "true_positive_rate": fairlearn.true_positive_rate,
        "false_positive_rate": fairlearn.false_positive_rate,
        "false_negative_rate": fairlearn.false_negative_rate,
        "true_negative_rate": fairlearn.true_negative_rate,
        "precision": precision,
        "negative_predictive_value": negative_predictive_value,
        "false_discovery_rate": lambda y, d: 1 - precision(y, d),
        "false_omission_rate": lambda y, d: 1 - negative_predictive_value(y, d),
        "accuracy": sklearn.accuracy_score,
        "balanced_accuracy": sklearn.balanced_accuracy_score,
        "f1": lambda y, d: sklearn.f1_score(y, d, zero_division=np.nan),
        "matthews_correlation": sklearn.matthews_corrcoef,
        "base_rate": lambda y, d: fairlearn.selection_rate(y, y),
        "expected_cost": sklearn.zero_one_loss,
        "favourable_rate": lambda y, d: fairlearn.selection_rate(y, d if favourable == "selected" else 1 - d),
    }


def is_defined(key, outcomes, decisions):
    """Whether a rate's denominator is not 0, said apart from the engine."""
    positive, selected = outcomes.any(), decisions.any()
    negative, rejected = not outcomes.all(), not decisions.all()
    return {
        "true_positive_rate": positive, "false_negative_rate": positive,
        "false_positive_rate": negative, "true_negative_rate": negative,
        "precision": selected, "false_discovery_rate": selected,
        "negative_predictive_value": rejected, "false_omission_rate": rejected,
        "balanced_accuracy": positive and negative, "f1": positive or selected,
        "matthews_correlation": positive and negative and selected and rejected,
    }.get(key, True)


def test_every_rate_has_a_peer():
    assert peers("selected").keys() == RATES.keys()


@pytest.mark.parametrize("rate", RATES)
def test_rates_equal_those_of_scikit_learn_and_fairlearn(audited, rate):
    key, dataset, found = audited
    outcomes, decisions = rows(dataset, key)
    peer = peers(dataset.roles.favourable)[rate]
    for result in found.groupings.values():
        group_of_row = names_of_rows(dataset, result.attributes)
        for g, name in enumerate(result.names):
            here = group_of_row == name
            ours = result.rates[rate][g]
            if here.any() and is_defined(rate, outcomes[here], decisions[here]):
                np.testing.assert_allclose(ours.value, peer(outcomes[here], decisions[here]), **TOLERANCE)
            else:
                assert np.isnan(ours.value)
                assert name in ours.reason


def test_areas_equal_scikit_learn_s(audited):
    from sklearn.metrics import roc_auc_score

    _, dataset, found = audited
    for result in found.groupings.values():
        group_of_row = names_of_rows(dataset, result.attributes)
        for g, name in enumerate(result.names):
            here = group_of_row == name
            outcomes = dataset.label[here]
            if len(set(outcomes.tolist())) == 2:
                theirs = roc_auc_score(outcomes, dataset.score_values()[here])
                np.testing.assert_allclose(result.auc[g].value, theirs, **TOLERANCE)
            else:
                assert np.isnan(result.auc[g].value)


def false_negatives_per_false_positive(outcomes, decisions):
    from sklearn.metrics import confusion_matrix

    (_, fp), (fn, _) = confusion_matrix(outcomes, decisions, labels=[0, 1])
    return fn / fp if fp else np.nan


@cache
def frame(rate, dataset, key, attributes):
    """fairlearn's table of a rate over the groups where it is defined; None under two groups."""
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import roc_auc_score

    odds = false_negatives_per_false_positive
    special = {"auc": (roc_auc_score, "balanced_accuracy"), "error_odds": (odds, "accuracy")}
    metric, need = special.get(rate) or (peers(dataset.roles.favourable)[rate], rate)
    outcomes, decisions = rows(dataset, key)
    group_of_row = names_of_rows(dataset, attributes)
    members = {g: group_of_row == g for g in np.unique(group_of_row)}
    groups = [g for g, here in members.items() if is_defined(need, outcomes[here], decisions[here])]
    kept = np.isin(group_of_row, groups)
    given = dataset.score_values() if rate == "auc" else decisions
    return MetricFrame(metrics=metric, y_true=outcomes[kept], y_pred=given[kept],
                       sensitive_features=group_of_row[kept]) if len(groups) > 1 else None


def theirs(rule, dataset, key, attributes):
    frames = [frame(rate, dataset, key, attributes) for rate in rule.rates]
    if None in frames:
        return np.nan
    return max(found.difference() if rule.form == "difference" else found.ratio() for found in frames)


@pytest.mark.parametrize("disparity", DISPARITIES)
def test_disparities_equal_fairlearn_s(audited, disparity):
    key, dataset, found = audited
    for result in found.groupings.values():
        ours = result.disparities[disparity]
        expected = theirs(DISPARITIES[disparity], dataset, key, result.attributes)
        if np.isnan(ours.value):
            assert ours.reason
        np.testing.assert_allclose(ours.value, expected, **TOLERANCE)


def test_named_disparities_of_fairlearn(audited):
    """Where every rate is defined, fairlearn's own functions of the same name give the same number."""
    from fairlearn import metrics as fairlearn

    key, dataset, found = audited
    outcomes, decisions = rows(dataset, key)
    attribute = "sex" if key != "law-school" else "race"
    groups = names_of_rows(dataset, (attribute,))
    for name in ("demographic_parity_difference", "demographic_parity_ratio", "equalized_odds_difference",
                 "equal_opportunity_difference"):
        expected = getattr(fairlearn, name)(outcomes, decisions, sensitive_features=groups)
        np.testing.assert_allclose(found.groupings[attribute].disparities[name].value, expected, **TOLERANCE)


def test_the_command_line_prints_the_same_numbers(audited, capsys, monkeypatch, needs_data):
    key, _, found = audited
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data(FILES[key]).parent))
    assert main(["rates", key, "--threshold", str(THRESHOLDS[key]), "--min-group", "0", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["groupings"]
    assert list(printed) == list(found.groupings)
    for name, result in found.groupings.items():
        for g, group in enumerate(result.names):
            for rate, column in result.rates.items():
                value = printed[name]["groups"][group]["rates"][rate]["value"]
                assert value == column[g].value or (value is None and np.isnan(column[g].value))
        for rule, gap_ in result.disparities.items():
            value = printed[name]["disparities"][rule]["value"]
            assert value == gap_.value or (value is None and np.isnan(gap_.value))
