"""The section on the flip test: whose decision would change if only the recorded group did."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engine.assessment import default_policy
from engine.charts.drivers_flip import LARGEST, directions, group_table, largest_table
from engine.charts.drivers_words import directions_told, flip_meaning, flips_told
from engine.charts.theme import Column
from engine.drivers import CAVEAT, FlipRequest, Flips, flip_test
from engine.drivers.recoding import paired_columns
from engine.policy import Policy
from engine.scoring.models import MODELS
from engine.scoring.scorer import FileScorer
from engine.text import markdown, plain
from engine.types import MISSING, Cancelled, Dataset, Progress
from pages.parts import controls, definitions, drawing, model_upload, policy_book
from pages.parts import drivers_controls as ask
from pages.parts.drivers_controls import PAGE
from pages.parts.drivers_jobs import Tag, worked_out

JOB = "flip test"
TERMS = ("flip_test", "gaining_losing", "clopper_pearson", "protected_in", "cross_fitted_score")
DECIDED = {"one": "one threshold", "force": "thresholds in force"}
FORMATS = {**dict.fromkeys(("flip", "would gain", "would lose", "low", "high", "low ", "high "), drawing.SHARE),
           "rows": "%,d"}
WHY_INSIDE = "On by default: a model that cannot see the recorded attribute shows 0 % for certain."
GOOD = {"selected": "selected**, to score at or above the threshold",
        "not-selected": "not selected**, to score below the threshold"}
MOVED = ("score as ", "largest change")
NOBODY = ("A {word} column cannot be asked again for another value, and no model can be trained here: {lack}. Bring "
          "the scores under each value as columns named score\\_\\_{name}=value, score with a model of yours on the "
          "data page, or bring the table again {do}.")
LACKING = {(False, True): ("these data have no outcome", "with an outcome"),
           (True, False): ("no column is left as a feature, since each has another role",
                           "with columns that a model may use"),
           (False, False): ("these data have neither an outcome nor a column left as a feature",
                            "with an outcome and columns that a model may use")}
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
        asked = _request(data, place)
        definitions.offer(TERMS)
    if asked is None:
        return
    request, brought = asked
    said = _about(data, request, brought)
    if said is not None:
        first.markdown(said)

    def work(progress: Progress, cancelled: Cancelled) -> Flips:
        return flip_test(data, request, progress, cancelled, brought)

    versions = (brought.name,) if brought is not None else tuple(data.scores) if request.model is None else None
    found = worked_out(JOB, "Flip test", Tag(data.fingerprint, (versions, request)), work)
    if found is not None:
        _drawn(data, found)


def _about(data: Dataset, request: FlipRequest, brought: FileScorer | None) -> str | None:
    """Say of what the test is where that is not the score in use."""
    if request.model is not None:
        return ask.about(data, request.model, request.protected_in, request.seed)
    mine = paired_columns(list(data.scores), request.attribute).values() if brought is None else (brought.name,)
    if data.score is None or data.score in mine:
        return None
    what = "the paired columns" if brought is None else markdown(brought.name, ask.NAME)
    return f"**This is about {what}, not about {markdown(data.score, ask.NAME)}**, the score in use."


def _request(data: Dataset, place: int) -> tuple[FlipRequest, FileScorer | None] | None:
    """Draw who decides and at which threshold; None, with the reason said, where nobody can be asked again."""
    attribute = data.attributes[place]
    name, levels = attribute.name, [level for level in attribute.levels if level != MISSING]
    found = paired_columns(list(data.scores), name)
    columns = [found[value] for value in levels if value in found]
    brought = model_upload.brought(data)
    if len(levels) < 2:
        st.info(f"{markdown(name)} has one value only: nobody can be recorded as another.")
        return None
    given = {ask.GIVEN: "paired columns"} if len(columns) > 1 else {}
    if brought is not None and attribute.kind == "nominal":
        given[ask.BROUGHT] = f"your model, {plain(brought.name, ask.NAME)}"
    if not given and (data.label is None or not data.features):
        lack, do = LACKING[data.label is not None, bool(data.features)]
        word = "decision" if data.score_source == "prediction" else "score"
        st.info(NOBODY.format(word=word, name=markdown(name), lack=lack, do=do))
        return None
    first = ask.BROUGHT if brought is not None and ask.BROUGHT in given and data.score == brought.name else None
    key = f"flip_model_{place}" + ("_brought" if ask.BROUGHT in given else "")   # each setting suits what is offered
    model = ask.models(data, key, given, first)
    inside = True
    if model not in given:
        with st.container(width=ask.WIDTH, gap="xxsmall"):
            inside = ask.protected("flip_protected", True)
            st.caption(WHY_INSIDE)
    asked = brought if model == ask.BROUGHT else None
    policy = _policy(data, name, asked.name if asked is not None else columns[0] if model in given else None)
    with st.popover("Settings", icon=":material/tune:"):
        level, seed = ask.level(), ask.seed()
    return FlipRequest(name, None if model in given else model, inside, policy, seed=seed, level=level), asked


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
        drawing.chart(directions(found), "flip directions", formats=FORMATS)
    with right:
        st.subheader("Flips by group")
        st.caption(flip_meaning(found))
        drawing.table(_by_group(found), FORMATS)
    largest = largest_table(data, found)
    st.subheader("Largest changes of the score")
    st.caption(f"The {min(LARGEST, len(found.rows))} of {len(found.rows):,} rows whose score moves most when only the "
               f"recorded {markdown(found.attribute)} changes, whether their decision flips or not.")
    digits = "%.4f" if len(found.scores) and np.abs(found.scores).max() <= 1 else "%.4g"
    drawing.table(largest, {"row": "%,d", **{name: digits for name in largest if name.startswith(MOVED)}})
    with st.container(horizontal=True, gap="small"):
        drawing.download(largest, "flip-test-largest-changes", "flip largest")


def _decider(found: Flips) -> str:
    trained = any(found.model == model.name for model in MODELS.values())
    return f"a {found.model} model trained here" if trained else markdown(found.model, 120)


def _by_group(found: Flips) -> dict[str, Column]:
    """Return the flips by group; notes where there are any."""
    return {name: column for name, column in group_table(found).items() if name != "note" or any(column)}


def _left_out(found: Flips) -> None:
    cuts = ", ".join(f"{cut:.4g}" for cut in dict.fromkeys(found.thresholds.tolist()))
    left = "; ".join(f"{count:,} rows: {markdown(why, 160)}" for why, count in found.left_out)
    st.caption(f"Selected at {cuts} or more. " + (f"Left out: {left}." if left else "No row is left out."))
