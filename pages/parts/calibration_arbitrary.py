"""The section on multiplicity: models that are as good as the best, and what they say of the same persons."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import streamlit as st

from engine.calibration.level_set import LevelSet, level_set
from engine.calibration.multiplicity import ALONE, Multiplicity, Question, from_columns
from engine.calibration.ribbon import Ribbon, ribbon
from engine.charts.calibration import FEWEST
from engine.charts.calibration_multiplicity import multiplicity
from engine.charts.calibration_ribbon import ribbon as ribbon_chart
from engine.charts.theme import badge
from engine.counting.groups import grouping
from engine.policy import Policy
from engine.text import markdown
from engine.types import Cancelled, Dataset, Estimate, Progress
from pages.parts import controls, definitions, drawing, jobs, opening, state
from pages.parts.calibration_controls import PAGE
from pages.parts.calibration_found import Scene

JOB = "level set"
SOURCES = {"columns": "the score versions of these data", "level_set": "logistic models on the features"}
TERMS = ("viable_range", "ambiguity", "discrepancy", "level_set")
LISTED = 30
LINES = ("Solid (ambiguity): persons whom some of these models moves at least so far from the baseline's score, up or "
         "down. Dotted (discrepancy): those whom one and the same model moves so far.")
RANGE = ("Mean range: a person's highest minus lowest score among these models, on average. It counts both directions, "
         "so it can be up to twice the distance from the baseline that the lines count.")
WHY = (
    "Many models are as good as the best one, as far as these data can tell, and they do not say the same of each "
    "person. How far a score could have differed, had another of them been picked:"
)


def draw(shown: Scene) -> None:
    """Draw the controls, the curves and who could have been decided otherwise."""
    data = shown.data
    sources = [key for key, there in (("columns", len(data.scores) > 1), ("level_set", bool(data.features))) if there]
    if not sources:
        st.info("There is nothing to compare with: these data have neither a second score nor features to train models "
                "on. Bring several score columns, or name features on the data page.")
        return
    st.markdown(WHY)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        source = controls.select(PAGE, f"models_{len(sources)}", "Models", sources, by="keyword",
                                 show=SOURCES.__getitem__)
        epsilon = controls.slider(PAGE, "epsilon", "As good: loss above the best by at most", 0.1, 20.0, 1.0, 0.1,
                                  format="%.1f %%", help=definitions.tooltip("viable_range"))
        definitions.offer(TERMS)
    question = Question(epsilon / 100, threshold=_threshold(shown.asked.policy), attributes=shown.asked.attributes,
                        level=shown.asked.request.level)
    found = _columns(data, question) if source == "columns" else _models(data, question)
    if found is not None:
        _drawn(shown, found, question)


def _threshold(policy: Policy) -> float:
    return policy.otherwise if 0 < policy.otherwise < 1 else 0.5


def _columns(data: Dataset, question: Question) -> Multiplicity:
    return _seen(data.fingerprint, (data.score, *data.scores), repr(question), _data=data, _question=question)


@st.cache_resource(scope="session", max_entries=8, show_spinner="Comparing scores")
def _seen(
    fingerprint: str, scores: tuple[str | None, ...], question: str, _data: Dataset, _question: Question
) -> Multiplicity:
    return from_columns(_data, _question)


def _models(data: Dataset, question: Question) -> Multiplicity | None:
    """Return what the level set says; until it is fitted, offer to fit it."""
    kept = state.current().kept
    if (done := opening.finished(JOB)) is not None:
        kept[str(done.tag)] = done.result
    tag = f"{JOB} {data.fingerprint}"
    if tag not in kept:
        st.caption("A logistic model is fitted on half of the rows and looked at on the other half; protected "
                   "attributes are not among its features.")
        st.button("Work it out", key="start level set", type=controls.leading(), on_click=_start, args=(data, tag),
                  disabled=jobs.active(JOB))
        jobs.show(JOB)
        return None
    found: LevelSet = kept[tag]
    return _of_level_set(data.fingerprint, repr(question), _found=found, _question=question)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def _of_level_set(fingerprint: str, question: str, _found: LevelSet, _question: Question) -> Multiplicity:
    return _found.multiplicity(_question)


def _start(data: Dataset, tag: str) -> None:
    def work(progress: Progress, cancelled: Cancelled) -> LevelSet:
        return level_set(data, 0, progress, cancelled)

    jobs.start(JOB, work, "Fitting the logistic model", tag=tag)


def _drawn(shown: Scene, found: Multiplicity, question: Question) -> None:
    """Draw what was found; where no other score is as good, say that there is nothing to compare with."""
    if found.source == "columns" and len(found.kept) < 2:
        st.info(f"{ALONE.capitalize()}. No other score version of these data is as good, so nothing can be said of how "
                "arbitrary the scores are.")
    else:
        _compared(shown, found, question)
    kept = ", ".join(f"{markdown(each.name, 60)} (loss {each.loss:.4f})" for each in found.kept)
    st.caption(f"As good: {kept}. {markdown(found.said, 400)}")
    for each in found.dropped[:8]:
        st.caption(f"Left out: {markdown(each.name, 60)}: {markdown(each.reason, 160)}.")


def _compared(shown: Scene, found: Multiplicity, question: Question) -> None:
    """Draw the curves, the table by group and the ribbon of models that are as good."""
    places = [g for g in shown.shown if found.rows[1 + g]]
    st.markdown(f"Of {found.rows[0]:,} persons looked at, {_words(found.flips[0])} would be decided otherwise at the "
                f"threshold {found.threshold:.3g} by some model that is as good.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        drawing.chart(multiplicity(found.names[1:], found.deltas, found.ambiguity[1:], found.discrepancy[1:], places),
                      "multiplicity")
        st.caption(LINES + (" Discrepancy is at least what is drawn." if found.discrepancy_is == "at least" else ""))
    with right:
        st.table(_table(found, list(range(len(found.names) - 1))), border="horizontal", hide_index=True)
        st.caption(RANGE)
    _ranges(shown, found, question, places)


def _ranges(shown: Scene, found: Multiplicity, question: Question, places: Sequence[int]) -> None:
    """Draw the ribbon of viable ranges, of everybody or of one group."""
    data, rows = shown.data, [0, *(1 + g for g in places)]
    names = ["everybody", *(f"{badge(g)} {found.names[1 + g]}" for g in places)]
    with st.container(width=320):
        row = controls.select(PAGE, "ribbon", "Ribbon of", rows, show=lambda row: names[rows.index(row)])
    seen = _ribbon(data.fingerprint, (data.score, *data.scores), repr(question), found.source, row, _data=data,
                   _found=found, _question=question)
    drawing.chart(ribbon_chart(seen, found.names[row] if row else names[0], found.threshold), "ribbon")


@st.cache_resource(scope="session", max_entries=16, show_spinner="Ordering the ranges")
def _ribbon(
    fingerprint: str, scores: tuple[str | None, ...], question: str, source: str, row: int, _data: Dataset,
    _found: Multiplicity, _question: Question,
) -> Ribbon:
    if not row:
        return ribbon(_found)
    return ribbon(_found, grouping(_data, _question.attributes)[1][_found.places] == row - 1)


def _table(found: Multiplicity, places: Sequence[int]) -> dict[str, list[str]]:
    rows = [0, *(1 + g for g in places if found.rows[1 + g])][:LISTED + 1]
    return {
        "Group": ["**Everybody**", *(f"**{badge(r - 1)}** {markdown(found.names[r], 30)}" for r in rows[1:])],
        "Looked at": [f"{found.rows[r]:,}" for r in rows],
        "Decision can flip": [_few(found, r) or _words(found.flips[r]) for r in rows],
        "Mean range": [_few(found, r) or f"{found.width[r]:.3f}" for r in rows],
    }


def _few(found: Multiplicity, row: int) -> str | None:
    """Return why a group's numbers are not shown: too few rows."""
    return f":small[fewer than {FEWEST} rows]" if found.rows[row] < FEWEST else None


def _words(flips: Estimate) -> str:
    if isnan(flips.value):
        return f":small[{markdown(flips.reason or 'not estimable', 120)}]"
    ends = f"{100 * flips.low:.1f} to {100 * flips.high:.1f}"
    return f"**{100 * flips.value:.1f}\u00a0%** :small[({ends})]".replace(" to ", "\u00a0to\u00a0")
