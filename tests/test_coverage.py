"""Do the intervals cover? Simulations of minutes, marked slow; the cells are those of the measured figures."""

from statistics import NormalDist

import numpy as np
import pytest

from engine.assessment.disparities import Compared, disparity
from engine.assessment.rates import Reading, estimate_rates
from engine.counting.counts import GroupCounts
from engine.counting.groups import Groups
from engine.counting.index import index_rows
from engine.intervals import auc_bounds, mover_ratio, quantile, square_and_add, wilson
from engine.metrics import DISPARITIES, Costs, rate_values

pytestmark = pytest.mark.slow
Z = quantile(0.95)
PAIRS = [(30, 0.3, 300, 0.4), (100, 0.1, 1000, 0.15), (500, 0.3, 5000, 0.4)]


def covered(bounds, truth):
    return float(np.mean((bounds[0] <= truth) & (truth <= bounds[1])))


@pytest.mark.parametrize(("n", "p"), [(20, 0.1), (20, 0.5), (50, 0.05), (200, 0.1), (2000, 0.02)])
def test_wilson_covers_a_rate(n, p):
    share = np.random.default_rng(1).binomial(n, p, 20_000) / n
    assert 0.93 <= covered(wilson(share, np.full(20_000, n), Z), p) <= 0.97


@pytest.mark.parametrize(("m", "p", "n", "q"), PAIRS)
def test_newcombe_and_mover_cover_a_difference_and_a_ratio(m, p, n, q):
    rng = np.random.default_rng(2)
    a, b = rng.binomial(m, p, 20_000) / m, rng.binomial(n, q, 20_000) / n
    bounds = wilson(a, np.full(20_000, m), Z), wilson(b, np.full(20_000, n), Z)
    assert 0.93 <= covered(square_and_add(a, bounds[0], b, bounds[1]), p - q) <= 0.97
    assert 0.93 <= covered(mover_ratio(a, bounds[0], b, bounds[1]), p / q) <= 0.97


def binomial_rate(rng, n, p):
    share = rng.binomial(n, p) / n
    size = n.astype(float)
    return Compared(share, lambda z: wilson(share, size, z), size, "", (None,) * len(n))


def gaps(key, n, rates, runs, seed):
    """Return `runs` disparities of simulated groups; `rates` holds the true rates of each rate of the rule."""
    rng, rule = np.random.default_rng(seed), DISPARITIES[key]
    names = [str(g) for g in range(len(n))]
    for _ in range(runs):
        found = {name: binomial_rate(rng, n, p) for name, p in zip(rule.rates, rates, strict=True)}
        yield disparity(rule, found, names, n.astype(float), 0, 0.95, rng)


def truth(key, rates):
    if DISPARITIES[key].form == "ratio":
        return min(rates[0]) / max(rates[0])
    return max(np.ptp(p) for p in rates)


@pytest.mark.parametrize("groups", [2, 4, 12])
@pytest.mark.parametrize("spread", [0.0, 0.05, 0.3])
@pytest.mark.parametrize(
    "key", ["demographic_parity_difference", "disparate_impact_ratio", "equalized_odds_difference"]
)
def test_max_min_numbers_cover_at_least_nominally(key, spread, groups):
    n = np.linspace(150, 2000, groups).astype(int)
    ladder = [np.linspace(0.3, 0.3 + spread, groups), np.linspace(0.2 + spread / 2, 0.2, groups)]
    rates = ladder[: len(DISPARITIES[key].rates)]
    runs = list(gaps(key, n, rates, 4000 // groups, seed=groups))   # the fewer groups, the nearer to 95 %
    true = truth(key, rates)
    assert np.mean([run.low - 1e-12 <= true <= run.high + 1e-12 for run in runs]) >= 0.93
    assert np.mean([run.high - run.low < 0.9 for run in runs]) > 0.5  # and they say something


@pytest.mark.parametrize("groups", [2, 4, 12])
@pytest.mark.parametrize(
    "key", ["demographic_parity_difference", "disparate_impact_ratio", "equalized_odds_difference"]
)
def test_noise_band_p_value_has_its_size_between_equal_groups(key, groups):
    n = np.full(groups, 1000)
    rates = [np.full(groups, 0.3), np.full(groups, 0.2)][: len(DISPARITIES[key].rates)]
    p_values = [run.p_value for run in gaps(key, n, rates, 2000, seed=40 + groups)]
    assert 0.03 <= np.mean(np.array(p_values) <= 0.05) <= 0.07


@pytest.mark.parametrize("n", [60, 300, 2000])
@pytest.mark.parametrize("key", ["f1", "balanced_accuracy", "expected_cost", "matthews_correlation"])
def test_the_other_rates_cover(key, n):
    rng, shares = np.random.default_rng(n), np.array([0.25, 0.1, 0.15, 0.5])
    cells = rng.multinomial(n, shares, 2000)
    counts = GroupCounts.of(*cells.T)
    reading = Reading("selected", Costs(1.0, 3.0), 0.95, True)
    found = estimate_rates(counts, ["g"] * len(cells), reading, rng)[key]
    true = float(rate_values(GroupCounts.of(*shares[:, None]), costs=reading.costs)[key][0])
    assert 0.925 <= covered((found.low, found.high), true) <= 0.975


@pytest.mark.parametrize(("positives", "negatives"), [(20, 60), (200, 800)])
def test_delong_covers_an_area(positives, negatives):
    rng, hits = np.random.default_rng(9), []
    true = float(NormalDist().cdf(1 / np.sqrt(2)))
    for _ in range(1000):
        scores = np.concatenate([rng.normal(1, 1, positives), rng.normal(0, 1, negatives)])
        label = np.repeat([1, 0], [positives, negatives]).astype(np.int8)
        index = index_rows(scores, label, np.zeros(len(scores), dtype=np.int32), everybody())
        area, error = index.area([0])
        low, high = auc_bounds(np.array(area), np.array(error), np.array(positives), Z)
        hits.append(low <= true <= high)
    assert 0.93 <= np.mean(hits) <= 0.975


def everybody():
    return Groups((), (), np.zeros((1, 0), dtype=np.int64))
