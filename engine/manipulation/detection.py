"""The auditor's side: could this sample be an honest draw? Tests with exact nulls, one family decision, and proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.errors import Issue, invalid
from engine.manipulation import columns, inclusion, power
from engine.manipulation.battery import TESTS
from engine.manipulation.cells import Counts, Goal
from engine.manipulation.interval import ratio_estimate
from engine.manipulation.kolmogorov import kolmogorov
from engine.manipulation.nulls import (
    MODES,
    Mode,
    best_of,
    cell_statistics,
    correction,
    family_p,
    null_cells,
    p_values,
)
from engine.manipulation.sample import Sample
from engine.manipulation.suspicion import CellResiduals, Suspect, residuals, strangers
from engine.text import plain
from engine.types import Cancelled, Estimate, Floats, Ints, Labels, Progress

LISTED = 1_000     # rows named


@dataclass(frozen=True)
class Audit:
    """How the sample is tested: what the reference is, level, draws, the target a forger would be after, seed."""

    mode: Mode = "A"
    alpha: float = 0.05
    draws: int = 9_999
    permutations: int = 999
    target: float = 0.8
    best_of: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Proportions:
    """A reference of known proportions: the shares of the cells, and no rows."""

    groups: tuple[str, ...]
    shares: Counts           # (G, 2), adding up to 1
    name: str = "known proportions"


@dataclass(frozen=True)
class Outcome:
    """One test's answer; `p_value` is None with a reason where it cannot be run."""

    statistic: float | None
    p_value: float | None
    reason: str | None = None
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Detection:
    """Everything that was found about one submitted sample."""

    request: Audit
    submitted: str
    reference: str
    groups: tuple[str, ...]
    observed: Ints                          # (G, 2)
    against: Counts                         # (G, 2) of the reference
    ratio: Estimate
    reference_ratio: float
    tests: Mapping[str, Outcome]
    too_perfect: float                      # lower tail of the G test: information, no evidence
    family: tuple[str, ...]                 # tests that decide together
    family_p_value: float
    proofs: tuple[str, ...]                 # tests that no honest sample can fail and this one does
    power: power.PowerResult
    cells: CellResiduals
    rows: tuple[Suspect, ...]
    suspects: int                           # before the list was cut
    null_ratio: Floats                      # the direct statistic of honest draws, some of them
    null_g: Floats
    notes: tuple[Issue, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether the family rejects at its level, or there is proof."""
        return self.family_p_value <= self.request.alpha or bool(self.proofs)

    @property
    def best_of_p_value(self) -> float:
        """The family's p-value if the sample was the most convenient of `best_of` honest draws."""
        return best_of(self.family_p_value, self.request.best_of)


def detect(
    submitted: Sample, reference: Sample | Proportions, request: Audit | None = None, requeried: Labels | None = None,
    progress: Progress | None = None, cancelled: Cancelled | None = None,
) -> Detection:
    """Return whether a submitted sample could be an honest draw, by every test that its reference allows.

    "Not rejected" is not "representative": read the power beside it.

    Parameters
    ----------
    submitted, reference
        Rows with the same groups; or known proportions in mode C.
    request
        Mode, level, draws, target, seed. Mode A: the reference is the database the sample was drawn from; B: an
        independent sample; C: known proportions.
    requeried
        (m,) the decision that the model gives when asked again, where it can be asked.
    progress, cancelled
        Told how far it is; asked whether to stop.

    Raises
    ------
    InvalidData
        Different groups, an empty sample, a sample larger than its database, a mode that does not suit; or stopped.

    References
    ----------
    Westfall and Young 1993 for the family; Lafargue et al. 2025, arXiv 2507.20708, for the question.
    """
    request = request or Audit()
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)
    against = _checked(submitted, reference, request, requeried)
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(request.seed).spawn(3)]
    progress(0.02, "drawing honest samples")
    cells = null_cells(against, submitted.counts, request.mode, request.draws, streams[0])
    statistics = cell_statistics(np.concatenate([submitted.counts[None], cells]), submitted.counts, against,
                                 request.mode)
    p = {key: p_values(values) for key, values in statistics.items()}
    found = _columns(submitted, reference, request, streams[1], progress, cancelled)
    family = {key: p[key] for key in ("direct_ratio", "g_test")}
    if isinstance(found, columns.ColumnsResult):
        family["x_given_cell"] = found.p
    tests = {key: Outcome(_known(statistics[key][0]), float(p[key][0])) for key in p}
    tests |= _others(submitted, reference, against, request, requeried, found)
    progress(0.92, "looking for rows out of line")
    rows = _rows(submitted, reference, request, requeried, streams[2])
    result = _power(against, submitted, request)
    return Detection(
        request, submitted.name, reference.name, submitted.groups, submitted.counts, against,
        ratio_estimate(submitted.counts, 1 - request.alpha,
                       correction(len(submitted), float(against.sum()), request.mode)),
        result.ratio, {key: tests[key] for key in TESTS}, float(p_values(-statistics["g_test"])[0]), tuple(family),
        family_p(family), tuple(key for key in ("multiset", "requery") if tests[key].p_value == 0), result,
        residuals(submitted.counts, against, request.mode), tuple(rows[:LISTED]), len(rows),
        statistics["direct_ratio"][1:2_001], statistics["g_test"][1:2_001], _notes(submitted, reference),
    )


def _columns(
    submitted: Sample, reference: Sample | Proportions, request: Audit, rng: np.random.Generator, progress: Progress,
    cancelled: Cancelled,
) -> columns.ColumnsResult | str:
    """Return the test on the columns, or why there is none."""
    if isinstance(reference, Proportions):
        return "known proportions say nothing about other columns"
    if not request.permutations:
        return "not asked for"
    found = columns.columns_given_cell(submitted, reference, request.mode, request.permutations, rng,
                                       lambda share, words: progress(0.05 + 0.85 * share, words), cancelled)
    return "there is no other column that both files have" if found is None else found


def _others(
    submitted: Sample, reference: Sample | Proportions, against: Counts, request: Audit, requeried: Labels | None,
    found: columns.ColumnsResult | str,
) -> dict[str, Outcome]:
    """Return the tests that are not on the shared draws of cells."""
    tests = {"kolmogorov_smirnov": Outcome(*kolmogorov(submitted.counts, against))}
    if request.mode == "A" and isinstance(reference, Sample):
        extra = len(inclusion.surplus(submitted, reference))
        tests["multiset"] = Outcome(float(extra), 0.0 if extra else 1.0)
    else:
        tests["multiset"] = Outcome(None, None, "it needs the full database that the sample was drawn from")
    if isinstance(found, str):
        tests["x_given_cell"] = Outcome(None, None, found)
    else:
        parts = {"sliced_wasserstein": found.sliced, "mmd": found.mmd, "p_sliced_wasserstein": found.p_sliced,
                 "p_mmd": found.p_mmd, "columns": float(found.columns)}
        tests["x_given_cell"] = Outcome(found.sliced, float(found.p[0]), None, parts)
    if requeried is None:
        tests["requery"] = Outcome(None, None, "no decisions of the model asked again were given")
    else:
        wrong = float(np.count_nonzero((requeried >= 0) & (requeried != submitted.decision)))
        tests["requery"] = Outcome(wrong, 0.0 if wrong else 1.0)
    return tests


def _rows(
    submitted: Sample, reference: Sample | Proportions, request: Audit, requeried: Labels | None,
    rng: np.random.Generator,
) -> list[Suspect]:
    found: list[Suspect] = []
    if requeried is not None:
        wrong = np.flatnonzero((requeried >= 0) & (requeried != submitted.decision))
        found += [Suspect(int(submitted.rows[i]) + 1, "requery", None) for i in wrong]
    if isinstance(reference, Proportions):
        return found
    if request.mode == "A":
        extra = inclusion.surplus(submitted, reference)
        return [*found, *(Suspect(int(submitted.rows[i]) + 1, "multiset", None) for i in extra)]
    return found + strangers(submitted, reference, request.alpha, rng)


def _power(against: Counts, submitted: Sample, request: Audit) -> power.PowerResult:
    goal = Goal(target=request.target)
    return power.power(against, power.Protocol(len(submitted), request.alpha, request.mode, goal, request.seed))


def _notes(submitted: Sample, reference: Sample | Proportions) -> tuple[Issue, ...]:
    notes = []
    if submitted.left_out:
        notes.append(Issue("note", "rows without a decision are left out", f"'{plain(submitted.name)}'",
                           f"{submitted.left_out:,} rows", "complete them if they matter"))
    if isinstance(reference, Sample) and reference.left_out:
        notes.append(Issue("note", "rows without a decision are left out", f"'{plain(reference.name)}'",
                           f"{reference.left_out:,} rows", "complete them if they matter"))
    return tuple(notes)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _checked(
    submitted: Sample, reference: Sample | Proportions, request: Audit, requeried: Labels | None
) -> Counts:
    """Return the reference's cells; refuse what cannot be compared."""
    if request.mode not in MODES:
        raise invalid("the reference must be of a known kind", "mode", repr(request.mode), "use A, B or C")
    if (request.mode == "C") != isinstance(reference, Proportions):
        raise invalid("mode C, and no other, goes with known proportions", f"mode {request.mode}",
                      f"reference '{plain(reference.name)}'", "give proportions in mode C, rows in modes A and B")
    if submitted.groups != reference.groups:
        raise invalid("both samples must hold the same groups", f"'{plain(submitted.name)}'",
                      f"{', '.join(map(plain, submitted.groups))} against {', '.join(map(plain, reference.groups))}",
                      "name the unprivileged groups, or correct the values")
    if not len(submitted):
        raise invalid("the submitted sample must hold rows", f"'{plain(submitted.name)}'", "none", "check the file")
    if requeried is not None and len(requeried) != len(submitted):
        raise invalid("each submitted row needs its decision asked again", "the model's decisions",
                      f"{len(requeried):,} for {len(submitted):,} rows", "give one per row")
    return reference.shares if isinstance(reference, Proportions) else reference.counts
