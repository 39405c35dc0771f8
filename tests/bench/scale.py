"""A hundred million rows counted where they lie, against reading the same columns for a sum, and what follows from it.

    python -m tests.bench.scale [rows [folder]]     (default 1e8; about 9 bytes a row on disk)

Each step is a process of its own, so that its peak memory is its own. Ratios: counting over `SELECT sum(...)` of the
same columns by the same DuckDB. The explorer's and the frontier's numbers then come from the table alone.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.counting.plan import Plan
from engine.types import Attribute

BLOCK = 1_000_000
RACES, SEXES, AGES = ("A", "B", "C", "D", "E"), ("F", "M"), ("< 25", "25 to < 40", "40 to < 60", ">= 60")
PLAN = Plan(tuple(map(Attribute, ("race", "sex", "age"))), score="score", label="label", positive="1")
COLUMNS = ("race", "sex", "age", "score", "label")


def generate(path: Path, rows: int) -> None:
    """Write rows in blocks: 48 groups with unknown ones, scores in [0, 1] with nulls, NaN and some above 1."""
    texts = pa.dictionary(pa.int8(), pa.string())
    schema = pa.schema([*((name, texts) for name in COLUMNS[:3]), ("score", pa.float64()), ("label", pa.uint8())])
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1,
                          use_dictionary=["race", "sex", "age"]) as writer:
        for block in range(-(-rows // BLOCK)):
            n, rng = min(BLOCK, rows - block * BLOCK), np.random.default_rng(block)
            race = rng.choice(5, n, p=[0.5, 0.2, 0.15, 0.1, 0.05]).astype(np.int8)
            score = rng.beta(2 + 0.2 * race, 3, n)
            label = (rng.random(n) < score).astype(np.uint8)
            score[rng.random(n) < 1e-4] = np.nan
            score[:3] = [1.0, 0.0, 1.5]
            codes = (race, rng.integers(0, 2, n, dtype=np.int8), rng.integers(0, 4, n, dtype=np.int8))
            mask = rng.random(n) < 1e-3
            columns = [pa.DictionaryArray.from_arrays(pa.array(code, mask=mask if k == 0 else None), list(names))
                       for k, (code, names) in enumerate(zip(codes, (RACES, SEXES, AGES), strict=True))]
            columns += [pa.array(score, mask=rng.random(n) < 1e-4, from_pandas=False), pa.array(label)]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=BLOCK)


def summed(path: Path) -> None:
    """Read the same five columns for nothing but sums and lengths."""
    import duckdb

    texts = ", ".join(f"sum(length({name}))" for name in COLUMNS[:3])
    duckdb.sql(f"SELECT {texts}, sum(score), sum(label) FROM read_parquet('{path}')").fetchall()


def counted(path: Path, engine: str) -> None:
    """Count the rows and write the table beside them."""
    from engine.counting.file import CountsFile, written
    from engine.counting.tabulate import tabulate

    found = tabulate(str(path), PLAN, engine)
    path.with_suffix(".counts").write_bytes(written(CountsFile(found, PLAN)))
    print(f"{found.table.digest()[:12]}, {int(found.table.counts.sum()):,} of {found.rows:,} rows", end=" ")


def assessed(path: Path) -> None:
    """From the table alone: every rate of every grouping, 100 slider moves, and a frontier over 48 groups."""
    from engine.assessment import assess
    from engine.counting.counted import dataset_of, index_of
    from engine.counting.file import read_counts
    from engine.frontier import Request, find
    from engine.metrics import rate_values

    data = dataset_of(read_counts(path.with_suffix(".counts"), "counts.parquet"), "counts.parquet")
    begun = perf_counter()
    assess(data)
    everything = perf_counter() - begun
    table = index_of(data, ("race",))
    rate_values(table.at(np.full(6, 0.5)))
    begun = perf_counter()
    for k in range(100):
        rate_values(table.at(np.full(6, k / 1024)))
    moves = (perf_counter() - begun) / 100
    begun = perf_counter()
    point = find(data, Request("demographic_parity_difference")).at("randomised", 0.02)
    print(f"every rate of every grouping {everything:.2f} s; a slider move {1e3 * moves:.2f} ms; frontier of 48 groups "
          f"{perf_counter() - begun:.2f} s (accuracy {point.utility:.4f} at 0.02)", end=" ")


STEPS = {"sum": summed, "duckdb": lambda path: counted(path, "duckdb"), "polars": lambda path: counted(path, "polars"),
         "numpy": lambda path: counted(path, "numpy"), "from the table": assessed}


def child(step: str, path: Path) -> None:
    """Run one step and print its seconds, those of the processor, and peak memory."""
    begun, before = perf_counter(), process_time()
    STEPS[step](path)
    took, busy, peak = perf_counter() - begun, process_time() - before, resource.getrusage(resource.RUSAGE_SELF)
    print(f"| {took:.2f} s | {busy:.2f} s of the processor | {peak.ru_maxrss / 1024:,.0f} MB")


def main() -> None:
    if sys.argv[1:2] == ["step"]:
        child(sys.argv[2], Path(sys.argv[3]))
        return
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        path = Path(folder) / "rows.parquet"
        begun = perf_counter()
        generate(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB of Parquet, made in {perf_counter() - begun:.0f} s")
        for step in STEPS:
            took = subprocess.run([sys.executable, "-m", "tests.bench.scale", "step", step, str(path)],
                                  capture_output=True, text=True, check=False)
            print(f"{step}: {took.stdout.strip() or took.stderr.strip().splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    main()
