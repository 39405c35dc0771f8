"""FairTTTS exactly: what the walk expects, whom the corrected rule moves, and what the neutral variant averages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scoring.tree_correction import (
    Tree,
    as_trees,
    expectation,
    favoured,
    neutral_flip,
    published_flip,
    seen_by_trees,
)

STRENGTHS = np.array([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])
GROUP = np.array([0])


def people(n=1500, seed=0):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    x = rng.normal(size=(n, 3)) + 0.5 * group[:, None]
    label = rng.random(n) < 1 / (1 + np.exp(-(x[:, 0] + x[:, 1] * (group == 0) - 0.8 * group)))
    x[:, 2] *= 1e5   # like a census weight: the published rule measures every distance by the largest threshold
    return seen_by_trees(np.column_stack([group, x])), label.astype(int), group == 1


def grown(inputs, label, forest=False, **more):
    if forest:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(12, min_samples_leaf=5, random_state=0, **more).fit(inputs, label)
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(min_samples_leaf=5, random_state=0, **more).fit(inputs, label)


def simulated(tree, inputs, flip, walks, rng):
    """The walk itself, many times: the published method."""
    total = np.zeros(len(inputs))
    for _ in range(walks):
        node = np.zeros(len(inputs), dtype=int)
        while (inner := np.flatnonzero(tree.column[node] != -2)).size:
            for v in np.unique(node[inner]):
                rows = inner[node[inner] == v]
                other = rng.random(len(rows)) < flip(v, rows)
                node[rows] = np.where(tree.goes_right(v, inputs[rows]) ^ other, tree.right[v], tree.left[v])
        total += tree.value[node]
    return total / walks


def by_hand(tree, x, helped, q, sign, node=0):
    """The corrected rule of one person, as it is written down."""
    if tree.column[node] == -2:
        return tree.value[node]
    right = x[tree.column[node]] > tree.threshold[node]
    own, other = (tree.right[node], tree.left[node]) if right else (tree.left[node], tree.right[node])
    value = by_hand(tree, x, helped, q, sign, own)
    if tree.on_group[node] and helped:
        value += sign * q * max(sign * (by_hand(tree, x, helped, q, sign, other) - value), 0)
    return value


@pytest.mark.parametrize("forest", [False, True])
def test_without_strength_it_is_the_model(forest):
    inputs, label, helped = people()
    model = grown(inputs, label, forest)
    trees = as_trees(model, GROUP)
    assert any(tree.on_group.any() for tree in trees)
    corrected = np.mean([favoured(tree, inputs, helped, np.array([0.0]))[0] for tree in trees], axis=0)
    np.testing.assert_allclose(corrected, model.predict_proba(inputs)[:, 1], atol=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
def test_only_people_to_be_helped_move_and_never_down_as_it_gets_stronger(sign):
    for fold in range(5):
        inputs, label, helped = people(seed=fold)
        tree = Tree.of(grown(inputs[:1000], label[:1000]), GROUP)
        found = favoured(tree, inputs[1000:], helped[1000:], STRENGTHS, sign)
        assert (sign * np.diff(found, axis=0) >= -1e-12).all()
        np.testing.assert_array_equal(found[:, ~helped[1000:]], np.tile(found[0, ~helped[1000:]], (len(STRENGTHS), 1)))
        assert (sign * (found[-1] - found[0]) > 0.01).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, -1]))
def test_it_is_the_rule_as_it_is_written_down(seed, sign):
    inputs, label, helped = people(300, seed)
    tree = Tree.of(grown(inputs, label), GROUP)
    found = favoured(tree, inputs[:20], helped[:20], STRENGTHS, sign)
    wanted = [[by_hand(tree, x, h, q, sign) for x, h in zip(inputs[:20], helped[:20], strict=True)] for q in STRENGTHS]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_a_tree_of_one_split_by_hand():
    one = Tree(*(np.array(a) for a in ([0, -2, -2], [0.5, 0, 0], [1, -1, -1], [2, -1, -1], [0.4, 0.6, 0.2])),
               np.array([True, False, False]))
    inputs, helped = np.array([[0.0], [1.0], [1.0]]), np.array([True, True, False])
    np.testing.assert_allclose(favoured(one, inputs, helped, np.array([0.5]))[0], [0.6, 0.4, 0.2])
    np.testing.assert_allclose(favoured(one, inputs, helped, np.array([0.5]), -1)[0], [0.4, 0.2, 0.2])
    np.testing.assert_allclose(expectation(one, inputs, neutral_flip(one, inputs, 0.25)), [0.5, 0.5, 0.5])


def test_the_neutral_walk_is_the_average_of_both_recodings_in_every_fold():
    for fold in range(5):
        inputs, label, _ = people(seed=fold)
        model = grown(inputs[:1000], label[:1000])
        tree, tested = Tree.of(model, GROUP), inputs[1000:]
        share = inputs[:1000, 0].mean()
        found = expectation(tree, tested, neutral_flip(tree, tested, share))
        recoded = [np.column_stack([np.full(len(tested), v), tested[:, 1:]]) for v in (0, 1)]
        zero, one = (model.predict_proba(each)[:, 1] for each in recoded)
        np.testing.assert_allclose(found, (1 - share) * zero + share * one, atol=1e-12)


def test_the_expectation_is_that_of_the_walk_at_the_usual_rate():
    inputs, label, helped = people(400)
    tree = Tree.of(grown(inputs, label), GROUP)
    flip = published_flip(tree, inputs, helped)
    exact = expectation(tree, inputs, flip)
    rng, scaled = np.random.default_rng(0), []
    for walks in (25, 100, 400):
        error = simulated(tree, inputs, flip, walks, rng) - exact
        scaled.append(np.sqrt(np.mean(error**2)) * np.sqrt(walks))
    # Another expectation would leave an error that does not shrink: its scaled value would double each time.
    assert max(scaled) / min(scaled) < 1.25
    assert 0.05 < scaled[0] < 0.5


def test_two_seeds_of_the_walk_decide_some_people_differently():
    inputs, label, helped = people(400)
    tree = Tree.of(grown(inputs, label), GROUP)
    flip = published_flip(tree, inputs, helped)
    one, two = (simulated(tree, inputs, flip, 25, np.random.default_rng(seed)) >= 0.5 for seed in (1, 2))
    assert (one != two).any()


def test_the_published_rule_saturates_and_can_lower_whom_it_means_to_help():
    inputs, label, helped = people(seed=3)
    tree = Tree.of(grown(inputs, label), GROUP)
    assert (expectation(tree, inputs, published_flip(tree, inputs, helped, 1.0)) != tree.leaves(0, inputs)).any()
    five, nine = (expectation(tree, inputs, published_flip(tree, inputs, helped, alpha)) for alpha in (5.0, 9.0))
    np.testing.assert_allclose(five, nine, atol=1e-3)   # half is nearly reached at a 0/1 column whatever the rest

    def half(node, rows):
        return np.where(published_flip(tree, inputs, helped, 9.0)(node, rows) > 0.4, 0.5, 0.0)

    moved = expectation(tree, inputs, half) - tree.leaves(0, inputs)
    assert (moved[helped] < -1e-9).any()
    assert (favoured(tree, inputs, helped, np.array([0.5]))[0] - tree.leaves(0, inputs) >= -1e-12).all()
