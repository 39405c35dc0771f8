"""Every rate, disparity, interval and rule: definition, formula, source, and what other libraries do."""

from __future__ import annotations

import streamlit as st

from engine.glossary import GLOSSARY, Entry
from pages.parts import definitions, session

KINDS = {"rate": "Rates of a group", "disparity": "Disparities between groups", "interval": "Intervals and noise",
         "rule": "Rules and words"}


def main() -> None:
    session.framed()
    st.title("Guide")
    st.markdown("What each number means here, how it is computed, where it comes from and what others call it. "
                "TP, FP, FN and TN count one group's true and false positives and negatives; positive is the event "
                "that the score ranks towards, selected means score >= threshold.")
    asked = GLOSSARY.get(st.query_params.get("term", ""))
    if asked is not None:
        with st.container(border=True):
            draw(asked, large=True)
    sought = st.text_input("Search", placeholder="a name, another name, or a word of the definition", type="search",
                           key="guide search", persist_state="session") or ""
    found = [entry for entry in GLOSSARY.values() if matches(entry, sought)]
    st.caption(f"{len(found)} of {len(GLOSSARY)} terms")
    for kind, title in KINDS.items():
        chapter([entry for entry in found if entry.kind == kind], title, opened=len(found) <= 3)
    if not found:
        st.markdown("No term matches; try a shorter word, such as *parity* or *interval*.")


def chapter(entries: list[Entry], title: str, opened: bool) -> None:
    """Draw the terms of one kind, folded."""
    if not entries:
        return
    st.subheader(title, anchor=False)
    with st.container(gap="xsmall"):
        for entry in entries:
            others = f" :small[{definitions.escaped(', '.join(entry.other_names))}]" if entry.other_names else ""
            with st.expander(f"**{definitions.escaped(entry.name)}**{others}", expanded=opened, type="compact"):
                draw(entry)


def draw(entry: Entry, large: bool = False) -> None:
    """Draw one term."""
    if large:
        st.subheader(definitions.escaped(entry.name), anchor=False)
    st.markdown(definitions.escaped(entry.sentence))
    if entry.formula:
        st.code(entry.formula, language=None, wrap_lines=True)
    rows = {"Direction": entry.direction, "Range": entry.range, "Undefined": entry.undefined,
            "Also called": ", ".join(entry.other_names), "Elsewhere": "  \n".join(entry.elsewhere),
            "Source": entry.source}
    lines = [f"**{title}.** {definitions.escaped(text)}" for title, text in rows.items() if text]
    st.markdown("\n\n".join([*lines, f"**Key.** `{entry.key}`"]))


def matches(entry: Entry, sought: str) -> bool:
    """Return whether all words sought occur in the term's names or definition."""
    text = " ".join((entry.key, entry.name, entry.sentence, *entry.other_names)).casefold()
    return all(word in text for word in sought.casefold().split())


main()
