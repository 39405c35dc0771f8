"""The bench runner's reading of what benches print, and what it keeps of an older RESULTS.md."""

import pytest

from tests.bench.__main__ import BENCHES, merged, name_of
from tests.bench.ratios import READERS, TITLE

THRESHOLDS = "## A: `python -m tests.bench.thresholds`, 2026-01-02\n\n```\n{}\n```\n"
MOVE = "10,000 0.263 0.233 0.095 0.045 0.684 5,919.995 14.605 62,177 153 4,438,504"
OLD = "# Results\n\nWords.\n\n## By hand\n\nkept\n\n" + THRESHOLDS.format("stale")


def test_a_fresh_section_takes_the_place_of_its_old_one_and_others_stay():
    once = merged(OLD, {"thresholds": THRESHOLDS.format(MOVE)})
    assert once.startswith("# Results\n\nWords.\n\n" + TITLE)
    assert "kept" in once
    assert "stale" not in once
    assert "| thresholds | 10,000 rows | a slider move, 16 rates of 12 groups | pandas groupby | 153 |" in once
    assert merged(once, {}) == once


@pytest.mark.parametrize(("name", "lines", "times"), [
    ("frontier", ["odds, bound 0.02, 10 rows, 2 groups",
                  "  fairlearn            accuracy 0.700000  gap 0.0190  ours there 0.710000     1200.0 ms    40.0x",
                  "  ours, deterministic  accuracy 0.700000  gap 0.0190  ours there 0.710000        9.0 ms     0.3x"],
     "40.0"),
    ("calibration", ["10 rows, 20 groups; load 1", "  netcal ECE   12.0 ms      3.4x ours, all; differs by 1e-9"],
     "3.4"),
    ("dependence", ["1,000 rows; sorting", "  dcor, 8 cells        12.00 ms   7 times CCdCov, 8 cells"], "7"),
    ("intersections", ["10 rows to train", "  a point: fairlearn 2.00 s, cc 0.100 s, 20.0x"], "20.0"),
    ("manipulation", ["     1,000  entropic weights            0.0001       0.007          92"], "92"),
    ("drivers", ["10 rows", "  permutations / shap      0.002 s   peer    0.112 s   x    45.8   sums"], "45.8"),
    ("scale", ["10 rows, 9 MB", "sum: | 1.00 s | 165 MB", "duckdb: 7a, 9 of 10 rows | 2.00 s | 215 MB"], "0.50"),
])
def test_a_ratio_is_found_in_what_a_bench_prints(name, lines, times):
    found = list(READERS[name](lines))
    assert [each.times for each in found] == [times]
    assert found[0].case


def test_every_bench_is_registered():
    from tests.bench.__main__ import HERE

    parts = {"__init__", "__main__", "ratios", "serving"}
    assert set(BENCHES) == {path.stem for path in HERE.glob("*.py")} - parts
    assert name_of("## Models: `python -m tests.bench.scoring`, 2026-11-21") == "scoring"
