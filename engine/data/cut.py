"""A yes/no outcome from a numeric target, for the pages that need one."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import numpy as np

from engine.errors import Issue, invalid
from engine.text import plain
from engine.types import UNKNOWN, Dataset, frozen


def cut(dataset: Dataset, at: float, above: bool = True) -> Dataset:
    """Return the data set with a label from its target: 1 where ``target >= at`` (with `above` false: where below).

    The fingerprint changes with the cut, since every number that needs a label does; target and scores stay.

    Raises
    ------
    InvalidData
        There is no target, `at` is not finite, or the cut leaves one class alone.

    Examples
    --------
    >>> from engine.types import Roles
    >>> data = Dataset("d", "", "", Roles(target="days"), 3, (), target=np.array([1.0, 2.0, 3.0]))
    >>> cut(data, 2).label.tolist(), cut(data, 2).roles.positive
    ([0, 1, 1], '>= 2')
    """
    column = dataset.roles.target
    where = f"column '{plain(column)}'"
    if dataset.target is None or column is None:
        raise invalid("a cut needs a numeric target", "roles", "none", "name the target's column")
    if not math.isfinite(at):
        raise invalid("a cut must be a number", where, f"{at}", "choose a value between the smallest and the largest")
    high = dataset.target >= at
    label = np.where(np.isnan(dataset.target), UNKNOWN, high == above).astype(np.int8)
    if not (label == 1).any() or not (label == 0).any():
        got = f"{at:g}, targets from {np.nanmin(dataset.target):g} to {np.nanmax(dataset.target):g}"
        raise invalid("a cut must leave rows on both sides", where, got, "choose a value in between")
    positive = f"{'>=' if above else '<'} {at:g}"
    mark = hashlib.sha256(f"{dataset.fingerprint} cut {at!r} {above}".encode()).hexdigest()
    note = Issue("note", "the outcome is a cut of a numeric target", where, f"positive: {positive}", "move it freely")
    return replace(
        dataset, label=frozen(label), fingerprint=mark, roles=replace(dataset.roles, label=column, positive=positive),
        issues=(*dataset.issues, note),
    )
