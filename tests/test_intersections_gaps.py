"""Gaps over cells with bounds that cover, cells against the rest, and the diagnosis that tells where a gap is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.dependence.diagnosis import Question, compare_cells, diagnose, holm
from engine.dependence.gaps import cell_means, chance, gap, kept, largest, rest_means
from engine.errors import InvalidData
from engine.intervals import quantile
from engine.types import Estimate
from tests.gerrymandered import attribute, coins, crossed, data


def test_means_and_errors_by_hand():
    values, codes = np.array([1.0, 3.0, 5.0, 2.0, 7.0]), np.array([0, 0, 0, 1, 2])
    found = cell_means(values, codes, 4)
    assert found.value[:3].tolist() == [3.0, 2.0, 7.0]
    assert np.isnan(found.value[3])
    assert found.error[0] == pytest.approx(2 / np.sqrt(3))
    assert np.isnan(found.error[1:]).all()
    assert found.rows.tolist() == [3, 1, 1, 0]
    estimates = found.estimates(("a", "b", "c", "d"), 0.95)
    assert estimates[0].low == pytest.approx(3 - 4.302652729911275 * 2 / np.sqrt(3))   # Student, two degrees
    assert "one row" in estimates[1].reason
    assert "no rows" in estimates[3].reason


def test_a_rate_per_exposure_is_a_ratio_of_sums():
    values, unit = np.array([1.0, 0.0, 2.0, 1.0]), np.array([0.5, 1.0, 1.5, 1.0])
    found = cell_means(values, np.zeros(4, dtype=int), 1, unit=unit)
    assert found.value[0] == pytest.approx(1.0)
    assert found.error[0] == pytest.approx(np.sqrt(((values - unit) ** 2).sum() * 4 / 3) / 4)


def test_whole_weights_are_rows():
    rng = np.random.default_rng(0)
    values, codes, times = rng.random(60), rng.integers(0, 3, 60), rng.integers(1, 4, 60)
    weighted = cell_means(values, codes, 3, times.astype(float))
    repeated = cell_means(np.repeat(values, times), np.repeat(codes, times), 3)
    assert weighted.value == pytest.approx(repeated.value)


@pytest.mark.parametrize("share", [False, True])
def test_a_gap_is_covered_and_equal_cells_are_not_called_different(share):
    rng = np.random.default_rng(1)
    truth, codes = np.array([0.3, 0.3, 0.3, 0.3]), np.repeat(np.arange(4), 80)
    for wide in (0.0, 0.2):
        rates = truth + np.array([0, 0, 0, wide])
        covered = positive = 0
        for _ in range(150):
            rows = rates[codes]
            values = (rng.random(320) < rows).astype(float) if share else rows + 0.4 * rng.normal(size=320)
            means = cell_means(values, codes, 4, share=share)
            found = gap(means, kept(means, 30), 0.9)
            covered += found.low <= wide <= found.high
            positive += found.low > 0
        assert covered >= 128            # 90 % of 150 is 135; binomial 5 % bound
        assert positive <= 22 or wide > 0


def test_chance_is_calibrated():
    rng, inside, small = np.random.default_rng(2), 0, []
    codes = np.repeat(np.arange(5), 60)
    for _ in range(100):
        means = cell_means(rng.normal(size=300), codes, 5)
        noise, p = chance(means, kept(means, 30), 0.9, rng)
        inside += np.ptp(means.value) <= noise
        small.append(p)
    assert 80 <= inside <= 98
    assert abs(np.mean(small) - 0.5) < 0.12


def test_small_cells_stay_out_and_one_cell_has_no_gap():
    means = cell_means(np.arange(7.0), np.array([0, 0, 0, 1, 1, 1, 2]), 3)
    assert kept(means, 3).tolist() == [0, 1]
    assert gap(means, kept(means, 3), 0.95).value == 3.0
    assert "fewer than two" in gap(means, kept(means, 4), 0.95).reason
    assert largest([Estimate(float("nan")), Estimate(0.2), Estimate(0.1)]).value == 0.2
    assert np.isnan(largest([Estimate(float("nan"), reason="x")]).value)


def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(0).random(12) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def scored(n=3000, seed=0, **more):
    people = coins(n, seed, **more)
    x, _, _, _ = crossed(n, seed)
    score = 1 / (1 + np.exp(-(0.8 * x[:, 0] + 0.6 * x[:, 1] + 0.5 * x[:, 2])))
    return people.with_scores("s", score, "column")


@pytest.fixture(scope="module")
def found():
    return diagnose(scored(), Question(permutations=19))


def test_a_gerrymandered_score_shows_in_the_cells_alone(found):
    assert [each.grouping for each in found.marginal] == ["a", "b"]
    for each in found.marginal:
        assert each.estimate.value < each.noise_high
        assert each.p_value > 0.05
    whole = found.intersectional
    assert whole.grouping == "a x b"
    assert whole.estimate.low > 0.05
    assert whole.estimate.value > whole.noise_high
    assert whole.p_value < 0.001
    assert found.interaction > 0.9 * found.dependence > 0
    assert sum(found.terms.values()) + found.interaction == pytest.approx(found.dependence)
    assert list(found.combinations) == ["a x b"]
    assert found.combinations["a x b"] > 10 * max(abs(value) for value in found.terms.values())
    assert found.dependence_p_value == pytest.approx(0.05)     # 1 of 20, the least that 19 shuffles can say
    assert found.dependence > found.dependence_noise


def test_cells_stand_apart_from_the_rest_with_bounds_for_all_at_once(found):
    values = scored().score_values()
    codes = scored().attributes[0].codes * 2 + scored().attributes[1].codes
    assert len(found.contrasts) == 4
    sure = [max(c.difference.low, -c.difference.high, 0) for c in found.contrasts]
    assert sure == sorted(sure, reverse=True)
    for each in found.contrasts:
        mine, rest = values[codes == each.cell], values[codes != each.cell]
        assert each.difference.value == pytest.approx(mine.mean() - rest.mean())
        half = quantile(1 - 0.05 / 4) * np.hypot(*(side.std(ddof=1) / len(side) ** 0.5 for side in (mine, rest)))
        assert each.difference.high - each.difference.value == pytest.approx(half)
        assert each.p_value < 0.001
    assert found.overall.value == pytest.approx(values.mean())
    assert found.estimates.value == pytest.approx([values[codes == g].mean() for g in range(4)])
    assert np.abs(found.beyond) == pytest.approx(np.abs(found.estimates.value - values.mean()), abs=0.02)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("share", [False, True])
def test_the_rest_of_each_cell_is_that_of_its_rows_as_one_cell(weighted, share):
    rng = np.random.default_rng(3)
    codes, values = rng.choice([0, 1, 3], 500), rng.beta(2, 5, 500)
    values = (values > 0.3).astype(float) if share else 1_000 + values   # far from 0: sums of squares would cancel
    weight = rng.uniform(0.5, 2, 500) if weighted else None
    found = rest_means(cell_means(values, codes, 4, weight, share=share), values, codes, weight)
    for cell in range(4):   # the third is empty: its rest is everybody
        alone = cell_means(values, (codes == cell).astype(int), 2, weight, share=share)
        assert found.value[cell] == pytest.approx(alone.value[0], rel=1e-13)
        assert found.error[cell] == pytest.approx(alone.error[0], rel=1e-9)
        assert (found.rows[cell], found.size[cell]) == (alone.rows[0], pytest.approx(alone.size[0]))


def test_the_dependence_can_be_measured_on_some_rows_and_the_cells_are_of_all(found):
    some = diagnose(scored(), Question(permutations=19, most=1000))
    assert (some.dependence_rows, some.rows, found.dependence_rows) == (1000, 3000, 3000)
    assert some.estimates.value == pytest.approx(found.estimates.value)
    assert some.intersectional == found.intersectional
    assert 0.3 * found.dependence < some.dependence < 3 * found.dependence
    assert some.dependence == diagnose(scored(), Question(permutations=19, most=1000)).dependence
    assert diagnose(scored(), Question(permutations=19, most=5000)).dependence == found.dependence


def test_cells_known_before_are_taken_as_they_are(found):
    compared = compare_cells(scored(), Question())
    again = diagnose(scored(), Question(permutations=19), compared=compared)
    assert again.contrasts is compared.contrasts
    assert again.contrasts == found.contrasts


def test_what_each_attribute_adds_is_not_beyond():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 4000), rng.integers(0, 3, 4000)
    people = data(rng.normal(size=(4000, 1)), (attribute("a", a), attribute("b", b)), label=a.astype(float))
    score = 0.2 * a + np.array([0.0, 0.1, 0.4])[b]
    found = diagnose(people.with_scores("s", score, "column"), Question(permutations=5))
    assert found.beyond == pytest.approx(np.zeros(6), abs=1e-9)
    assert found.intersectional.estimate.value == pytest.approx(0.6)


def test_a_threshold_compares_shares():
    people = scored()
    found = diagnose(people, Question(threshold=0.6, permutations=5))
    assert found.compares == "share of rows with 's' >= 0.6"
    assert found.overall.value == pytest.approx((people.score_values() >= 0.6).mean())
    assert found.intersectional.estimate.high <= 1
    assert all(0 <= low <= high <= 1 for low, high in zip(found.estimates.low, found.estimates.high, strict=True))


def test_rows_without_a_score_are_left_out_and_counted():
    people = scored()
    some = np.array(people.score_values())
    some[:100] = np.nan
    found = diagnose(people.with_scores("t", some), Question(permutations=5))
    assert (found.rows, found.unscored) == (2900, 100)
    assert found.estimates.n.sum() == 2900


def test_weights_make_it_v_and_small_cells_are_named():
    people = scored(400, weight=np.random.default_rng(0).uniform(0.5, 2, 400))
    found = diagnose(people, Question(permutations=5, min_group=100))
    assert found.estimator == "V"
    assert [name for name, _ in found.left_out] == [
        name for name, n in zip(found.cells.names, found.estimates.n, strict=True) if n < 100]
    assert len(found.contrasts) == 4 - len(found.left_out)


def test_without_a_score_or_an_attribute_it_is_refused():
    with pytest.raises(InvalidData, match="score"):
        diagnose(coins(100))
    with pytest.raises(InvalidData, match="needs rows"):
        diagnose(dataclasses.replace(scored(100), counts=object()))
    with pytest.raises(InvalidData, match="attribute"):
        diagnose(scored(100), Question(attributes=("c",)))
    with pytest.raises(InvalidData, match="attribute"):
        diagnose(scored(100), Question(attributes=()))
    with pytest.raises(InvalidData, match="stopped"):
        diagnose(scored(100), Question(), cancelled=lambda: True)


def test_the_worst_cell_of_independent_scores_is_rarely_sure():
    rng, sure = np.random.default_rng(7), 0
    base = coins(600)
    for _ in range(40):
        shuffled = dataclasses.replace(base).with_scores("s", rng.random(600))
        sure += any(c.p_value < 0.05 for c in diagnose(shuffled, Question(permutations=1)).contrasts)
    assert sure <= 6     # 5 % of 40 is 2; binomial 1 % bound
