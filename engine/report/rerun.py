"""The same report again, from what it says of itself and the data; and where the two differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.errors import InvalidData, invalid
from engine.policy import Policy
from engine.report.build import build
from engine.report.json_form import part, write
from engine.report.request import ReportRequest
from engine.report.value import Provenance, Report
from engine.text import plain
from engine.types import Cancelled, Dataset, Progress, Roles

NOTHING = "nothing"


@dataclass(frozen=True)
class Difference:
    """A place in a report, and what stands there in the stored one and in the new one."""

    where: str
    stored: str
    now: str


def roles_of(report: Report) -> Roles:
    """Return the roles that a report was made with.

    Raises
    ------
    InvalidData
        Where the report does not hold roles.
    """
    return part(Roles, report.provenance.roles, "report, 'provenance', 'roles'")


def request_of(report: Report) -> ReportRequest:
    """Return what was asked for a report, with what a visitor had collected for it and filled in.

    Raises
    ------
    InvalidData
        Where a part is missing or has another shape.
    """
    came = report.provenance
    asked = {name: value for name, value in came.request.items() if name not in ("policy", "baseline", "rejected")}
    plainly = part(ReportRequest, {**asked, "source": came.source, "command": came.command}, "report, 'request'")
    rejected = came.request.get("rejected", [])
    if not isinstance(rejected, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in rejected):
        raise invalid("the file must be a report in JSON", "report, 'rejected'", "no pairs", "export the report again")
    return replace(
        plainly, policy=_policy(came.request.get("policy")), baseline=_policy(came.request.get("baseline")),
        rejected=tuple((str(name), Policy.from_json(policy)) for name, policy in rejected),
        sections=tuple(section for section in report.sections if section.collected), blanks=report.blanks,
    )


def _policy(found: object) -> Policy | None:
    return None if found is None else Policy.from_json(found)


def clock_of(report: Report) -> datetime:
    """Return when a report was made.

    Raises
    ------
    InvalidData
        Where its clock is no time.
    """
    try:
        found = datetime.fromisoformat(report.provenance.clock)
    except ValueError:
        raise _no_clock(report) from None
    if found.tzinfo is None:
        raise _no_clock(report)
    return found


def _no_clock(report: Report) -> InvalidData:
    return invalid("a report needs its time in UTC", "report, 'clock'", f"'{plain(report.provenance.clock)}'",
                   "export the report again")


def again(
    report: Report, dataset: Dataset, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Report:
    """Return a report made again on some data, with the stored clock; parts from the pages stay as they stand.

    Parameters
    ----------
    dataset
        Under `roles_of` the report; its score is made where the report's was.

    Raises
    ------
    InvalidData
        The score was made on the pages in a way that the report does not hold, or as `build`.
    """
    return build(_scored(dataset, report.provenance, progress, cancelled), request_of(report), clock_of(report),
                 progress, cancelled)


def _scored(
    dataset: Dataset, came: Provenance, progress: Progress | None, cancelled: Cancelled | None
) -> Dataset:
    if came.score is None or came.score in dataset.scores:
        return dataset if came.score is None else dataset.using(came.score)
    if came.score_source == "fitted here":
        from engine.scoring.models import cross_fitted

        fitted = cross_fitted(dataset, seed=int(came.request.get("seed", 0)), progress=progress, cancelled=cancelled)
        if fitted.score == came.score:
            return fitted
    raise invalid("the score of the report must be in the data or be the usual one",
                  f"score '{plain(came.score)}'", f"made on the pages ({plain(came.score_source)})",
                  "download the scores as a column and make the report from that")


def differences(stored: Report, now: Report) -> list[Difference]:
    """Return every place where two reports differ; none where their JSON is the same to the last byte."""
    return list(_walk(json.loads(write(stored)), json.loads(write(now)), ()))


def _walk(stored: Any, now: Any, where: tuple[str, ...]) -> Iterator[Difference]:   # noqa: ANN401 - JSON values
    if isinstance(stored, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*stored, *now)):
            yield from _walk(stored.get(key, NOTHING), now.get(key, NOTHING), (*where, str(key)))
    elif isinstance(stored, list) and isinstance(now, list):
        for place in range(max(len(stored), len(now))):
            first, second = (items[place] if place < len(items) else NOTHING for items in (stored, now))
            yield from _walk(first, second, (*where, _named(first, place)))
    elif type(stored) is not type(now) or stored != now:
        yield Difference(" > ".join(where), _short(stored), _short(now))


def _named(item: object, place: int) -> str:
    """Return what a reader calls an item of a list: its own name, the head of a row, else its place."""
    if isinstance(item, Mapping):
        for key in ("name", "key", "label"):
            if isinstance(item.get(key), str):
                return plain(item[key])
    if isinstance(item, list) and item and isinstance(item[0], str):
        return f"{place + 1} ({plain(item[0], 40)})"
    return str(place + 1)


def _short(value: object) -> str:
    if isinstance(value, Mapping | list):
        return f"{len(value)} parts"
    return "null" if value is None else plain(value, 120)
