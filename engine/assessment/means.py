"""A numeric outcome by group: its mean, or what falls on a unit of exposure, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import invalid
from engine.intervals import student
from engine.text import plain
from engine.types import Dataset, Estimate, Estimates, Floats


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """A numeric outcome in every group of one attribute, everybody beside them."""

    target: str
    names: tuple[str, ...]           # raw, as in the file
    level: float
    total: Floats                    # (G,) sum of the outcome
    mean: Estimates                  # (G,) over the rows
    everybody: Estimate
    exposure: Floats | None = None   # (G,) sum of the exposure, where the outcome has one
    rate: Estimates | None = None    # (G,) outcome per unit of exposure
    rate_of_everybody: Estimate | None = None


def group_means(dataset: Dataset, attribute: str, level: float = 0.95) -> GroupMeans:
    """Return the numeric outcome of each group of a protected attribute.

    Parameters
    ----------
    dataset
        A data set with a numeric target. Rows without one are left out; weights are not used: rows are counted.
    attribute
        Column name of the protected attribute; KeyError where there is none.
    level
        Of the intervals, two-sided.

    Returns
    -------
    GroupMeans
        Means in the units of the target, rates in those per unit of exposure. A group without rows has no mean, one
        with a single row no interval; the reason is said.

    Raises
    ------
    InvalidData
        Where the data have no numeric target.

    References
    ----------
    Student 1908, Biometrika 6, 1-25, for the mean; Cochran 1977, Sampling Techniques, section 6.4, for the ratio.
    """
    if dataset.target is None or dataset.roles.target is None:
        raise invalid("a numeric outcome is needed", f"data '{plain(dataset.name)}'", "none", "choose another table")
    values = dataset.attribute(attribute)
    known = np.isfinite(dataset.target)
    codes, target = values.codes[known], dataset.target[known]
    size, names = len(values.levels), values.levels
    one = np.zeros(len(codes), dtype=np.int64)
    means = _ratios(codes, target, np.ones(len(target)), size, names, level)
    everybody = _ratios(one, target, np.ones(len(target)), 1, ("all",), level)[0]
    total = _sums(codes, target, size)
    if dataset.exposure is None:
        return GroupMeans(dataset.roles.target, names, level, total, means, everybody)
    exposure = dataset.exposure[known]
    rates = _ratios(codes, target, exposure, size, names, level)
    return GroupMeans(dataset.roles.target, names, level, total, means, everybody, _sums(codes, exposure, size), rates,
                      _ratios(one, target, exposure, 1, ("all",), level)[0])


def _ratios(
    codes: np.ndarray, above: Floats, below: Floats, groups: int, names: tuple[str, ...], level: float
) -> Estimates:
    """Return the ratio of two sums in each group; with ones below, the mean.

    Its error is that of the mean of what is left of ``above`` once the ratio's share of ``below`` is taken out.
    """
    rows, sums = _sums(codes, np.ones(len(codes)), groups), _sums(codes, below, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(sums > 0, _sums(codes, above, groups) / sums, np.nan)
        left = above - value[codes] * below
        error = np.sqrt(_sums(codes, left**2, groups) * rows / (rows - 1)) / sums
    low, high = student(value, np.where(rows > 1, error, np.nan), rows - 1, level)
    reasons = tuple(
        f"not estimable: {plain(name)} has no rows" if not n else "no interval: a single row" if n == 1 else None
        for name, n in zip(names, rows, strict=True)
    )
    return Estimates(value, low, high, rows, reasons)


def _sums(codes: np.ndarray, values: Floats, groups: int) -> Floats:
    return np.bincount(codes, values, groups).astype(np.float64)
