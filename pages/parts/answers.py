"""What may take long: worked out at once where that is quick, else in a job whose progress stands in its place.

Answers are kept with the data in use and go with them, the last few of each kind. A refusal is kept too, and raised.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.errors import InvalidData
from pages.parts import controls, jobs, notices, opening, state

MANY = 100_000                      # rows from which what takes a moment is worked out beside the page
BRIEF = threading.Semaphore(2)      # of the server: what takes seconds does not queue behind what takes minutes
STOPPED = object()


@dataclass(frozen=True)
class Kind:
    """A kind of answer: the name of its job, what it does in words, and the label of the button after a cancel."""

    name: str
    title: str
    again: str
    kept: int = 4                              # answers that a session keeps
    slot: threading.Semaphore = BRIEF
    patience: float = 0.1                      # seconds after which the progress is shown


def found(kind: Kind, tag: str, work: jobs.Work, *, at_once: bool = False) -> Any | None:  # noqa: ANN401  as `work`
    """Return what `work` gives; None, with its progress or a button on the page, until and unless it is there.

    Parameters
    ----------
    tag
        What the answer is for, in full: data, score and question.
    at_once
        Whether it is quick enough for the page to wait.

    Raises
    ------
    InvalidData
        The question was refused.
    """
    answers = _answers(kind)
    if tag not in answers and at_once:
        with st.spinner(kind.title):
            _keep(kind, tag, work(lambda share, words: None, lambda: False))
    elif tag not in answers and not _worked_out(kind, tag, work):
        return None
    answer = answers[tag]
    if isinstance(answer, InvalidData):
        raise InvalidData(*answer.issues)
    if answer is STOPPED:
        st.button(kind.again, key=f"again {kind.name}", type=controls.leading(), on_click=_again, args=(kind, tag))
        return None
    return answer


def kept(kind: Kind) -> list[Any]:
    """Return the answers of a kind that are there, the latest last."""
    there = (answer for answer in _answers(kind).values() if answer is not STOPPED)
    return [answer for answer in there if not isinstance(answer, InvalidData)]


def _worked_out(kind: Kind, tag: str, work: jobs.Work) -> bool:
    """Start the job or show how far it is; True once it has ended and its outcome is kept."""
    job = jobs.find(kind.name)
    if job is None or job.tag != tag:
        job = jobs.start(kind.name, work, kind.title, tag, kind.patience, kind.slot)
    if job.active:
        jobs.show(kind.name)
        return False
    jobs.take(kind.name)
    if job.state == "broken":
        notices.issues(opening.outcome(job))
    refused = job.state == "refused"
    _keep(kind, tag, InvalidData(*job.issues) if refused else job.result if job.state == "done" else STOPPED)
    return True


def _answers(kind: Kind) -> dict[str, Any]:
    answers: dict[str, Any] = state.current().kept.setdefault(kind.name, {})
    return answers


def _keep(kind: Kind, tag: str, answer: object) -> None:
    answers = _answers(kind)
    while len(answers) >= kind.kept:
        answers.pop(next(iter(answers)))
    answers[tag] = answer


def _again(kind: Kind, tag: str) -> None:
    _answers(kind).pop(tag, None)
