"""What can be wrong with what a visitor brings, said in four parts: what, where, got, do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Issue:
    """One thing a visitor should know about their data.

    Parameters
    ----------
    severity
        ``error``: cannot be used; ``warning``: used, but look; ``note``: what was done.
    what
        The rule or the finding, e.g. ``"the outcome must hold two values"``.
    where
        The column, file or row, e.g. ``"column 'approved'"``.
    got
        What was found instead, e.g. ``"3 values (yes, no, maybe)"``.
    do
        What the visitor can do, e.g. ``"choose the positive value or another column"``.

    Examples
    --------
    >>> Issue("error", "the file is empty", "upload.csv", "0 bytes", "choose another file").sentence()
    'the file is empty, upload.csv, 0 bytes, choose another file'
    """

    severity: Severity
    what: str
    where: str
    got: str
    do: str

    def sentence(self) -> str:
        """Return the four parts as one line, in the order what, where, got, do."""
        return ", ".join(part for part in self._parts() if part)

    def prose(self) -> str:
        """Return the four parts as sentences to be read on a page: the rule, where it was met by what, what to do.

        >>> Issue("error", "an outcome holds two values", "column 'paid'", "3 values", "choose another").prose()
        "An outcome holds two values. Column 'paid': 3 values. Choose another."
        """
        what, where, got, do = self._parts()
        found = f"{where}: {got}" if where and got else where or got
        return " ".join(_ended(part) for part in (what, found, do.replace("e.g. ", "for example ", 1)) if part)

    def _parts(self) -> tuple[str, ...]:
        return tuple(" ".join(part.split()) for part in (self.what, self.where, self.got, self.do))


def _ended(words: str) -> str:
    """Return words as a sentence; what is no word of ours, such as the name of a file, keeps its first letter."""
    first = words.split(" ", 1)[0].rstrip(",:;")
    start = words[:1].upper() if first.isalpha() else words[:1]
    return start + words[1:] + ("" if words.endswith((".", "?", "!", "…")) else ".")


class InvalidData(ValueError):
    """The data cannot be used; ``issues`` holds every reason at once."""

    def __init__(self, *issues: Issue) -> None:
        self.issues = issues
        super().__init__("; ".join(issue.sentence() for issue in issues))


class InvalidPolicy(InvalidData):
    """A policy (thresholds) cannot be read or does not belong to this data."""


def invalid(what: str, where: str, got: str, do: str) -> InvalidData:
    """Return an ``InvalidData`` with one error; for the common case of a single reason."""
    return InvalidData(Issue("error", what, where, got, do))


def stopped(where: str) -> InvalidData:
    """Return what long work raises when its visitor asked it to stop."""
    return invalid("the work was stopped", where, "on request", "start it again when you like")
