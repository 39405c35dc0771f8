"""Who changes sides: bars and table are the counts."""

from __future__ import annotations

import numpy as np
import pytest

from engine.charts.changes import who_changes
from engine.charts.theme import SHOWN
from engine.counting.index import ScoreIndex
from engine.policy import Policy
from engine.thresholds.changes import changes
from tests.build import dataset

HOSTILE = "<img src=x onerror=alert(1)>"


def found(names=("a", "b"), unknown=0.0):
    rng = np.random.default_rng(0)
    score = rng.random(900)
    label = np.where(rng.random(900) < unknown, -1, rng.random(900) < score).astype(np.int8)
    data = dataset(score, label, g=[names[k] for k in rng.integers(0, len(names), 900)])
    policy = Policy.per_group(("g",), {names[0]: 0.25, names[1]: 0.75}, 0.5)
    return changes(ScoreIndex.build(data, ("g",)), ("g",), policy, Policy.common(0.5))


def test_newly_selected_stand_right_and_newly_rejected_left():
    moved = found()
    figure = who_changes(moved, (0, 1)).figure
    assert {trace.marker.pattern.fillmode for trace in figure.data} == {"overlay"}   # a full bar under its hatch
    for slot, name in enumerate(("positive outcome", "not positive")):
        right, left = (trace for trace in figure.data if trace.name == name)
        assert right.x.tolist() == moved.newly_selected[:, slot].tolist()
        assert left.x.tolist() == (-moved.newly_rejected[:, slot]).tolist()


def test_the_axis_holds_the_longest_bar_and_counts_both_ways():
    moved = found()
    axis = who_changes(moved, (0, 1)).figure.layout.xaxis
    assert max(moved.newly_selected.sum(axis=1).max(), moved.newly_rejected.sum(axis=1).max()) <= axis.range[1]
    assert not any("-" in text for text in axis.ticktext)


@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_the_table_adds_up(unknown):
    moved = found(unknown=unknown)
    table = who_changes(moved, (1, 0)).table
    assert table["group"] == ["b", "a"]
    assert ("newly selected: unknown" in table) == (unknown > 0)
    for row, g in enumerate((1, 0)):
        selected = sum(column[row] for name, column in table.items() if name.startswith("newly selected"))
        rejected = sum(column[row] for name, column in table.items() if name.startswith("newly rejected"))
        assert selected == moved.newly_selected[g].sum()
        assert table["selected, change"][row] == selected - rejected


def test_twelve_groups_are_drawn_and_the_table_has_all():
    names = tuple(f"group {k:02}" for k in range(20))
    chart = who_changes(found(names), range(20))
    assert max(len(trace.x) for trace in chart.figure.data) == SHOWN
    assert len(chart.table["group"]) == 20


def test_hostile_names_are_inert():
    assert "<img" not in who_changes(found((HOSTILE, "b")), (0, 1)).figure.to_json().replace("\\u003c", "<")
