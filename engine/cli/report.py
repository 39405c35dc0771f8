"""``report``: everything about a decision in one file to hand over."""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.cli import options, roles, saving
from engine.cli import parser as types
from engine.cli.command import Command, Outcome, Value
from engine.cli.decision import between_edges, chosen_policy
from engine.cli.source import scored_dataset
from engine.cli.watching import watched
from engine.data.table import Table
from engine.errors import invalid
from engine.policy import Policy
from engine.report.request import ReportRequest
from engine.report.value import Report
from engine.text import plain
from engine.types import Dataset, Roles

FORMATS = ("html", "pdf", "json", "csv")
DEMOGRAPHIC = ("ll144", "ugesp")   # templates about sex, race and ethnicity
NAMES = ("full", "ll144", "eu-annex4", "model-risk", "ugesp")


def run(arguments: argparse.Namespace) -> Outcome:
    """Write the report that the options ask for, and return what was written."""
    from engine.report import TEMPLATES, build

    if arguments.template not in TEMPLATES:
        raise invalid("the template must be known", "--template", repr(arguments.template),
                      f"use one of: {', '.join(TEMPLATES)}")
    path = Path(arguments.out)
    form = arguments.format or next((form for form in FORMATS if path.suffix == f".{form}"), "html")
    now = clock()
    dataset = scored_dataset(arguments, counts=True, speak=_spoken)
    dataset, request = asked(arguments, dataset)
    report = build(dataset, request, now, progress=watched)
    written = _written(report, form)
    if isinstance(written, bytes):
        saving.file(path, arguments.data, written)
    else:
        saving.folder(path, written, "report.csv")
    return Outcome({
        "out": path.name, "format": form, "template": report.template,
        "bytes": len(written) if isinstance(written, bytes) else sum(len(text) for text in written.values()),
        "sha256": hashlib.sha256(written).hexdigest() if isinstance(written, bytes) else None,
        "data": {"name": dataset.name, "sha256": dataset.sha256, "fingerprint": dataset.fingerprint},
        "sections": len(report.sections), "charts": len(report.pictures), "tables": len(report.tables),
        "warnings": list(report.warnings), "clock": report.provenance.clock, "command": report.provenance.command,
    })


def asked(arguments: argparse.Namespace, dataset: Dataset) -> tuple[Dataset, ReportRequest]:
    """Return the data with the policy's score in use, and what the options ask about them."""
    policy, note = chosen_policy(arguments, dataset)
    note = "; ".join(filter(None, (note, between_edges(dataset, policy)))) or None
    if policy.score is not None and policy.score != dataset.score:
        dataset = dataset.using(policy.score)
    rejected = [name for names in arguments.rejected for name in names]
    own = {"sex": arguments.sex, "race": arguments.race, **_named(arguments.option)}
    return dataset, ReportRequest(
        template=arguments.template, policy=policy, policy_note=note,
        baseline=None if arguments.baseline is None else _from_file(arguments.baseline, dataset),
        rejected=tuple((Path(name).name, _from_file(name, dataset)) for name in rejected),
        level=arguments.level, min_group=arguments.min_group, cost_fp=arguments.cost_fp, cost_fn=arguments.cost_fn,
        seed=arguments.seed, suppress_under=arguments.suppress_under, source=Path(arguments.data).name,
        options=tuple((name, value) for name, value in own.items() if value is not None),
    )


def _spoken(arguments: argparse.Namespace, table: Table, base: Roles | None) -> Roles:
    """Return the roles that the options name; where the template is about sex and race, these are protected.

    The columns are guessed from their names unless given, and stand in the options from then on.
    """
    if arguments.template in DEMOGRAPHIC and not arguments.protected and (base is None or arguments.sex
                                                                          or arguments.race):
        from engine.report.tables.ll144_roles import demographic_columns

        arguments.sex, arguments.race = demographic_columns(table.columns, arguments.sex, arguments.race)
        sorted_by = _named(arguments.option).get("classes")
        chosen = [column for column in (arguments.sex, arguments.race, sorted_by) if column is not None]
        arguments.protected = [f"{column.replace(':', '::')}:nominal" for column in chosen]
    if base is not None and roles.says_nothing(arguments):
        return base
    return roles.spoken(arguments, table, base)


def _named(words: list[str]) -> dict[str, str]:
    """Return each ``NAME=VALUE``."""
    for word in words:
        if "=" not in word:
            raise invalid("an option of a template is NAME=VALUE", "--option", repr(plain(word)), "e.g. annex=no")
    return dict(word.split("=", 1) for word in words)


def _from_file(name: str, dataset: Dataset) -> Policy:
    return chosen_policy(argparse.Namespace(policy=name, threshold=[]), dataset)[0]


def clock() -> datetime:
    """Return the time of the report: that of ``SOURCE_DATE_EPOCH``, in seconds, where it is set.

    Raises
    ------
    InvalidData
        Where it is set to something else.
    """
    named = os.environ.get("SOURCE_DATE_EPOCH")
    if named is None:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(named), UTC)
    except (ValueError, OverflowError, OSError):
        raise invalid("SOURCE_DATE_EPOCH must be a time in seconds", "the environment", repr(plain(named)),
                      "correct or unset it") from None


def _written(report: Report, form: str) -> bytes | Mapping[str, str]:
    if form == "html":
        from engine.report.html import render

        return render(report).encode()
    if form == "pdf":
        from engine.report.pdf import render as print_

        return print_(report)
    if form == "json":
        from engine.report.json_form import write

        return write(report)
    from engine.report.csv_form import files

    return files(report)


def _show(value: Value) -> str:
    said: list[Any] = [f"{plain(value['out'], 200)}: {value['template']} report as {value['format']}, "
                       f"{value['bytes']:,} bytes, {value['charts']} charts, {value['tables']} tables"]
    return "\n".join([*said, *(f"  {plain(warning, 300)}" for warning in value["warnings"])])


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_data(parser)
    options.add_decision(parser)
    group = parser.add_argument_group("report")
    group.add_argument("--baseline", metavar="FILE", help="a policy that the reported one is compared with")
    group.add_argument("--rejected", metavar="FILE", nargs="+", action="append", default=[],
                       help="policies that were considered and not taken")
    group.add_argument("--template", metavar="NAME", default="full", help=f"one of {', '.join(NAMES)} (full)")
    group.add_argument("--format", choices=FORMATS, help="what is written; csv is a folder (by the output's name, "
                       "else html)")
    group.add_argument("-o", "--out", metavar="OUT", required=True, help="the file, or the folder for csv")
    group.add_argument("--sex", metavar="COL", help="the column of sex, for ll144 and ugesp")
    group.add_argument("--race", metavar="COL", help="the column of race and ethnicity, for ll144 and ugesp")
    group.add_argument("--option", metavar="NAME=VALUE", action="append", default=[],
                       help="a choice of the template's own, e.g. annex=no; repeat for more")
    group.add_argument("--suppress-under", metavar="N", type=types.count, default=0,
                       help="leave out numbers of groups with fewer rows, and what would give them away (0: none)")
    options.add_request(parser)


REPORT_COMMAND = Command("report", "everything about a decision in one file to hand over", _add_arguments, run, _show)
