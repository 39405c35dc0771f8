"""The frame of every page: navigation, the data in use in the sidebar, messages; what a page cannot do is said here."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts import jobs, look, notices, opening, session, sidebar
from pages.parts.frame import answering

HERE = Path(__file__).parent
PAGES = (
    ("pages/data.py", "Data", ":material/table_view:"),
    ("pages/thresholds.py", "Thresholds", ":material/vertical_align_center:"),
    ("pages/frontier.py", "Frontier", ":material/show_chart:"),
    ("pages/manipulation.py", "Manipulation", ":material/policy:"),
    ("pages/calibration.py", "Calibration", ":material/straighten:"),
    ("pages/intersections.py", "Intersections", ":material/hub:"),
    ("pages/drivers.py", "Drivers", ":material/account_tree:"),
    ("pages/report.py", "Report", ":material/description:"),
    ("pages/guide.py", "Guide", ":material/menu_book:"),
)


def navigation() -> object:
    """Return the page to be drawn; the first one is the default."""
    pages = [st.Page(path, title=title, icon=icon, default=not n) for n, (path, title, icon) in enumerate(PAGES)]
    return st.navigation(pages)


def main() -> None:
    st.set_page_config("Equipoise", page_icon=str(HERE / "assets/mark.svg"), layout="wide")
    st.logo(str(HERE / "assets/logo.svg"), size="large", icon_image=str(HERE / "assets/mark.svg"))
    look.apply()
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
    with session.frame(page.url_path), answering():
        page.run()
    with above:
        notices.messages()   # what the page itself left


main()
