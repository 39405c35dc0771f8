"""The session as a file: saved here, opened again here, after a look at what it says and which data it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from engine.data.catalogue import CATALOGUE
from engine.errors import InvalidData, Issue
from engine.policy import Policy
from engine.text import markdown, plain
from engine.types import Dataset
from pages.parts import controls, frame, notices, opening, policies, policy_book, state
from pages.parts import session_file as file
from pages.parts.report_outline import Outline, outline

_HELD = "equipoise session file"
SAVED = ("Settings of every page, thresholds with the names of the groups that they are for, and the outline of the "
         "report with your words: no rows and no numbers of the data. The data are known by their hash; bring them "
         "yourself.")


@dataclass
class Held:
    """A session file that was brought: what it says, or why it cannot be read; whether its policies still wait."""

    found: file.SessionFile | None = None
    refused: tuple[Issue, ...] = ()
    waiting: bool = False


def draw(data: Dataset | None) -> None:
    """Draw saving and opening; `data` are those in use with a yes/no outcome."""
    st.subheader("This session as a file", anchor=False)
    if data is None:
        _bring()
        return
    left, right = st.columns(2, gap="large")
    with left:
        _save(data)
    with right:
        _bring()


def apply_policies(data: Dataset) -> None:
    """Put the policies of the session file just opened in use; `data` are those in use with a yes/no outcome."""
    held = _held()
    if held.found is not None and held.waiting:
        held.waiting = False
        for issue in _put_policies(data, held.found):
            state.tell(issue)


def _save(data: Dataset) -> None:
    st.markdown(SAVED)
    source, session, held = state.dataset(), state.current(), outline()
    book = policy_book.book(data) if data.score is not None else None
    st.download_button(   # the text is made on the click, outside the session
        "Save the session", lambda: file.write(file.snapshot(session, source, book, held, datetime.now(UTC))),
        f"session-{data.fingerprint[:8]}.json", "application/json", key="save session", on_click="ignore",
        icon=":material/save:",
    )


def _bring() -> None:
    st.file_uploader("Open a session file again", type=["json"], key="session file", max_upload_size=1,
                     on_change=_receive)
    _question(state.dataset())


def _receive() -> None:
    """Read the file brought; nothing changes before the visitor says so."""
    given = st.session_state.get("session file")
    held = st.session_state[_HELD] = Held()
    if given is None:
        return
    try:
        held.found = file.read(given.getvalue())
    except InvalidData as refusal:
        held.refused = refusal.issues


def _question(data: Dataset | None) -> None:
    held = _held()
    notices.issues(held.refused)
    if held.found is None:
        return
    found = held.found
    clock = found.clock[:16].replace("T", " ")
    st.markdown(f"Saved {markdown(clock)} UTC. Pages with settings: {len(found.settings)}; policies: "
                f"{len(found.policies) + len(found.named)}; parts of a report: {len(found.parts)}.")
    if data is not None and data.fingerprint == found.fingerprint:
        st.button("Open it here", key="open session", type=controls.leading(), on_click=_open, args=(held,),
                  help="Settings and thresholds become those of the file; parts of the report that you have stay.")
        return
    st.warning(_other(data, found))
    entry = CATALOGUE.get(found.mark)
    if entry is not None and state.origin() != f"catalogue:{found.mark}":
        st.button(f"Open {entry.title} first", key="open session data", on_click=opening.catalogue, args=(found.mark,))


def _other(data: Dataset | None, found: file.SessionFile) -> str:
    """Return why the file cannot be opened just now."""
    mine = f"data with sha256 **{found.sha256[:12]}**"
    if data is None:
        return f"This session belongs to {mine}: bring them, and it can be opened."
    if data.sha256 == found.sha256:
        return "This session belongs to the same data with other roles of the columns: give them the roles they had."
    return (f"This session belongs to {mine}; in use is **{markdown(data.name)}**, sha256 **{data.sha256[:12]}**. "
            "Nothing was changed.")


@frame.callback
def _open(held: Held) -> None:
    """Put what the file says in place of the session's settings; its parts of the report join those that are there."""
    found, session = held.found, state.current()
    data = state.dataset()
    if found is None or data is None:
        return
    for page, texts in found.settings.items():
        session.settings[(page, data.fingerprint)] = {name: state.decode(text) for name, text in texts.items()}
        session.shared[(page, data.fingerprint)] = dict(texts)
    if found.score in data.scores and found.score != data.score:
        state.replace(data.using(found.score))
    _join(outline(), found)
    held.waiting = True
    state.tell(Issue("note", "the session was opened", "", "", ""))


def _join(held: Outline, found: file.SessionFile) -> None:
    """Give the outline the file's order, titles, comments and blanks; parts that only this session has come after."""
    held.blanks.update(found.blanks)
    for key in [key for key in st.session_state if str(key).startswith(("report blank ", "report justification "))]:
        del st.session_state[key]   # the boxes take the file's words
    kept, ordered = list(held.parts), []
    for plan in found.parts:
        match = next((part for part in kept if (part.page, part.key) == (plan.page, plan.key)), None)
        if match is not None:
            kept.remove(match)
        ordered.append((plan, match))
    held.parts = []
    for plan, match in ordered:
        held.append(plan.page, plan.key, plan.title, match.content if match is not None else None,
                    plan.comment or (match.comment if match is not None else ""))
    held.parts += kept


def _put_policies(data: Dataset, found: file.SessionFile) -> list[Issue]:
    """Put the policies in use that hold for these data; return why others do not."""
    if not (found.policies or found.named):
        return []
    if data.score is None or (found.score is not None and found.score != data.score):
        return [Issue("warning", "thresholds belong to a score", "the session file",
                      f"score '{plain(found.score)}', which is not here or not in use",
                      "make that score again, then open the file once more; everything else was opened")]
    book, said = policy_book.book(data), []
    for name, policy in {**found.named, **found.policies}.items():
        try:
            _put(data, book, name, policies.accepted(data, policy), name in found.policies)
        except InvalidData as refusal:
            said += refusal.issues
    return said


def _put(data: Dataset, book: policy_book.Book, name: str, policy: Policy, is_own: bool) -> None:
    if not is_own:
        if len(book.named) < policy_book.MOST_NAMED or name in book.named:
            book.named[name] = policy
    elif name == "start":
        book.start = policy
    else:
        policy_book.apply(data, book, policy)


def _held() -> Held:
    return st.session_state.setdefault(_HELD, Held())
