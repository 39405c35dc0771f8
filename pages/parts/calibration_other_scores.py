"""Scores that are no probabilities: what can be done so that their calibration can be asked about."""

from __future__ import annotations

import streamlit as st

from engine.calibration.probability import as_probability, is_deciles
from engine.text import markdown
from engine.types import Dataset
from pages.parts import calibration_recalibration, calibration_used, controls, definitions, frame, versions
from pages.parts.calibration_controls import Asked


def outside(data: Dataset) -> bool:
    """Return whether the score in use has values outside 0 to 1."""
    scores = data.score_values()
    known = scores[scores == scores]
    return bool(len(known)) and not bool(known.min() >= 0 and known.max() <= 1)


def draw(data: Dataset, asked: Asked) -> None:
    """Say why the page is empty, offer deciles as tenths where they are deciles, and a cross-fitted map."""
    scores = data.score_values()
    known = scores[scores == scores]
    st.info(f"The score {markdown(data.score)} runs from {known.min():g} to {known.max():g}: it is no probability, so "
            "it cannot be compared with outcomes as one.")
    refusal = versions.refusal()
    if is_deciles(data):
        st.markdown("**Read deciles as tenths.** A decile of 1 becomes 0.05, one of 10 becomes 0.95. That is a "
                    "convention: deciles rank persons, and nothing says that they were meant as probabilities.")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Read deciles as tenths", type=controls.leading(), on_click=_tenths, args=(data,),
                      disabled=refusal is not None, help=refusal)
            definitions.offer(("decile_as_probability",))
    st.markdown("**Or map it to probabilities,** cross-fitted on the outcomes of these data.")
    calibration_recalibration.draw(data, asked)


@frame.callback
def _tenths(data: Dataset) -> None:
    calibration_used.use(as_probability(data), data.score)
