"""What an audit found: the answer in words, what it rests on, and what it could not have seen."""

from __future__ import annotations

import math

import streamlit as st

from engine.charts import manipulation as charts
from engine.manipulation import MODES, TESTS, Detection, Goal, Protocol
from engine.manipulation.curves import Curves, curves
from engine.manipulation.interval import METHOD
from engine.manipulation.nulls import best_of
from engine.text import markdown
from pages.parts import controls, definitions, drawing, notices

PAGE = "manipulation"
SECTIONS = {"tests": "Tests", "cells": "Cells", "honest": "Honest draws", "power": "Power",
            "unseen": "What stays unseen", "rows": "Rows"}
TERMS = ("not_rejected", "min_p", "g_test", "direct_ratio", "x_given_cell", "multiset", "requery", "undetectable_ratio")


def draw(found: Detection, titles: tuple[str, str] = ("reference", "submitted"), doctored: bool = False) -> None:
    """Draw everything about one audit; `doctored` where it is known that the sample is."""
    _answer(found, doctored)
    _figures(found)
    _best_of(found)
    section = controls.select(PAGE, "section", "Look at", tuple(SECTIONS), by="keyword", show=SECTIONS.__getitem__,
                              flat=True)
    if section == "tests":
        _tests(found)
    elif section == "cells":
        drawing.chart(charts.mosaic(found.groups, found.against, found.observed, titles), "mosaic")
        st.caption(" · ".join(f"**{g + 1}** {markdown(name)}" for g, name in enumerate(found.groups)))
        drawing.table(charts.residual_table(found))
        st.caption("Standardised residuals beyond ±3 are cells drawn more, or less, than chance explains. Where rows "
                   "are only picked, no single row is false, so none can be named.")
    elif section == "honest":
        drawing.chart(charts.honest_draws(found), "honest")
    elif section in ("power", "unseen"):
        _sizes(found, section)
    else:
        _rows(found)


def _answer(found: Detection, doctored: bool) -> None:
    request, level = found.request, f"{100 * found.request.alpha:g} % level"
    tested = ", ".join(TESTS[key].name for key in found.family)
    with st.container(border=True):
        if found.proofs:
            names = " and ".join(TESTS[key].name for key in found.proofs)
            st.markdown(f"**Altered rows are proved** ({names}): an honest sample cannot hold them.")
        if found.family_p_value <= request.alpha:
            st.markdown(f"**Rejected at the {level}**, p = {_p(found.family_p_value)}: an honest draw would hardly "
                        "look like this sample.")
        else:
            st.markdown(f"**Not rejected at the {level}**, p = {_p(found.family_p_value)}: chance alone explains the "
                        "sample. " + ("It was doctored all the same: this audit would not notice." if doctored
                                      and not found.proofs else "That does not make it representative."))
        st.markdown(f"Tested: {tested}, together at one level. {_seen(found)}")
        st.caption(f"{markdown(found.submitted)}, {int(found.observed.sum()):,} rows, against "
                   f"{markdown(found.reference)}, taken as {MODES[request.mode]}. {request.draws:,} honest draws, "
                   f"seed {request.seed}.")
        if found.too_perfect < 0.01:
            st.caption(f"The cells agree with the reference more closely than {100 * (1 - found.too_perfect):.1f} % of "
                       "honest draws. Exact cells are the mark of quotas, honest stratified sampling included: ask how "
                       "the rows were drawn.")
    notices.issues(found.notes)


def _seen(found: Detection) -> str:
    """Say the power in words."""
    at = next(point for point in found.power.points if point.target == found.request.target)
    if at.target <= found.power.ratio:
        return (f"The reference itself has a ratio of {found.power.ratio:.3f}, so nobody needs to forge {at.target:g}.")
    g, direct = found.power.undetectable_g, found.power.undetectable_direct
    upto, itself = ("any ratio" if math.isinf(limit) else f"a ratio of {limit:.3f}" for limit in (g, direct))
    return (f"A sample of this size, forged from {found.power.ratio:.3f} to {at.target:g} with the usual noise, would "
            f"be noticed by the G test with {100 * at.g_test:.0f} %, by testing the ratio itself with "
            f"{100 * at.direct:.0f} % chance. A forger who picks exact cells could still show {upto} under the G test, "
            f"{itself} where the ratio itself is tested.")


def _figures(found: Detection) -> None:
    ratio = found.ratio
    with st.container(horizontal=True):
        value = "–" if math.isnan(ratio.value) else f"{ratio.value:.3f}"
        st.metric("Ratio of the sample", value, border=True, help=f"{METHOD}; certify on the lower end, not the value.")
        ends = "–" if math.isnan(ratio.low) else f"{ratio.low:.3f} to {_end(ratio.high)}"
        st.metric(f"Interval, {100 * (1 - found.request.alpha):g} %", ends, border=True,
                  help="Of the ratio behind the sample, if it is an honest draw. Certify on its lower end.")
        st.metric("Ratio of the reference", f"{found.reference_ratio:.3f}", border=True)
        st.metric("Family p-value", _p(found.family_p_value), border=True, help=definitions.tooltip("min_p"))
        st.metric("Rows out of line", f"{found.suspects:,}", border=True)
    if ratio.reason:
        st.caption(markdown(ratio.reason, 160))
    if found.power.thin:
        st.caption("A cell expects fewer than five rows at this size: the tests stay exact, the power stated is rough.")


def _best_of(found: Detection) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width=360):
            draws = int(controls.slider(PAGE, "draws", "Draws the audited party could choose from", 1, 100, 1, 1,
                                        help=definitions.tooltip("best_of_draws")))
        level, p = best_of(found.request.alpha, draws), best_of(found.family_p_value, draws)
        st.markdown(f"Real level **{100 * level:.1f} %**, family p **{_p(p)}**"
                    + (": the auditor should draw the sample, or divide the level." if draws > 1 else "."))


def _tests(found: Detection) -> None:
    columns = charts.trial_table(found)
    drawing.table(columns)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("“Decides”: together at one level. “Proof”: an honest sample cannot be wrong there. “Shown only”: "
                   "made of the same four counts as the G test.", width="content")
        definitions.offer(TERMS)
        drawing.download(columns, "audit-tests", "audit tests")


def _rows(found: Detection) -> None:
    if not found.rows:
        st.info("No single row is out of line. Where rows were only picked, none is false and none can be named: look "
                "at the cells.")
        return
    columns = charts.row_table(found)
    drawing.table(columns)
    st.caption(f"{len(found.rows):,} of {found.suspects:,} rows are listed, counted from 1 below the header. Proof: no "
               "honest sample holds such a row. Suspicion: a share of at most the level is expected to be innocent.")
    drawing.download(columns, "audit-rows", "audit rows")


def _sizes(found: Detection, section: str) -> None:
    targets = tuple(point.target for point in found.power.points if point.target > found.power.ratio)
    lines = _curves(repr(found.request), found.against.tobytes(), len(found.groups), int(found.observed.sum()), targets,
                    _found=found)
    size = int(found.observed.sum())
    if section == "power":
        drawing.chart(charts.power_curves(lines, size), "power")
        needed = found.power.required
        if not math.isnan(needed["g_test_80"]):
            st.caption(f"To notice {found.request.target:g} with 80 % (95 %) chance: {_rows_of(needed['g_test_80'])} "
                       f"({_rows_of(needed['g_test_95'])}) rows for the G test, {_rows_of(needed['direct_80'])} "
                       f"({_rows_of(needed['direct_95'])}) for the ratio itself; {_rows_of(needed['g_test_quota'])} "
                       "for the G test against exact cells. Rows drawn independently.")
    else:
        drawing.chart(charts.unseen(lines, size, found.power.ratio, found.ratio.value), "unseen")


@st.cache_resource(scope="session", max_entries=16, show_spinner="Working out what other sizes would see")
def _curves(
    request: str, cells: bytes, groups: int, size: int, targets: tuple[float, ...], _found: Detection
) -> Curves:
    asked = _found.request
    protocol = Protocol(size, asked.alpha, asked.mode, Goal(target=asked.target), asked.seed)
    return curves(_found.against, protocol, targets or (asked.target,))


def _p(p: float) -> str:
    return f"{p:.4f}" if p < 0.01 else f"{p:.3f}"


def _end(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "no upper end"


def _rows_of(rows: float) -> str:
    return "–" if math.isnan(rows) else f"{math.ceil(rows):,}"
