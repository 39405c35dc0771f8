"""Do the scores mean the same thing in every group? One function answers for page, command line and report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.calibration import cells, probability
from engine.calibration.balance import Moments, equality, moments
from engine.calibration.blocks import Blocks, by_group
from engine.calibration.classes import class_gap
from engine.calibration.group import Subject, measured
from engine.calibration.multicalibration import worst_anywhere
from engine.calibration.regions import region_edges
from engine.calibration.request import Request
from engine.calibration.results import Calibration, GroupCalibration, GroupingCalibration
from engine.counting.groups import EVERYBODY, Groups, attribute_sets, grouping
from engine.counting.table import CountTable
from engine.errors import invalid, stopped
from engine.policy import Policy
from engine.types import UNKNOWN, Cancelled, Codes, Dataset, Progress

__all__ = ["Calibration", "GroupCalibration", "GroupingCalibration", "Request", "calibrate", "calibrate_counts"]

PUBLISHED = Request()
Parts = tuple[tuple[Blocks, Moments], ...]
Split = Callable[[Groups, tuple[str, ...], Sequence[float]], Parts]   # the groups' rows, each with its cut


def calibrate(
    dataset: Dataset, request: Request = PUBLISHED, progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Calibration:
    """Return how far the score in use is from meaning what it says, for everybody and for every group.

    Parameters
    ----------
    dataset
        With an outcome and a score in [0, 1]; rows without either are left out and counted. A table of counts is
        answered by `calibrate_counts`.
    request
        Groupings, cut, bins, level, draws of the noise bands.
    progress, cancelled
        Told how far it is, asked whether to stop, between groups.

    Raises
    ------
    InvalidData
        No score, no outcome, scores outside [0, 1], no usable row, an unknown attribute; or stopped.
    """
    if dataset.counts is not None:
        return calibrate_counts(dataset.counts, request, dataset.name)
    if dataset.score is None or dataset.label is None:
        raise invalid("calibration needs a score and a yes/no outcome", dataset.name,
                      "no score" if dataset.score is None else "no outcome", "name both columns")
    scores = dataset.score_values()
    scored, labelled = np.isfinite(scores), dataset.label != UNKNOWN
    used = scored & labelled
    probability.check(scores[scored], dataset.score)
    if not used.any():
        raise invalid("calibration needs rows with a score and an outcome", dataset.name, "none", "check both columns")
    everything = bool(used.all())
    weight = dataset.weight if dataset.weight is None or everything else dataset.weight[used]
    score, label = (scores, dataset.label) if everything else (scores[used], dataset.label[used])

    def split(groups: Groups, attributes: tuple[str, ...], cuts: Sequence[float]) -> Parts:
        codes: Codes = grouping(dataset, attributes)[1]
        found = by_group(score, label, codes if everything else codes[used], len(groups), weight)
        return tuple((blocks, moments(blocks, cut)) for blocks, cut in zip(found, cuts, strict=True))

    names = tuple(attribute.name for attribute in dataset.attributes)
    wanted = _wanted(request, names)
    kinds = {attributes: grouping(dataset, attributes)[0] for attributes in ((), *wanted)}
    return _answer(kinds, split, request, (int((~scored).sum()), int((scored & ~labelled).sum())), weight is not None,
                   progress, cancelled)


def calibrate_counts(table: CountTable, request: Request = PUBLISHED, name: str = "the table") -> Calibration:
    """Return the same from a table of counts; `exact` is False: see `engine.calibration.cells.TOLERANCE`.

    Balance, calibration-in-the-large, the two-bin error, Brier and their standard errors are exact (errors of weighted
    tables apart), the others computed as if the scores of a cell were all at its mean.

    Raises
    ------
    InvalidData
        Scores outside [0, 1], no rows with an outcome, or a cut inside a cell.
    """
    cells.usable(table, name)

    def split(groups: Groups, attributes: tuple[str, ...], cuts: Sequence[float]) -> Parts:
        coarse = table.marginalise(attributes)
        for cut in cuts:
            if not cells.is_edge(table, cut):
                raise invalid("counts can be split only at the edge of a cell", name, f"cut {cut:g}",
                              f"use {table.edges[np.abs(table.edges - cut).argmin()]:g}, or the rows")
        return cells.blocks_and_sums(coarse, cuts)

    wanted = _wanted(request, table.groups.attributes)
    kinds = {attributes: table.groups.project(attributes)[0] for attributes in ((), *wanted)}
    unlabelled = int(table.counts[..., 2].sum())
    return _answer(kinds, split, request, (table.unscored, unlabelled), table.weights is not None, None, None, False)


def _wanted(request: Request, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    wanted = request.groupings if request.groupings is not None else attribute_sets(names)
    policy = request.cut.attributes if isinstance(request.cut, Policy) else ()
    for name in {*policy, *(name for attributes in wanted for name in attributes)} - set(names):
        raise invalid("groups must be made of protected attributes", f"attribute {name!r}",
                      f"the attributes are {', '.join(names) or 'none'}", "name one of them as protected")
    return tuple(wanted)


def _answer(
    kinds: dict[tuple[str, ...], Groups], split: Split, request: Request, left_out: tuple[int, int], weighted: bool,
    progress: Progress | None, cancelled: Cancelled | None, exact: bool = True,
) -> Calibration:
    cut, _ = _cuts(kinds[()], request)
    [(blocks, sums)] = split(kinds[()], (), cut)
    edges = region_edges(blocks, request.regions, cut[0])
    overall = measured(blocks, sums, Subject(EVERYBODY, (), cut[0]), edges, request)
    found: dict[str, GroupingCalibration] = {}
    for done, (attributes, groups) in enumerate(list(kinds.items())[1:], 1):
        def look(share: float, words: str, done: int = done) -> None:
            if cancelled is not None and cancelled():
                raise stopped("measuring calibration")
            if progress is not None:
                progress((done + share) / len(kinds), words)

        found[groups.name] = _grouping(attributes, groups, split, blocks, request, look)
    return Calibration(request, blocks.n, *left_out, weighted, overall, found,
                       worst_anywhere(overall, list(found.values()), request.min_group), exact)


def _grouping(
    attributes: tuple[str, ...], groups: Groups, split: Split, everybody: Blocks, request: Request, look: Progress
) -> GroupingCalibration:
    look(0.0, groups.name)
    cuts, note = _cuts(groups, request)
    parts = split(groups, attributes, cuts)
    count = sum(blocks.n >= request.min_group for blocks, _ in parts)
    edges = {cut: region_edges(everybody, request.regions, cut) for cut in cuts}
    measures = []
    for g, ((blocks, sums), cut) in enumerate(zip(parts, cuts, strict=True)):
        look(g / len(groups), f"{groups.name}, group {g + 1} of {len(groups)}")
        who = Subject(groups.names[g], groups.group_levels[g], cut, count)
        measures.append(measured(blocks, sums, who, edges[cut], request))
    balances = [group.balance for group in measures]
    return GroupingCalibration(
        groups, tuple(measures), equality(groups.names, balances, request.level, request.min_group),
        class_gap(measures, lambda group: group.positive_class, request.min_group),
        class_gap(measures, lambda group: group.negative_class, request.min_group), request.min_group, note,
    )


def _cuts(groups: Groups, request: Request) -> tuple[tuple[float, ...], str | None]:
    """Return each group's cut; one half, and why, where a policy does not give each group one threshold."""
    halves = (0.5,) * len(groups)
    if not isinstance(request.cut, Policy):
        return (float(request.cut),) * len(groups), None
    missing = [name for name in request.cut.attributes if name not in groups.attributes]
    if missing:
        return halves, f"the thresholds depend on {', '.join(missing)}, so Balance is read at one half here"
    coarse, index = groups.project(request.cut.attributes)
    mixes = [request.cut.mix(coarse.names[i]) for i in index]
    if any(len(mix) > 1 for mix in mixes):
        return halves, "the policy draws lots between thresholds, so Balance is read at one half here"
    return tuple(mix[0][0] for mix in mixes), None
