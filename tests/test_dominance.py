"""Non-dominated sets, fronts and hypervolumes against their definitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.frontier import dominance
from engine.frontier.dominance import fronts, hypervolume, hypervolume_interval, improving, nondominated


def by_definition(points):
    return np.array([not any((q >= p).all() and (q > p).any() for q in points) for p in points])


@pytest.mark.parametrize("objectives", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(6))
def test_equals_the_definition_with_ties_and_duplicates(objectives, seed):
    points = np.round(np.random.default_rng(seed).random((150, objectives)), 1 if seed % 2 else 3)
    assert (nondominated(points) == by_definition(points)).all()


def test_many_points_in_blocks(monkeypatch):
    monkeypatch.setattr(dominance, "BLOCK", 7)
    monkeypatch.setattr(dominance, "CHUNK", 5)
    points = np.random.default_rng(0).random((300, 3))
    assert (nondominated(points) == by_definition(points)).all()


def test_a_tolerance_keeps_no_fewer_cells_and_equal_cells_alike():
    points = np.array([[0.501, 0.5], [0.509, 0.5], [0.4, 0.9], [0.3, 0.3]])
    assert nondominated(points).tolist() == [False, True, True, False]
    assert nondominated(points, 0.05).tolist() == [True, True, True, False]
    assert nondominated(points, [0.05, 0.0]).tolist() == [True, True, True, False]


def test_fronts_peel():
    points = np.round(np.random.default_rng(1).random((80, 2)), 1)
    front = fronts(points)
    for depth in range(front.max() + 1):
        left = front >= depth
        assert (by_definition(points[left]) == (front[left] == depth)).all()


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_hypervolume_is_the_volume_of_the_union_of_boxes(objectives):
    points = np.random.default_rng(objectives).integers(0, 6, (7, objectives)).astype(float)
    cells = np.array(list(itertools.product(range(6), repeat=objectives)))
    covered = np.array([(points >= cell + 1).all(axis=1).any() for cell in cells]).sum()
    assert hypervolume(points, np.zeros(objectives)) == pytest.approx(covered)


def test_hypervolume_depends_on_the_reference_and_ignores_what_lies_below():
    points = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert hypervolume(points, np.array([-1.0, -1.0])) == 8
    assert hypervolume(points, np.array([1.5, 0.0])) == 0.5
    assert hypervolume(points, np.array([2.0, 2.0])) == 0
    assert hypervolume(np.empty((0, 2)), np.zeros(2)) == 0


def test_the_interval_holds_the_reference_and_turns_the_draws_round():
    points = np.random.default_rng(0).random((5, 2))
    draws = points + np.random.default_rng(1).normal(0, 0.05, (400, 5, 2))
    found = hypervolume_interval(points, draws, np.zeros(2), 0.9)
    values = np.array([hypervolume(draw, np.zeros(2)) for draw in draws])
    inside = np.mean((2 * found.value - found.high <= values) & (values <= 2 * found.value - found.low))
    assert abs(inside - 0.9) < 0.01
    assert found.reference == (0.0, 0.0)


@pytest.mark.parametrize("size", [200, 100_000])
def test_improving_is_the_staircase(size):
    rng = np.random.default_rng(size)
    cost, value = np.round(rng.random(size), 4), np.round(rng.random(size), 3) + np.round(rng.random(size), 4)
    cost[::10] = np.nan
    kept = improving(cost, value)
    best, expected = -np.inf, []
    for i in np.lexsort((-value, cost)):
        if not np.isnan(cost[i]) and value[i] > best + dominance.ROUNDING:
            best = value[i]
            expected.append(i)
    assert kept.tolist() == expected
