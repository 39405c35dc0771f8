"""The malicious side: from honest rows to a sample that reaches a target. A stress test of one's own audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from engine.errors import invalid
from engine.manipulation import gradient, moves
from engine.manipulation.cells import Counts, Goal, kl, shares_of, tally, wasserstein
from engine.manipulation.projection import entropic, optimal, two_sides
from engine.manipulation.sample import Sample, matrix
from engine.manipulation.sampling import SAMPLINGS, drawn, unnoticed_by_g
from engine.types import Cancelled, Feature, Floats, Ints, Progress, frozen

Rng = np.random.Generator


@dataclass(frozen=True)
class Simulation:
    """What the malicious auditee wants: an attack, a goal, a sample size, how it is drawn, how often it may try."""

    attack: str = "kl_optimal"
    goal: Goal = field(default_factory=Goal)
    size: int = 500
    sampling: str = "quota"
    best_of: int = 1
    alpha: float = 0.05
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Altered:
    """All rows after an attack: what each now is, and the shares of the cells that the sample shall have."""

    group: Ints                          # (n,)
    decision: Ints                       # (n,)
    origin: Ints                         # (n,) whose columns each row shows
    plan: Floats                         # (G, 2)
    changed: Ints                        # rows that are not what they were
    cost: float = 0.0                    # distance moved, summed over rows
    features: tuple[Feature, ...] | None = None   # where an attack moves columns themselves
    source: Sample | None = None         # the rows before, where the attack brings a model's decisions of its own


@dataclass(frozen=True, eq=False)
class Forgery:
    """The sample that is handed in, and what it cost."""

    request: Simulation
    source: Sample               # the honest rows, with the model's decisions where an attack brings a model
    rows: Ints                   # (m,) place in the source that each row takes
    origin: Ints                 # (m,) row whose columns it shows
    changed: Ints                # (m,) 1 where it is not the row of its place
    sample: Sample               # as submitted
    plan: Floats                 # (G, 2) what was aimed at
    before: Counts               # (G, 2) honest cells
    rows_changed: int            # in the whole data
    cost: float                  # mean distance moved, over the whole data
    tries: int
    accepted: bool               # reaches the target and the G test's chi-square limit does not notice

    @property
    def after(self) -> Ints:
        """The submitted cells, (G, 2)."""
        return self.sample.counts

    @property
    def reached(self) -> float:
        """The measure of the submitted sample."""
        return float(self.request.goal.value(_positives(self.sample, self.request.goal).counts))

    @property
    def kl(self) -> float:
        """KL(Q || P) of the plan from the honest cells, nats."""
        return float(kl(self.plan, self.before))

    @property
    def kl_seen(self) -> float:
        """KL(P || Q), the direction that a G test of the sample sees, nats."""
        return float(kl(self.before, self.plan))

    @property
    def wasserstein(self) -> float:
        """Wasserstein-1 distance of the plan from the honest cells."""
        return float(wasserstein(self.plan, self.before))

    @property
    def repeats(self) -> int:
        """Submitted rows that repeat another submitted row's columns."""
        return len(self.origin) - len(np.unique(self.origin))


@dataclass(frozen=True)
class Attack:
    """One row of `ATTACKS`: its name, what it does in a sentence, what of a row it touches, and how."""

    key: str
    name: str
    sentence: str
    touches: str
    run: Callable[[Sample, Goal, Rng, Cancelled], Altered]


def simulate(
    sample: Sample, request: Simulation, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Forgery:
    """Return a sample doctored to reach a goal, as a malicious auditee would hand it in.

    Parameters
    ----------
    sample
        The honest rows, all of them.
    request
        Attack, goal, size, sampling, draws, seed.
    progress, cancelled
        Told how far it is; asked whether to stop.

    Raises
    ------
    InvalidData
        An unknown attack or sampling, a goal that cannot be reached, an empty cell; or stopped.

    References
    ----------
    Lafargue, Laurindo Monteiro, Claeys, Risser and Loubes 2025, arXiv 2507.20708.
    """
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)
    attack = _checked(sample, request)
    rng = np.random.default_rng(np.random.SeedSequence(request.seed))
    inside = _positives(sample, request.goal)
    progress(0.1, f"planning: {attack.name}")
    altered = attack.run(inside, request.goal, rng, cancelled)
    if altered.source is not None:   # a model decides: its decisions are what an honest sample would show
        inside, decision = altered.source, sample.decision.copy()
        decision[np.searchsorted(sample.rows, inside.rows)] = inside.decision
        sample = replace(sample, decision=frozen(decision))
    progress(0.7, "drawing the sample")
    size = round(request.size * len(inside) / len(sample))
    accept = unnoticed_by_g(inside.counts, max(size, 1), request.alpha)
    cell = 2 * altered.group + altered.decision
    rows, tries, accepted = drawn(cell, altered.plan, size, request.sampling, request.goal, request.best_of, accept,
                                  rng, cancelled)
    progress(1.0, "done")
    return _forgery(sample, inside, altered, request, rows, tries, accepted, rng)


def _forgery(
    sample: Sample, inside: Sample, altered: Altered, request: Simulation, rows: Ints, tries: int, accepted: bool,
    rng: Rng,
) -> Forgery:
    """Put the doctored rows and, where the goal looks at some rows only, evenly drawn others together."""
    touched = np.zeros(len(inside), dtype=np.int64)
    touched[altered.changed] = 1
    shown = inside if altered.features is None else replace(inside, features=altered.features)
    made = shown.take(altered.origin[rows])
    made = replace(made, group=frozen(altered.group[rows].astype(np.int32)),
                   decision=frozen(altered.decision[rows].astype(np.int8)))
    place, origin, changed = inside.rows[rows], made.rows, touched[rows]
    if len(inside) < len(sample):
        others = np.flatnonzero(~np.isin(sample.rows, inside.rows))
        count = min(request.size - len(rows), len(others))
        chosen = rng.choice(others, count, replace=False)
        made = _joined(made, sample.take(chosen))
        place, origin = np.append(place, sample.rows[chosen]), np.append(origin, sample.rows[chosen])
        changed = np.append(changed, np.zeros(count, dtype=np.int64))
    return Forgery(request, sample, frozen(place), frozen(origin), frozen(changed), made, altered.plan, inside.counts,
                   len(altered.changed), altered.cost / len(inside), tries, accepted)


def _joined(first: Sample, second: Sample) -> Sample:
    features = tuple(Feature(a.name, np.concatenate([a.values, b.values]), a.levels)
                     for a, b in zip(first.features, second.features, strict=True))
    return replace(
        first, group=np.append(first.group, second.group), decision=np.append(first.decision, second.decision),
        features=features,
        label=None if first.label is None or second.label is None else np.append(first.label, second.label),
        rows=np.append(first.rows, second.rows),
    )


def _positives(sample: Sample, goal: Goal) -> Sample:
    """Return the rows that the goal looks at: those with the positive outcome for equal opportunity, else all."""
    if goal.metric != "equal_opportunity_difference":
        return sample
    if sample.label is None or not (sample.label == 1).any():
        raise invalid("equal opportunity needs a known outcome", "the data", "none", "name the outcome's column")
    return sample.take(sample.label == 1)


def _checked(sample: Sample, request: Simulation) -> Attack:
    if request.attack not in ATTACKS:
        raise invalid("the attack must be known", "attack", repr(request.attack), f"use one of: {', '.join(ATTACKS)}")
    if request.sampling not in SAMPLINGS:
        raise invalid("the sampling must be known", "sampling", repr(request.sampling),
                      f"use one of: {', '.join(SAMPLINGS)}")
    if request.size < 1:
        raise invalid("a sample needs rows", "size", str(request.size), "choose 1 or more")
    if not (request.goal.target > 0 if request.goal.ratio else 0 <= request.goal.target < 1):
        raise invalid("the target is out of range", "target", f"{request.goal.target:g}",
                      "choose a ratio above 0 or a difference from 0 to under 1")
    if np.isnan(float(request.goal.value(_positives(sample, request.goal).counts))):
        raise invalid("the measure must be estimable before it is doctored", "the data",
                      "no favourable decision in the group it divides by", "choose other groups")
    return ATTACKS[request.attack]


def _reweighted(sample: Sample, plan: Floats) -> Altered:
    return Altered(sample.group.astype(np.int64), sample.decision.astype(np.int64), np.arange(len(sample)), plan,
                   np.zeros(0, dtype=np.int64))


def _after(sample: Sample, moved: moves.Moved, features: tuple[Feature, ...] | None = None) -> Altered:
    """Return the rows after moves; rows that become others show those rows' columns."""
    group, decision, origin = sample.group.astype(np.int64), sample.decision.astype(np.int64), np.arange(len(sample))
    group[moved.rows], decision[moved.rows], origin[moved.rows] = moved.group, moved.decision, moved.become
    plan = shares_of(tally(group.astype(np.int32), decision.astype(np.int8), len(sample.groups)))
    return Altered(group, decision, origin, plan, moved.rows, moved.cost, features)


def _replace(chosen: tuple[tuple[moves.Cell, moves.Cell], ...]) -> Callable[[Sample, Goal, Rng, Cancelled], Altered]:
    def run(sample: Sample, goal: Goal, rng: Rng, cancelled: Cancelled) -> Altered:
        if len(sample.groups) > 2 and chosen == moves.REPLACE[:1]:
            return _after(sample, moves.to_rates(sample, goal, moves.shuffled(sample, _turns(sample), rng)))
        two_sides(sample.counts, "this attack")
        return _after(sample, moves.greedy(sample, goal, moves.shuffled(sample, chosen, rng)))

    return run


def _matching(sample: Sample, goal: Goal, rng: Rng, cancelled: Cancelled) -> Altered:
    two_sides(sample.counts, "matching")
    found = moves.nearest(sample, moves.MATCHING, matrix(sample.features), cancelled)
    return _after(sample, moves.greedy(sample, goal, found))


def _nearest_x(sample: Sample, goal: Goal, rng: Rng, cancelled: Cancelled) -> Altered:
    several = len(sample.groups) > 2
    ways = _turns(sample) if several else (moves.UP, moves.DOWN)
    found = moves.nearest(sample, ways, matrix(sample.features), cancelled)
    return _after(sample, moves.to_rates(sample, goal, found) if several else moves.greedy(sample, goal, found))


def _gradient(sample: Sample, goal: Goal, rng: Rng, cancelled: Cancelled) -> Altered:
    two_sides(sample.counts, "the gradient attack")
    decided, model = gradient.modelled(sample)
    moved = moves.greedy(decided, goal, gradient.straight(decided, model))
    return replace(_after(decided, moved, gradient.pushed(decided, model, moved.rows)), source=decided)


def _turns(sample: Sample) -> tuple[tuple[moves.Cell, moves.Cell], ...]:
    """Return every group's two ways to turn a decision."""
    return tuple(((g, y), (g, 1 - y)) for g in range(len(sample.groups)) for y in (0, 1))


ATTACKS: dict[str, Attack] = {attack.key: attack for attack in (
    Attack("kl_optimal", "optimal reweighting", "draws real rows so that the cells come as near to the honest ones as "
           "the target allows, the groups' shares kept", "how often rows are drawn",
           lambda sample, goal, rng, cancelled: _reweighted(sample, optimal(sample.counts, goal))),
    Attack("kl_optimal_free", "optimal reweighting, free groups", "the same where the groups' shares may move too",
           "how often rows are drawn",
           lambda sample, goal, rng, cancelled: _reweighted(sample, optimal(sample.counts, goal, free=True))),
    Attack("entropic_balanced", "entropic, balanced", "takes as many favourable rows from the privileged side as it "
           "adds to the other", "how often rows are drawn",
           lambda sample, goal, rng, cancelled: _reweighted(sample, entropic(sample.counts, goal, balanced=True))),
    Attack("entropic_proportional", "entropic, proportional", "moves both sides' rates by the same amount",
           "how often rows are drawn",
           lambda sample, goal, rng, cancelled: _reweighted(sample, entropic(sample.counts, goal, balanced=False))),
    Attack("replace", "replace group or decision", "rewrites the group or the decision of some rows, their other "
           "columns kept", "group and decision", _replace(moves.REPLACE)),
    Attack("replace_decision", "replace the decision", "turns unfavourable decisions of the unprivileged side",
           "decision", _replace(moves.REPLACE[:1])),
    Attack("replace_group", "replace the group", "rewrites the group of some rows", "group",
           _replace(moves.REPLACE[1:])),
    Attack("matching", "matching", "replaces whole rows by the nearest rows of another cell", "whole rows", _matching),
    Attack("nearest_x", "nearest row of the same group", "replaces rows by the nearest row of the same group with the "
           "other decision; needs no model", "columns and decision", _nearest_x),
    Attack("gradient", "shortest move over the threshold", "moves numbers until a logistic model trained here decides "
           "otherwise", "columns and decision", _gradient),
)}
