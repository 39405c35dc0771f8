"""Which columns hold sex and race or ethnicity, which answers mean that it is not known, and the order of the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.errors import invalid
from engine.text import plain
from engine.types import MISSING

_SEX = re.compile(r"(?:^|[^a-z])(?:sex|gender)(?:$|[^a-z])")
_RACE = re.compile(r"(?:^|[^a-z])(?:race|ethnic(?:ity)?)(?:$|[^a-z])")
_NOT_HISPANIC = re.compile(r"\b(?:not|non)[ -]*(?:of )?(?:hispanic|latin).*?(?:\)|$)")
_HISPANIC = re.compile(r"\b(?:hispanic|latin[oax]?)\b")
UNKNOWN = frozenset({
    MISSING, "unknown", "not known", "not specified", "unspecified", "not stated", "not given", "not disclosed",
    "undisclosed", "not provided", "not available", "declined", "declined to answer", "declined to state",
    "decline to answer", "decline to state", "decline to self-identify", "prefer not to say", "prefer not to answer",
    "n/a", "na", "none", "null", "?",
})
# The order of the rows in EEO-1 Component 1; anything else follows, in the order of the data.
_ORDER = tuple(re.compile(words) for words in (
    r"^(?:m|male|man|men)$", r"^(?:f|female|woman|women)$", r"\bwhite\b|\bcaucasian\b", r"\bblack\b|african",
    r"hawaiian|pacific", r"\basian\b", r"native american|american indian|alaska", r"two or more|multi|mixed",
))


def demographic_columns(
    names: Sequence[str], sex: str | None = None, race: str | None = None
) -> tuple[str | None, str | None]:
    """Return the columns of sex and of race or ethnicity: those given, else the first whose name says so.

    >>> demographic_columns(["applicant_id", "Gender", "race_ethnicity", "race2"])
    ('Gender', 'race_ethnicity')

    Raises
    ------
    InvalidData
        A column given does not exist, both are the same, or no name says either.
    """
    found = [_column(names, given, words, option) for given, words, option in
             ((sex, _SEX, "--sex"), (race, _RACE, "--race"))]
    if found == [None, None]:
        listed = ", ".join(f"'{plain(name)}'" for name in names[:8]) or "none"
        raise invalid("sex, or race and ethnicity, must be in the data", "columns", listed,
                      "name them with --sex and --race")
    if found[0] == found[1]:
        raise invalid("sex and race are two columns", "--sex and --race", f"'{plain(found[0])}' twice",
                      "name another column for one of them")
    return found[0], found[1]


def _column(names: Sequence[str], given: str | None, words: re.Pattern[str], option: str) -> str | None:
    if given is None:
        return next((name for name in names if words.search(name.casefold().strip())), None)
    if given not in names:
        raise invalid("the column must exist and be protected", option, f"'{plain(given)}'",
                      "correct its name, or name it with --protected too")
    return given


def is_unknown(level: str) -> bool:
    """Return whether an answer says that the category is not known.

    >>> is_unknown("Prefer not to say"), is_unknown("Two or more")
    (True, False)
    """
    return level.casefold().strip() in UNKNOWN


def is_hispanic(level: str) -> bool:
    """Return whether a category reads as Hispanic or Latino.

    >>> is_hispanic("Hispanic or Latino"), is_hispanic("White (Not Hispanic or Latino)"), is_hispanic("Asian")
    (True, False, False)
    """
    return bool(_HISPANIC.search(_NOT_HISPANIC.sub("", level.casefold())))


def ordered(levels: Sequence[str]) -> list[str]:
    """Return the categories that are known: Hispanic or Latino first, then as in EEO-1, then the others.

    >>> ordered(["Asian", "missing", "F", "Hispanic", "M", "White"])
    ['Hispanic', 'M', 'F', 'White', 'Asian']
    """
    known = [level for level in levels if not is_unknown(level)]
    return sorted(known, key=lambda level: (not is_hispanic(level), _place(level)))


def _place(level: str) -> int:
    words = _NOT_HISPANIC.sub("", level.casefold()).strip(" (),;-")
    return next((k for k, pattern in enumerate(_ORDER) if pattern.search(words)), len(_ORDER))
