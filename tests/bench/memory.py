"""What the server holds while a browser opens every page with a visitor's table: resident memory, after and at most.

    python -m tests.bench.memory [rows ...] [--clean] [--limit MB]     (default 200,000 rows, 690 MB)

The table has 12 columns: an outcome, two scores, sex, ethnicity with five groups, age and six features. `--clean` runs
the server from a new environment of `requirements.txt` alone, as Streamlit Community Cloud does (its memory floor is
690 MB). Memory is the server's and its children's, in MB of 10^6 bytes, every 0.05 s. Exit code 1 where the peak of a
run is over the limit. Pages that train or search do so at a click and are only opened here.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from tests.bench.serving import ROOT, Meter, bring, go, server, settle, titles, use, visitor

ETHNICITIES, REGIONS, PRODUCTS = ("A", "B", "C", "D", "E"), tuple(f"region {k}" for k in range(12)), ("car", "home")


def table(path: Path, rows: int) -> Path:
    """Write a table of 12 columns as CSV."""
    rng = np.random.default_rng(0)
    base = rng.beta(2, 3, rows)
    columns = {
        "id": np.arange(rows),
        "sex": np.array(["female", "male"])[rng.integers(0, 2, rows)],
        "ethnicity": np.array(ETHNICITIES)[rng.choice(5, rows, p=[0.5, 0.2, 0.15, 0.1, 0.05])],
        "age": rng.integers(18, 80, rows),
        "income": np.round(rng.lognormal(10, 0.5, rows), 2),
        "debt": np.round(rng.lognormal(8, 1, rows), 2),
        "tenure": rng.integers(0, 40, rows),
        "region": np.array(REGIONS)[rng.integers(0, 12, rows)],
        "product": np.array(PRODUCTS)[rng.integers(0, 2, rows)],
        "score": np.round(base, 6),
        "score_2024": np.round(np.clip(base + rng.normal(0, 0.1, rows), 0, 1), 6),
        "repaid": np.array(["no", "yes"])[(rng.random(rows) < base).astype(int)],
    }
    pyarrow.csv.write_csv(pa.table(columns), path)
    return path


def clean_environment(folder: Path) -> str:
    """Install requirements.txt, and nothing else, into a new environment; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", ROOT / "requirements.txt"], check=True)
    return str(python)


def walk(rows: int, folder: Path, python: str) -> float:
    """Open every page with a table of so many rows; print what is held after each step and return the peak."""
    file = table(folder / "loans.csv", rows)
    print(f"\n{rows:,} rows, {file.stat().st_size / 1e6:.0f} MB of CSV\n\n| step | MB after | MB at most |")
    print("|---|---|---|", flush=True)
    with server(folder, python) as (url, process):
        meter = Meter(process.pid)
        with visitor(url) as page:
            settle(page)
            said("first page, no data", meter)
            bring(page, file)
            page.get_by_role("button", name="Use this table").wait_for(timeout=300_000)
            settle(page)
            said("table read, its columns asked about", meter)
            use(page)
            said("table in use", meter)
            for title in titles():
                go(page, title)
                said(f"page {title}", meter)
        meter.stopped.set()
    return meter.ever


def said(step: str, meter: Meter) -> None:
    print(f"| {step} | {meter.now():,.0f} | {meter.peak():,.0f} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=float, default=[200_000])
    parser.add_argument("--clean", action="store_true")
    parser.add_argument("--limit", type=float, default=690)
    asked = parser.parse_args()
    over = False
    with tempfile.TemporaryDirectory() as folder:
        python = clean_environment(Path(folder) / "environment") if asked.clean else sys.executable
        for rows in map(int, asked.rows):
            peak = walk(rows, Path(folder), python)
            print(f"\nPeak {peak:,.0f} MB, limit {asked.limit:,.0f} MB")
            over = over or peak > asked.limit
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
