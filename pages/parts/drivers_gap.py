"""The section on what carries the gap: features of a model trained here, or of a surrogate of the score in use."""

from __future__ import annotations

import streamlit as st

from engine.charts.drivers import gap_bars
from engine.charts.drivers_rows import FEATURES, dependence, per_lane, swarm
from engine.charts.drivers_words import gap_told, rows_told, surrogate_told
from engine.drivers import DriversRequest, DriversResult, explain
from engine.text import plain
from engine.types import Cancelled, Dataset, Progress
from pages.parts import controls, definitions, drawing
from pages.parts import drivers_controls as ask
from pages.parts.drivers_controls import PAGE
from pages.parts.drivers_jobs import Tag, worked_out

JOB = "gap drivers"
TERMS = ("gap_attribution", "shap_value", "between_folds", "surrogate", "cross_fitted_score", "protected_in")
WHY = (
    "A model's score of each row is a sum over features. Averaged in one group and in the other, the sums say what "
    "each feature adds to the gap. A long bar means that the model uses a feature in which the groups differ; whether "
    "it should is not in the data."
)


def draw(data: Dataset) -> None:
    """Draw the controls and, once worked out, the gap in sentences, its bars, and the rows behind them."""
    st.markdown(WHY)
    if not data.features:
        st.info("These data have no features, so nothing can be said to carry the gap: name some on the data page.")
        return
    if data.label is None and data.score is None:
        st.info("These data have neither an outcome to train a model on nor a score to imitate: name one on the data "
                "page.")
        return
    first = st.empty()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        pair = ask.pair(data)
    if pair is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        request = _request(data, pair)
        definitions.offer(TERMS)
    said = None if request.model is None else ask.about(data, request.model, request.protected_in, request.seed)
    if said is not None:
        first.markdown(said)
    version = data.score if request.model is None else None

    def work(progress: Progress, cancelled: Cancelled) -> DriversResult:
        return explain(data, request, progress, cancelled)

    found = worked_out(JOB, "What carries the gap", Tag(data.fingerprint, (version, request)), work)
    if found is not None:
        _drawn(found)


def _request(data: Dataset, pair: ask.Pair) -> DriversRequest:
    given = {} if data.score is None else {
        ask.GIVEN: f"the score in use, {plain(data.score, ask.NAME)}, through a surrogate"}
    model = ask.models(data, "model", given)
    inside = ask.protected("protected", False)
    with st.popover("Settings", icon=":material/tune:"):
        level, seed = ask.level(), ask.seed()
        rows = int(controls.number(PAGE, "rows", "Rows explained at most (0: as the model allows)", 0, low=0,
                                   high=100_000, step=100,
                                   help="A linear model is explained in closed form, boosting and trees row by row, a "
                                        "forest slowly: 100,000, 5,000 and 200 rows where nothing else is said."))
    return DriversRequest(pair.groups, None if model == ask.GIVEN else model, inside, rows or None, seed=seed,
                          level=level, attributes=pair.attributes)


def _drawn(result: DriversResult) -> None:
    st.markdown("\n".join(f"- {line}" for line in gap_told(result)))
    imitated = surrogate_told(result)
    if imitated:
        st.markdown(imitated)
    st.caption(rows_told(result))
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.subheader("Bars that sum to the gap")
        drawing.chart(gap_bars(result), "gap bars")
    with right:
        st.subheader("One feature by its value")
        names, largest = result.found.names, int(result.found.order[0])
        feature = controls.select(PAGE, f"feature_{len(names)}", "Feature", range(len(names)), default=largest,
                                  show=lambda k: plain(names[k], ask.NAME))
        drawing.chart(dependence(result, names[feature]), "dependence")
    st.subheader("Rows behind the bars")
    drawn = per_lane(result)
    st.caption(f"The {min(FEATURES, len(names))} features with the longest bars. Each lane has "
               f"{' and '.join(f'{count:,}' for count in dict.fromkeys(drawn))} dots, drawn evenly over the "
               "contributions of the rows explained.")
    drawing.chart(swarm(result), "swarm")
