"""The browser's arithmetic against NumPy: counts and rates to the bit, intervals to 1e-12."""

import base64
from pathlib import Path

import numpy as np
import pytest

from engine.assessment.disparities import compared, disparity
from engine.assessment.rates import Reading, estimate_rates, rate_bounds
from engine.counting.counts import GroupCounts
from engine.counting.table import CountTable
from engine.metrics import DISPARITIES, RATES, Costs, rate_values
from engine.types import Estimates
from pages.parts import live_payload
from tests.build import groups

pytestmark = pytest.mark.e2e
SETS = 200
SIZES = np.array([0, 1, 2, 5, 29, 30, 200, 4_000, 10**5, 10**6, 4 * 10**9, 2**40])
SCRIPT = (Path(__file__).parents[2] / "assets" / "threshold_arithmetic.js").read_text(encoding="utf-8")
DRIVER = """async ([source, data, sets]) => {
  const js = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const edges = js.unpack(data.edges), groups = data.sizes.length, reading = { ...data.reading, rates: data.rates };
  const tails = js.tails(js.unpack(data.bins), groups, edges.length, data.slots);
  const squares = data.squares && js.tails(js.unpack(data.squares), groups, edges.length, data.slots);
  const cells = [], rates = [], gaps = [];
  for (const set of sets) {
    const values = Object.fromEntries(Object.keys(data.rates).map((key) => [key, []]));
    set.forEach((edge, g) => {
      const at = js.cellsAt(tails[g], edge), square = squares && js.cellsAt(squares[g], edge);
      cells.push(...at);
      for (const key of data.shown) rates.push(...js.estimate(data.rates[key], at, square, reading));
      for (const key in values) values[key].push(js.rateOf(data.rates[key], at, reading));
    });
    for (const rule of data.disparities) {
      const found = js.disparity(rule, values, data.sizes, data.least);
      gaps.push(found.value, found.highest, found.lowest);
    }
  }
  const text = (numbers) => {
    const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
    let out = "";
    for (let i = 0; i < bytes.length; i += 8192) out += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(out);
  };
  return [text(cells), text(rates), text(gaps)];
}"""


def table_of(case: str) -> CountTable:
    """Return twelve groups, one empty, three tiny, one huge; skewed over the edges of the case."""
    rng = np.random.default_rng(5)
    edges = {"deciles": np.arange(1.0, 11), "quantiles": np.unique(np.exp(rng.normal(size=900)))}.get(
        case, np.arange(1025) / 1024
    )
    counts = np.stack([
        rng.multinomial(size, rng.dirichlet(np.full(3 * len(edges), 0.3))).reshape(len(edges), 3) for size in SIZES
    ])
    if case == "no unknown":
        counts[..., 2] = 0
    weights = squares = None
    if case == "weights":
        weights = counts * rng.uniform(0.1, 3, counts.shape)
        squares = weights * rng.uniform(1, 3, counts.shape)
    rule = case if case == "quantiles" else "values" if case == "deciles" else "grid"
    sums = np.zeros(counts.shape)
    return CountTable(groups(len(SIZES)), edges, rule, counts, sums, sums, 0, weights, squares)


def thresholds(table: CountTable) -> np.ndarray:
    rng = np.random.default_rng(6)
    chosen = rng.integers(0, len(table.edges) + 1, (SETS, len(table.groups)))
    chosen[:3] = np.array([0, len(table.edges), len(table.edges) // 2])[:, None]
    return chosen


def numbers(text: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f8").reshape(shape)


@pytest.fixture(scope="module")
def arithmetic(browser):
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("case", ["grid", "no unknown", "deciles", "quantiles", "weights"])
@pytest.mark.parametrize(("favourable", "costs", "level"),
                         [("selected", Costs(), 0.95), ("not-selected", Costs(2.5, 0.3), 0.8)])
def test_counts_rates_and_intervals_are_numpys(arithmetic, case, favourable, costs, level):
    table = table_of(case)
    reading = Reading(favourable, costs, level, True)
    data = live_payload.payload(table, live_payload.handles(table), live_payload.Reading(
        tuple(RATES), 30, level, costs, favourable))
    sets = thresholds(table)
    cells, rates, gaps = arithmetic.evaluate(DRIVER, [SCRIPT, data, sets.tolist()])

    counts = table.at_edges(sets)
    np.testing.assert_array_equal(numbers(cells, SETS, 12, 6), counts.values)
    values = rate_values(counts, favourable, costs)
    bounds = rate_bounds(counts, values, reading)
    found = numbers(rates, SETS, 12, len(RATES), 3)
    for i, key in enumerate(RATES):
        np.testing.assert_array_equal(found[..., i, 0].view(np.uint64)[known := ~np.isnan(values[key])],
                                      values[key][known].view(np.uint64), err_msg=key)
        assert np.isnan(found[..., i, 0][~known]).all()
        if key in bounds:
            for side in (0, 1):
                want = np.where(known, bounds[key][side], np.nan)
                np.testing.assert_allclose(found[..., i, 1 + side], want, rtol=1e-12, atol=1e-12, err_msg=key)
    for s in range(0, SETS, 20):
        same_gaps(GroupCounts(counts.values[s], counts.rows[s], None if counts.squares is None else counts.squares[s]),
                  table, reading, numbers(gaps, SETS, len(live_payload.COMPARED), 3)[s])


def same_gaps(counts, table, reading, found):
    """Compare the disparities at one set of thresholds with the engine's."""
    rng, blank = np.random.default_rng(0), np.full(12, np.nan)
    rates = estimate_rates(counts, table.groups.names, reading, rng)
    ready = compared(counts, rates, Estimates(blank, blank, blank, blank, (None,) * 12), blank, reading)
    for key, (value, highest, lowest) in zip(live_payload.COMPARED, found, strict=True):
        gap = disparity(DISPARITIES[key], ready, table.groups.names, counts.sizes.astype(float), 30, 0.95, rng)
        np.testing.assert_array_equal(value, gap.value)
        if not np.isnan(value):
            assert (str(int(highest)), str(int(lowest))) == (gap.highest, gap.lowest)


def test_without_an_outcome_only_selection_is_known(arithmetic):
    table = table_of("grid")
    data = live_payload.payload(table, live_payload.handles(table), live_payload.Reading(tuple(RATES), outcome=False))
    _, rates, _ = arithmetic.evaluate(DRIVER, [SCRIPT, data, thresholds(table)[:5].tolist()])
    known = ~np.isnan(numbers(rates, 5, 12, len(RATES), 3)[..., 0]).all(axis=(0, 1))
    assert {key for key, yes in zip(RATES, known, strict=True) if yes} == {"selection_rate", "favourable_rate"}


def test_every_formula_of_the_registry_is_known_to_the_browser(arithmetic):
    known = arithmetic.evaluate("""async (source) => Object.keys((await import(URL.createObjectURL(
      new Blob([source], { type: "text/javascript" })))).FORMULAS)""", SCRIPT)
    assert set(known) >= {key for key, rate in RATES.items() if rate.formula}


@pytest.mark.parametrize("edges", [
    ("grid", (np.arange(1025) / 1024).tolist()), ("values", list(range(1, 11))), ("values", [3]),
    ("values", [0.001, 0.5, 0.50001, 9]), ("quantiles", np.exp(np.linspace(-3, 3, 1000)).tolist()),
], ids=["grid", "deciles", "one value", "uneven values", "quantiles"])
def test_every_edge_has_its_place_and_can_be_reached(arithmetic, edges):
    rule, values = edges
    probes = [-1e308, *values, *(np.array(values) + 1e-4).tolist(), 1e308]
    plan = arithmetic.evaluate("""async ([source, rule, edges, probes]) => {
      const js = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
      const plan = js.layout(Float64Array.from(edges), rule), at = Array.from(plan.at);
      return { at, bars: plan.bars, bar: Array.from(plan.bar), each: plan.each,
               back: at.map((place) => js.nearestEdge(plan.at, place)), found: probes.map((t) => js.edgeOf(edges, t)) };
    }""", [SCRIPT, rule, values, probes])
    assert (np.diff(plan["at"]) > 0).all()
    assert plan["at"][0] == 0
    assert plan["at"][-1] == 1
    assert plan["back"] == list(range(len(values) + 1))
    assert plan["found"] == np.searchsorted(values, probes).tolist()
    assert plan["bars"] <= 64
    assert set(plan["bar"]) <= set(range(plan["bars"]))
    assert plan["each"] == (rule == "values" and len(values) in (1, 10))
    if plan["each"]:
        assert plan["bar"] == list(range(len(values)))
