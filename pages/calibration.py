"""Do the scores mean the same thing in every group?"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from engine.calibration.cells import TOLERANCE
from engine.charts import calibration_words
from engine.charts.calibration import quadrant
from engine.charts.calibration_words import counted
from engine.text import markdown
from engine.types import Dataset
from pages.parts import (
    calibration_arbitrary,
    calibration_base_rate,
    calibration_found,
    calibration_other_scores,
    calibration_recalibration,
    calibration_sections,
    calibration_small,
    calibration_used,
    controls,
    definitions,
    drawing,
    frame,
    notices,
    session,
)
from pages.parts import calibration_controls as ask
from pages.parts.calibration_found import Scene

TERMS = ("calibrated", "calibration_in_the_large", "balance_score", "two_bin_error", "cancellation_flag",
         "equality_of_balance")
FLAGS = 2   # groups whose offsetting errors are told in full beside the picture
SECTIONS: dict[str, tuple[str, Callable[[Scene], None]]] = {
    "groups": ("Groups", calibration_sections.groups),
    "curve": ("Cumulative curve", calibration_sections.curve),
    "reliability": ("Reliability", calibration_sections.bars),
    "ranges": ("Score ranges", calibration_sections.ranges),
    "recalibration": ("Recalibration", lambda shown: calibration_recalibration.draw(shown.data, shown.asked)),
    "base": ("Another base rate", calibration_base_rate.draw),
    "arbitrary": ("How arbitrary are these scores?", calibration_arbitrary.draw),
    "small": ("Small groups", calibration_small.draw),
}


def main() -> None:
    session.framed()
    st.title("Calibration")
    data = session.require_outcome()
    notices.simulated()
    st.markdown("Do the scores mean the same thing in every group? Among persons with a score of 0.7, seven of ten "
                "should have the outcome, whatever their group.")
    if _usable(data):
        calibration(data)


def _usable(data: Dataset) -> bool:
    """Say what is missing for this page, if anything."""
    return notices.complete({
        "protected attribute, so there are no groups to compare": bool(data.attributes),
        "yes/no outcome, so scores have nothing to be compared with": data.label is not None,
        "score, so there is nothing to calibrate": data.score is not None,
    })


@frame.fragment
def calibration(data: Dataset) -> None:
    """Controls, the groups in sentences and in the first picture, and the section chosen."""
    _follow(data)
    calibration_used.say()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        asked = ask.asked(data)
        definitions.offer(TERMS)
    if calibration_other_scores.outside(data):
        calibration_other_scores.draw(data, asked)
        ask.share()
        return
    shown = calibration_found.scene(data, asked)
    if shown is None:   # its progress stands here
        ask.share()
        return
    left, right = st.columns([1, 1], gap="large")
    with left:
        drawing.chart(quadrant(shown.found.measured, asked.cut_words, shown.found.min_group), "quadrant")
    with right:
        _said(shown)
    section = controls.select(ask.PAGE, "section", "Look at", tuple(SECTIONS), by="keyword",
                              show=lambda key: SECTIONS[key][0], flat=True)
    SECTIONS[section][1](shown)
    ask.share()


def _follow(data: Dataset) -> None:
    """Draw the whole page again where a button of this part put another score in use: the part has the old one."""
    current = session.dataset()
    if current is not None and current.target is None and current.score != data.score:
        st.rerun()


def _said(shown: Scene) -> None:
    """Say what each group's scores are, whether errors cancel, and which rows these numbers are from."""
    found = shown.found
    told, rule = calibration_words.told(found), calibration_words.told_rule(found)
    lines = [calibration_words.group_sentence(found.measured[g], g, found.min_group) for g in told]
    more = sum(group.n > 0 for group in found.measured) - len(told)
    if more:
        lines.append(f"{counted(more, 'more group')} {'is' if more == 1 else 'are'} in the table, those of ten rows or "
                     "more in the picture." if rule
                     else f"{counted(more, 'group')} {'has' if more == 1 else 'have'} fewer than 10 rows.")
    if not any(group.n for group in found.measured):
        lines = ["No row has a score and an outcome."]
    st.markdown((f"{rule}\n" if rule else "") + "\n".join(f"- {line}" for line in lines))
    aside = calibration_words.one_sided(found, shown.answer.overall.mean_score)
    st.markdown("\n\n".join([*([aside] if aside else []), *calibration_words.cancelling(found, FLAGS)]))
    st.caption(f"{shown.answer.rows_used:,} rows with a score and an outcome" + _left_out(shown)
               + f". Intervals at {100 * shown.asked.request.level:g} %.")
    if found.note:
        st.caption(f"Cut: {markdown(found.note, 200)}.")
    if not shown.answer.exact:
        st.caption("From counts: Balance, calibration-in-the-large, their intervals, the two-bin error and Brier are "
                   "exact; the others may differ from those of the rows by up to " + ", ".join(
                       f"{off:g} ({name.replace('_', ' ')})" for name, off in TOLERANCE.items()) + ".")
    if len(found.measured) < 2:
        st.caption("There is one group only: nothing is compared.")


def _left_out(shown: Scene) -> str:
    answer = shown.answer
    parts = [f"{count:,} {why}" for count, why in ((answer.unscored, "without a score"),
                                                   (answer.unlabelled, "without an outcome")) if count]
    return f"; left out: {', '.join(parts)}" if parts else ""


main()
