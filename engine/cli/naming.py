"""Names of columns and groups inside one word of the command line: 'COL:kind', 'COL=GROUP', 'COL=GROUP:T'."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import cast

from engine.cli.parser import number
from engine.errors import invalid
from engine.types import Kind

_COLON = "\0"  # stands for '::' while a word is taken apart


def column(word: str, columns: Sequence[str]) -> str:
    """Return the column that a word names: as it stands, or with ``::`` read as a colon.

    A name that is no column is returned as it is; ingestion refuses it and lists near ones.

    >>> column("a::b", ["a:b"]), column("a::b", ["a::b"])
    ('a:b', 'a::b')
    """
    spoken = word.replace("::", ":")
    return spoken if word not in columns and spoken in columns else word


def attribute(word: str, columns: Sequence[str]) -> tuple[str, Kind | None]:
    """Return the column and the kind of ``COL[:nominal|:continuous]``; no kind is None.

    >>> attribute("age:continuous", ["age"]), attribute("a::b", ["a:b"])
    (('age', 'continuous'), ('a:b', None))

    Raises
    ------
    InvalidData
        Where a colon is followed by neither kind and the whole is no column.
    """
    name, colon, kind = word.replace("::", _COLON).rpartition(":")
    if not colon:
        return column(word, columns), None
    if kind in ("nominal", "continuous"):
        return column(name.replace(_COLON, "::"), columns), cast(Kind, kind)
    if word in columns:
        return word, None
    raise invalid("a protected attribute is nominal or continuous", f"--protected {word!r}", f"{kind!r}",
                  "write '::' for a colon in a column's name")


def part_of(option: str, word: str, columns: Iterable[str]) -> tuple[str, str]:
    """Return the column and the rest of ``COL=REST``; of several columns that fit, the longest.

    >>> part_of("--reference", "a=b=c", ["a", "a=b"])
    ('a=b', 'c')

    Raises
    ------
    InvalidData
        Where no column fits; it lists them.
    """
    known = tuple(columns)
    for name in sorted(known, key=len, reverse=True):
        for spelling in (name, name.replace(":", "::")):
            if word.startswith(spelling + "="):
                return name, word[len(spelling) + 1 :].strip()
    listed = ", ".join(map(repr, known)) or "none"
    raise invalid("it must begin with a protected attribute and '='", option, repr(word), f"use one of: {listed}")


def edges(words: Iterable[str], columns: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Return the inner edges of each ``COL=25,45,60``, strictly increasing."""
    found: dict[str, tuple[float, ...]] = {}
    for word in words:
        name, rest = part_of("--edges", word, columns)
        try:
            values = tuple(float(part) for part in rest.split(","))
        except ValueError:
            values = ()
        if not values or not all(map(math.isfinite, values)) or any(a >= b for a, b in pairwise(values)):
            raise invalid("edges must be increasing numbers", f"--edges for {name!r}", repr(rest), "e.g. 25,45,60")
        found[name] = values
    return found


def references(words: Iterable[str], columns: Sequence[str]) -> dict[str, str]:
    """Return the reference group of each ``COL=GROUP``."""
    return dict(part_of("--reference", word, columns) for word in words)


def thresholds(words: Iterable[str], attributes: Sequence[str]) -> tuple[float | None, str | None, dict[str, float]]:
    """Return the common threshold, the attribute and its groups' thresholds of ``T`` and ``COL=GROUP:T``.

    A group's name may hold colons; the threshold follows the last one.

    >>> thresholds(["race=a:b:0.4"], ["race"])
    (None, 'race', {'a:b': 0.4})
    """
    common: float | None = None
    grouped: dict[str, dict[str, float]] = {}
    for word in words:
        if "=" not in word:
            if common is not None:
                raise invalid("one common threshold can be given", "--threshold", "two", "keep one of them")
            common = _threshold(word, word)
            continue
        name, rest = part_of("--threshold", word, attributes)
        group, _, value = rest.rpartition(":")
        grouped.setdefault(name, {})[group.strip()] = _threshold(value, word)
    if len(grouped) > 1:
        raise invalid("thresholds per group must belong to one attribute", "--threshold",
                      " and ".join(map(repr, grouped)), "use one attribute, or --policy for intersections")
    for name, groups in grouped.items():
        return common, name, groups
    return common, None, {}


def _threshold(text: str, word: str) -> float:
    try:
        return number(text.strip())
    except argparse.ArgumentTypeError as refusal:
        raise invalid("a threshold must be a number", "--threshold", repr(word), "write T or COL=GROUP:T") from refusal
