"""A yes/no outcome from a numeric one: the visitor chooses the cut, a score is fitted where there is none."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from engine.data.catalogue import cut
from engine.errors import invalid
from engine.text import markdown
from engine.types import Cancelled, Dataset, Progress
from pages.parts import controls, jobs, notices, opening, state

PAGE = "outcome"
SIDES = ("at least", "less than")
_JOB = "outcome"


def require_cut(data: Dataset) -> Dataset:
    """Return the data with the outcome cut in two; until a cut is chosen, offer one and end the page."""
    at, above = _chosen()
    with st.container(border=True):
        _offer(data, at, above)
    if at is None:
        st.stop()
    state.sync_url(PAGE, {"cut": at, "above": above})
    return _derived(data, at, above)


def _chosen() -> tuple[float | None, bool]:
    """Return the cut and its side; what an address brought and is no number counts as not chosen."""
    settings = state.settings(PAGE)
    at = settings.get("cut")
    usable = isinstance(at, (int, float)) and not isinstance(at, bool) and math.isfinite(at)
    return float(at) if usable else None, settings.get("above") is not False


def _offer(data: Dataset, at: float | None, above: bool) -> None:
    name = markdown(data.roles.target)
    st.markdown(f"The outcome of these data is a number, **{name}**; this page needs a yes/no outcome.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        side = st.segmented_control("Positive means", SIDES, default=SIDES[0 if above else 1], required=True)
        value = st.number_input(f"{name}, the cut", value=_start(data) if at is None else at, width=180)
        st.button("Use this cut", type=controls.leading() if at is None else "secondary", on_click=_choose,
                  args=(value, side == SIDES[0]))


def _start(data: Dataset) -> float:
    """Return a first cut that splits the rows: 1 for a count (any at all), else the median."""
    return 1.0 if data.roles.target_kind == "count" else float(np.nanmedian(data.target))


def _choose(value: float, above: bool) -> None:
    jobs.stop(_JOB)
    state.settings(PAGE).update(cut=value, above=above)


def _derived(data: Dataset, at: float, above: bool) -> Dataset:
    kept = state.current().kept
    key = f"cut {at!r} {above}"
    if key not in kept:
        kept[key] = _fitted(data, at, above, key)
    derived: Dataset = kept[key]
    return derived.using(data.score) if data.score in derived.scores else derived


def _fitted(data: Dataset, at: float, above: bool, tag: str) -> Dataset:
    """Cut and fit in a job; the page ends while it runs."""
    job = jobs.find(_JOB)
    if job is None or job.tag != tag:
        job = jobs.start(_JOB, lambda progress, cancelled: _work(data, at, above, progress, cancelled),
                         "Preparing the outcome", tag=tag)
    if job.active:
        jobs.show(_JOB)
        st.stop()
    if job.state == "cancelled":
        jobs.take(_JOB)
        state.settings(PAGE).pop("cut", None)
        st.rerun()
    if job.state != "done":
        notices.issues(opening.outcome(job))
        st.stop()
    jobs.take(_JOB)
    return job.result


def _work(data: Dataset, at: float, above: bool, progress: Progress, cancelled: Cancelled) -> Dataset:
    derived = cut(data, at, above=above)
    if not derived.features and not derived.scores:
        raise invalid("there must be a score to audit", "these data", "neither a score nor features to fit one",
                      "bring a table with a score or with features")
    return opening.scored(derived, progress, cancelled)
