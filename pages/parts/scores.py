"""Another score for the data in use: of a model trained here, or of a model that is brought."""

from __future__ import annotations

import streamlit as st

from engine.types import Dataset
from pages.parts import model_training, model_upload, versions

COUNTS = "These data are a table of counts; a model scores rows."


def draw(data: Dataset) -> None:
    """Draw both ways to another score version."""
    st.subheader("Another score", anchor=False)
    said = COUNTS if data.counts is not None else versions.refusal()
    if said is not None:
        st.caption(said)
        return
    st.caption("A model's score is put in use on every page at once, as a version beside the others to choose from.")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Train a model here**")
        model_training.draw(data)
    with right:
        st.markdown("**Score with a model of yours**")
        model_upload.draw(data)
