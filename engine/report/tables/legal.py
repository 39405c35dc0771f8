"""What a report says about the law: dated lines of an editable file, each marked where nobody has verified it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import invalid
from engine.report.value import Section

FILE = Path(__file__).parents[3] / "assets" / "report" / "legal.toml"


@cache
def texts(file: Path = FILE) -> Mapping[str, Any]:
    """Return the file's content.

    Raises
    ------
    InvalidData
        It cannot be read.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise invalid("the lines on the law must be readable", f"file '{file.name}'", type(error).__name__,
                      "restore it, or correct its TOML") from None


def dated(line: Mapping[str, Any]) -> str:
    """Return a line with its date, and whether it was verified.

    >>> dated({"text": "A rule.", "as_of": "2026-11-20", "verified": False})
    'A rule. (unverified, as of 2026-11-20)'
    """
    return f"{line['text']} ({'' if line['verified'] else 'unverified, '}as of {line['as_of']})"


def law(template: str) -> Section:
    """Return the lines of a template, after the reminder that none of it is advice."""
    lines = [dated(line) for line in texts()["status"] if line["template"] == template]
    return Section("law", "What this is, and what it is not", (texts()["not_legal_advice"], *lines))


def anchor(template: str, code: str) -> str:
    """Return where a block stands in the text that it is named after."""
    found = texts()["anchors"][template][code]
    newest = max(line["as_of"] for line in texts()["status"] if line["template"] == template)
    return dated({**found, "as_of": newest})


def convention() -> tuple[float, str]:
    """Return the share of the highest rate that a convention names, and its line."""
    found = texts()["convention"]
    return float(found["ratio"]), dated(found)
