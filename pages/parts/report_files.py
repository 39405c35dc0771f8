"""A report as files: written in the job, offered under names that say data, date and a short hash."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from engine.errors import InvalidData, Issue, stopped
from engine.report import Report, ReportRequest
from engine.types import Cancelled, Progress
from pages.parts import notices

EPOCH = (1980, 1, 1, 0, 0, 0)   # of every file in an archive: the same report gives the same bytes


@dataclass(frozen=True, eq=False)
class Files:
    """The bytes of each format, and why one of them could not be written."""

    content: Mapping[str, bytes]
    refused: tuple[Issue, ...] = ()


def html(report: Report) -> bytes:
    """Return the report as one HTML file."""
    from engine.report.html import render

    return render(report).encode()


def pdf(report: Report) -> bytes:
    """Return the report as PDF."""
    from engine.report.pdf import render

    return render(report)


def written(report: Report) -> bytes:
    """Return the report as JSON."""
    from engine.report.json_form import write

    return write(report)


def tables(report: Report) -> bytes:
    """Return every table of the report as CSV, in one archive."""
    from engine.report.csv_form import files

    return archive(files(report))


FORMATS: dict[str, tuple[str, str, Callable[[Report], bytes]]] = {   # ending: what it is called, its kind, its writer
    "html": ("HTML", "text/html", html), "pdf": ("PDF", "application/pdf", pdf),
    "json": ("JSON", "application/json", written), "zip": ("CSV tables", "application/zip", tables),
}


def write(report: Report, progress: Progress, cancelled: Cancelled) -> Files:
    """Return a report in every format; where one cannot be had here, the others still are."""
    content, refused = {}, []
    for place, (ending, (name, _, writer)) in enumerate(FORMATS.items()):
        if cancelled():
            raise stopped("report")
        progress(place / len(FORMATS), f"writing {name}")
        try:
            content[ending] = writer(report)
        except (InvalidData, ImportError) as error:
            refused += error.issues if isinstance(error, InvalidData) else [_missing(name, error)]
    return Files(content, tuple(refused))


def archive(texts: Mapping[str, str]) -> bytes:
    """Return files as an archive made in memory: the same texts give the same bytes.

    >>> archive({"a.csv": "x"}) == archive({"a.csv": "x"})
    True
    """
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in texts.items():
            made.writestr(zipfile.ZipInfo(name, EPOCH), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def draw(report: Report, files: Files, asked: ReportRequest) -> None:
    """Offer the files, and the command that makes them again with what it needs."""
    notices.issues(files.refused)
    stem = _stem(report)
    with st.container(horizontal=True, gap="small"):
        for ending, content in files.content.items():
            name, kind, _ = FORMATS[ending]
            st.download_button(
                name, content, f"{stem}.{ending}", kind, key=f"download report {ending}", on_click="ignore",
                icon=":material/download:", help=f"{max(len(content) // 1000, 1):,} kB")
    st.caption("HTML holds the charts to hover over and opens without a network; PDF holds them as vectors; JSON holds "
               "all of the report and is what **rerun** compares with.")
    _again(report, asked, stem)


def _again(report: Report, asked: ReportRequest, stem: str) -> None:
    st.markdown("**Made again by** (it needs no browser)")
    st.code(report.provenance.command, language=None, wrap_lines=True)
    named = policies(asked, report.provenance.command)
    if named:
        st.download_button("Policies that the command names", archive(named), f"{stem}-policies.zip", "application/zip",
                           key="download report policies", on_click="ignore", type="tertiary",
                           icon=":material/download:")
    if any(section.collected for section in report.sections):
        st.caption("Parts added from the pages stand in the JSON as they are: the command alone does not draw them, "
                   "**rerun** keeps them.")


def policies(asked: ReportRequest, command: str) -> dict[str, str]:
    """Return the policies that the command reads from files, by the names it gives them."""
    held = {"policy.json": asked.policy, "baseline.json": asked.baseline,
            **{f"rejected-{place}.json": policy for place, (_, policy) in enumerate(asked.rejected, 1)}}
    return {name: json.dumps(policy.to_json(), indent=2, allow_nan=False) + "\n"
            for name, policy in held.items() if policy is not None and name in command}


def _stem(report: Report) -> str:
    from engine.report.pictures import slug

    came = report.provenance
    return f"report-{slug(came.source)[:40]}-{came.clock[:10]}-{came.sha256[:8]}"


def _missing(name: str, error: ImportError) -> Issue:
    return Issue("warning", f"{name} could not be written", "this server", f"no {error.name or 'library for it'}",
                 "install requirements.txt, or take another format")
