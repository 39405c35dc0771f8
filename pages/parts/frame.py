"""Every page is drawn inside the frame that app.py makes; where Streamlit skipped the frame, start again with it.

What a page cannot do is said in the frame: a refusal in its own words, an error of ours in one sentence. A part that
runs again by itself, a fragment, runs outside app.py and takes the frame's answers with it. A widget's callback runs
before either: what it cannot do is left as a message.

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

from engine.errors import InvalidData, Issue
from pages.parts import memory, notices, state

Given = ParamSpec("Given")

PAGES = Path(__file__).parents[1]
FIRST = "data"   # the page that opens without an address, as in app.py
LOG = logging.getLogger("equipoise.app")
FAILED = ("This could not be drawn because of an error of ours; the data in use are unchanged and the place is in the "
          "server's log. Another page or other settings may still work.")
UNDONE = Issue("error", "what you asked for was not done because of an error of ours", "this server",
               "the place is in its log", "try again, or with other settings; the data in use are unchanged")


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


def callback(function: Callable[Given, None]) -> Callable[Given, None]:
    """Wrap a widget's callback that may refuse or fail: it runs before anything is drawn, so it leaves a message."""
    @wraps(function)
    def answered(*args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except InvalidData as refusal:
            for issue in refusal.issues:
                state.tell(issue)
        except Exception as error:
            _log(error)
            state.tell(UNDONE)

    return answered


def fragment(
    function: Callable[Given, None] | None = None, *, run_every: float | None = None
) -> Callable[..., Callable[Given, None]] | Callable[Given, None]:
    """As ``st.fragment``, with the frame's answers; every fragment of a page is one of these."""
    if function is None:
        return lambda later: fragment(later, run_every=run_every)

    @wraps(function)
    def answered(*args: Given.args, **kwargs: Given.kwargs) -> None:
        with answering():
            if run_every is None and not state.current().framed:   # what a callback left: app.py does not run
                notices.messages()
            function(*args, **kwargs)

    return st.fragment(answered, run_every=run_every)


def _failed(error: Exception) -> None:
    """Say in one sentence that something failed, and log it."""
    _log(error)
    st.error(FAILED)


def _log(error: Exception) -> None:
    """Log where something failed, without the message, which may hold data."""
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(traceback.extract_tb(
        error.__traceback__)[-8:]))
    LOG.error("a page failed with %s at %s", type(error).__name__, places)
