"""The frame of every page: navigation, the data in use in the sidebar, messages; what a page cannot do is said here."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import streamlit as st

from engine.errors import InvalidData
from pages.parts import jobs, notices, opening, session, sidebar

HERE = Path(__file__).parent
LOG = logging.getLogger("equipoise.app")
PAGES = (
    ("pages/data.py", "Data", ":material/table_view:"),
    ("pages/thresholds.py", "Thresholds", ":material/vertical_align_center:"),
    ("pages/frontier.py", "Frontier", ":material/show_chart:"),
    ("pages/manipulation.py", "Manipulation", ":material/policy:"),
    ("pages/guide.py", "Guide", ":material/menu_book:"),
)


def navigation() -> object:
    """Return the page to be drawn; the first one is the default."""
    pages = [st.Page(path, title=title, icon=icon, default=not n) for n, (path, title, icon) in enumerate(PAGES)]
    return st.navigation(pages)


def failed(error: Exception) -> None:
    """Say in one sentence that a page failed; log where, without the message, which may hold data."""
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(traceback.extract_tb(
        error.__traceback__)[-8:]))
    LOG.error("a page failed with %s at %s", type(error).__name__, places)
    st.error("This page could not be drawn because of an error of ours; the data in use are unchanged and the place is "
             "in the server's log. Another page or other settings may still work.")


def main() -> None:
    st.set_page_config("Equipoise", page_icon=str(HERE / "assets/mark.svg"), layout="wide")
    st.logo(str(HERE / "assets/logo.svg"), size="large", icon_image=str(HERE / "assets/mark.svg"))
    page = navigation()
    session.restore_from_url()
    opening.collect()
    session.write_url()
    with st.sidebar:
        sidebar.draw()
    above = st.container()
    with above:
        notices.messages()
    jobs.show(opening.JOB)
    try:
        with session.frame():
            page.run()
    except InvalidData as refusal:
        notices.issues(refusal.issues)
    except Exception as error:
        failed(error)
    with above:
        notices.messages()   # what the page itself left


main()
