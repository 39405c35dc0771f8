"""A model in the ONNX format: what it takes, and its scores of a table's rows; all of it happens in a sandbox."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

import numpy as np

from engine import backend
from engine.data.table import Table
from engine.errors import stopped
from engine.scoring.sandbox import BOUNDS, Bounds, Sandbox
from engine.scoring.schema import Input, batch, inputs_of, mapped, read_columns
from engine.scoring.scored import Scored
from engine.text import plain
from engine.types import Cancelled, Progress


@dataclass(frozen=True)
class OnnxModel:
    """An ONNX file that was looked into, and the columns that feed it."""

    file: str
    content: bytes = field(repr=False)
    inputs: tuple[Input, ...]
    chosen: Mapping[str, tuple[str, ...]]   # input to columns
    output: str
    provider: str                           # what ONNX Runtime really runs it on

    @property
    def name(self) -> str:
        """Return the name of its score: another model, or another mapping, has another."""
        mapping = json.dumps({item.name: self.chosen[item.name] for item in self.inputs})
        mark = hashlib.sha256(self.content + mapping.encode()).hexdigest()[:8]
        return f"{plain(PurePath(self.file).stem, 40)} (ONNX {mark})"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it reads, each once."""
        return tuple(dict.fromkeys(name for item in self.inputs for name in self.chosen[item.name]))

    def score(
        self, table: Table, progress: Progress | None = None, cancelled: Cancelled | None = None,
        bounds: Bounds = BOUNDS,
    ) -> Scored:
        """Return a score for each row of a table, (rows,); see `Scored`.

        Raises
        ------
        InvalidData
            A column does not hold what its input takes; the model fails, takes too much memory or time; or stopped.
        """
        columns = read_columns(table, self.inputs, self.chosen)
        values = np.empty(table.rows)
        with Sandbox(self.content, words(self.file), backend.onnx_providers(), bounds, cancelled=cancelled) as box:
            for start in range(0, table.rows, bounds.rows):
                if cancelled is not None and cancelled():
                    raise stopped("scoring with a model")
                if progress is not None:
                    progress(start / table.rows, f"{start:,} of {table.rows:,} rows")
                rows = slice(start, min(start + bounds.rows, table.rows))
                asked = batch(self.inputs, self.chosen, columns, rows)
                values[rows] = box.scores(asked, rows.stop - rows.start)
            provider = str(box.described["provider"])
        return Scored(values, plain(provider))


def opened(
    content: bytes, file: str, columns: Sequence[str], given: Mapping[str, tuple[str, ...]] | None = None,
    bounds: Bounds = BOUNDS,
) -> OnnxModel:
    """Return an ONNX model whose inputs are fed by a table's columns.

    Parameters
    ----------
    content
        The file's bytes, at most 50 MB.
    file
        Its name.
    columns
        The table's.
    given
        Columns by input where their names differ or an input takes several; see `engine.scoring.schema.mapped`.
    bounds
        What the model may use.

    Raises
    ------
    InvalidData
        The file is too large, is no ONNX model, holds what may not be loaded, or its inputs find no columns.
    """
    inputs, output, provider = described(content, file, bounds)
    return OnnxModel(file, content, inputs, mapped(inputs, columns, given or {}, words(file)), output, provider)


def described(content: bytes, file: str, bounds: Bounds = BOUNDS) -> tuple[tuple[Input, ...], str, str]:
    """Return a model's inputs, the output that is its score and the provider that runs it.

    Raises
    ------
    InvalidData
        As `opened`, columns apart.
    """
    with Sandbox(content, words(file), backend.onnx_providers(), bounds) as box:
        found = box.described
        return inputs_of(found, words(file)), str(found["output"]), plain(found["provider"])


def words(file: str) -> str:
    """Return how a model is named in a sentence."""
    return f"model '{plain(PurePath(file).name)}'"
