"""Small groups: which there are, and what a report leaves out for them, said before it is made."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.report import ReportRequest, Section, Template
from engine.report.suppression import UNDER, Suppression, small_groups
from engine.text import markdown
from engine.types import Dataset
from pages.parts.report_outline import Outline

LISTED = 6   # groupings, parts


def draw(data: Dataset, held: Outline, template: Template) -> None:
    """Say what the report leaves out where small groups are kept back."""
    found = _small(data.fingerprint, data.score, UNDER, _dataset=data)
    if not found:
        st.caption(f"No group, and no combination of up to three attributes, has fewer than {UNDER} rows: nothing is "
                   "left out.")
        return
    groups = ", ".join(f"{count} of {markdown(name)}" for name, count in list(found.items())[:LISTED])
    lines = [f"Groups with fewer than {UNDER} rows: {groups}{', …' if len(found) > LISTED else ''}. They are left out, "
             f"with others, so that the numbers of fewer than {UNDER} people cannot be had by subtraction either.",
             Suppression(UNDER).own_rows]
    if template.leaves_out:
        lines.append(f"Left out as a whole, where it would tell their numbers: {template.leaves_out}.")
    parts = [markdown(part.title, 60) for part in held.parts if part.content is not None]
    if parts:
        lines.append(f"What you added is left out, as it shows every group, and stays in your list: "
                     f"{', '.join(parts[:LISTED])}{', …' if len(parts) > LISTED else ''}.")
    st.info("\n".join(f"- {line}" for line in lines))


def shown(data: Dataset, asked: ReportRequest) -> ReportRequest:
    """Return the request without the parts of the pages where groups are kept back: the parts show them all."""
    if not asked.suppress_under or not asked.sections or not small_groups(data, asked.suppress_under):
        return asked
    titles = ", ".join(section.title for section in asked.sections)
    said = (f"{len(asked.sections)} parts that were added from the pages are left out: they show all groups, and some "
            f"have fewer than {asked.suppress_under} rows. They are: {titles}.")
    return replace(asked, sections=(Section("parts-left-out", "Parts added from the pages", (said,)),))


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _small(fingerprint: str, score: str | None, under: int, _dataset: Dataset) -> dict[str, int]:
    return small_groups(_dataset, under)
