"""Tables about the score itself: calibration by group, what other thresholds would do, a digest of all counts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.assessment import Assessment, assess
from engine.assessment.disparities import against_reference
from engine.counting.counted import index_of
from engine.errors import InvalidData, stopped
from engine.policy import Policy
from engine.report.pictures import cell, measured
from engine.report.request import Material
from engine.report.tables.evidence import alone
from engine.report.tables.ugesp import highest
from engine.report.value import Cell, Table
from engine.text import plain
from engine.thresholds.sweep import sweep_thresholds

THRESHOLDS = 9   # between the lowest and the highest score
SWEPT = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision")


def calibration(material: Material, name: str) -> tuple[Table | None, str]:
    """Return slope, intercept, ECE and Brier score of each group and everybody, or why there are none."""
    from engine.calibration import Request, calibrate
    from engine.calibration.probability import as_probability, is_deciles

    if material.kept_back:
        return None, "left out, as it would tell numbers of groups that are kept back"
    if material.found is None or material.dataset.score_source == "prediction":
        return None, "a decision of two values has no calibration: there is no score"
    dataset, request = material.dataset, material.request
    note: tuple[str, ...] = ()
    if dataset.counts is None and is_deciles(dataset):
        dataset, note = as_probability(dataset), ("Deciles are read as the middle of their tenth.",)
    try:
        found = calibrate(dataset, Request(tuple(result.attributes for result in alone(material)), level=request.level,
                                           min_group=request.min_group, draws=0, seed=request.seed),
                          progress=material.progress, cancelled=material.cancelled)
    except InvalidData as refusal:
        return None, "; ".join(issue.prose() for issue in refusal.issues)
    named = [("", "everybody", found.overall), *((plain(words), plain(group.name), group)
             for words, grouping in found.groupings.items() for group in grouping.measured)]
    rows = tuple((words, group, cell(each.n), measured(each.slope), measured(each.intercept), cell(each.ece.value),
                  cell(each.brier)) for words, group, each in named)
    return Table(name, "Calibration", ("groups of", "group", "rows", "slope", "intercept", "ECE", "Brier score"), rows,
                 notes=note, definitions=("calibration_slope", "expected_calibration_error", "brier_score")), ""


def thresholds(material: Material, name: str) -> Table | None:
    """Return rates and impact ratio of every group of each attribute at thresholds over the score's range."""
    if material.found is None or material.kept_back or material.dataset.score_source == "prediction":
        return None
    rows: list[tuple[Cell, ...]] = []
    places = _places(material)
    for k, threshold in enumerate(places):
        if material.cancelled():
            raise stopped("report")
        material.progress(k / len(places), "thresholds")
        rows += _at(material, material.found, threshold)
    return Table(name, "Rates at other thresholds",
                 ("threshold", "groups of", "group", "selection rate", "true positive rate", "false positive rate",
                  "precision", "impact ratio"), tuple(rows), "One threshold for all.",
                 definitions=(*SWEPT, "impact_ratio"))


def _places(material: Material) -> Sequence[float]:
    names = tuple(attribute.name for attribute in material.dataset.attributes)
    found = sweep_thresholds(index_of(material.dataset, names), THRESHOLDS + 2)
    inner = found[1:-1] if len(found) > THRESHOLDS else found
    return [float(value) for value in np.unique(inner)]


def _at(material: Material, found: Assessment, threshold: float) -> list[tuple[Cell, ...]]:
    policy = Policy.common(threshold, material.dataset.score)
    groupings = tuple(result.attributes for result in alone(material))
    moved = assess(material.dataset, replace(found.request, policy=policy, groupings=groupings))
    rows: list[tuple[Cell, ...]] = []
    for name, result in moved.groupings.items():
        best = highest(result)
        ratio = None if best is None else against_reference(
            {"favourable_rate": result.rates["favourable_rate"]}, best, result.names)["ratio"]["favourable_rate"]
        for g, group in enumerate(result.names):
            last: Cell = "highest rate" if g == best else None if ratio is None else measured(ratio[g])
            rows.append((cell(threshold), plain(name), plain(group),
                         *(measured(result.rates[key][g]) for key in SWEPT), last))
    return rows


def digest(found: Assessment) -> str:
    """Return the sha256 of all counts behind the numbers: equal where somebody else's run gives the same."""
    said = hashlib.sha256()
    for result in (found.overall, *found.groupings.values()):
        said.update(repr((result.name, result.names, np.asarray(result.counts.values, dtype=float).round(6).tolist()))
                    .encode())
    return said.hexdigest()
