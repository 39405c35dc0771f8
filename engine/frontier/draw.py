"""A policy on rows: how likely each is selected, and a draw that gives the same person the same decision twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from engine.counting.groups import grouping
from engine.errors import InvalidPolicy, Issue
from engine.policy import Policy
from engine.text import plain
from engine.types import Dataset, Floats, Labels

UNDECIDED = -1
CERTAIN = 1e-12


def selection_probability(dataset: Dataset, policy: Policy) -> Floats:
    """Return how likely a policy selects each row, (n,): 0 or 1 unless it draws lots; NaN for a row without a score.

    Raises
    ------
    InvalidPolicy
        Where the policy depends on an attribute that the data has not.

    Examples
    --------
    >>> from engine.types import Roles
    >>> one = Dataset("x", "", "", Roles(), 3, (), scores={"s": np.array([0.2, 0.5, np.nan])}, score="s")
    >>> selection_probability(one, Policy.common(0.5))
    array([ 0.,  1., nan])
    """
    known = {attribute.name for attribute in dataset.attributes}
    for name in set(policy.attributes) - known:
        raise InvalidPolicy(Issue("error", "the policy's attributes must be in the data", f"attribute '{plain(name)}'",
                                  "none", "name it as protected"))
    groups, codes = grouping(dataset, policy.attributes)
    mixes = [policy.mix(name) for name in groups.names]
    score, chance = dataset.score_values(), np.zeros(dataset.n)
    for part in range(max(map(len, mixes), default=0)):
        threshold = np.array([mix[part][0] if part < len(mix) else np.inf for mix in mixes])
        share = np.array([mix[part][1] if part < len(mix) else 0.0 for mix in mixes])
        chance += np.where(score >= threshold[codes], share[codes], 0.0)
    chance = np.where(chance > 1 - CERTAIN, 1.0, np.where(chance < CERTAIN, 0.0, chance))   # sums of probabilities
    return np.where(np.isfinite(score), chance, np.nan)


def lot(key: str, seed: int) -> float:
    """Return a number in [0, 1) that depends on the key and the seed alone, on every machine.

    >>> lot("person 1", 0) == lot("person 1", 0), lot("person 1", 0) == lot("person 1", 1)
    (True, False)
    """
    digest = hashlib.sha256(f"equipoise/1\0{seed}\0{key}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def drawn(chance: Floats, keys: Sequence[str], seed: int) -> Labels:
    """Return the decision of each row: 1 where its lot falls below its chance, `UNDECIDED` where it has none.

    Parameters
    ----------
    chance
        (n,) from `selection_probability`.
    keys
        What identifies each row whose chance is neither 0 nor 1, in their order; see `torn`.
    """
    decision = np.where(np.isnan(chance), UNDECIDED, chance >= 1).astype(np.int8)
    rows = torn(chance)
    decision[rows] = [lot(key, seed) < chance[row] for row, key in zip(rows, keys, strict=True)]
    return decision


def torn(chance: Floats) -> np.ndarray:
    """Return the rows whose decision is left to a lot."""
    return np.flatnonzero((chance > 0) & (chance < 1))
