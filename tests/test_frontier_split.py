"""Half to find, half to report: every group and outcome alike, and the same rows again."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidData
from engine.frontier import Request, find
from engine.frontier.split import held_out
from tests.build import dataset


def data(n=997, seed=0):
    rng = np.random.default_rng(seed)
    return dataset(rng.random(n), rng.integers(-1, 2, n), g=[str(g) for g in rng.choice(3, n, p=[0.7, 0.25, 0.05])])


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.8])
def test_every_group_and_outcome_is_split_alike(share):
    table = data()
    kept = held_out(table, ("g",), share, 0)
    assert kept.sum() == int(table.n * share + 1e-9)
    for group in range(3):
        for outcome in (-1, 0, 1):
            cell = (table.attributes[0].codes == group) & (table.label == outcome)
            assert abs(kept[cell].sum() - share * cell.sum()) <= 1


def test_the_split_is_that_of_its_seed():
    table = data()
    assert (held_out(table, ("g",), 0.5, 1) == held_out(table, ("g",), 0.5, 1)).all()
    assert (held_out(table, ("g",), 0.5, 1) != held_out(table, ("g",), 0.5, 2)).any()


def test_rows_found_on_and_reported_on_are_all_rows_once():
    table = data()
    found = find(table, Request(test_size=0.3))
    assert sum(found.rows) == table.n
    assert found.rows[1] == int(0.3 * table.n + 1e-9)
    assert not found.optimistic
    assert find(table, Request(split="none")).test(found.at("common", 0.5)) is None


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("none"), "disparity"), (Request(utility="none"), "utility"), (Request(split="both"), "split"),
        (Request(test_size=1.0), "share"), (Request(attributes=("h",)), "attribute"),
        (Request(attributes=()), "protected"), (Request(min_group=10_000), "large enough"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(request_, said):
    with pytest.raises(InvalidData, match=said):
        find(data(), request_)
