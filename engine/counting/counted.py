"""A count table as the data in use: the same pages and commands, from counts; what needs rows says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from engine.counting.file import CountsFile
from engine.counting.gathering import Tabulated
from engine.counting.index import ScoreIndex
from engine.counting.plan import Bins, Plan
from engine.counting.table import CountTable, EdgeRule
from engine.errors import Issue, invalid
from engine.text import plain
from engine.types import AttributeValues, Dataset, Exclusion, Roles, frozen

Index = ScoreIndex | CountTable   # what counts at thresholds: exact from rows, exact at bin edges from counts


def dataset_of(counts: CountsFile, name: str) -> Dataset:
    """Return the data set that a count table is: roles, groups and counts, but no rows.

    Its arrays are empty and its `counts` hold the table; `index_of` gives every count at any bin edge. Rates at a
    threshold between two edges are those at the upper edge.
    """
    table, plan, whole = replace(counts.table, unscored=0), counts.plan, counts.tabulated   # said in `excluded`
    roles = Roles(
        plan.protected, plan.label, plan.positive, scores=(plan.score,) if plan.score is not None else (),
        prediction=plan.prediction, selected=plan.selected, favourable=plan.favourable, weight=plan.weight,
    )
    none = frozen(np.zeros(0, dtype=np.int32))
    attributes = tuple(
        AttributeValues(a.column, a.kind, none, levels, a.reference, None, a.edges)
        for a, levels in zip(plan.protected, table.groups.levels, strict=True)
    )
    said = json.dumps({"bytes": counts.sha256, "roles": asdict(roles)}, sort_keys=True)
    return Dataset(
        name, counts.sha256, hashlib.sha256(said.encode()).hexdigest(), roles, whole.rows, attributes,
        label=None if plan.label is None else frozen(np.zeros(0, dtype=np.int8)),
        scores={plan.column: frozen(np.zeros(0))}, score=plan.column,
        score_source="column" if plan.score is not None else "prediction", excluded=whole.excluded,
        issues=(*_issues(counts),), counts=table,
    )


def _issues(counts: CountsFile) -> Sequence[Issue]:
    table = counts.table
    found = [Issue("note", "the rows are elsewhere", "count table", f"{len(table.edges):,} score bins",
                   "every number is exact at the edges of the bins; what needs rows says so")]
    if counts.suppressed:
        found.append(Issue("warning", "small groups were left out by the source", "count table",
                           f"{counts.suppressed:,} groups", "totals and gaps are of the groups that remain"))
    return found


def counts_of(dataset: Dataset, bins: Bins = "grid") -> CountsFile:
    """Return the count table of a data set whose rows are here, over all its attributes together.

    Raises
    ------
    InvalidData
        There is no score, or more than 1,024 distinct ones where each is to be a bin.
    """
    if dataset.score is None:
        raise invalid("a table counts a score or a prediction", f"data '{plain(dataset.name)}'", "none", "name one")
    roles, prediction = dataset.roles, dataset.score == dataset.roles.prediction
    protected = tuple(replace(a, kind=v.kind, edges=v.edges) for a, v in zip(roles.protected, dataset.attributes,
                                                                             strict=True))
    plan = Plan(protected, None if prediction else dataset.score, roles.prediction if prediction else None,
                roles.selected if prediction else None, roles.label, roles.positive, roles.favourable, roles.weight,
                bins)
    scores, edges = dataset.score_values(), plan.edges()
    if edges is not None:
        inside = (scores >= edges[0]) & (scores <= 1) if bins == "grid" and not prediction else scores >= edges[0]
    else:
        inside, edges = np.isfinite(scores), np.unique(scores[np.isfinite(scores)])
        if len(edges) > 1024:
            raise invalid("each distinct score can be a bin for at most 1,024 of them",
                          f"column '{plain(dataset.score)}'", f"{len(edges):,}", "use --bins grid")
    names = [attribute.name for attribute in dataset.attributes]
    table = CountTable.build(dataset.with_scores(dataset.score, np.where(inside, scores, np.nan)), names, edges)
    outside = int((np.isfinite(scores) & ~inside).sum())
    lost = (("no score", int((~np.isfinite(scores)).sum())), ("score outside the bins", outside))
    excluded = (*dataset.excluded, *(Exclusion(reason, rows) for reason, rows in lost if rows))
    rule: EdgeRule = "grid" if bins == "grid" and not prediction else "values"
    return CountsFile(Tabulated(replace(table, rule=rule), dataset.rows, excluded), plan)


def index_of(dataset: Dataset, attributes: Sequence[str]) -> Index:
    """Return what counts the score in use over the groups of some attributes: exact from rows, else from the table."""
    if dataset.counts is not None:
        return CountTable.build(dataset, attributes)
    return ScoreIndex.build(dataset, attributes)


def need_rows(dataset: Dataset, what: str) -> None:
    """Refuse data that are counts where rows are needed.

    Raises
    ------
    InvalidData
        The data are a count table.
    """
    if dataset.counts is not None:
        raise invalid(f"{what} needs rows", f"data '{plain(dataset.name)}'", "a table of counts",
                      "bring the rows, or use a page or command that works from counts")



