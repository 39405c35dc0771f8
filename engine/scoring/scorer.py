"""Whatever gives a data set a score: a column, a model trained here, a model from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa

from engine.data.ingest import ingest
from engine.data.table import Table
from engine.errors import Issue, invalid
from engine.scoring import coefficients, models, onnx, refused
from engine.scoring.sandbox import BOUNDS, Bounds
from engine.scoring.scored import Scored
from engine.text import plain
from engine.types import Cancelled, Dataset, Floats, Progress


class Scorer(Protocol):
    """One way to a score version; its name is unique to what it computes."""

    @property
    def name(self) -> str:
        """Return the name of the score version."""
        ...

    def scored(
        self, dataset: Dataset, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> Dataset:
        """Return the data set with that score version, in use."""
        ...


class FileModel(Protocol):
    """A model from a file: scores the rows of a table."""

    @property
    def provider(self) -> str:
        """Return what computes the scores."""
        ...

    @property
    def name(self) -> str:
        """Return a name that is unique to the model's content and mapping."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it reads."""
        ...

    def score(self, table: Table, progress: Progress | None = None, cancelled: Cancelled | None = None) -> Scored:
        """Return a score for each row."""
        ...


@dataclass(frozen=True)
class ColumnScorer:
    """A score column of the file."""

    name: str

    def scored(
        self, dataset: Dataset, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> Dataset:
        """Return the data set with that column's score in use; KeyError where there is none."""
        return dataset.using(self.name)


@dataclass(frozen=True)
class TrainedScorer:
    """A model trained here; each row is scored by one that has not seen it."""

    model: str = "logistic"
    folds: int = models.FOLDS
    seed: int = 0
    protected_in: bool = False

    @property
    def name(self) -> str:
        """Return the name of the score version."""
        return models.score_name(models.MODELS[self.model], self.folds, self.seed, self.protected_in)

    def scored(
        self, dataset: Dataset, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> Dataset:
        """Return the data set with out-of-fold scores; see `engine.scoring.models.cross_fitted`."""
        return models.cross_fitted(dataset, self.model, self.folds, self.seed, progress, cancelled, self.protected_in)


@dataclass(frozen=True, eq=False)
class FileScorer:
    """A model from a file, and the table that the data set was read from: the model may read columns of any role."""

    model: FileModel
    table: Table

    @property
    def name(self) -> str:
        """Return the name of the score version."""
        return self.model.name

    def scored(
        self, dataset: Dataset, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> Dataset:
        """Return the data set with the model's scores.

        Raises
        ------
        InvalidData
            The table is not the data set's; the model fails; or stopped.
        """
        if self.table.sha256 != dataset.sha256:
            raise invalid("the table must be the one that the data set was read from", f"'{plain(self.table.name)}'",
                          "another file", "open the data again")
        found = self.model.score(self.table, progress, cancelled)
        with_score = dataset.with_scores(self.name, _kept(found.values, self.table, dataset), "column")
        note = Issue("note", "the score is that of a model from a file", f"score '{plain(self.name, 200)}'",
                     f"run on {found.provider}, {found.unscored:,} of {self.table.rows:,} rows without a score",
                     "the model's own training rows look better than others")
        issues = (issue for issue in dataset.issues if issue.where != note.where)
        return replace(with_score, issues=(*issues, *found.notes, note))


    def recoded(
        self, dataset: Dataset, column: str, value: str, progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Floats:
        """Return the model's score of each of the data set's rows, were a column the same value for everybody, (n,)."""
        everybody = self.table.with_column(column, pa.chunked_array([pa.repeat(value, self.table.rows)]))
        return _kept(self.model.score(everybody, progress, cancelled).values, self.table, dataset)


def opened(
    content: bytes, file: str, columns: Sequence[str], given: Mapping[str, tuple[str, ...]] | None = None,
    bounds: Bounds = BOUNDS,
) -> FileModel:
    """Return the model that a file holds, ready for a table with these columns.

    Raises
    ------
    InvalidData
        A kind of file that is refused, a broken one, or one that does not fit the columns.
    """
    if refused.format_of(content, file) == "json":
        return coefficients.opened(content, file, columns)
    return onnx.opened(content, file, columns, given, bounds)


def _kept(values: Floats, table: Table, dataset: Dataset) -> Floats:
    """Return the scores of the rows that the data set kept: ingestion leaves out the same rows again."""
    column = "score of a model"
    while column in table.columns:
        column += " "
    roles = replace(dataset.roles, label=None, positive=None, prediction=None, selected=None, scores=(column,),
                    features=(), id=None)
    kept = ingest(table.with_column(column, values), roles).score_values()
    if len(kept) != dataset.n:
        raise invalid("the table must have the data set's rows", f"'{plain(dataset.name)}'",
                      f"{len(kept):,} and {dataset.n:,} rows", "open the data again")
    return kept
