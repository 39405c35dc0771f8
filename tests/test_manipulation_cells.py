"""Counts, distances and projections against published numbers and independent solvers (spec section 7, 1 to 5)."""

import math

import numpy as np
import pytest

from engine.errors import InvalidData
from engine.manipulation.cells import Goal, difference, kl, mmd, ratio, tally, wasserstein
from engine.manipulation.interval import ratio_estimate, score_interval
from engine.manipulation.projection import constrained, entropic, optimal, reverse
from tests.audits import CELLS, cells

RATIOS = {"ADULT": 0.2999, "EMP": 0.3034, "INC": 0.6733, "MOB": 0.4470, "PUC": 0.3162, "TRA": 0.6926, "BAF": 0.3467}
GOAL = Goal(target=0.8)


@pytest.mark.parametrize("name", CELLS)
def test_the_28_counts_give_the_seven_ratios(name):
    assert round(float(ratio(cells(name))), 4) == RATIOS[name]


@pytest.mark.parametrize(("name", "balanced", "proportional"), [("ADULT", 0.02488, 0.02559), ("EMP", 0.03853, 0.06681),
                                                                ("BAF", 0.00076, 0.00159)])
def test_entropic_divergences_and_the_ratio_they_reach(name, balanced, proportional):
    for wanted, kind in ((balanced, True), (proportional, False)):
        plan = entropic(cells(name), GOAL, balanced=kind)
        assert float(kl(plan, cells(name))) == pytest.approx(wanted, abs=6e-6)
        assert float(ratio(plan)) == pytest.approx(0.8, abs=1e-12)
        assert plan.sum(axis=1) == pytest.approx(cells(name).sum(axis=1) / cells(name).sum())


@pytest.mark.parametrize(("name", "fixed", "free"), [("ADULT", 0.02451, 0.02433), ("EMP", 0.03849, 0.03597)])
def test_the_optimal_projection_and_its_reverse(name, fixed, free):
    assert float(kl(optimal(cells(name), GOAL), cells(name))) == pytest.approx(fixed, abs=6e-6)
    assert float(kl(optimal(cells(name), GOAL, free=True), cells(name))) == pytest.approx(free, abs=6e-6)


@pytest.mark.parametrize(("target", "seen"), [(0.4, 0.0014569), (0.6, 0.0096636), (0.8, 0.0212382), (1.0, 0.0342682)])
def test_the_reverse_projection_of_adult(target, seen):
    assert float(kl(cells("ADULT"), reverse(cells("ADULT"), Goal(target=target)))) == pytest.approx(seen, abs=5e-8)


@pytest.mark.parametrize("metric", ["disparate_impact_ratio", "demographic_parity_difference"])
@pytest.mark.parametrize("groups", [2, 3, 5])
def test_projections_equal_a_general_optimiser(metric, groups):
    from scipy.optimize import minimize

    rng = np.random.default_rng(groups)
    counts = rng.integers(20, 400, (groups, 2))
    counts[0, 1] = 10
    goal = Goal(metric, 0.85 if "ratio" in metric else 0.08)
    weight, now = counts.sum(axis=1) / counts.sum(), counts[:, 1] / counts.sum(axis=1)

    def table(q):
        return np.stack([weight * (1 - q), weight * q], axis=1)

    def constraint(q):   # every ordered pair, so that smooth solvers can use it
        if groups == 2:
            return [q[0] - goal.target * q[1] if goal.ratio else goal.target - (q[1] - q[0])]
        return [q[i] - goal.target * q[j] if goal.ratio else goal.target - (q[j] - q[i])
                for i in range(groups) for j in range(groups) if i != j]

    for ours, loss in ((optimal(counts, goal), lambda q: float(kl(table(q), counts))),
                       (reverse(counts, goal), lambda q: float(kl(counts, table(q))))):
        best = min((minimize(loss, start, bounds=[(1e-6, 1 - 1e-6)] * groups, method="SLSQP",
                             constraints={"type": "ineq", "fun": constraint}, options={"ftol": 1e-14, "maxiter": 500})
                    for start in (np.full(groups, now.mean()), np.full(groups, 0.5))), key=lambda found: found.fun)
        rates = ours[:, 1] / ours.sum(axis=1)
        assert min(constraint(rates)) > -1e-9
        assert loss(rates) <= best.fun + 1e-8


def test_the_closed_reverse_projection_is_the_constrained_estimate():
    counts = cells("ADULT")
    shares, weight = counts[:, 1] / counts.sum(axis=1), counts.sum(axis=1) / counts.sum()
    low, high = constrained(shares, weight, 0.8)
    near = np.linspace(-1e-3, 1e-3, 201)
    losses = [-(weight[0] * (shares[0] * np.log(0.8 * (high + d)) + (1 - shares[0]) * np.log(1 - 0.8 * (high + d)))
                + weight[1] * (shares[1] * np.log(high + d) + (1 - shares[1]) * np.log(1 - high - d))) for d in near]
    assert low == pytest.approx(0.8 * high)
    assert int(np.argmin(losses)) == 100


@pytest.mark.parametrize("groups", [2, 3, 6])
def test_the_wasserstein_distance_equals_an_optimal_transport_solver(groups):
    ot = pytest.importorskip("ot")
    rng = np.random.default_rng(groups)
    place = [(g, y) for g in range(groups) for y in (0, 1)]
    cost = np.array([[math.sqrt((a[0] != b[0]) + (a[1] != b[1])) for b in place] for a in place])
    kernel = np.exp(-(cost**2))
    for _ in range(300):
        p, q = rng.dirichlet(np.full(2 * groups, 0.7), 2)
        ours = float(wasserstein(p.reshape(-1, 2), q.reshape(-1, 2)))
        assert ours == pytest.approx(ot.emd2(p, q, cost), abs=1e-12)
        assert float(mmd(p.reshape(-1, 2), q.reshape(-1, 2))) == pytest.approx((p - q) @ kernel @ (p - q), abs=1e-12)


def test_ratios_at_zero_and_beyond_one():
    assert math.isnan(float(ratio(np.array([[5, 5], [10, 0]]))))
    assert math.isnan(float(ratio(np.array([[0, 0], [10, 3]]))))
    assert float(ratio(np.array([[10, 0], [5, 5]]))) == 0
    assert float(ratio(np.array([[1, 9], [5, 5]]))) == pytest.approx(1.8)
    assert float(ratio(np.array([[1, 9], [5, 5], [3, 7]]))) == pytest.approx(5 / 9)
    assert float(difference(np.array([[1, 9], [5, 5]]))) == pytest.approx(-0.4)


def test_reweighting_refuses_to_make_decisions_out_of_nothing():
    with pytest.raises(InvalidData, match="0 favourable rows"):
        optimal(np.array([[10, 0], [5, 5]]), GOAL)
    assert float(ratio(optimal(np.array([[8, 2], [0, 10]]), GOAL))) == pytest.approx(0.8)
    assert optimal(np.array([[1, 9], [5, 5]]), GOAL) == pytest.approx(np.array([[1, 9], [5, 5]]) / 20)


def test_a_target_above_one_reverses_the_sides():
    assert float(ratio(optimal(cells("BAF"), Goal(target=1.5)))) == pytest.approx(1.5)


def test_counting_cells():
    assert tally(np.array([0, 2, 2]), np.array([1, 0, 1], dtype=np.int8), 3).tolist() == [[0, 1], [0, 0], [1, 1]]


@pytest.mark.parametrize(("name", "size", "covers"), [("ADULT", 500, 0.949), ("BAF", 2000, 0.948)])
def test_the_score_interval_covers_at_its_level(name, size, covers):
    rng, counts = np.random.default_rng(1), cells(name)
    truth, held, times = float(ratio(counts)), 0, 1_500
    for drawn in rng.multivariate_hypergeometric(counts.ravel(), size, times).reshape(-1, 2, 2):
        low, high = score_interval(drawn, 0.95, 1 - size / counts.sum())
        held += low <= truth <= high
    assert held / times == pytest.approx(0.95, abs=0.02)


def test_the_score_interval_at_its_edges():
    assert score_interval(np.array([[10, 0], [5, 5]]), 0.95)[0] == 0
    low, high = score_interval(np.array([[60, 40], [50, 50]]), 0.95)
    swapped = score_interval(np.array([[50, 50], [60, 40]]), 0.95)
    assert (1 / high, 1 / low) == pytest.approx(swapped, rel=1e-6)
    assert ratio_estimate(np.array([[5, 5], [10, 0]])).reason
    several = ratio_estimate(np.array([[60, 40], [50, 50], [45, 55]]))
    assert several.low < several.value < several.high <= 1
