"""Where the rows are: DuckDB, Polars, Spark or NumPy, each turning one source into counted lines, never into rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.counting.expression import BAD, BIN, DECISION, GROUP, LABEL, ROWS, SCORE, SUMS, counted, keys_of
from engine.counting.plan import Plan, missing_columns
from engine.data.table import ALWAYS_MISSING, MAYBE_MISSING
from engine.errors import invalid
from engine.text import plain

Counted = Any      # pyarrow.Table; pyarrow, narwhals and the engines have no types that mypy can read
Native = Any
Engine = Callable[[Path, Plan], Counted]

MOST_LINES = 4_000_000    # of a table: 1,300 groups of 1,025 bins and 3 outcomes
FOLDED = 8                # blocks counted before they are added up
SEPARATORS = {".csv", ".txt", ".tsv"}


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


def aligned(lines: Counted, plan: Plan) -> Counted:
    """Return the lines with one schema, whatever the engine's types, so that the lines of several files add up."""
    if lines.num_rows > MOST_LINES:
        raise invalid("the table of counts would be too large", f"score '{plain(plan.column)}' by group",
                      f"{lines.num_rows:,} lines", "use fewer attributes, or --bins grid")
    kinds = {BIN: pa.int64(), SCORE: pa.float64(), ROWS: pa.int64(), LABEL: pa.string(), DECISION: pa.string()}
    kinds |= dict.fromkeys(SUMS, pa.float64())
    kinds |= {GROUP.format(k): pa.string() for k in range(len(plan.protected))}
    names = (*keys_of(plan), ROWS, *SUMS)
    return pa.table({name: lines[name].cast(kinds[name]) for name in names})


def duckdb_engine(path: Path, plan: Plan) -> Counted:
    """Count a file by DuckDB, out of core."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        try:
            relation = _duckdb_relation(connection, path)
            missing_columns(plan, relation.columns, _where(path))
            return count_native(_duckdb_numbers(relation, plan), plan, _where(path))
        except duckdb.Error:
            raise _unreadable(path) from None


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
        missing_columns(plan, schema.names(), _where(path))
        texts = [name for name in plan.numeric if schema[name] == pl.String]
        trimmed = {name: pl.col(name).str.strip_chars() for name in texts}
        numbers = {name: column.cast(pl.Float64, strict=False) for name, column in trimmed.items()}
        flags = {BAD + name: (numbers[name].is_null() & ~trimmed[name].is_in(sorted(_UNSET))).fill_null(False)
                 for name in texts}
        return count_native(frame.select(plan.columns).with_columns(**flags).with_columns(**numbers), plan,
                            _where(path))
    except pl.exceptions.PolarsError:
        raise _unreadable(path) from None


def numpy_engine(path: Path, plan: Plan) -> Counted:
    """Count a file block by block with PyArrow alone; for machines without the others."""
    parts: list[Counted] = []
    for batch in _batches(path):
        missing_columns(plan, batch.schema.names, _where(path))
        parts.append(count_native(_arrow_numbers(pa.Table.from_batches([batch]).select(plan.columns), plan), plan))
        if len(parts) == FOLDED:
            parts = [_folded(parts, plan)]   # never more than a few tables in memory
    if not parts:
        raise _unreadable(path)
    return _folded(parts, plan)


def _folded(parts: list[Counted], plan: Plan) -> Counted:
    """Return the lines of several parts added up."""
    keys, sums = keys_of(plan), (ROWS, *SUMS)
    total = pa.concat_tables(parts).group_by(list(keys)).aggregate([(name, "sum") for name in sums])
    return aligned(total.rename_columns([name.removesuffix("_sum") if name.removesuffix("_sum") in sums else name
                                         for name in total.column_names]), plan)


def _batches(path: Path) -> Iterator[Any]:
    try:
        if path.suffix.lower() in SEPARATORS:
            yield from _text_batches(path)
            return
        import pyarrow.parquet as pq

        yield from pq.ParquetFile(path).iter_batches(batch_size=1 << 18)
    except (pa.ArrowException, OSError):
        raise _unreadable(path) from None


def _text_batches(path: Path) -> Iterator[Any]:
    import pyarrow.csv

    from engine.data.limits import Limits
    from engine.data.sniffing import delimiter, first_lines, header

    with path.open("rb") as file:
        head = file.read(1 << 20)
    lines = first_lines(head, path.name, "utf-8")
    mark = delimiter(lines, path.name)
    columns = header(lines, mark, path.name, Limits())
    convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False)
    yield from pyarrow.csv.open_csv(path, parse_options=pyarrow.csv.ParseOptions(delimiter=mark),
                                    convert_options=convert)


def _arrow_numbers(table: Any, plan: Plan) -> Any:   # noqa: ANN401  pyarrow.Table
    """Return the table with columns of text that must hold numbers converted, and flags where they do not."""
    from engine.data.table import Table

    for name in plan.numeric:
        kind = table.schema.field(name).type
        if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
            read = Table("", "", (name,), {name: table[name]}, table.num_rows).numbers(name)
            at = table.column_names.index(name)
            if read.unreadable:
                raise invalid("scores, weights and continuous attributes must hold numbers",
                              f"column '{plain(name)}'",
                              f"cells that hold something else, e.g. '{plain(read.example)}'",
                              "correct them, or choose another column")
            table = table.set_column(at, name, pa.array(read.values))
    return table


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
    missing_columns(plan, frame.columns, _where(path))
    frame = frame.select(*(f"`{name}`" for name in plan.columns))
    kinds = dict(frame.dtypes)
    for name in plan.numeric:
        if kinds[name] == "string":
            column = f.trim(f.col(f"`{name}`"))
            number = column.try_cast("double")
            bad = f.coalesce(number.isNull() & ~column.isin(sorted(_UNSET)), f.lit(False))
            frame = frame.withColumn(BAD + name, bad).withColumn(name, number)
    return count_native(frame, plan, _where(path))


_UNSET = ALWAYS_MISSING | MAYBE_MISSING
ENGINES: dict[str, Engine] = {
    "duckdb": duckdb_engine, "polars": polars_engine, "spark": spark_engine, "numpy": numpy_engine,
}


def available(engine: str | None) -> str:
    """Return the engine to use: the one asked for where it is installed, else DuckDB, else NumPy.

    Raises
    ------
    InvalidData
        The engine asked for is unknown or not installed.
    """
    import importlib.util

    packages = {"duckdb": "duckdb", "polars": "polars", "spark": "pyspark"}
    if engine is None:
        return "duckdb" if importlib.util.find_spec("duckdb") else "numpy"
    if engine not in ENGINES:
        raise invalid("the engine must be known", "--engine", repr(engine), f"use one of {', '.join(ENGINES)}")
    if engine in packages and not importlib.util.find_spec(packages[engine]):
        raise invalid("the engine must be installed", "--engine", repr(engine), f"install {packages[engine]}, or leave "
                      "the option out")
    return engine


def _where(path: Path) -> str:
    return f"file '{plain(path.name)}'"


def _unreadable(path: Path) -> Exception:
    return invalid("the source must be Parquet or delimited text", _where(path), "something else, or a damaged file",
                   "write it again, or name another file")
