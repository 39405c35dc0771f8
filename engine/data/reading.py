"""A file to a `Table`: delimited text and Parquet, refused with one sentence where it is anything else."""

from __future__ import annotations

import hashlib
from pathlib import Path

from engine.data.delimited import read_delimited
from engine.data.limits import MEGABYTE, Limits
from engine.data.parquet import read_parquet
from engine.data.sniffing import refuse_unreadable
from engine.data.table import Numbers, Table, Text
from engine.errors import invalid
from engine.text import plain
from engine.types import Cancelled, Progress

__all__ = ["Limits", "Numbers", "Table", "Text", "read"]


def read(
    source: bytes | Path,
    name: str,
    limits: Limits | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    columns: tuple[str, ...] | None = None,
    header: tuple[str, ...] | None = None,
) -> Table:
    """Return the table in a file.

    CSV with comma, semicolon, tab, bar or space between columns, UTF-8 (with or without mark) or Latin-1, quoted cells
    with line ends; or Parquet without nested columns. What it is is told from the bytes, never from the name.

    Parameters
    ----------
    source
        The bytes, or the path of a file.
    name
        What to call it, on screen and in refusals; not used as a path.
    limits
        How much is accepted; `Limits()` where not given.
    progress, cancelled
        Told how far the reading is; asked whether to stop.
    columns
        Read these columns only (where present): the others are never held in memory.
    header
        The column names of delimited text without a header line.

    Raises
    ------
    InvalidData
        Empty, an archive, a pickle or another binary, not a table, ragged, or over a limit; or the reading was stopped.

    Examples
    --------
    >>> table = read(b"sex,paid\\nF,1.0\\nM,0\\n", "x.csv")
    >>> table.columns, table.rows, table.text("paid").names()
    (('sex', 'paid'), 2, ('1', '0'))
    """
    limits = limits or Limits()
    progress = progress or (lambda fraction, words: None)
    cancelled = cancelled or (lambda: False)
    data = _bytes(source, name, limits)
    progress(0.0, "checking the file")
    refuse_unreadable(data, name)
    sha256 = hashlib.sha256(data).hexdigest()
    if data.startswith(b"PAR1"):
        return read_parquet(data, name, sha256, limits, progress, cancelled, columns)
    return read_delimited(data, name, sha256, limits, progress, cancelled, columns, header)


def _bytes(source: bytes | Path, name: str, limits: Limits) -> bytes:
    """Return the bytes, never more of a file than the limit and one."""
    if isinstance(source, bytes):
        _refuse_large(len(source), name, limits)
        return source
    try:
        _refuse_large(source.stat().st_size, name, limits)
        with source.open("rb") as file:
            data = file.read(limits.bytes + 1)
    except OSError as error:
        why = (error.strerror or "an error").lower()
        raise invalid("the file cannot be opened", f"file '{plain(name)}'", why, "check the path") from None
    _refuse_large(len(data), name, limits)
    return data


def _refuse_large(size: int, name: str, limits: Limits) -> None:
    if size > limits.bytes:
        raise invalid(
            "the file is too large", f"file '{plain(name)}'",
            f"{size / MEGABYTE:,.1f} MB, the limit is {limits.bytes // MEGABYTE:,} MB",
            "choose a smaller file, or raise EQUIPOISE_MAX_MB where you run the app yourself",
        )
