"""Which table, and what is each of its columns? Bring one, pick one, or start from the sample; see what is wrong."""

from __future__ import annotations

import streamlit as st

from pages.parts import bringing, cards, controls, in_use, opening, session, state

VIEWS = {"use": "In use", "catalogue": "Catalogue", "own": "Your own table"}


def welcome() -> None:
    """Say what this is for and offer the worked sample; one click leads to a chart."""
    st.title("What does a decision threshold do to each group?")
    st.markdown(
        "Equipoise counts what a score and a threshold do to the groups of a protected attribute: who is selected, who "
        "is wrongly selected, who is wrongly left out, each number with its interval and the rows behind it."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Open the simulated lending sample", type=controls.leading(), on_click=opening.sample)
        st.caption("20,000 made-up loan decisions; a gap that shows only where sex and ethnicity meet.")


def main() -> None:
    session.framed()
    data = state.dataset()
    views = [view for view in VIEWS if view != "use" or data is not None]
    if data is None:
        welcome()
    else:
        st.title("Data")
    view = _view(views)
    if view == "use" and data is not None:
        in_use.draw(data)
    elif view == "own":
        bringing.draw()
    else:
        cards.draw()


def _view(views: list[str]) -> str:
    session = state.current()
    if session.view not in views:
        session.view = views[0]
    if st.session_state.get("data view") != session.view:
        st.session_state["data view"] = session.view
    chosen = st.segmented_control("View", views, key="data view", format_func=VIEWS.__getitem__, required=True,
                                  label_visibility="collapsed", on_change=_keep)
    return chosen or session.view


def _keep() -> None:
    state.current().view = st.session_state["data view"]


main()
