"""The one value of a session that is the truth: the data in use, each page's settings, and their form in the URL.

Settings are numbers, truth values, fixed keywords or tuples of numbers: never text of a file, so that an address can be
shared, logged and kept in a browser's history without telling anything of the data. A catalogued data set is named in
the address; an upload leaves only a short mark of its fingerprint, by which it finds its settings again.

Streamlit's own ``bind="query-params"`` is not used: it writes the text of an option into the address, drops a value
out of range without a word, and keeps one value per control where we keep one per control and data set.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from engine.errors import Issue
from engine.types import Dataset
from pages.parts import memory
from pages.parts.draft import Draft

Setting = bool | int | float | str | tuple[float, ...]
Settings = dict[str, Any]

_STATE = "equipoise session"
_WHOLE = 1e15   # whole numbers below it are written without a point
_KEYWORD = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_OURS = re.compile(r"data|[a-z_]+\.[a-z0-9_]+")


@dataclass
class Session:
    """What one visitor has in hand."""

    dataset: Dataset | None = None
    origin: str = ""
    settings: dict[tuple[str, str], Settings] = field(default_factory=dict)   # by page and fingerprint
    shared: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)   # the part that the URL carries
    pending: dict[str, dict[str, str]] = field(default_factory=dict)   # came with the URL, by page, not yet applied
    pending_mark: str = ""                                             # the data set that `pending` belongs to
    messages: list[Issue] = field(default_factory=list)                # to be shown once, on the next page drawn
    kept: dict[str, Any] = field(default_factory=dict)                 # derived values of the data in use
    view: str = ""                # of the data page
    draft: Draft | None = None          # the table that its wizard is about, if any
    refused: tuple[Issue, ...] = ()   # why the last table brought could not be used
    read_url: bool = False
    framed: bool = False          # whether app.py is drawing around the page just now
    page: str = ""                # the file, without its ending, of the page that was opened last


def current() -> Session:
    """Return this session's value, made on first use."""
    return st.session_state.setdefault(_STATE, Session())


def dataset() -> Dataset | None:
    """Return the data in use, if any."""
    return current().dataset


def origin() -> str:
    """Return where the data in use came from: ``catalogue:<key>``, ``upload`` or the empty string."""
    return current().origin


def use(data: Dataset, source: str) -> None:
    """Put a data set in use; settings made for it earlier in this session, or carried by the URL, apply again."""
    session = current()
    session.dataset, session.origin, session.kept = data, source, {}
    memory.forget_callbacks()
    write_url()


def replace(data: Dataset) -> None:
    """Put another version of the data in use (a score added or chosen) without changing where it came from."""
    current().dataset = data


def tell(issue: Issue) -> None:
    """Leave a message for the next page drawn."""
    if issue not in current().messages:
        current().messages.append(issue)


def settings(page: str) -> Settings:
    """Return the mutable settings of a page for the data in use; they survive page changes."""
    session = current()
    key = (page, _fingerprint(session))
    if key not in session.settings:
        session.settings[key] = {}
        if session.dataset is not None and session.pending_mark == mark():
            arrived = session.pending.pop(page, {})
            session.shared[key] = dict(arrived)
            session.settings[key].update({name: decode(text) for name, text in arrived.items()})
    return session.settings[key]


def sync_url(page: str, mapping: Mapping[str, Setting | None]) -> None:
    """Make the URL carry these settings of a page; None leaves one out. They come back in `settings` after a reload."""
    session = current()
    texts = {name: encode(value) for name, value in mapping.items() if value is not None}
    session.shared[(page, _fingerprint(session))] = texts
    write_url()


def mark() -> str:
    """Return the name by which the URL knows the data in use; never a file's name."""
    session = current()
    if session.dataset is None:
        return ""
    if session.origin.startswith("catalogue:"):
        return session.origin.removeprefix("catalogue:")
    return "upload-" + session.dataset.fingerprint[:12]


def read_url() -> str:
    """Take the settings out of the URL once per session; return the mark of the data set they belong to."""
    session = current()
    if session.read_url:
        return ""
    session.read_url = True
    for key, text in st.query_params.items():
        page, dot, name = key.partition(".")
        if dot and _OURS.fullmatch(key):
            session.pending.setdefault(page, {})[name] = text
    session.pending_mark = st.query_params.get("data", "")[:80]
    return session.pending_mark


def write_url() -> None:
    """Write the data set's mark and all pages' settings to the URL; Streamlit drops them at each change of page."""
    session = current()
    params = {} if session.dataset is None and not session.pending_mark else _url(session)
    others = {key: st.query_params.get_all(key) for key in st.query_params if not _OURS.fullmatch(key)}
    if {key: st.query_params.get_all(key) for key in st.query_params} != others | {k: [v] for k, v in params.items()}:
        st.query_params.from_dict(others | params)


def encode(value: Setting) -> str:
    """Return a setting as text for the URL.

    >>> encode(True), encode(5), encode(0.25), encode((1.0, 2.5)), encode("not-selected")
    ('true', '5', '0.25', '1,2.5,', 'not-selected')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return "".join(f"{encode(number)}," for number in value)
    if isinstance(value, str):
        if not _KEYWORD.fullmatch(value):
            raise ValueError("a setting in the URL is a number or a fixed keyword")
        return value
    return repr(int(value)) if float(value).is_integer() and abs(value) < _WHOLE else repr(float(value))


def decode(text: str) -> Setting:
    """Return the setting that a text of the URL stands for; what is no number is a keyword.

    >>> decode("true"), decode("5"), decode("0.25"), decode("1,2.5,"), decode("not-selected")
    (True, 5, 0.25, (1, 2.5), 'not-selected')
    """
    if text in ("true", "false"):
        return text == "true"
    if text.endswith(","):
        numbers = tuple(_number(part) for part in text[:-1].split(",")[:2_000])
        return text[:60] if None in numbers else numbers   # type: ignore[return-value]
    number = _number(text)
    return text[:60] if number is None else number


def _number(text: str) -> int | float | None:
    try:
        value = float(text[:40])
    except ValueError:
        return None
    if math.isnan(value):
        return None
    return int(value) if math.isfinite(value) and value.is_integer() and abs(value) < _WHOLE else value


def _url(session: Session) -> dict[str, str]:
    """Return the parameters that stand for the data in use, or for what the URL still waits for."""
    if session.dataset is None:
        pages, name = session.pending, session.pending_mark
    else:
        own = _fingerprint(session)
        pages, name = {page: texts for (page, owner), texts in session.shared.items() if owner == own}, mark()
        if name == session.pending_mark:
            pages = session.pending | pages
    return {"data": name} | {f"{page}.{key}": text for page, texts in pages.items() for key, text in texts.items()}


def _fingerprint(session: Session) -> str:
    return session.dataset.fingerprint if session.dataset is not None else ""
