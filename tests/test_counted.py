"""Counts as the data in use: the numbers of the rows at every bin edge, and a sentence where rows are needed."""

from __future__ import annotations

import numpy as np
import pytest

from engine.assessment import Request, assess, default_policy
from engine.counting.counted import counts_of, dataset_of, index_of, need_rows
from engine.counting.file import read_counts, written
from engine.data.catalogue import CATALOGUE, open_table
from engine.data.ingest import ingest
from engine.errors import InvalidData
from engine.frontier import Request as Trade
from engine.frontier import find
from engine.frontier.split import halves
from engine.policy import Policy


@pytest.fixture(scope="module")
def both():
    entry = CATALOGUE["simulated-lending"]
    here = ingest(open_table(entry.key), entry.roles)
    return here, dataset_of(read_counts(written(counts_of(here)), "counts.parquet"), "counts.parquet")


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 0.875, 1.0])
def test_every_number_at_an_edge_is_that_of_the_rows(both, threshold):
    here, there = both
    policy = Policy.common(threshold, here.score)
    mine, theirs = (assess(data, Request(policy)) for data in both)
    assert list(mine.groupings) == list(theirs.groupings)
    for name, result in mine.groupings.items():
        other = theirs.groupings[name]
        assert result.names == other.names
        np.testing.assert_array_equal(result.counts.values, other.counts.values)
        for key, rate in result.rates.items():
            np.testing.assert_allclose(rate.value, other.rates[key].value, equal_nan=True)
            if key != "matthews_correlation":   # resampled
                np.testing.assert_allclose(rate.low, other.rates[key].low, equal_nan=True)
    assert theirs.rows_used == there.n == here.n


def test_the_default_threshold_is_the_same(both):
    here, there = both
    assert default_policy(here).otherwise == default_policy(there).otherwise == 0.5


def test_a_frontier_from_counts_is_as_good_as_the_bins_allow(both):
    _, there = both
    trade = Trade("demographic_parity_difference", split="none", kinds=("randomised",))
    exact, binned = (find(data, trade).at("randomised", 0.02) for data in both)
    assert binned.utility <= exact.utility + 1e-12
    assert binned.utility == pytest.approx(exact.utility, abs=2e-3)
    table = index_of(there, tuple(a.name for a in there.attributes))
    assert find(there, trade).found_on.counts.sum() == table.counts.sum()


def test_the_rows_of_a_table_are_halved_alike_in_every_group_and_outcome(both):
    _, there = both
    table = index_of(there, tuple(a.name for a in there.attributes))
    found, kept = halves(table, 0.3, 5)
    np.testing.assert_array_equal(found.counts + kept.counts, table.counts)
    per_cell = table.counts.sum(axis=1)
    assert np.abs(kept.counts.sum(axis=1) - 0.3 * per_cell).max() <= 0.5
    assert (halves(table, 0.3, 5)[1].counts == kept.counts).all()
    assert (halves(table, 0.3, 6)[1].counts != kept.counts).any()
    reported = find(there, Trade("demographic_parity_difference")).test(
        find(there, Trade("demographic_parity_difference")).at("common", 0.2))
    assert reported.utility.n == pytest.approx(there.n / 2, abs=len(per_cell))


def test_what_needs_rows_says_so(both):
    here, there = both
    need_rows(here, "this")
    with pytest.raises(InvalidData, match="the audit needs rows"):
        need_rows(there, "the audit")


def test_a_score_is_needed_to_count(both):
    here, _ = both
    from dataclasses import replace

    with pytest.raises(InvalidData, match="a score or a prediction"):
        counts_of(replace(here, score=None))
