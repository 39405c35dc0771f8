"""Who pays for a point, and what is given up by not drawing lots."""

from __future__ import annotations

import pytest

from engine.counting.table import CountTable
from engine.frontier import Request, find
from engine.frontier.effects import effects, price_of
from engine.policy import Policy
from tests.build import dataset
from tests.test_frontier_optimism import credit


@pytest.fixture(scope="module")
def result():
    scores, label, group = credit(3000, 3, 1)
    return find(dataset(scores, label, g=[str(g) for g in group]), Request(split="none"))


def test_a_group_that_only_loses_is_named(result):
    usual = Policy.common(0.5)
    harsh = Policy.per_group(("g",), {"0": 0.95}, 0.5)

    def worse(policy, baseline, favourable="selected"):
        return effects(result.found_on, ("g",), policy, baseline, favourable).worse.tolist()

    assert worse(harsh, usual) == [True, False, False]
    assert worse(usual, harsh) == worse(usual, usual) == [False, False, False]
    assert worse(harsh, usual, "not-selected") == [False, False, False]


def test_persons_who_change_sides_are_counted_by_group(result):
    harsh = Policy.per_group(("g",), {"0": 0.95}, 0.5)
    found = effects(result.found_on, ("g",), harsh, Policy.common(0.5), "selected").changes
    data = result.dataset
    moved = (data.score_values() >= 0.5) & (data.score_values() < 0.95) & (data.attributes[0].codes == 0)
    assert found.newly_rejected[0].tolist() == [moved[data.label == 1].sum(), moved[data.label == 0].sum(), 0]
    assert found.newly_selected.sum() == 0


def test_lots_are_the_measure_of_prices(result):
    for bound in (0.01, 0.05):
        assert price_of(result, "randomised", bound) == 0
        assert 0 <= price_of(result, "deterministic", bound) <= price_of(result, "common", bound)


def test_counts_from_bins_are_close_and_say_that_they_flatter(result):
    binned = find(result.dataset, Request(), CountTable.build(result.dataset, ("g",)))
    assert binned.optimistic
    for kind in ("common", "deterministic", "randomised"):
        near, exact = binned.at(kind, 0.05), result.at(kind, 0.05)
        assert near.disparity <= 0.05 + 1e-9
        assert exact.utility - 0.005 < near.utility <= exact.utility + 1e-12
