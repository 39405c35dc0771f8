"""What a report says in sentences: policies, warnings, cells."""

from __future__ import annotations

import re

import numpy as np

from engine.assessment import Assessment
from engine.charts.frontier_words import mixture
from engine.policy import Policy
from engine.report.request import Material
from engine.report.value import Cell, Measured
from engine.text import plain

NAME, SENTENCE = 60, 2_000   # longest name and longest sentence shown
LEAST = 1e-6                 # smaller numbers are only said to be smaller
_P_VALUE = re.compile(r"\bp(?:[- ]values?)?\b", re.IGNORECASE)   # in the head of a column


def decision(policy: Policy, favourable: str) -> str:
    """Return who is selected, in one sentence.

    >>> decision(Policy.common(0.5, "risk"), "selected")
    'Selected are those whose risk is ≥ 0.5; the favourable decision is to be selected.'
    """
    score = plain(policy.score or "score")
    parts = [f"{plain(group)} {mixture(mix)}" for group, mix in policy.thresholds]
    rule = f"is {mixture(policy.mix(''))}" if not parts else (
        "meets the threshold of their group: " + "; ".join([*parts, f"any other {mixture(policy.mix(''))}"]))
    good = "to be selected" if favourable == "selected" else "not to be selected"
    return f"Selected are those whose {score} {rule}; the favourable decision is {good}."


def _one_sided(found: Assessment) -> list[str]:
    """Return a warning where the decision is nearly the same for everybody: then no group can differ much."""
    counts = found.overall.counts
    selected = float(counts.rows[..., [0, 1, 4]].sum())
    rows = float(counts.rows.sum())
    if not rows or 0.01 < selected / rows < 0.99:
        return []
    return [f"This decision selects {selected:,.0f} of {rows:,.0f} rows: it is the same for nearly everybody, so "
            "groups can hardly differ. Look at the threshold before the gaps."]


def warnings(material: Material) -> tuple[str, ...]:
    """Return what a reader should know before any number: about the data, the policy and small groups."""
    dataset, found = material.dataset, material.found
    said = [issue.prose() for issue in dataset.issues if issue.severity != "note"
            and not (material.kept_back and issue.where.startswith("attribute "))]   # they name sizes of groups
    if dataset.counts is not None:
        said.append("These data are counts; their rows are elsewhere. What needs rows is left out: models and their "
                    "frontier, the dependence of scores on groups, what carries a gap, flip tests, second decisions.")
    if dataset.simulated:
        said.append("The rows are simulated: nothing here is about real people.")
    if dataset.score_source == "fitted here":
        said.append(f"The score '{plain(dataset.score)}' was made by Equipoise, each row by a model that has not seen "
                    "it; it is not the score of a system in use.")
    if found is None:
        return (*said, "There is no score and no decision, so that no rate is estimable.")
    said += material.kept_back.sentences if material.request.template != "ll144" else ()   # its tables say it
    if material.kept_back and any(section.collected for section in material.request.sections):
        said.append("Parts that were collected on the pages are as they stood there: no group is kept back in them.")
    sha = found.policy.data_sha256
    if sha is not None and sha != dataset.sha256:
        said.append("The policy was found on other data than these.")
    said += _one_sided(found)
    unlabelled = found.rows_used - found.labelled
    if unlabelled:
        said.append(f"{unlabelled:,} of {found.rows_used:,} rows have no known outcome: they count in selection rates "
                    "and are left out of rates that need an outcome.")
    for name, result in found.groupings.items():
        small = [plain(group, 40) for group, is_small in zip(result.names, result.small, strict=True) if is_small]
        if small and material.request.template != "ll144":   # its tables have no smallest group
            said.append(f"{plain(name)}: {len(small)} of {len(result.names)} groups have fewer than "
                        f"{result.min_group} rows and are kept out of largest-minus-smallest numbers "
                        f"({', '.join(small[:6])}{', …' if len(small) > 6 else ''}).")
    return tuple(said)


def shown(cell: Cell, head: str = "") -> str:
    """Return a cell as a reader sees it under the head of its column; a renderer escapes it.

    >>> shown(Measured(0.5, 0.4, 0.6, 100)), shown(None), shown(1234567), shown(0.000123456)
    ('0.500 (0.400 to 0.600)', '', '1,234,567', '0.000123')
    >>> shown(3.1e-45, "p-value"), shown(0.0421, "Fisher's exact p")
    ('< 0.001', '0.042')
    >>> shown(Measured(None, reason="not estimable: B has no positives"))
    'not estimable: B has no positives'
    """
    if isinstance(cell, Measured):
        return _measured(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and 0 <= cell < 0.001 and _P_VALUE.search(head):
        return "< 0.001"
    return figures(cell) if isinstance(cell, int | float) else plain(cell, SENTENCE)


def _measured(cell: Measured) -> str:
    if cell.value is None:
        return plain(cell.reason or "not estimable", SENTENCE)
    if cell.low is None and cell.high is None:
        return figures(cell.value)
    ends = [figures(end) if end is not None else "no bound" for end in (cell.low, cell.high)]
    return f"{figures(cell.value)} ({ends[0]} to {ends[1]})"


def figures(value: float) -> str:
    """Return a number with as many digits as a reader uses, never as a power of ten: the rest stands in the files.

    >>> figures(3), figures(1234.5), figures(0.12345), figures(-0.0004), figures(12345.0)
    ('3', '1,234.5', '0.123', '-0.0004', '12,345')
    >>> figures(82.86), figures(2.587), figures(5.34e-05), figures(1e-9), figures(-1e-9)
    ('82.9', '2.59', '0.0000534', '< 0.000001', '> -0.000001')
    """
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 2):
        return f"{int(value):,}"
    size = abs(value)
    if size >= 2:
        return f"{value:,.1f}" if size >= 10 else f"{value:.2f}"
    if size >= 0.001 or value == 0:
        return f"{value:.3f}"
    if size < LEAST:
        return "< 0.000001" if value > 0 else "> -0.000001"
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")
