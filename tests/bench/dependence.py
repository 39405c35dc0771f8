"""What a dependence penalty costs: value and gradient against dcor, plain NumPy and plain PyTorch, in one run.

    python -m tests.bench.dependence [rows ...]     (default 1e3 1e4 1e5 1e6)

Ours is a step of training: value and gradient at new predictions, routes planned before. dcor and plain NumPy give the
value alone; plain PyTorch goes back through all pairs. Peers that hold n x n numbers are not asked above `PAIRS` rows.
Best of three calls, of one for what takes over a second. Memory is the most that Python held beyond what stood before,
in a step of its own. One core where OMP_NUM_THREADS=1.
"""

import importlib.util
import sys
import tracemalloc
from time import perf_counter

import numpy as np

from engine.dependence import penalties
from engine.dependence.attributes import ProtectedColumn
from tests.distances import centred, coordinates, distances, mean_of_pairs

PAIRS = 10_000
MEGABYTE = 2**20


def people(n, seed=1):
    """Return predictions and protected columns: race (4), sex (2), age in 62 years, age and income without steps."""
    rng = np.random.default_rng(seed)
    race, sex, years = rng.integers(0, 4, n), rng.integers(0, 2, n), rng.integers(0, 62, n)
    age, income = rng.random(n), rng.random(n)
    y = rng.normal(size=n) + 0.3 * (race == 1) * (sex == 0) + 0.2 * age
    return y, {
        "race": ProtectedColumn("race", "nominal", race, None, tuple("abcd")),
        "sex": ProtectedColumn("sex", "binary", sex, None, ("f", "m")),
        "years": ProtectedColumn("years", "continuous", None, years / 61),
        "age": ProtectedColumn("age", "continuous", None, age),
        "income": ProtectedColumn("income", "continuous", None, income),
    }


OURS = {
    "CCdCov, 8 cells": ("cc", ("race", "sex")),
    "JdCov, 8 cells": ("joint", ("race", "sex")),
    "CCdCov, age in years x 8 cells": ("cc", ("race", "sex", "years")),
    "dCov, continuous age": ("cc", ("age",)),
    "JdCov, continuous age x 8 cells": ("joint", ("race", "sex", "age")),
    "CCdCov, continuous age x 8 cells": ("cc", ("race", "sex", "age")),
    "JdCov, age, income x 8 cells": ("joint", ("race", "sex", "age", "income")),
}


def dcor_many(y, columns):
    import dcor

    return dcor.u_distance_covariance_sqr(y, np.hstack([coordinates(columns[name]) for name in ("race", "sex")]))


def dcor_line(y, columns):
    import dcor

    return dcor.u_distance_covariance_sqr(y, columns["age"].values)


def plain_numpy(y, columns):
    points = np.hstack([coordinates(columns[name]) for name in ("race", "sex")])
    return mean_of_pairs(centred(distances(y), "U") * centred(distances(points), "U"), "U")


def plain_torch(y, columns):
    import torch

    n = len(y)
    points = np.hstack([coordinates(columns[name]) for name in ("race", "sex")])
    other = torch.tensor(centred(distances(points), "U"))
    tensor = torch.tensor(y, requires_grad=True)
    apart = (tensor[:, None] - tensor[None, :]).abs()
    rows = apart.sum(dim=1)
    ours = rows[:, None] / (n - 2) + rows / (n - 2) - apart - rows.sum() / ((n - 1) * (n - 2))
    ((ours * other).sum() / (n * (n - 3))).backward()
    return tensor.grad


PEERS = {   # name: module, function, the row of ours that it is held against, whether it holds all pairs
    "dcor, 8 cells (value)": ("dcor", dcor_many, "CCdCov, 8 cells", True),
    "plain NumPy, 8 cells (value)": ("numpy", plain_numpy, "CCdCov, 8 cells", True),
    "plain PyTorch, 8 cells": ("torch", plain_torch, "CCdCov, 8 cells", True),
    "dcor, continuous age (value)": ("dcor", dcor_line, "dCov, continuous age", False),
}


def seconds(call):
    best = np.inf
    for _ in range(3):
        begun = perf_counter()
        call()
        best = min(best, perf_counter() - begun)
        if best > 1:
            break
    return best


def peak(call):
    tracemalloc.start()
    call()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def step(n):
    """Print a step of each penalty at n rows, and each peer beside ours."""
    y, columns = people(n)
    print(f"{n:,} rows; sorting the predictions alone {1000 * seconds(lambda: np.argsort(y)):.2f} ms", flush=True)
    ours = {}
    for name, (kind, names) in OURS.items():
        begun = perf_counter()
        penalty = penalties.build([columns[each] for each in names], kind)
        penalty.value_and_gradient(y)   # what is made once, at the first step
        once = perf_counter() - begun
        ours[name] = seconds(lambda penalty=penalty: penalty.value_and_gradient(y))
        used = peak(lambda penalty=penalty: penalty.value_and_gradient(y))
        print(f"  {name:34} {1000 * ours[name]:10.2f} ms   once {1000 * once:9.1f} ms   peak {used / MEGABYTE:7.1f} MB "
              f"({used / n:5.0f} B/row)   {penalty.route}", flush=True)
    for name, (module, call, beside, pairs) in PEERS.items():
        if not importlib.util.find_spec(module):
            print(f"  {name:34} not measured: not installed")
        elif pairs and n > PAIRS:
            print(f"  {name:34} not measured: {8 * n * n / 2**30:,.0f} GB for one matrix of pairs")
        else:
            found = seconds(lambda call=call: call(y, columns))
            print(f"  {name:34} {1000 * found:10.2f} ms   {found / ours[beside]:,.1f} times {beside}", flush=True)


def main(sizes):
    y, columns = people(300)
    for module, call, *_ in PEERS.values():
        if importlib.util.find_spec(module):
            call(y, columns)   # compiles
    for n in sizes:
        step(n)


if __name__ == "__main__":
    main([int(float(word)) for word in sys.argv[1:]] or [1_000, 10_000, 100_000, 1_000_000])
