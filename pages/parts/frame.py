"""Every page is drawn inside the frame that app.py makes; where Streamlit skipped the frame, start again with it.

Until the first call of ``st.navigation`` in a server's life, Streamlit takes a folder ``pages`` beside the app for its
older kind of app, in which app.py does not run around a page. The first visitor who comes by a page's address, or who
reloads one after a restart, would get the bare page: no sidebar, and no data restored from the address.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from pages.parts import state

PAGES = Path(__file__).parents[1]


@contextmanager
def frame() -> Iterator[None]:
    """Mark, in app.py, that what is drawn inside has its frame."""
    session = state.current()
    session.framed = True
    try:
        yield
    finally:
        session.framed = False   # without a look at st: after st.stop every call of Streamlit raises


def framed() -> None:
    """Start the run again through app.py where it does not run around this page; every page's first statement."""
    if not state.current().framed:
        st.navigation([st.Page(path) for path in sorted(PAGES.glob("*.py"))], position="hidden")
        st.rerun()
