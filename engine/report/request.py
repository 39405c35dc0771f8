"""What goes into a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

from engine.assessment import Assessment
from engine.errors import invalid
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES, RATES
from engine.policy import Policy
from engine.report.suppression import Suppression
from engine.report.value import Blank, Section
from engine.text import plain
from engine.types import Cancelled, Dataset, Progress

BLANKS = (Blank("Owner of the system"), Blank("Auditor"), Blank("Date of the audit"), Blank("Signature"))

# What templates with disparities define.
GAP_TERMS = ("max_min", "reference_group", "minimum_group_size", "noise_band", "level")


@dataclass(frozen=True)
class ReportRequest:
    """Which report, about which policy, with which other parts.

    Parameters
    ----------
    template
        A key of `engine.report.templates.TEMPLATES`.
    policy, baseline, rejected
        The policy that is reported (None: the default threshold), one it is compared with (None: the default
        threshold), and named ones that were considered and not taken.
    policy_note
        Where the policy came from when nobody gave it.
    groupings
        Tuples of attributes; None: each attribute and up to three together.
    rate, disparity, utility
        Keys of what the charts show.
    level, min_group, cost_fp, cost_fn, seed
        As in `engine.assessment.Request`.
    suppress_under
        Numbers of groups with fewer rows are left out, and others so that these cannot be had by subtraction; 0: none.
    sections
        Parts that a visitor collected on the pages, in their order.
    blanks
        What only a person can say; filled in or left empty.
    options
        Names and values of a template's own choices, e.g. ``("sex", "gender")``.
    source
        Base name of the file or key of the catalogue.
    command
        One line that makes the report again.
    """

    template: str = "full"
    policy: Policy | None = None
    policy_note: str | None = None
    baseline: Policy | None = None
    rejected: tuple[tuple[str, Policy], ...] = ()
    groupings: tuple[tuple[str, ...], ...] | None = None
    rate: str = "selection_rate"
    disparity: str = "demographic_parity_difference"
    utility: str = "accuracy"
    level: float = 0.95
    min_group: int = 30
    cost_fp: float = 1.0
    cost_fn: float = 1.0
    seed: int = 0
    suppress_under: int = 0
    sections: tuple[Section, ...] = ()
    blanks: tuple[Blank, ...] = BLANKS
    options: tuple[tuple[str, str], ...] = ()
    source: str = ""
    command: str = ""

    def option(self, name: str) -> str | None:
        """Return a template's own choice; None where it was not made."""
        return dict(self.options).get(name)


def check(request: ReportRequest) -> None:
    """Refuse what cannot be asked, whoever asks it: a page, the command line, or a stored report.

    Raises
    ------
    InvalidData
        A name that is not registered, or a number out of its range.
    """
    for what, name, known in (("rate", request.rate, RATES), ("disparity", request.disparity, DISPARITIES),
                              ("utility", request.utility, UTILITIES)):
        if name not in known:
            raise invalid(f"the {what} must be registered", "report", f"'{plain(name)}'",
                          f"use one of: {', '.join(known)}")
    ranges = (("level", 0 < request.level < 1, "between 0 and 1"), ("min_group", request.min_group >= 0, "0 or more"),
              ("seed", request.seed >= 0, "0 or more"), ("cost_fp", 0 <= request.cost_fp < inf, "0 or more"),
              ("cost_fn", 0 <= request.cost_fn < inf, "0 or more"),
              ("suppress_under", request.suppress_under >= 0, "0 or more"))
    for name, holds, words in ranges:
        if not holds:
            raise invalid(f"it must be {words}", f"report, '{name}'", f"{getattr(request, name):g}", "correct it")


@dataclass(frozen=True, eq=False)
class Material:
    """What every template may read: the data, what was asked, and what the policies do.

    Without a score `found` and `baseline` are None: such a report has its data, and says so.
    """

    dataset: Dataset
    request: ReportRequest
    found: Assessment | None
    baseline: Assessment | None
    rejected: tuple[tuple[str, Assessment], ...]
    progress: Progress
    cancelled: Cancelled
    kept_back: Suppression = field(default_factory=Suppression)   # groups that `found` and the others lack


@dataclass(frozen=True)
class Template:
    """One row of `TEMPLATES`: its sections from the material, and the keys of its own definitions.

    `about` says in one sentence what it holds and for whom. `leaves_out` says in words which of its sections go as a
    whole where they would tell numbers of small groups.
    """

    key: str
    title: str
    build: Callable[[Material], Sequence[Section]]
    definitions: tuple[str, ...] = ()
    blanks: tuple[Blank, ...] = BLANKS
    leaves_out: str = ""
    about: str = ""
