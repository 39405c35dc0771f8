"""What a page asks of the session: the data in use, a page's settings, their form in the URL."""

from __future__ import annotations

import streamlit as st

from engine.data.catalogue import CATALOGUE
from engine.errors import Issue
from engine.types import Dataset
from pages.parts import controls, jobs, opening, outcomes
from pages.parts.frame import frame, framed
from pages.parts.state import dataset, mark, origin, replace, settings, sync_url, tell, use, write_url

__all__ = [
    "dataset", "frame", "framed", "mark", "origin", "replace", "require", "require_outcome", "restore_from_url",
    "settings", "sync_url", "tell", "use", "usual_threshold", "write_url",
]

def require() -> Dataset:
    """Return the data in use; without any, say so calmly, offer the sample and end the page."""
    data = dataset()
    if data is None:
        _empty()
        st.stop()
    return data


def require_outcome() -> Dataset:
    """Return the data in use with a yes/no outcome; where the outcome is a number, offer a cut and end the page."""
    data = require()
    return data if data.target is None else outcomes.require_cut(data)


def usual_threshold() -> float | None:
    """Return the threshold that the card of a catalogued data set names as its usual one; None where it names none."""
    entry = CATALOGUE.get(origin().removeprefix("catalogue:"))
    return None if entry is None else entry.threshold


def restore_from_url() -> None:
    """Open the catalogued data set that the URL names, once per session; its settings follow it."""
    from pages.parts.state import read_url

    named = read_url()
    if not named or dataset() is not None:
        return
    if named in CATALOGUE:
        opening.catalogue(named)
    elif named.startswith("upload-"):
        tell(Issue("note", "the settings in the address belong to a table you brought", "this session",
                   "no table yet", "bring the same file with the same roles and they apply again"))
    else:
        tell(Issue("warning", "the address names a data set that is not in the catalogue", "parameter 'data'",
                   f"'{named[:40]}'", "choose one on the data page"))


def _empty() -> None:
    if jobs.active(opening.JOB):
        st.caption("The page is drawn as soon as the data are here.")
        return
    st.markdown("No table is in use yet: bring one, pick one, or start from the simulated lending sample.")
    with st.container(horizontal=True):
        st.button("Open the simulated lending sample", type=controls.leading(), on_click=opening.sample)
        st.page_link("pages/data.py", label="Choose data", icon=":material/table_view:")
