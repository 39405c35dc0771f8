"""Costs per group: what two nested loops give, and what one cost for all gives where they are equal."""

from __future__ import annotations

import numpy as np
import pytest

from engine.assessment import Request, assess
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.metrics import Costs
from engine.policy import Policy
from engine.thresholds.costs import cheapest, group_costs
from tests.build import dataset


def data(weights=False, values=12):
    rng = np.random.default_rng(5)
    score = rng.integers(0, values, 600)
    label = np.where(rng.random(600) < 0.1, -1, rng.random(600) < score / values).astype(np.int8)
    return dataset(score, label, rng.random(600) + 0.5 if weights else None, g=rng.choice(["a", "b"], 600).tolist())


@pytest.mark.parametrize("weights", [False, True])
def test_equal_costs_give_the_registered_rate_and_its_interval(weights):
    rows = data(weights)
    policy = Policy.common(6)
    counts = ScoreIndex.build(rows, ("g",)).under(policy)
    found = group_costs(counts, [Costs(2, 3)] * 2)
    rate = assess(rows, Request(policy, (("g",),), cost_fp=2, cost_fn=3)).groupings["g"].rates["expected_cost"]
    for mine, theirs in ((found.per_row, rate.value), (found.low, rate.low), (found.high, rate.high)):
        np.testing.assert_allclose(mine, theirs, rtol=1e-14)


def test_each_group_pays_its_own_costs():
    rows = data()
    counts = ScoreIndex.build(rows, ("g",)).under(Policy.common(6))
    found = group_costs(counts, [Costs(1, 0), Costs(0, 10)])
    assert found.total.tolist() == [counts.fp[0], 10 * counts.fn[1]]
    assert found.everybody == counts.fp[0] + 10 * counts.fn[1]


def test_a_group_without_outcomes_costs_nothing_and_has_no_cost_per_row():
    rows = dataset([1, 2, 3], [1, 0, -1], g=["a", "a", "b"])
    found = group_costs(ScoreIndex.build(rows, ("g",)).under(Policy.common(2)), [Costs(), Costs()])
    assert found.total[1] == 0
    assert np.isnan([found.per_row[1], found.low[1], found.high[1]]).all()


@pytest.mark.parametrize("common", [True, False])
def test_the_cheapest_thresholds_are_those_of_trying_all(common):
    table, costs = CountTable.build(data(), ("g",)), [Costs(1, 4), Costs(3, 1)]
    steps = range(len(table.edges) + 1)
    tried = {(i, j): group_costs(table.at_edges(np.array([i, j])), costs).everybody
             for i in steps for j in steps if not common or i == j}
    assert tried[tuple(cheapest(table, costs, common).tolist())] == min(tried.values())
