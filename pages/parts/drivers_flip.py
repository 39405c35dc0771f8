"""The section on the flip test: whose decision would change if only the recorded group did."""

from __future__ import annotations

import streamlit as st

from engine.assessment import default_policy
from engine.charts.drivers_flip import LARGEST, directions, group_table, largest_table
from engine.charts.drivers_words import directions_told, flips_told
from engine.drivers import CAVEAT, FlipRequest, Flips, flip_test
from engine.drivers.recoding import paired_columns
from engine.policy import Policy
from engine.text import markdown, plain
from engine.types import MISSING, Cancelled, Dataset, Progress
from pages.parts import controls, definitions, drawing, policy_book
from pages.parts import drivers_controls as ask
from pages.parts.drivers_controls import PAGE
from pages.parts.drivers_jobs import Tag, worked_out

JOB = "flip test"
TERMS = ("flip_test", "gaining_losing", "clopper_pearson", "protected_in", "cross_fitted_score")
DECIDED = {"one": "one threshold", "force": "thresholds in force"}
SHARES = dict.fromkeys(("flip", "low", "high"), "percent")
WHY = "For every real row: would the decision be another one if only the recorded group were another?"


def draw(data: Dataset) -> None:
    """Draw the controls and, once worked out, who would be decided otherwise."""
    st.markdown(WHY)
    st.info(CAVEAT, icon=":material/visibility_off:")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        names = [attribute.name for attribute in data.attributes]
        with st.container(width=200):
            place = controls.select(PAGE, "attribute", "Recorded attribute", range(len(names)),
                                    show=lambda k: plain(names[k], ask.NAME))
        request = _request(data, place)
        definitions.offer(TERMS)
    if request is None:
        return

    def work(progress: Progress, cancelled: Cancelled) -> Flips:
        return flip_test(data, request, progress, cancelled)

    versions = tuple(data.scores) if request.model is None else None
    found = worked_out(JOB, "Flip test", Tag(data.fingerprint, (versions, request)), work)
    if found is not None:
        _drawn(data, found)


def _request(data: Dataset, place: int) -> FlipRequest | None:
    """Draw who decides and at which threshold; None, with the reason said, where nobody can be asked again."""
    attribute = data.attributes[place].name
    values = [level for level in data.attributes[place].levels if level != MISSING]
    found = paired_columns(list(data.scores), attribute)
    columns = [found[value] for value in values if value in found]
    paired = len(columns) > 1
    if len(values) < 2:
        st.info(f"{markdown(attribute)} has one value only: nobody can be recorded as another.")
        return None
    if not paired and (data.label is None or not data.features):
        st.info("A score column cannot be asked again for another value. Bring the scores under each value as columns "
                f"named score\\_\\_{markdown(attribute)}=value, or name an outcome and features so that a model can be "
                "trained here.")
        return None
    model = ask.models(data, f"flip_model_{place}", "paired columns" if paired else None)
    inside = ask.protected("flip_protected", True) if model != ask.GIVEN else True
    policy = _policy(data, attribute, columns[0] if model == ask.GIVEN else None)
    with st.popover("Settings", icon=":material/tune:"):
        level, seed = ask.level(), ask.seed()
    return FlipRequest(attribute, None if model == ask.GIVEN else model, inside, policy, seed=seed, level=level)


def _policy(data: Dataset, attribute: str, column: str | None) -> Policy:
    """Draw at which threshold it is decided: one, or those in force where they fit a flip test of this attribute."""
    now = policy_book.book(data).now if data.score is not None else None
    if now is not None and _fits(now, attribute, column is None):
        decided = controls.select(PAGE, "decided", "Selected at", tuple(DECIDED), by="keyword",
                                  show=DECIDED.__getitem__, flat=True)
        if decided == "force":
            return now
    with st.container(width=160):
        return _one(data, column)


def _one(data: Dataset, column: str | None) -> Policy:
    """Draw one threshold for all: of a probability, or on the scale of the paired columns."""
    if column is None:
        return Policy.common(controls.number(PAGE, "cut", "Threshold", 0.5, low=0.0, high=1.0, step=0.05,
                                             format="%.3f", help=definitions.tooltip("common_threshold")))
    start = default_policy(data.using(column)).otherwise
    return Policy.common(controls.number(PAGE, "cut_columns", "Threshold", float(start), format="%.4g",
                                         help=definitions.tooltip("common_threshold")))


def _fits(policy: Policy, attribute: str, probability: bool) -> bool:
    """Return whether thresholds made for the score in use can be those of a flip test of this attribute."""
    cuts = [policy.otherwise, *(cut for _, mix in policy.thresholds for cut, _ in mix)]
    return (policy.kind != "randomised" and policy.attributes in ((), (attribute,))
            and (not probability or all(0 <= cut <= 1 for cut in cuts)))


def _drawn(data: Dataset, found: Flips) -> None:
    if found.reason is not None:
        st.info(f"This test says nothing here: {markdown(found.reason, 300)}. Its number is shown in grey.")
        st.markdown(f":gray[{flips_told(found).replace('**', '')}]")
        _left_out(found)
        return
    st.markdown(f"{flips_told(found)} Decided by {markdown(found.model, 120)}.")
    st.markdown("\n".join(f"- {line}" for line in directions_told(found)))
    _left_out(found)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Gained and lost by recoding")
        drawing.chart(directions(found), "flip directions")
    with right:
        st.subheader("Flips by group")
        drawing.table({name: column for name, column in group_table(found).items() if name != "note" or any(column)},
                      SHARES)
    largest = largest_table(data, found)
    st.subheader("Largest changes of the score")
    st.caption(f"The {min(LARGEST, len(found.rows))} of {len(found.rows):,} rows whose score moves most when only the "
               f"recorded {markdown(found.attribute)} changes, whether their decision flips or not.")
    drawing.table(largest)
    with st.container(horizontal=True, gap="small"):
        drawing.download(largest, "flip-test-largest-changes", "flip largest")


def _left_out(found: Flips) -> None:
    cuts = ", ".join(f"{cut:.4g}" for cut in dict.fromkeys(found.thresholds.tolist()))
    left = "; ".join(f"{count:,} rows: {markdown(why, 160)}" for why, count in found.left_out)
    st.caption(f"Selected at {cuts} or more. " + (f"Left out: {left}." if left else "No row is left out."))
