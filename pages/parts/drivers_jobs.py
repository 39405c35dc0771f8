"""Work of the drivers page that takes seconds: offered, shown while it runs, kept for this session, refused calmly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.parts import controls, jobs, notices, opening, state
from pages.parts.jobs import Work


@dataclass(frozen=True)
class Tag:
    """What a job is about: the data, and what was asked of them."""

    fingerprint: str
    asked: object


def worked_out(name: str, title: str, tag: Tag, work: Work) -> Any:  # noqa: ANN401  work may return anything
    """Offer the work and show its progress; return what it last found for these data, None where nothing yet.

    `tag` is compared with that of the result: one made with other settings is shown, and said to be.
    """
    st.button("Work it out", key=f"start {name}", type=controls.leading(), icon=":material/play_arrow:",
              on_click=_start, args=(name, title, tag, work), disabled=jobs.active(name))
    jobs.show(name)
    _collect(name)
    asked, issues = state.current().kept.get(_refused(name), (None, ()))
    for issue in issues if asked == tag else ():
        st.info(notices.sentence(issue))
    made, found = state.current().kept.get(name, (None, None))
    if made is None or made.fingerprint != tag.fingerprint:
        return None
    if made != tag:
        st.caption("What follows was worked out with other settings: work it out again to bring it up to date.")
    return found


def _start(name: str, title: str, tag: Tag, work: Work) -> None:
    jobs.start(name, work, title, tag=tag)


def _collect(name: str) -> None:
    """Keep what a finished job found, or why it was refused: that is an answer about these data, too."""
    job = jobs.take(name)
    if job is None:
        return
    kept = state.current().kept
    kept.pop(_refused(name), None)
    if job.state == "done":
        kept[name] = (job.tag, job.result)
    elif job.state == "refused":
        kept[_refused(name)] = (job.tag, job.issues)
    elif job.state == "cancelled":
        st.caption("The work was stopped; nothing was kept of it.")
    else:
        notices.issues(opening.outcome(job))


def _refused(name: str) -> str:
    return f"{name} refused"
