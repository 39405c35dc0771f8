"""A score of a model trained here: which kind, with or without the protected attributes."""

from __future__ import annotations

import streamlit as st

from engine.scoring.models import MODELS
from engine.scoring.scorer import TrainedScorer
from engine.text import markdown
from engine.types import Cancelled, Dataset, Progress
from pages.parts import controls, definitions, jobs, opening, versions

JOB, PAGE = "train a model", "data"


def draw(data: Dataset) -> None:
    """Draw the choice, the progress and what went wrong; a finished model's score is put in use."""
    if data.label is None or not data.features:
        st.caption("A model needs a yes/no outcome and features: name them when you bring the table.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = controls.select(PAGE, "model", "Kind of model", list(MODELS), by="keyword",
                              show=lambda key: MODELS[key].name)
        protected = controls.toggle(PAGE, "model_protected", "May use the protected attributes", False,
                                    help=definitions.tooltip("protected_in"))
        chosen = TrainedScorer(key, protected_in=protected)
        there = chosen.name in data.scores
        st.button("Train and score", disabled=there or jobs.active(JOB), on_click=_start, args=(data, chosen),
                  help="This version is there already." if there else None)
    if there:
        _made(data, chosen.name)
    definitions.offer(("model_trained_here", "protected_in", "cross_fitted_score"))
    jobs.show(JOB)
    finish(JOB)


def _made(data: Dataset, name: str) -> None:
    """Say why it is not trained again: its score is in use, or a click away."""
    if data.score == name:
        beside = [markdown(other) for other in data.scores if other != name]
        st.success(f"**{markdown(name)}** is in use on every page."
                   + (f" Beside it: {', '.join(beside)}; the sidebar chooses." if beside else ""))
        return
    st.caption(f"**{markdown(name)}** is trained already; {markdown(data.score or 'no score')} is in use.")
    st.button("Put it in use", key=f"use trained {name}", on_click=versions.choose, args=(data.using(name),))


def finish(name: str) -> None:
    """Put the score that a finished job made in use and draw the page again; say why there is none."""
    if (done := opening.finished(name)) is not None:
        versions.use(done.result)
        st.rerun()


def _start(data: Dataset, chosen: TrainedScorer) -> None:
    def work(progress: Progress, cancelled: Cancelled) -> Dataset:
        return chosen.scored(data, progress, cancelled)

    jobs.start(JOB, work, "Training")
