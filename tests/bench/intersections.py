"""What a path of penalised models costs and gives, side by side with fairlearn's reduction on the cells, in one run.

    python -m tests.bench.intersections [rows ...]     (default 2e4 1e5)

The data are two fair coins whose combination, and neither alone, moves the outcome: rows to train and as many to test.
Ours: logistic, every penalty, eight strengths, each from the one before; one core where OMP_NUM_THREADS=1. Theirs:
ExponentiatedGradient of the same logistic model with demographic parity over the four cells, as the mean of its models'
probabilities and, apart, as the lottery that it is. The sum of marginal penalties runs at the first penalty's lambdas.
Seconds are of fitting alone; accuracy and gap are of scores of at least .5, of a lottery the expected ones. Memory is
the most that Python held beyond what stood before (tracemalloc, in a run of its own).
"""

from __future__ import annotations

import sys
import tracemalloc
import warnings
from time import perf_counter

import numpy as np

from engine.dependence import penalties
from engine.dependence.attributes import ProtectedColumn
from engine.dependence.divergence import jensen_shannon
from engine.dependence.families import FAMILIES
from engine.dependence.fit import Problem, fit
from engine.dependence.performance import area
from engine.dependence.shapes import Sum
from tests.gerrymandered import crossed

KAPPAS = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
BOUNDS = (0.1, 0.02)
FAMILY = FAMILIES["classification"]


def gap(values, codes):
    means = np.bincount(codes, values) / np.bincount(codes)
    return float(means.max() - means.min())


def line(name, seconds, score, chosen, test):
    _, y, a, b = test
    cell = 2 * a + b
    print(f"  {name:34} {seconds:8.2f} s   AUC {area(y, score, None, 1.96).value:.4f}   "
          f"accuracy {np.where(y == 1, chosen, 1 - chosen).mean():.4f}   gap {gap(chosen, cell):.4f}   "
          f"divergence {jensen_shannon(score, cell, 4).value:.5f}", flush=True)


def path(rows, kind, unit=None, report=None):
    """Fit the path and return the seconds of each fit, and lambda at kappa 1: the kind's own where none is given."""
    x, y, a, b = rows
    begun = perf_counter()
    columns = [ProtectedColumn(name, "binary", codes, levels=("0", "1")) for name, codes in (("a", a), ("b", b))]
    penalty = penalties.build(columns, kind, estimator="V")
    problem = Problem(x, y, FAMILY, np.full(len(y), 1 / len(y)))
    found = fit(problem, Sum())
    gain = problem.constant_loss() - found.loss
    first = penalty.value_and_gradient(FAMILY.mean(Sum().forward(found.parameters, x)[0]))[0]
    unit, seconds = gain / first if unit is None else unit, []
    for kappa in KAPPAS:
        if kappa:
            begun = perf_counter()
            found = fit(problem, Sum(), penalty, kappa * unit, found.parameters)
        seconds.append(perf_counter() - begun)
        if report is not None:
            report(kappa, seconds[-1], found.parameters)
    return seconds, unit


def ours(kind, rows, test, unit=None):
    def report(kappa, seconds, parameters):
        score = FAMILY.mean(Sum().forward(parameters, test[0])[0])
        line(f"{kind}, kappa {kappa:g}", seconds, score, score >= 0.5, test)

    seconds, unit = path(rows, kind, unit, report)
    print(f"  {kind}, all {len(KAPPAS)}: {sum(seconds):.2f} s, {np.mean(seconds):.3f} s a point", flush=True)
    return float(np.mean(seconds)), unit


def fairlearn(rows, test):
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient
    from sklearn.linear_model import LogisticRegression

    x, y, a, b = rows
    seconds = []
    for bound in BOUNDS:
        begun = perf_counter()
        model = ExponentiatedGradient(LogisticRegression(max_iter=1000), DemographicParity(difference_bound=bound))
        model.fit(x, y.astype(int), sensitive_features=2 * a + b)
        seconds.append(perf_counter() - begun)
        chance = np.asarray(model._pmf_predict(test[0]))[:, 1]
        drawn = [(model.weights_[k], model.predictors_[k]) for k in model.weights_.index]
        score = sum(share * each.predict_proba(test[0])[:, 1] for share, each in drawn)
        line(f"fairlearn, gap {bound:g}, mean", seconds[-1], score, score >= 0.5, test)
        line(f"fairlearn, gap {bound:g}, lottery", seconds[-1], chance, chance, test)
    return float(np.mean(seconds))


def held(work):
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


def main(sizes):
    warnings.simplefilter("ignore")
    path(crossed(2000, 2), "cc")   # warm-up
    for n in sizes:
        rows, test = crossed(n, 0), crossed(n, 1)
        print(f"{n:,} rows to train")
        each, unit = ours("cc", rows, test)
        ours("joint", rows, test)
        ours("marginal", rows, test, unit)
        theirs = fairlearn(rows, test)
        print(f"  a point: fairlearn {theirs:.2f} s, cc {each:.3f} s, {theirs / each:.1f}x", flush=True)
        most = held(lambda rows=rows: path(rows, "cc")), held(lambda rows=rows, test=test: fairlearn(rows, test))
        print(f"  memory: rows {rows[0].nbytes / 2**20:.0f} MB, path {most[0]:.0f} MB, fairlearn {most[1]:.0f} MB")


if __name__ == "__main__":
    main([int(float(word)) for word in sys.argv[1:]] or [20_000, 100_000])
