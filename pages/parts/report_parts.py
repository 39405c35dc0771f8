"""The parts of the report, in their order: moved, named, commented on, looked at, taken out."""

from __future__ import annotations

import streamlit as st

from engine.text import markdown
from pages.parts import frame, report_preview
from pages.parts.report_outline import LONGEST_COMMENT, LONGEST_TITLE, MOST, Outline, Part, summary

EMPTY = ("Nothing was added yet, and nothing has to be: the report has sections of its own. Every chart and table of "
         "the other pages has a button **Add to report**; the picture whose lines you drag has it with plain controls, "
         "which its settings offer.")


def draw(held: Outline) -> None:
    """Draw the list."""
    st.subheader("Added from the pages", anchor=False)
    if not held.parts:
        st.markdown(EMPTY)
        return
    st.caption(f"{len(held.parts)} of at most {MOST}; they come after the report's own sections, in this order, with "
               "the numbers that they had when they were added.")
    for place, part in enumerate(held.parts):
        _part(held, part, place)


def _part(held: Outline, part: Part, place: int) -> None:
    with st.container(border=True, gap="xsmall"):
        title = markdown(part.title, LONGEST_TITLE) or "Untitled"
        st.markdown(f"**{place + 1}** {title}")
        if part.content is None:
            _waiting(part)
        else:
            st.caption(summary(part))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _step(held, part, "Up", ":material/arrow_upward:", -1, place == 0)
            _step(held, part, "Down", ":material/arrow_downward:", 1, place == len(held.parts) - 1)
            st.button("Take out", key=f"report out {part.number}", type="tertiary", icon=":material/close:",
                      on_click=held.parts.remove, args=(part,))
            opened = st.toggle("Title, comment, preview", key=f"report open {part.number}")
        if opened:
            _details(part)


def _step(held: Outline, part: Part, label: str, icon: str, steps: int, ended: bool) -> None:
    st.button(label, key=f"report {label} {part.number}", type="tertiary", icon=icon, on_click=held.move,
              args=(part, steps), disabled=ended)


def _waiting(part: Part) -> None:
    """Say how a part that a session file named gets its numbers again."""
    st.warning("A session file holds no numbers. Open its page and press **Add to report** under the same chart: it "
               "takes this place. Until then it is left out.")
    if part.page in {path.stem for path in frame.PAGES.glob("*.py")}:
        st.page_link(f"pages/{part.page}.py", label=f"Open the {part.page} page", icon=":material/arrow_forward:")


def _details(part: Part) -> None:
    title, comment = f"report title {part.number}", f"report comment {part.number}"
    st.text_input("Title", part.title, LONGEST_TITLE, key=title, on_change=_title, args=(part, title))
    st.text_area("Your comment, printed as yours", part.comment, max_chars=LONGEST_COMMENT, key=comment,
                 on_change=_comment, args=(part, comment))
    if part.content is not None:
        report_preview.content(part.content, f"part {part.number}")


def _title(part: Part, key: str) -> None:
    part.title = st.session_state.get(key) or ""


def _comment(part: Part, key: str) -> None:
    part.comment = st.session_state.get(key) or ""
