"""Could this sample have been doctored, and would we notice?"""

from __future__ import annotations

import streamlit as st

from engine.counting.counted import need_rows
from pages.parts import audit_doctoring, audit_submitted, controls, session
from pages.parts.audit_results import PAGE

DOORS = {"audit": "Audit a sample", "stress": "Stress test"}
WHY = (
    "Whoever is audited often hands in the sample, and a sample can be picked or altered until its ratio looks right. "
    "This page tests whether a sample could be an honest draw, and plays the forger on your own data to show what such "
    "tests would miss: **not rejected does not mean representative**."
)


def main() -> None:
    session.framed()
    st.title("Manipulation")
    st.markdown(WHY)
    door = controls.select(PAGE, "door", "I want to", tuple(DOORS), by="keyword", show=DOORS.__getitem__, flat=True)
    if door == "audit":
        audit_submitted.draw(session.dataset())
    else:
        data = session.require_outcome()
        need_rows(data, "the stress test")
        st.caption("You play the malicious side with the data in use. Whatever is made here is marked as manipulated.")
        audit_doctoring.draw(data)


main()
