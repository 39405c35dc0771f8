"""Honest draws: how often each test of the audit rejects them. Minutes; the numbers are printed with -s."""

import numpy as np
import pytest

from engine.manipulation import Audit, Proportions, Simulation, detect, simulate
from engine.manipulation.cells import Goal, tally
from engine.manipulation.kolmogorov import kolmogorov
from engine.manipulation.nulls import cell_statistics, family_p, null_cells, p_values
from tests.audits import CELLS, cells, sample

pytestmark = pytest.mark.slow
LEVEL, HONEST, DRAWS = 0.05, 2_000, 999


def within(rejected, count, share=LEVEL):
    return abs(rejected / count - share) <= 3 * np.sqrt(share * (1 - share) / count)


def honest(counts, size, mode, rng):
    """Return a submitted table and the reference it is compared with."""
    shares = counts.ravel() / counts.sum()
    if mode == "A":
        return rng.multivariate_hypergeometric(counts.ravel(), size).reshape(-1, 2), counts
    reference = rng.multinomial(counts.sum() // 2, shares).reshape(-1, 2) if mode == "B" else counts / counts.sum()
    return rng.multinomial(size, shares).reshape(-1, 2), reference


@pytest.mark.parametrize(("mode", "name", "size"), [("A", "ADULT", 500), ("B", "ADULT", 500), ("C", "ADULT", 500),
                                                    ("A", "INC", 2000)])
def test_cell_tests_reject_five_per_cent_of_honest_samples(mode, name, size):
    rng, counts = np.random.default_rng(11), cells(name)
    rejected = dict.fromkeys(("direct_ratio", "g_test", "wasserstein", "mmd", "kolmogorov_smirnov", "family"), 0)
    for _ in range(HONEST):
        table, reference = honest(counts, size, mode, rng)
        drawn = null_cells(reference, table, mode, DRAWS, rng)
        statistics = cell_statistics(np.concatenate([table[None], drawn]), table, reference, mode)
        p = {key: p_values(values) for key, values in statistics.items()}
        for key, values in p.items():
            rejected[key] += values[0] <= LEVEL
        rejected["kolmogorov_smirnov"] += kolmogorov(table, reference)[1] <= LEVEL
        rejected["family"] += family_p([p["direct_ratio"], p["g_test"]]) <= LEVEL
    print(f"\n{name} {size} mode {mode}: " + ", ".join(f"{key} {n / HONEST:.4f}" for key, n in rejected.items()))
    assert within(rejected["direct_ratio"], HONEST)
    assert within(rejected["g_test"], HONEST)
    assert within(rejected["family"], HONEST)
    limit = LEVEL + 3 * np.sqrt(LEVEL * (1 - LEVEL) / HONEST)
    assert all(n / HONEST <= limit for n in rejected.values())
    assert rejected["kolmogorov_smirnov"] / HONEST < 0.02


@pytest.mark.parametrize("mode", ["A", "B"])
def test_the_whole_audit_keeps_its_level_and_proof_never_errs(mode):
    rng, times = np.random.default_rng(5), 500
    whole = sample(cells("ADULT") // 5, columns=3)
    rejected = {"x_given_cell": 0, "family": 0, "multiset": 0, "requery": 0}
    for turn in range(times):
        rows = rng.permutation(len(whole))
        submitted, reference = whole.take(rows[:150]), whole if mode == "A" else whole.take(rows[150:])
        found = detect(submitted, reference, Audit(mode, draws=999, permutations=199, seed=turn),
                       requeried=submitted.decision)
        rejected["x_given_cell"] += found.tests["x_given_cell"].p_value <= LEVEL
        rejected["family"] += found.family_p_value <= LEVEL
        rejected["multiset"] += "multiset" in found.proofs
        rejected["requery"] += "requery" in found.proofs
    print(f"\nmode {mode}: " + ", ".join(f"{key} {n / times:.3f}" for key, n in rejected.items()))
    assert rejected["multiset"] == rejected["requery"] == 0
    assert within(rejected["x_given_cell"], times)
    assert within(rejected["family"], times)


def test_manipulated_samples_are_detected_at_the_measured_rates():
    """Entropic, balanced, target 0.8, ADULT at 500 rows, drawn as the paper's code does (spec 2.2)."""
    rng, counts, times = np.random.default_rng(3), cells("ADULT"), 400
    whole = sample(counts, columns=1)
    hits = dict.fromkeys(("direct_ratio", "g_test", "wasserstein", "mmd", "kolmogorov_smirnov"), 0)
    for turn in range(times):
        table = simulate(whole, Simulation("entropic_balanced", Goal(target=0.8), 500, "weighted", seed=turn)).after
        drawn = null_cells(counts, table, "A", DRAWS, rng)
        statistics = cell_statistics(np.concatenate([table[None], drawn]), table, counts, "A")
        for key, values in statistics.items():
            hits[key] += p_values(values)[0] <= LEVEL
        hits["kolmogorov_smirnov"] += kolmogorov(table, counts)[1] <= LEVEL
    print("\npower: " + ", ".join(f"{key} {n / times:.3f}" for key, n in hits.items()))
    measured = {"direct_ratio": 0.998, "g_test": 0.973, "wasserstein": 0.802, "mmd": 0.570, "kolmogorov_smirnov": 0.510}
    for key, share in measured.items():
        assert abs(hits[key] / times - share) < 0.03 + 3 * np.sqrt(share * (1 - share) / times), key


@pytest.mark.parametrize(("attack", "size", "least"), [("replace", 100, 0.97), ("matching", 500, 0.93)])
def test_altered_rows_are_proved_by_the_database(attack, size, least):
    whole, times = sample(cells("ADULT"), columns=3), 60
    found = 0
    for turn in range(times):
        forged = simulate(whole, Simulation(attack, Goal(target=0.8), size, "weighted", seed=turn))
        found += bool(detect(forged.sample, whole, Audit("A", draws=999, permutations=0, seed=turn)).proofs)
    print(f"\n{attack} at {size}: proved in {found} of {times}")
    assert found / times >= least


@pytest.mark.parametrize(("size", "target", "power"), [(125, 0.8, 0.48), (250, 0.6, 0.45), (500, 0.5, 0.49),
                                                       (500, 0.4, 0.18), (1000, 0.4, 0.38)])
def test_the_power_formula_agrees_with_simulation(size, target, power):
    from scipy.stats import chi2

    from engine.manipulation.nulls import _g
    from engine.manipulation.power import Protocol, g_power
    from engine.manipulation.projection import optimal

    counts, rng = cells("ADULT"), np.random.default_rng(2)
    plan = optimal(counts, Goal(target=target))
    drawn = rng.multinomial(size, plan.ravel(), 20_000).reshape(-1, 2, 2)
    simulated = (_g(drawn, counts, "A") > chi2.ppf(0.95, 3) * (1 - size / counts.sum())).mean()
    formula = g_power(counts, plan, Protocol(size))
    print(f"\n{size} rows to {target}: simulated {simulated:.3f}, formula {formula:.3f}")
    assert abs(simulated - formula) <= 0.02
    assert abs(simulated - power) <= 0.02


def test_proportions_keep_their_level_with_three_groups():
    rng = np.random.default_rng(8)
    shares = np.array([[0.2, 0.1], [0.3, 0.1], [0.2, 0.1]])
    rejected = 0
    for turn in range(300):
        drawn = rng.multinomial(300, shares.ravel())
        rows = sample(drawn.reshape(-1, 2), columns=1, seed=turn)
        answer = detect(rows, Proportions(rows.groups, shares), Audit("C", draws=999, seed=turn))
        rejected += answer.family_p_value <= LEVEL
    assert within(rejected, 300)


def test_cells_are_counted_alike():
    for name in CELLS:
        rows = sample(cells(name) // 10)
        assert (tally(rows.group, rows.decision, 2) == cells(name) // 10).all()
