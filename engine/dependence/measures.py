"""Everything that is said of a model on rows that did not train it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.counting.groups import Groups
from engine.dependence import gaps, penalties, performance
from engine.dependence.attributes import ProtectedColumn
from engine.dependence.divergence import jensen_shannon, uniform_fairness
from engine.dependence.fit import expected
from engine.dependence.learning import Bench, exposure_of, mass_of, outcome_of, shown
from engine.dependence.request import PenaltyKind, Plan
from engine.dependence.result import Measures
from engine.types import Codes, Estimate, Floats, Ints

KINDS: tuple[PenaltyKind, ...] = ("marginal", "cc", "joint")


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows with an outcome, ready to measure any model on them."""

    plan: Plan
    rows: Ints
    outcome: Floats
    exposure: Floats | None
    weight: Floats | None
    mass: Floats | None               # of a dependence, see `mass_of`
    codes: Codes                      # (r,) cells
    cells: Groups
    single: tuple[tuple[Codes, int], ...]   # each attribute alone: codes and groups
    penalties: tuple[penalties.Penalty, ...]   # in the order of `KINDS`, then normalised

    @classmethod
    def of(cls, bench: Bench, rows: Ints, codes: Codes, cells: Groups) -> Part:
        """Return a part of the bench's data; its dependence is measured among its own rows."""
        dataset, plan = bench.dataset, bench.plan
        exposure, mass = exposure_of(dataset, plan), mass_of(dataset, plan)
        here = [column.at(rows) for column in bench.columns]
        single = tuple((found.codes[rows], len(found.levels)) for found in map(dataset.attribute, plan.attributes))
        return cls(
            plan, rows, outcome_of(dataset, plan)[rows], None if exposure is None else exposure[rows],
            None if dataset.weight is None else dataset.weight[rows], None if mass is None else mass[rows],
            codes[rows], cells, single, tuple(_rulers(plan, here, None if mass is None else mass[rows])),
        )

    def measure(self, predictor: Floats) -> Measures:
        """Return what a model's linear predictor of these rows, (r,), is worth."""
        family, level = self.plan.family, self.plan.request.level
        mean = expected(family, predictor, self.exposure)
        cost = performance.loss(family, self.outcome, predictor, mean, self.exposure, self.weight, level)
        return self._measured(cost, mean, shown(family, self.plan.scale, predictor, self.exposure))

    def gap_means(self, mean: Floats) -> tuple[gaps.CellMeans, list[gaps.CellMeans]]:
        """Return what gaps compare: over the cells, and over the groups of each attribute alone."""
        share = self.plan.family.task == "classification"
        values = (mean >= self.plan.request.threshold).astype(np.float64) if share else mean
        single = [gaps.cell_means(values, codes, count, self.weight, self.exposure, share)
                  for codes, count in self.single]
        return gaps.cell_means(values, self.codes, len(self.cells), self.weight, self.exposure, share), single

    def _measured(self, cost: Estimate, mean: Floats, seen: Floats) -> Measures:
        request, family, cells = self.plan.request, self.plan.family, len(self.cells)
        apart = jensen_shannon(seen, self.codes, cells, self.mass, self.plan.divergence, shuffles=request.shuffles,
                               rng=np.random.default_rng(request.seed))
        whole, single = self.gap_means(mean)
        alone = [self._gap(each) for each in single]
        most = gaps.largest(alone)
        means = gaps.cell_means(mean, self.codes, cells, self.weight, self.exposure)
        marginal, cc, joint, correlation = (penalty.value_and_gradient(seen)[0] for penalty in self.penalties)
        return Measures(
            n=len(seen), loss=cost,
            performance=performance.performance(family, self.outcome, mean, self.weight, request.level),
            dcov=marginal, ccdcov=cc, jdcov=joint, dcor=correlation,
            jsd=apart.value, jsd_null_high=apart.null_high(request.level), jsd_null_mean=apart.null_mean,
            jsd_p_value=apart.p_value,
            uniform_fairness=uniform_fairness(seen, self.codes, cells, self.mass, request.min_group),
            marginal_gap=most, intersectional_gap=self._gap(whole),
            mean_gap=self._gap(means), spread=_spread(seen, self.weight),
            calibration_slope=_slope(self.outcome, mean, self.weight),
            marginal_of=None if math.isnan(most.value) else self.plan.attributes[alone.index(most)],
        )

    def _gap(self, means: gaps.CellMeans) -> Estimate:
        request = self.plan.request
        return gaps.gap(means, gaps.kept(means, request.min_group), request.level)


def _rulers(plan: Plan, here: list[ProtectedColumn], mass: Floats | None) -> list[penalties.Penalty]:
    seed = plan.request.seed
    return [penalties.build(here, kind, c=plan.request.c, estimator="U" if mass is None else "V", weights=mass,
                            normalised=normalised, rng=np.random.default_rng(seed))
            for kind, normalised in (*((kind, False) for kind in KINDS), ("cc", True))]


def _spread(seen: Floats, weight: Floats | None) -> float:
    centre = np.average(seen, weights=weight)
    return math.sqrt(float(np.average((seen - centre) ** 2, weights=weight)))


def _slope(outcome: Floats, mean: Floats, weight: Floats | None) -> float:
    """Return the least-squares slope of outcome on prediction; NaN where all predictions are as good as one number."""
    weight = np.ones(len(mean)) if weight is None else weight
    off = mean - weight @ mean / weight.sum()
    spread = float(weight @ off**2)
    flat = spread <= 1e-12 * max(1.0, float(weight @ mean**2))
    return math.nan if flat else float(weight @ (off * outcome)) / spread
