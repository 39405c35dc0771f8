"""Does it hold for combinations, for age, for regression?"""

from __future__ import annotations

import streamlit as st

from engine.counting.counted import need_rows
from engine.types import Dataset
from pages.parts import (
    controls,
    definitions,
    frame,
    intersections_diagnosis,
    intersections_path,
    intersections_training,
    intersections_use,
    notices,
    session,
)
from pages.parts import intersections_controls as ask
from pages.parts.intersections_training import Trained

SECTIONS = {"combinations": "Combinations", "path": "A path of models", "densities": "Predictions by combination"}
TERMS = ("intersection", "intersectional_gap", "ccdcov", "jdcov", "interaction_term", "penalty_strength")


def main() -> None:
    session.framed()
    intersections_use.collect()
    st.title("Intersections")
    data = session.require()
    notices.simulated()
    st.markdown("Does it hold for combinations, for age, for regression? A gap can hide where two attributes meet, and "
                "show in neither of them; models can be trained to depend on all of them together less and less.")
    need_rows(data, "looking at combinations")
    if _usable(data):
        intersections(data)


def _usable(data: Dataset) -> bool:
    """Say what is missing for this page, if anything."""
    return notices.complete({
        "protected attribute, so there is nothing to combine": bool(data.attributes),
        "score and no outcome, so nothing can differ between groups": data.score is not None or data.label is not None
        or data.target is not None,
    })


@frame.fragment
def intersections(data: Dataset) -> None:
    """Attributes, the section chosen, and the point of the path that all sections are about."""
    if session.dataset() is not data:
        st.rerun()   # a button of this part put another score in use
    trained = intersections_training.current(data)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="roomy"):
        chosen, numbers = ask.attributes(data)
        definitions.offer(TERMS)
    if not chosen:
        st.info("Choose one protected attribute or more.")
        ask.share()
        return
    section = controls.select(ask.PAGE, "section", "Section", tuple(SECTIONS), by="keyword", show=SECTIONS.__getitem__,
                              flat=True)
    if section == "combinations":
        _combinations(data, chosen, numbers, trained)
    elif section == "path":
        _path(data, chosen, numbers, trained)
    else:
        _densities(data, trained)
    ask.share()


def _densities(data: Dataset, trained: Trained | None) -> None:
    intersections_training.progress()
    if trained is not None:
        looked = intersections_path.chosen(trained)
        intersections_path.before_and_after(data, looked)
        intersections_use.draw(data, looked)
    elif not intersections_training.running():
        st.info("No path has been trained on these data: train one in the section before.")


def _combinations(
    data: Dataset, chosen: tuple[str, ...], numbers: tuple[str, ...], trained: Trained | None
) -> None:
    intersections_training.progress()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        of = ask.source(data, intersections_diagnosis.sources(data, trained))
        question = ask.question(data, of, chosen, numbers)
    intersections_diagnosis.draw(intersections_diagnosis.look(data, of, question, trained))


def _path(data: Dataset, chosen: tuple[str, ...], numbers: tuple[str, ...], trained: Trained | None) -> None:
    if not data.features:
        st.info("These data have no features, so no model can be trained: name some on the data page.")
        return
    if data.label is None and data.target is None:
        st.info("These data have no outcome, so no model can be trained: name one on the data page.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="roomy-path"):
        request = ask.request(data, chosen, numbers)
    intersections_training.offer(data, request, trained)
    if trained is not None:
        looked = intersections_path.chosen(trained)
        intersections_path.draw(looked)
        intersections_use.draw(data, looked)


main()
