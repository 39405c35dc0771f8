"""What a command writes beside its JSON: whole files or none, never over the data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engine.errors import InvalidData, invalid


def file(path: Path, source: str, content: bytes) -> None:
    """Write a file; nothing half-written is left.

    Raises
    ------
    InvalidData
        The output is the data's own file, a folder, or cannot be written.
    """
    if path.exists() and Path(source).exists() and path.samefile(source):
        raise invalid("the output must be another file than the data", "-o", repr(path.name), "name another file")
    half = path.with_name(path.name + ".part")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def folder(path: Path, files: Mapping[str, str], mark: str) -> None:
    """Write files into a folder, which is made; one that holds anything must hold the file `mark` from last time.

    Raises
    ------
    InvalidData
        A file of that name, a folder with something else in it, or it cannot be written.
    """
    if path.exists() and (not path.is_dir() or (any(path.iterdir()) and not (path / mark).is_file())):
        got = "a folder with other files" if path.is_dir() else "a file"
        raise invalid("the output must be a new or an empty folder", f"-o {path.name!r}", got, "name another folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (path / name).write_bytes(text.encode("utf-8-sig"))   # spreadsheets read the mark at the start
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> InvalidData:
    why = (error.strerror or "an error").lower()
    return invalid("the output cannot be written", f"-o {path.name!r}", why, "choose another place")
