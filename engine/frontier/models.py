"""The frontier over models: each point a model and a policy, found on validation rows and reported on test rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from engine.assessment import default_policy
from engine.counting.counts import GroupCounts
from engine.counting.groups import Groups, grouping
from engine.errors import InvalidData, invalid, stopped
from engine.frontier import FrontierResult, Reported, find
from engine.frontier.dominance import Volume, nondominated
from engine.frontier.draw import selection_probability
from engine.frontier.judging import Resampler, covered, expected, objectives, reported
from engine.frontier.request import Request, check
from engine.frontier.split import held_out, index_of
from engine.frontier.training import TRAINERS, Candidate, Training
from engine.metrics import AUC, DISPARITIES
from engine.policy import Policy, PolicyKind
from engine.text import plain
from engine.types import Cancelled, Dataset, Floats, Progress

COLUMN = "uploaded"


@dataclass(frozen=True)
class Study:
    """Which models to compare, on what; `bounds` are the points taken from each model's own frontier."""

    request: Request = field(default_factory=Request)
    models: tuple[str, ...] = tuple(TRAINERS)
    columns: bool = True                        # the data's own score columns too
    shares: tuple[float, float] = (0.25, 0.25)  # of the rows: for validation, for the test; the rest trains
    bounds: tuple[float, ...] = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, eq=False)
class ModelPoint:
    """A model under a policy. `policy` is None for a model that decides by itself."""

    model: str
    family: str
    kind: PolicyKind | None
    bound: float | None
    policy: Policy | None
    utility: float       # on the validation rows
    disparity: float
    test: Reported       # on the test rows
    counts: Floats       # (G, 6) expected counts on the test rows, in the order of CELLS


@dataclass(frozen=True, eq=False)
class ModelFrontier:
    """Every point, which of them no other beats on validation rows, each model's own frontier, and what was skipped."""

    points: tuple[ModelPoint, ...]
    front: np.ndarray                           # (points,) on the validation rows
    frontiers: Mapping[str, FrontierResult]     # by model, of scores alone
    volume: Volume                              # of all points on the test rows; objectives utility, minus disparity
    skipped: tuple[tuple[str, str], ...]
    rows: tuple[int, int, int]                  # train, validation, test
    unseen: np.ndarray                          # (n,) rows that no model was trained on


@dataclass(frozen=True, eq=False)
class _Desk:
    """Where candidates are judged: the split, the groups, the question."""

    dataset: Dataset
    study: Study
    groups: Groups
    task: Training
    validation: np.ndarray
    test: np.ndarray
    resampler: Resampler

    def judge(self, family: str, candidate: Candidate) -> tuple[FrontierResult | None, list[ModelPoint], Floats]:
        if candidate.decides:
            return None, [self._decided(family, candidate)], self.resampler.draws(candidate.values[:, None])
        request = self.study.request
        scored = self.dataset.with_scores(candidate.name, candidate.values)
        parts = [index_of(scored, self.groups.attributes, rows) for rows in (self.validation, self.test)]
        result = replace(find(scored, request, parts[0]), reported_on=parts[1])
        points = [self._under(family, candidate, default_policy(scored), result, None, None)]
        for kind in result.curves:
            for bound in self.study.bounds:
                found = result.at(kind, 1 - bound if DISPARITIES[request.disparity].form == "ratio" else bound)
                if found.policy is not None:
                    points.append(self._under(family, candidate, found.policy, result, kind, found.bound))
        chances = [selection_probability(scored, point.policy) for point in points if point.policy is not None]
        return result, points, self.resampler.draws(np.stack(chances, axis=1))

    def _under(
        self, family: str, candidate: Candidate, policy: Policy, result: FrontierResult, kind: PolicyKind | None,
        bound: float | None,
    ) -> ModelPoint:
        if result.reported_on is None:
            raise ValueError("test rows are needed")
        on_validation, on_test = result.found_on.under(policy), result.reported_on.under(policy)
        return self._point(candidate.name, family, policy, (kind, bound), on_validation, on_test)

    def _decided(self, family: str, candidate: Candidate) -> ModelPoint:
        counts = [expected(self.dataset, self.task.codes, candidate.values, rows, len(self.groups))
                  for rows in (self.validation, self.test)]
        return self._point(candidate.name, family, None, (None, None), counts[0], counts[1])

    def _point(
        self, name: str, family: str, policy: Policy | None, asked: tuple[PolicyKind | None, float | None],
        found: GroupCounts, kept: GroupCounts,
    ) -> ModelPoint:
        seen, test = (reported(c, self.groups, self.study.request, self.dataset) for c in (found, kept))
        return ModelPoint(name, family, asked[0], asked[1], policy, seen.utility.value, seen.disparity.value, test,
                          np.asarray(kept.values, dtype=np.float64))


def compare(
    dataset: Dataset, study: Study, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> ModelFrontier:
    """Return how models compare: each one's own frontier, and every point on rows that nobody has seen.

    Parameters
    ----------
    dataset
        With an outcome and protected attributes; with features where models are to be trained.
    study
        Models, split, points.
    progress, cancelled
        Told before each model; asked then, too.

    Raises
    ------
    InvalidData
        Where the question cannot be asked of this data, no model could be trained, or the visitor stopped it.
    """
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)
    desk = _desk(dataset, study)
    points: list[ModelPoint] = []
    draws: list[Floats] = []   # (R, points, G, 6) on the same draws of the test rows
    frontiers: dict[str, FrontierResult] = {}
    skipped: list[tuple[str, str]] = []
    jobs = list(_jobs(dataset, study))
    for done, (family, name) in enumerate(jobs):
        if cancelled():
            raise stopped("the comparison of models")
        progress(done / len(jobs), f"model {done + 1} of {len(jobs)}: {plain(name)}")
        try:
            for candidate in _candidates(desk.task, family, name):
                result, found, drawn = desk.judge(family, candidate)
                points += found
                draws.append(drawn)
                if result is not None:
                    frontiers[candidate.name] = result
        except (InvalidData, ValueError) as refusal:   # scikit-learn and fairlearn refuse data by ValueError
            skipped.append((name, plain(refusal, 200)))
    progress(1.0, "done")
    if not points:
        raise invalid("no model could be compared", f"data '{plain(dataset.name)}'",
                      "; ".join(f"{name}: {why}" for name, why in skipped) or "none asked for", "choose other models")
    rows = len(desk.task.train), int(desk.validation.sum()), int(desk.test.sum())
    seen = objectives(np.array([p.utility for p in points]), np.array([p.disparity for p in points]), study.request)
    cells = np.stack([p.counts for p in points])
    volume = covered(cells, np.concatenate(draws, axis=1), study.request, dataset.roles.favourable)
    return ModelFrontier(tuple(points), nondominated(seen), frontiers, volume, tuple(skipped), rows,
                         desk.validation | desk.test)


def _jobs(dataset: Dataset, study: Study) -> Iterator[tuple[str, str]]:
    if study.columns:
        yield from ((COLUMN, name) for name in dataset.scores)
    for key in study.models:
        if key not in TRAINERS:
            raise invalid("the model must be known", "models", f"'{plain(key)}'",
                          f"choose one of: {', '.join(TRAINERS)}")
        yield key, TRAINERS[key].name


def _candidates(task: Training, family: str, name: str) -> Iterator[Candidate]:
    if family == COLUMN:
        yield Candidate(name, task.dataset.scores[name])
        return
    trainer = TRAINERS[family]
    if not task.dataset.features:
        raise invalid("a model needs features", "data", "none", "choose the columns that it may use")
    if trainer.disparities is not None and task.disparity not in trainer.disparities:
        raise invalid("it must know the disparity", trainer.name, DISPARITIES[task.disparity].name,
                      "choose another disparity")
    yield from trainer.fit(task)


def _desk(dataset: Dataset, study: Study) -> _Desk:
    request = study.request
    attributes = check(dataset if dataset.score else dataset.with_scores("none", np.zeros(dataset.n)), request)
    if AUC.key in DISPARITIES[request.disparity].rates:
        raise invalid("thresholds must change the disparity", "disparity", DISPARITIES[request.disparity].name,
                      "choose another")
    validation_share, test_share = study.shares
    if min(study.shares) <= 0 or sum(study.shares) >= 1:
        raise invalid("validation and test must leave rows to train on", "shares",
                      f"{validation_share:g} and {test_share:g}", "e.g. 0.25 and 0.25")
    groups, codes = grouping(dataset, attributes)
    test = held_out(dataset, attributes, test_share, request.seed)
    rest = held_out(dataset, attributes, validation_share / (1 - test_share), request.seed + 1) & ~test
    label = np.zeros(dataset.n, dtype=np.int8) if dataset.label is None else dataset.label
    known = label >= 0
    train, validation = np.flatnonzero(~test & ~rest & known), np.flatnonzero(rest & known)
    task = Training(dataset, label, codes, train, validation, request.disparity, request.seed)
    resampler = Resampler.of(dataset, codes, test, len(groups), request.seed)
    return _Desk(dataset, study, groups, task, rest, test, resampler)
