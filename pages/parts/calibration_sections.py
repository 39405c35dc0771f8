"""What stands below the first picture: the groups' numbers, their curves, reliability, and ranges of the score."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.charts import calibration_curve, calibration_table, calibration_words
from engine.charts.calibration_regions import regions
from engine.charts.calibration_reliability import reliability
from engine.charts.theme import badge
from engine.text import markdown
from pages.parts import controls, definitions, drawing
from pages.parts.calibration_controls import ORDERS, PAGE
from pages.parts.calibration_found import Scene

LISTED = 30
VIEWS = {calibration_table.MAIN: "first measures", calibration_table.MORE: "further measures"}
WHOLE = ("calibrated", "balance_score", "calibration_in_the_large", "ecce_r", "brier_score", "corp",
         "expected_calibration_error", "calibrated_noise", "equality_of_balance",
         "multicalibration_error", "class_balance")
FURTHER = ("ece_mass", "smooth_ece", "maximum_calibration_error", "corrected_l2", "corp", "log_loss", "spiegelhalter_z",
           "calibration_slope", "calibrated_noise")


def groups(shown: Scene) -> None:
    """Draw every measure of every group as a table, and the tests over all groups below it."""
    view = controls.select(PAGE, "view", "Show", tuple(VIEWS), by="keyword", show=VIEWS.__getitem__, flat=True)
    rows = _listed(shown)
    st.table(calibration_table.table(shown.found, rows, view), border="horizontal", hide_index=True)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_under(shown, len(rows)), width="content")
        definitions.offer(WHOLE if view == calibration_table.MAIN else FURTHER)
        drawing.download(calibration_table.everything(shown.answer, shown.found), "calibration-by-group",
                         "calibration table")
    st.markdown("\n\n".join((
        calibration_words.equality_sentence(shown.found.equality),
        calibration_words.drift_sentence(shown.answer.multicalibration),
        calibration_words.implied_sentence(shown.found),
    )))


def _listed(shown: Scene) -> list[int]:
    rows = [g for g, group in enumerate(shown.found.measured) if group.n]
    if len(rows) <= LISTED:
        return rows
    return sorted(sorted(rows, key=lambda g: -shown.found.measured[g].n)[:LISTED])


def _under(shown: Scene, listed: int) -> str:
    level = f"Intervals at {100 * shown.asked.request.level:g} %, Balance cut at {shown.asked.cut_words}."
    if len(shown.found.measured) > listed:
        level += f" The {listed} groups with most rows are shown; the file has all."
    return f"{level} “Calibrated” is what a calibrated score of that size would show, on average and at most."


def curve(shown: Scene) -> None:
    """Draw the cumulative curves, and name each group's worst range of scores in words and persons."""
    if not _panels(shown):
        return
    order = shown.asked.request.order
    definitions.offer(("cumulative_curve", "ecce_r", "ecce_mad", "balance_score"))
    drawing.chart(calibration_curve.cumulative(shown.found.measured, shown.shown, order), "cumulative curves")
    st.markdown(f"Worst range {ORDERS[order]}:\n" + "\n".join(
        f"- **{badge(g)} {markdown(shown.found.names[g], 40)}**: "
        + definitions.escaped(calibration_curve.worst_words(shown.found.measured[g], order)) + _chance(shown, g)
        for g in shown.shown))
    _left_out(shown)


def _chance(shown: Scene, g: int) -> str:
    """Return the test of the curve by score; by confidence there is none."""
    if shown.asked.request.order != "score":
        return ""
    found = shown.found.measured[g].ecce_r
    return f" (ECCE-R {found.value:.3f}, p\u00a0{calibration_words.probability(found.p_value)})"


def bars(shown: Scene) -> None:
    """Draw reliability by group; the diagonal is the other view."""
    if not _panels(shown):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        diagonal = controls.toggle(PAGE, "diagonal", "Against the diagonal")
        definitions.offer(("reliability_bars", "corp", "expected_calibration_error"))
    drawing.chart(reliability(shown.found.measured, shown.shown, diagonal), "reliability")
    _left_out(shown)


def ranges(shown: Scene) -> None:
    """Draw what each range of the score adds to Balance."""
    if not _panels(shown):
        return
    definitions.offer(("balance_score", "over_under_split", "cancellation_flag"))
    drawing.chart(regions(shown.found.measured, shown.shown), "score ranges")
    st.caption("The axis counts ranges, not scores: each bar is about a tenth of all rows, parted at the cut, and the "
               "scores at some borders stand below.")
    st.markdown("\n".join(f"- {line}" for line in calibration_words.cancelling(shown.found)))
    _left_out(shown)


def _panels(shown: Scene) -> Sequence[int]:
    if not shown.shown:
        st.info(f"No group has {shown.found.min_group} rows with a score and an outcome, so there are no panels.")
    return shown.shown


def _left_out(shown: Scene) -> None:
    words = calibration_words.left_out(shown.found, shown.shown)
    if words:
        st.caption(words)
