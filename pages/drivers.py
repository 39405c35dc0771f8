"""What carries the gap between two groups?"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from engine.counting.counted import need_rows
from engine.types import Dataset
from pages.parts import controls, drivers_flip, drivers_gap, drivers_second, frame, notices, session
from pages.parts import drivers_controls as ask

SECTIONS: dict[str, tuple[str, Callable[[Dataset], None]]] = {
    "gap": ("What carries the gap", drivers_gap.draw),
    "flip": ("Flip test", drivers_flip.draw),
    "second": ("Second decision", drivers_second.draw),
}


def main() -> None:
    session.framed()
    st.title("Drivers")
    data = session.require_outcome()
    notices.simulated()
    st.markdown("What carries the gap between two groups? Which features a score takes it from, whose decision hangs "
                "on the recorded group alone, and whether another way to decide has the same gap.")
    need_rows(data, "what carries a gap")
    if data.attributes:
        drivers(data)
    else:
        st.info("These data have no protected attribute, so there are no groups to compare: name one on the data page.")


@frame.fragment
def drivers(data: Dataset) -> None:
    """The section chosen, each with controls of its own."""
    section = controls.select(ask.PAGE, "section", "Section", tuple(SECTIONS), by="keyword",
                              show=lambda key: SECTIONS[key][0], flat=True)
    SECTIONS[section][1](data)
    ask.share()


main()
