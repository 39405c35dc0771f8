"""Training a path: a job whose models are shown as they come, can be stopped, and is kept for this session."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from engine.charts.intersections_words import arrived, suggested
from engine.counting.counted import need_rows
from engine.dependence import Path, Request, explore
from engine.dependence.result import PathPoint
from engine.text import markdown
from engine.types import Cancelled, Dataset, Progress
from pages.parts import controls, frame, jobs, notices, opening, state
from pages.parts import intersections_controls as ask

JOB = "intersections path"
POLL = 0.5           # seconds between two looks at what has come


@dataclass(frozen=True)
class Tag:
    """What a running job is about, and the models that have come so far; the thread appends, the page reads."""

    request: Request
    fingerprint: str
    come: list[PathPoint] = field(default_factory=list, compare=False)


@dataclass(frozen=True, eq=False)
class Trained:
    """The path of this session, what it was asked for, and the place of the point looked at."""

    request: Request
    path: Path
    place: int

    @property
    def point(self) -> PathPoint:
        """The point looked at."""
        return self.path.points[self.place]


def current(data: Dataset) -> Trained | None:
    """Return the path trained on these data, if any, and the point of it that the page's settings choose."""
    _collect()
    kept = state.current().kept.get(JOB)
    if kept is None or kept[1].fingerprint != data.fingerprint:
        return None
    request, path = kept
    place = state.settings(ask.PAGE).get(setting(path), suggested(path))
    fits = isinstance(place, int) and not isinstance(place, bool) and 0 <= place < len(path.points)
    return Trained(request, path, place if fits else suggested(path))


def setting(path: Path) -> str:
    """Return the name of the setting that holds the place of the point looked at."""
    return f"point_{len(path.points)}"


def offer(data: Dataset, request: Request, trained: Trained | None) -> None:
    """Draw the button, the progress with what has come, and what to know of an older path."""
    need_rows(data, "training a path")
    ready = bool(request.kappas) and bool(request.attributes)
    st.button("Train the path", key="train path", type=controls.leading(), icon=":material/model_training:",
              on_click=_start, args=(data, request), disabled=jobs.active(JOB) or not ready)
    if not ready:
        st.caption("Choose one strength or more, and one attribute or more.")
    progress()
    if trained is not None and trained.request != request:
        st.caption("The path below was trained with other settings: train again to bring it up to date.")


def running() -> bool:
    """Return whether a path is being trained."""
    return jobs.active(JOB)


def progress() -> None:
    """Draw how far the training is, and the models that have come."""
    jobs.show(JOB)
    if jobs.active(JOB):
        _come()


@frame.fragment(run_every=POLL)
def _come() -> None:
    job = jobs.find(JOB)
    if job is not None and isinstance(job.tag, Tag):
        lines = [f"- {markdown(arrived(point), 200)}" for point in list(job.tag.come)]
        st.markdown("\n".join(lines) or "The first model is on its way.")


def _start(data: Dataset, request: Request) -> None:
    tag = Tag(request, data.fingerprint)

    def work(progress: Progress, cancelled: Cancelled) -> Path:
        return explore(data, request, progress, cancelled, arrived=tag.come.append)

    jobs.start(JOB, work, "Training the path", tag=tag, patience=0.2)


def _collect() -> None:
    """Keep what a finished job found; say why one that ended otherwise did."""
    job = jobs.take(JOB)
    if job is None:
        return
    if job.state == "done" and isinstance(job.tag, Tag):
        state.current().kept[JOB] = (job.tag.request, job.result)
    elif job.state == "cancelled":
        st.caption("The training was stopped; nothing was kept of it.")
    else:
        notices.issues(opening.outcome(job))
