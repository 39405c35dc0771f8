"""A table beside the data in use, from an upload: read as a job, kept for the session when its page is left."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from engine.data.limits import MEGABYTE, Limits
from engine.data.reading import Table, read
from engine.errors import Issue, stopped
from engine.text import markdown
from engine.types import Cancelled, Progress
from pages.parts import jobs, memory, notices, opening

_KEPT = "equipoise uploads"


@dataclass
class Upload:
    """One file that was brought: its table once it is read, or why there is none."""

    file: str                          # Streamlit's name of the upload
    table: Table | None = None
    refused: tuple[Issue, ...] = ()


def table(label: str, key: str) -> Table | None:
    """Ask for a file and return its table; None until there is one, while it is read, or where it was refused."""
    limits, widget = Limits.from_environment(), f"upload {key}"
    given = st.file_uploader(label, key=widget, max_upload_size=max(limits.bytes // MEGABYTE, 1),
                             on_change=_changed, args=(key, widget))
    held = _kept().get(key)
    if given is not None and (held is None or held.file != given.file_id):
        held = _kept()[key] = Upload(given.file_id)
        _start(key, memory.taken(given), given.name, limits)
    if held is None:
        return None
    _collect(held, key)
    jobs.show(_job(key))
    notices.issues(held.refused)
    if held.table is not None:
        st.caption(f"{markdown(held.table.name)}: {held.table.rows:,} rows, {len(held.table.columns):,} columns")
    return held.table


def forget(key: str) -> None:
    """Let go of the table of an upload."""
    _kept().pop(key, None)
    jobs.stop(_job(key))


def _start(key: str, content: bytes, name: str, limits: Limits) -> None:
    def work(progress: Progress, cancelled: Cancelled) -> Table:
        return read(content, name, limits, progress=progress, cancelled=cancelled)

    jobs.start(_job(key), work, "Reading your table")


def _collect(held: Upload, key: str) -> None:
    job = jobs.take(_job(key))
    if job is None:
        return
    if job.state == "done":
        held.table = job.result
    else:
        held.refused = opening.outcome(job) or stopped("reading the table").issues


def _changed(key: str, widget: str) -> None:
    """Forget a table whose file was taken away; leaving the page takes the file away too, without this call."""
    if st.session_state.get(widget) is None:
        forget(key)


def _job(key: str) -> str:
    return f"read {key}"


def _kept() -> dict[str, Upload]:
    return st.session_state.setdefault(_KEPT, {})
