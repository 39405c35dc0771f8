"""Columns with a number or a yes/no for each row: outcome, target, scores, prediction, weight, exposure, identifier.

Each function returns an array of the table's rows and adds to `issues` what it found; after an error the array is
a placeholder that nobody uses.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.data.roles import column_words, values_of
from engine.data.table import Numbers, Table, canonical
from engine.errors import Issue
from engine.text import plain
from engine.types import UNKNOWN, Floats, Labels, Roles, frozen

SELECTED = ("1", "true", "yes")
LONGEST_ID = 128
DECIMAL_POINT = "write a point for the decimal sign"


def label_values(table: Table, roles: Roles, issues: list[Issue]) -> Labels:
    """Return 1 for the positive value, 0 for the others and `UNKNOWN` where there is none, (n,)."""
    column, positive = str(roles.label), canonical(str(roles.positive))
    text = table.text(column, keep=positive)
    code = text.code(positive)
    if code < 0:
        _add(issues, "error", "the positive value must occur", column_words(column), f"no '{plain(positive)}'",
             f"choose one of: {values_of(table, column)}")
    elif len(text.levels) > 2:
        others = values_of(table, column)
        _add(issues, "warning", "the outcome holds more than two values", column_words(column),
             f"{len(text.levels):,} ({others})", f"'{plain(positive)}' is set against all the others")
    elif len(text.levels) == 1:
        _add(issues, "warning", "the outcome holds one value only", column_words(column), f"'{plain(positive)}'",
             "rates that need the other are not estimable")
    if text.missing:
        _add(issues, "note", "rows without an outcome", column_words(column), f"{text.missing:,} rows",
             "they stay in selection rates alone")
    return frozen(np.where(text.codes < 0, UNKNOWN, text.codes == code).astype(np.int8))


def target_values(table: Table, roles: Roles, issues: list[Issue]) -> Floats:
    """Return the numeric target, NaN where missing, (n,)."""
    column = str(roles.target)
    values = _numbers(table, column, "the target must hold numbers", issues)
    if np.isinf(values).any():
        _add(issues, "error", "the target must be finite", column_words(column), "an infinite value", "correct it")
    elif roles.target_kind == "count" and (values < 0).any():
        _add(issues, "error", "a count cannot be negative", column_words(column), f"{np.nanmin(values):g}",
             "choose another column, or call the target a measurement")
    return values


def score_values(table: Table, column: str, issues: list[Issue]) -> Floats:
    """Return the score, NaN where there is none, (n,). An infinite score counts as none."""
    values = _numbers(table, column, "the score must hold numbers", issues)
    infinite = np.isinf(values)
    if infinite.any():
        values = frozen(np.where(infinite, np.nan, values))
        _add(issues, "warning", "infinite scores", column_words(column), f"{int(infinite.sum()):,} rows",
             "they are treated as rows without a score")
    known = values[~np.isnan(values)]
    if not known.size:
        if not any(issue.severity == "error" and issue.where == column_words(column) for issue in issues):
            _add(issues, "error", "the score must hold numbers", column_words(column), "none", "choose another column")
    elif known.min() < 0 or known.max() > 1:
        _add(issues, "note", "the score is not in [0, 1]", column_words(column),
             f"from {known.min():g} to {known.max():g}", "it is used as it is")
    return values


def prediction_values(table: Table, roles: Roles, issues: list[Issue]) -> Floats:
    """Return a two-valued prediction as 1 (selected), 0 or NaN (missing), (n,)."""
    column = str(roles.prediction)
    wanted = canonical(roles.selected) if roles.selected is not None else None
    text = table.text(column, keep=wanted)
    names = text.names(200)
    if len(text.levels) > 2:
        _add(issues, "error", "a prediction must hold two values", column_words(column),
             f"{len(text.levels):,} ({values_of(table, column)})", "choose another column, or call it a score")
        return frozen(np.zeros(table.rows))
    selected = [wanted] if wanted in names else []
    if wanted is None:
        selected = [name for name in names if name.casefold() in SELECTED]
    if len(selected) != 1:
        got = f"no '{plain(wanted)}'" if wanted is not None else f"values {values_of(table, column)}"
        _add(issues, "error", "one value of the prediction must mean selected", column_words(column), got,
             f"name one of: {values_of(table, column)}")
        return frozen(np.zeros(table.rows))
    code = text.code(str(selected[0]))
    return frozen(np.where(text.codes < 0, np.nan, (text.codes == code).astype(np.float64)))


def weight_values(table: Table, column: str, issues: list[Issue]) -> Floats:
    """Return the weight of each row, NaN where missing, (n,); rows at 0 are to be excluded."""
    return _positive(table, column, "weights", issues)


def exposure_values(table: Table, column: str, issues: list[Issue]) -> Floats:
    """Return the exposure of each row, NaN where missing, (n,); rows at 0 are to be excluded."""
    return _positive(table, column, "exposures", issues)


def id_values(table: Table, column: str, issues: list[Issue]) -> NDArray[np.str_]:
    """Return the identifier of each row as text, the empty string where missing, (n,)."""
    text = table.text(column)
    longest = pc.max(pc.utf8_length(text.levels)).as_py() or 0
    if longest > LONGEST_ID:
        _add(issues, "error", f"identifiers may have {LONGEST_ID} characters", column_words(column), f"{longest:,}",
             "choose another column")
        return frozen(np.full(table.rows, ""))
    repeated = int(np.count_nonzero(text.counts() > 1))
    if repeated or text.missing:
        _add(issues, "warning", "identifiers should name one row each", column_words(column),
             f"{repeated:,} that occur more than once, {text.missing:,} missing", "check that rows are not repeated")
    names = np.array([*text.levels.to_pylist(), ""], dtype=f"<U{max(longest, 1)}")
    return frozen(names[text.codes])


def _positive(table: Table, column: str, words: str, issues: list[Issue]) -> Floats:
    values = _numbers(table, column, f"{words} must be numbers", issues)
    if (values < 0).any() or np.isinf(values).any():
        got = f"{np.nanmin(values):g}" if (values < 0).any() else "an infinite value"
        _add(issues, "error", f"{words} must be finite and not negative", column_words(column), got, "correct them")
    return values


def _numbers(table: Table, column: str, rule: str, issues: list[Issue]) -> Floats:
    numbers: Numbers = table.numbers(column)
    if numbers.unreadable:
        got = f"{numbers.unreadable:,} cells that hold something else, e.g. '{plain(numbers.example)}'"
        _add(issues, "error", rule, column_words(column), got, f"{DECIMAL_POINT}, or choose another column")
    return numbers.values


def _add(
    issues: list[Issue], severity: Literal["error", "warning", "note"], what: str, where: str, got: str, do: str
) -> None:
    issues.append(Issue(severity, what, where, got, do))
