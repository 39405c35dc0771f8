"""How much of a file is accepted; checked before anything expensive is done with it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from engine.errors import invalid

MEGABYTE = 1_000_000
LONGEST_LINE = 1 << 20   # bytes; also the size of a block that is parsed at a time


@dataclass(frozen=True)
class Limits:
    """The largest file, table and cell count that is read.

    Parameters
    ----------
    bytes
        Size of the file.
    rows, columns
        Shape of the table.
    cells
        Rows times columns; what bounds the memory that a small compressed file can claim.
    """

    bytes: int = 200 * MEGABYTE
    rows: int = 5_000_000
    columns: int = 2_000
    cells: int = 100_000_000

    @classmethod
    def from_environment(cls) -> Limits:
        """Return the limits that ``EQUIPOISE_MAX_MB``, ``_ROWS``, ``_COLUMNS`` and ``_CELLS`` set; else the defaults.

        Raises
        ------
        InvalidData
            Where one of them is not a whole number above 0.
        """
        return cls(
            bytes=_setting("EQUIPOISE_MAX_MB", cls.bytes // MEGABYTE) * MEGABYTE,
            rows=_setting("EQUIPOISE_MAX_ROWS", cls.rows),
            columns=_setting("EQUIPOISE_MAX_COLUMNS", cls.columns),
            cells=_setting("EQUIPOISE_MAX_CELLS", cls.cells),
        )

    def sentence(self) -> str:
        """Return the limits in words, for the place where a file is asked for.

        >>> Limits().sentence()
        'up to 200 MB, 5,000,000 rows, 2,000 columns and 100,000,000 cells'
        """
        shape = f"{self.rows:,} rows, {self.columns:,} columns and {self.cells:,} cells"
        return f"up to {self.bytes // MEGABYTE:,} MB, {shape}"


def _setting(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise invalid("a limit must be a whole number above 0", f"environment variable {name}", text, "correct it")
    return int(text)
