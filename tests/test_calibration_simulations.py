"""What the calibration measures do over many samples: population values, sizes of tests, error rates of the flag."""

import math

import numpy as np
import pytest

from engine.calibration import Request, bands, binned, calibrate, corp, ecce, flag, regions
from engine.calibration.balance import balance, moments
from engine.calibration.blocks import by_group
from tests.build import dataset

LAWS = ((0.5, 0.5), (1, 1), (2, 2), (5, 5), (2, 5))


def logit(p):
    return np.log(p) - np.log1p(-p)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


DISTORTIONS = {
    "twice": lambda p: sigmoid(2 * logit(p)), "half": lambda p: sigmoid(0.5 * logit(p)),
    "shift": lambda p: sigmoid(logit(p) + 0.5),
    "mixed": lambda p: sigmoid(np.where(np.abs(p - 0.5) > 0.25, 1.6, 0.5) * logit(p)),
}
# Calibration error, Balance, calibration-in-the-large in the population, per law of p.
POPULATION = {
    "twice": [(.0784, -.0784, 0), (.0966, -.0966, 0), (.1022, -.1022, 0), (.0907, -.0907, 0), (.1066, -.1066, .0905)],
    "half": [(.0977, .0977, 0), (.0966, .0966, 0), (.0824, .0824, 0), (.0584, .0584, 0), (.0983, .0983, -.0886)],
    "shift": [(.0621, -.0130, -.0621), (.0826, -.0227, -.0826), (.0988, -.0369, -.0988), (.1119, -.0628, -.1119),
              (.0959, .0318, -.0959)],
    "mixed": [(.0556, -.0145, 0), (.0663, -.0060, 0), (.0671, .0122, 0), (.0553, .0359, 0), (.0730, -.0059, .0135)],
}


def sample(law, distortion, n, rng):
    p = np.clip(rng.beta(*law, n), 1e-9, 1 - 1e-9)
    q = distortion(p)
    return q, (rng.random(n) < p).astype(np.int8), p


def blocks_of(q, y):
    return by_group(q, y, np.zeros(len(q), np.int32), 1)[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTORTIONS)
def test_population_values(name):
    n, rng = 1_000_000, np.random.default_rng(1)
    for law, (error, value, large) in zip(LAWS, POPULATION[name], strict=True):
        q, y, p = sample(law, DISTORTIONS[name], n, rng)
        found = calibrate(dataset(q, y), Request(draws=0)).overall
        rounding = 1e-4   # the table has four decimals, from 4e6 rows
        z = 1.959963984540054
        assert abs(found.balance.value - value) < 4 * (found.balance.high - found.balance.value) / z + rounding
        spread = (found.calibration_in_the_large.high - found.calibration_in_the_large.value) / z
        assert abs(found.calibration_in_the_large.value - large) < 4 * spread + rounding
        gap = np.abs(p - q)
        assert abs(gap.mean() - error) < 4 * gap.std() / math.sqrt(n) + rounding
        if name in ("twice", "half"):   # one sign on each side of one half: Balance is the whole error
            assert abs(abs(value) - error) < 2e-4


@pytest.mark.slow
def test_sizes_of_the_tests_at_a_thousand_rows():
    rng, runs, n = np.random.default_rng(2), 3_000, 1_000
    rejected = {"balance": 0, "ecce_mad": 0, "ecce_r": 0, "spiegelhalter": 0}
    for run in range(runs):
        q, y, _ = sample(((2, 2), (1, 1), (2, 5))[run % 3], lambda p: p, n, rng)
        rows = blocks_of(q, y)
        mad, spread = ecce.cumulative_errors(rows, ecce.walk(rows))
        found = {"balance": balance(moments(rows, 0.5), 0.95)[1], "ecce_mad": mad, "ecce_r": spread,
                 "spiegelhalter": ecce.spiegelhalter(rows)}
        for key, test in found.items():
            rejected[key] += test.p_value < 0.05
    shares = {key: count / runs for key, count in rejected.items()}
    assert all(0.03 < share < 0.07 for share in shares.values()), shares


@pytest.mark.slow
def test_intervals_of_balance_cover():
    rng, runs = np.random.default_rng(3), 1_500
    for law, truth in zip(LAWS, (value for _, value, _ in POPULATION["shift"]), strict=True):
        for n in (100, 1_000):
            held = 0
            for _ in range(runs // 5):
                q, y, _ = sample(law, DISTORTIONS["shift"], n, rng)
                found = balance(moments(blocks_of(q, y), 0.5), 0.95)[0]
                held += found.low <= truth <= found.high
            assert 0.90 < held / (runs // 5) < 0.99, (law, n)


def raised(q, y):
    rows = blocks_of(q, y)
    _, null = balance(moments(rows, 0.5), 0.95)
    _, spread = ecce.cumulative_errors(rows, ecce.walk(rows))
    squared = binned.corrected_square(rows, binned.equal_mass(rows, 15))
    parts = regions.decomposed(rows, regions.region_edges(rows, "deciles", 0.5), 0.5)
    return flag.cancellation(null, spread, ecce.spiegelhalter(rows), squared, parts, 1).raised


@pytest.mark.slow
def test_error_rates_of_the_cancellation_flag():
    cases = {   # distortion: lowest and highest rate at 500 and at 5,000 rows
        "calibrated": (lambda p: p, (0, 0.08), (0, 0.08)),
        "over": (lambda p: sigmoid(1.5 * logit(p)), (0, 0.17), (0, 0.01)),
        "under": (lambda p: sigmoid(0.6 * logit(p)), (0, 0.18), (0, 0.01)),
        "shift": (lambda p: sigmoid(logit(p) + 0.4), (0.57, 0.86), (0.86, 1)),
        "mixed": (lambda p: sigmoid(np.where(np.abs(p - 0.5) > 0.25, 1.5, 0.6) * logit(p)), (0.42, 0.84), (0.98, 1)),
    }
    rng, runs = np.random.default_rng(4), 200
    for name, (distortion, *bounds) in cases.items():
        for law in ((2, 2), (2, 5)):
            for n, (low, high) in zip((500, 5_000), bounds, strict=True):
                rate = np.mean([raised(*sample(law, distortion, n, rng)[:2]) for _ in range(runs)])
                assert low <= rate <= high, (name, law, n, rate)


@pytest.mark.slow
def test_noise_floors():
    rng = np.random.default_rng(5)   # calibrated scores from Beta(2, 2): mean and 95 % point of MCB and of ECE
    floors = {200: ((.0149, .0208), (.0863, .1205)), 1000: ((.0054, .0068), (.0383, .0493)),
              5000: ((.0020, .0023), (.0175, .0245))}
    for n, (mcb, error) in floors.items():
        q, y, _ = sample((2, 2), lambda p: p, n, rng)
        rows = blocks_of(q, y)
        wide = binned.equal_width(rows, 15)
        table = bands.cells(rows, (wide, binned.equal_mass(rows, 15)))
        ece = bands.null_draws(table, 1_000, rng, 30)["ece"]
        miscalibration = bands.null_miscalibration(rows, 1_000, rng)
        for drawn, (mean, high) in ((miscalibration, mcb), (ece, error)):
            assert drawn.mean() == pytest.approx(mean, rel=0.12)
            assert np.quantile(drawn, 0.95) == pytest.approx(high, rel=0.25)


@pytest.mark.slow
@pytest.mark.parametrize("n", [50_000, 400_000])
def test_miscalibration_of_thinned_rows_is_brought_to_the_size_of_all(n):
    rng = np.random.default_rng(6)
    p = np.sort(rng.beta(2, 3, n))
    whole = []
    for _ in range(40):
        rows = blocks_of(p, (rng.random(n) < p).astype(np.int8))
        fitted = corp.increasing(rows.positive, rows.mass)
        whole.append(((fitted - p) * (2 * rows.positive - fitted - p)).mean())
    drawn = bands.null_miscalibration(rows, 400, rng)
    assert drawn.mean() == pytest.approx(np.mean(whole), rel=0.06)
    assert drawn.std() == pytest.approx(np.std(whole), rel=0.5)
