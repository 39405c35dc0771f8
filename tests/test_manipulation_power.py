"""Power, frontier and sample size against the measured tables (spec 5.1, 5.2, 5.4; section 7, 7 and 11)."""

import math

import numpy as np
import pytest

from engine.errors import InvalidData
from engine.manipulation import Goal, Protocol, power
from engine.manipulation.cells import ratio
from engine.manipulation.curves import curves
from tests.audits import cells

EXACT = {("ADULT", 500): 0.547, ("ADULT", 1000): 0.453, ("EMP", 2000): 0.399, ("EMP", 4000): 0.366,
         ("INC", 2000): 0.932, ("INC", 4000): 0.837, ("MOB", 2000): 0.547, ("MOB", 4000): 0.514, ("PUC", 2000): 0.364,
         ("PUC", 4000): 0.347, ("TRA", 2000): 0.860, ("TRA", 4000): 0.800, ("BAF", 2000): 1.20, ("BAF", 4000): 0.774}
DIRECT = {"ADULT": (0.426, 0.381), "EMP": (0.356, 0.339), "INC": (0.814, 0.765), "MOB": (0.505, 0.486),
          "PUC": (0.343, 0.334), "TRA": (0.786, 0.754), "BAF": (0.762, 0.565)}
NEEDED = {"ADULT": (257, 405, 184, 162, 252), "EMP": (163, 257, 117, 115, 168), "MOB": (227, 357, 163, 176, 251),
          "PUC": (90, 141, 64, 51, 99), "INC": (11172, 17593, 8008, 6350, 11046),
          "TRA": (7018, 11051, 5030, 3992, 6947), "BAF": (6468, 10186, 4637, 3794, 7020)}


@pytest.mark.parametrize(("name", "size"), EXACT)
def test_the_frontier_of_the_g_test(name, size):
    assert power(cells(name), Protocol(size)).undetectable_g == pytest.approx(EXACT[name, size], abs=0.002)


@pytest.mark.parametrize("name", DIRECT)
def test_the_frontier_of_the_direct_test(name):
    for share, wanted in zip((0.1, 0.2), DIRECT[name], strict=True):
        found = power(cells(name), Protocol(round(cells(name).sum() * share)))
        assert found.undetectable_direct == pytest.approx(wanted, abs=0.004)


@pytest.mark.parametrize(("size", "values"), [
    (125, {0.4: 0.08, 0.5: 0.14, 0.6: 0.24, 0.8: 0.49}), (250, {0.4: 0.11, 0.5: 0.26, 0.6: 0.46, 0.8: 0.82}),
    (500, {0.4: 0.19, 0.5: 0.50, 0.6: 0.80, 0.8: 0.99}), (2000, {0.4: 0.76, 0.5: 1.0}),
])
def test_power_curves(size, values):
    found = power(cells("ADULT"), Protocol(size), tuple(values))
    for point in found.points:
        if point.target in values:
            assert point.g_test == pytest.approx(values[point.target], abs=0.01)


def test_the_direct_test_sees_more():
    found = power(cells("ADULT"), Protocol(500), (0.4, 0.5, 0.6))
    for point, wanted in zip(found.points, (0.37, 0.78, 0.95), strict=False):
        assert point.direct == pytest.approx(wanted, abs=0.025)
        assert point.direct > point.g_test


@pytest.mark.parametrize("name", NEEDED)
def test_required_sizes(name):
    found = power(cells(name), Protocol(1000)).required
    keys = ("g_test_80", "g_test_95", "g_test_quota", "direct_80", "direct_95")
    assert [math.ceil(found[key]) for key in keys] == pytest.approx(NEEDED[name], abs=1.01)


def test_modes_differ_as_they_should():
    unseen = {mode: power(cells("ADULT"), Protocol(500, mode=mode)) for mode in ("A", "B", "C")}
    assert unseen["A"].undetectable_g < unseen["C"].undetectable_g < unseen["B"].undetectable_g
    assert unseen["A"].undetectable_direct < unseen["C"].undetectable_direct


def test_a_reached_goal_needs_nothing_and_several_groups_work():
    assert all(map(math.isnan, power(cells("INC"), Protocol(500, goal=Goal(target=0.6))).required.values()))
    four = np.array([[300, 60], [200, 80], [250, 90], [400, 210]])
    found = power(four, Protocol(300))
    assert float(ratio(four)) < found.undetectable_direct <= 1
    assert found.undetectable_g <= 1
    difference = power(four, Protocol(300, goal=Goal("demographic_parity_difference", 0.02)))
    assert 0 <= difference.undetectable_g < difference.ratio


def test_a_target_that_the_data_reach_has_no_power():
    found = power(cells("INC"), Protocol(500, goal=Goal(target=0.6)), (0.5, 0.9))
    assert [math.isnan(point.g_test) for point in found.points] == [True, True, False]


def test_everything_goes_unseen_in_tiny_samples():
    assert math.isinf(power(cells("INC"), Protocol(20)).undetectable_g)
    assert power(cells("BAF"), Protocol(500)).thin


def test_what_has_no_power_is_refused():
    for counts, protocol, words in ((cells("ADULT"), Protocol(0), "needs rows"),
                                    (cells("ADULT"), Protocol(9_999), "cannot be larger"),
                                    (np.array([[5, 5], [10, 0]]), Protocol(5), "estimable")):
        with pytest.raises(InvalidData, match=words):
            power(counts, protocol)


def test_curves_agree_with_power_at_their_sizes():
    found = curves(cells("ADULT"), Protocol(500), (0.6, 0.8))
    at = int(np.abs(found.sizes - 500).argmin())
    one = power(cells("ADULT"), Protocol(int(found.sizes[at])), (0.6,))
    assert found.g_test[0, at] == pytest.approx(next(p.g_test for p in one.points if p.target == 0.6))
    assert found.unseen_g[at] == pytest.approx(one.undetectable_g)
    assert (np.diff(found.unseen_g[np.isfinite(found.unseen_g)]) <= 1e-9).all()
