"""The catalogue as cards: what each data set is, what it asks, where it comes from; one click opens it."""

from __future__ import annotations

import streamlit as st

from engine.data.catalogue import CATALOGUE, CatalogueEntry, card
from engine.text import markdown
from engine.types import Roles
from pages.parts import jobs, opening, state


def draw() -> None:
    """Draw every card; they wrap to one column on a narrow screen."""
    busy = jobs.active(opening.JOB)
    grid = st.grid("auto", min_column_width=270, gap="small")
    for key, entry in CATALOGUE.items():
        with grid.container(border=True):
            _card(key, entry, busy)


def _card(key: str, entry: CatalogueEntry, busy: bool) -> None:
    roles, here = entry.roles, state.origin() == f"catalogue:{key}"
    badge = " :orange-badge[simulated]" if entry.simulated else ""
    st.markdown(f"**{entry.title}**{badge}  \n{entry.summary}")
    st.caption("  \n".join([_asks(roles), f"protected: {_protected(roles)}", _score(roles), *_where(entry)]))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("In use" if here else "Open", key=f"open {key}", on_click=opening.catalogue, args=(key,),
                  disabled=here or busy, help=None if here else f"Open {entry.title}")
        with st.popover("Source, licence, columns", type="tertiary"):
            st.markdown(card(key))


def _asks(roles: Roles) -> str:
    if roles.target is not None:
        return f"numeric outcome: {markdown(roles.target)}"
    return f"outcome: {markdown(roles.label)} is {markdown(roles.positive)}"


def _protected(roles: Roles) -> str:
    return ", ".join(markdown(item.column) for item in roles.protected)


def _where(entry: CatalogueEntry) -> list[str]:
    """Say where the rows would come from when they are not here yet."""
    if entry.is_here():
        return []
    return ["needs a local copy: no public address is known" if entry.offline else "downloaded when opened"]


def _score(roles: Roles) -> str:
    names = roles.scores or ((roles.prediction,) if roles.prediction else ())
    return "score: " + (", ".join(markdown(name) for name in names) or "none, one is fitted here (cross-fitted)")
