"""``rerun``: the same report again from its JSON and the data: 0 identical, 1 different, 2 unusable."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.command import Command, Outcome, Value
from engine.cli.source import opened_under
from engine.cli.watching import watched
from engine.errors import invalid
from engine.text import plain

LISTED = 200   # differences


def run(arguments: argparse.Namespace) -> Outcome:
    """Return whether the report is the same, and where it is not."""
    from engine.report.json_form import read
    from engine.report.rerun import again, differences, roles_of

    stored = read(_content(Path(arguments.report)))
    came = stored.provenance
    dataset = opened_under(arguments.data, roles_of(stored), came.name)
    now = again(stored, dataset, watched)
    found = differences(stored, now)
    return Outcome({
        "identical": not found, "count": len(found),
        "differences": [{"where": each.where, "stored": each.stored, "now": each.now} for each in found[:LISTED]],
        "same_data": came.sha256 == dataset.sha256, "same_versions": dict(came.versions) == dict(
            now.provenance.versions),
        "kept": [section.title for section in stored.sections if section.collected],
    }, 1 if found else 0)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = (error.strerror or "an error").lower()
        raise invalid("the report must be readable", f"file {path.name!r}", why, "check the path") from None


def _show(value: Value) -> str:
    kept = [f"  kept as it stands, as it was collected on the pages: {plain(title)}" for title in value["kept"]]
    if value["identical"]:
        return "\n".join(["identical", *kept])
    lines = [f"  {plain(each['where'], 160)}: {plain(each['stored'], 80)} became {plain(each['now'], 80)}"
             for each in value["differences"]]
    more = value["count"] - len(lines)
    return "\n".join([f"different in {value['count']:,} places", *lines, *([f"  and {more:,} more"] if more else []),
                      *kept])


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT.json", help="a report written with --format json")
    parser.add_argument("--data", metavar="DATA", required=True, help="the file, or the name of a catalogued data set")


RERUN_COMMAND = Command("rerun", "is a stored report the same when it is made again?", _add_arguments, run, _show)
