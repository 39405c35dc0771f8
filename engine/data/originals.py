"""The originals of the catalogue to tables: joined, named and trimmed the way their cards say, nothing else."""

from __future__ import annotations

import gzip
import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.data.limits import MEGABYTE, Limits
from engine.data.reading import read
from engine.data.simulated import lending
from engine.data.table import Table
from engine.errors import InvalidData, invalid

ADULT_COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)
GERMAN_COLUMNS = (
    "status", "duration", "credit_history", "purpose", "amount", "savings", "employment", "installment_rate",
    "personal_status", "other_debtors", "residence_since", "property", "age", "other_plans", "housing",
    "existing_credits", "job", "dependents", "telephone", "foreign_worker", "credit",
)
COMPAS_COLUMNS = (   # those wanted, by name: the original also names people, and none of that is ever read
    "sex", "age", "age_cat", "race", "juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count",
    "c_charge_degree", "days_b_screening_arrest", "decile_score", "score_text", "two_year_recid",
)
PG15_REPEATS = 21          # the first rows repeat later policies with the cost of damage set to 0
_UNPACKED = 50 * MEGABYTE


def simulated_lending(paths: tuple[Path, ...]) -> Table:
    """Return the simulated sample at its default size and seed."""
    return read(lending(), "Simulated lending")


def compas(paths: tuple[Path, ...]) -> Table:
    """Return ProPublica's two-year table, the wanted columns alone."""
    return read(paths[0], "COMPAS", columns=COMPAS_COLUMNS)


def adult(paths: tuple[Path, ...]) -> Table:
    """Return both parts of Adult as one table; the second starts with a remark and ends its labels with a dot."""
    first, second = (path.read_bytes() for path in paths)
    body = second.split(b"\n", 1)[1].replace(b"K.\n", b"K\n")
    table = read(first.rstrip() + b"\n" + body, "Adult", header=ADULT_COLUMNS)
    return replace(table, sha256=hashlib.sha256(first + second).hexdigest(), missing_tokens=frozenset({"?"}))


def german(paths: tuple[Path, ...]) -> Table:
    """Return German credit with `sex` told from `personal_status` and `foreign_worker` in words."""
    table = read(paths[0], "German credit", header=GERMAN_COLUMNS)
    status = table.data["personal_status"]
    foreign = table.data["foreign_worker"]
    table = table.with_column("sex", pc.if_else(pc.equal(status, "A92"), "female", "male"))
    return table.with_column("foreign_worker", pc.if_else(pc.equal(foreign, "A201"), "yes", "no"))


def law_school(paths: tuple[Path, ...]) -> Table:
    """Return the survey's cleaned law school table."""
    return read(paths[0], "Law school")


def bar_passage(paths: tuple[Path, ...]) -> Table:
    """Return the bar passage table."""
    return read(paths[0], "Bar passage")


def pg15(paths: tuple[Path, ...]) -> Table:
    """Return the motor policies without the first `PG15_REPEATS` rows, with the exposure in years."""
    path = paths[0]
    table = _r_table(path) if path.suffix == ".rda" else _gzipped(path)
    policies = table.text("PolNum").codes
    if not np.isin(policies[:PG15_REPEATS], policies[PG15_REPEATS:]).all():
        raise _unusual("repeats in its first 21 rows", "other policies there", path)
    table = table.without_first(PG15_REPEATS)
    return table.with_column("exposure_years", table.numbers("Exppdays").values / 365)


def diabetes(paths: tuple[Path, ...]) -> Table:
    """Return scikit-learn's diabetes table in its own units."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    rows = np.column_stack([bunch.data, bunch.target])
    lines = [",".join((*bunch.feature_names, "progression")), *(",".join(f"{x:.10g}" for x in row) for row in rows)]
    return read(("\n".join(lines) + "\n").encode(), "Diabetes")


def _gzipped(path: Path) -> Table:
    """Return the table in a gzipped CSV of our own catalogue, unpacked up to a limit; uploads never come here."""
    packed = path.read_bytes()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            unpacked = file.read(_UNPACKED + 1)
    except (OSError, EOFError):
        raise _unusual("gzipped CSV", "a damaged archive", path) from None
    if len(unpacked) > _UNPACKED:
        raise _unusual(f"at most {_UNPACKED // MEGABYTE} MB unpacked", "more", path)
    return replace(read(unpacked, "Motor insurance", Limits()), sha256=hashlib.sha256(packed).hexdigest())


def _r_table(path: Path) -> Table:
    """Return the one data frame of an R data file, read by the optional package rdata."""
    try:
        import rdata
    except ImportError:
        raise invalid(
            "the optional package rdata reads this original", f"file '{path.name}'", "no such package installed",
            "install requirements-extra.txt, or bring pg15training.csv.gz",
        ) from None
    frame = rdata.read_rda(path)["pg15training"]
    columns = tuple(str(column) for column in frame.columns)
    data = {column: pa.chunked_array([pa.array(frame[column], from_pandas=True)]) for column in columns}
    return Table("Motor insurance", hashlib.sha256(path.read_bytes()).hexdigest(), columns, data, len(frame))


def _unusual(expected: str, got: str, path: Path) -> InvalidData:
    return invalid(f"the original must hold {expected}", f"file '{path.name}'", got, "fetch it again")
