"""A model of the path as scores for the other pages: held-out rows at once, or every row by cross-fitting, a job."""

from __future__ import annotations

import streamlit as st

from engine.charts.intersections_words import name
from engine.dependence.result import Path, PathPoint
from engine.dependence.version import FOLDS, cross_fitted, held_out
from engine.text import markdown
from engine.types import Cancelled, Dataset, Progress
from pages.parts import frame, jobs, opening, session, versions
from pages.parts.intersections_training import Trained

JOB = "intersections scores"
_SAID = "intersections score said"   # what was put in use: a callback may show nothing
NUMERIC = ("Other pages ask about a yes/no outcome, and this one is a number: its predictions stay on this page.")


def collect() -> None:
    """Put in use what a finished cross-fitting made; the page is drawn again, as the sidebar shows the score too."""
    if said := st.session_state.pop(_SAID, None):
        st.toast(f"Now in use: {markdown(said, 160)}", icon=":material/check:", duration="long")
    if (done := opening.finished(JOB)) is not None:
        _put(done.result)
        st.rerun()


def draw(data: Dataset, trained: Trained) -> None:
    """Offer the chosen model's scores to every page, saying which rows get one."""
    path, point = trained.path, trained.point
    refusal = NUMERIC if data.target is not None else versions.refusal()
    if refusal is not None:
        st.caption(refusal)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Use these scores", key="use path", icon=":material/arrow_forward:", on_click=_use,
                  args=(data, path, point), disabled=point.collapsed,
                  help=f"The {len(path.held):,} rows that trained nothing get a score, on every page; the others have "
                       "none. The sidebar leads back.")
        st.button("Score every row", key="cross-fit path", icon=":material/cached:", on_click=_start,
                  args=(data, path, point), disabled=point.collapsed or jobs.active(JOB),
                  help=f"Fits the model again in {FOLDS} folds, so that every row gets a score by a model that has not "
                       "seen it, and puts it in use. The folds' models differ a little from the one drawn here.")
        st.caption(f"{name(point)}: once in use, the frontier page draws its curve, and compares it with other scores "
                   "under “Models”.", width="content")
    jobs.show(JOB)


@frame.callback
def _use(data: Dataset, path: Path, point: PathPoint) -> None:
    _put(held_out(data, path, point))


def _put(made: Dataset) -> None:
    """Put a score in use and remember to say so, where other data have not taken its place meanwhile."""
    versions.use(made)
    now = session.dataset()
    if now is not None and now.score == made.score:
        st.session_state[_SAID] = made.score


def _start(data: Dataset, path: Path, point: PathPoint) -> None:
    def work(progress: Progress, cancelled: Cancelled) -> Dataset:
        return cross_fitted(data, path, point, progress=progress, cancelled=cancelled)

    jobs.start(JOB, work, "Scoring every row", patience=0.2)
