"""Recalibration: the numbers of the specification, folds that no map looks into, and what cannot be mapped."""

from __future__ import annotations

import dataclasses
import inspect

import numpy as np
import pytest
from scipy.optimize import check_grad

from engine.assessment import Request
from engine.calibration import effects as effects_of
from engine.calibration import folds, h_calibration, logistic, maps, recalibrate
from engine.calibration.effects import GAPS, OTHER_SCALE, effects
from engine.calibration.folds import Rows, deal
from engine.calibration.maps import METHODS, best_out_of_fold, out_of_fold
from engine.calibration.recalibrate import CHOSEN, LEAST, RAW, USUAL, Recalibration, recalibrated
from engine.counting.table import CountTable
from engine.errors import InvalidData
from engine.policy import Policy
from tests.build import dataset


def logit(p):
    return np.log(p / (1 - p))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def two_bins(data, scores):
    """Two-bin calibration error of each group, cut at one half: |R_hi| + |R_lo|."""
    codes, residual, high = data.attributes[0].codes, data.label - scores, scores >= 0.5
    n = np.bincount(codes)
    return (np.abs(np.bincount(codes, residual * high)) + np.abs(np.bincount(codes, residual * ~high))) / n


def gaps(found):
    disparities = effects(found).after.groupings[found.groups.name].disparities
    return [disparities[key].value for key in GAPS]


@pytest.fixture(scope="module")
def synthetic():
    """A minority of 15 % whose scores are too high, a majority whose scores are too extreme: as in the prototype."""
    rng = np.random.default_rng(5)
    n = 12_000
    minority = (rng.random(n) < 0.15).astype(int)
    truth = np.clip(np.where(minority, rng.beta(2, 4, n), rng.beta(3, 3, n)), 1e-4, 1 - 1e-4)
    label = (rng.random(n) < truth).astype(int)
    score = sigmoid(np.where(minority, 1.6 * logit(truth) + 0.6, 1.3 * logit(truth) - 0.1))
    return dataset(score, label, g=np.array(["most", "few"])[minority].tolist())


@pytest.fixture(scope="module")
def compas(needs_data):
    import pandas as pd

    rows = pd.read_csv(needs_data("compas-scores-two-years.csv"))
    rows = rows[(rows.days_b_screening_arrest.abs() <= 30) & (rows.is_recid != -1) & (rows.c_charge_degree != "O")]
    rows = rows[rows.race.isin(["African-American", "Caucasian"])]
    return dataset(rows.decile_score.to_numpy() / 10 - 0.05, rows.two_year_recid, race=rows.race.tolist())


def found(data, method="platt", per_group=False, repeats=1, compare=(), **more):
    names = tuple(attribute.name for attribute in data.attributes)
    return recalibrated(data, Recalibration(method, per_group, names, repeats=repeats, compare=compare, **more))


# Section 3.4 of the specification, measured there with one seed and other folds: two-bin error, Brier, three gaps.
COMPAS = [
    ("platt", False, 0.0154, 0.2156, (0.245, 0.212, 0.203)), ("platt", True, 0.0157, 0.2154, (0.340, 0.322, 0.288)),
    ("temperature", True, 0.0380, 0.2163, (0.238, 0.227, 0.179)), ("beta", True, 0.0153, 0.2156, (0.340, 0.322, 0.288)),
    ("isotonic", True, 0.0022, 0.2158, (0.257, 0.242, 0.201)),
    ("centred_isotonic", True, 0.0023, 0.2157, (0.257, 0.242, 0.201)),
    ("binning", True, 0.0023, 0.2160, (0.257, 0.242, 0.201)),
]


@pytest.mark.parametrize(("method", "per_group", "error", "brier", "expected"), COMPAS)
def test_compas_rows_of_the_specification(compas, method, per_group, error, brier, expected):
    mapped = found(compas, method, per_group)
    assert two_bins(compas, mapped.scores).max() == pytest.approx(error, abs=0.004)
    assert ((mapped.scores - compas.label) ** 2).mean() == pytest.approx(brier, abs=0.0006)
    assert gaps(mapped) == pytest.approx(expected, abs=0.02)


def test_on_compas_a_pooled_map_helps_and_group_maps_widen_the_gaps(compas):
    raw = effects(found(compas)).before.groupings["race"].disparities
    before = [raw[key].value for key in GAPS]
    assert before == pytest.approx((0.238, 0.227, 0.179), abs=0.001)
    assert two_bins(compas, compas.score_values()).max() == pytest.approx(0.0996, abs=1e-4)
    pooled, own = found(compas, "platt", False), found(compas, "platt", True)
    assert two_bins(compas, pooled.scores).max() < 0.03
    assert all(after > now + 0.08 for after, now in zip(gaps(own), before, strict=True))


def test_a_pooled_map_can_make_a_minority_worse_while_the_total_improves(synthetic):
    raw = synthetic.score_values()
    pooled, own = found(synthetic).scores, found(synthetic, per_group=True)
    few = synthetic.attributes[0].levels.index("few")
    assert two_bins(synthetic, raw)[few] == pytest.approx(0.048, abs=0.001)
    assert two_bins(synthetic, pooled)[few] == pytest.approx(0.069, abs=0.003)
    assert ((pooled - synthetic.label) ** 2).mean() < ((raw - synthetic.label) ** 2).mean() - 0.001
    assert two_bins(synthetic, own.scores).max() < 0.008
    assert gaps(own) == pytest.approx((0.316, 0.293, 0.243), abs=0.02)


def test_temperature_changes_no_decision_at_one_half(synthetic):
    mapped = found(synthetic, "temperature", True).scores
    assert ((mapped >= 0.5) == (synthetic.score_values() >= 0.5)).all()


def test_no_public_function_gives_a_map_or_takes_rows_without_folds():
    """A map that could be had could be used on the rows it was fitted on."""
    modules = (maps, h_calibration, logistic, folds, recalibrate, effects_of)
    public = {name: value for module in modules for name, value in vars(module).items()
              if not name.startswith("_") and inspect.isfunction(value) and value.__module__.startswith("engine.calib")}
    assert set(public) == {
        "out_of_fold", "best_out_of_fold", "recalibrated", "possible", "version_name", "deal", "effects",
        "parameters", "loss", "logistic", "logit", "sigmoid", "log_loss",
    }
    for name in ("out_of_fold", "best_out_of_fold"):
        assert inspect.signature(public[name]).parameters["rows"].annotation == "Rows"
    assert not any("Callable" in str(inspect.signature(function).return_annotation) for function in public.values())


@pytest.mark.parametrize("method", METHODS)
def test_a_row_has_no_part_in_the_map_that_maps_it(synthetic, method):
    """Change the outcomes of one fold: its own scores stay to the last bit, the others change."""
    keep = np.arange(0, 12_000, 12)
    score, label = synthetic.score_values()[keep], synthetic.label[keep].astype(float)
    group = np.zeros(len(keep), dtype=np.int64)
    fold = deal(label, group, 4, np.random.default_rng(0))
    before, after = (out_of_fold(method, Rows(score, given, group, fold, 1, True), [False])
                     for given in (label, np.where(fold == 2, 1 - label, label)))
    assert (before[fold == 2] == after[fold == 2]).all()
    assert (before[fold != 2] != after[fold != 2]).any()


def test_the_exact_zeros_of_a_map_judged_on_its_own_rows_cannot_be_had(synthetic):
    from sklearn.isotonic import IsotonicRegression

    mapped, codes = np.zeros(synthetic.n), synthetic.attributes[0].codes
    for g in (0, 1):
        mine = codes == g
        mapped[mine] = IsotonicRegression().fit_transform(synthetic.score_values()[mine], synthetic.label[mine])
    assert two_bins(synthetic, mapped).max() < 1e-9              # what we refuse to show
    for seed in range(3):
        ours = found(synthetic, "isotonic", True, seed=seed)
        assert two_bins(synthetic, ours.scores).min() > 1e-5


def test_choosing_a_method_leaves_the_row_out_too(synthetic):
    keep = np.arange(0, 12_000, 6)
    score, label = synthetic.score_values()[keep], synthetic.label[keep].astype(float)
    group = np.zeros(len(keep), dtype=np.int64)
    fold = deal(label, group, 4, np.random.default_rng(0))
    flipped = np.where(fold == 1, 1 - label, label)
    (before, first), (after, second) = (best_out_of_fold(("platt", "binning"), Rows(score, y, group, fold, 1, True),
                                                         [False]) for y in (label, flipped))
    assert first[1] == second[1]
    assert (before[fold == 1] == after[fold == 1]).all()


def test_the_method_chosen_is_that_of_lowest_loss_on_the_other_folds(compas):
    mapped = found(compas, CHOSEN, compare=("temperature", "platt"))
    assert mapped.chosen == ("platt",) * 5       # .6211 against .6227, fold by fold
    assert mapped.losses[CHOSEN].values == pytest.approx(mapped.losses["platt"].values, abs=1e-12)


def test_folds_hold_every_group_and_outcome_alike():
    rng = np.random.default_rng(1)
    label, group = (rng.random(997) < 0.3).astype(float), rng.integers(0, 3, 997)
    label[::10] = np.nan
    fold = deal(label, group, 5, rng)
    assert (fold[::10] == -1).all()
    for g in range(3):
        for value in (0, 1):
            counts = np.bincount(fold[(group == g) & (label == value)], minlength=5)
            assert np.ptp(counts) <= 1


def test_small_and_one_sided_groups_take_the_pooled_map_and_are_named(synthetic):
    rng = np.random.default_rng(2)
    sizes = {"large": 900, "short": 60, "one-sided": 100, "exact": 63}
    group = [name for name, size in sizes.items() for _ in range(size)]
    score = rng.random(len(group))
    label = np.where(np.array(group) == "one-sided", 1, rng.random(len(group)) < score).astype(int)
    data = dataset(score, label, g=group)
    own, pooled = found(data, per_group=True), found(data)
    assert dict(own.fallbacks) == {"short": "48 rows to fit on, fewer than 50", "one-sided": "no negatives to fit on"}
    assert LEAST == 50
    for name in sizes:
        mine = np.array(group) == name
        assert (own.scores[mine] == pooled.scores[mine]).all() == (name in dict(own.fallbacks))
    assert "group" in own.needs
    assert pooled.needs is None


def test_rows_without_outcome_get_the_mean_of_the_maps_and_rows_without_score_none():
    rng = np.random.default_rng(3)
    score = rng.random(600)
    label = (rng.random(600) < score).astype(np.int8)
    label[:50] = -1
    score[550:] = np.nan
    mapped = found(dataset(score, label)).scores
    assert np.isnan(mapped[550:]).all()
    assert np.isfinite(mapped[:550]).all()
    order = np.argsort(score[:50])
    assert (np.diff(mapped[:50][order]) > 0).all()   # the mean of five rising curves


def test_losses_are_those_of_scikit_learn_and_seeds_differ(synthetic):
    from sklearn.metrics import log_loss

    mapped = found(synthetic, repeats=5, compare=("beta",))
    assert len(mapped.repeated) == 5
    for scores, loss in zip(mapped.repeated, mapped.losses["platt"].values, strict=True):
        assert loss == pytest.approx(log_loss(synthetic.label, scores), abs=1e-12)
    assert len(set(mapped.losses["platt"].values)) == 5
    assert mapped.losses[RAW].values[0] == pytest.approx(log_loss(synthetic.label, synthetic.score_values()))
    assert set(mapped.losses) == {RAW, "platt", "beta"}
    assert {len(values) for values in effects(mapped).spread.values()} == {5}


def test_a_score_outside_zero_to_one_can_be_mapped_by_some_methods_and_its_threshold_is_not_kept(compas):
    deciles = dataset(np.rint(10 * compas.score_values() + 0.5), compas.label, g=["a"] * compas.n)
    mapped = recalibrated(deciles, Recalibration("isotonic", repeats=1))
    assert mapped.scores == pytest.approx(recalibrated(compas, Recalibration("isotonic", repeats=1)).scores, abs=0.05)
    assert np.isnan(mapped.losses[RAW].values).all()
    assert "no probability" in mapped.losses[RAW].reason
    assert "temperature" not in mapped.losses
    with pytest.raises(InvalidData, match="between 0 and 1"):
        recalibrated(deciles, Recalibration("beta"))
    seen = effects(mapped, Request(Policy.common(5.0, "s"), (("g",),)))
    assert (seen.before.policy.otherwise, seen.after.policy.otherwise, seen.said) == (5.0, 0.5, OTHER_SCALE)


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_probabilities_and_the_same_again(synthetic, method):
    small = dataset(synthetic.score_values()[::10], synthetic.label[::10])
    first, second = (recalibrated(small, Recalibration(method, repeats=1, compare=())).scores for _ in range(2))
    assert (first == second).all()
    assert ((first >= 0) & (first <= 1)).all()


def test_a_weight_counts_as_rows(synthetic):
    """Fits use weights: with whole weights the curve is that of repeated rows, but for Platt's two imagined ones."""
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(400), rng.normal(size=400)])
    y, weight = (rng.random(400) < 0.4).astype(float), rng.integers(1, 4, 400)
    repeated = np.repeat(np.arange(400), weight)
    one = logistic.logistic(x, y, weight.astype(float))
    assert one == pytest.approx(logistic.logistic(x[repeated], y[repeated], np.ones(len(repeated))), abs=1e-9)


def test_logistic_coefficients_are_those_of_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(900), rng.normal(size=(900, 2))])
    y = (rng.random(900) < sigmoid(x @ [0.3, 1.0, -2.0])).astype(float)
    assert logistic.logistic(x, y, np.ones(900)) == pytest.approx(sm.Logit(y, x).fit(disp=0).params, abs=1e-6)


def test_scores_that_separate_the_outcomes_have_finite_maps():
    score = np.repeat([0.2, 0.8], 40)
    mapped = recalibrated(dataset(score, (score > 0.5).astype(int)), Recalibration(repeats=1, compare=())).scores
    assert ((mapped > 0) & (mapped < 1)).all()
    assert set(np.round(mapped, 3)) == {0.029, 0.971}     # 1 / (32 + 2) and its complement: Platt's targets


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_score_becomes_the_share_of_events(method):
    label = np.tile([0, 0, 1, 0], 100)
    mapped = recalibrated(dataset(np.full(400, 0.6), label), Recalibration(method, repeats=1, compare=())).scores
    if method != "temperature":     # one slope cannot move a score across one half
        assert mapped == pytest.approx(np.full(400, 0.25), abs=0.01)
    else:
        assert mapped == pytest.approx(np.full(400, 0.5), abs=0.01)


def test_h_calibration_has_its_gradient_and_finds_the_truth_with_the_positive_column():
    rng = np.random.default_rng(4)
    truth = rng.beta(2, 6, 40_000)
    label = (rng.random(40_000) < truth).astype(float)
    order = np.argsort(truth)
    ordered, outcome = logit(truth)[order], label[order]
    for point in ([0.3, 0.2], [-0.5, -0.3]):
        error = check_grad(lambda p: h_calibration.loss(p, ordered, outcome, 200)[0],
                           lambda p: h_calibration.loss(p, ordered, outcome, 200)[1], np.array(point))
        assert error < 1e-4
    a, b = h_calibration.parameters(logit(truth), label, (0.5, 0.2))
    assert (a, b) == pytest.approx((0, 0), abs=0.12)   # the two-column iteration of the paper's code ends at a = 1


def test_versions_have_names_of_their_own(synthetic):
    whom = ((False, ()), (False, ("g",)), (True, ("g",)))
    asked = [Recalibration(method, own, attributes, folds=folds, seed=seed) for method in ("platt", "beta", CHOSEN)
             for own, attributes in whom for folds in (3, 5) for seed in (0, 1)]
    asked.append(Recalibration(CHOSEN, compare=("platt", "beta")))
    names = {recalibrate.version_name(synthetic, request) for request in asked}
    assert len(names) == len(asked)


def test_the_version_says_where_it_came_from_and_the_original_is_kept(synthetic):
    mapped = found(synthetic, per_group=True, seed=7)
    data = mapped.version()
    assert data.score == mapped.name == "Platt per g of s (5 folds, seed 7)"
    assert data.score_source == "recalibrated"
    assert (data.scores["s"] == synthetic.scores["s"]).all()
    assert "needs to know each person's group" in data.issues[-1].do
    assert data.using("s").score_source == "column"
    assert data.using("s").using(mapped.name).score_source == "recalibrated"


def test_work_can_be_stopped_and_is_told(synthetic):
    told = []
    small = dataset(synthetic.score_values()[::20], synthetic.label[::20])
    recalibrated(small, Recalibration(repeats=2, compare=("beta",)), lambda share, words: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1
    with pytest.raises(InvalidData, match="stopped"):
        recalibrated(small, Recalibration(), cancelled=lambda: True)


@pytest.mark.parametrize(("change", "match"), [
    ({"method": "magic"}, "method must be known"), ({"compare": ("magic",)}, "method must be known"),
    ({"folds": 1}, "2 folds"), ({"method": CHOSEN, "folds": 2}, "3 folds"), ({"repeats": 0}, "one seed"),
    ({"method": CHOSEN, "compare": ()}, "a method"), ({"per_group": True}, "need groups"),
    ({"attributes": ("<b>",)}, "protected attributes"),
])
def test_a_request_that_cannot_be_is_refused_in_a_sentence(synthetic, change, match):
    with pytest.raises(InvalidData, match=match):
        recalibrated(synthetic, Recalibration(**change))


def test_effects_need_groups(synthetic):
    alone = recalibrated(dataset(synthetic.score_values(), synthetic.label), Recalibration(repeats=1, compare=()))
    with pytest.raises(InvalidData, match="protected attribute"):
        effects(alone)


def test_data_that_cannot_be_mapped_are_refused():
    rng = np.random.default_rng(0)
    for data in (dataset(rng.random(40), rng.integers(0, 2, 40)), dataset(rng.random(99), np.arange(99) < 3),
                 dataset(rng.random(99), None)):
        with pytest.raises(InvalidData):
            recalibrated(data)
    assert "h_calibration" not in USUAL


def test_a_table_of_counts_is_refused_as_rows_are_needed(synthetic):
    counted = dataclasses.replace(synthetic, counts=CountTable.build(synthetic, ("g",)))
    with pytest.raises(InvalidData, match="needs rows"):
        recalibrated(counted)


@pytest.mark.slow
def test_compas_forest_of_the_specification(needs_data):
    """Raw to group Platt on out-of-fold scores of a random forest: calibration mends, all three gaps widen."""
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_predict

    rows = pd.read_csv(needs_data("compas-scores-two-years.csv"))
    rows = rows[(rows.days_b_screening_arrest.abs() <= 30) & (rows.is_recid != -1) & (rows.c_charge_degree != "O")]
    rows = rows[rows.race.isin(["African-American", "Caucasian"])]
    numbers = rows[["age", "priors_count", "juv_fel_count", "juv_misd_count"]]
    features = np.column_stack([numbers, rows.c_charge_degree == "F", rows.sex == "Male"]).astype(float)
    forest = RandomForestClassifier(300, min_samples_leaf=3, random_state=0)
    score = cross_val_predict(forest, features, rows.two_year_recid, cv=5, method="predict_proba")[:, 1]
    data = dataset(score, rows.two_year_recid, race=rows.race.tolist())
    own = found(data, per_group=True)
    raw = effects(own).before.groupings["race"].disparities
    assert [raw[key].value for key in GAPS] == pytest.approx((0.209, 0.214, 0.131), abs=0.01)
    assert gaps(own) == pytest.approx((0.324, 0.360, 0.229), abs=0.03)
    assert two_bins(data, score).max() == pytest.approx(0.043, abs=0.003)
    assert two_bins(data, own.scores).max() == pytest.approx(0.015, abs=0.005)
