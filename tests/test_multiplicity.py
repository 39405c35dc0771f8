"""How arbitrary scores are: brute force on columns, exact constrained optimisation for all logistic models at once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.optimize import NonlinearConstraint, minimize

from engine.calibration.level_set import SECOND_ORDER, level_set, penalised_loss
from engine.calibration.multiplicity import ALONE, HELD_OUT, Question, from_columns
from engine.calibration.ribbon import FEWEST, ribbon
from engine.errors import InvalidData
from engine.types import Feature
from tests.build import dataset


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def versions(n=800, count=4, noise=0.1, seed=0, groups=("a", "b", "c")):
    rng = np.random.default_rng(seed)
    truth = rng.beta(2, 3, n)
    group = [groups[k] for k in rng.integers(0, len(groups), n)]
    data = dataset(truth, (rng.random(n) < truth).astype(int), g=group)
    others = {f"v{k}": np.clip(truth + noise * rng.normal(size=n), 0.01, 0.99) for k in range(count)}
    return dataclasses.replace(data, scores={**data.scores, **others})


def trained(n=6000, seed=3, columns=8):
    """The prototype's design: a minority of 15 % for whom other columns matter."""
    rng = np.random.default_rng(seed)
    group = (rng.random(n) < 0.15).astype(int)
    x = rng.normal(size=(n, columns))
    x[:, 0] += 0.5 * group
    most, few = np.zeros(columns), np.zeros(columns)
    most[:4], few[:4] = (1, 0.6, -0.5, 0.3), (0.2, 1.2, 0.4, 0.3)
    truth = sigmoid(np.where(group, x @ few, x @ most) - 0.3)
    data = dataset(truth, (rng.random(n) < truth).astype(int), g=np.array(["most", "few"])[group].tolist())
    return dataclasses.replace(data, features=tuple(Feature(f"x{k}", x[:, k]) for k in range(columns)))


@pytest.fixture(scope="module")
def near_best():
    return level_set(trained())


def test_columns_against_a_loop_over_rows():
    data = versions()
    asked = Question(epsilon=1.0, deltas=(0.0, 0.05, 0.1, 0.3), threshold=0.4, attributes=("g",))
    found = from_columns(data, asked)
    scores = np.column_stack([data.scores[name] for name in ("s", "v0", "v1", "v2", "v3")])
    codes = data.attributes[0].codes
    for place, rows in enumerate([np.arange(data.n), *(np.flatnonzero(codes == g) for g in range(3))]):
        away = np.abs(scores[rows] - scores[rows, :1])
        for d, delta in enumerate(asked.deltas):
            assert found.ambiguity[place, d] == pytest.approx(np.mean([max(row) >= delta for row in away]))
            assert found.discrepancy[place, d] == pytest.approx(max(np.mean(column >= delta) for column in away.T[1:]))
        assert found.width[place] == pytest.approx(np.mean(np.ptp(scores[rows], axis=1)))
        turned = [len({score >= 0.4 for score in row}) == 2 for row in scores[rows]]
        assert found.flips.value[place] == pytest.approx(np.mean(turned))
        assert found.flips.n[place] == found.rows[place] == len(rows)
        assert found.flips.low[place] < found.flips.value[place] < found.flips.high[place]
    assert found.names == ("all", "a", "b", "c")
    assert found.said == HELD_OUT


@pytest.mark.parametrize("seed", range(5))
def test_ambiguity_is_never_below_discrepancy_and_both_fall(seed):
    found = from_columns(versions(seed=seed, noise=0.2), Question(epsilon=9.0, attributes=("g",)))
    assert (found.ambiguity >= found.discrepancy).all()
    assert (np.diff(found.ambiguity) <= 0).all()
    assert (np.diff(found.discrepancy) <= 0).all()
    assert (found.ambiguity[:, 0] == 1).all()


def test_versions_that_are_not_as_good_are_dropped_and_listed_with_their_loss():
    data = versions(noise=0.02)
    worse = {"bad": 1 - data.scores["s"], "percent": 100 * data.scores["s"], "empty": np.full(data.n, np.nan)}
    data = dataclasses.replace(data, scores={**data.scores, **worse})
    found = from_columns(data, Question(epsilon=0.02))
    dropped = {each.name: each for each in found.dropped}
    assert set(dropped) == set(worse)
    assert "above" in dropped["bad"].reason
    assert dropped["bad"].loss > 1
    assert "no probability" in dropped["percent"].reason
    assert "no row" in dropped["empty"].reason
    assert [each.name for each in found.kept] == ["s", "v0", "v1", "v2", "v3"]
    assert found.discrepancy_is == "exact"


def test_a_baseline_that_is_not_among_the_best_is_said():
    data = versions(noise=0.02)
    found = from_columns(data.with_scores("worse", np.full(data.n, 0.9)), Question(epsilon=0.01))
    assert found.baseline == "worse"
    assert "not among the best" in found.said


def test_what_cannot_be_compared_is_refused():
    data = versions()
    alone = dataset(data.scores["s"], data.label)
    for wrong, asked in ((alone, Question()), (data, Question(epsilon=-1)), (data, Question(attributes=("h",))),
                         (dataclasses.replace(data, label=None), Question()),
                         (data.with_scores("percent", 100 * data.scores["s"]), Question())):
        with pytest.raises(InvalidData):
            from_columns(wrong, asked)
    with pytest.raises(InvalidData, match="must exist"):
        from_columns(data, Question(), ("nothing",))
    with pytest.raises(InvalidData, match="features"):
        level_set(data)


def test_the_fit_is_the_minimum_of_its_penalised_loss(near_best):
    from sklearn.linear_model import LogisticRegression

    data = near_best.dataset
    learned = np.setdiff1d(np.arange(data.n), near_best.places)
    x = np.column_stack([feature.values for feature in data.features])
    x = (x - x[learned].mean(axis=0)) / x[learned].std(axis=0)
    model = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(x[learned], data.label[learned])
    assert near_best.best[1:] == pytest.approx(model.coef_[0], abs=1e-5)
    assert near_best.best[0] == pytest.approx(model.intercept_[0], abs=1e-5)
    columns = np.column_stack([np.ones(len(learned)), x[learned]])
    weight = np.ones(len(learned))
    loss = penalised_loss(near_best.best, columns, data.label[learned].astype(float), weight)
    assert loss == pytest.approx(near_best.loss, abs=1e-12)


def test_the_closed_form_range_against_exact_constrained_optimisation(near_best):
    data, epsilon = near_best.dataset, 0.01
    learned = np.setdiff1d(np.arange(data.n), near_best.places)
    x = np.column_stack([feature.values for feature in data.features])
    x = np.column_stack([np.ones(len(learned)), ((x - x[learned].mean(axis=0)) / x[learned].std(axis=0))[learned]])
    y, ones = data.label[learned].astype(float), np.ones(len(learned))
    limit = near_best.loss * (1 + epsilon)

    def gradient(t):
        return ((x.T @ (sigmoid(x @ t) - y)) + np.append(0, t[1:])) / len(y)

    within = NonlinearConstraint(lambda t: penalised_loss(t, x, y, ones), -np.inf, limit,
                                 jac=lambda t: gradient(t)[None])
    low, high = near_best.range(epsilon)
    chosen = np.random.default_rng(0).choice(len(low), 8, replace=False)
    for i in chosen:
        row = near_best.columns[i]
        for sign, ours in ((-1, low[i]), (1, high[i])):
            exact = minimize(lambda t, row=row, sign=sign: -sign * (row @ t), near_best.best, constraints=[within],
                             jac=lambda t, row=row, sign=sign: -sign * row, method="SLSQP")
            assert sigmoid(row @ exact.x) == pytest.approx(ours, abs=0.006)   # measured by the prototype: .0039


def test_models_on_the_edge_have_the_loss_that_is_allowed_and_stay_in_the_range(near_best):
    data, epsilon = near_best.dataset, 0.005
    low, high = near_best.range(epsilon)
    models = list(near_best.edge(epsilon, count=5))
    assert len(models) == 10
    for scores in models:
        assert (scores >= low - 1e-9).all()
        assert (scores <= high + 1e-9).all()
    learned = np.setdiff1d(np.arange(data.n), near_best.places)
    x = np.column_stack([feature.values for feature in data.features])
    x = np.column_stack([np.ones(data.n), (x - x[learned].mean(axis=0)) / x[learned].std(axis=0)])
    # the coefficients behind the first model's scores, from its linear predictor on the rows looked at
    theta = np.linalg.lstsq(x[near_best.places], np.log(models[0] / (1 - models[0])), rcond=None)[0]
    loss = penalised_loss(theta, x[learned], data.label[learned].astype(float), np.ones(len(learned)))
    assert loss == pytest.approx(near_best.loss * (1 + epsilon), rel=0.001)


def test_all_logistic_models_at_once(near_best):
    found = near_best.multiplicity(Question(attributes=("g",)))
    assert found.discrepancy_is == "at least"
    assert found.said == SECOND_ORDER
    assert (found.ambiguity >= found.discrepancy).all()
    assert 0.2 < found.width[0] < 0.35               # the prototype: .2746 on its own draw of this design
    assert found.ambiguity[0, 5] > 0.98              # .997 there, at a distance of .05
    assert found.rows.tolist() == [len(near_best.places), *found.rows[1:]]
    wider = near_best.multiplicity(Question(epsilon=0.04))
    assert wider.width[0] > 1.7 * found.width[0]     # the half width grows as the root of epsilon
    nothing = near_best.multiplicity(Question(epsilon=0.0))
    assert nothing.width[0] == 0
    assert nothing.flips.value[0] == 0


def test_the_persons_looked_at_are_not_those_learned_from(near_best):
    assert len(np.unique(near_best.places)) == len(near_best.places)
    assert abs(len(near_best.places) - near_best.dataset.n / 2) <= 1     # each outcome is halved
    again = level_set(near_best.dataset)
    assert (again.places == near_best.places).all()
    assert set(level_set(near_best.dataset, seed=1).places) != set(near_best.places)


def test_columns_that_say_the_same_twice_do_no_harm():
    data = trained(600)
    twice = dataclasses.replace(data, features=(*data.features, data.features[0],
                                                Feature("k", np.tile([0, 1], 300).astype(np.int32), ("a", "b"))))
    low, high = level_set(twice).range(0.01)
    assert np.isfinite(low).all()
    assert (low < high).all()


def test_the_fit_can_be_stopped():
    with pytest.raises(InvalidData, match="stopped"):
        level_set(trained(600), cancelled=lambda: True)


def test_the_ribbon_adds_up_to_the_mean_range_and_to_the_flips():
    data = versions()
    found = from_columns(data, Question(epsilon=1.0, threshold=0.4, attributes=("g",)))
    codes = data.attributes[0].codes[found.places]
    for row, who in enumerate([None, *(codes == g for g in range(3))]):
        seen = ribbon(found, who)
        assert seen.rows.sum() == found.rows[row]
        assert seen.rows.min() >= FEWEST
        assert (np.diff(seen.base) > 0).all()
        assert seen.begin == pytest.approx(np.append(0, seen.rows.cumsum()[:-1]) / seen.rows.sum())
        assert (seen.high - seen.low) @ seen.rows / seen.rows.sum() == pytest.approx(found.width[row])
        assert seen.flips @ seen.rows / seen.rows.sum() == pytest.approx(found.flips.value[row])
    assert len(ribbon(found).rows) == 800 // FEWEST


def test_the_ribbon_keeps_equal_scores_together_in_any_order_of_rows():
    rng = np.random.default_rng(0)
    score = np.round(rng.random(500), 1)
    data = dataset(score, (rng.random(500) < score).astype(int))
    found = from_columns(data.with_scores("t", np.clip(score + 0.02, 0, 1)).using("s"), Question(epsilon=9.0))
    seen = ribbon(found)
    assert seen.base == pytest.approx(np.unique(score))
    turned = dataclasses.replace(found, base=found.base[::-1], low=found.low[::-1], high=found.high[::-1])
    assert ribbon(turned).low == pytest.approx(seen.low)
    nobody = ribbon(found, np.zeros(500, dtype=bool))
    assert len(nobody.rows) == len(nobody.base) == 0


def test_one_score_alone_says_nothing_of_how_arbitrary_it_is():
    """A version on another scale is left out: that nothing is known is not that nobody would be decided otherwise."""
    data = versions(count=0)
    data = dataclasses.replace(data, scores={**data.scores, "deciles": np.ceil(10 * data.scores["s"])})
    found = from_columns(data, Question(attributes=("g",)))
    assert [each.name for each in found.kept] == ["s"]
    for part in (found.flips.value, found.flips.low, found.flips.high, found.width, found.ambiguity, found.discrepancy):
        assert np.isnan(part).all()
    assert set(found.flips.reasons) == {f"not estimable: {ALONE}"}
    assert found.rows[0] == data.n
