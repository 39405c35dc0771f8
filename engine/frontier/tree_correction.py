"""The tree correction as a curve: utility and disparity at every strength, and whose decision changes.

Every row is scored by the trees of a fold that did not see it, so that no number here is from rows that trained it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.counting.counted import need_rows
from engine.counting.groups import grouping
from engine.errors import InvalidData, invalid, stopped
from engine.frontier import Reported, Request
from engine.frontier.judging import expected, reported
from engine.metrics import DISPARITIES
from engine.scoring.models import FOLDS, FoldModel, fold_models
from engine.scoring.recoding import scores_by_value
from engine.scoring.tree_correction import Tree, as_trees, corrected, seen_by_trees, worse_off
from engine.text import plain
from engine.types import AttributeValues, Cancelled, Dataset, Floats, Ints, Labels, Progress

STRENGTHS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
TREES = ("decision_tree", "random_forest")
BANNER = "Uses group membership at decision time: two people who differ only in their group can be decided differently."


@dataclass(frozen=True)
class CorrectionRequest:
    """Which trees are corrected for whom.

    Parameters
    ----------
    attribute
        The protected attribute; it is among the features of these trees.
    helped
        Raw names of the groups whose members are helped; None: those below the overall favourable rate at q = 0.
    model
        One of `TREES`.
    strengths
        Values of q in [0, 1]; 0 is added where it is missing.
    threshold
        Selected is ``score >= threshold``.
    folds, seed
        Of the cross-fitting.
    """

    attribute: str
    helped: tuple[str, ...] | None = None
    model: str = "random_forest"
    strengths: tuple[float, ...] = STRENGTHS
    threshold: float = 0.5
    folds: int = FOLDS
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Correction:
    """Out-of-fold scores at each strength; NaN for rows without an outcome, which no fold holds out."""

    request: CorrectionRequest
    helped: tuple[str, ...]
    strengths: Floats        # (Q,) ascending, the first is 0: the model as it is
    scores: Floats           # (Q, n)
    neutral: Floats          # (n,) the attribute averaged out by the groups' shares
    group_nodes: int         # nodes that split on the attribute, over all trees of all folds


@dataclass(frozen=True)
class CurvePoint:
    """One strength (None: the neutral variant) on rows that no tree of it has seen."""

    strength: float | None
    reported: Reported


@dataclass(frozen=True, eq=False)
class Changed:
    """People whose decision differs from that of the model as it is."""

    rows: Ints              # positions in the data set
    before: Floats          # score
    after: Floats
    selected_now: Labels    # 1 selected after the correction, 0 not
    groups: tuple[str, ...]  # raw name of each row's group
    of: int                 # rows that were scored


def correct(
    dataset: Dataset, request: CorrectionRequest, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Correction:
    """Return the scores of cross-fitted trees, corrected at every strength.

    Raises
    ------
    InvalidData
        No such attribute, group or tree model, what `fold_models` refuses, no tree that splits on the attribute (the
        method cannot act), or stopped.
    """
    need_rows(dataset, "the tree correction")
    attribute = _checked(dataset, request)
    progress, cancelled = progress or (lambda share, words: None), cancelled or (lambda: False)

    def training(share: float, words: str) -> None:
        progress(0.5 * share, words)

    fitted = list(fold_models(dataset, request.model, request.folds, request.seed, training, cancelled, True))
    sign = 1 if dataset.roles.favourable == "selected" else -1
    forests = [_trees(fold, attribute) for fold in fitted]
    nodes = sum(int(tree.on_group.sum()) for trees in forests for tree in trees)
    if not nodes:
        raise invalid("a tree must split on the group", f"{request.model.replace('_', ' ')}",
                      f"none splits on '{plain(attribute.name)}': this method cannot act", "choose another model")
    plainly = np.full(dataset.n, np.nan)
    for fold in fitted:
        plainly[fold.held_out] = fold.scores(fold.held_out)
    helped = request.helped if request.helped is not None else _below(plainly, attribute, request.threshold, sign)
    member = np.isin(attribute.codes, [attribute.levels.index(name) for name in helped])
    strengths = np.array(sorted({0.0, *request.strengths}))
    scores, neutral = np.full((len(strengths), dataset.n), np.nan), np.full(dataset.n, np.nan)
    for done, (fold, trees) in enumerate(zip(fitted, forests, strict=True)):
        if cancelled():
            raise stopped("the tree correction")
        progress(0.5 + 0.5 * done / len(fitted), f"correcting fold {done + 1} of {len(fitted)}")
        rows = fold.held_out
        inputs = seen_by_trees(fold.inputs(rows))
        acts = any(tree.on_group.any() for tree in trees)
        scores[:, rows] = corrected(trees, inputs, member[rows], strengths, sign) if acts else plainly[rows]
        neutral[rows] = _averaged(fold, attribute, rows)
    progress(1.0, "done")
    return Correction(request, helped, strengths, scores, neutral, nodes)


def curve(dataset: Dataset, found: Correction, asked: Request) -> tuple[CurvePoint, ...]:
    """Return utility and disparity, with intervals, at each strength and of the neutral variant.

    Parameters
    ----------
    asked
        Utility, disparity, level, smallest group; its attributes are the attribute corrected.
    """
    if "auc" in DISPARITIES[asked.disparity].rates:
        raise invalid("decisions must change the disparity", "disparity", DISPARITIES[asked.disparity].name,
                      "choose another")
    groups, codes = grouping(dataset, (found.request.attribute,))
    points = []
    for strength, scores in [*zip(found.strengths.tolist(), found.scores, strict=True), (None, found.neutral)]:
        chance = (scores >= found.request.threshold).astype(np.float64)
        counts = expected(dataset, codes, chance, np.flatnonzero(np.isfinite(scores)), len(groups))
        points.append(CurvePoint(strength, reported(counts, groups, replace(asked, attributes=groups.attributes),
                                                    dataset)))
    return tuple(points)


def changed(dataset: Dataset, found: Correction, place: int) -> Changed:
    """Return whose decision differs between the model as it is and strength number `place`."""
    before, after = found.scores[0], found.scores[place]
    selected = after >= found.request.threshold
    rows = np.flatnonzero(np.isfinite(before) & ((before >= found.request.threshold) != selected))
    attribute = dataset.attribute(found.request.attribute)
    return Changed(rows, before[rows], after[rows], selected[rows].astype(np.int8),
                   tuple(attribute.levels[code] for code in attribute.codes[rows]), int(np.isfinite(before).sum()))


def _checked(dataset: Dataset, request: CorrectionRequest) -> AttributeValues:
    known = [attribute.name for attribute in dataset.attributes]
    if request.attribute not in known:
        raise _unknown("protected attribute", request.attribute, known)
    if request.model not in TREES:
        raise _unknown("tree model", request.model, list(TREES))
    attribute = dataset.attribute(request.attribute)
    for name in request.helped or ():
        if name not in attribute.levels:
            raise _unknown("group", name, list(attribute.levels))
    if any(not 0 <= q <= 1 for q in request.strengths):
        raise invalid("a strength must lie between 0 and 1", "tree correction",
                      ", ".join(f"{q:g}" for q in request.strengths), "correct it")
    return attribute


def _unknown(what: str, name: str, known: list[str]) -> InvalidData:
    return invalid(f"the {what} must be known", "tree correction", f"'{plain(name)}'",
                   f"choose one of: {', '.join(map(plain, known)) or 'none'}")


def _below(scores: Floats, attribute: AttributeValues, threshold: float, sign: int) -> tuple[str, ...]:
    """Return the groups that the model, as it is, decides favourably more rarely than everybody together."""
    known = np.flatnonzero(np.isfinite(scores))
    favourable = (scores[known] >= threshold) == (sign > 0)
    below = worse_off(favourable, attribute.codes[known], len(attribute.levels))
    return tuple(attribute.levels[g] for g in below)


def _trees(fold: FoldModel, attribute: AttributeValues) -> tuple[Tree, ...]:
    place = [feature.name for feature in fold.features].index(attribute.name)
    return as_trees(fold.estimator, np.flatnonzero(fold.owners == place))


def _averaged(fold: FoldModel, attribute: AttributeValues, rows: Ints) -> Floats:
    """Return the mean of a row's scores over the groups, by their shares among the rows that the fold was fitted on."""
    shares = np.bincount(attribute.codes[fold.fitted_on], minlength=len(attribute.levels)) / len(fold.fitted_on)
    present = np.flatnonzero(shares)
    scores = scores_by_value(fold, attribute, [attribute.levels[g] for g in present], rows)
    return np.asarray(scores @ shares[present])
