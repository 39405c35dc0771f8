"""The path: from the unpenalised model to one that hardly depends on the protected attributes, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.counting.groups import Groups, grouping
from engine.dependence import penalties
from engine.dependence.division import TEST, TRAIN, VALIDATION, divided, outcome_groups
from engine.dependence.learning import Bench, Learned, exposure_of, mass_of, outcome_of, shown
from engine.dependence.markers import marked
from engine.dependence.measures import Part
from engine.dependence.request import MODELS, PENALTIES, Plan
from engine.dependence.result import Calibration, Path, PathPoint
from engine.errors import invalid, stopped
from engine.text import plain
from engine.types import Cancelled, Codes, Dataset, Floats, Ints, Progress

SHUFFLES = 10          # draws of the penalty's floor
TYPICAL = 40           # evaluations of a typical fit, for progress within one
Clock = Callable[[], float]
Arrived = Callable[[PathPoint], None]   # told of each model as soon as it is measured


@dataclass(frozen=True, eq=False)
class Walk:
    """What stays the same along a path: rows, parts, the training penalty, who is told and asked."""

    dataset: Dataset
    plan: Plan
    cells: Groups
    codes: Codes
    bench: Bench
    validation: Part
    test: Part
    penalty: penalties.Penalty
    held: Ints
    clock: Clock
    cancelled: Cancelled
    arrived: Arrived
    predictions: dict[str, Floats] = field(default_factory=dict)   # filled as the path is walked

    def fitted(
        self, key: str, name: str, penalty: penalties.Penalty | None, strength: float, kappa: float | None,
        start: Learned | None, cancelled: Cancelled | None = None,
    ) -> tuple[PathPoint, Learned]:
        """Return one model, measured, and keep its predictions of the rows that did not train it."""
        begun = self.clock()
        learned = self.bench.learn(penalty, strength, start, cancelled or self.cancelled)
        seconds = self.clock() - begun
        measured = [part.measure(self.bench.predictor(learned, part.rows)) for part in (self.validation, self.test)]
        exposure = exposure_of(self.dataset, self.plan)
        self.predictions[key] = shown(self.plan.family, self.plan.scale, self.bench.predictor(learned, self.held),
                                      None if exposure is None else exposure[self.held])
        seen = self.seen(learned)
        value = self.penalty.value_and_gradient(seen)[0]
        point = PathPoint(key, name, kappa, strength, seconds, learned.iterations, learned.evaluations,
                          learned.converged, learned.message, learned.loss, value, one_number(seen), measured[0],
                          measured[1])
        self.arrived(point)
        return point, learned

    def seen(self, learned: Learned) -> Floats:
        """Return the training rows' predictions on the scale of the penalty."""
        return self.bench.problem.penalised(self.bench.predictor(learned, self.bench.train))[0]


def walk(
    dataset: Dataset, plan: Plan, progress: Progress, cancelled: Cancelled, clock: Clock, arrived: Arrived
) -> tuple[Walk, list[PathPoint], Calibration]:
    """Return the path's points in the order of the strengths asked for, and where lambda comes from."""
    progress(0.0, "dividing the rows")
    here = _prepared(dataset, plan, clock, cancelled, arrived)
    request = plan.request
    asked = request.kappas if request.lambdas is None else request.lambdas
    steps = sorted(set(asked))
    told = Telling(progress, cancelled, len(steps) + 1)
    zero, learned = here.fitted(_key(0.0), "unpenalised", None, 0.0, 0.0, None, told.step("without a penalty"))
    calibration = calibrated(here, learned)
    found = {0.0: zero}
    for place in steps:
        if place == 0:
            continue
        strength = place * calibration.unit if request.lambdas is None else place
        kappa = place if request.lambdas is None else (place / calibration.unit if calibration.unit > 0 else None)
        words = f"strength {place:g}"
        name = f"{PENALTIES[request.penalty]}, {MODELS[plan.model]}"
        found[place], learned = here.fitted(_key(strength), name, here.penalty, strength, kappa, learned,
                                            told.step(words))
    return here, [found[place] for place in dict.fromkeys(asked)], calibration


def finished(
    here: Walk, points: list[PathPoint], calibration: Calibration, baselines: list[PathPoint],
    skipped: list[tuple[str, str]],
) -> Path:
    """Return everything as one frozen value."""
    plan, dataset, part = here.plan, here.dataset, here.test
    rows = np.bincount(part.codes, minlength=len(here.cells))
    least = plan.request.min_group
    left = tuple((name, f"{count} rows in the test, fewer than {least}")
                 for name, count in zip(here.cells.names, rows, strict=True) if count < least)
    outcome = outcome_of(dataset, plan)[here.held]
    return Path(
        fingerprint=dataset.fingerprint, plan=plan, cells=here.cells,
        cell_sizes=np.bincount(here.codes, minlength=len(here.cells)),
        compared=tuple(int(g) for g in np.flatnonzero(rows >= least)), left_out=left,
        rows=(len(here.bench.train), len(here.validation.rows), len(part.rows)),
        columns=here.bench.problem.features.shape[1], points=tuple(points), baselines=tuple(baselines),
        skipped=tuple(skipped), markers=marked(points, plan.request.target), calibration=calibration,
        route=here.penalty.route, error=here.penalty.error, constant=here.penalty.constant,
        estimator="U" if mass_of(dataset, plan) is None else "V", gap_is=gap_words(plan), held=here.held,
        test=np.isin(here.held, part.rows), labelled=~np.isnan(outcome), predictions=here.predictions,
    )


def gap_words(plan: Plan) -> str:
    """Return what the gaps compare."""
    if plan.family.task == "classification":
        return f"share of rows with a probability of {plan.request.threshold:g} or more"
    return "mean prediction" if plan.family.task == "regression" else "expected count per unit of exposure"


def calibrated(here: Walk, unpenalised: Learned) -> Calibration:
    """Return what one unit of kappa is: the loss that the features gain over the penalty of the unpenalised model.

    Where that penalty is no larger than what shuffled predictions give, the latter stands in: a lambda that divides
    by noise would ask for everything.
    """
    problem = here.bench.problem
    gain = max(0.0, problem.constant_loss() - unpenalised.loss)
    seen = here.seen(unpenalised)
    value = here.penalty.value_and_gradient(seen)[0]
    rng = np.random.default_rng(here.plan.request.seed)
    shuffled = [here.penalty.value_and_gradient(rng.permutation(seen))[0] for _ in range(SHUFFLES)]
    floor = float(np.max(np.abs(shuffled)))
    base = max(value, floor)
    note = "the unpenalised model depends on the attributes no more than chance does" if value <= floor else None
    if gain <= 0 or not base > 0:
        return Calibration(gain, value, floor, 0.0, "the features gain nothing, so every strength is 0")
    return Calibration(gain, value, floor, gain / base, note)


@dataclass(frozen=True)
class Telling:
    """Progress between and within fits: each evaluation asks whether to stop and moves the bar a little."""

    progress: Progress
    cancelled: Cancelled
    steps: int
    done: list[int] = field(default_factory=list)

    def step(self, words: str) -> Cancelled:
        """Return what a fit asks at each evaluation."""
        begun = len(self.done)
        self.done.append(0)
        self.progress(min(0.99, begun / self.steps), words)

        def asked() -> bool:
            self.done[begun] += 1
            within = 1 - math.exp(-self.done[begun] / TYPICAL)
            self.progress(min(0.99, (begun + within) / self.steps), words)
            return self.cancelled()

        return asked


def _prepared(dataset: Dataset, plan: Plan, clock: Clock, cancelled: Cancelled, arrived: Arrived) -> Walk:
    cells, codes = grouping(dataset, plan.attributes)
    part = _parts(dataset, plan, codes)
    if cancelled():
        raise stopped("the path of models")
    bench = Bench.of(dataset, plan, np.flatnonzero(part == TRAIN))
    parts = [Part.of(bench, np.flatnonzero(part == which), codes, cells) for which in (VALIDATION, TEST)]
    return Walk(dataset, plan, cells, codes, bench, parts[0], parts[1], bench.penalty(),
                np.flatnonzero(part != TRAIN), clock, cancelled, arrived)


def _parts(dataset: Dataset, plan: Plan, codes: Codes) -> Ints:
    """Return each row's part; -1 without an outcome."""
    outcome = outcome_of(dataset, plan)
    known = np.flatnonzero(~np.isnan(outcome))
    groups = outcome_groups(outcome[known], plan.family.task)
    part = np.full(dataset.n, -1, dtype=np.int64)
    part[known] = divided(codes[known].astype(np.int64) * (int(groups.max()) + 1) + groups, plan.request.shares,
                          plan.request.seed)
    if min((part == which).sum() for which in (TRAIN, VALIDATION, TEST)) < 8:
        raise invalid("training, validation and test need 8 rows each", f"data '{plain(dataset.name)}'",
                      f"{len(known)} rows with an outcome", "bring more rows")
    return part


def one_number(prediction: Floats) -> bool:
    """Return whether predictions are as good as one number: nobody can be ranked by them."""
    return bool(prediction.std() <= 1e-6 * max(1.0, float(np.abs(prediction).mean())))


def _key(strength: float) -> str:
    return f"path {strength!r}"
