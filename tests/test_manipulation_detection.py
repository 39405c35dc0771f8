"""The auditor's side: exact nulls, the family, proof, and what makes a sample unusable (spec section 7, 6, 8, 9)."""

import numpy as np
import pytest

from engine.errors import InvalidData
from engine.manipulation import TESTS, Audit, Goal, Proportions, Simulation, detect, simulate
from engine.manipulation.cells import kl, mmd, shares_of, wasserstein
from engine.manipulation.columns import columns_given_cell
from engine.manipulation.inclusion import surplus
from engine.manipulation.kolmogorov import kolmogorov
from engine.manipulation.nulls import best_of, cell_statistics, family_p, null_cells, p_values
from engine.manipulation.suspicion import rejected, residuals, strangers
from engine.types import Feature
from tests.audits import cells, sample

QUICK = {"draws": 999, "permutations": 199}
# 95 % points of honest samples' distances, from 200,000 draws (spec 2.3).
POINTS = {("ADULT", 500): (0.00720, 0.05340, 0.00234), ("ADULT", 1000): (0.00318, 0.03567, 0.00105),
          ("INC", 2000): (0.00177, 0.02555, 0.00056), ("MOB", 4000): (0.00078, 0.01230, 0.00012),
          ("BAF", 2000): (0.00193, 0.01770, 0.00033)}


@pytest.fixture(scope="module")
def whole():
    return sample(cells("ADULT"), label=True)


@pytest.mark.parametrize(("name", "size"), POINTS)
def test_honest_distances_have_the_measured_upper_points(name, size):
    counts = cells(name)
    drawn = null_cells(counts, np.array([[size, 0], [0, 0]]), "A", 100_000, np.random.default_rng(0))
    with np.errstate(divide="ignore"):
        q = shares_of(drawn)
        p = shares_of(counts)
        divergence = np.where(q > 0, p * np.log(p / np.where(q > 0, q, 1)), 0).sum(axis=(1, 2))
    for ours, wanted in zip((divergence, wasserstein(drawn, counts), mmd(drawn, counts)), POINTS[name, size],
                            strict=True):
        assert float(np.quantile(ours, 0.95)) == pytest.approx(wanted, rel=0.03, abs=6e-6)


def test_the_g_statistic_is_twice_the_rows_times_the_divergence():
    counts = cells("ADULT")
    table = np.array([[130, 30], [240, 100]])
    found = cell_statistics(table[None], table, counts, "A")
    assert float(found["g_test"][0]) == pytest.approx(2 * 500 * float(kl(counts, table)))
    empty = np.array([[160, 0], [240, 100]])
    assert np.isfinite(cell_statistics(empty[None], empty, counts, "A")["g_test"][0])


def test_the_two_sample_statistic_is_the_likelihood_ratio():
    from scipy.stats import chi2_contingency

    a, b = np.array([[130, 30], [240, 100]]), np.array([[300, 50], [500, 220]])
    ours = float(cell_statistics(a[None], a, b, "B")["g_test"][0])
    assert ours == pytest.approx(chi2_contingency([a.ravel(), b.ravel()], lambda_="log-likelihood")[0])


def test_p_values_count_ties_and_the_sample_itself():
    assert p_values(np.array([2.0, 1.0, 2.0, 0.0]))[0] == 0.5
    assert family_p([np.array([0.01, 0.5, 0.2]), np.array([0.9, 0.3, 0.6])]) == pytest.approx(1 / 3)
    assert best_of(0.05, 1) == pytest.approx(0.05)
    assert best_of(0.0681, 30) == pytest.approx(0.88, abs=0.005)


def test_undefined_ratios_of_honest_draws_count_against_the_sample():
    counts = np.array([[3, 3], [2, 1]])
    drawn = null_cells(counts, np.array([[1, 1], [1, 0]]), "A", 500, np.random.default_rng(0))
    found = cell_statistics(drawn, drawn[0], counts, "A")
    assert not np.isnan(found["direct_ratio"]).any()
    assert np.isinf(found["direct_ratio"]).any()


@pytest.mark.parametrize("mode", ["A", "B", "C"])
def test_a_forged_sample_is_rejected_and_an_honest_one_is_not(whole, mode):
    rows = np.random.default_rng(1).permutation(len(whole))
    reference = {"A": whole, "B": whole.take(rows[1000:]),
                 "C": Proportions(whole.groups, whole.counts / len(whole))}[mode]
    honest = detect(whole.take(rows[:500]), reference, Audit(mode, **QUICK))
    forged = detect(simulate(whole, Simulation("kl_optimal", Goal(), 500)).sample, reference, Audit(mode, **QUICK))
    assert not honest.rejected
    assert forged.rejected
    assert forged.family_p_value <= 0.01
    for found in (honest, forged):
        assert list(found.tests) == list(TESTS)
        assert all(outcome.p_value is not None or outcome.reason for outcome in found.tests.values())
        assert found.ratio.low < found.ratio.value < found.ratio.high


def test_the_same_seed_gives_the_same_answer(whole):
    rows = whole.take(np.arange(300))
    first, second = (detect(rows, whole, Audit("A", seed=4, **QUICK)) for _ in range(2))
    assert first.family_p_value == second.family_p_value
    assert {k: v.p_value for k, v in first.tests.items()} == {k: v.p_value for k, v in second.tests.items()}


def test_the_order_of_rows_does_not_matter(whole):
    rows = np.random.default_rng(2).choice(len(whole), 200, replace=False)
    first = detect(whole.take(rows), whole, Audit("A", **QUICK))
    second = detect(whole.take(rows[::-1]), whole, Audit("A", **QUICK))
    assert first.family == second.family
    assert first.tests["x_given_cell"].statistic == pytest.approx(second.tests["x_given_cell"].statistic)
    assert not surplus(whole.take(rows[::-1]), whole).size


def test_copies_and_strange_rows_are_proved_and_named(whole):
    rows = np.append(np.arange(100), [5, 5])
    assert surplus(whole.take(rows), whole).tolist() == [100, 101]
    forged = simulate(whole, Simulation("replace", Goal(), 300))
    found = detect(forged.sample, whole, Audit("A", **QUICK))
    assert found.proofs == ("multiset",)
    assert found.suspects == int(forged.changed.sum())
    assert all(each.proof for each in found.rows)


def test_numbers_are_compared_exactly_and_missing_ones_are_equal():
    rows = sample(np.array([[5, 5], [5, 5]]), columns=1)
    values = rows.features[0].values.copy()
    values[:3] = np.nan
    values[3] = -0.0
    again = values.copy()
    again[3] = 0.0
    one, two = (type(rows)(rows.name, rows.groups, rows.group, rows.decision, (Feature("x", v),), rows=rows.rows)
                for v in (values, again))
    assert not surplus(one, two).size


def test_decisions_the_model_does_not_make_are_proof(whole):
    rows = whole.take(np.arange(200))
    again = rows.decision.copy()
    again[[3, 7]] = 1 - again[[3, 7]]
    found = detect(rows, whole, Audit("A", **QUICK), requeried=again)
    assert found.proofs == ("requery",)
    assert {each.row for each in found.rows} == {4, 8}
    assert not detect(rows, whole, Audit("A", **QUICK), requeried=rows.decision).proofs


def test_altered_columns_are_seen_where_the_cells_are_right(whole):
    rows = whole.take(np.random.default_rng(3).choice(len(whole), 500, replace=False))
    moved = tuple(Feature(f.name, f.values + 0.4, f.levels) if not f.levels else f for f in rows.features)
    altered = type(rows)(rows.name, rows.groups, rows.group, rows.decision, moved, rows.label, rows.rows)
    for mode in ("A", "B"):
        run = columns_given_cell(altered, whole, mode, 199, np.random.default_rng(0), lambda *_: None, lambda: False)
        assert run.p[0] == pytest.approx(1 / 200)


def test_rows_far_from_everything_are_suspects():
    rows = sample(np.array([[100, 60], [100, 90]]), columns=2)
    order = np.random.default_rng(0).permutation(len(rows))
    handed, reference = rows.take(order[:60]), rows.take(order[60:])
    far = handed.features[0].values.copy()
    far[:5] += 40
    odd = type(rows)(handed.name, handed.groups, handed.group, handed.decision,
                     (Feature("x0", far), *handed.features[1:]), rows=np.arange(60))
    found = strangers(odd, reference, 0.3, np.random.default_rng(0))
    assert {each.row for each in found} >= {1, 2, 3, 4, 5}
    assert rejected(np.array([0.9, 0.8]), 0.05).size == 0


def test_residuals_say_which_cells_were_drawn_too_often():
    forged = simulate(sample(cells("ADULT")), Simulation("kl_optimal", Goal(), 500))
    found = residuals(forged.after, cells("ADULT"), "A")
    assert found.residual[0, 1] > 3
    assert found.selection[0, 1] > 1.5
    assert found.expected.sum() == pytest.approx(500)


def test_exact_cells_are_reported_as_too_perfect(whole):
    counts = np.array([148, 16, 227, 109])
    rows = np.concatenate([np.flatnonzero(2 * whole.group + whole.decision == c)[:k] for c, k in enumerate(counts)])
    found = detect(whole.take(rows), whole, Audit("A", **QUICK))
    assert found.too_perfect < 0.01
    assert not found.rejected


def test_kolmogorov_smirnov_is_cautious_and_says_when_it_cannot_run():
    assert kolmogorov(np.array([[50, 5], [70, 30]]), cells("ADULT"))[1] > 0.5
    assert kolmogorov(np.array([[5, 50], [70, 30]]), cells("ADULT"))[1] < 1e-6
    assert kolmogorov(np.zeros((2, 2), dtype=int), cells("ADULT"))[2]


def test_what_cannot_be_compared_is_refused(whole):
    small, other = whole.take(np.arange(50)), sample(np.array([[5, 5], [5, 5], [5, 5]]))
    for handed, reference, request, words in (
        (whole, small, Audit("A"), "cannot be larger"), (small, other, Audit("A"), "same groups"),
        (small, whole, Audit("C"), "known proportions"), (small.take(np.arange(0)), whole, Audit("A"), "hold rows"),
        (small, whole, Audit("D"), "known kind"),
    ):
        with pytest.raises(InvalidData, match=words):
            detect(handed, reference, request)
    with pytest.raises(InvalidData, match="asked again"):
        detect(small, whole, Audit("A"), requeried=np.zeros(3, dtype=np.int8))
    with pytest.raises(InvalidData, match="stopped"):
        detect(small, whole, Audit("A", **QUICK), cancelled=lambda: True)


def test_a_sample_without_favourable_decisions_says_so(whole):
    rows = whole.take(np.flatnonzero(whole.decision == 0)[:100])
    found = detect(rows, whole, Audit("A", **QUICK))
    assert found.ratio.reason
    assert found.rejected


def test_intersections_are_audited_as_groups_of_their_own():
    rows = sample(np.array([[300, 60], [200, 80], [250, 90], [400, 210]]))
    chosen = np.random.default_rng(0).choice(len(rows), 300, replace=False)
    found = detect(rows.take(chosen), rows, Audit("A", **QUICK))
    assert not found.rejected
    assert found.power.undetectable_g > found.reference_ratio
    assert detect(simulate(rows, Simulation("kl_optimal", Goal(target=0.98), 300)).sample, rows,
                  Audit("A", **QUICK)).rejected
