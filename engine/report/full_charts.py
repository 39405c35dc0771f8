"""The sections of the full report that are about a score: other thresholds, the frontier, calibration."""

from __future__ import annotations

from math import nan

import numpy as np

from engine.assessment import Assessment, GroupingResult
from engine.assessment.rates import Reading
from engine.calibration.results import Calibration, GroupingCalibration
from engine.counting.counted import index_of
from engine.frontier import FrontierResult, Point
from engine.metrics import DISPARITIES, RATES, Costs
from engine.policy import Policy
from engine.report.pictures import cell, measured, picture, slug, titled
from engine.report.request import Material
from engine.report.value import Cell, Section, Table
from engine.text import plain
from engine.types import Dataset

PANELS = 6     # of reliability
NAMED = 24     # groups in the key of a chart that has numbers in place of names
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def thresholds(material: Material, found: Assessment) -> Section:
    """Return the reported rate against the threshold, for each attribute."""
    from engine.charts.sweep import points, rate_against_threshold
    from engine.report.full import drawn
    from engine.thresholds.sweep import sweep

    title = "What other thresholds would do"
    dataset, request = material.dataset, material.request
    if dataset.score_source == "prediction":
        return Section("thresholds", title, ("The decision was brought as it is: there is no threshold to move.",))
    reading = Reading(dataset.roles.favourable, Costs(request.cost_fp, request.cost_fn), request.level,
                      dataset.label is not None)
    key = request.rate
    common = found.policy.otherwise if found.policy.kind == "common" else None
    pictures = []
    for result in drawn(found):
        shown = [int(g) for g in np.argsort(-result.sizes, kind="stable")[:12]]
        swept = sweep(index_of(dataset, result.attributes), result.attributes, key, reading, points(len(shown)),
                      request.seed)
        chart = rate_against_threshold(swept, _in_use(result, found.policy), result.rates[key], shown, common, None,
                                       np.flatnonzero(result.small).tolist())
        note = f"The {len(shown)} largest of {len(result.names)} groups are drawn." if len(shown) < len(
            result.names) else ""
        pictures.append(picture(chart, titled(f"{RATES[key].name} against the threshold, by {plain(result.name)}"),
                                f"chart-thresholds-{result.name}", note, (key,)))
    return Section("thresholds", title, (), (), tuple(pictures))


def _in_use(result: GroupingResult, policy: Policy) -> np.ndarray:
    """Return the threshold of each group of a grouping; NaN where it differs inside the group or is drawn."""
    if policy.kind == "common":
        return np.full(len(result.names), policy.otherwise)
    if policy.attributes == result.attributes:
        mixes = [policy.mix(name) for name in result.names]
        return np.array([mix[0][0] if len(mix) == 1 else nan for mix in mixes])
    return np.full(len(result.names), nan)


def frontier(material: Material, found: Assessment) -> Section:
    """Return the frontiers over the groups of the policy, with every policy of the report as a point beside them."""
    from engine.charts.frontier import Mark, TradeOff, trade_off
    from engine.frontier import Request, find
    from engine.frontier.stops import lines

    request = material.request
    named = [("this policy", found.policy), *([("baseline", material.baseline.policy)] if material.baseline else []),
             *((name, each.policy) for name, each in material.rejected)]
    attributes = _attributes(material.dataset, [policy for _, policy in named])
    result = find(material.dataset, Request(
        request.disparity, request.utility, attributes, level=request.level, min_group=request.min_group,
        cost_fp=request.cost_fp, cost_fn=request.cost_fn, seed=request.seed))
    curves = lines(result)
    marks, rows = [], []
    for letter, (name, policy) in zip(LETTERS, named, strict=False):
        utility, disparity = result.realised(policy)
        reported = result.test(Point(policy.kind, disparity, utility, disparity, nan, None, policy))
        marks.append(Mark(letter, policy.kind, disparity, utility, reported))
        kept = (measured(reported.utility), measured(reported.disparity)) if reported else (None, None)
        rows.append((letter, plain(name), policy.kind, cell(utility), cell(disparity), *kept))
    effects = {kind: [None] * len(line.points) for kind, line in curves.items()}
    chart = trade_off(TradeOff(curves, request.disparity, request.utility, result.groups.names, effects, marks))
    drawn = picture(chart, titled(f"{result.problem.utility.name} against {DISPARITIES[request.disparity].name}, by "
                                  f"{plain(result.groups.name)}"), name="chart-frontier",
                    definitions=("pareto_frontier", "found_and_reported"))
    return Section("frontier", "The best trade-offs that exist", tuple(_told(result)),
                   (_points(result, tuple(rows)),), (drawn,))


def _attributes(dataset: Dataset, policies: list[Policy]) -> tuple[str, ...]:
    """Return the attributes that the policies' thresholds depend on; the first one where none does."""
    needed = {name for policy in policies for name in policy.attributes}
    names = tuple(attribute.name for attribute in dataset.attributes)
    return tuple(name for name in names if name in needed) or names[:1]


def _told(result: FrontierResult) -> list[str]:
    found_on, kept = result.rows
    said = [f"The frontiers were found on {found_on:,} rows; the policies of this report are marked on them by their "
            f"letters, and again, with intervals, on the other {kept:,} rows." if kept else
            f"The frontiers were found and are shown on the same {found_on:,} rows: these numbers flatter."]
    said += [f"No frontier for {kind} thresholds: {why}." for kind, why in result.unsolved.items()]
    said += [f"The best common threshold is taken for {plain(name)}: {plain(why, 200)}."
             for name, why in result.left_out]
    return said


def _points(result: FrontierResult, rows: tuple[tuple[Cell, ...], ...]) -> Table:
    utility, disparity = result.problem.utility.name, DISPARITIES[result.request.disparity].name
    return Table("frontier-points", "The policies of this report beside the frontiers",
                 ("letter", "policy", "thresholds", f"{utility}, rows of the frontier",
                  f"{disparity}, rows of the frontier", f"{utility}, other rows", f"{disparity}, other rows"), rows,
                 definitions=("utility", result.request.disparity))


def calibration(material: Material, found: Assessment) -> Section:
    """Return what the score means in each group: measures, the quadrant, and reliability."""
    from engine.calibration import Request, calibrate
    from engine.calibration.probability import as_probability, is_deciles
    from engine.charts.calibration import quadrant
    from engine.charts.calibration_reliability import reliability
    from engine.report.full import drawn

    dataset, request = material.dataset, material.request
    title = "Calibration"
    if dataset.score_source == "prediction":
        return Section("calibration", title, ("A decision of two values has no calibration: there is no score.",))
    said = []
    if dataset.counts is None and is_deciles(dataset):
        dataset = as_probability(dataset)
        said.append("The scores are deciles, read as the middle of their tenth: a convention, as deciles rank people.")
    results = drawn(found)
    answer = calibrate(dataset, Request(tuple(result.attributes for result in results), level=request.level,
                                        min_group=request.min_group, seed=request.seed),
                       progress=material.progress, cancelled=material.cancelled)
    pictures, tables = [], []
    for name, grouping in answer.groupings.items():
        tables.append(_measures(answer, grouping))
        known = [g for g, group in enumerate(grouping.measured) if group.n]
        sizes = np.array([grouping.measured[g].n for g in known])
        shown = [known[place] for place in np.argsort(-sizes, kind="stable")[:PANELS]]
        if not shown:
            continue
        pictures.append(picture(quadrant(grouping.measured, f"{answer.overall.cut:g}", request.min_group),
                                f"Calibration-in-the-large and Balance by {plain(name)}",
                                f"chart-calibration-{name}", _key(grouping, known),
                                ("balance_score", "calibration_in_the_large")))
        note = f"The {len(shown)} largest of {len(known)} groups are drawn." if len(shown) < len(known) else ""
        pictures.append(picture(reliability(grouping.measured, sorted(shown)), f"Reliability by {plain(name)}",
                                f"chart-reliability-{name}", note, ("reliability_bars",)))
    return Section("calibration", title, tuple(said), tuple(tables), tuple(pictures))


def _key(grouping: GroupingCalibration, known: list[int]) -> str:
    """Return which group each number of a chart stands for."""
    from engine.charts.theme import badge

    named = [f"{badge(g)} {plain(grouping.measured[g].name)}" for g in known[:NAMED]]
    return f"{', '.join(named)}{', …' if len(known) > NAMED else ''}."


def _measures(answer: Calibration, grouping: GroupingCalibration) -> Table:
    rows = []
    named = [*((plain(group.name) + (" (small)" if small else ""), group)
               for group, small in zip(grouping.measured, grouping.small, strict=True)), ("everybody", answer.overall)]
    for name, group in named:
        rows.append((name, cell(group.n), cell(group.base_rate), cell(group.mean_score),
                     measured(group.calibration_in_the_large), measured(group.balance), cell(group.ece.value),
                     cell(group.ece.noise_high), cell(group.brier), measured(group.slope)))
    words = plain(grouping.groups.name)
    return Table(f"calibration-{slug(words)}", f"Calibration by {words}",
                 ("group", "rows", "base rate", "mean score", "calibration-in-the-large", "Balance", "ECE",
                  "ECE of calibrated scores up to", "Brier score", "slope"), tuple(rows),
                 notes=(f"{answer.unlabelled:,} rows without a known outcome are left out.",) if answer.unlabelled
                 else (), definitions=("calibration_in_the_large", "balance_score", "expected_calibration_error",
                                       "calibrated_noise", "brier_score", "calibration_slope"))
