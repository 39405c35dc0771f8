"""Penalties against their definitions and the dcor package: every route, both estimators, ties, weights, gradients."""

from __future__ import annotations

import dcor
import numpy as np
import pytest

from engine.dependence import penalties, planner
from engine.dependence.cells import CellCoupling
from engine.dependence.landmarks import LandmarkCoupling
from engine.dependence.line import LineCoupling
from engine.dependence.line_by_cells import LineByCellsCoupling
from engine.dependence.normalised import distance_variance
from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.errors import InvalidData
from tests import distances
from tests.distances import binary, continuous, coordinates, nominal, people

KINDS = ("cc", "joint", "marginal")
STEP = 1e-6


def close(found, expected, to=1e-10):
    assert np.abs(np.asarray(found) - expected).max() <= to * np.abs(expected).max()


def coupling(penalty):
    return penalty.parts[0].routes[0].coupling


@pytest.fixture
def few_cells(monkeypatch):
    """Let no table hold more than 20 cells, so that small data take the routes of large ones."""
    monkeypatch.setattr(planner, "MOST_CELLS", 20)
    monkeypatch.setattr(planner, "FEW_VALUES", 5)
    monkeypatch.setattr(planner, "SMALL", 10)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("estimator", ["U", "V"])
@pytest.mark.parametrize("names", [("race",), ("sex",), ("age",), ("race", "sex"), ("race", "sex", "age")])
def test_distance_covariance_is_dcors(names, estimator, ties):
    y, *columns = people(np.random.default_rng(1), ties=ties)
    columns = [column for column in columns if column.name in names]
    theirs = dcor.u_distance_covariance_sqr if estimator == "U" else dcor.distance_covariance_sqr
    expected = theirs(y, np.hstack([coordinates(column) for column in columns]))
    close(penalties.build(columns, "cc", estimator=estimator).value(y), expected)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("whole_age", [False, True])
@pytest.mark.parametrize("estimator", ["U", "V"])
@pytest.mark.parametrize("c", [1.0, 0.3])
@pytest.mark.parametrize("kind", KINDS)
def test_every_penalty_is_its_definition(kind, c, estimator, whole_age, ties):
    y, *columns = people(np.random.default_rng(2), ties=ties, whole_age=whole_age)
    for some in (columns[:1], columns[:2], columns[1:], columns):
        penalty = penalties.build(some, kind, c, estimator)
        assert penalty.error == 0
        close(penalty.value(y) + penalty.constant, distances.value(y, some, kind, c, estimator))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("estimator", ["U", "V"])
@pytest.mark.parametrize(
    ("kind", "names", "route"),
    [("cc", ("age",), LineCoupling), ("joint", ("age",), LineCoupling), ("marginal", ("age",), LineCoupling),
     ("joint", ("race", "sex", "age"), LineByCellsCoupling), ("joint", ("sex", "age"), LineByCellsCoupling),
     ("joint", ("race", "sex"), CellCoupling), ("cc", ("race", "sex"), CellCoupling)],
)
def test_routes_of_large_data_are_exact(few_cells, kind, names, route, estimator, ties):
    y, *columns = people(np.random.default_rng(3), ties=ties)
    columns = [column for column in columns if column.name in names]
    penalty = penalties.build(columns, kind, 0.7, estimator)
    assert isinstance(coupling(penalty), route)
    assert penalty.route.startswith("exact")
    close(penalty.value(y) + penalty.constant, distances.value(y, columns, kind, 0.7, estimator))
    close(penalty.value_and_gradient(y)[1], by_signs(y, columns, kind, 0.7, estimator))


def by_signs(y, columns, kind, c, estimator, weights=None):
    """Return the gradient from the definition's W, sign(0) being 0, pair by pair."""
    n = len(y)
    share = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    tables = [distances.distances(coordinates(column)) for column in columns]
    if kind == "cc":
        product = -distances.distances(np.hstack([coordinates(column) for column in columns]))
    elif kind == "marginal":
        product = -sum(tables)
    else:
        product = np.prod([distances.centred(table, estimator, weights) + c for table in tables], axis=0)
        if estimator == "U":
            np.fill_diagonal(product, 0)
    pull = (distances.centred(product, estimator, weights) * np.sign(y[:, None] - y[None, :]))
    if estimator == "U":
        return 2 * pull.sum(axis=1) / (n * (n - 3))
    return 2 * share * (pull @ share)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("estimator", ["U", "V"])
@pytest.mark.parametrize("kind", KINDS)
def test_gradient_is_that_of_all_pairs(kind, estimator, ties):
    y, *columns = people(np.random.default_rng(4), ties=ties)
    close(penalties.build(columns, kind, 0.7, estimator).value_and_gradient(y)[1],
          by_signs(y, columns, kind, 0.7, estimator))


def test_few_distinct_predictions_take_the_quick_way_and_agree():
    y, race, sex, _ = people(np.random.default_rng(5), n=200)
    coarse = np.round(y)
    assert Ranking.of(coarse).tie[-1] < 10
    for estimator in "UV":
        penalty = penalties.build([race, sex], "joint", 0.7, estimator)
        close(penalty.value_and_gradient(coarse)[1], by_signs(coarse, [race, sex], "joint", 0.7, estimator))


@pytest.mark.parametrize("estimator", ["U", "V"])
@pytest.mark.parametrize("kind", KINDS)
def test_gradient_is_the_definitions_finite_difference(kind, estimator):
    y, *columns = people(np.random.default_rng(6), n=60)
    gradient = penalties.build(columns, kind, 0.7, estimator).value_and_gradient(y)[1]
    for i in range(0, 60, 7):
        nudge = np.zeros(60)
        nudge[i] = STEP
        up, down = (distances.value(y + sign * nudge, columns, kind, 0.7, estimator) for sign in (1, -1))
        assert abs((up - down) / (2 * STEP) - gradient[i]) <= 1e-6 * np.abs(gradient).max()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("names", [("race", "sex"), ("age",), ("race", "sex", "age")])
@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_repeated_rows(few_cells, kind, names, ties):
    rng = np.random.default_rng(7)
    y, *columns = people(rng, n=60, ties=ties)
    columns = [column for column in columns if column.name in names]
    if kind == "cc" and len(columns) == 3:
        columns = columns[:2]   # three as one point take landmarks here
    times = rng.integers(1, 5, 60)
    rows = np.repeat(np.arange(60), times)
    penalty = penalties.build(columns, kind, 0.7, "V", times)
    repeated = [column.at(rows) for column in columns]
    close(penalty.value(y) + penalty.constant, distances.value(y[rows], repeated, kind, 0.7, "V"))
    close(penalty.value_and_gradient(y)[1], by_signs(y, columns, kind, 0.7, "V", times))
    assert penalties.build(columns, kind, 0.7, "V", 3.5 * times).value(y) == pytest.approx(penalty.value(y), rel=1e-12)


def test_within_strata_is_the_mean_of_each_by_share():
    rng = np.random.default_rng(8)
    y, race, sex, _ = people(rng)
    outcome = rng.integers(-1, 2, 90)
    value, gradient = penalties.build([race, sex], strata=outcome).value_and_gradient(y)
    expected = 0
    for stratum in (0, 1):
        rows = np.flatnonzero(outcome == stratum)
        share = len(rows) / (outcome >= 0).sum()
        expected += share * distances.value(y[rows], [race.at(rows), sex.at(rows)], "cc")
        assert gradient[rows] == pytest.approx(
            share * penalties.build([race.at(rows), sex.at(rows)]).value_and_gradient(y[rows])[1])
    assert value == pytest.approx(expected, rel=1e-10)
    assert not gradient[outcome < 0].any()


def test_independent_given_the_outcome_is_seen_as_such():
    rng = np.random.default_rng(9)
    outcome = rng.integers(0, 2, 4000)
    sex = binary("sex", rng.random(4000) < 0.3 + 0.4 * outcome)
    y = outcome + rng.normal(size=4000) / 2
    assert abs(penalties.build([sex], strata=outcome).value(y)) < 0.01 * penalties.build([sex]).value(y)


@pytest.mark.parametrize("estimator", ["U", "V"])
def test_distance_variance_is_dcors_and_its_gradient_a_finite_difference(estimator):
    y = people(np.random.default_rng(10), n=50)[0]
    sampling = Sampling.of(50, estimator)
    theirs = dcor.u_distance_covariance_sqr if estimator == "U" else dcor.distance_covariance_sqr
    value, gradient = distance_variance(y, Ranking.of(y), sampling)
    close(value, theirs(y, y))
    tied = np.round(y, 1)
    close(distance_variance(tied, Ranking.of(tied), sampling)[0], theirs(tied, tied))
    for i in (0, 17, 49):
        nudge = np.zeros(50)
        nudge[i] = STEP
        slope = (distances.dcov(y + nudge, y + nudge, estimator) - distances.dcov(y - nudge, y - nudge, estimator))
        assert abs(slope / (2 * STEP) - gradient[i]) <= 1e-6 * np.abs(gradient).max()


@pytest.mark.parametrize("names", [("race", "sex"), ("age",), ("race", "sex", "age")])
@pytest.mark.parametrize("estimator", ["U", "V"])
def test_normalised_is_dcors_correlation_and_has_the_gradient_of_it(names, estimator):
    y, *columns = people(np.random.default_rng(11), n=60)
    columns = [column for column in columns if column.name in names]
    theirs = dcor.u_distance_correlation_sqr if estimator == "U" else dcor.distance_correlation_sqr
    points = np.hstack([coordinates(column) for column in columns])
    penalty = penalties.build(columns, "cc", estimator=estimator, normalised=True)
    value, gradient = penalty.value_and_gradient(y)
    close(value, theirs(y, points))
    close(penalty.value(7 * y), value)
    for i in (0, 31):
        nudge = np.zeros(60)
        nudge[i] = STEP
        slope = (theirs(y + nudge, points) - theirs(y - nudge, points)) / (2 * STEP)
        assert abs(slope - gradient[i]) <= 1e-6 * np.abs(gradient).max()


def test_sizes_of_all_routes_agree(few_cells, monkeypatch):
    _, *columns = people(np.random.default_rng(12))
    for estimator in "UV":
        merged = coupling(penalties.build(columns, "joint", 0.7, estimator))
        assert isinstance(merged, LineByCellsCoupling)
        with monkeypatch.context() as patch:
            patch.setattr(planner, "MOST_CELLS", 2000)
            listed = coupling(penalties.build(columns, "joint", 0.7, estimator))
        assert isinstance(listed, CellCoupling)
        close(merged.square(), listed.square())
        close(merged.constant, listed.constant, 1e-9)


def test_scale_invariant_joint_measure_divides_by_each_distance_deviation():
    y, *columns = people(np.random.default_rng(13))
    units = [np.sqrt(distances.dcov(coordinates(column), coordinates(column), "V")) for column in columns]
    penalty = penalties.build(columns, "joint", 0.7, "V", scale_invariant=True)
    close(penalty.value(y) + penalty.constant, distances.jdcov(y, columns, 0.7, "V", units=units))
    stretched = [*columns[:2], continuous("age", 365 * columns[2].values)]
    assert penalties.build(stretched, "joint", 0.7, "V", scale_invariant=True).value(y) == pytest.approx(
        penalty.value(y), rel=1e-10)
    assert penalty.terms(y).total == pytest.approx(penalty.value(y), rel=1e-10)


@pytest.mark.parametrize("estimator", ["U", "V"])
@pytest.mark.parametrize("kind", KINDS)
def test_invariances(kind, estimator):
    rng = np.random.default_rng(14)
    y, race, sex, age = people(rng)
    value, gradient = penalties.build([race, sex, age], kind, 0.7, estimator).value_and_gradient(y)
    penalty = penalties.build([race, sex, age], kind, 0.7, estimator)
    assert penalty.value(y + 1e4) == pytest.approx(value, rel=1e-9)
    assert penalty.value(3.5 * y) == pytest.approx(3.5 * value, rel=1e-10)
    assert y @ gradient == pytest.approx(value, rel=1e-9)   # degree 1
    assert abs(gradient.sum()) < 1e-12
    renamed = nominal("race", rng.permutation(4)[race.codes])
    assert penalties.build([renamed, sex, age], kind, 0.7, estimator).value(y) == pytest.approx(value, rel=1e-10)
    flipped = binary("sex", 1 - sex.codes)
    assert penalties.build([age, flipped, race], kind, 0.7, estimator).value(y) == pytest.approx(value, rel=1e-10)
    rows = rng.permutation(90)
    moved = penalties.build([c.at(rows) for c in (race, sex, age)], kind, 0.7, estimator).value_and_gradient(y[rows])
    assert moved[0] == pytest.approx(value, rel=1e-10)
    assert moved[1] == pytest.approx(gradient[rows], rel=1e-8, abs=1e-12)


def test_a_nominal_attribute_coded_as_numbers_would_depend_on_their_order():
    """What the one-hot encoding avoids: the invariance above can fail."""
    y, race, *_ = people(np.random.default_rng(15))
    one, other = (penalties.build([continuous("race", order[race.codes])]).value(y)
                  for order in (np.array([0.0, 1, 2, 3]), np.array([2.0, 0, 3, 1])))
    assert abs(one - other) > 0.1 * abs(one)


def test_the_constant_is_what_attributes_share_and_no_prediction_changes():
    """Spec's floor: dependent attributes and independent predictions leave JdCov² well above 0, R at 0."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, 3000)
    second = np.where(rng.random(3000) < 0.9, first > 0, rng.integers(0, 2, 3000))
    penalty = penalties.build([nominal("first", first), binary("second", second)], "joint")
    assert penalty.constant == pytest.approx(0.169, abs=0.01)
    for y in (rng.normal(size=3000), rng.random(3000)):
        assert abs(penalty.value(y)) < 0.002
    assert penalties.build([nominal("first", first)], "joint").constant == pytest.approx(0, abs=1e-12)
    assert penalties.build([nominal("first", first)], "cc").constant == 0


def test_plain_estimate_is_never_below_zero_the_bias_corrected_one_is_around_it():
    rng = np.random.default_rng(16)
    found = {"U": [], "V": []}
    for _ in range(200):
        _, *columns = people(rng, n=40)
        y = rng.normal(size=40)
        for estimator, values in found.items():
            values.append(penalties.build(columns, "joint", estimator=estimator).value(y))
    assert min(found["V"]) > 0
    spread = np.std(found["U"]) / np.sqrt(200)
    assert abs(np.mean(found["U"])) < 4 * spread
    assert np.mean(found["V"]) > 40 * spread


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("normalised", [False, True])
def test_equal_predictions_depend_on_nothing(kind, normalised):
    _, *columns = people(np.random.default_rng(17))
    value, gradient = penalties.build(columns, kind, normalised=normalised).value_and_gradient(np.full(90, 0.3))
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("normalised", [False, True])
def test_nothing_depends_on_an_attribute_without_variation(normalised):
    y = people(np.random.default_rng(18))[0]
    for column in (nominal("a", np.zeros(90)), continuous("a", np.full(90, 2.0))):
        for kind in KINDS:
            assert penalties.build([column], kind, normalised=normalised).value(y) == pytest.approx(0, abs=1e-15)


def test_terms_of_gerrymandered_predictions():
    """Spec 4: each attribute alone shows nothing, the combination everything."""
    rng = np.random.default_rng(19)
    a, b = rng.integers(0, 2, (2, 4000))
    y = 0.1 * (a ^ b) + rng.normal(size=4000) / 20
    columns = [binary("a", a), binary("b", b)]
    for kind in ("cc", "joint"):
        penalty = penalties.build(columns, kind)
        terms = penalty.terms(y)
        assert set(terms.values) == {"a", "b"}
        assert terms.total == pytest.approx(penalty.value(y), rel=1e-10)
        assert max(map(abs, terms.values.values())) < 0.01 * terms.interaction
    assert list(terms.by_subset) == ["a x b"]
    assert penalties.build(columns, "marginal").terms(y).interaction == 0


@pytest.mark.parametrize("estimator", ["U", "V"])
@pytest.mark.parametrize("c", [1.0, 0.3])
def test_terms_add_up_to_the_joint_measure(few_cells, c, estimator):
    y, *columns = people(np.random.default_rng(20))
    penalty = penalties.build(columns, "joint", c, estimator, normalised=True)
    terms = penalty.terms(y)
    assert list(terms.by_subset) == ["race x sex", "race x age", "sex x age", "race x sex x age"]
    expected = penalties.build(columns, "joint", c, estimator).value(y)
    assert terms.total == pytest.approx(expected, rel=1e-9)
    close(terms.values["age"], c**2 * distances.dcov(y, coordinates(columns[2]), estimator))


def test_the_planner_is_exact_where_it_can_be():
    rng = np.random.default_rng(21)
    many = 6000
    race, sex = nominal("race", rng.integers(0, 4, many)), binary("sex", rng.integers(0, 2, many))
    years, income = continuous("years", rng.integers(18, 80, many) / 62), continuous("income", rng.random(many))
    wealth = continuous("wealth", rng.random(many))

    def route(columns, kind="cc"):
        return coupling(penalties.build(columns, kind))

    assert isinstance(route([race, sex, years]), CellCoupling)            # 496 cells
    assert isinstance(route([race, sex, years], "joint"), CellCoupling)
    assert isinstance(route([income]), LineCoupling)
    assert isinstance(route([race, sex, income], "joint"), LineByCellsCoupling)
    assert isinstance(route([race, sex, income]), LandmarkCoupling)
    assert isinstance(route([income, wealth], "joint"), LandmarkCoupling)
    some = np.arange(4000)
    assert isinstance(route([race.at(some), income.at(some)]), CellCoupling)   # every pair, no landmarks


@pytest.mark.parametrize("kind", ["cc", "joint"])
def test_landmarks_are_as_near_as_they_say(monkeypatch, kind):
    rng = np.random.default_rng(22)
    y, race, sex, age = people(rng, n=1200)
    columns = [race, sex, age, continuous("income", rng.random(1200))]
    exact = penalties.build(columns, kind)
    monkeypatch.setattr(planner, "SMALL", 10)
    monkeypatch.setattr(planner, "MOST_CELLS", 20)
    near = penalties.build(columns, kind, rng=np.random.default_rng(3))
    assert near.route.startswith("approximate: ")
    assert f"{near.error:.1e}" in near.route
    assert 0 < near.error < 0.02
    value, gradient = exact.value_and_gradient(y)
    value_error, gradient_error = near.error_at(y)
    ours, slope = near.value_and_gradient(y)
    assert abs(ours - value) < 2 * value_error * value + 1e-3 * value
    assert np.linalg.norm(slope - gradient) < 2 * gradient_error * np.linalg.norm(gradient)
    assert near.constant == pytest.approx(exact.constant, abs=1e-9)   # all rows are among those checked
    assert coupling(near).square() == pytest.approx(coupling(exact).square(), rel=0.02)
    same = penalties.build(columns, kind, rng=np.random.default_rng(3))
    assert same.value(y) == near.value(y)


def test_landmarks_with_ties_and_weights(monkeypatch):
    rng = np.random.default_rng(23)
    y, race, sex, age = people(rng, n=600, ties=True)
    weights = rng.random(600) + 0.5
    exact = penalties.build([race, sex, age], estimator="V", weights=weights)
    monkeypatch.setattr(planner, "SMALL", 10)
    monkeypatch.setattr(planner, "MOST_CELLS", 20)
    near = penalties.build([race, sex, age], estimator="V", weights=weights)
    value, gradient = exact.value_and_gradient(y)
    ours, slope = near.value_and_gradient(y)
    assert ours == pytest.approx(value, rel=0.02)
    assert np.linalg.norm(slope - gradient) < 0.02 * np.linalg.norm(gradient)


@pytest.mark.parametrize(
    ("words", "options"),
    [("weights need the V estimator", {"weights": np.ones(90)}),
     ("weights must be finite", {"weights": -np.ones(90), "estimator": "V"}),
     ("kind must be cc", {"kind": "sum"}), ("c must be 0 or more", {"kind": "joint", "c": -1.0}),
     ("belong to the joint measure", {"scale_invariant": True}),
     ("the same rows", {"strata": np.zeros(3, dtype=np.int64)}),
     ("needs 4 rows", {"strata": np.append(np.zeros(87, dtype=np.int64), [1, 1, 1])}),
     ("a stratum needs rows", {"strata": np.full(90, -1)})],
)
def test_what_does_not_belong_together_is_refused(words, options):
    _, race, sex, _ = people(np.random.default_rng(24))
    with pytest.raises(InvalidData, match=words):
        penalties.build([race, sex], **options)


def test_attributes_and_predictions_that_do_not_fit_are_refused():
    y, race, sex, _ = people(np.random.default_rng(25))
    for columns, words in (([], "a protected attribute is needed"), ([race, race], "names of their own"),
                           ([race, sex.at(np.arange(9))], "the same rows")):
        with pytest.raises(InvalidData, match=words):
            penalties.build(columns)
    penalty = penalties.build([race, sex])
    for wrong in (y[:5], np.append(y[:89], np.nan)):
        with pytest.raises(InvalidData, match="a finite prediction for each row"):
            penalty.value_and_gradient(wrong)
