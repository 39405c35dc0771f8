"""Every page is drawn inside the frame that app.py makes; where Streamlit skipped the frame, start again with it.

What a page cannot do is said in the frame: a refusal in its own words, an error of ours in one sentence. A part that
runs again by itself, a fragment, runs outside app.py and takes the frame's answers with it.

Until the first call of ``st.navigation`` in a server's life, Streamlit takes a folder ``pages`` beside the app for its
older kind of app, in which app.py does not run around a page. The first visitor who comes by a page's address, or who
reloads one after a restart, would get the bare page: no sidebar, and no data restored from the address.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from engine.errors import InvalidData
from pages.parts import memory, notices, state

Given = ParamSpec("Given")

PAGES = Path(__file__).parents[1]
FIRST = "data"   # the page that opens without an address, as in app.py
LOG = logging.getLogger("equipoise.app")
FAILED = ("This could not be drawn because of an error of ours; the data in use are unchanged and the place is in the "
          "server's log. Another page or other settings may still work.")


@contextmanager
def frame(page: str = "") -> Iterator[None]:
    """Mark, in app.py, that what is drawn inside has its frame, and which page it is, by its address."""
    session = state.current()
    session.framed, session.page = True, page or FIRST
    try:
        yield
    finally:
        session.framed = False   # without a look at st: after st.stop every call of Streamlit raises
        memory.give_back()


def framed() -> None:
    """Start the run again through app.py where it does not run around this page; every page's first statement."""
    if not state.current().framed:
        pages = [st.Page(path, default=path.stem == FIRST) for path in sorted(PAGES.glob("*.py"))]
        st.navigation(pages, position="hidden")   # the default page has no address: it must be app.py's
        st.rerun()


@contextmanager
def answering() -> Iterator[None]:
    """Say what is refused inside, and what fails, instead of Streamlit's box; Streamlit's own signals pass through."""
    try:
        yield
    except InvalidData as refusal:
        notices.issues(refusal.issues)
    except Exception as error:
        _failed(error)


def fragment(
    function: Callable[Given, None] | None = None, *, run_every: float | None = None
) -> Callable[..., Callable[Given, None]] | Callable[Given, None]:
    """As ``st.fragment``, with the frame's answers; every fragment of a page is one of these."""
    if function is None:
        return lambda later: fragment(later, run_every=run_every)

    @wraps(function)
    def answered(*args: Given.args, **kwargs: Given.kwargs) -> None:
        with answering():
            function(*args, **kwargs)

    return st.fragment(answered, run_every=run_every)


def _failed(error: Exception) -> None:
    """Say in one sentence that something failed; log where, without the message, which may hold data."""
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(traceback.extract_tb(
        error.__traceback__)[-8:]))
    LOG.error("a page failed with %s at %s", type(error).__name__, places)
    st.error(FAILED)
