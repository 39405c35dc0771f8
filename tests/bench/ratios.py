"""The ratios against peers, read out of what the benches printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

TITLE = "## Ratios against peers"


class Ratio(NamedTuple):
    """How many times as long a peer takes as we do."""

    case: str
    what: str
    peer: str
    times: str


def thresholds(lines: list[str]) -> Iterator[Ratio]:
    """Lines of rows, five times of ours, two of peers, three ratios."""
    for line in lines:
        words = line.split()
        if len(words) == 11 and words[0].replace(",", "").isdigit():
            rows = f"{words[0]} rows"
            yield Ratio(rows, "a slider move, 16 rates of 12 groups", "fairlearn MetricFrame", words[8])
            yield Ratio(rows, "a slider move, 16 rates of 12 groups", "pandas groupby", words[9])
            yield Ratio(rows, "a sweep of 513 thresholds", "fairlearn MetricFrame", words[10])


def frontier(lines: list[str]) -> Iterator[Ratio]:
    """A heading per problem, then lines of tools that end in milliseconds and a ratio."""
    case = ""
    for line in lines:
        if ", bound " in line:
            case = line
        found = re.fullmatch(r"  (\S.{0,19}?) +accuracy .* ms +([\d.]+)x", line)
        if found and "ours" not in found[1]:
            yield Ratio(case, "the whole frontier, of theirs one point", found[1], found[2])


def calibration(lines: list[str]) -> Iterator[Ratio]:
    """A heading per size, then lines of `name ms ratio x ours, beside; note`."""
    case = ""
    for line in lines:
        if "rows," in line and "groups" in line:
            case = line.split(";")[0]
        elif found := re.fullmatch(r"  (\S.*?) +[\d.]+ ms +([\d.]+)x ours, (.*?); .*", line):
            yield Ratio(case, found[3], found[1], found[2])


def intersections(lines: list[str]) -> Iterator[Ratio]:
    """A heading per size; one line that compares a point."""
    case = ""
    for line in lines:
        case = line if line.endswith("rows to train") else case
        if found := re.search(r"a point: fairlearn .* ([\d.]+)x", line):
            yield Ratio(case, "a penalised model", "fairlearn ExponentiatedGradient", found[1])


def manipulation(lines: list[str]) -> Iterator[Ratio]:
    """Lines of rows, what, seconds of ours, seconds of the naive way, ratio."""
    for line in lines:
        if found := re.fullmatch(r" *([\d,]+)  (.*?) +[\d.]+ +[\d.]+ +([\d,]+)", line):
            yield Ratio(f"{found[1]} rows", found[2], "a naive procedure", found[3])


def drivers(lines: list[str]) -> Iterator[Ratio]:
    """Lines of what, seconds of ours, seconds of the peer, ratio, note."""
    case = ""
    for line in lines:
        case = line.strip() if re.match(r"[\d,]+ rows", line.strip()) else case
        if found := re.match(r"  (\S.*?) +[\d.]+ s +peer +[\d.]+ s +x +([\d.]+)", line):
            what, _, peer = found[1].partition(" / ")
            yield Ratio(case, what, peer or "the plain way", found[2])


def dependence(lines: list[str]) -> Iterator[Ratio]:
    """A heading per size, then peers as `name ms N times ours`."""
    case = ""
    for line in lines:
        case = line.split(";")[0] if re.match(r"[\d,]+ rows;", line) else case
        if found := re.fullmatch(r"  (\S.*?) +[\d.]+ ms +([\d,]+) times (.*)", line):
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


def table(sections: Iterable[str], name_of: Callable[[str], str | None]) -> str:
    """Return one table of the ratios in all sections; above 1 we are faster; nothing where no section has any."""
    rows = [f"| {name} | {found.case} | {found.what} | {found.peer} | {found.times} |"
            for text in sections if (name := name_of(text)) in READERS for found in READERS[name](text.splitlines())]
    if not rows:
        return ""
    head = "Times as long as ours takes; day, machine and versions stand in each bench's section.\n\n"
    return f"{TITLE}\n\n{head}| bench | case | ours | peer | peer ÷ ours |\n|---|---|---|---|---|\n" + "\n".join(rows)
