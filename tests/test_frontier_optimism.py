"""What an optimised policy promises and what it gives on other rows."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidData
from engine.frontier import Request, find, parity
from engine.frontier.optimism import refits
from tests.build import dataset
from tests.frontier_problems import problem

GAP = "demographic_parity_difference"


def credit(n, count, seed):
    """Return scores, labels and groups: unequal sizes, base rates .42 to .12, scores miscalibrated by group."""
    rng = np.random.default_rng(seed)
    share = 0.72 ** np.arange(count)
    group = rng.choice(count, n, p=share / share.sum())
    base, signal = np.linspace(0.42, 0.12, count)[group], np.linspace(1.35, 0.85, count)[group]
    label = (rng.random(n) < base).astype(np.int8)
    latent = rng.normal(size=n) + signal * (label - 0.5) * 1.5 + np.log(base / (1 - base)) * 0.8
    latent += np.linspace(0.15, -0.25, count)[group]
    return 1 / (1 + np.exp(-1.3 * latent)), label, group.astype(np.int32)


def asked(n, seed):
    scores, label, group = credit(n, 4, seed)
    data = dataset(scores, label, g=[str(g) for g in group])
    return find(data, Request(GAP, kinds=("randomised", "common"), split="none", min_group=0))


def judged(truth, data, bound):
    """Return the utility promised by the best policy on `data`, and its utility and gap on other rows."""
    ours = problem(data)
    choice = parity.solve(ours).at(bound)
    mixes = [tuple((theirs.reached(points.threshold(i)), p) for i, p in mix)
             for points, theirs, mix in zip(ours.points, truth.points, choice.mixes, strict=True)]
    return choice.utility, truth.value(mixes), truth.disparity(mixes)


@pytest.mark.parametrize(
    ("n", "lost", "lost_sd", "gap", "gap_high"),
    [(500, 0.0216, 0.0154, 0.084, 0.142), (2000, 0.0098, 0.0076, 0.048, 0.074), (10000, 0.0044, 0.0041, 0.028, 0.042)],
)
def test_the_published_table_of_optimism_comes_back(n, lost, lost_sd, gap, gap_high):
    """Gap .02 asked for on n rows, judged on 400,000 fresh ones, 40 times: within Monte-Carlo error."""
    truth = problem(credit(400_000, 4, 123))
    rows = []
    for seed in range(1000, 1040):
        data = credit(n, 4, seed + 1)
        if min(np.bincount(data[2] * 2 + data[1], minlength=8)) == 0:
            continue
        rows.append(judged(truth, data, 0.02))
    promised, given, gaps = np.array(rows).T
    error = lost_sd / np.sqrt(len(rows))
    assert abs((promised - given).mean() - lost) < 3 * error
    assert abs(gaps.mean() - gap) < 3 * gaps.std() / np.sqrt(len(rows)) + 0.001
    assert abs(np.quantile(gaps, 0.9) - gap_high) < 0.02


def test_refits_expect_a_wider_gap_than_asked_for_and_less_utility():
    found = refits(asked(1000, 5), "randomised", replicates=40)
    expected = found.expect(0.02)
    assert expected.replicates == 40
    assert expected.disparity > 0.03
    assert expected.high > expected.disparity
    assert expected.utility_lost > 0


def test_more_rows_flatter_less():
    small, large = (refits(asked(n, 5), "randomised", replicates=30).expect(0.02) for n in (600, 20_000))
    assert large.disparity < small.disparity
    assert large.utility_lost < small.utility_lost


def test_a_common_threshold_flatters_less_than_one_per_group():
    result = asked(1500, 2)
    lots, common = (refits(result, kind, replicates=40).expect(0.15) for kind in ("randomised", "common"))
    assert common.utility_lost < lots.utility_lost


def test_the_safety_margin_meets_its_bound_in_the_draws():
    found = refits(asked(20_000, 1), "randomised", replicates=40)
    safe = found.safe_bound(0.05)
    assert 0 < safe < 0.05
    assert found.expect(safe).high <= 0.05
    assert found.expect(min(safe * 1.1 + 0.002, 0.05)).high > 0.05


def test_too_few_rows_have_no_safety_margin():
    assert refits(asked(300, 1), "randomised", replicates=30).safe_bound(0.01) is None


def test_the_same_seed_gives_the_same_numbers():
    result = asked(800, 3)
    assert refits(result, "randomised", 10, 4).expect(0.02) == refits(result, "randomised", 10, 4).expect(0.02)
    assert refits(result, "randomised", 10, 5).expect(0.02) != refits(result, "randomised", 10, 4).expect(0.02)


def test_progress_is_told_and_a_stop_is_obeyed():
    told = []
    refits(asked(300, 1), "common", 5, progress=lambda share, words: told.append(share))
    assert told == [0.2, 0.4, 0.6, 0.8, 1.0]
    with pytest.raises(InvalidData, match="stopped"):
        refits(asked(300, 1), "common", 5, cancelled=lambda: True)


def test_what_refits_expect_is_what_fresh_rows_show():
    """At 2,000 rows the true mean gap is .048; the refits' expectation, averaged, lies near it."""
    expected = [refits(asked(2000, seed), "randomised", 60, seed).expect(0.02).disparity for seed in range(12)]
    assert abs(np.mean(expected) - 0.048) < 0.015
