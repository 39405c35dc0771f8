"""Long work of one session: a thread, its progress, a cancel flag, one heavy slot for the whole server.

A job belongs to the session that started it and survives page changes. Its thread never calls Streamlit: it works on
plain values and leaves its outcome in the job, which the script picks up with `take`. When the session ends, its jobs
are told to stop.
"""

from __future__ import annotations

import logging
import threading
import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from engine.errors import InvalidData, Issue
from engine.text import markdown
from engine.types import Cancelled, Progress
from pages.parts import frame

Work = Callable[[Progress, Cancelled], Any]
State = Literal["waiting", "running", "done", "refused", "broken", "cancelled"]

LOG = logging.getLogger("equipoise.jobs")
SLOT = threading.Semaphore(1)   # one heavy job per server: memory, not time, is what runs out
BESIDE = threading.Semaphore(1)   # what takes seconds and little memory need not wait for what takes minutes
_JOBS = "equipoise jobs"
_POLL = 0.4                     # seconds between two looks at a running job
WAITING = "waiting for another visitor's work to finish"


@dataclass
class Signals:
    """What the thread and the script tell each other; every field is written by one side only, `cancel` aside."""

    state: State = "waiting"
    fraction: float = 0.0
    words: str = WAITING
    result: Any = None
    issues: tuple[Issue, ...] = ()
    cancel: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)


@dataclass(eq=False)
class Job:
    """One piece of long work and how far it is; `tag` is whatever the one who started it wants back with the result."""

    title: str
    signals: Signals
    tag: object = None

    @property
    def active(self) -> bool:
        """Whether someone still waits for the work: it has not ended and was not told to stop."""
        return not (self.signals.finished.is_set() or self.signals.cancel.is_set())

    @property
    def state(self) -> State:
        """Where the work stands; told to stop counts as cancelled at once, though its thread may need a moment."""
        ended = self.signals.state not in ("waiting", "running")
        return self.signals.state if ended or not self.signals.cancel.is_set() else "cancelled"

    @property
    def result(self) -> Any:  # noqa: ANN401  work may return anything
        """What the work returned; None until and unless it is done."""
        return self.signals.result

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Why the work was refused."""
        return self.signals.issues

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most so long; return whether it came."""
        return self.signals.finished.wait(seconds)

    def stop(self) -> None:
        """Ask the work to stop at its next look at the flag."""
        self.signals.cancel.set()


def launch(title: str, work: Work, tag: object = None, slot: threading.Semaphore = SLOT) -> Job:
    """Start `work` in a thread of its own and return its job; needs no Streamlit session."""
    signals = Signals()
    job = Job(title, signals, tag)
    weakref.finalize(job, signals.cancel.set)   # nobody is left to see the result
    threading.Thread(target=_run, args=(work, signals, slot), name=f"job {title}", daemon=True).start()
    return job


def start(
    name: str, work: Work, title: str | None = None, tag: object = None, patience: float = 1.5,
    slot: threading.Semaphore = SLOT,
) -> Job:
    """Start work under a name, stopping what ran under it; work done within `patience` seconds shows no progress."""
    stop(name)
    job = _jobs()[name] = launch(title or name, work, tag, slot)
    job.wait(patience)
    return job


def find(name: str) -> Job | None:
    """Return this session's job of that name, running or ended but not taken."""
    return _jobs().get(name)


def active(name: str) -> bool:
    """Return whether this session has unfinished work under that name."""
    job = find(name)
    return job is not None and job.active


def take(name: str) -> Job | None:
    """Return the job of that name once, when it has ended."""
    job = find(name)
    return None if job is None or job.active else _jobs().pop(name)


def stop(name: str) -> None:
    """Ask the job of that name to stop and forget it."""
    job = _jobs().pop(name, None)
    if job is not None:
        job.stop()


def stop_all() -> None:
    """Ask every job of this session to stop and forget it: other data are in use now."""
    for name in tuple(_jobs()):
        stop(name)


def show(name: str) -> None:
    """Draw the progress of unfinished work with a button to cancel it; the app runs again when it ends."""
    if active(name):
        _watch(name)


@frame.fragment(run_every=_POLL)
def _watch(name: str) -> None:
    job = find(name)
    if job is None or not job.active:
        st.rerun()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        signals = job.signals
        st.progress(min(max(signals.fraction, 0.0), 1.0), text=markdown(f"{job.title}: {signals.words}", 160))
        st.button("Cancel", key=f"cancel {name}", on_click=signals.cancel.set)   # not the job: it is kept


def _jobs() -> dict[str, Job]:
    return st.session_state.setdefault(_JOBS, {})


def _run(work: Work, signals: Signals, slot: threading.Semaphore) -> None:
    try:
        if _enter(signals, slot):
            try:
                _work(work, signals)
            finally:
                slot.release()
    finally:
        signals.finished.set()


def _enter(signals: Signals, slot: threading.Semaphore) -> bool:
    """Wait for the slot; False when the work was cancelled while it waited."""
    while not slot.acquire(timeout=0.1):
        if signals.cancel.is_set():
            signals.state = "cancelled"
            return False
    return True


def _work(work: Work, signals: Signals) -> None:
    def progress(fraction: float, words: str) -> None:
        signals.fraction, signals.words = fraction, words

    signals.state, signals.words = "running", "starting"
    try:
        result = work(progress, signals.cancel.is_set)
    except InvalidData as refusal:
        signals.issues = refusal.issues
        signals.state = "cancelled" if signals.cancel.is_set() else "refused"
    except Exception as error:   # a thread has no one above it: what went wrong is logged without data, and said
        frame = traceback.extract_tb(error.__traceback__)[-1]
        LOG.error("%s at %s:%s in %s", type(error).__name__, frame.filename, frame.lineno, frame.name)
        signals.state = "cancelled" if signals.cancel.is_set() else "broken"
    else:
        if signals.cancel.is_set():
            signals.state = "cancelled"
        else:
            signals.result, signals.state = result, "done"
