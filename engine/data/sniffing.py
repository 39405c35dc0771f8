"""What a file is, told from its first bytes: nothing is unpacked, parsed at length or unpickled to find out."""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import islice

from engine.data.limits import LONGEST_LINE, Limits
from engine.errors import InvalidData, invalid
from engine.text import plain

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}
_SAMPLE = 1 << 16
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive", b"PK\x05\x06": "a zip archive", b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive", b"\xfd7zXZ\x00": "an xz archive", b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive", b"\x04\x22\x4d\x18": "an lz4 archive", b"Rar!\x1a": "a rar archive",
}
_BINARIES = {
    b"\x93NUMPY": "a NumPy file", b"\x89HDF": "an HDF5 file", b"SQLite format 3": "a database file",
    b"%PDF": "a PDF document", b"\xd0\xcf\x11\xe0": "an old Excel or Word file", b"ARROW1": "an Arrow file",
    b"PARE": "an encrypted Parquet file", b"RDX3\n": "an R data file", b"\x7fELF": "a program",
    b"\xff\xfe": "text in UTF-16", b"\xfe\xff": "text in UTF-16",
}
_MARKUP = re.compile(rb"\s*(?:<!doctype|<html|<\?xml|<svg|\{|\[\s*[\[{\"])", re.IGNORECASE)
_PICKLES = (".pkl", ".pickle", ".joblib", ".dill")
_PICKLE_TEXT = re.compile(rb"(?:[\]})]q\x00|\(?[cilpd(]+p?\d*\n|c[a-zA-Z_.]+\n[a-zA-Z_.]+\n)")   # protocols 1 and 0
_CONTROL = bytes(range(1, 9)) + bytes(range(14, 32))


def refuse_unreadable(data: bytes, name: str) -> None:
    """Raise `InvalidData` unless the bytes may be delimited text or Parquet."""
    if len(data) == 0:
        raise _refusal("the file is empty", name, "0 bytes", "choose a file with a header line and rows")
    head = data[:_SAMPLE]
    if head.startswith(b"PAR1"):
        return
    _refuse_archive(head, name)
    _refuse_binary(head, data, name)
    if not head.strip():
        raise _refusal("the file is empty", name, "blank lines only", "choose a file with a header line and rows")
    if _MARKUP.match(head):
        raise _refusal("the file must hold a table", name, "HTML, XML or JSON", "export it as CSV or Parquet")


def _refuse_archive(head: bytes, name: str) -> None:
    kind = next((words for magic, words in _ARCHIVES.items() if head.startswith(magic)), None)
    if kind is None and head[257:262] == b"ustar":
        kind = "a tar archive"
    if kind == "a zip archive" and (b"[Content_Types].xml" in head or name.lower().endswith((".xlsx", ".xlsm"))):
        raise _refusal("workbooks are not read", name, "an Excel file", "save the sheet as CSV and choose that")
    if kind is not None:
        raise _refusal("archives are not opened", name, kind, "unpack it and choose the CSV or Parquet file inside")


def _refuse_binary(head: bytes, data: bytes, name: str) -> None:
    if (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05") or name.lower().endswith(_PICKLES) or (
        _PICKLE_TEXT.match(head) and head.rstrip().endswith(b".")
    ):
        raise _refusal(
            "pickled files are never opened, they can run code", name, "a pickle", "export the table as CSV or Parquet"
        )
    kind = next((words for magic, words in _BINARIES.items() if head.startswith(magic)), None)
    if kind == "text in UTF-16":
        raise _refusal("text must be UTF-8 or Latin-1", name, kind, "save it as UTF-8")
    controls = len(head) - len(head.translate(None, _CONTROL))
    if kind is None and (data.find(b"\0") >= 0 or controls > len(head) / 100):
        kind = "a binary file"
    if kind is not None:
        raise _refusal("the file must be delimited text or Parquet", name, kind, "export the table as CSV or Parquet")


def encoding(data: bytes) -> str:
    """Return ``"utf-8"`` where all bytes are valid UTF-8, else ``"latin-1"``, in which every byte is valid."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), LONGEST_LINE):
            decoder.decode(data[start:start + LONGEST_LINE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def first_lines(data: bytes, name: str, coding: str) -> str:
    """Return the beginning of the text; refuses a first line that is too long to be a header."""
    head = data[:LONGEST_LINE]
    if len(data) > len(head) and not (b"\n" in head or b"\r" in head):
        raise _refusal("the first line is too long", name, f"over {LONGEST_LINE:,} bytes", "check the line ends")
    return head.decode("utf-8-sig" if coding == "utf-8" else coding, errors="ignore").lstrip("\r\n")


def delimiter(head: str, name: str) -> str:
    """Return the character that splits the first lines into the same number of columns, two or more."""
    ranked = sorted((_fit(head, mark) for mark in DELIMITERS if mark != " "), reverse=True)
    spaces = _fit(head, " ")
    best = ranked[0]
    if best[0] < 0.5 and spaces[0] == 1.0:
        best = spaces
    if best[0] < 0.5:
        raise _refusal(
            "the file must hold a table of two or more columns", name, "text without a steady delimiter",
            "separate the columns by comma, semicolon, tab, bar or space",
        )
    return best[2]


def _fit(head: str, mark: str) -> tuple[float, int, str]:
    """Return the share of the first rows that are as wide as the header (0 for one column), that width, the mark."""
    whole = len(head) <= _SAMPLE
    try:
        rows = [row for row in islice(csv.reader(io.StringIO(head[:_SAMPLE], newline=""), delimiter=mark), 100) if row]
    except csv.Error:
        return 0.0, 0, mark
    rows = rows if whole or len(rows) < 2 or len(rows) == 100 else rows[:-1]
    width = len(rows[0]) if rows else 0
    if width < 2:
        return 0.0, width, mark
    return sum(len(row) == width for row in rows) / len(rows), width, mark


def header(head: str, mark: str, name: str, limits: Limits) -> tuple[str, ...]:
    """Return the names in the first record, trimmed; refuses more of them than the limit."""
    try:
        names = next(csv.reader(io.StringIO(head, newline=""), delimiter=mark))
    except (csv.Error, StopIteration):
        raise _refusal("the header line cannot be read", name, "an unfinished quote?", "check the first line") from None
    if len(names) > limits.columns:
        raise too_many_columns(len(names), name, limits)
    return tuple(text.strip() for text in names)


def too_many_columns(columns: int, name: str, limits: Limits) -> InvalidData:
    """Return the refusal of a table that is too wide."""
    return _refusal(
        "the table has too many columns", name, f"{columns:,} columns, the limit is {limits.columns:,}",
        "keep the columns you need",
    )


def _refusal(what: str, name: str, got: str, do: str) -> InvalidData:
    return invalid(what, f"file '{plain(name)}'", got, do)
