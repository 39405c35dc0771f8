"""Policies in and out: nobody changes sides on the way, and what does not fit is refused in words."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.errors import InvalidPolicy
from engine.policy import Policy
from engine.thresholds.exchange import (
    LARGEST,
    at_edges,
    exported,
    fitting,
    known_attributes,
    midpoint,
    on_edges,
    read_policy,
    snapped,
)
from tests.build import dataset

INF = float("inf")


def deciles():
    rng = np.random.default_rng(0)
    return dataset(np.ceil(10 * rng.random(500)), rng.integers(0, 2, 500), g=rng.choice(["a", "b"], 500).tolist())


def probabilities():
    rng = np.random.default_rng(1)
    return dataset(rng.random(4000), rng.integers(0, 2, 4000), g=rng.choice(["a", "b"], 4000).tolist())


def selected(data, policy):
    return ScoreIndex.build(data, ("g",)).under(policy).values


POLICIES = (
    Policy.common(5.0), Policy.common(INF), Policy.common(-INF), Policy.common(0.5), Policy.common(11.0),
    Policy.per_group(("g",), {"a": 3.0, "b": INF}, 0.25),
    Policy("randomised", 0.5, (("a", ((0.25, 0.5), (7.0, 0.5))),), ("g",)),
)


@pytest.mark.parametrize("data", [deciles(), probabilities()], ids=["deciles", "probabilities"])
@pytest.mark.parametrize("policy", POLICIES)
def test_an_exported_policy_selects_the_same_rows_and_no_score_meets_its_thresholds(data, policy):
    away = exported(policy, ScoreIndex.build(data, ("g",)), data)
    np.testing.assert_array_equal(selected(data, away), selected(data, policy))
    finite = [t for _, mix in away.thresholds for t, _ in mix] + [away.otherwise]
    assert not set(finite) & set(data.scores["s"].tolist())
    assert (away.data_sha256, away.score) == (data.sha256, "s")
    assert Policy.from_json(json.loads(json.dumps(away.to_json()))) == away


def test_a_midpoint_lies_halfway_between_neighbours():
    data = deciles()
    assert exported(Policy.common(5.0), ScoreIndex.build(data, ()), data).otherwise == 4.5


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20), st.data())
def test_a_midpoint_never_moves_a_score_to_the_other_side(values, more):
    scores = np.unique(np.array(values) + 0.0)
    threshold = more.draw(st.one_of(st.sampled_from(scores.tolist()), st.floats(allow_nan=False)))
    np.testing.assert_array_equal(scores >= midpoint(scores, threshold), scores >= threshold)


@pytest.mark.parametrize("data", [deciles(), probabilities()], ids=["deciles", "probabilities"])
def test_there_and_back_again_is_the_policy_on_the_edges(data):
    table, index = CountTable.build(data, ("g",)), ScoreIndex.build(data, ("g",))
    policy = at_edges(table, (3, 7), 5, "s")
    back = snapped(exported(policy, index, data), table, index)
    assert on_edges(table, back).tolist() == [3, 7, 5]


def test_what_selects_other_rows_than_every_edge_stays_as_it_is():
    data = probabilities()
    table, index = CountTable.build(data, ()), ScoreIndex.build(data, ())
    scores = np.sort(data.scores["s"])
    inner = np.flatnonzero(np.diff(np.floor(1024 * scores), prepend=-1) == 0)[50]   # shares its bin with the one below
    between = float(scores[inner])
    assert snapped(Policy.common(between), table, index).otherwise == between
    assert on_edges(table, Policy.common(between)) is None


def test_edges_and_thresholds_stand_for_each_other():
    table = CountTable.build(deciles(), ("g",))
    for edges in ((0, 4), (10, 2)):
        assert on_edges(table, at_edges(table, edges, 1, "s")).tolist() == [*edges, 1]
    assert on_edges(table, at_edges(table, (), 10, "s")).tolist() == [10, 10, 10]
    assert on_edges(table, Policy("randomised", 0.5, (("a", ((1.0, 0.5), (2.0, 0.5))),), ("g",))) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"otherwise": NaN}',
                                     b" " * (LARGEST + 1)])
def test_what_is_no_policy_is_refused_in_one_sentence(content):
    with pytest.raises(InvalidPolicy) as refusal:
        read_policy(content, "x.json")
    assert len(refusal.value.issues) == 1


def test_a_policy_for_other_columns_or_groups_is_refused_by_name():
    data = deciles()
    with pytest.raises(InvalidPolicy, match="'race'"):
        known_attributes(Policy.per_group(("race",), {"x": 1.0}, 0), data)
    with pytest.raises(InvalidPolicy, match="'z'"):
        fitting(Policy.per_group(("g",), {"a": 1.0, "z": 1.0}, 0), data, ("a", "b"))
    with pytest.raises(InvalidPolicy, match="'other'"):
        fitting(Policy.common(1, "other"), data, ())
    good = Policy.per_group(("g",), {"a": 1.0}, 0, "s")
    assert fitting(good, data, ("a", "b")) == good
    assert known_attributes(replace(good), data) is None
