"""The section on the flip test: whose decision would change if only the recorded group did."""

from __future__ import annotations

import streamlit as st

from engine.assessment import default_policy
from engine.charts.drivers_flip import LARGEST, directions, group_table, largest_table
from engine.charts.drivers_words import directions_told, flip_meaning, flips_told
from engine.charts.theme import Column
from engine.drivers import CAVEAT, FlipRequest, Flips, flip_test
from engine.drivers.recoding import paired_columns
from engine.policy import Policy
from engine.scoring.models import MODELS
from engine.text import markdown, plain
from engine.types import MISSING, Cancelled, Dataset, Progress
from pages.parts import controls, definitions, drawing, policy_book
from pages.parts import drivers_controls as ask
from pages.parts.drivers_controls import PAGE
from pages.parts.drivers_jobs import Tag, worked_out

JOB = "flip test"
TERMS = ("flip_test", "gaining_losing", "clopper_pearson", "protected_in", "cross_fitted_score")
DECIDED = {"one": "one threshold", "force": "thresholds in force"}
SHARES = ("flip", "low", "high")
FORMATS = {**dict.fromkeys(SHARES, "%.2f %%"), "rows": "%,d"}
WHY_INSIDE = "On by default: a model that cannot see the recorded attribute shows 0 % for certain."
GOOD = {"selected": "selected**, to score at or above the threshold",
        "not-selected": "not selected**, to score below the threshold"}
MOVED = ("score as ", "largest change")
WHY = "For every real row: would the decision be another one if only the recorded group were another?"


def draw(data: Dataset) -> None:
    """Draw the controls and, once worked out, who would be decided otherwise."""
    st.markdown(WHY)
    first = st.empty()
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
    said = _about(data, request)
    if said is not None:
        first.markdown(said)

    def work(progress: Progress, cancelled: Cancelled) -> Flips:
        return flip_test(data, request, progress, cancelled)

    versions = tuple(data.scores) if request.model is None else None
    found = worked_out(JOB, "Flip test", Tag(data.fingerprint, (versions, request)), work)
    if found is not None:
        _drawn(data, found)


def _about(data: Dataset, request: FlipRequest) -> str | None:
    """Say of what the test is where that is not the score in use."""
    if request.model is not None:
        return ask.about(data, request.model, request.protected_in, request.seed)
    if data.score is None or data.score in paired_columns(list(data.scores), request.attribute).values():
        return None
    return f"**This is about the paired columns, not about {markdown(data.score, ask.NAME)}**, the score in use."


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
    inside = True
    if model != ask.GIVEN:
        with st.container(width=ask.WIDTH, gap="xxsmall"):
            inside = ask.protected("flip_protected", True)
            st.caption(WHY_INSIDE)
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
    st.markdown(f"{flips_told(found)} Decided by {_decider(found)}.")
    st.markdown("\n".join(f"- {line}" for line in directions_told(found)))
    _left_out(found)
    st.caption(f"The favourable decision here is to be **{GOOD[data.roles.favourable]}.")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Gained and lost by recoding")
        drawing.chart(directions(found), "flip directions")
    with right:
        st.subheader("Flips by group")
        st.caption(flip_meaning(found))
        drawing.table(_by_group(found), FORMATS)
    largest = largest_table(data, found)
    st.subheader("Largest changes of the score")
    st.caption(f"The {min(LARGEST, len(found.rows))} of {len(found.rows):,} rows whose score moves most when only the "
               f"recorded {markdown(found.attribute)} changes, whether their decision flips or not.")
    drawing.table(largest, {"row": "%,d", **{name: "%.4g" for name in largest if name.startswith(MOVED)}})
    with st.container(horizontal=True, gap="small"):
        drawing.download(largest, "flip-test-largest-changes", "flip largest")


def _decider(found: Flips) -> str:
    trained = any(found.model == model.name for model in MODELS.values())
    return f"a {found.model} model trained here" if trained else markdown(found.model, 120)


def _by_group(found: Flips) -> dict[str, Column]:
    """Return the flips by group with shares in per cent, so that all have as many digits; notes where there are any."""
    columns = group_table(found)
    in_per_cent: dict[str, Column] = {
        name: [None if value is None else 100 * float(value) for value in columns[name]] for name in SHARES}
    return {name: in_per_cent.get(name, column) for name, column in columns.items() if name != "note" or any(column)}


def _left_out(found: Flips) -> None:
    cuts = ", ".join(f"{cut:.4g}" for cut in dict.fromkeys(found.thresholds.tolist()))
    left = "; ".join(f"{count:,} rows: {markdown(why, 160)}" for why, count in found.left_out)
    st.caption(f"Selected at {cuts} or more. " + (f"Left out: {left}." if left else "No row is left out."))
