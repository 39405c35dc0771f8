"""Calibration from counts: what is exact, and how far the rest is off."""

import numpy as np
import pytest

from engine.calibration import Request, calibrate, calibrate_counts
from engine.calibration.cells import TOLERANCE
from engine.counting.table import CountTable
from engine.errors import InvalidData
from tests.build import dataset


def sample(n, groups=20, seed=0, ties=False, weights=False):
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 3, n)
    q = 1 / (1 + ((1 - p) / p) ** 1.4)
    q = np.round(q, 2) if ties else q
    weight = rng.integers(1, 5, n).astype(float) if weights else None
    return dataset(q, (rng.random(n) < p).astype(int), weight, g=rng.integers(0, groups, n).astype(str))


def both(data, **more):
    rows = calibrate(data, Request(draws=0, **more))
    counts = calibrate_counts(CountTable.build(data, ("g",)), Request(draws=0, **more))
    return rows, counts, list(zip(rows.groupings["g"].measured, counts.groupings["g"].measured, strict=True))


@pytest.mark.parametrize("cut", [0.5, 0.25, 0.0, 2.0])
def test_balance_brier_and_their_errors_are_exact_from_counts(cut):
    rows, counts, pairs = both(sample(4_000), cut=cut)
    assert rows.exact
    assert not counts.exact
    for ours, theirs in [*pairs, (rows.overall, counts.overall)]:
        for a, b in ((ours.balance, theirs.balance), (ours.calibration_in_the_large, theirs.calibration_in_the_large)):
            assert (a.value, a.low, a.high, a.n) == pytest.approx((b.value, b.low, b.high, b.n), abs=1e-12)
        assert ours.balance_null.p_value == pytest.approx(theirs.balance_null.p_value, abs=1e-9)
        assert (ours.brier, ours.ece2, ours.mean_score) == pytest.approx((theirs.brier, theirs.ece2, theirs.mean_score),
                                                                         abs=1e-12)
    assert rows.groupings["g"].equality.q == pytest.approx(counts.groupings["g"].equality.q, rel=1e-9)


@pytest.mark.parametrize("weights", [False, True])
def test_everything_is_exact_where_each_value_is_a_cell(weights):
    _, _, pairs = both(sample(3_000, 3, ties=True, weights=weights))
    for a, b in pairs:
        for key in ("balance", "ece", "ece_mass", "ecce_mad", "ecce_r", "mcb", "smooth_ece", "slope", "spiegelhalter"):
            assert getattr(a, key).value == pytest.approx(getattr(b, key).value, abs=1e-9), key
        assert (a.balance.low, a.log_loss) == pytest.approx((b.balance.low, b.log_loss), abs=1e-9)


@pytest.mark.parametrize("n", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_the_rest_stays_within_the_tolerance_that_is_printed(n):
    _, _, pairs = both(sample(n))
    worst = {}
    for key in TOLERANCE:
        read = (lambda x: x.log_loss) if key == "log_loss" else (lambda x, k=key: getattr(x, k).value)
        worst[key] = max(abs(read(a) - read(b)) for a, b in pairs)
    assert all(worst[key] <= TOLERANCE[key] for key in worst), worst
    assert all(worst[key] > 0 for key in worst)   # approximations, or the sentence about them would be wrong


def test_a_merged_table_says_what_the_whole_says():
    data = sample(2_000, 3)
    half = np.arange(2_000) < 900
    edges = np.arange(1025) / 1024
    parts = [CountTable.build(dataset(data.score_values()[m], data.label[m], g=[data.attributes[0].levels[c] for c in
                                      data.attributes[0].codes[m]]), ("g",), edges) for m in (half, ~half)]
    whole = calibrate_counts(CountTable.build(data, ("g",), edges), Request(draws=0)).overall
    merged = calibrate_counts(parts[0].merge(parts[1]), Request(draws=0)).overall
    assert merged.balance.value == pytest.approx(whole.balance.value, abs=1e-12)
    assert merged.ecce_r.value == pytest.approx(whole.ecce_r.value, abs=1e-12)


def test_a_cut_inside_a_cell_and_scores_that_are_no_probabilities_are_refused():
    table = CountTable.build(sample(3_000), ("g",))
    with pytest.raises(InvalidData, match="edge of a cell"):
        calibrate_counts(table, Request(cut=0.3, draws=0))
    with pytest.raises(InvalidData, match="between 0 and 1"):
        calibrate_counts(CountTable.build(dataset([1, 5, 9], [0, 1, 1], g=list("aab")), ("g",)), Request(draws=0))
