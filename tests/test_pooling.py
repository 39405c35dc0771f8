"""Tables of several sites: sums in any order, coarser bins, and small groups that cannot be had by subtraction."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest

from engine.counting.engines import count_native
from engine.counting.file import CountsFile
from engine.counting.gathering import gathered
from engine.counting.plan import Plan
from engine.counting.pooling import coarsened, merged, without_small
from engine.errors import InvalidData
from engine.types import Attribute
from tests.counted import FULL, rows

TWO = Plan((Attribute("a"), Attribute("b")), score="s")


def site(seed, plan=FULL, n=700):
    return CountsFile(gathered([count_native(rows(n, seed), plan)], plan, "x"), plan)


def crossed(sizes):
    """Return a file whose group (i, j) has sizes[i][j] rows."""
    pairs = [(f"a{i}", f"b{j}") for i, line in enumerate(sizes) for j, n in enumerate(line) for _ in range(n)]
    table = pa.table({"a": [a for a, _ in pairs], "b": [b for _, b in pairs], "s": np.full(len(pairs), 0.5)})
    return CountsFile(gathered([count_native(table, TWO)], TWO, "x"), TWO)


def test_the_sum_is_that_of_all_rows_in_any_order():
    sites = [site(seed) for seed in range(3)]
    every = pa.concat_tables([rows(700, seed) for seed in range(3)])
    whole = gathered([count_native(every, FULL)], FULL, "x")
    for order in permutations(sites):
        total = merged(order)
        assert total.table.digest() == whole.table.digest()
        assert total.tabulated.rows == whole.rows
        assert {e.reason: e.rows for e in total.tabulated.excluded} == {e.reason: e.rows for e in whole.excluded}
    left, right = merged([merged(sites[:2]), sites[2]]), merged([sites[0], merged(sites[1:])])
    assert left.table.digest() == right.table.digest()


@pytest.mark.parametrize("other", [
    replace(FULL, bins=(0.0, 0.5)), replace(FULL, positive="0"), replace(FULL, weight="weight"),
    replace(FULL, protected=FULL.protected[:2]),
    replace(FULL, protected=(*FULL.protected[:2], Attribute("age", "continuous", (30.0,)))),
])
def test_what_means_something_else_is_not_added(other):
    with pytest.raises(InvalidData):
        merged([site(0), site(1, other)])


def test_coarser_bins_keep_the_counts_at_the_edges_that_stay():
    table = site(0, n=3_000).table
    coarse = coarsened(table, 64)
    assert len(coarse.edges) == 65
    thresholds = np.tile(coarse.edges[:, None], len(table.groups))
    np.testing.assert_array_equal(coarse.at(thresholds).values, table.at(thresholds).values)
    assert coarse.counts.sum() == table.counts.sum()
    for bins in (0, 63, 2048):
        with pytest.raises(InvalidData):
            coarsened(table, bins)


# The second is a bridge: every row and column hides two groups or more, and still a total would tell the middle one.
@pytest.mark.parametrize("sizes", [
    [[4, 50, 60], [70, 80, 90], [40, 45, 55]],
    [[3, 4, 90, 91], [5, 6, 7, 92], [93, 94, 8, 9], [95, 96, 2, 1]],
    [[1, 2, 3], [90, 80, 70], [50, 60, 40]],
])
def test_small_groups_go_and_no_total_tells_them(sizes):
    shown = without_small(crossed(sizes), 10)
    kept = {names: int(n) for names, n in zip(shown.table.groups.group_levels,
                                              shown.table.counts.sum(axis=(1, 2)), strict=True)}
    assert min(kept.values()) >= 10
    assert shown.tabulated.rows == sum(kept.values())
    # Whoever knows all totals of rows and columns solves for what is hidden: no hidden group is determined.
    hidden = [(i, j) for i, line in enumerate(sizes) for j in range(len(line)) if (f"a{i}", f"b{j}") not in kept]
    assert len(hidden) == shown.suppressed
    lines = np.array([[float(i == r) for i, _ in hidden] for r in range(len(sizes))]
                     + [[float(j == c) for _, j in hidden] for c in range(len(sizes[0]))])
    for k in range(len(hidden)):
        unit = np.eye(len(hidden))[k]
        solvable = np.linalg.matrix_rank(np.vstack([lines, unit])) == np.linalg.matrix_rank(lines)
        assert not solvable, hidden[k]


def test_a_single_attribute_hides_two_or_none():
    plan = Plan((Attribute("a"),), score="s")
    table = pa.table({"a": ["x"] * 3 + ["y"] * 50 + ["z"] * 60, "s": np.full(113, 0.5)})
    shown = without_small(CountsFile(gathered([count_native(table, plan)], plan, "x"), plan), 10)
    assert shown.suppressed == 2
    assert shown.table.groups.levels == (("z",),)   # no empty group is left to read as 'nobody'
    whole = crossed([[30, 20], [50, 10]])
    assert without_small(whole, 10) is whole
    with pytest.raises(InvalidData, match="some group must be left"):
        without_small(crossed([[1, 2, 3], [90, 80, 70]]), 10)
