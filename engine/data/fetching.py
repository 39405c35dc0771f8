"""Where the original of a catalogued data set is: a folder of the visitor's, the cache, or a public address."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.data.limits import MEGABYTE
from engine.errors import InvalidData, invalid, stopped
from engine.types import Cancelled, Progress

SECONDS = 180       # for one download as a whole
_SILENCE = 20       # seconds without a byte
_CHUNK = 1 << 16


@dataclass(frozen=True)
class SourceFile:
    """One original file: its name, its public address (None: a local copy only), its published sha256 where known."""

    name: str
    url: str | None = None
    sha256: str | None = None
    most_bytes: int = 20 * MEGABYTE


def cache_folder() -> Path:
    """Return the folder of this user where downloads are kept; it need not exist."""
    named = os.environ.get("XDG_CACHE_HOME")
    if named and Path(named).is_absolute():
        return Path(named) / "equipoise"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "equipoise"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "equipoise"


def find(file: SourceFile, folder: Path | None = None) -> Path | None:
    """Return where the file lies on this machine: in `folder` (else ``EQUIPOISE_DATA``), then in the cache."""
    named = os.environ.get("EQUIPOISE_DATA")
    local = folder or (Path(named) if named else None)
    if local is not None and (local / file.name).is_file():
        return local / file.name
    cached = cache_folder() / file.name
    return cached if cached.is_file() and _is_published(cached, file) else None


def fetch(file: SourceFile, folder: Path | None, progress: Progress, cancelled: Cancelled) -> Path:
    """Return the path of the file, downloading it into the cache where it is not on this machine.

    Raises
    ------
    InvalidData
        Not here and not to be had: no public address, no network (or ``EQUIPOISE_OFFLINE=1``), too large, too slow,
        not the published bytes; or stopped.
    """
    path = find(file, folder)
    if path is not None:
        return path
    if file.url is None:
        raise _absent(file, "no public address")
    if os.environ.get("EQUIPOISE_OFFLINE", "") not in ("", "0"):
        raise _absent(file, "EQUIPOISE_OFFLINE is set")
    target = cache_folder() / file.name
    download(file, target, progress, cancelled)
    return target


def download(
    file: SourceFile, target: Path, progress: Progress, cancelled: Cancelled,
    schemes: tuple[str, ...] = ("https",), seconds: float = SECONDS,
) -> None:
    """Write what the file's address serves to `target`, whole or not at all.

    Only addresses of the `schemes` are opened, redirects included. Raises `InvalidData` as `fetch` does.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    except OSError:
        raise _absent(file, "a cache folder that cannot be written") from None
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            _receive(file, out, progress, cancelled, schemes, seconds)
        if not _is_published(part, file):
            raise _absent(file, "other bytes than the published ones at its address")
        os.replace(part, target)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise _absent(file, _reason(error)) from None
    finally:
        part.unlink(missing_ok=True)


def _receive(
    file: SourceFile, out: IO[bytes], progress: Progress, cancelled: Cancelled, schemes: tuple[str, ...], seconds: float
) -> None:
    end = time.monotonic() + seconds
    _check_scheme(file, str(file.url), schemes)
    opener = urllib.request.build_opener(_Redirects(file, schemes))
    with opener.open(str(file.url), timeout=min(_SILENCE, seconds)) as answer:
        length = answer.headers.get("Content-Length", "")
        expected = int(length) if length.isascii() and length.isdigit() else 0
        received = 0
        for chunk in _chunks(answer):
            received += len(chunk)
            if received > file.most_bytes:
                raise _absent(file, f"more than {file.most_bytes // MEGABYTE} MB at its address")
            if time.monotonic() > end:
                raise _absent(file, f"no end of the download within {seconds:g} seconds")
            if cancelled():
                raise stopped(f"download of {file.name}")
            out.write(chunk)
            progress(min(received / expected, 1.0) if expected else 0.0, f"{received / MEGABYTE:.1f} MB received")
        if received < expected:
            raise _absent(file, "a download that broke off")


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while chunk := answer.read1(_CHUNK):   # what has arrived, so that the clock and the flag are looked at
        yield chunk


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to an address of the schemes allowed."""

    def __init__(self, file: SourceFile, schemes: tuple[str, ...]) -> None:
        self.file, self.schemes = file, schemes

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check_scheme(self.file, newurl, self.schemes)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_scheme(file: SourceFile, url: str, schemes: tuple[str, ...]) -> None:
    if urllib.parse.urlsplit(url).scheme not in schemes:
        raise _absent(file, "an address that is not https")


def _is_published(path: Path, file: SourceFile) -> bool:
    return file.sha256 is None or hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"answer {error.code} from its address"
    return "no connection to its address"


def _absent(file: SourceFile, got: str) -> InvalidData:
    return invalid(
        "the original is not on this machine and could not be fetched", f"file '{file.name}'", got,
        "put it into the folder that EQUIPOISE_DATA names, or try again online" if file.url else
        "put it into the folder that EQUIPOISE_DATA names",
    )
