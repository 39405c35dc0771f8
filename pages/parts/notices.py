"""What a page says about data: findings, how to read a chart, simulated data, disparate treatment, privacy."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import streamlit as st

from engine.errors import Issue, Severity
from engine.text import markdown
from pages.parts import state

LONGEST = 600
_CLOUD = Path("/mount/src")   # where Streamlit Community Cloud puts an app
_SHOW = {"error": st.error, "warning": st.warning, "note": st.caption}
_NAMES: dict[Severity, tuple[str, str]] = {
    "error": ("error", "errors"), "warning": ("warning", "warnings"), "note": ("note", "notes"),
}
LOCAL = "The table is kept in memory for this session and written nowhere; nothing is sent anywhere, telemetry is off."
HOSTED = (
    "The table is kept in memory for this session and written nowhere by Equipoise, but a third party runs this server "
    "and collects its own usage statistics. Do not bring data here that may not leave your house."
)
NOTHING = "Nothing remarkable was found in the columns in use."
SIMULATED = "**Simulated data**, made by a seeded generator to show the dashboard; no real person or lender is in them."
TREATMENT = (
    "Thresholds that depend on a protected attribute treat two people with the same score differently. Many legal "
    "systems call this disparate treatment and restrict or forbid it. The numbers show what such a rule would do; "
    "whether it may be used is a question for counsel."
)


def sentence(issue: Issue) -> str:
    """Return an issue as escaped Markdown: the rule, where and by what it was met, what to do."""
    return markdown(issue.prose(), LONGEST)


def issues(found: Iterable[Issue]) -> None:
    """Show findings grouped by severity: one box per kind, one line per finding."""
    found = tuple(found)
    for severity in ("error", "warning", "note"):
        lines = [sentence(issue) for issue in found if issue.severity == severity]
        if lines:
            _SHOW[severity](lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines))


def count(found: Iterable[Issue]) -> str:
    """Return how many findings of each kind there are, e.g. ``2 warnings, 1 note``."""
    severities = [issue.severity for issue in found]
    parts = [(severities.count(kind), names) for kind, names in _NAMES.items()]
    return ", ".join(f"{n} {one if n == 1 else many}" for n, (one, many) in parts if n) or NOTHING


def messages() -> None:
    """Show what was left for the visitor since the last page was drawn, once."""
    left = state.current().messages
    issues(left)
    left.clear()


def reading(text: str, label: str = "How to read this") -> None:
    """Offer the two sentences that say how a chart is read."""
    with st.popover(label, type="tertiary", icon=":material/help:"):
        st.markdown(text)


def simulated() -> None:
    """Say that the data in use are simulated, where they are."""
    data = state.dataset()
    if data is not None and data.simulated:
        st.caption(SIMULATED)


def treatment() -> None:
    """Say what thresholds by group are, in law."""
    st.warning(TREATMENT, icon=":material/balance:")


def hosted() -> bool:
    """Return whether a third party runs this server, as far as one can tell from here."""
    return os.environ.get("EQUIPOISE_HOSTED", "") == "1" or _CLOUD in Path(__file__).resolve().parents


def privacy() -> None:
    """Say where a table goes that is brought here."""
    st.caption(HOSTED if hosted() else LOCAL)


def complete(needed: Mapping[str, bool]) -> bool:
    """Say the first thing that the data lack for a page; True where they lack none."""
    for what, there in needed.items():
        if not there:
            st.info(f"These data have no {what}: name one on the data page.")
            return False
    return True
