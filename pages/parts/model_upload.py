"""A score of a model that was brought: its file, the columns that feed it, what ran it; or what helps instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from engine.data.catalogue import open_table
from engine.data.table import Table
from engine.errors import InvalidData, Issue
from engine.scoring import onnx, refused, schema, scorer
from engine.scoring.sandbox import BOUNDS, MEGABYTE
from engine.scoring.schema import Input
from engine.text import markdown, plain
from engine.types import Cancelled, Dataset, Progress
from pages.parts import definitions, jobs, model_permission, notices, opening, state, uploads
from pages.parts.model_training import finish

LOOK, SCORE = "look at a model", "score with a model"
KEPT, SCORER = "model", "model that scored"
HOLDS = {"number": "numbers", "whole": "whole numbers", "truth": "0 or 1", "text": "text"}
AGAIN = "table for a model"   # its uploader's key
OTHER = Issue("warning", "the model is to score the table in use", "the file brought again", "another file",
              "bring the file that is in use, unchanged")


@dataclass(frozen=True, eq=False)
class Looked:
    """A model that was looked into: its file, the table that it is to score, its inputs if it has any to map."""

    file: str
    content: bytes
    table: Table
    inputs: tuple[Input, ...]
    provider: str


def draw(data: Dataset) -> None:
    """Draw the uploader and, once a model was looked into, its inputs and the button that scores."""
    if not model_permission.allowed():
        st.caption(model_permission.OFF)
        return
    given = st.file_uploader("A model: ONNX, or logistic coefficients as JSON", key="upload model",
                             max_upload_size=BOUNDS.file // MEGABYTE, on_change=_forget)
    st.caption("It runs in a process of its own that can open no file and no connection. Pickle, joblib, skops and "
               "PyTorch files are refused.")
    definitions.offer(("onnx_model", "logistic_coefficients", "provider"))
    if given is not None and state.current().kept.get(KEPT + " seen") != given.file_id:
        _arrived(data, given.getvalue(), given.name, given.file_id)
    _collect()
    held = state.current().kept.get(KEPT)
    if isinstance(held, tuple):
        _refused(*held)
    elif isinstance(held, Looked):
        _fed(data, held)
    jobs.show(LOOK)
    jobs.show(SCORE)
    finish(SCORE)


def _arrived(data: Dataset, content: bytes, file: str, upload: str) -> None:
    """Look into a model once, as soon as the table is there whose columns it reads."""
    kept, kind = state.current().kept, refused.kind_of(content, file)
    own = state.origin() == "upload"
    mine = _brought_again(data) if own and kind is None else None
    if kind is not None:
        kept[KEPT] = (kind, file)
    elif own and mine is None:
        return
    else:
        _look(data, content, file, mine)
    kept[KEPT + " seen"] = upload


def _brought_again(data: Dataset) -> Table | None:
    """Ask for the table in use, of which only the columns with a role are kept; None until it is there."""
    table = uploads.table("The table in use, once more: a model may read any of its columns", AGAIN)
    if table is None or table.sha256 == data.sha256:
        return table
    notices.issues((OTHER,))
    return None


def _look(data: Dataset, content: bytes, file: str, mine: Table | None) -> None:
    origin = state.origin()

    def work(progress: Progress, cancelled: Cancelled) -> Looked:
        table = mine or open_table(origin.removeprefix("catalogue:"), progress=progress, cancelled=cancelled)
        if refused.format_of(content, file) == "json":
            model = scorer.opened(content, file, table.columns)
            return Looked(file, content, table, (), model.provider)
        inputs, _, provider = onnx.described(content, file)
        return Looked(file, content, table, inputs, provider)

    jobs.start(LOOK, work, "Looking into the model")


def _collect() -> None:
    job = jobs.take(LOOK)
    if job is None:
        return
    if job.state == "done":
        state.current().kept[KEPT] = job.result
    else:
        notices.issues(opening.outcome(job))


def _refused(kind: refused.Refused, file: str) -> None:
    st.error(f"**{markdown(file)}** is a {kind.name} and was not opened: {kind.why}.")
    for written, command in refused.commands(kind, file):
        st.markdown(f"Where the model was made, this writes {written}:")
        st.code(command, language="bash", wrap_lines=True)


def _fed(data: Dataset, held: Looked) -> None:
    """Ask which columns feed the model, those of its inputs' names first, and offer to score."""
    missing = len(_problems(held, held.inputs, {}))
    st.markdown(f"**{markdown(held.file)}** runs on {markdown(held.provider)}; " + (
        f"inputs without a column of their name: {missing} of {len(held.inputs)}." if missing
        else "every column that it reads is there."))
    chosen: dict[str, tuple[str, ...]] = {}
    if held.inputs:
        with st.expander("Columns that feed it", expanded=missing > 0):
            chosen = {item.name: columns for item in held.inputs if (columns := _columns(item, held))}
    problems = _problems(held, held.inputs, chosen)
    notices.issues(problems)
    st.button("Score with this model", disabled=bool(problems) or jobs.active(SCORE), on_click=_score,
              args=(data, held, chosen))


def _problems(held: Looked, inputs: Sequence[Input], chosen: dict[str, tuple[str, ...]]) -> tuple[Issue, ...]:
    try:
        schema.mapped(inputs, held.table.columns, chosen, onnx.words(held.file))
    except InvalidData as refusal:
        return refusal.issues
    return ()


def _columns(item: Input, held: Looked) -> tuple[str, ...]:
    names = held.table.columns
    found = not _problems(held, [item], {})
    first = schema.mapped([item], names, {}, "")[item.name] if found else ()
    label = f"{markdown(item.name)}: {HOLDS[item.kind]}"
    key = f"model {held.table.sha256[:8]} {len(held.content)} input {held.inputs.index(item)}"
    places = [names.index(name) for name in first]
    if item.width == 1:
        one = st.selectbox(label, range(len(names)), index=places[0] if places else None, placeholder="choose a column",
                           format_func=lambda n: plain(names[n]), key=key)
        return () if one is None else (names[one],)
    several = st.multiselect(f"{label}, {item.width or 'several'} columns in the order of training", range(len(names)),
                             default=places, format_func=lambda n: plain(names[n]), key=key)
    return tuple(names[n] for n in several)


def brought(data: Dataset) -> scorer.FileScorer | None:
    """Return the model from a file that scored these data last, to be asked again; None where there is none."""
    held = state.current().kept.get(SCORER)
    return held if isinstance(held, scorer.FileScorer) and held.name in data.scores else None


def _score(data: Dataset, held: Looked, chosen: dict[str, tuple[str, ...]]) -> None:
    kept = state.current().kept   # of these data: others have one of their own

    def work(progress: Progress, cancelled: Cancelled) -> Dataset:
        model = scorer.FileScorer(scorer.opened(held.content, held.file, held.table.columns, chosen), held.table)
        made = model.scored(data, progress, cancelled)
        kept[SCORER] = model
        return made

    jobs.start(SCORE, work, "Scoring")


def _forget() -> None:
    uploads.forget(AGAIN)
    for name in (KEPT, KEPT + " seen", SCORER):
        state.current().kept.pop(name, None)
