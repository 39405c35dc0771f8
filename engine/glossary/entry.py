"""One term of the product: what it means, which way it goes, when it is undefined, who else calls it what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["rate", "disparity", "interval", "rule"]


@dataclass(frozen=True)
class Entry:
    """A term as tooltips, the guide and the report's appendix show it.

    In formulas TP, FP, FN and TN are the counts of true positives, false positives, false negatives and true
    negatives of one group, where "positive" is the event the score ranks towards and "selected" is score >= threshold.
    """

    key: str                             # as in RATES, DISPARITIES, the command line and the guide's address
    kind: Kind
    name: str                            # on screen
    sentence: str                        # plain words
    formula: str = ""                    # plain text
    direction: str = ""                  # which way the number goes
    range: str = ""
    undefined: str = ""                  # what happens at 0/0
    other_names: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()      # how other libraries define or name it, one sentence each
    source: str = ""                     # with year


def by_key(*entries: Entry) -> dict[str, Entry]:
    """Return the entries under their keys, in the order given.

    >>> list(by_key(Entry("a", "rule", "A", "."), Entry("b", "rule", "B", ".")))
    ['a', 'b']
    """
    return {entry.key: entry for entry in entries}
