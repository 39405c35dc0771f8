"""Score versions made here: put in use on every page, said where they come from, and the way back to the original."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.errors import Issue
from engine.text import markdown, plain
from engine.types import Dataset
from pages.parts import notices, state

PAGE = "score"   # whose setting "version" is the position of the version in use, as the sidebar shows it
CUT = ("These data have a numeric outcome: a page that needs a yes/no outcome asks for a cut and fits a score to that, "
       "so no other score can be put in use.")


def use(data: Dataset) -> None:
    """Put the score in use of `data` in use on every page, as a version of the data in use. For use as a callback.

    The version's name must tell what it was made of: pages keep what they counted by the data's fingerprint and that
    name. Versions added since `data` was made stay; where other data are in use by now, that is said and they stay.
    """
    current = state.dataset()
    if current is None or current.fingerprint != data.fingerprint or data.score is None or current.target is not None:
        state.tell(Issue("warning", "the score was made for other data", "score version", "other data are in use",
                         "make it again for these"))
        return
    if data.score in data.roles.scores or data.score == data.roles.prediction:
        choose(current.using(data.score))
        return
    added = current.with_scores(data.score, data.score_values(), data.score_source)
    places = {issue.where for issue in data.issues}
    kept = [issue for issue in current.issues if issue.where not in places]
    choose(replace(added, issues=(*kept, *data.issues)))


def choose(data: Dataset) -> None:
    """Put one of the versions that the data in use have in use; the sidebar's choice follows."""
    state.replace(data)
    if data.score is not None:
        state.settings(PAGE)["version"] = list(data.scores).index(data.score)


def refusal() -> str | None:
    """Return why no version can be put in use just now, in a sentence; None where one can."""
    current = state.dataset()
    return CUT if current is not None and current.target is not None else None


def original(data: Dataset) -> str | None:
    """Return the score that the data came with: the first column named, the prediction, or the first one fitted."""
    named = (*data.roles.scores, data.roles.prediction)
    return next((name for name in (*named, *data.scores) if name in data.scores), None)


def from_the_file(data: Dataset, name: str) -> bool:
    """Return whether a version is there again when the same data are opened anew."""
    return name in data.roles.scores or name in (data.roles.prediction, original(data))


def origin(data: Dataset) -> str | None:
    """Return where the version in use came from, as escaped Markdown; None where it came with the data."""
    if data.score is None or from_the_file(data, data.score):
        return None
    notes = [issue for issue in data.issues if issue.where == f"score '{plain(data.score, 200)}'"]
    return notices.sentence(notes[-1]) if notes else f"The score {markdown(data.score)} was made here."


def draw(data: Dataset) -> None:
    """Say where the version in use came from, and offer the original; nothing where it is the original."""
    said, first = origin(data), original(data)
    if said is None or first is None:
        return
    with st.popover("Where this score comes from", type="tertiary", icon=":material/history:"):
        st.markdown(said)
    st.button("Back to the original score", key="original score", icon=":material/undo:", on_click=back,
              width="stretch", help=f"Puts {markdown(first)} in use again; this version stays in the list above.")


def back() -> None:
    """Put the original score in use. For use as a callback."""
    data = state.dataset()
    first = None if data is None else original(data)
    if data is not None and first is not None:
        choose(data.using(first))
