"""The script time of each page with a large table, caches cold and warm, and where a cold one goes.

    python -m tests.bench.pages [rows [page ...]]     (default 1,000,000 rows, 12 groups, every page)

Each page is drawn without a browser, so its time is the server's alone: first as after opening the data, then as after
a click elsewhere on it. What is imported once per server is not in it: every page is drawn with a small table before.
Processor time tells more than time where others use the machine. Jobs run in a thread of their own, show their progress
and are not waited for: "until settled" is the first time with them. Functions are of a cold run of its own, which the
profiler makes slower; they are listed where the first paint takes over 300 ms of the processor.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.data.guessing import guess
from engine.data.ingest import ingest
from engine.data.quality import inspect
from engine.data.reading import read
from engine.types import Attribute, Dataset, Roles
from tests.bench.memory import table
from tests.bench.serving import PAGES, ROOT

PATIENCE = 1_800          # seconds that a page and its jobs may take
LIMIT, SHOWN = 0.3, 5     # seconds of a first paint; functions printed of one above it


def opened(rows: int, folder: Path) -> Dataset:
    """Return the bench's table as a data set; ethnicity x age has 12 groups."""
    read_in = read(table(folder / "loans.csv", rows), "loans.csv")
    roles = guess(read_in).to_roles()
    protected = (Attribute("region"), Attribute("sex"), Attribute("ethnicity"), Attribute("age", "continuous"))
    features = tuple(name for name in roles.features if name != "region")
    return ingest(read_in, Roles(**{**vars(roles), "protected": protected, "features": features}))


def app(data: Dataset) -> AppTest:
    """Return the app with the data in use and nothing computed."""
    from pages.parts.opening import FINDINGS
    from pages.parts.state import Session

    st.cache_resource.clear()
    st.cache_data.clear()
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    test.session_state["equipoise session"] = Session(dataset=data, origin="upload", read_url=True,
                                                               kept={FINDINGS: inspect(data)})   # of the opening job
    return test


def drawn(test: AppTest, page: str) -> tuple[float, float]:
    """Draw a page once and return its seconds, by the clock and of the processor."""
    begun, worked = perf_counter(), process_time()
    test.switch_page(f"pages/{page}.py").run()
    if test.exception:
        raise RuntimeError(test.exception[0].value)
    return perf_counter() - begun, process_time() - worked


def settled(test: AppTest) -> float:
    """Run again until no job is left; return the seconds."""
    begun = perf_counter()
    while test.session_state.get("equipoise jobs"):
        for job in dict(test.session_state["equipoise jobs"]).values():
            job.wait(PATIENCE)
        test.run()
    return perf_counter() - begun


@contextmanager
def profiled(profile: cProfile.Profile):
    """Profile the thread of the script that is started inside; Python profiles each thread by itself."""
    def begin(*_: object) -> None:
        sys.setprofile(None)
        if threading.current_thread().name.startswith("ScriptRunner"):
            profile.enable()

    threading.setprofile(begin)
    try:
        yield
    finally:
        threading.setprofile(None)


def named(file: str) -> str:
    """Return a file of ours from the root, another by its last folders: nobody's home is anybody's business."""
    path = Path(file)
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-3:]))


def slowest(data: Dataset, page: str) -> list[str]:
    """Return the functions that the first paint spends most time in."""
    test, profile = app(data), cProfile.Profile()
    with profiled(profile):
        test.switch_page(f"pages/{page}.py").run()
    settled(test)
    stats = pstats.Stats(profile).stats
    first = sorted(stats.items(), key=lambda item: -item[1][2])[:SHOWN]
    return [f"{named(file)}:{line} {name}: {own:.2f} s of its own, {whole:.2f} s with what it calls"
            for (file, line, name), (_, _, own, whole, _) in first]


def main() -> None:
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    pages = sys.argv[2:] or [name for name, _ in PAGES.findall((ROOT / "app.py").read_text(encoding="utf-8"))]
    with tempfile.TemporaryDirectory() as folder:
        small, data = opened(2_000, Path(folder)), opened(rows, Path(folder))
    for page in pages:
        test = app(small)
        drawn(test, page)
        settled(test)
    print(f"{rows:,} rows\n\n| page | cold ms | of the processor | until settled s | warm ms | of the processor |")
    print("|---|---|---|---|---|---|")
    over = []
    for page in pages:
        test = app(data)
        cold, worked = drawn(test, page)
        until = cold + settled(test)
        warm, again = drawn(test, page)
        print(f"| {page} | {1e3 * cold:,.0f} | {1e3 * worked:,.0f} | {until:,.1f} | {1e3 * warm:,.0f} | "
              f"{1e3 * again:,.0f} |", flush=True)
        over += [page] if worked > LIMIT else []
    for page in over:
        print(f"\n{page}, over {1e3 * LIMIT:.0f} ms:")
        for line in slowest(data, page):
            print(f"* {line}", flush=True)


if __name__ == "__main__":
    main()
