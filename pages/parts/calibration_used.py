"""Scores made on the calibration page are put in use: that is said, and where they came from is kept."""

from __future__ import annotations

import streamlit as st

from engine.text import markdown
from engine.types import Dataset
from pages.parts import frame, state, versions

SAID = "calibration score put in use"
FROM = "calibration scores made from"


@frame.callback
def use(version: Dataset, made_from: str | None) -> None:
    """Put the score in use of `version` in use on every page, and leave word of it. For use as a callback."""
    versions.use(version)
    current = state.dataset()
    if current is not None and version.score is not None and current.score == version.score:
        state.current().kept.setdefault(FROM, {})[version.score] = made_from
        st.session_state[SAID] = version.score


def say() -> None:
    """Say once which score was put in use: a callback of a part that runs by itself may show nothing."""
    name = st.session_state.pop(SAID, None)
    if name is not None:
        st.toast(f"Now in use on every page: {markdown(name, 120)}. The sidebar leads back.", icon=":material/check:")


def before(data: Dataset) -> Dataset | None:
    """Return the data with the score that the one in use was made from here; None where it was not made here."""
    first = state.current().kept.get(FROM, {}).get(data.score)
    return data.using(first) if first in data.scores and first != data.score else None
