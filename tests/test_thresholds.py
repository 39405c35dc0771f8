import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef, precision_score

from engine.assessment import Request, assess
from engine.assessment.rates import Reading
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.errors import InvalidData
from engine.metrics import Costs
from engine.policy import Policy
from engine.thresholds.capacity import at_capacity
from engine.thresholds.changes import changes
from engine.thresholds.heat_map import heat_map
from engine.thresholds.presets import PRESETS, Goal
from engine.thresholds.sweep import sweep
from tests.build import dataset

READING = Reading("selected", Costs(), 0.95, True)


def sample(n=900, values=33, **changes):
    rng = np.random.default_rng(7)
    race = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    scores = rng.integers(0, values, n) / (values - 1)
    scores = np.where(race == "b", scores**2, scores)
    label = (rng.random(n) < scores).astype(int)
    return dataset(scores, label, **{"race": race, "sex": rng.choice(["f", "m"], n)} | changes)


def test_sweep_is_the_assessment_at_each_threshold():
    data = sample()
    index = ScoreIndex.build(data, ("race", "sex"))
    found = sweep(index, ("race",), "precision", READING)
    for q in range(0, len(found.thresholds), 9):
        rates = assess(data, Request(Policy.common(found.thresholds[q]), (("race",),)), index).groupings["race"].rates
        for part in ("value", "low", "high"):
            np.testing.assert_array_equal(getattr(found, part)[q], getattr(rates["precision"], part))


def test_sweep_visits_every_value_of_a_score_with_few():
    data = sample()
    found = sweep(ScoreIndex.build(data, ("race",)), ("race",), "accuracy", READING)
    np.testing.assert_array_equal(found.thresholds, np.unique(data.score_values()))
    many = dataset(np.random.default_rng(0).random(5000), g=["a", "b"] * 2500)
    even = sweep(ScoreIndex.build(many, ("g",)), ("g",), "selection_rate", READING)
    assert len(even.thresholds) == 513
    assert np.ptp(np.diff(even.thresholds)) < 1e-12


def test_sweep_of_a_table_is_exact():
    data = sample()
    exact, counted = (sweep(kind.build(data, ("race",)), ("race",), "f1", READING) for kind in (ScoreIndex, CountTable))
    np.testing.assert_array_equal(exact.value, counted.value)


def test_sweep_of_a_resampled_rate_has_a_band():
    data = sample()
    found = sweep(ScoreIndex.build(data, ()), (), "matthews_correlation", READING)
    middle = len(found.thresholds) // 2
    chosen = data.score_values() >= found.thresholds[middle]
    assert found.value[middle, 0] == pytest.approx(matthews_corrcoef(data.label, chosen))
    assert found.low[middle, 0] < found.value[middle, 0] < found.high[middle, 0]


def test_sweep_refuses_an_unknown_metric():
    with pytest.raises(InvalidData, match="'magic'"):
        sweep(ScoreIndex.build(sample(), ()), (), "magic", READING)


def test_changes_count_persons():
    data = sample()
    index = ScoreIndex.build(data, ("race", "sex"))
    policy, baseline = Policy.per_group(("race",), {"a": 0.25, "b": 0.75}, 0.5), Policy.common(0.5)
    found = changes(index, ("sex",), policy, baseline)
    race, sex = (np.array(data.attribute(name).levels)[data.attribute(name).codes] for name in ("race", "sex"))
    now = data.score_values() >= np.select([race == "a", race == "b"], [0.25, 0.75], 0.5)
    before = data.score_values() >= 0.5
    for g, name in enumerate(found.groups.names):
        for slot, outcome in enumerate((1, 0)):
            here = (sex == name) & (data.label == outcome)
            assert found.newly_selected[g, slot] == (here & now & ~before).sum()
            assert found.newly_rejected[g, slot] == (here & before & ~now).sum()
    assert not found.expected


@pytest.mark.parametrize("common", [True, False])
@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.key)
def test_presets_choose_edges_of_every_group(preset, common):
    table = CountTable.build(sample(), ("race",))
    edges = preset.find(Goal(table, Costs(1, 2), "selected", common))
    if edges is None:
        assert common
        assert preset.key in ("selection", "opportunity")
        return
    assert edges.shape == (3,)
    assert ((edges >= 0) & (edges <= len(table.edges))).all()
    assert not common or len(set(edges.tolist())) == 1


def best_by_hand(data, wanted=None):
    """Return the most correct decisions over all pairs of thresholds of two groups, by trying them all."""
    table = CountTable.build(data, ("g",))
    edges, best = range(len(table.edges) + 1), -1
    for i in edges:
        for j in edges:
            counts = table.at_edges(np.array([i, j]))
            rates = (counts.tp + counts.fp) / counts.sizes
            if wanted is None or wanted(rates):
                best = max(best, int((counts.tp + counts.tn).sum()))
    return best


def two_groups():
    rng = np.random.default_rng(3)
    group = rng.choice(["a", "b"], 400)
    scores = rng.integers(0, 12, 400) + 4 * (group == "b")
    return dataset(scores, rng.random(400) < scores / 16, g=group)


def correct(table, edges):
    counts = table.at_edges(edges)
    return int((counts.tp + counts.tn).sum()), (counts.tp + counts.fp) / counts.sizes


def test_best_accuracy_and_four_fifths_equal_trying_all_pairs():
    data = two_groups()
    table = CountTable.build(data, ("g",))
    goal = Goal(table, Costs(), "selected", common=False)
    assert correct(table, PRESETS["accuracy"].find(goal))[0] == best_by_hand(data)
    found, rates = correct(table, PRESETS["four_fifths"].find(goal))
    assert rates.min() >= 0.8 * rates.max() - 1e-12
    assert found == best_by_hand(data, lambda rates: rates.max() > 0 and rates.min() >= 0.8 * rates.max())


def test_equal_selection_is_closer_than_one_threshold():
    table = CountTable.build(sample(), ("race",))
    goal = Goal(table, Costs(), "selected", common=False)
    equal, one = (correct(table, PRESETS[key].find(goal))[1] for key in ("selection", "middle"))
    assert np.ptp(equal) < 0.05 < np.ptp(one)


def test_capacity_never_selects_more_and_reports_ties():
    data = dataset([1, 2, 2, 2, 3, 3], g=["a"] * 5 + ["b"])
    for kind in (CountTable, ScoreIndex):
        index = kind.build(data, ("g",))
        assert [at_capacity(index, k)[1] for k in (0, 1, 2, 3, 5, 6, 99)] == [0, 0, 2, 2, 5, 6, 6]
        assert at_capacity(index, 4) == (3, 2)
        assert at_capacity(index, 0) == (np.inf, 0)
        assert at_capacity(index, 3, members=[0]) == (3, 1)


@pytest.mark.parametrize(
    "disparity", ["demographic_parity_difference", "disparate_impact_ratio", "equalized_odds_difference"]
)
def test_heat_map_agrees_with_the_assessment(disparity):
    data = two_groups()
    table = CountTable.build(data, ("g",))
    found = heat_map(table, (0, 1), np.array([3, 5]), disparity, "selected", Costs())
    for i, j in ((2, 9), (7, 7)):
        policy = Policy.per_group(("g",), {"a": found.first[i], "b": found.second[j]}, 0)
        result = assess(data, Request(policy, min_group=0))
        assert found.utility[i, j] == pytest.approx(result.overall.rates["accuracy"][0].value)
        assert found.disparity[i, j] == pytest.approx(result.groupings["g"].disparities[disparity].value)


def test_precision_band_matches_a_library_at_one_point():
    data = sample()
    found = sweep(ScoreIndex.build(data, ()), (), "precision", READING)
    chosen = data.score_values() >= found.thresholds[10]
    assert found.value[10, 0] == pytest.approx(precision_score(data.label, chosen))


@pytest.mark.parametrize("key", ["selection", "opportunity"])
def test_equal_rates_are_not_bought_by_selecting_nobody(key):
    data = sample(values=10)
    table = CountTable.build(data, ("race",))
    goal = Goal(table, Costs(), "selected", common=False)
    usual, found = (correct(table, PRESETS[name].find(goal))[1] for name in ("middle", key))
    assert (found > usual.mean() / 3).all()
