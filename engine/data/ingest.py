"""A table and the roles of its columns to a `Dataset`. Every problem is found before any is reported."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.data.features import feature
from engine.data.outcome import (
    exposure_values,
    id_values,
    label_values,
    prediction_values,
    score_values,
    target_values,
    weight_values,
)
from engine.data.protected import attribute_values
from engine.data.roles import check_roles
from engine.data.table import Table
from engine.errors import InvalidData, Issue, invalid
from engine.text import plain
from engine.types import AttributeValues, Dataset, Exclusion, Feature, Floats, Roles, ScoreSource, frozen

Array = TypeVar("Array", bound=np.ndarray)
COLUMN: ScoreSource = "column"


def ingest(
    table: Table, roles: Roles, name: str | None = None, simulated: bool = False, excluded: tuple[Exclusion, ...] = ()
) -> Dataset:
    """Return the data set that a table is under the roles given.

    Rows without an outcome keep their place with the label `UNKNOWN`; rows without a score keep it with a score of NaN.
    Rows without a numeric target, or whose weight or exposure is missing or 0, are excluded and counted.

    Parameters
    ----------
    table
        What `engine.data.reading.read` returned.
    roles
        What each column is; values are compared as canonical text (see `Table.text`).
    name
        What to call the data set; the table's name where not given.
    simulated
        Whether the rows are made up; said wherever the data set is shown.
    excluded
        Rows of the source that were taken out of the table before.

    Raises
    ------
    InvalidData
        A role names no column or a column twice, a column does not hold what its role needs, no row is left. Its
        ``issues`` hold every problem.

    Examples
    --------
    >>> from engine.data.reading import read
    >>> from engine.types import Attribute
    >>> table = read(b"sex,paid,score\\nF,yes,0.9\\nM,no,0.2\\nF,,0.4\\n", "loans.csv")
    >>> data = ingest(table, Roles((Attribute("sex"),), label="paid", positive="yes", scores=("score",)))
    >>> data.label.tolist(), data.attribute("sex").levels, data.score_values().tolist()
    ([1, 0, -1], ('F', 'M'), [0.9, 0.2, 0.4])
    """
    problems = check_roles(table, roles)
    if problems:
        raise InvalidData(*problems)
    return _Ingestion(table, roles).dataset(name or table.name, simulated, excluded)


class _Ingestion:
    """The columns of one table while they are being read; what is wrong with them gathers in `issues`."""

    def __init__(self, table: Table, roles: Roles) -> None:
        self.table, self.roles = table, roles
        self.issues: list[Issue] = list(table.notes)
        self.keep: NDArray[np.bool_] = np.ones(table.rows, dtype=bool)
        self.excluded: list[Exclusion] = []

    def dataset(self, name: str, simulated: bool, before: tuple[Exclusion, ...]) -> Dataset:
        table, roles = self.table, self.roles
        label = label_values(table, roles, self.issues) if roles.label else None
        target = target_values(table, roles, self.issues) if roles.target else None
        scores, source = self._scores()
        weight = weight_values(table, roles.weight, self.issues) if roles.weight else None
        exposure = exposure_values(table, roles.exposure, self.issues) if roles.exposure else None
        attributes = [attribute_values(table, attribute, self.issues) for attribute in roles.protected]
        features = [feature(table, column, self.issues) for column in roles.features]
        ids = id_values(table, roles.id, self.issues) if roles.id else None
        if any(issue.severity == "error" for issue in self.issues):
            raise InvalidData(*(issue for issue in self.issues if issue.severity == "error"))
        self._exclude(target, f"no value of the target '{plain(roles.target)}'", zero_too=False)
        self._exclude(weight, f"weight '{plain(roles.weight)}' missing or 0")
        self._exclude(exposure, f"exposure '{plain(roles.exposure)}' missing or 0")
        if not self.keep.any():
            raise invalid("at least one row must be usable", f"file '{plain(name)}'", "none", "look at the roles")
        return Dataset(
            name=name, sha256=table.sha256, fingerprint=fingerprint(table.sha256, roles), roles=roles,
            rows=table.rows + sum(item.rows for item in before),
            attributes=tuple(self._kept_attribute(a) for a in attributes if a is not None),
            label=self._kept(label), target=self._kept(target),
            scores={key: self._kept_any(values) for key, values in scores.items()}, score=next(iter(scores), None),
            score_source=source, sources=self._sources(), weight=self._kept(weight),
            exposure=self._kept(exposure), ids=self._kept(ids),
            features=tuple(Feature(f.name, self._kept_any(f.values), f.levels) for f in features if f is not None),
            excluded=(*before, *self.excluded), issues=tuple(self.issues), simulated=simulated,
        )

    def _scores(self) -> tuple[dict[str, Floats], ScoreSource]:
        scores = {column: score_values(self.table, column, self.issues) for column in self.roles.scores}
        source = COLUMN
        if self.roles.prediction is not None:
            source = COLUMN if scores else "prediction"
            scores[self.roles.prediction] = prediction_values(self.table, self.roles, self.issues)
        return scores, source

    def _sources(self) -> dict[str, ScoreSource]:
        """Return where each score version is from, once there is a decision beside a score; else nothing."""
        roles, scores = self.roles, dict.fromkeys(self.roles.scores, COLUMN)
        return {**scores, roles.prediction: "prediction"} if scores and roles.prediction is not None else {}

    def _exclude(self, values: Floats | None, reason: str, zero_too: bool = True) -> None:
        if values is None:
            return
        usable = values > 0 if zero_too else np.isfinite(values)
        lost = int(np.count_nonzero(self.keep & ~usable))
        self.keep &= usable
        if lost:
            self.excluded.append(Exclusion(reason, lost))

    def _kept_any(self, values: Array) -> Array:
        return values if not self.excluded else frozen(values[self.keep])   # type: ignore[return-value]

    def _kept(self, values: Array | None) -> Array | None:
        return None if values is None else self._kept_any(values)

    def _kept_attribute(self, attribute: AttributeValues) -> AttributeValues:
        return AttributeValues(
            attribute.name, attribute.kind, self._kept_any(attribute.codes), attribute.levels, attribute.reference,
            self._kept(attribute.values), attribute.edges,
        )


def fingerprint(sha256: str, roles: Roles) -> str:
    """Return the hash of bytes and roles together: equal where, and only where, every number must be equal."""
    text = json.dumps({"bytes": sha256, "roles": asdict(roles)}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
