"""A session as a file: settings, policies and the report's outline, with the data's hash; never data.

Settings are written as the address writes them, so that nothing a file says can be more than a number, a truth value
or a keyword. Reading gives a value or a refusal in one sentence; nothing of the session is touched by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from engine.errors import InvalidData, invalid
from engine.policy import Policy
from engine.text import plain
from engine.types import Dataset
from pages.parts import state
from pages.parts.policy_book import MOST_NAMED, Book
from pages.parts.report_outline import LONGEST_COMMENT, LONGEST_TITLE, MOST, Outline

FORMAT = "equipoise-session/1"
LARGEST = 1_000_000              # bytes of a file
PAGES, SETTINGS, BLANKS = 40, 300, 60
LONGEST_SETTING, LONGEST_BLANK = 20_000, 400
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_HASH = re.compile(r"[0-9a-f]{8,128}")
_CLOCK = re.compile(r"[0-9T:Z-]{10,25}")


@dataclass(frozen=True)
class Planned:
    """A part of the report's outline: where it comes from and what the visitor wrote; no numbers."""

    page: str
    key: str
    title: str
    comment: str = ""


@dataclass(frozen=True)
class SessionFile:
    """What a session file says."""

    mark: str                                    # the catalogue's key of the data; empty for a table that was brought
    sha256: str
    fingerprint: str                             # of the data with their roles
    clock: str = ""
    score: str | None = None
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)   # by page, as in an address
    policies: Mapping[str, Policy] = field(default_factory=dict)              # "now" and "start"
    named: Mapping[str, Policy] = field(default_factory=dict)
    blanks: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Planned, ...] = ()


def snapshot(session: state.Session, data: Dataset, book: Book | None, held: Outline, clock: datetime) -> SessionFile:
    """Return what there is to keep of a session about the data in use; asks nothing of Streamlit."""
    settings = {page: texts for (page, owner), of_page in session.settings.items()
                if owner == data.fingerprint and (texts := _texts(of_page))}
    catalogued = session.origin.startswith("catalogue:")
    return SessionFile(
        session.origin.removeprefix("catalogue:") if catalogued else "", data.sha256, data.fingerprint,
        clock.strftime("%Y-%m-%dT%H:%M:%SZ"), book.now.score if book is not None else None, settings,
        {} if book is None else {"now": book.now, "start": book.start}, {} if book is None else dict(book.named),
        {label: said for label, said in held.blanks.items() if said},
        tuple(Planned(part.page, part.key, part.title, part.comment) for part in held.parts),
    )


def write(file: SessionFile) -> str:
    """Return the text of a session file."""
    found = {
        "format": FORMAT, "made": file.clock,
        "data": {"catalogue": file.mark, "sha256": file.sha256, "fingerprint": file.fingerprint},
        "score": file.score, "settings": file.settings,
        "policies": {name: policy.to_json() for name, policy in file.policies.items()},
        "named": {name: policy.to_json() for name, policy in file.named.items()},
        "report": {"blanks": file.blanks, "parts": [vars(part) for part in file.parts]},
    }
    return json.dumps(found, indent=1, allow_nan=False) + "\n"


def read(content: bytes) -> SessionFile:
    """Return what a session file says.

    Raises
    ------
    InvalidData
        It is too large, no JSON, of another format, or a part of it has another shape; the sentence names the part.
    """
    if len(content) > LARGEST:
        raise _refused("its size", f"over {LARGEST // 10**6} MB")
    try:
        found = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _refused("its content", "something that is no JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _refused("'format'", f"not {FORMAT}")
    return _session(found)


def _session(found: dict[str, Any]) -> SessionFile:
    data, report = _object(found, "data", 10), _object(found, "report", 10)
    mark = _text(data, "catalogue", 60)
    if mark and not _NAME.fullmatch(mark):
        raise _refused("'catalogue'", "no key of a data set")
    settings = _object(found, "settings", PAGES)
    return SessionFile(
        mark, _matching(_HASH, data, "sha256"), _matching(_HASH, data, "fingerprint"),
        _matching(_CLOCK, found, "made"), _text(found, "score", 1_000) or None,
        {_name(page): _settings(settings, page) for page in settings},
        _policies(found, "policies", {"now", "start"}), _policies(found, "named", None),
        _words(_object(report, "blanks", BLANKS)), tuple(_part(part) for part in _list(report, "parts", MOST)),
    )


def _settings(found: dict[str, Any], page: str) -> dict[str, str]:
    texts = _object(found, page, SETTINGS)
    return {_name(key): _text(texts, key, LONGEST_SETTING) for key in texts}


def _policies(found: dict[str, Any], name: str, known: set[str] | None) -> dict[str, Policy]:
    held = _object(found, name, MOST_NAMED)
    if known is not None and not set(held) <= known:
        raise _refused(f"'{name}'", "a name that is not known")
    return {plain(key, 40) or "unnamed": _policy(policy) for key, policy in held.items()}


def _policy(found: object) -> Policy:
    try:
        return Policy.from_json(found)
    except InvalidData:
        raise
    except (TypeError, ValueError, RecursionError, OverflowError):   # a shape that the policy's reader did not foresee
        raise _refused("a policy", "another shape") from None


def _part(found: object) -> Planned:
    if not isinstance(found, dict):
        raise _refused("'parts'", "something else than an object")
    return Planned(_name(_text(found, "page", 60)), plain(_text(found, "key", 200), 200),
                   plain(_text(found, "title", 1_000), LONGEST_TITLE), _text(found, "comment", LONGEST_COMMENT))


def _words(found: dict[str, Any]) -> dict[str, str]:
    return {plain(key, 200): _text(found, key, LONGEST_BLANK) for key in found}


def _object(found: Mapping[str, Any], name: str, most: int) -> dict[str, Any]:
    held = found.get(name, {})
    if not isinstance(held, dict) or len(held) > most:
        raise _refused(f"'{plain(name)}'", "no object" if not isinstance(held, dict) else f"over {most} entries")
    return held


def _list(found: Mapping[str, Any], name: str, most: int) -> list[Any]:
    held = found.get(name, [])
    if not isinstance(held, list) or len(held) > most:
        raise _refused(f"'{name}'", "no list" if not isinstance(held, list) else f"over {most} entries")
    return held


def _text(found: Mapping[str, Any], name: str, longest: int) -> str:
    held = found.get(name)
    held = "" if held is None else held
    if not isinstance(held, str) or len(held) > longest:
        raise _refused(f"'{plain(name)}'", "no text" if not isinstance(held, str) else f"over {longest} characters")
    return held


def _matching(pattern: re.Pattern[str], found: Mapping[str, Any], name: str) -> str:
    held = _text(found, name, 200)
    if not pattern.fullmatch(held):
        raise _refused(f"'{name}'", "another form")
    return held


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise _refused("the name of a page or setting", f"'{plain(text)}'")
    return text


def _texts(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return settings as an address writes them; what is no setting, such as text of a table, is left out."""
    found = {}
    for name, value in settings.items():
        try:
            found[name] = state.encode(value)
        except (TypeError, ValueError):
            continue
    return {name: text for name, text in found.items() if _NAME.fullmatch(name) and len(text) <= LONGEST_SETTING}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refused(where: str, got: str) -> InvalidData:
    return invalid("the file must be a session saved here", where, got,
                   "save the session again; nothing of this one was changed")
