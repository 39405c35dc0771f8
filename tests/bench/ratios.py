"""The ratios against peers, read out of what the benches printed.

A bench prints a heading per case, and below it a line per peer, indented. A peer without a time says why, in a line
`  name   not measured: why`, the same in every bench.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

TITLE = "## Ratios against peers"
ABSENT = "not measured: "
HEAD = "| bench | case | ours | peer | peer ÷ ours | beside it | day |\n|---|---|---|---|---|---|---|\n"


class Ratio(NamedTuple):
    """How many times as long a peer takes as we do, or why that is not known, and what is to be read beside it."""

    case: str
    what: str
    peer: str
    times: str
    note: str = ""


# Peers that the table names even where a bench says nothing of them.
PEERS = {
    "thresholds": ("fairlearn MetricFrame", "pandas"),
    "frontier": ("fairlearn ThresholdOptimizer", "error-parity", "OxonFair"),
    "calibration": ("netcal", "relplot", "MAPIE", "scikit-learn"),
    "dependence": ("dcor",),
}


def cases(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each indented line with the heading above it, of which what follows a semicolon is left out."""
    case = ""
    for line in lines:
        if line.startswith("  "):
            yield case, line
        else:
            case = line.split(";")[0]


def absent(lines: Iterable[str]) -> Iterator[Ratio]:
    """Lines of peers that were not measured."""
    for case, line in cases(lines):
        if found := re.fullmatch(rf"  (\S.*?) +({ABSENT}.+)", line):
            yield Ratio(case, "", found[1], found[2])


def thresholds(lines: list[str]) -> Iterator[Ratio]:
    """Lines of rows, five times of ours, two of peers, three ratios."""
    for line in lines:
        words = [word.replace(",", "") for word in line.split()]
        if len(words) != 11 or not words[0].isdigit():
            continue
        case, equal = f"{int(words[0]):,} rows", "equal to 1e-9"
        built = float(words[1]) + float(words[3])
        peers = (("fairlearn MetricFrame", words[6], words[8]), ("pandas groupby", words[7], words[9]))
        for peer, took, times in peers:
            yield Ratio(case, "a slider move, 16 rates of 12 groups", peer, f"{int(times):,}", equal)
            yield Ratio(case, "the same, with the index built for it", peer, f"{float(took) / built:,.1f}", equal)
        yield Ratio(case, "a sweep of 513 thresholds", "fairlearn MetricFrame", f"{int(words[10]):,}",
                    "theirs: 513 times one")


def frontier(lines: list[str]) -> Iterator[Ratio]:
    """A heading per problem, then lines of tools that end in milliseconds and a ratio."""
    pattern = r"  (\S.*?) +accuracy (\S+)  gap (\S+)  ours there (\S+) .* ms +([\d.,]+)x"
    for case, line in cases(lines):
        if (found := re.fullmatch(pattern, line)) and not found[1].startswith("ours"):
            what = "a policy at one bound" if case.startswith("equalized") else "the frontier; theirs one bound of it"
            yield Ratio(case, what, found[1], found[5], f"accuracy {found[2]} at gap {found[3]}, ours there {found[4]}")


def calibration(lines: list[str]) -> Iterator[Ratio]:
    """A heading per size, then lines of `name ms ratio x ours, beside; note`."""
    for case, line in cases(lines):
        if found := re.fullmatch(r"  (\S.*?) +[\d.]+ ms +([\d.]+)x ours, (.*?); (.*)", line):
            yield Ratio(case, found[3], found[1], found[2], found[4])


def intersections(lines: list[str]) -> Iterator[Ratio]:
    """A heading per size; one line that compares a point."""
    for case, line in cases(lines):
        if found := re.search(r"a point: fairlearn .* ([\d.]+)x", line):
            yield Ratio(case, "a penalised model", "fairlearn ExponentiatedGradient", found[1])


def manipulation(lines: list[str]) -> Iterator[Ratio]:
    """Lines of rows, what, seconds of ours, seconds of the naive way, ratio."""
    for line in lines:
        if found := re.fullmatch(r" *([\d,]+)  (.*?) +[\d.]+ +[\d.]+ +([\d,]+)", line):
            yield Ratio(f"{found[1]} rows", found[2], "a naive procedure", found[3])


def drivers(lines: list[str]) -> Iterator[Ratio]:
    """A heading per size, then lines of what, seconds of ours, seconds of the peer, ratio, note."""
    for case, line in cases(lines):
        if found := re.fullmatch(r"  (\S.*?) +[\d.]+ s +peer +[\d.]+ s +x +([\d.]+) *(.*)", line):
            what, _, peer = found[1].partition(" / ")
            yield Ratio(case, what, peer or "the plain way", found[2], found[3])


def dependence(lines: list[str]) -> Iterator[Ratio]:
    """A heading per size, then peers as `name ms N times ours`."""
    for case, line in cases(lines):
        if found := re.fullmatch(r"  (\S.*?) +[\d.]+ ms +([\d,.]+) times (.*)", line):
            yield Ratio(case, f"value and gradient of {found[3]}", found[1], found[2])


def scale(lines: list[str]) -> Iterator[Ratio]:
    """A line per step, with its seconds; a plain sum of the same columns is the peer."""
    seconds = {found[1]: float(found[2]) for line in lines if (found := re.match(r"(\w+): .*\| ([\d.]+) s \|", line))}
    case = next((line.split(" rows")[0] + " rows" for line in lines if " rows, " in line), "")
    for engine in sorted(set(seconds) - {"sum"}):
        if "sum" in seconds:
            times = f"{seconds['sum'] / seconds[engine]:.2f}"
            yield Ratio(case, f"counting by {engine}", "SELECT sum(...) by DuckDB", times)


READERS: dict[str, Callable[[list[str]], Iterator[Ratio]]] = {
    "thresholds": thresholds, "frontier": frontier, "calibration": calibration, "intersections": intersections,
    "manipulation": manipulation, "drivers": drivers, "dependence": dependence, "scale": scale,
}


def ratios(name: str, lines: list[str]) -> list[Ratio]:
    """Return what a bench printed of its peers, and a row of its own for each that should be there and is not."""
    found = [*READERS[name](lines), *absent(lines)]
    why = "its bench printed nothing of it" if lines else "its bench was not run"
    return found + [Ratio("", "", peer, ABSENT + why) for peer in PEERS.get(name, ())
                    if not any(each.peer.startswith(peer) for each in found)]


def table(sections: Iterable[str], name_of: Callable[[str], str | None]) -> str:
    """Return one table of the ratios in all sections, with the machines and versions that they come from."""
    by_name = {name: text.splitlines() for text in sections if (name := name_of(text)) in READERS}
    rows, machines = [], {}
    for name in READERS:
        lines = by_name.get(name, [])
        day = (re.findall(r"\d{4}-\d\d-\d\d", lines[0]) or [""])[-1] if lines else ""
        found = ratios(name, lines)
        rows += [f"| {name} | {each.case} | {each.what} | {each.peer} | {each.times} | {each.note} | {day} |"
                 for each in found]
        if lines and found:
            machines.setdefault(machine_of(lines), []).append(name)
    if not by_name:
        return ""
    where = [f"* {', '.join(names)}: {words}" for words, names in machines.items()]
    return "\n\n".join([TITLE, "Times as long as ours takes: above 1 we are faster. Each peer ran in the same run "
                        "as ours. Where each bench ran:", "\n".join(where), HEAD + "\n".join(rows)])


def machine_of(lines: list[str]) -> str:
    """Return the sentence on machine and versions under a section's title, without the time that the bench took."""
    said = next((line for line in lines[1:] if line.strip()), "")
    return re.sub(r"^Took .*?; ", "", said)
