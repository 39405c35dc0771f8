"""A path: divided rows, strengths that mean something, measures on rows that trained nothing, a score to take away."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.data.catalogue import load
from engine.dependence import Request, explore
from engine.dependence.division import divided, outcome_groups
from engine.dependence.markers import marked
from engine.errors import InvalidData
from engine.types import AttributeValues
from tests.gerrymandered import aged, attribute, coins, crossed, data

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Setting")
FEW = (0.0, 0.3, 3.0)


@pytest.fixture(scope="module")
def people():
    return coins(3000)


@pytest.fixture(scope="module")
def path(people):
    return explore(people, Request(kappas=FEW, baselines=("marginal",)))


def test_rows_are_divided_alike_in_every_cell_and_outcome():
    rng = np.random.default_rng(0)
    strata = rng.integers(0, 8, 4000)
    part = divided(strata, (0.25, 0.25), 0)
    assert np.bincount(part, minlength=3).tolist() == [2000, 1000, 1000]
    for stratum in range(8):
        counts = np.bincount(part[strata == stratum], minlength=3)
        whole = counts.sum()
        assert abs(counts - whole * np.array([0.5, 0.25, 0.25])).max() <= 2
    assert (divided(strata, (0.25, 0.25), 0) == part).all()
    assert (divided(strata, (0.25, 0.25), 1) != part).any()
    assert outcome_groups(np.array([0.0, 7.0]), "poisson").tolist() == [0, 4]
    assert np.bincount(outcome_groups(rng.normal(size=400), "regression")).tolist() == [100] * 4


def test_no_row_trains_and_reports(people, path):
    assert sum(path.rows) == people.n
    assert path.rows == (1500, 750, 750)
    assert len(path.held) == 1500
    assert path.test.sum() == 750
    assert all(point.test.n == point.validation.n == 750 for point in path.points)


def test_a_stronger_penalty_loses_more_and_depends_less(path):
    points = path.points
    assert [point.kappa for point in points] == list(FEW)
    assert points[0].test.intersectional_gap.value > 0.25
    assert points[0].test.marginal_gap.value < 0.1                      # no attribute alone shows it
    assert points[2].test.intersectional_gap.value < 0.15
    for part in ("validation", "test"):
        found = [getattr(point, part) for point in points]
        assert [m.jsd for m in found] == sorted((m.jsd for m in found), reverse=True)
        assert [m.ccdcov for m in found] == sorted((m.ccdcov for m in found), reverse=True)
        assert [m.performance.value for m in found] == sorted((m.performance.value for m in found), reverse=True)
    assert [point.training_loss for point in points] == sorted(point.training_loss for point in points)


def test_lambda_is_kappa_times_gain_over_penalty(path):
    unit = path.calibration.gain / path.calibration.penalty
    assert path.calibration.unit == pytest.approx(unit)
    assert path.points[0].training_penalty == pytest.approx(path.calibration.penalty)
    assert [point.strength for point in path.points] == pytest.approx([kappa * unit for kappa in FEW])


def test_measures_are_those_of_the_test_rows(people, path):
    import dcor
    from sklearn.metrics import log_loss, roc_auc_score

    for point in path.points:
        p, rows = path.prediction(point)[path.test], path.held[path.test]
        label = people.label[rows]
        assert point.test.loss.value == pytest.approx(log_loss(label, p))
        assert point.test.performance.value == pytest.approx(roc_auc_score(label, p))
        cell = people.attributes[0].codes[rows] * 2 + people.attributes[1].codes[rows]
        rates = [(p[cell == g] >= 0.5).mean() for g in range(4)]
        gap = point.test.intersectional_gap
        assert gap.value == pytest.approx(max(rates) - min(rates))
        assert gap.low <= gap.value <= gap.high
        assert point.test.spread == pytest.approx(p.std())
        coins_here = np.column_stack([people.attributes[k].codes[rows] for k in (0, 1)]).astype(float)
        assert point.test.ccdcov == pytest.approx(dcor.u_distance_covariance_sqr(p[:, None], coins_here))
        assert point.test.dcor == pytest.approx(dcor.u_distance_correlation_sqr(p[:, None], coins_here))
        assert point.test.calibration_slope == pytest.approx(np.polyfit(p, label, 1)[0])


def test_the_sum_of_marginal_penalties_does_not_see_the_combination(path):
    blind = path.baselines[-1]
    assert blind.strength == path.points[-1].strength
    assert blind.test.intersectional_gap.value > 0.25 > path.points[-1].test.intersectional_gap.value


def test_strengths_come_back_in_the_order_asked_for(people):
    found = explore(people, Request(lambdas=(30.0, 3.0), shuffles=2))
    assert [point.strength for point in found.points] == [30.0, 3.0]
    assert found.points[0].kappa == pytest.approx(30.0 / found.calibration.unit)
    assert found.points[0].test.jsd < found.points[1].test.jsd


def test_the_same_request_gives_the_same_numbers(people, path):
    again = explore(people, path.plan.request)
    assert [p.test for p in again.points] == [p.test for p in path.points]
    other = explore(people, dataclasses.replace(path.plan.request, seed=1))
    assert other.points[0].test != path.points[0].test


def test_progress_rises_and_a_stop_is_obeyed(people):
    told = []
    explore(people, Request(kappas=FEW, shuffles=2), progress=lambda share, words: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len(set(told)) > 10
    for patience in (0, 3, 30):
        asked = []

        def cancelled(asked=asked, patience=patience):
            asked.append(0)
            return len(asked) > patience

        with pytest.raises(InvalidData, match="stopped"):
            explore(people, Request(kappas=FEW, baselines=("marginal",)), cancelled=cancelled)
        assert len(asked) == patience + 1


def test_baselines_have_their_share_of_the_progress(people):
    told = []
    explore(people, Request(kappas=FEW, shuffles=2, baselines=("marginal",)),
            progress=lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    begun = min(share for share, words in told if words.startswith("sum of marginal penalties, strength"))
    assert shares == sorted(shares)
    assert 0.4 < begun < 0.8
    assert len({share for share in shares if share > begun}) > 5


def fake(divergence, loss, null=0.02, collapsed=()):
    """Return a point whose validation rows say this, of an ever greater strength."""
    return [
        type("Point", (), {"strength": float(k), "collapsed": k in collapsed, "validation": type("Measures", (), {
            "jsd": d, "jsd_null_high": null, "loss": type("Loss", (), {"value": y})})})
        for k, (d, y) in enumerate(zip(divergence, loss, strict=True))
    ]


def test_markers_by_hand():
    points = fake([1.0, 0.3, 0.05, 0.01], [0.0, 0.1, 0.5, 1.0])
    assert marked(points, 0.06) == type(marked(points, None))(2, 3, 1)
    assert marked(points[::-1], 0.3).meets_target == 2     # the place in the order given
    assert marked(points, None).meets_target is None
    line = fake([1.0, 0.5, 0.0], [0.0, 0.5, 1.0], null=0.0)
    assert (marked(line, None).knee, marked(line, None).inside_null) == (None, 2)
    assert marked(fake([1.0, 0.9], [0.0, 1.0]), None).knee is None


def test_a_model_that_gives_everybody_one_number_is_never_marked():
    points = fake([1.0, 0.3, 0.0], [0.0, 0.1, 1.0], collapsed=(2,))
    assert marked(points, 0.06) == type(marked(points, None))(None, None, 1)
    assert marked(fake([1.0, 0.3, 0.0], [0.0, 0.1, 1.0], collapsed=(1, 2)), 0.3).knee is None


def test_a_path_that_collapses_has_no_point_inside_the_band():
    """At an enormous strength the only model left is one number, whose divergence is 0 by definition."""
    found = explore(coins(400), Request(kappas=(0.0, 1e9), shuffles=5, target=0.001))
    assert found.points[1].collapsed
    assert (found.points[1].validation.jsd, found.points[1].validation.jsd_null_high) == (0.0, 0.0)
    assert 1 not in dataclasses.astuple(found.markers)


def test_exponentiated_gradient_is_stopped_within_a_bound(monkeypatch):
    from sklearn.linear_model import LogisticRegression

    fits, told = [], []
    fit = LogisticRegression.fit
    monkeypatch.setattr(LogisticRegression, "fit", lambda self, *given, **named: fits.append(0) or fit(
        self, *given, **named))

    with pytest.raises(InvalidData, match="stopped"):
        explore(coins(400), Request(kappas=(0.0,), shuffles=2, baselines=("exponentiated_gradient",)),
                progress=lambda share, words: told.append(words), cancelled=lambda: len(fits) >= 3)
    assert len(fits) == 3
    assert {words for words in told if "gap" in words} == {told[-1]}   # the first bound alone was begun


def test_a_hidden_layer_finds_what_a_sum_cannot():
    """The outcome depends on a product of two features, so that a weighted sum gains nothing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2400, 2))
    a = (x[:, 0] + rng.normal(size=2400) > 0).astype(int)
    y = (rng.random(2400) < 1 / (1 + np.exp(-2 * x[:, 0] * x[:, 1]))).astype(float)
    people = data(x, (attribute("a", a), attribute("b", rng.integers(0, 2, 2400))), label=y)
    asked = Request(kappas=(0.0, 1.0), hidden=6, restarts=2, rounds=40, shuffles=2)
    found = {model: explore(people, dataclasses.replace(asked, model=model))
             for model in ("logistic", "mlp", "gbm")}
    assert found["logistic"].points[0].test.performance.value < 0.58
    for model in ("mlp", "gbm"):
        assert found[model].points[0].test.performance.value > 0.68
        assert found[model].points[1].training_penalty <= found[model].points[0].training_penalty


def test_counts_with_exposure_on_each_scale():
    x, _, sex, age = aged(2400, 0)
    rng = np.random.default_rng(3)
    years = rng.uniform(0.2, 1, 2400)
    claims = rng.poisson(years * np.exp(0.5 * x[:, 2] - 0.7)).astype(float)
    old = AttributeValues("age", "continuous", np.digitize(age, [0.5]).astype(np.int32), ("young", "old"), None, age)
    people = data(x, (attribute("sex", sex), old), target=claims, target_kind="count", exposure=years)
    for scale in ("count", "rate", "linear"):
        found = explore(people, Request(scale=scale, kappas=(0.0, 1.0), shuffles=5))
        free, bound = found.points
        assert found.plan.family.performance == "rps"
        assert found.estimator == ("V" if scale == "rate" else "U")
        assert found.gap_is == "expected count per unit of exposure"
        assert bound.training_penalty < 0.5 * free.training_penalty
        rows, years_held = found.held[found.test], years[found.held[found.test]]
        seen = found.prediction(free)[found.test]
        counts = seen * years_held if scale == "rate" else seen
        cell = sex[rows] * 2 + (age[rows] >= 0.5)
        rates = np.bincount(cell, counts) / np.bincount(cell, years_held)
        assert free.test.intersectional_gap.value == pytest.approx(np.ptp(rates))
    assert found.plan.continuous == ("age",)


def test_a_measurement_has_a_root_mean_squared_error_and_a_robust_divergence():
    x, y, a, b = crossed(1500, 2)
    people = data(x, (attribute("a", a), attribute("b", b)), target=10 * y + x[:, 0])
    found = explore(people, Request(kappas=(0.0, 3.0)))
    free, bound = found.points
    assert (found.plan.divergence, found.plan.family.performance) == ("robust", "rmse")
    assert free.test.performance.value == pytest.approx(np.sqrt(2 * free.test.loss.value))
    assert bound.test.intersectional_gap.value < 0.3 * free.test.intersectional_gap.value
    assert found.gap_is == "mean prediction"


def test_weights_are_used_everywhere():
    people = coins(1200, weight=np.random.default_rng(0).integers(1, 4, 1200).astype(float))
    found = explore(people, Request(kappas=(0.0, 1.0), shuffles=2, baselines=("exponentiated_gradient",)))
    assert found.estimator == "V"
    assert found.skipped[0][0].startswith("exponentiated gradient")
    assert "weights" in found.skipped[0][1]
    rows = found.held[found.test]
    p, label, weight = found.prediction(found.points[0])[found.test], people.label[rows], people.weight[rows]
    loss = -np.average(np.where(label == 1, np.log(p), np.log(1 - p)), weights=weight)
    assert found.points[0].test.loss.value == pytest.approx(loss)
    centre = np.average(p, weights=weight)
    assert found.points[0].test.spread == pytest.approx(np.sqrt(np.average((p - centre) ** 2, weights=weight)))
    cell = people.attributes[0].codes[rows] * 2 + people.attributes[1].codes[rows]
    rates = [np.average(p[cell == g] >= 0.5, weights=weight[cell == g]) for g in range(4)]
    assert found.points[0].test.intersectional_gap.value == pytest.approx(np.ptp(rates))


def test_rows_without_a_protected_value_are_a_level_of_their_own():
    x, y, a, b = crossed(1500, 4)
    a = np.where(np.random.default_rng(0).random(1500) < 0.1, 2, a)
    people = data(x, (attribute("a", a, ("0", "1", "missing")), attribute("b", b)), label=y)
    found = explore(people, Request(kappas=(0.0, 1.0), shuffles=2))
    assert "missing x 0" in found.cells.names
    assert sum(found.rows) == 1500


def test_fairlearn_on_the_cells_is_measured_alike():
    found = explore(coins(1200), Request(kappas=(0.0,), shuffles=2, baselines=("exponentiated_gradient",)))
    strict, loose = found.baselines
    assert strict.test.intersectional_gap.value < loose.test.intersectional_gap.value < 0.32
    assert strict.test.performance.value < found.points[0].test.performance.value
    assert strict.test.loss.value > found.points[0].test.loss.value
    assert strict.strength is None
    assert "lottery" in strict.message


@pytest.mark.parametrize(("request_", "words"), [
    (Request(task="regression"), "numeric outcome"), (Request(model="linear"), "model"),
    (Request(scale="count"), "scale"), (Request(attributes=()), "protected attribute"),
    (Request(attributes=("c",)), "attribute"), (Request(as_continuous=("a",)), "numbers"),
    (Request(kappas=()), "strengths"), (Request(kappas=(-1.0,)), "strengths"), (Request(c=0.0), "c must"),
    (Request(shares=(0.5, 0.5)), "train"), (Request(penalty="hgr"), "penalty"), (Request(hidden=0), "hidden"),
])
def test_what_cannot_be_asked_is_refused(people, request_, words):
    with pytest.raises(InvalidData, match=words):
        explore(people, request_)


def test_data_without_what_it_needs_is_refused(people):
    with pytest.raises(InvalidData, match="features"):
        explore(dataclasses.replace(people, features=()), Request())
    with pytest.raises(InvalidData, match="needs rows"):
        explore(dataclasses.replace(people, counts=object()), Request())
    with pytest.raises(InvalidData, match="both outcomes"):
        explore(dataclasses.replace(people, label=np.ones(3000, dtype=np.int8)), Request())


def test_features_that_say_nothing_are_said():
    noise = data(np.ones((400, 1)), (attribute("a", np.tile([0, 1], 200)),),
                 label=np.tile([0.0, 0.0, 1.0, 1.0], 100))
    found = explore(noise, Request(kappas=(0.0, 1.0), shuffles=2))
    assert found.calibration.note
    assert all(point.collapsed for point in found.points)


@pytest.mark.parametrize("key", ["compas", "diabetes"])
def test_real_data_run_from_end_to_end(key, needs_data):
    if key == "compas":
        needs_data("compas-scores-two-years.csv")
    found = explore(load(key), Request(kappas=(0.0, 1.0), shuffles=10))
    free, bound = found.points
    assert found.plan.continuous == ("age",)
    assert found.error == 0
    assert found.route.startswith("exact")
    assert bound.test.ccdcov < free.test.ccdcov
    assert bound.validation.loss.value > free.validation.loss.value
