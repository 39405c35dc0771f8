"""What a number means, one click away: tooltips and pop-ups made from the glossary, with a link to the guide."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from engine.glossary import GLOSSARY, Entry

GUIDE = "pages/guide.py"
_MARKS = str.maketrans({c: "\\" + c for c in "*_[]<>$~|"})


def tooltip(key: str) -> str:
    """Return a term's meaning as Markdown: a sentence, the formula, which way it goes, when it is undefined."""
    entry = GLOSSARY[key]
    return "  \n".join([escaped(entry.sentence), *facts(entry)])


def facts(entry: Entry) -> list[str]:
    """Return formula, direction, range and 0/0 of a term as lines of Markdown; those it has."""
    lines = [
        entry.formula and f"`{entry.formula}`",
        entry.direction and f"Direction: {escaped(entry.direction)}.",
        entry.range and f"Range: {escaped(entry.range)}.",
        entry.undefined and f"Undefined: {escaped(entry.undefined)}.",
    ]
    return [line for line in lines if line]


def escaped(text: str) -> str:
    """Return our own prose with the characters that Markdown would read as marks made literal."""
    return text.translate(_MARKS)


def offer(keys: Iterable[str], label: str = "Definitions") -> None:
    """Offer the meaning of several terms in one pop-up."""
    with st.popover(label, type="tertiary", icon=":material/menu_book:"):
        for key in keys:
            st.page_link(GUIDE, label=f"**{escaped(GLOSSARY[key].name)}**", query_params={"term": key},
                         icon=":material/menu_book:", help="Open in the guide")
            st.markdown(tooltip(key))
