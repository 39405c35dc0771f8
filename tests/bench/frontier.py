"""What a frontier costs and how good it is, side by side with fairlearn, error-parity and OxonFair, in one run.

    python -m tests.bench.frontier [rows ...]     (default 1e4 1e5 1e6; 2, 4 and 12 groups)

Each peer solves one bound; ours is the time from plain arrays to the policy at that bound, under demographic parity
with the whole randomised frontier. Under equalised odds fairlearn solves a gap of 0, all it has. Utility is the
expected accuracy on the rows given, recounted row by row from each tool's own decisions, and the gap obtained stands
beside it, with our optimum at that gap. error-parity draws lots at each call: its decisions are averaged over 5 to
400 calls, so both its numbers carry that noise and its gap may exceed the bound. A peer that takes over `PATIENCE`
seconds, or memory over `MEMORY`, is not asked for more rows.
"""

import importlib
import itertools
import resource
import sys
import warnings
from time import perf_counter

import numpy as np

from engine.backend import device
from engine.counting.groups import Groups
from engine.counting.index import index_rows
from engine.counting.table import tabulate_rows
from engine.frontier.points import operating_points
from engine.frontier.problem import Problem
from engine.frontier.solvers import solved
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES

BOUND = 0.02
PATIENCE, SHORT = 60, 0.5   # seconds; what is shorter runs three times, and the fastest counts
MEMORY = 16 * 2**30   # bytes of address space: a peer that asks for more is told no, and the bench goes on
KEYS = {"demographic_parity_difference": "demographic_parity", "equalized_odds_difference": "equalized_odds"}


def credit(n, count, seed=0):
    """Return scores, labels and groups: unequal sizes, base rates .42 to .12, scores miscalibrated by group."""
    rng = np.random.default_rng(seed)
    share = 0.72 ** np.arange(count)
    group = rng.choice(count, n, p=share / share.sum())
    base, signal = np.linspace(0.42, 0.12, count)[group], np.linspace(1.35, 0.85, count)[group]
    label = (rng.random(n) < base).astype(np.int8)
    latent = rng.normal(size=n) + signal * (label - 0.5) * 1.5 + np.log(base / (1 - base)) * 0.8
    latent += np.linspace(0.15, -0.25, count)[group]
    return 1 / (1 + np.exp(-1.3 * latent)), label, group.astype(np.int32)


def measured(chance, label, group, key):
    """Return expected accuracy and the widest gap."""
    outcomes = [None] if key.startswith("demographic") else [0, 1]
    gaps = []
    for outcome in outcomes:
        among = np.ones(len(label), bool) if outcome is None else label == outcome
        total = np.bincount(group[among])
        gaps.append(np.ptp(np.bincount(group[among], chance[among]) / total))
    return float(np.where(label == 1, chance, 1 - chance).mean()), float(max(gaps))


def chances(choice, points, scores, group):
    """Return each row's chance of being selected."""
    chance = np.zeros(len(scores))
    for g, mix in enumerate(choice.mixes):
        rows = np.flatnonzero(group == g)
        for point, share in mix:
            chance[rows] += share * (scores[rows] >= points[g].threshold(point))
    return chance


def ours(kind, build):
    def run(scores, label, group, key):
        count = int(group.max()) + 1
        names = Groups(("g",), (tuple(map(str, range(count))),), np.arange(count)[:, None])
        begun = perf_counter()
        points = operating_points(build(scores, label, group, names))
        problem = Problem(points, tuple(range(count)), DISPARITIES[key], UTILITIES["accuracy"])
        curve = solved(problem, kind)
        if kind == "randomised" and key.startswith("demographic"):
            len(curve.disparity)   # the whole frontier
        choice = curve.at(BOUND)
        seconds = perf_counter() - begun
        return chances(choice, points, scores, group), seconds

    return run


def fairlearn(scores, label, group, key):
    from fairlearn.postprocessing import ThresholdOptimizer
    from sklearn.base import BaseEstimator, ClassifierMixin

    class AsItIs(ClassifierMixin, BaseEstimator):
        classes_, fitted_ = np.array([0, 1]), True

        def fit(self, features, label=None):
            return self

        def predict(self, features):
            return np.asarray(features).ravel()

    more = {"tol": BOUND} if key.startswith("demographic") else {}   # equalised odds: gap 0 is all it has
    begun = perf_counter()
    model = ThresholdOptimizer(estimator=AsItIs(), constraints=KEYS[key], objective="accuracy_score", prefit=True,
                               predict_method="predict", **more)
    model.fit(scores[:, None], label, sensitive_features=group)
    seconds = perf_counter() - begun
    return np.asarray(model._pmf_predict(scores[:, None], sensitive_features=group))[:, 1], seconds


def error_parity(scores, label, group, key):
    from error_parity import RelaxedThresholdOptimizer

    begun = perf_counter()
    model = RelaxedThresholdOptimizer(predictor=np.ravel, constraint=KEYS[key], tolerance=BOUND)
    model.fit(scores[:, None], label, group=group, y_scores=scores)
    seconds = perf_counter() - begun
    draws = int(np.clip(4_000_000 // len(scores), 5, 400))   # it draws lots at each call
    return np.mean([model.predict(scores[:, None], group=group) for _ in range(draws)], axis=0), seconds


def oxonfair(scores, label, group, key):
    import oxonfair as package
    from oxonfair.utils import group_metrics

    data = package.DataDict(label, np.stack([1 - scores, scores], axis=1), group)
    measure = {"demographic_parity_difference": group_metrics.pos_pred_rate.max_diff,
               "equalized_odds_difference": group_metrics.equalized_odds_max}[key]
    begun = perf_counter()
    model = package.FairPredictor(lambda x: x, data)
    model.fit(group_metrics.accuracy, measure, BOUND)
    seconds = perf_counter() - begun
    return np.asarray(model.predict(data)).astype(float).ravel(), seconds


def optimum(scores, label, group, key):
    """Return our randomised frontier."""
    count = int(group.max()) + 1
    names = Groups(("g",), (tuple(map(str, range(count))),), np.arange(count)[:, None])
    points = operating_points(index_rows(scores, label, group, names))
    return solved(Problem(points, tuple(range(count)), DISPARITIES[key], UTILITIES["accuracy"]), "randomised")


TOOLS = {   # name: the module that it needs, what it does
    "ours, randomised": (None, ours("randomised", index_rows)),
    "ours, deterministic": (None, ours("deterministic", index_rows)),
    "ours, from counts": (None, ours("randomised", tabulate_rows)),
    "fairlearn ThresholdOptimizer": ("fairlearn", fairlearn),
    "error-parity": ("error_parity", error_parity),
    "OxonFair": ("oxonfair", oxonfair),
}


def refusal(name):
    """Return why a tool cannot be asked at all; None where it can."""
    try:
        importlib.import_module(TOOLS[name][0] or "engine")
    except ImportError as missing:
        return f"not installed ({missing})"
    return None


def line(name, arrays, key, base):
    """Print one row, or why there is none; return the seconds. `there` is our optimum at the gap that was obtained."""
    try:
        chance, seconds = TOOLS[name][1](*arrays, key)
        for _ in range(2 if seconds < SHORT else 0):
            seconds = min(seconds, TOOLS[name][1](*arrays, key)[1])
    except Exception as refused:   # a peer may fail in any way, and the bench goes on; we may not
        if TOOLS[name][0] is None:
            raise
        why = str(refused).split(" for an array")[0][:60]
        print(f"  {name:30} not measured: {type(refused).__name__}: {why}", flush=True)
        return None
    accuracy, gap = measured(chance, arrays[1], arrays[2], key)
    ratio = f"{seconds / base:7.1f}x" if base else " " * 8
    there = optimum(*arrays, key).at(gap).utility
    found = f"accuracy {accuracy:.6f}  gap {gap:.4f}  ours there {there:.6f}"
    print(f"  {name:30} {found}  {1000 * seconds:9.1f} ms {ratio}", flush=True)
    return seconds


def main(sizes):
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    device()   # where PyTorch is installed, the first large table asks it for a card: two seconds, once a process
    for name in TOOLS:
        if not refusal(name):
            TOOLS[name][1](*credit(1000, 2), "equalized_odds_difference")   # imports and compiles
    given_up = {}
    for key, n, count in itertools.product(KEYS, sizes, (2, 4, 12)):
        print(f"{KEYS[key].replace('_', ' ')}, bound {BOUND}, {n:,} rows, {count} groups")
        arrays, base = credit(n, count), None
        for name in TOOLS:
            if why := given_up.get((name, key, count)) or refusal(name):
                print(f"  {name:30} not measured: {why}")
                continue
            seconds = line(name, arrays, key, base)
            base = base or seconds
            if seconds is None or seconds > PATIENCE:
                how = "failed" if seconds is None else f"took {seconds:.0f} s"
                given_up[name, key, count] = f"it {how} with {n:,} rows"


if __name__ == "__main__":
    main([int(float(word)) for word in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
