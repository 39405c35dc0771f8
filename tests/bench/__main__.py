"""Run the benches and write what they printed, with one table of ratios against peers, into RESULTS.md.

    python -m tests.bench [--quick] [--to FILE] [name ...]     (default: every bench)

Peers: `pip install -r requirements-bench.txt` beside requirements.txt and requirements-dev.txt, in an environment of
its own. One that is not installed has a row that says so.

Each bench runs in a process of its own. Its section of RESULTS.md holds its command, the day, the machine and what it
printed; sections of benches that were not run stay, and so does what was written by hand under other headings. The
table of ratios on top is made anew from all sections. `--quick` takes small sizes, to see that a bench works: it
prints, and writes only where `--to` names a file. A full run takes sizes that end in reasonable time; each bench takes
larger ones itself, as its own first lines say. Exit code 1 where a bench failed; its old section then stays.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from time import monotonic

from tests.bench import ratios

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
TOP = "# What the benches printed"
VERSIONS = ("numpy", "pandas", "scikit-learn", "fairlearn", "duckdb", "polars", "dcor", "POT", "error-parity",
            "oxonfair", "netcal", "relplot", "MAPIE", "model-diagnostics", "torch", "shap", "onnxruntime", "streamlit")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"), "1")


@dataclass(frozen=True)
class Bench:
    """A bench: what it is about, the arguments of a quick and of a full run, whether all in it get one thread."""

    about: str
    quick: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    one_thread: bool = False


BENCHES = {
    "thresholds": Bench("a slider move against fairlearn and pandas", ("1e4",), ("1e5", "1e6")),
    "frontier": Bench("a frontier against fairlearn, error-parity and OxonFair", ("2e3",)),
    "calibration": Bench("calibration measures against netcal and relplot", ("1e4",), ("1e5", "1e6"), one_thread=True),
    "dependence": Bench("distance covariance against dcor", ("1e3",), one_thread=True),
    "intersections": Bench("penalised models against fairlearn's reduction", ("2e3",), one_thread=True),
    "manipulation": Bench("attacks and tests against naive procedures", ("1e3",)),
    "drivers": Bench("what carries a gap, against shap", ("2e3",)),
    "scoring": Bench("models in scikit-learn and as ONNX", ("2e4",), ("2e5",)),
    "gpu": Bench("kernels on each backend", ("1e5",), ("1e5", "1e6")),
    "scale": Bench("counting rows where they lie, against a plain sum", ("1e6",)),
    "memory": Bench("memory of the server with an upload", ("2e4",), ("2e5", "1e6", "--limit", "1000")),
    "pages": Bench("script time of each page", ("2e4",)),
    "report": Bench("a report in each form", ("1",), ("2",)),
    "live": Bench("dragging in a browser", ("1e5", "2")),
}


def run(name: str, quick: bool) -> str | None:
    """Run one bench, showing what it prints; return its section, None where it failed."""
    bench, begun, lines = BENCHES[name], monotonic(), []
    command = ["-m", f"tests.bench.{name}", *(bench.quick if quick else bench.full)]
    print(f"\n== {' '.join(['python', *command])}: {bench.about}", flush=True)
    environment = {**os.environ, **(ONE_THREAD if bench.one_thread else {})}
    if (data := HERE.parents[2] / "shared" / "data").is_dir():   # where the tests look
        environment.setdefault("EQUIPOISE_DATA", str(data))
    with tempfile.TemporaryFile("w+") as errors, subprocess.Popen(
            [sys.executable, *command], cwd=HERE.parents[1], env=environment, stdout=subprocess.PIPE, stderr=errors,
            text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
        code, took = process.wait(), f"{monotonic() - begun:,.0f} s"
        errors.seek(0)
        print(f"-- {name}: {took}" if code == 0 else f"-- {name} failed after {took}:\n{errors.read()[-2000:]}",
              flush=True)
    return section(name, command, lines, took) if code == 0 else None


def section(name: str, command: list[str], lines: list[str], took: str) -> str:
    """Return a bench's section: its command, how long, when and where it ran, what it printed."""
    about = BENCHES[name].about
    title = f"## {about[0].upper()}{about[1:]}: `python {' '.join(command)}`, {datetime.now(UTC):%Y-%m-%d}"
    threads = ", one thread each" if BENCHES[name].one_thread else ""
    where = f"Took {took}{threads}, load {os.getloadavg()[0]:.1f} at the end; {machine()}"
    return "\n".join([title, "", where, "", "```", *lines, "```"])


def machine() -> str:
    """Return the machine and the versions in a sentence."""
    found = [f"{package} {metadata.version(package)}" for package in VERSIONS if installed(package)]
    cores = f"{os.cpu_count()} cores ({processor()}, {platform.system()})"
    return f"{cores}, Python {platform.python_version()}, {', '.join(found)}."


def processor() -> str:
    """Return the processor's name where the system tells it, else its architecture."""
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def name_of(text: str) -> str | None:
    """Return the bench that a section is about; None where it was written by hand without a command."""
    found = re.search(r"^## .*`python -m tests\.bench\.(\w+)", text)
    return found[1] if found else None


def merged(old: str, fresh: dict[str, str]) -> str:
    """Return the file with fresh sections in place of old ones, and the table of ratios of all on top."""
    intro, *sections = re.split(r"^(?=## )", old, flags=re.MULTILINE)
    kept = [text.rstrip() for text in sections if not text.startswith(ratios.TITLE)]
    kept = [fresh.get(name_of(text) or "", text).rstrip() for text in kept]
    kept += [text for name, text in fresh.items() if name not in map(name_of, kept)]
    return "\n\n".join(filter(None, [intro.rstrip() or TOP, ratios.table(kept, name_of), *kept])) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--to", type=Path)
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHES):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    found = {name: run(name, asked.quick) for name in asked.names or BENCHES}
    fresh = {name: text for name, text in found.items() if text is not None}
    to = asked.to or (None if asked.quick else RESULTS)
    if to is not None:
        to.write_text(merged(to.read_text(encoding="utf-8") if to.exists() else TOP, fresh), encoding="utf-8")
    failed = sorted(set(found) - set(fresh))
    print(f"\n{len(fresh)} ran" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
