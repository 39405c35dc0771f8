import numpy as np
import pytest

from engine.counting.index import index_rows
from engine.counting.table import BINS, CountTable, choose_edges, tabulate_rows
from engine.errors import InvalidData
from tests.build import dataset, groups, rows


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("kind", ["values", "grid", "quantiles"])
def test_counts_at_edges_equal_the_exact_index(kind, weights):
    rng = np.random.default_rng(11)
    scores, label, codes, weight = rows(rng, 4000, weights=weights, ties=kind == "values")
    scores = np.log(scores) if kind == "quantiles" else scores
    if kind == "grid":
        scores[:3] = 0.0, 1.0, 0.5
    scores[5] = np.nan
    table, index = (
        tabulate_rows(scores, label, codes, groups(4), weight),
        index_rows(scores, label, codes, groups(4), weight),
    )
    assert table.rule == kind
    assert table.unscored == 1
    for _ in range(20):
        edge = rng.integers(0, len(table.edges) + 1, 4)
        thresholds = np.append(table.edges, np.inf)[edge]
        ours, exact = table.at_edges(edge), index.at(thresholds)
        np.testing.assert_allclose(ours.values, exact.values, atol=1e-9)
        np.testing.assert_array_equal(ours.rows, exact.rows)
        np.testing.assert_array_equal(table.at(thresholds).rows, exact.rows)


def test_one_ulp_below_a_grid_edge_falls_below_it():
    edges = np.arange(1, BINS) / BINS
    scores = np.concatenate([np.nextafter(edges, 0), edges, np.linspace(0, 1, 2000)])
    table = tabulate_rows(scores, None, np.zeros(len(scores), np.int32), groups(1))
    assert table.rule == "grid"
    counts = [
        int(table.at_edges(np.array([k])).sizes[0] - table.at_edges(np.array([k])).rejected_unknown[0])
        for k in (1, 512)
    ]
    assert counts == [int((scores >= 1 / BINS).sum()), int((scores >= 0.5).sum())]


def test_one_is_its_own_bin():
    edges, rule = choose_edges(np.append(np.random.default_rng(0).random(3000), 1.0))
    assert rule == "grid"
    assert (len(edges), edges[-1]) == (BINS + 1, 1.0)


def test_few_distinct_values_hidden_behind_a_sample_are_found():
    scores = np.append(np.zeros(9000), np.arange(2000))
    assert choose_edges(scores)[1] == "quantiles"
    assert choose_edges(np.append(np.zeros(9000), np.arange(1000)))[1] == "values"


def test_parts_merge_to_the_whole_in_any_order():
    rng = np.random.default_rng(2)
    race, sex = rng.choice(["a", "b", "c"], 900), rng.choice(["f", "m"], 900)
    scores, label = rng.integers(0, 30, 900) / 30, rng.integers(0, 2, 900)
    edges = np.unique(scores)

    def part(rows):
        return CountTable.build(
            dataset(scores[rows], label[rows], race=race[rows], sex=sex[rows]), ("race", "sex"), edges
        )

    whole, one, two, three = part(slice(None)), part(slice(0, 5)), part(slice(5, 300)), part(slice(300, None))
    for merged in (one.merge(two).merge(three), three.merge(one.merge(two))):
        assert merged.digest() == whole.digest()
        np.testing.assert_allclose(merged.score_sum.sum(), whole.score_sum.sum())
    assert one.digest() != whole.digest()


def test_tables_that_do_not_fit_are_refused_with_a_sentence():
    a = CountTable.build(dataset([0.1, 0.2], g=["x", "y"]), ("g",))
    b = CountTable.build(dataset([0.1, 0.3], g=["x", "y"]), ("g",))
    with pytest.raises(InvalidData, match="same bin edges"):
        a.merge(b)
    with pytest.raises(InvalidData, match="same attributes"):
        a.merge(CountTable.build(dataset([0.1, 0.2], h=["x", "y"]), ("h",)))


def test_marginalising_adds_cells_up():
    rng = np.random.default_rng(4)
    data = dataset(
        rng.random(500), rng.integers(0, 2, 500), race=rng.choice(["a", "b"], 500), sex=rng.choice(["f", "m"], 500)
    )
    table = CountTable.build(data, ("race", "sex"))
    for attributes in ((), ("sex",)):
        anew = CountTable.build(data, attributes, table.edges)
        np.testing.assert_array_equal(table.marginalise(attributes).counts, anew.counts)


def test_sums_of_scores_are_the_rows_sums():
    scores, label, codes, weight = rows(np.random.default_rng(6), 400, weights=True)
    table = tabulate_rows(scores, label, codes, groups(3), weight)
    assert table.score_sum[1, :, 1].sum() == pytest.approx((scores * weight)[(codes == 1) & (label == 1)].sum())
    assert table.score_squares.sum() == pytest.approx((scores**2 * weight).sum())


def test_without_a_finite_score_everybody_is_unscored():
    table = CountTable.build(dataset([np.nan, np.inf], [0, 1], g=["a", "b"]), ("g",))
    assert table.unscored == 2
    assert table.at(np.full(2, 0.5)).sizes.tolist() == [0, 0]
    assert np.isnan(table.area([0])[0])
