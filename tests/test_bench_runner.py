"""The bench runner's reading of what benches print, and what it keeps of an older RESULTS.md."""

import pytest

from tests.bench.__main__ import BENCHES, HERE, merged, name_of, section
from tests.bench.ratios import ABSENT, PEERS, READERS, TITLE, ratios

THRESHOLDS = "## A: `python -m tests.bench.thresholds`, 2026-01-02\n\nTook 3 s; two cores.\n\n```\n{}\n```\n"
MOVE = "10,000 2.3 0.233 0.1 0.045 0.684 5,920 24 62,177 240 4,438,504"
OLD = "# Results\n\nWords.\n\n## By hand\n\nkept\n\n" + THRESHOLDS.format("stale")
NAMED = {"fairlearn MetricFrame", "fairlearn ThresholdOptimizer", "pandas", "error-parity", "OxonFair", "netcal",
         "dcor"}


def test_a_fresh_section_takes_the_place_of_its_old_one_and_others_stay():
    once = merged(OLD, {"thresholds": THRESHOLDS.format(MOVE)})
    assert once.startswith("# Results\n\nWords.\n\n" + TITLE)
    assert "kept" in once
    assert "stale" not in once
    move = "| thresholds | 10,000 rows | a slider move, 16 rates of 12 groups | pandas groupby | 240 | equal to 1e-9 |"
    assert f"{move} 2026-01-02 |" in once
    assert "| the same, with the index built for it | pandas groupby | 10.0 |" in once
    assert "* thresholds: two cores." in once
    assert merged(once, {}) == once


@pytest.mark.parametrize(("name", "lines", "times", "note"), [
    ("frontier", ["odds, bound 0.02, 10 rows, 2 groups",
                  "  fairlearn ThresholdOptimizer   accuracy 0.70  gap 0.02  ours there 0.71     1200.0 ms    40.0x",
                  "  ours, deterministic            accuracy 0.70  gap 0.02  ours there 0.71        9.0 ms     0.3x"],
     "40.0", "accuracy 0.70 at gap 0.02, ours there 0.71"),
    ("calibration", ["10 rows, 20 groups; load 1", "  netcal ECE   12.0 ms      3.4x ours, all; differs by 1e-9"],
     "3.4", "differs by 1e-9"),
    ("dependence", ["1,000 rows; sorting", "  dcor, 8 cells        12.00 ms   7.0 times CCdCov, 8 cells"], "7.0", ""),
    ("intersections", ["10 rows to train", "  a point: fairlearn 2.00 s, cc 0.100 s, 20.0x"], "20.0", ""),
    ("manipulation", ["     1,000  entropic weights            0.0001       0.007          92"], "92", ""),
    ("drivers", ["10 rows", "  permutations / shap      0.002 s   peer    0.112 s   x    45.8   sums"], "45.8", "sums"),
    ("scale", ["10 rows, 9 MB", "sum: | 1.00 s | 1.10 s of the processor | 165 MB",
               "duckdb: 7a, 9 of 10 rows | 2.00 s | 3.50 s of the processor | 215 MB"], "0.50", ""),
])
def test_a_ratio_is_found_in_what_a_bench_prints(name, lines, times, note):
    found = list(READERS[name](lines))
    assert [(each.times, each.note) for each in found] == [(times, note)]
    assert found[0].case


def test_every_peer_has_a_row_measured_or_with_the_reason():
    assert {peer for peers in PEERS.values() for peer in peers} >= NAMED
    for name, peers in PEERS.items():
        unrun = ratios(name, [])
        assert [each.peer for each in unrun] == list(peers)
        assert {each.times for each in unrun} == {f"{ABSENT}its bench was not run"}
    lines = ["10 rows, 20 groups; load 1", "  netcal, ECE      not measured: not installed (No module named 'netcal')"]
    found = {each.peer: each for each in ratios("calibration", lines)}
    assert found["netcal, ECE"].times == f"{ABSENT}not installed (No module named 'netcal')"
    assert found["netcal, ECE"].case == "10 rows, 20 groups"
    assert found["relplot"].times == f"{ABSENT}its bench printed nothing of it"
    assert "netcal" not in found


def test_a_bench_names_its_peers_as_the_table_does():
    from tests.bench import calibration, dependence, frontier

    arrays = calibration.sample(10)
    printed = {"frontier": frontier.TOOLS, "calibration": calibration.loops(*arrays), "dependence": dependence.PEERS}
    for name, tools in printed.items():
        assert all(any(tool.startswith(peer) for tool in tools) for peer in PEERS[name])


def test_every_bench_is_registered():
    parts = {"__init__", "__main__", "ratios", "serving"}
    assert set(BENCHES) == {path.stem for path in HERE.glob("*.py")} - parts
    assert name_of("## Models: `python -m tests.bench.scoring`, 2026-11-21") == "scoring"
    assert all(name_of(section(name, ["-m", f"tests.bench.{name}"], [], "1 s")) == name for name in BENCHES)
