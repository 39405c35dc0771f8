"""Take it away: what was put together on the pages and the report around it, as files that open without the app."""

from __future__ import annotations

import streamlit as st

from pages.parts import (
    controls,
    notices,
    report_making,
    report_outline,
    report_parts,
    report_preview,
    report_session,
    session,
)

CAMERAS = {"svg": "SVG: lines that stay sharp", "png": "PNG: dots, for slides"}
IMAGES = ("A single chart without a report: the camera above it, on any page, saves it, made by your own browser. Its "
          "numbers: CSV under it.")


def main() -> None:
    session.framed()
    st.title("Report")
    st.markdown("Take it away: the decision, its numbers and what you added on the pages, in files that open without "
                "this app and without a network.")
    asked, below = st.container(), st.container()
    if session.dataset() is None:
        with below:
            report_session.draw(None)
    with asked:
        data = session.require_outcome()
    report_session.apply_policies(data)
    report_making.collect()
    notices.simulated()
    held = report_outline.outline()
    left, right = st.columns([4, 5], gap="large")
    with left:
        report_making.draw(data, held)
    with right:
        report_parts.draw(held)
        controls.select(report_making.PAGE, "camera", "The camera of a chart saves", tuple(CAMERAS), by="keyword",
                        show=CAMERAS.__getitem__, help=IMAGES)
    report_preview.draw(held)
    report_session.draw(data)


main()
