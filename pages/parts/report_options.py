"""The choices that one template has and others have not; each is printed in the report."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from engine.errors import InvalidData
from engine.text import plain
from engine.types import Dataset
from pages.parts import controls, state
from pages.parts.report_outline import Outline

Options = tuple[tuple[str, str], ...]
NONE = "none"
JUSTIFICATION = "Justification of an exclusion"
TOOLS = {"selects": "selects: rates of selection by the thresholds in use",
         "scores": "gives a score: rates of scores above the median",
         "classifies": "sorts into classes: all tables for each class"}
SWITCHES = {
    "unknown-in-median": ("Rows of unknown groups in the median", {"yes": "count", "no": "do not count"}),
    "ties": ("Scores equal to the median", {"below": "below it", "above": "above it"}),
    "exclude-under-2": ("Categories under 2 % of the rows", {"no": "kept", "yes": "excluded from the ratios"}),
    "excluded-as-reference": ("An excluded category as the reference", {"no": "may not be", "yes": "may be"}),
    "annex": ("Annex with counts, differences and tests", {"no": "left out", "yes": "printed"}),
}


def draw(page: str, template: str, data: Dataset, held: Outline) -> Options:
    """Draw the choices of a template, if it has any, and return them."""
    offer = OFFERS.get(template)
    return () if offer is None else offer(page, data, held)


def _ll144(page: str, data: Dataset, held: Outline) -> Options:
    names = [attribute.name for attribute in data.attributes]
    guessed, decided = _guessed(names), data.score_source == "prediction"
    with st.expander("Choices where the rule leaves room", key="report options", type="compact", expanded=True):
        chosen = []
        for option, label, usual in zip(("sex", "race"), ("Column of sex", "Column of race or ethnicity"), guessed,
                                        strict=True):
            column = controls.select(page, option, label, names if usual is not None else [None, *names],
                                     default=usual, show=lambda name: NONE if name is None else plain(name))
            chosen += [(option, column)] if column is not None else []
        tool = controls.select(page, "tool", "What the tool does", tuple(TOOLS), by="keyword",
                               default="selects" if decided else "scores", show=TOOLS.__getitem__)
        chosen += [("tool", tool)]
        if tool == "classifies":
            chosen += _classes(page, [name for name in names if name not in dict(chosen).values()])
        for option, (label, words) in SWITCHES.items():
            if not _asked(option, tool, dict(chosen)):
                continue
            choice = controls.select(page, option.replace("-", "_"), label, tuple(words), by="keyword",
                                     show=words.__getitem__)
            chosen += [(option, choice)] if choice != next(iter(words)) else []
        excludes = "exclude-under-2" in dict(chosen)
        if excludes:
            key = f"report justification {state.mark()}"
            st.text_input(JUSTIFICATION, held.blanks.get(JUSTIFICATION, ""), 400, key=key, on_change=_justify,
                          args=(held, key))
    said = held.blanks.get(JUSTIFICATION, "") if excludes else ""
    return (*chosen, *((("justification", said),) if said else ()))


def _asked(option: str, tool: str, chosen: dict[str, str]) -> bool:
    """Return whether a switch has anything to decide."""
    if option in ("unknown-in-median", "ties"):
        return tool == "scores"
    if option == "excluded-as-reference":
        return "exclude-under-2" in chosen
    return option != "annex" or tool != "classifies"


def _classes(page: str, able: list[str]) -> list[tuple[str, str]]:
    """Draw the choice of the column that holds each person's class."""
    if not able:
        st.warning("The column of the classes must be a protected attribute beside sex and race: name it on the data "
                   "page.")
        return []
    return [("classes", controls.select(page, "classes", "Column of the classes", able, show=plain))]


def _guessed(names: list[str]) -> tuple[str | None, str | None]:
    """Return the columns of sex and of race as their names tell; None for those that no name tells."""
    from engine.report.tables.ll144_roles import demographic_columns

    try:
        return demographic_columns(names)
    except InvalidData:
        return None, None


def _justify(held: Outline, key: str) -> None:
    held.blanks[JUSTIFICATION] = st.session_state.get(key) or ""


OFFERS: dict[str, Callable[[str, Dataset, Outline], Options]] = {"ll144": _ll144}
