"""The tests of the audit in words: what each sees, what it cannot see, whether it decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["family", "proof", "displayed"]


@dataclass(frozen=True)
class Trial:
    """One row of `TESTS`.

    Parameters
    ----------
    key
        As on the command line.
    name
        On screen.
    part
        ``family``: decides together with the others at one level; ``proof``: an honest sample cannot be wrong here, so
        a single row decides; ``displayed``: shown beside them, made of the same counts.
    sees, misses
        One phrase each.
    modes
        References that it can be run against.
    """

    key: str
    name: str
    part: Part
    sees: str
    misses: str
    modes: tuple[str, ...] = ("A", "B", "C")


TESTS: dict[str, Trial] = {test.key: test for test in (
    Trial("direct_ratio", "direct test of the ratio", "family",
         "a ratio higher than honest draws reach", "whatever leaves the ratio alone"),
    Trial("g_test", "G test of the cells", "family",
         "any wrong share of group by decision", "altered rows in cells of the right size"),
    Trial("x_given_cell", "columns given the cell", "family",
         "other columns that do not look like those of the same group and decision", "rows that are only reweighted",
         ("A", "B")),
    Trial("multiset", "rows of the database", "proof",
         "rows, or copies, that the database does not hold", "real rows drawn at will", ("A",)),
    Trial("requery", "model asked again", "proof",
         "decisions that the model does not make", "anything where the decisions are the model's own"),
    Trial("wasserstein", "Wasserstein distance of the cells", "displayed",
         "how far the cells' mass moved", "as the G test, with less power"),
    Trial("mmd", "mean discrepancy of the cells", "displayed",
         "differences of the cells, smoothed", "as the G test, with less power"),
    Trial("kolmogorov_smirnov", "Kolmogorov-Smirnov by group", "displayed",
         "a group's rate that moved a lot", "most else: for a yes/no decision its real level is far under the stated"),
)}
