"""Progress of long work in a terminal."""

from __future__ import annotations

import sys


def watched(fraction: float, words: str) -> None:
    """Write progress where a person watches, over the same line; a script sees nothing."""
    if sys.stderr.isatty():
        end = "\n" if fraction >= 1 else ""
        print(f"\r{fraction:4.0%} {words:<60}", end=end, file=sys.stderr, flush=True)
