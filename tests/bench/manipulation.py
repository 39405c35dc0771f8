"""Attacks and tests against the paper's procedures, written naively for this bench, in one run.

    python -m tests.bench.manipulation [rows ...]     (default 1e3 1e4 1e5; cells alone to 1e7)

Naive: entropic weights by 1,000 steps of gradient descent, matching by the full table of distances, thresholds from 30
resampled samples with a transport solver on the rows. A naive way is left out where it would take minutes or gigabytes.
Results are compared before a time is printed.
"""

import resource
import sys
from time import perf_counter

import numpy as np

from engine.manipulation import Audit, Goal, Simulation, detect, simulate
from engine.manipulation.cells import tally, wasserstein
from engine.manipulation.nulls import cell_statistics, null_cells
from engine.manipulation.projection import entropic
from tests.audits import cells, sample
from tests.test_manipulation_attacks import brute_matching

GOAL = Goal(target=0.8)
LARGEST_BRUTE, LARGEST_SOLVER = 1_000, 2_000


def timed(work):
    begun = perf_counter()
    result = work()
    return result, perf_counter() - begun


def gradient_descent(rows, target, steps=1_000, rate=0.1):
    """Entropic weights as the paper's code finds them: per side, from 0, with a fixed number of steps."""
    weight = np.zeros(len(rows))
    wanted = entropic(rows.counts, target, balanced=True)
    for side in (0, 1):
        mine = rows.group == side
        y, xi = rows.decision[mine].astype(float), 0.0
        goal = wanted[side, 1] / wanted[side].sum()
        for _ in range(steps):
            tilt = np.exp(xi * y)
            xi -= rate * ((tilt * y).sum() / tilt.sum() - goal)
        weight[mine] = np.exp(xi * y) / np.exp(xi * y).sum() * mine.mean()
    return weight


def resampled_threshold(rows, size, rng, draws=30):
    """Mean plus 1.96 standard deviations of 30 honest samples' distances, each by a transport solver on the rows."""
    import ot

    points = np.column_stack([rows.group, rows.decision]).astype(float)
    found = []
    for _ in range(draws):
        mine = points[rng.choice(len(points), size, replace=False)]
        found.append(ot.emd2(np.full(len(points), 1 / len(points)), np.full(size, 1 / size), ot.dist(
            points, mine, metric="euclidean"), numItermax=10_000_000))
    return np.mean(found) + 1.96 * np.std(found)


def one_size(n):
    counts = np.round(cells("ADULT") * (n / 5_000)).astype(int)
    rows, size = sample(counts, columns=8), max(n // 10, 50)
    plan, ours = timed(lambda: entropic(rows.counts, GOAL, balanced=True))
    weight, slow = timed(lambda: gradient_descent(rows, GOAL))
    reached = np.bincount(2 * rows.group + rows.decision, weight, 4).reshape(2, 2)
    np.testing.assert_allclose(reached, plan, atol=2e-3)
    line(n, "entropic weights", ours, slow)
    forged, ours = timed(lambda: simulate(rows, Simulation("matching", GOAL, size)))
    slow = None
    if n <= LARGEST_BRUTE:
        from engine.manipulation.sample import matrix

        done, slow = timed(lambda: brute_matching(matrix(rows.features), rows.group.astype(int),
                                                  rows.decision.astype(int), 0.8))
        np.testing.assert_equal(len(done), forged.rows_changed)
    line(n, f"matching, {forged.rows_changed:,} rows", ours, slow)
    _, ours = timed(lambda: simulate(rows, Simulation("replace", GOAL, size)))
    line(n, "replace", ours, None)
    rng = np.random.default_rng(0)
    like = np.array([[size, 0], [0, 0]])
    drawn, ours = timed(lambda: wasserstein(null_cells(counts, like, "A", 100_000, rng), counts))
    slow = None
    if n <= LARGEST_SOLVER:
        limit, slow = timed(lambda: resampled_threshold(rows, size, rng))
        slow *= 100_000 / 30
        print(f"{'':>10}  95 % point {np.quantile(drawn, 0.95):.5f} of 100,000 exact draws; {limit:.5f} from 30")
    line(n, "Wasserstein threshold, 100,000 draws", ours, slow)
    found, ours = timed(lambda: detect(forged.sample, rows, Audit("A")))
    line(n, f"whole audit, {len(found.tests)} tests", ours, None)


def cells_alone(n):
    counts = np.round(cells("ADULT") * (n / 5_000)).astype(int)
    rng, size = np.random.default_rng(0), n // 10
    table = np.round(counts / 10).astype(int)
    drawn, first = timed(lambda: null_cells(counts, np.array([[size, 0], [0, 0]]), "A", 100_000, rng))
    _, second = timed(lambda: cell_statistics(drawn, table, counts, "A"))
    line(n, "100,000 null draws, four cell tests", first + second, None)
    group, decision = (np.repeat(column, counts.ravel()) for column in (np.array([0, 0, 1, 1], dtype=np.int32),
                                                                       np.array([0, 1, 0, 1], dtype=np.int8)))
    counted, ours = timed(lambda: tally(group, decision, 2))
    np.testing.assert_equal(counted, counts)
    line(n, "counting the cells", ours, None)


def line(n, what, ours, slow):
    ratio_ = f"{slow:>12.3f}{slow / ours:>12,.0f}" if slow else f"{'-':>12}{'-':>12}"
    print(f"{n:>10,}  {what:<40}{ours:>12.4f}{ratio_}", flush=True)


def main():
    print(f"{'rows':>10}  {'':<40}{'ours, s':>12}{'naive, s':>12}{'ratio':>12}")
    simulate(sample(cells("ADULT") // 20), Simulation("matching", GOAL, 50))   # its imports are not its work
    sizes = [int(float(n)) for n in sys.argv[1:]] or [1_000, 10_000, 100_000]
    for n in sizes:
        one_size(n)
    for n in (*sizes, 1_000_000, 10_000_000):
        cells_alone(n)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
