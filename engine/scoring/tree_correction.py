"""FairTTTS, exactly: what a tree says of a person who may take the other branch where it splits on the group.

FairTTTS (arXiv 2501.08155, 2025) walks down the tree at random, taking the other branch now and then, and averages 100
walks, so that the same person can get two decisions from two seeds. The walk is a Markov chain on a tree: its
expectation is one pass (`expectation`). The published rule looks at shares of a node and can lower the score of the
person it means to help; `favoured` looks at the person's own value down each branch, so that it cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.errors import invalid
from engine.scoring.models import Estimator
from engine.types import Codes, Floats, Ints

LEAF = -2
Mask = NDArray[np.bool_]
Flip = Callable[[int, Ints], Floats]   # a node and rows that reach it: how likely each takes the other branch


@dataclass(frozen=True, eq=False)
class Tree:
    """A fitted tree as arrays, and which of its nodes split on the group."""

    column: Ints          # (N,) encoded column that a node tests, LEAF for a leaf
    threshold: Floats     # (N,)
    left: Ints            # (N,) child of those at or below the threshold
    right: Ints
    value: Floats         # (N,) share of the positive outcome among the rows it was fitted on
    on_group: Mask        # (N,)

    @staticmethod
    def of(estimator: Estimator, group_columns: Ints) -> Tree:
        """Return a fitted scikit-learn classification tree; `group_columns` are the columns made of the attribute."""
        tree = estimator.tree_
        shares = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
        return Tree(tree.feature, tree.threshold, tree.children_left, tree.children_right, shares[:, 1],
                    np.isin(tree.feature, group_columns) & (tree.feature != LEAF))

    @cached_property
    def touched(self) -> Mask:
        """Return which nodes split on the group or stand above one that does, (N,)."""
        found = self.on_group.copy()
        for node in range(len(found) - 1, -1, -1):   # children have higher numbers than their parent
            if self.column[node] != LEAF:
                found[node] |= found[self.left[node]] | found[self.right[node]]
        return found

    def goes_right(self, node: int, inputs: Floats) -> Mask:
        """Return which rows take the right branch of a node, (rows,)."""
        return np.asarray(inputs[:, self.column[node]] > self.threshold[node])

    def leaves(self, start: int, inputs: Floats) -> Floats:
        """Return the value of the leaf that each row reaches from a node, (rows,)."""
        node = np.full(len(inputs), start)
        while (inner := np.flatnonzero(self.column[node] != LEAF)).size:
            at = node[inner]
            right = inputs[inner, self.column[at]] > self.threshold[at]
            node[inner] = np.where(right, self.right[at], self.left[at])
        return np.asarray(self.value[node])


def as_trees(estimator: Estimator, group_columns: Ints) -> tuple[Tree, ...]:
    """Return the trees of a fitted decision tree or forest."""
    return tuple(Tree.of(each, group_columns) for each in getattr(estimator, "estimators_", [estimator]))


def seen_by_trees(inputs: Floats) -> Floats:
    """Return encoded rows as scikit-learn's trees compare them: in single precision."""
    return np.asarray(inputs, dtype=np.float32).astype(np.float64)


def favoured(tree: Tree, inputs: Floats, helped: Mask, strengths: Floats, sign: int = 1) -> Floats:
    """Return the corrected score of each row at each strength, (Q, rows).

    Bottom-up per person: at a node that splits on the group, a person to be helped gets ``own + q max(other - own,
    0)``, where own and other are that person's values down the two branches. So nobody else moves, q = 0 is the model,
    and the score of a person to be helped never falls as q grows.

    Parameters
    ----------
    tree
        With its nodes on the group marked.
    inputs
        (rows, columns), from `seen_by_trees`.
    helped
        (rows,) members of the group that is worse off.
    strengths
        (Q,) q in [0, 1].
    sign
        1 where a high score is good for the person, -1 where a low one is: then scores never rise.

    Examples
    --------
    A tree of one split on the group, .2 on the person's own side and .6 on the other; q = .5 gives .4.

    >>> arrays = [np.array(a) for a in ([0, -2, -2], [0.5, 0, 0], [1, -1, -1], [2, -1, -1], [0.3, 0.2, 0.6])]
    >>> one = Tree(*arrays, np.array([True, False, False]))
    >>> favoured(one, np.array([[0.0]]), np.array([True]), np.array([0.0, 0.5, 1.0])).ravel()
    array([0.2, 0.4, 0.6])
    """
    def valued(node: int, rows: Ints) -> Floats:
        if not tree.touched[node]:
            return np.broadcast_to(tree.leaves(node, inputs[rows]), (len(strengths), len(rows)))
        right = tree.goes_right(node, inputs[rows])
        found = np.empty((len(strengths), len(rows)))
        for side, child, other in ((~right, tree.left[node], tree.right[node]),
                                   (right, tree.right[node], tree.left[node])):
            if not side.any():
                continue
            found[:, side] = valued(child, rows[side])
            lifted = np.flatnonzero(side & helped[rows]) if tree.on_group[node] else np.zeros(0, dtype=np.int64)
            if len(lifted):
                own = found[:, lifted]
                gain = np.maximum(sign * (valued(other, rows[lifted]) - own), 0)
                found[:, lifted] = own + sign * strengths[:, None] * gain
        return found

    return valued(0, np.arange(len(inputs)))


def expectation(tree: Tree, inputs: Floats, flip: Flip) -> Floats:
    """Return the expected leaf value of a random walk that takes the other branch with a given chance, (rows,).

    The sum over leaves of their value times the product of the chances along the path: one pass, no simulation.

    Parameters
    ----------
    flip
        From a node and the rows that reach it to their chance of taking the other branch there.
    """
    found = np.zeros(len(inputs))
    waiting = [(0, np.arange(len(inputs)), np.ones(len(inputs)))]
    while waiting:
        node, rows, chance = waiting.pop()
        if tree.column[node] == LEAF:
            found[rows] += chance * tree.value[node]
            continue
        other = flip(node, rows)
        to_right = chance * np.where(tree.goes_right(node, inputs[rows]), 1 - other, other)
        for child, part in ((tree.left[node], chance - to_right), (tree.right[node], to_right)):
            alive = part > 0
            if alive.any():
                waiting.append((child, rows[alive], part[alive]))
    return found


def published_flip(tree: Tree, inputs: Floats, helped: Mask, alpha: float = 9.0, reach: float = 0.1) -> Flip:
    """Return the released FairTTTS rule: everywhere a little, more where a node's share is worse for a person to help.

    Kept for comparison: its scale is the largest threshold of all columns, so nearly every node flips with chance
    `reach`; `alpha` of 5 and more are all the same; and a person to help can end up lower.
    """
    inner = tree.column != LEAF
    scale = float(np.abs(tree.threshold[inner]).max()) if inner.any() else 1.0

    def flip(node: int, rows: Ints) -> Floats:
        away = np.abs(inputs[rows, tree.column[node]] - tree.threshold[node]) / scale
        chance: Floats = np.minimum(reach - np.minimum(away, reach), 0.5)
        if tree.on_group[node]:
            worse = tree.value[tree.right[node]] < tree.value[tree.left[node]]   # the right child is less favourable
            meant = helped[rows] & (tree.goes_right(node, inputs[rows]) == worse)
            chance = np.where(meant, np.minimum(chance * alpha, 0.5), chance)
        return chance

    return flip


def neutral_flip(tree: Tree, inputs: Floats, right_share: float) -> Flip:
    """Return the flip that forgets the group: at its nodes everybody takes a branch by the groups' shares.

    For an attribute in one 0/1 column the expectation is the average of the two recodings, weighted by the shares.
    """
    def flip(node: int, rows: Ints) -> Floats:
        if not tree.on_group[node]:
            return np.zeros(len(rows))
        return np.where(tree.goes_right(node, inputs[rows]), 1 - right_share, right_share)

    return flip


def corrected(
    trees: tuple[Tree, ...], inputs: Floats, helped: Mask, strengths: Floats, sign: int = 1
) -> Floats:
    """Return the mean of `favoured` over the trees of a forest, (Q, rows).

    Raises
    ------
    InvalidData
        Where no tree splits on the group, so that the method cannot act.
    """
    if not any(tree.on_group.any() for tree in trees):
        raise invalid("a tree must split on the group", "tree correction", "none does: this method cannot act",
                      "choose another model or method")
    total = np.zeros((len(strengths), len(inputs)))
    for tree in trees:
        total += favoured(tree, inputs, helped, strengths, sign)
    return total / len(trees)


def worse_off(favourable: Mask, codes: Codes, groups: int) -> Ints:
    """Return the groups that get the favourable decision more rarely than everybody together."""
    sizes = np.bincount(codes, minlength=groups)
    shares = np.bincount(codes, favourable, minlength=groups) / np.maximum(sizes, 1)
    return np.flatnonzero((sizes > 0) & (shares < favourable.mean()))
