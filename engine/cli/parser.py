"""argparse that refuses in the house's four parts, and the types of its options."""

from __future__ import annotations

import argparse
import csv
import math
from typing import NoReturn

from engine.errors import invalid

PROGRAM = "python -m engine"


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are `InvalidData`, so that they leave by the same door as every other."""

    def __init__(self, **options: object) -> None:
        # Abbreviated options would change their meaning when a later version adds an option.
        super().__init__(**{"allow_abbrev": False, **options})  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise `InvalidData` with argparse's message as the third part."""
        raise invalid("the command line cannot be read", f"'{self.prog}'", message, f"see '{self.prog} --help'")


def number(text: str) -> float:
    """Return a number, `inf` or `-inf`; never NaN."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise argparse.ArgumentTypeError(f"must be a number, not {text!r}")
    return value


def cost(text: str) -> float:
    """Return a finite number of 0 or more."""
    value = number(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {text!r}")
    return value


def level(text: str) -> float:
    """Return a confidence level between 0 and 1, both excluded."""
    value = number(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 1, not {text!r}")
    return value


def count(text: str) -> int:
    """Return a whole number of 0 or more."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"must be a whole number of 0 or more, not {text!r}")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    """Return column names separated by commas; a name that holds a comma stands in double quotes.

    >>> names('age, "pay, gross"')
    ('age', 'pay, gross')
    """
    row = next(csv.reader([text], skipinitialspace=True), [])
    return tuple(name.strip() for name in row if name.strip())
