"""What a slider move costs, and the same numbers by fairlearn and by pandas, in one run.

    python -m tests.bench.thresholds [rows ...]     (default 1e5 1e6 1e7; 12 groups, 16 rates)

Our index and table are built once per data set and their cost is printed; a move then reads counts. The peers take
rows and decisions at each move. Every number of every way is compared before a time is printed.
"""

import sys
from time import perf_counter

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate, true_negative_rate
from sklearn import metrics as sk

from engine.counting.groups import Groups
from engine.counting.index import index_rows
from engine.counting.table import tabulate_rows
from engine.metrics import rate_values

GROUPS = 12
NAMES = Groups(("group",), (tuple(str(g) for g in range(GROUPS)),), np.arange(GROUPS)[:, None])
PEER = {
    "selection_rate": selection_rate,
    "true_positive_rate": sk.recall_score,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
    "true_negative_rate": true_negative_rate,
    "precision": sk.precision_score,
    "negative_predictive_value": lambda y, d: sk.precision_score(y, d, pos_label=0),
    "false_discovery_rate": lambda y, d: 1 - sk.precision_score(y, d),
    "false_omission_rate": lambda y, d: 1 - sk.precision_score(y, d, pos_label=0),
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1": sk.f1_score,
    "matthews_correlation": sk.matthews_corrcoef,
    "base_rate": lambda y, d: float(np.mean(y)),
    "expected_cost": sk.zero_one_loss,
    "favourable_rate": selection_rate,
}


def timed(work, times=1):
    """Return the result and the fastest of `times` runs, in seconds."""
    best = np.inf
    for _ in range(times):
        begun = perf_counter()
        result = work()
        best = min(best, perf_counter() - begun)
    return result, best


def rows(n, rng):
    """Return scores, labels and group codes with unequal groups."""
    codes = rng.choice(GROUPS, n, p=(share := 1 / np.arange(1, GROUPS + 1)) / share.sum()).astype(np.int32)
    scores = rng.random(n)
    return scores, (rng.random(n) < 0.2 + 0.6 * scores).astype(np.int8), codes


def by_fairlearn(scores, label, codes, thresholds):
    decision = scores >= thresholds[codes]
    frame = MetricFrame(metrics=PEER, y_true=label, y_pred=decision.astype(np.int8), sensitive_features=codes)
    return frame.by_group


def by_pandas(frame, thresholds):
    """Return the same rates from one groupby of the four cells."""
    chosen, event = frame["score"].to_numpy() >= thresholds[frame["group"].to_numpy()], frame["label"].to_numpy() == 1
    cells = frame.assign(tp=chosen & event, fp=chosen & ~event, fn=~chosen & event, tn=~chosen & ~event)
    c = cells.groupby("group")[["tp", "fp", "fn", "tn"]].sum()
    n, tpr, tnr = c.sum(axis=1), c.tp / (c.tp + c.fn), c.tn / (c.tn + c.fp)
    below = np.sqrt((c.tp + c.fp) * (c.tp + c.fn)) * np.sqrt((c.tn + c.fp) * (c.tn + c.fn))
    return pd.DataFrame(
        {
            "selection_rate": (c.tp + c.fp) / n,
            "true_positive_rate": tpr,
            "false_positive_rate": 1 - tnr,
            "false_negative_rate": 1 - tpr,
            "true_negative_rate": tnr,
            "precision": c.tp / (c.tp + c.fp),
            "negative_predictive_value": c.tn / (c.tn + c.fn),
            "false_discovery_rate": c.fp / (c.tp + c.fp),
            "false_omission_rate": c.fn / (c.tn + c.fn),
            "accuracy": (c.tp + c.tn) / n,
            "balanced_accuracy": (tpr + tnr) / 2,
            "f1": 2 * c.tp / (2 * c.tp + c.fp + c.fn),
            "matthews_correlation": (c.tp * c.tn - c.fp * c.fn) / below,
            "base_rate": (c.tp + c.fn) / n,
            "expected_cost": (c.fp + c.fn) / n,
            "favourable_rate": (c.tp + c.fp) / n,
        }
    )


def one_size(n):
    """Print a line of times and ratios for n rows."""
    rng = np.random.default_rng(0)
    scores, label, codes = rows(n, rng)
    frame = pd.DataFrame({"score": scores, "label": label, "group": codes})
    thresholds = rng.integers(100, 900, GROUPS) / 1024
    index, built = timed(lambda: index_rows(scores, label, codes, NAMES), 2)
    table, tabled = timed(lambda: tabulate_rows(scores, label, codes, NAMES), 2)
    ours, move = timed(lambda: rate_values(index.at(thresholds)), 50)
    counted, table_move = timed(lambda: rate_values(table.at(thresholds)), 50)
    grid = np.repeat(np.linspace(0, 1, 513)[:, None], GROUPS, axis=1)
    _, sweep = timed(lambda: rate_values(index.at(grid)), 5)
    fairlearn, slow = timed(lambda: by_fairlearn(scores, label, codes, thresholds), 3 if n < 1_000_000 else 1)
    pandas, plain = timed(lambda: by_pandas(frame, thresholds), 3)
    for key in PEER:
        for theirs in (fairlearn[key], pandas[key], counted[key]):
            np.testing.assert_allclose(ours[key], np.asarray(theirs, dtype=float), atol=1e-9)
    cells = (built, tabled, move, table_move, sweep, slow, plain)
    print(
        f"{n:>10,}"
        + "".join(f"{1e3 * cell:>13,.3f}" for cell in cells)
        + f"{slow / move:>16,.0f}{plain / move:>13,.0f}"
        + f"{513 * slow / sweep:>17,.0f}",
        flush=True,
    )


def main():
    heads = ("index ms", "table ms", "move ms", "table move", "sweep 513", "fairlearn ms", "pandas ms")
    print(
        f"{'rows':>10}"
        + "".join(f"{head:>13}" for head in heads)
        + f"{'fairlearn/move':>16}{'pandas/move':>13}{'513 fl./sweep':>17}"
    )
    by_fairlearn(*rows(1_000, np.random.default_rng(1)), np.full(GROUPS, 0.5))   # its imports are not its work
    for n in map(float, sys.argv[1:] or ("1e5", "1e6", "1e7")):
        one_size(int(n))


if __name__ == "__main__":
    main()
