"""Tables with everything that engines read differently, for the tests of counting elsewhere."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from engine.counting.plan import Plan
from engine.types import Attribute

FULL = Plan(
    (Attribute("race"), Attribute("member"), Attribute("age", "continuous", (25.0, 45.0, 60.0))), score="score",
    label="outcome", positive="1",
)


def rows(n: int, seed: int = 0) -> pa.Table:
    """Return rows with nulls, NaN, infinities, scores of exactly 0 and 1 and above 1, truth values, missing labels."""
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 3, n)
    score[:6] = [0.0, 1.0, 1.5, -0.25, np.inf, np.nan]
    score[6:20] = np.arange(14) * 73 / 1024   # exactly on edges
    score[20:30] = np.nextafter(score[10:20], -np.inf).clip(0)
    label = (rng.random(n) < 0.4).astype(np.int8)
    age = rng.integers(18, 90, n).astype(float)
    age[rng.random(n) < 0.05] = np.nan
    return pa.table({
        "race": pa.array(np.array(["B", "A", "C 3", "10", "9"])[rng.integers(0, 5, n)], mask=rng.random(n) < 0.03),
        "member": pa.array(rng.random(n) < 0.5, mask=rng.random(n) < 0.02),
        "age": pa.array(age),
        "score": pa.array(score, mask=rng.random(n) < 0.01, from_pandas=False),
        "outcome": pa.array(label, mask=rng.random(n) < 0.02),
        "weight": pa.array(np.where(rng.random(n) < 0.05, 0.0, np.round(rng.random(n), 3))),
        "decision": pa.array(np.array(["yes", "no"])[(score < 0.4).astype(int)]),
    })


def files(folder: Path, n: int, seed: int = 0) -> dict[str, Path]:
    """Write the same rows as Parquet and as CSV."""
    table, out = rows(n, seed), {"parquet": folder / "rows.parquet", "csv": folder / "rows.csv"}
    pq.write_table(table, out["parquet"])
    pyarrow.csv.write_csv(table, out["csv"])
    return out


def engine_or_skip(name: str) -> str:
    """Return the engine's name; skip where it is not installed."""
    package = {"spark": "pyspark"}.get(name, name)
    if not importlib.util.find_spec(package):
        pytest.skip(f"{package} is not installed")
    if name == "spark" and not shutil.which("java"):
        pytest.skip("Spark needs Java, and there is none")
    return name
