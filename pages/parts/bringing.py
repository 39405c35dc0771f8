"""Bringing a table: the uploader with its limits and the privacy line, reading as a job, then the role wizard."""

from __future__ import annotations

from functools import partial

import streamlit as st

from engine.counting.counted import dataset_of
from engine.counting.file import is_counts, read_counts
from engine.data.guessing import guess
from engine.data.limits import MEGABYTE, Limits
from engine.data.reading import read
from engine.text import markdown
from engine.types import Cancelled, Dataset, Progress
from pages.parts import jobs, memory, notices, opening, state, wizard
from pages.parts.draft import Draft

JOB = "read"
SEEN = "last upload seen"
DROPPED = ("Of the table in use only the columns with a role are kept, the file is not. To say otherwise what a column "
           "is, bring the file again: your answers are still there.")


def draw() -> None:
    """Draw the uploader and, once a table was read, its wizard."""
    limits = Limits.from_environment()
    _ask(limits)
    _collect()
    session = state.current()
    notices.issues(session.refused)
    if jobs.active(JOB):
        jobs.show(JOB)
    elif session.draft is not None:
        _head(session.draft)
        wizard.draw(session.draft)
    elif state.origin() == "upload":
        st.caption(DROPPED)


def _ask(limits: Limits) -> None:
    upload = st.file_uploader("A table with one row per person or case: CSV or Parquet", key="upload",
                              max_upload_size=max(limits.bytes // MEGABYTE, 1))
    st.caption(f"CSV with any delimiter (UTF-8 or Latin-1) or Parquet, {limits.sentence()}; no archives, no pickles. "
               "A table of counts written by `python -m engine tabulate` opens at once.")
    notices.privacy()
    if upload is None or st.session_state.get(SEEN) == upload.file_id:
        return
    st.session_state[SEEN] = upload.file_id
    state.current().refused = ()
    jobs.start(JOB, partial(_read, [memory.taken(upload)], upload.name, limits), "Reading your table")


def _read(
    held: list[bytes], name: str, limits: Limits, progress: Progress, cancelled: Cancelled
) -> Draft | Dataset:
    """Return the table to ask about; a table of counts knows its roles and is the data to be used.

    The bytes come in a list that is emptied, so that nobody holds them while the columns are looked at.
    """
    content = held.pop()
    if is_counts(content):
        return dataset_of(read_counts(content, name), name)
    table = read(content, name, limits, progress=lambda share, words: progress(0.8 * share, words), cancelled=cancelled)
    del content
    progress(0.85, "looking at every column")
    return Draft(table, guess(table))


def _collect() -> None:
    job = jobs.take(JOB)
    if job is None:
        return
    if job.state == "done" and isinstance(job.result, Dataset):
        state.use(job.result, "upload")
        jobs.stop_all()   # their data are no longer in use
        state.current().view = "use"
        st.rerun()
    elif job.state == "done":
        state.current().draft = job.result
    else:
        state.current().refused = opening.outcome(job)


def _head(draft: Draft) -> None:
    table = draft.table
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(markdown(table.name), width="content", anchor=False)
        st.caption(f"{table.rows:,} rows, {len(table.columns):,} columns", width="content")
        st.button("Forget this table", type="tertiary", on_click=_forget)
    notices.issues(table.notes)


def _forget() -> None:
    state.current().draft, state.current().refused = None, ()
