"""Models compared: trained, given thresholds and tested on three parts of the rows; long work, so a job."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from engine.assessment import Assessment, assess
from engine.assessment import Request as Assessed
from engine.charts import models as charts
from engine.counting.counted import need_rows
from engine.counting.index import ScoreIndex
from engine.errors import Issue
from engine.frontier.models import COLUMN, ModelFrontier, ModelPoint, Study, compare
from engine.frontier.training import TRAINERS
from engine.frontier.tree_correction import BANNER
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import Policy
from engine.text import markdown, plain
from engine.types import Cancelled, Dataset, Progress
from pages.parts import controls, definitions, drawing, frame, frontier_found, jobs, notices, opening, state, versions
from pages.parts import frontier_choice as choice
from pages.parts.frontier_choice import Scene, value
from pages.parts.frontier_controls import PAGE

JOB = "frontier models"
USUAL = ("logistic", "hist_gradient_boosting", "reweighing")


def draw(shown: Scene) -> None:
    """Offer the comparison, show its progress, and draw what it found."""
    data, keys = shown.data, list(TRAINERS)
    need_rows(data, "comparing models")
    if not data.features and len(data.scores) < 2:
        st.info("There is nothing to compare: these data have neither features to train a model on nor a second score.")
        return
    st.markdown("Half of the rows train, a quarter finds thresholds, a quarter is the test. Protected attributes are "
                "never among a model's features, but for the tree correction's forest; reweighing, the reductions and "
                "the threshold optimizer know the group of the rows they learn from.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        names = [TRAINERS[key].name for key in keys]
        places = controls.several(PAGE, "models", "Models", names, default=[keys.index(key) for key in USUAL])
        study = Study(replace(shown.found.request, attributes=shown.found.attributes),
                      tuple(keys[place] for place in places) if data.features else (),
                      columns=data.score_source != "fitted here" or len(data.scores) > 1)
        st.button("Compare", key="compare models", type=controls.leading(), on_click=_start, args=(data, study),
                  disabled=jobs.active(JOB) or not (study.models or study.columns))
    jobs.show(JOB)
    _collect()
    kept = state.current().kept.get(JOB)
    if kept is None:
        return
    asked, found = kept
    if asked != study:
        st.caption("This comparison was made with other settings: compare again to bring it up to date.")
    _drawn(shown, asked, found)


def _start(data: Dataset, study: Study) -> None:
    def work(progress: Progress, cancelled: Cancelled) -> ModelFrontier:
        return compare(data, study, progress, cancelled)

    jobs.start(JOB, work, "Comparing models", tag=study)


def _collect() -> None:
    """Keep what a finished job found; say why one that ended otherwise did."""
    job = jobs.take(JOB)
    if job is None:
        return
    if job.state == "done":
        state.current().kept[JOB] = (job.tag, job.result)
    else:
        notices.issues(opening.outcome(job))


def _drawn(shown: Scene, asked: Study, found: ModelFrontier) -> None:
    request = asked.request
    drawing.chart(charts.models(found, request.disparity, request.utility, shown.chosen.kind), "models chart")
    corrects = any(point.family == "tree_correction" for point in found.points)
    if corrects:
        st.info(f"Tree correction: {BANNER}", icon=":material/groups:")
    volume, rows = found.volume, found.rows
    reference = [UTILITIES[request.utility].name, DISPARITIES[request.disparity].name]
    words = ", ".join(f"{name} {abs(at):.4g}" for name, at in zip(reference, volume.reference, strict=True))
    st.caption(f"{rows[0]:,} rows trained, {rows[1]:,} found thresholds, {rows[2]:,} are the test. Hypervolume of all "
               f"points **{volume.value:.4g}** ({volume.low:.4g} to {volume.high:.4g}) above the reference point "
               f"{words}; it means nothing without that point.")
    definitions.offer(("dominated", "hypervolume", *(("tree_correction",) if corrects else ())))
    for name, why in found.skipped:
        st.caption(f"Left out: {markdown(name, 60)}: {markdown(why, 200)}.")
    _choice(shown, asked, found)


def _choice(shown: Scene, asked: Study, found: ModelFrontier) -> None:
    """Let a point of a model be chosen and handed to the threshold page."""
    points = [p for p, best in zip(found.points, found.front, strict=True) if p.policy is not None and best]
    points += [p for p, best in zip(found.points, found.front, strict=True) if p.policy is not None and not best]
    if not points:
        return
    with st.container(width=480):
        place = st.selectbox("A point to use", range(len(points)), key=f"model point {state.mark()} {len(points)}",
                             format_func=[charts.named(point) for point in points].__getitem__, required=True)
    point = points[place or 0]
    current = state.dataset()
    if point.policy is None or current is None or current.target is not None:
        st.caption("These data have a numeric outcome that was cut: a model's score cannot be put in use.")
        return
    data = _unseen(shown.data, found, point)
    answer = _answer(data.fingerprint, data.score, repr(asked.request), repr(point.policy), _data=data, _asked=asked,
                     _policy=point.policy)
    utility = UTILITIES[asked.request.utility]
    gap = next(iter(answer.groupings.values())).disparities[asked.request.disparity].value
    rate = utility.sign * answer.overall.rates[utility.rate][0].value
    rule, seen = DISPARITIES[asked.request.disparity].name, " Rows that trained a model have no score."
    st.markdown(f"On the {answer.rows_used:,} rows that the threshold page will show: {utility.name} "
                f"{value(rate, asked.request.utility)}, {rule} {value(gap, None)}."
                + ("" if point.family == COLUMN else seen))
    allowed = point.policy.kind == "common" or shown.separate
    st.button("Use this model and point on the threshold page", key="use model", disabled=not allowed,
              icon=":material/arrow_forward:", on_click=_use, args=(data, point.policy, asked.request.attributes or ()))


@frame.callback
def _use(data: Dataset, policy: Policy, attributes: tuple[str, ...]) -> None:
    versions.use(data)
    choice.use(data, policy, attributes)


def _unseen(data: Dataset, found: ModelFrontier, point: ModelPoint) -> Dataset:
    """Return the data with the model's score in use: none for rows that it was trained on."""
    if point.family == COLUMN:
        return data.using(point.model)
    scored = found.frontiers[point.model].dataset
    name = f"{point.model}, trained here for {found.frontiers[point.model].groups.name}"   # another split, another name
    note = Issue("note", "the score is that of a model trained here", f"score '{plain(name, 200)}'",
                 f"{int(found.unseen.sum()):,} rows that it did not learn from; the others have no score",
                 "bring a score of your own to assess that")
    return data.with_scores(name, np.where(found.unseen, scored.scores[point.model], np.nan)).noted(note)


@st.cache_resource(scope="session", max_entries=8, show_spinner=False)
def _answer(
    fingerprint: str, score: str | None, request: str, policy: str, _data: Dataset, _asked: Study, _policy: Policy
) -> Assessment:
    asked = _asked.request
    attributes = frontier_found.together(asked.attributes or (), _policy)
    return assess(_data, Assessed(_policy, (asked.attributes or (),), asked.level, asked.min_group, asked.cost_fp,
                                  asked.cost_fn), ScoreIndex.build(_data, attributes))
