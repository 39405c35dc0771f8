"""What a report of COMPAS with eight charts costs: making it, and writing each form, in one run.

    python -m tests.bench.report [repetitions]     (default 3; the first includes every import)

Wall and processor seconds. The data are read before; a browser is never needed. The first repetition runs in a process
that has imported nothing but the data's reader.
"""

import sys
from datetime import UTC, datetime
from time import perf_counter, process_time

from engine.data.catalogue import load
from engine.policy import Policy

GROUPINGS = (("race",), ("sex",))
CHARTS = 8


def eight_charts(dataset):
    """Return a report about two groupings, cut to eight charts: rates, gaps, thresholds, frontier, Balance."""
    from dataclasses import replace

    from engine.report import ReportRequest, build

    request = ReportRequest(policy=Policy.common(5.0, dataset.score), groupings=GROUPINGS, source="compas")
    report = build(dataset, request, datetime(2026, 11, 21, tzinfo=UTC))
    room, sections = CHARTS, []
    for section in report.sections:
        sections.append(replace(section, pictures=section.pictures[:room]))
        room -= len(sections[-1].pictures)
    return replace(report, sections=tuple(sections))


def timed(words, work):
    """Print what some work took and how large its result is; returns the result."""
    wall, processor = perf_counter(), process_time()
    made = work()
    wall, processor = perf_counter() - wall, process_time() - processor
    size = f"{len(made) / 1e6:6.2f} MB" if isinstance(made, bytes | str) else " " * 9
    print(f"  {words:<10} {wall:6.2f} s wall {processor:6.2f} s processor {size}")
    return made


def main(repetitions=3):
    dataset = load("compas")
    for repetition in range(repetitions):
        print(f"repetition {repetition + 1}")
        report = timed("build", lambda: eight_charts(dataset))
        if len(report.pictures) != CHARTS:
            raise SystemExit(f"{len(report.pictures)} charts, not {CHARTS}")

        def written(form, report=report):
            from importlib import import_module

            module = import_module(f"engine.report.{form}")
            return {"json_form": lambda: module.write(report), "csv_form": lambda: "".join(
                module.files(report).values())}.get(form, lambda: module.render(report))()

        for form in ("html", "pdf", "json_form", "csv_form"):
            timed(form.removesuffix("_form"), lambda form=form: written(form))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
