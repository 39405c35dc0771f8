"""Every calibration measure of 20 groups, side by side with the libraries that have some of them, in one run.

    OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 python -m tests.bench.calibration [rows ...]     (default 1e5 1e6 1e7)

CPU time, one thread, the best of a few runs taken in turns, so that a busy machine does not decide. Ratios are against
our own way to the same numbers, named beside them; where a library has a number of ours, both are compared before a
time is printed. A library that takes over `PATIENCE` seconds is not asked for more rows.
"""

import importlib
import os
import resource
import sys
import warnings
from time import process_time

import numpy as np

from engine.calibration import Request, binned, calibrate, calibrate_counts, corp, ecce
from engine.calibration.balance import balance, moments
from engine.calibration.blocks import by_group
from engine.calibration.smooth import smooth_error
from engine.counting.table import CountTable
from engine.types import AttributeValues, Dataset, Roles

GROUPS, BINS = 20, 15
RUNS = {100_000: 7, 1_000_000: 5, 10_000_000: 2}
PATIENCE = 60


def sample(n, seed=0):
    """Return scores that are over-confident, outcomes and groups."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(2, 3, n)
    group = rng.integers(0, GROUPS, n).astype(np.int32)
    score = np.clip(1 / (1 + np.exp(-1.4 * np.log(truth / (1 - truth)))), 1e-6, 1 - 1e-6)
    return score, (rng.random(n) < truth).astype(np.int8), group


def dataset(score, label, group):
    codes = AttributeValues("g", "nominal", group, tuple(map(str, range(GROUPS))))
    return Dataset("bench", "0" * 64, "1" * 64, Roles(), len(score), (codes,), label=label, scores={"s": score},
                   score="s")


def ours(score, label, group):
    """Our own ways, each from plain arrays, or from counts where it says so."""
    data = dataset(score, label, group)
    edges = np.arange(1025) / 1024
    table = CountTable.build(data, ("g",), edges)

    def each(measure):
        return lambda: [measure(blocks) for blocks in by_group(score, label, group, GROUPS)]

    return {
        "everything, groups and everybody": lambda: calibrate(data, Request(draws=0)),
        "everything, everybody alone": lambda: calibrate(data, Request(draws=0, groupings=())),
        "everything, with noise bands": lambda: calibrate(data, Request(draws=200)),
        "count table": lambda: CountTable.build(data, ("g",), edges),
        "everything, from counts": lambda: calibrate_counts(table, Request(draws=0)),
        "sorted rows": each(len),
        "Balance": each(lambda b: balance(moments(b, 0.5), 0.95)[0].value),
        "ECE": each(lambda b: binned.calibration_error(b, binned.equal_width(b, BINS))),
        "ECCE": each(lambda b: ecce.cumulative_errors(b, ecce.walk(b))[1].scaled),
        "CORP": each(lambda b: corp.corp(b, moments(b, 0.5).residual_squares / b.total).mcb),
        "smooth ECE": each(smooth_error),
    }


def loops(score, label, group):
    """The libraries, group by group where they take one group at a time; each beside our way to the same numbers."""
    number, real = label.astype(int), label.astype(float)
    names = np.array([f"group {g:02}" for g in range(GROUPS)])[group]
    masks = [group == g for g in range(GROUPS)]
    right, sure = ((score >= 0.5) == (label == 1)).astype(float), np.maximum(score, 1 - score)

    def mapie():
        from mapie.metrics.calibration import kuiper_statistic

        return [kuiper_statistic(number[m], score[m]) for m in masks]

    def scikit_curve():
        from sklearn.calibration import calibration_curve

        return [_error(score[m], *calibration_curve(number[m], score[m], n_bins=BINS)) for m in masks]

    def model_diagnostics():
        from model_diagnostics.calibration import compute_bias

        table = compute_bias(y_obs=right, y_pred=sure, feature=names, n_bins=GROUPS)
        return [-value for _, value in sorted(zip(table["feature"], table["bias_mean"], strict=True))]

    def model_diagnostics_corp():
        from model_diagnostics.scoring import SquaredError, decompose

        rule = SquaredError()
        return [decompose(y_obs=real[m], y_pred=score[m], scoring_function=rule)["miscalibration"][0] for m in masks]

    def fairlearn():
        from fairlearn.metrics import MetricFrame
        from sklearn.metrics import brier_score_loss

        frame = MetricFrame(metrics=brier_score_loss, y_true=number, y_pred=score, sensitive_features=group)
        return list(frame.by_group)

    def netcal():
        from netcal.metrics import ECE

        return [ECE(BINS).measure(score[m], number[m]) for m in masks]

    def relplot():
        import relplot as package

        package.config.use_logit_scaling = False
        return [package.metrics.smECE(score[m], real[m]) for m in masks]

    return {
        "MAPIE, Kuiper": ("mapie", mapie, "ECCE", 1e-5),
        "scikit-learn, curve to ECE": ("sklearn", scikit_curve, "ECE", 1e-9),
        "netcal, ECE": ("netcal", netcal, "ECE", 1e-6),
        "model-diagnostics, compute_bias": ("model_diagnostics", model_diagnostics, "Balance", 1e-9),
        "model-diagnostics, decompose": ("model_diagnostics", model_diagnostics_corp, "CORP", 1e-9),
        "relplot, smooth ECE": ("relplot", relplot, "smooth ECE", 1.5e-3),
        "fairlearn, MetricFrame of Brier": ("fairlearn", fairlearn, "Balance", None),
    }


def _error(score, share, mean):
    """Return the expected calibration error from a curve that leaves empty bins out."""
    rows = np.bincount(np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], score), minlength=BINS)
    return float((rows[rows > 0] * np.abs(share - mean)).sum() / len(score))


def timed(work):
    begun = process_time()
    result = work()
    return result, process_time() - begun


def refusal(package):
    """Return why a library cannot be asked; None where it can."""
    try:
        importlib.import_module(package)
    except ImportError as missing:
        return f"not installed ({missing})"
    return None


def raced(works, runs):
    """Return each work's result and its fastest run; what takes long runs once."""
    best, results = {}, {}
    for _ in range(runs):
        for name, work in works.items():
            if best.get(name, 0) < PATIENCE / 10:
                results[name], seconds = timed(work)
                best[name] = min(best.get(name, np.inf), seconds)
    return results, best


def compared(name, beside, tolerance, results, best):
    """Print a library's time beside ours; end the bench where the numbers differ."""
    off = np.abs(np.array(results[name]) - np.array(results[beside])).max()
    if tolerance is not None and not off <= tolerance:
        raise SystemExit(f"{name} and ours, {beside}, differ by {off:g}")
    same = "another measure" if tolerance is None else f"differs by {off:.1e}"
    ratio = f"{best[name] / best[beside]:7.1f}x ours, {beside}; {same}"
    print(f"  {name:40} {1000 * best[name]:10.1f} ms  {ratio}", flush=True)


def main(sizes):
    warnings.simplefilter("ignore")
    given_up = {}
    for n in sizes:
        arrays = sample(n)
        mine, others = ours(*arrays), loops(*arrays)
        why = {name: given_up.get(name) or refusal(package) for name, (package, *_) in others.items()}
        asked = {name: work for name, (_, work, *_) in others.items() if not why[name]}
        results, best = raced({**mine, **asked}, RUNS.get(n, 3))
        print(f"{n:,} rows, {GROUPS} groups; load {os.getloadavg()[0]:.1f}", flush=True)
        for name in mine:
            print(f"  ours: {name:34} {1000 * best[name]:10.1f} ms")
        for name, (_, _, beside, tolerance) in others.items():
            if why[name]:
                print(f"  {name:40} not measured: {why[name]}", flush=True)
                continue
            compared(name, beside, tolerance, results, best)
            if best[name] > PATIENCE:
                given_up[name] = f"it took {best[name]:.0f} s with {n:,} rows"
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main([int(float(word)) for word in sys.argv[1:]] or [100_000, 1_000_000, 10_000_000])
