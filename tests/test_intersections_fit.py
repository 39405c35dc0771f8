"""One penalised fit: right at no penalty, exact gradients, and never stuck where all predictions are equal."""

from __future__ import annotations

import numpy as np
import pytest

from engine.dependence.boosting import boost
from engine.dependence.families import FAMILIES
from engine.dependence.fit import Problem, Settings, _Task, fit
from engine.dependence.shapes import HiddenLayer, Sum
from engine.errors import InvalidData
from tests.gerrymandered import crossed

TIGHT = Settings(l2=0.0, tolerance=1e-10)


class Wide:
    """A penalty that is easy to check: the mean absolute difference of all pairs, between two groups or within."""

    def __init__(self, codes):
        same = codes[:, None] == codes
        self.weight = np.where(same, -1.0, 1.0) / len(codes) ** 2

    def value_and_gradient(self, prediction):
        signs = np.sign(prediction[:, None] - prediction)
        gradient = 2 * (self.weight * signs).sum(axis=1)
        return float(prediction @ gradient), gradient


def problem(task, n=400, seed=0, exposure=False, scale=None, weights=False):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    eta = x @ [0.7, -0.4, 0.0] - 0.3
    years = rng.uniform(0.2, 1.0, n) if exposure else None
    if task == "classification":
        y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
    elif task == "poisson":
        y = rng.poisson(np.exp(eta) * (years if exposure else 1.0)).astype(float)
    else:
        y = eta + rng.normal(size=n)
    share = rng.uniform(0.5, 2, n) if weights else np.ones(n)
    return Problem(x, y, FAMILIES[task], share / share.sum(), years, scale)


def test_an_unpenalised_line_is_least_squares():
    here = problem("regression", weights=True)
    root = np.sqrt(here.share)
    design = np.column_stack([here.features, np.ones(len(root))])
    wanted = np.linalg.lstsq(design * root[:, None], here.outcome * root, rcond=None)[0]
    assert fit(here, Sum(), settings=TIGHT).parameters == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("weights", [False, True])
def test_an_unpenalised_logistic_model_is_scikit_learn_s(weights):
    from sklearn.linear_model import LogisticRegression

    here = problem("classification", weights=weights)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    model.fit(here.features, here.outcome, sample_weight=here.share * len(here.share))
    found = fit(here, Sum(), settings=TIGHT).parameters
    assert found == pytest.approx(np.append(model.coef_, model.intercept_), abs=1e-5)


def test_an_unpenalised_poisson_model_is_scikit_learn_s_rate_model():
    from sklearn.linear_model import PoissonRegressor

    here = problem("poisson", exposure=True)
    model = PoissonRegressor(alpha=0, tol=1e-10, max_iter=2000)
    model.fit(here.features, here.outcome / here.exposure, sample_weight=here.exposure)
    found = fit(here, Sum(), settings=TIGHT).parameters
    assert found == pytest.approx(np.append(model.coef_, model.intercept_), abs=1e-4)


@pytest.mark.parametrize("task", FAMILIES)
def test_the_best_constant_cannot_be_bettered(task):
    here = problem(task, exposure=task == "poisson")
    losses = [here.loss(np.full(400, here.constant + step))[0] for step in (-1e-3, 0.0, 1e-3)]
    assert losses[1] == min(losses)
    assert losses[1] == here.constant_loss()


CASES = [("classification", None, False), ("classification", "linear", False), ("regression", None, False),
         ("poisson", "count", True), ("poisson", "rate", True), ("poisson", "linear", True)]


@pytest.mark.parametrize("shape", [Sum(), HiddenLayer(4)], ids=["sum", "hidden layer"])
@pytest.mark.parametrize(("task", "scale", "exposure"), CASES)
def test_the_gradient_is_that_of_the_objective(task, scale, exposure, shape):
    here = problem(task, 120, exposure=exposure, scale=scale)
    codes = np.random.default_rng(1).integers(0, 2, 120)
    rng = np.random.default_rng(2)
    ours = _Task(here, shape, Wide(codes), 3.0, Settings(l2=0.1), lambda: False)
    at = shape.start(3, 0.1, rng) + 0.3 * rng.normal(size=len(shape.start(3, 0.1, rng)))
    value, gradient = ours.objective(at)
    assert np.isfinite(value)
    step = 1e-6
    for k in range(len(at)):
        move = np.zeros(len(at))
        move[k] = step
        slope = (ours.objective(at + move)[0] - ours.objective(at - move)[0]) / (2 * step)
        assert gradient[k] == pytest.approx(slope, rel=2e-4, abs=2e-6)


class OneSided(Wide):
    """Distance covariance of two groups of equal size, V-version: four times it is their energy distance."""

    def __init__(self, codes):
        signs = np.where(codes == 1, 0.5, -0.5)
        self.weight = -signs[:, None] * signs / len(codes) ** 2


@pytest.fixture(scope="module")
def cross():
    x, y, a, b = crossed(600, 0)
    group = a ^ b
    return Problem(x, y, FAMILIES["classification"], np.full(600, 1 / 600)), OneSided(group)


def test_a_cold_start_ends_where_a_warm_one_does(cross):
    here, penalty = cross
    zero = np.zeros(6)   # all predictions equal: the penalty's gradient is 0 there and says nothing
    warm = fit(here, Sum(), penalty, 300.0, fit(here, Sum()).parameters)
    assert warm.iterations > 0
    for start in (None, zero):
        found = fit(here, Sum(), penalty, 300.0, start)
        assert found.iterations > 0
        assert found.objective == pytest.approx(warm.objective, abs=1e-3)
        assert found.objective < here.constant_loss() - 0.01


def test_without_the_guard_the_cold_start_is_a_trap(cross, monkeypatch):
    """So that the test above can fail."""
    here, penalty = cross
    monkeypatch.setattr("engine.dependence.fit.ATTEMPTS", 0)
    assert fit(here, Sum(), penalty, 300.0, np.zeros(6)).objective > here.constant_loss() - 1e-3


def test_a_warm_start_is_nearly_there(cross, monkeypatch):
    here, penalty = cross
    few = Settings(iterations=4)
    best = fit(here, Sum(), penalty, 22.0).objective
    monkeypatch.setattr("engine.dependence.fit.ATTEMPTS", 0)
    warm = fit(here, Sum(), penalty, 22.0, fit(here, Sum(), penalty, 20.0).parameters, few)
    cold = fit(here, Sum(), penalty, 22.0, fit(here, Sum()).parameters, few)
    assert warm.objective - best < 0.1 * (cold.objective - best)


def test_a_stronger_penalty_lowers_the_penalty_and_raises_the_loss(cross):
    here, penalty = cross
    found = [fit(here, Sum(), penalty, strength) for strength in (1.0, 10.0, 100.0)]
    assert sorted((f.penalty for f in found), reverse=True) == [f.penalty for f in found]
    assert sorted(f.loss for f in found) == [f.loss for f in found]


def counted():
    """Two features of few values, so that predictions tie in large groups: kinks where an optimiser may stop."""
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 2, 400)
    x = np.column_stack([np.minimum(rng.poisson(0.5 + codes * share), 4) for share in (0.5, 1.0)]).astype(float)
    y = (rng.random(400) < 1 / (1 + np.exp(1.5 - 0.4 * x.sum(axis=1)))).astype(float)
    return Problem(x, y, FAMILIES["classification"], np.full(400, 1 / 400)), OneSided(codes)


def ladder(here, penalty):
    start = fit(here, Sum()).parameters
    for strength in (1.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0):
        found = fit(here, Sum(), penalty, strength, start)
        start = found.parameters
        yield found.objective - here.constant_loss(), np.ptp(Sum().forward(start, here.features)[0])


def test_no_fit_is_worse_than_a_constant_and_a_collapsed_one_is_a_constant():
    found = list(ladder(*counted()))
    assert max(above for above, _ in found) <= 1e-9
    assert found[-1][1] == 0
    assert not any(0 < spread < 1e-6 for _, spread in found)


def test_without_drawing_in_a_fit_stops_at_a_kink(monkeypatch):
    """So that the test above can fail."""
    monkeypatch.setattr("engine.dependence.fit._drawn_in", lambda task, found: None)
    assert max(above for above, _ in ladder(*counted())) > 1e-3


def test_restarts_keep_the_lowest_objective(cross):
    here, _ = cross
    ends = []
    for seed in range(4):
        one, many = (fit(here, HiddenLayer(3), settings=Settings(iterations=15, restarts=restarts),
                         rng=np.random.default_rng(seed)).objective for restarts in (1, 3))
        ends.append(one - many)
    assert min(ends) >= 0      # the first start is the same
    assert max(ends) > 1e-4


def test_a_fit_stops_when_asked(cross):
    here, penalty = cross
    asked = []

    def cancelled():
        asked.append(0)
        return len(asked) > 5

    with pytest.raises(InvalidData, match="stopped"):
        fit(here, Sum(), penalty, 10.0, cancelled=cancelled)
    assert len(asked) == 6
    with pytest.raises(InvalidData, match="stopped"):
        boost(here, penalty, 10.0, 20, 0, cancelled=lambda: True)


@pytest.mark.parametrize(("task", "exposure"), [("classification", False), ("regression", False), ("poisson", True)])
def test_more_trees_lower_the_loss_and_the_best_round_is_kept(task, exposure):
    here = problem(task, 600, exposure=exposure)
    few, many = (boost(here, None, 0.0, rounds, 0) for rounds in (5, 40))
    assert many.loss < few.loss < here.constant_loss()
    assert len(few.trees) == 5
    assert here.loss(many.predictor(here.features))[0] == pytest.approx(many.loss)


def test_penalised_trees_depend_less_on_the_groups(cross):
    here, penalty = cross
    free, bound = (boost(here, penalty, strength, 30, 0) for strength in (0.0, 60.0))
    values = [penalty.value_and_gradient(here.family.mean(f.predictor(here.features)))[0] for f in (free, bound)]
    assert values[1] < 0.5 * values[0]
    assert bound.penalty == pytest.approx(values[1])
    assert bound.objective == pytest.approx(bound.loss + 60.0 * bound.penalty)
    level = boost(here, penalty, 1e5, 15, 0)
    assert (level.trees, level.objective) == ((), here.constant_loss())   # nothing beats the constant then
