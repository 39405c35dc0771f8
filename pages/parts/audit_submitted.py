"""The auditor's door: a submitted sample, what the reference is, what the columns are, then the audit as a job."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from engine.data.table import Table, Text
from engine.manipulation import Audit, Detection, detect
from engine.manipulation.export import DECISION, table_of
from engine.manipulation.nulls import Mode
from engine.manipulation.sample import favourable_decision
from engine.manipulation.tables import Columns, against_proportions, pair_of
from engine.text import plain
from engine.types import MISSING, Attribute, Cancelled, Dataset, Favourable, Progress
from pages.parts import audit_results, controls, jobs, notices, opening, session, state, uploads
from pages.parts.audit_results import PAGE

JOB, KEPT = "audit", "audit"
KINDS = {"a": "the full database it was drawn from", "b": "an independent sample", "c": "known proportions"}
MODE_OF: dict[str, Mode] = {"a": "A", "b": "B", "c": "C"}
WHY = {
    "a": "Honest samples are subsets: every row must be found there, and larger samples scatter less.",
    "b": "Both samples scatter; rows need not be found again.",
    "c": "A CSV with the columns group, decision and proportion, adding up to 1, e.g. from a census. Only cells are "
         "tested.",
}
MOST = 200   # groups offered
SMALL = 30   # rows under which a group is not taken for the unprivileged one by itself
KEEP: dict[str, Any] = {"persist_state": "session"}


@dataclass(frozen=True, eq=False)
class Files:
    """The two tables, and the kind of reference."""

    submitted: Table
    reference: Table
    mode: Mode
    mark: str


def draw(data: Dataset | None) -> None:
    """Draw the uploads, the roles of the columns and the last audit."""
    kind = controls.select(PAGE, "reference", "The reference is", tuple(KINDS), by="keyword", show=KINDS.__getitem__,
                           flat=True)
    st.caption(WHY[kind])
    left, right = st.columns(2, gap="medium")
    with left:
        submitted = uploads.table("The sample that was submitted", "submitted")
    with right:
        reference = _reference(data, kind)
    notices.privacy()
    if submitted is None or reference is None:
        st.info("Bring the submitted sample and its reference: CSV or Parquet, one row per person. To see how an audit "
                "reads, make a sample in the stress test.")
        return
    files = Files(submitted, reference, MODE_OF[kind], f"{submitted.sha256[:16]} {reference.sha256[:16]} {kind}")
    given, request = _roles(files)
    if given is not None:
        st.button("Run the audit", type=controls.leading(), key="run audit", on_click=_start,
                  args=(files, given, request))
    _outcome(files)


def _outcome(files: Files) -> None:
    job = jobs.take(JOB)
    if job is not None:
        notices.issues(opening.outcome(job))
        if job.state == "done":
            state.current().kept[KEPT] = (job.tag, job.result)
    jobs.show(JOB)
    mark, found = state.current().kept.get(KEPT, ("", None))
    if found is not None and mark == files.mark:
        detection, notes = found
        audit_results.draw(detection)
        notices.issues(notes)


def _reference(data: Dataset | None, kind: str) -> Table | None:
    if kind == "c":
        return uploads.table("Known proportions: group, decision, proportion", "proportions")
    usable = data is not None and data.counts is None and data.score is not None and bool(data.attributes)
    where = st.segmented_control("Reference rows", ("a file", "the data in use"), default="a file", required=True,
                                 key="audit reference from", disabled=not usable, **KEEP)
    if where == "a file" or not usable:
        return uploads.table("The reference", "reference")
    threshold = session.usual_threshold()
    st.caption(f"The decision of the data in use is the favourable one at a threshold of "
               f"{0.5 if threshold is None else threshold:g}, as column “{DECISION}” of 0 and 1.")
    return _in_use(data, threshold)


def _in_use(data: Dataset, threshold: float | None) -> Table:
    kept, key = state.current().kept, f"reference table {data.score}"
    if key not in kept:
        kept[key] = table_of(data, favourable_decision(data, threshold))
    return kept[key]


def _roles(files: Files) -> tuple[Columns | None, Audit]:
    """Ask what the columns are; None where the answers are not enough yet."""
    common = [c for c in files.submitted.columns if files.mode == "C" or c in files.reference.columns]
    if len(common) < 2:
        st.error("Both files must share the columns of the protected attribute and of the decision; they share "
                 f"{len(common)}. Check which files these are.")
        return None, Audit(files.mode)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        protected = st.multiselect("Protected attribute", common, default=_first(common, ("sex", "gender", "race")),
                                   format_func=plain, key=f"audit protected {files.mark}", max_selections=3)
        decision = st.selectbox("Decision", common, index=_place(common, (DECISION, "prediction", "hired", "selected")),
                                format_func=plain, key=f"audit decision {files.mark}")
        values = _values(files.mark, decision, _files=files)
        favourable = st.selectbox("Favourable value", values, index=_place(values, ("1", "yes", "true")),
                                  format_func=plain, key=f"audit favourable {files.mark} {decision}")
    if not protected or len(values) != 2 or decision in protected:
        st.info("Choose a protected attribute and a decision that holds two values; "
                f"“{plain(decision)}” holds {'more' if len(values) > 2 else len(values)}.")
        return None, Audit(files.mode)
    groups, least = _groups(files.mark, tuple(protected), decision, str(favourable), _files=files)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        low = st.multiselect("Unprivileged groups (none: every group on its own)", groups, format_func=plain,
                             default=least, key=f"audit low {files.mark} {protected} {decision} {favourable}")
        ignored = st.multiselect("Columns not to compare", [c for c in common if c not in (*protected, decision)],
                                 format_func=plain, key=f"audit ignored {files.mark}",
                                 help="Names of rows, or anything that may differ between the files for a good reason")
        again = st.selectbox("Model asked again", [c for c in files.submitted.columns if c != decision], index=None,
                             format_func=plain, key=f"audit again {files.mark}", placeholder="no such column",
                             help="A column of the submitted file with the decision that the model gives when asked "
                             "again; any difference is proof")
    request = _request(files.mode)
    chosen: Favourable = "selected"
    attributes = tuple(Attribute(name) for name in protected)
    return Columns(attributes, decision, tuple(low), favourable, chosen, ignored=tuple(ignored),
                   requeried=again), request


@st.cache_resource(scope="session", max_entries=16, show_spinner="Counting the groups")
def _values(mark: str, decision: str, _files: Files) -> list[str]:
    return [value for value, _ in _files.submitted.distinct(decision, 3)]


@st.cache_resource(scope="session", max_entries=16, show_spinner="Counting the groups")
def _groups(
    mark: str, protected: tuple[str, ...], decision: str, favourable: str, _files: Files
) -> tuple[list[str], list[str]]:
    """Return the groups of the submitted file, largest first, and which to start from as the unprivileged one.

    Of those that are not small it is the one least often given the favourable value.
    """
    table = _files.submitted
    texts, place = [table.text(name, protected=True) for name in protected], np.zeros(table.rows, dtype=np.int64)
    for text in texts:   # cells are numbered anew at each column, so that no product of levels overflows
        place = np.unique(place * (len(text.levels) + 1) + text.codes, return_inverse=True)[1]
    _, first, sizes = np.unique(place, return_index=True, return_counts=True)
    given = table.text(decision)
    rate = np.where(sizes >= SMALL, np.bincount(place, given.codes == given.code(favourable)) / sizes, np.inf)
    largest = np.argsort(-sizes, kind="stable")[:MOST].tolist()
    groups = [" x ".join(_level(text, first[cell]) for text in texts) for cell in largest]
    least = int(rate.argmin())
    start = [groups[largest.index(least)]] if np.isfinite(rate[least]) and least in largest else []
    return sorted(groups) if len(groups) == 2 else groups, start


def _level(text: Text, row: int) -> str:
    return MISSING if text.codes[row] < 0 else str(text.levels[int(text.codes[row])].as_py())


def _request(mode: Mode) -> Audit:
    with st.popover("Level and draws", icon=":material/tune:"):
        alpha = controls.number(PAGE, "audit_alpha", "Level", 0.05, low=0.001, high=0.5, step=0.01, format="%.3f")
        target = controls.number(PAGE, "audit_target", "Ratio a forger would be after", 0.8, low=0.01, high=5.0,
                                 step=0.01)
        draws = controls.number(PAGE, "audit_draws", "Honest draws of the cells", 9_999, low=999, high=99_999, step=1)
        columns = controls.number(PAGE, "audit_permutations", "Draws for the other columns", 999, low=99, high=9_999,
                                  step=1)
        seed = controls.number(PAGE, "audit_seed", "Seed", 0, low=0, high=1_000_000, step=1)
    return Audit(mode, alpha, int(draws), int(columns), target, 1, int(seed))


def _start(files: Files, given: Columns, request: Audit) -> None:
    jobs.start(JOB, partial(_work, files, given, request), "Auditing the sample", tag=files.mark)


def _work(
    files: Files, given: Columns, request: Audit, progress: Progress, cancelled: Cancelled
) -> tuple[Detection, tuple[Any, ...]]:
    progress(0.01, "reading both samples")
    pair = (against_proportions if files.mode == "C" else pair_of)(files.submitted, files.reference, given)
    return detect(pair.submitted, pair.reference, request, pair.requeried, progress, cancelled), pair.notes


def _first(names: list[str], usual: tuple[str, ...]) -> list[str]:
    return next(([name] for name in names if name.casefold() in usual), [])


def _place(names: list[str], usual: tuple[str, ...]) -> int:
    return next((i for i, name in enumerate(names) if name.casefold() in usual), 0)
