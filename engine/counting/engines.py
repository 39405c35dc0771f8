"""Where the rows are: DuckDB, Polars, Spark or NumPy, each turning one source into counted lines, never into rows."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.counting.blocks import numpy_engine
from engine.counting.expression import BAD, counted
from engine.counting.lines import SEPARATORS, Counted, aligned, named, unreadable
from engine.counting.plan import Plan, missing_columns
from engine.data.table import ALWAYS_MISSING, MAYBE_MISSING
from engine.errors import invalid

Native = Any       # a frame of one of the engines, none of which has types that mypy can read
Engine = Callable[[Path, Plan], Counted]



def count_native(native: Native, plan: Plan, where: str = "the table") -> Counted:
    """Return the counted lines of a frame of any engine that narwhals speaks.

    Parameters
    ----------
    native
        A pandas, Polars, PyArrow, DuckDB, Ibis or Spark frame; its rows stay with its engine.

    Raises
    ------
    InvalidData
        It lacks a column of the plan.
    """
    import narwhals as nw

    frame = nw.from_native(native)
    missing_columns(plan, frame.collect_schema().names(), where)
    if frame.implementation.is_pandas_like():   # slow there, and truth values lose their type
        frame = nw.from_native(pa.Table.from_pandas(frame.select(*plan.columns).to_pandas(), preserve_index=False))
    lines = counted(frame, plan)
    return aligned(lines.collect("pyarrow").to_arrow() if isinstance(lines, nw.LazyFrame) else lines.to_arrow(), plan)


def duckdb_engine(path: Path, plan: Plan) -> Counted:
    """Count a file by DuckDB, out of core."""
    import duckdb
    import pandas  # noqa: F401  without it DuckDB 2.0.0 writes of leaked types to the error stream at the end

    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        try:
            relation = _duckdb_relation(connection, path)
            missing_columns(plan, relation.columns, named(path))
            return count_native(_duckdb_numbers(relation, plan), plan, named(path))
        except duckdb.Error:
            raise unreadable(path) from None


def _duckdb_relation(connection: Native, path: Path) -> Native:
    if path.suffix.lower() in SEPARATORS:
        return connection.read_csv(str(path), all_varchar=True, header=True)
    return connection.read_parquet(str(path))


def _duckdb_numbers(relation: Native, plan: Plan) -> Native:
    """Return the columns of the plan, those of text that must hold numbers converted, with a flag where they do not."""
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    chosen = []
    for name in plan.columns:
        quoted = '"' + name.replace('"', '""') + '"'
        if name in plan.numeric and types[name] == "VARCHAR":
            chosen.append(f"TRY_CAST(trim({quoted}) AS DOUBLE) AS {quoted}")
            listed = ", ".join("'" + token.replace("'", "''") + "'" for token in sorted(_UNSET))
            flag = '"' + (BAD + name).replace('"', '""') + '"'
            chosen.append(f"COALESCE(TRY_CAST(trim({quoted}) AS DOUBLE) IS NULL AND trim({quoted}) NOT IN ({listed}), "
                          f"false) AS {flag}")
        else:
            chosen.append(quoted)
    return relation.project(", ".join(chosen))


def polars_engine(path: Path, plan: Plan) -> Counted:
    """Count a file by Polars, streaming."""
    import polars as pl

    try:
        text = path.suffix.lower() in SEPARATORS
        frame = pl.scan_csv(path, infer_schema=False) if text else pl.scan_parquet(path)
        schema = frame.collect_schema()
        missing_columns(plan, schema.names(), named(path))
        texts = [name for name in plan.numeric if schema[name] == pl.String]
        trimmed = {name: pl.col(name).str.strip_chars() for name in texts}
        numbers = {name: column.cast(pl.Float64, strict=False) for name, column in trimmed.items()}
        flags = {BAD + name: (numbers[name].is_null() & ~trimmed[name].is_in(sorted(_UNSET))).fill_null(False)
                 for name in texts}
        return count_native(frame.select(plan.columns).with_columns(**flags).with_columns(**numbers), plan,
                            named(path))
    except pl.exceptions.PolarsError:
        raise unreadable(path) from None


def spark_engine(path: Path, plan: Plan, master: str | None = None) -> Counted:
    """Count a file or folder by Spark: at the cluster whose address is given, else by a local session."""
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    builder = SparkSession.builder.appName("equipoise tabulate")
    if master is not None and master.startswith("sc://"):
        builder = builder.remote(master)
    else:
        builder = builder.master(master or "local[*]").config("spark.ui.enabled", "false")
    session = builder.getOrCreate()
    if master is None or not master.startswith("sc://"):
        session.sparkContext.setLogLevel("OFF")   # its log would break the one-line rule of the command line
    text = path.suffix.lower() in SEPARATORS
    frame = session.read.csv(str(path), header=True) if text else session.read.parquet(str(path))
    missing_columns(plan, frame.columns, named(path))
    frame = frame.select(*(f"`{name}`" for name in plan.columns))
    kinds = dict(frame.dtypes)
    for name in plan.numeric:
        if kinds[name] == "string":
            column = f.trim(f.col(f"`{name}`"))
            number = column.try_cast("double")
            bad = f.coalesce(number.isNull() & ~column.isin(sorted(_UNSET)), f.lit(False))
            frame = frame.withColumn(BAD + name, bad).withColumn(name, number)
    return count_native(frame, plan, named(path))


_UNSET = ALWAYS_MISSING | MAYBE_MISSING
ENGINES: dict[str, Engine] = {
    "duckdb": duckdb_engine, "polars": polars_engine, "spark": spark_engine, "numpy": numpy_engine,
}


def quickest(path: Path, plan: Plan) -> Counted:
    """Count a file by what is quickest at its kind: NumPy at Parquet, DuckDB at text where it is installed."""
    text = path.suffix.lower() in SEPARATORS
    return (duckdb_engine if text and importlib.util.find_spec("duckdb") else numpy_engine)(path, plan)


def installed(engine: str) -> str:
    """Return the engine that is asked for.

    Raises
    ------
    InvalidData
        It is unknown or not installed.
    """
    packages = {"duckdb": "duckdb", "polars": "polars", "spark": "pyspark"}
    if engine not in ENGINES:
        raise invalid("the engine must be known", "--engine", repr(engine), f"use one of {', '.join(ENGINES)}")
    if engine in packages and not importlib.util.find_spec(packages[engine]):
        raise invalid("the engine must be installed", "--engine", repr(engine), f"install {packages[engine]}, or leave "
                      "the option out")
    return engine
