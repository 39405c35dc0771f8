"""What Streamlit's theme and settings cannot reach, by our own style and script: never with text from elsewhere.

The style shows where a wide table goes on; the script keeps settings out of the browser's history, where each change
would be one more step for the Back button. Without them the app does the same, less conveniently.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).parents[2] / "assets"

_mount = st.components.v2.component(
    "look", css=(ASSETS / "page.css").read_text(encoding="utf-8"), js=(ASSETS / "page.js").read_text(encoding="utf-8"),
    isolate_styles=False)


def apply() -> None:
    """Apply both to the page; once per run, before anything may end it."""
    _mount(key="look")
