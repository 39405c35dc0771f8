"""What the report holds beside the parts that were added: template, blanks, small groups; made as a job, once asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import streamlit as st

from engine.report import TEMPLATES, Blank, Report, ReportRequest
from engine.report.suppression import UNDER
from engine.text import markdown, plain
from engine.types import Cancelled, Dataset, Progress
from pages.parts import controls, definitions, jobs, opening, policy_book, report_small, state
from pages.parts import report_files as files
from pages.parts import report_options as options
from pages.parts.report_outline import Outline, outline
from pages.parts.threshold_controls import PAGE as THRESHOLDS

PAGE = "report"
LONGEST = 400            # characters of a blank
_JOB = "report"
_BUILT = 0.5             # share of the bar when the numbers are there and the files are not
TERMS = ("selected", "level", "minimum_group_size", "reference_group")


@dataclass(frozen=True, eq=False)
class Made:
    """A report, the files it was written to, and what was asked: when that changes, the report is an older one."""

    asked: ReportRequest
    data: tuple[str, str | None]         # fingerprint and score
    report: Report
    files: files.Files


def draw(data: Dataset, held: Outline) -> None:
    """Draw what is asked for, the button that makes it, and what was made."""
    st.subheader("The report", anchor=False)
    asked = _asked(data, held)
    fresh = held.made is not None and (held.made.data, held.made.asked) == (_of(data), asked)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Make the report", type="secondary" if fresh else controls.leading(), icon=":material/description:",
                  key="make report", on_click=_start, args=(data, asked), disabled=jobs.active(_JOB))
        definitions.offer(TERMS)
    jobs.show(_JOB)
    if jobs.find(_JOB) is not None and not jobs.active(_JOB):
        st.rerun()   # it ended while this page was being drawn
    if held.made is None:
        st.caption("HTML, PDF, JSON and CSV are made together, here; nothing is sent anywhere.")
        return
    if not fresh:
        st.info("The files below were made before your last changes: make the report again to have them in.")
    files.draw(held.made.report, held.made.files, held.made.asked)


def collect() -> None:
    """Take a report that was finished; what went wrong is said, and the one made before stays."""
    job = jobs.take(_JOB)
    if job is None:
        return
    if job.state == "done":
        held, asked, data = job.tag
        report, written = job.result
        held.made = Made(asked, data, report, written)
    for issue in opening.outcome(job):
        state.tell(issue)


def _asked(data: Dataset, held: Outline) -> ReportRequest:
    """Draw the controls and return what they ask for."""
    keys = tuple(TEMPLATES)
    template = TEMPLATES[controls.select(PAGE, "template", "Template", keys, by="keyword",
                                         show=lambda key: TEMPLATES[key].title)]
    st.caption(template.about)
    chosen = options.draw(PAGE, template.key, data, held)
    suppress = controls.toggle(PAGE, "suppress", f"Leave out groups of fewer than {UNDER} rows",
                               help="And others, so that the small ones cannot be had by subtraction. Parts added from "
                                    "the pages show every group: they are left out where there is such a group.")
    if suppress:
        report_small.draw(data, held, template)
    with st.expander("Blanks that only a person can fill in", key="report blanks", type="compact"):
        st.caption("What stays empty is printed as a line to write on.")
        blanks = tuple(Blank(blank.label, _blank(held, blank)) for blank in template.blanks)
    settings = state.settings(PAGE)
    state.sync_url(PAGE, {key: value for key, value in settings.items() if value != ""})
    request = ReportRequest(
        template=template.key, sections=held.sections(), blanks=blanks, options=chosen,
        suppress_under=UNDER if suppress else 0, source=_source(data),
    )
    return _decided(data, request)


def _source(data: Dataset) -> str:
    """Return the catalogue's key of the data, or the name of the file that was brought."""
    origin = state.origin()
    return origin.removeprefix("catalogue:") if origin.startswith("catalogue:") else plain(data.name, 200)


def _blank(held: Outline, blank: Blank) -> str:
    key = f"report blank {blank.label} {state.mark()}"
    st.text_input(markdown(blank.label, 120), held.blanks.get(blank.label, blank.value), LONGEST, key=key,
                  on_change=_fill, args=(held, blank.label, key))
    return held.blanks.get(blank.label, blank.value)


def _fill(held: Outline, label: str, key: str) -> None:
    held.blanks[label] = st.session_state.get(key) or ""


def _decided(data: Dataset, request: ReportRequest) -> ReportRequest:
    """Return the request with the policies of the session, and what the threshold page counts with."""
    if data.score is None:
        return request
    book, settings = policy_book.book(data), state.settings(THRESHOLDS)
    numbers = {name: settings[name] for name in ("level", "min_group", "cost_fp", "cost_fn") if name in settings}
    others = tuple((name, policy) for name, policy in book.named.items() if policy not in (book.now, book.start))
    return replace(request, policy=book.now, baseline=book.start if book.start != book.now else None, rejected=others,
                   **numbers)


def _start(data: Dataset, asked: ReportRequest) -> None:
    clock = datetime.now(UTC)

    def work(progress: Progress, cancelled: Cancelled) -> tuple[Report, files.Files]:
        from engine.report import build

        kept = report_small.shown(data, asked)
        report = build(data, kept, clock, lambda share, words: progress(_BUILT * share, words), cancelled)
        return report, files.write(report, lambda share, words: progress(_BUILT + (1 - _BUILT) * share, words),
                                   cancelled)

    jobs.start(_JOB, work, "Making the report", tag=(outline(), asked, _of(data)))


def _of(data: Dataset) -> tuple[str, str | None]:
    return data.fingerprint, data.score

