"""The section on a second decision: a human's, an old rule's, a vendor's beside the score in use, on the same rows."""

from __future__ import annotations

import math

import streamlit as st

from engine.assessment import Assessment, Disparity, default_policy
from engine.charts.drivers_second import apart, overturns, paired_gaps
from engine.charts.drivers_words import NAME, interval, second_told
from engine.charts.theme import SHOWN
from engine.drivers import SecondRequest, SecondResult, second_decision
from engine.metrics import DISPARITIES, RATES
from engine.policy import Policy
from engine.text import markdown, plain
from engine.types import Dataset, Estimate
from pages.parts import controls, definitions, drawing, policy_book
from pages.parts import drivers_controls as ask
from pages.parts.drivers_controls import PAGE

TERMS = ("second_decision", "paired_difference", "overturn_table", "newcombe")
DECIDED = {"force": "thresholds in force", "one": "one threshold"}
IN_FORCE = ("In force is what the page Thresholds decides with for this column: its starting threshold (the usual one "
            "of the data set; else 0.5 of a score from 0 to 1, the median of any other) until you move it there.")
WHICH = ("first", "second")
WHY = (
    "A score's gap means little without another way to decide beside it. Bring a second column, a human's decision, an "
    "old rule or a vendor's score, and both are looked at on the same people."
)


def draw(data: Dataset) -> None:
    """Draw the controls, both decisions side by side, their paired differences and who is decided differently."""
    st.markdown(WHY)
    others = [name for name in data.scores if name != data.score]
    if data.score is None or not others:
        st.info("These data have one score or decision only. Name a second decision, or a second score, when you bring "
                "the table, or train a model on the data page.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        pair = ask.pair(data)
    if pair is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        place = list(data.scores).index(data.score)
        with st.container(width=ask.WIDTH):
            decided = data.roles.prediction if data.roles.prediction in others else None
            second = controls.select(PAGE, f"second_{place}_{len(others)}", "Second decision", others, default=decided,
                                     show=lambda name: plain(name, ask.NAME),
                                     help=definitions.tooltip("second_decision"))
        policies = [_policy(data.using(name), which, words)
                    for name, which, words in ((data.score, "first", "Score in use"), (second, "second", "Second"))]
        with st.popover("Settings", icon=":material/tune:"):
            level = ask.level()
            least = controls.number(PAGE, "min_group", "Minimum group size, rows", 30, low=10, high=1_000_000, step=1,
                                    help=definitions.tooltip("minimum_group_size"))
        definitions.offer(TERMS)
    request = SecondRequest(second, pair.groups, policies[0], policies[1], level, int(least),
                            attributes=pair.attributes)
    _drawn(data, _compared(data.fingerprint, data.score, repr(request), _data=data, _request=request))


def _policy(data: Dataset, which: str, words: str) -> Policy:
    """Draw at which thresholds one of the two decides: its own ones, as the threshold page has them, or one."""
    if data.score_source == "prediction":   # 1 where selected: nothing to ask
        return default_policy(data)
    now = policy_book.book(data).now
    by = controls.select(PAGE, f"decided_{which}", f"{words}: selected at", tuple(DECIDED), by="keyword",
                         show=lambda key: f"{now.otherwise:.4g}, in force" if key == "force" and now.kind == "common"
                         else DECIDED[key], flat=True, help=IN_FORCE)
    if by == "force":
        return now
    place = list(data.scores).index(str(data.score))
    start = now.otherwise if math.isfinite(now.otherwise) else 0.5
    return Policy.common(controls.number(PAGE, f"cut_{which}_{place}", f"{words}: threshold", float(start),
                                         format="%.4g", help=definitions.tooltip("common_threshold")), data.score)


@st.cache_resource(scope="session", max_entries=16, show_spinner="Comparing the two decisions")
def _compared(fingerprint: str, score: str, request: str, _data: Dataset, _request: SecondRequest) -> SecondResult:
    return second_decision(_data, _request)


def _drawn(data: Dataset, result: SecondResult) -> None:
    first, second = (markdown(name) for name in apart(result, NAME))
    left_out = f"; {result.left_out:,} that one of the two does not decide are left out" if result.left_out else ""
    st.markdown("\n".join(f"- {line}" for line in second_told(result)) or "No gap can be estimated.")
    cuts = [_cut(data.using(name), found) for name, found in zip(result.names, (result.first, result.second),
                                                                 strict=True)]
    st.caption(f"First: **{first}**, {cuts[0]}. Second: **{second}**, {cuts[1]}. "
               f"{result.rows:,} rows that both decide{left_out}. Intervals at {100 * result.request.level:g} %.")
    _small(result)
    st.subheader("Gaps and their paired difference")
    drawing.chart(paired_gaps(result), "paired gaps")
    st.subheader("Rates side by side")
    st.table(_rates(result), border="horizontal", hide_index=True)
    definitions.offer(("wilson", *RATES), "Definitions of the rates")
    st.subheader("Disparities over all groups, side by side")
    st.table(_disparities(result), border="horizontal", hide_index=True)
    definitions.offer((*DISPARITIES, "minimum_group_size"), "Definitions of the disparities")
    st.subheader("Decided differently")
    drawn = overturns(result)
    shares = [name for name in drawn.table if name.startswith(("decided differently", "of these", "low", "high"))]
    formats = {**dict.fromkeys(drawn.table, "%,.0f"), **dict.fromkeys(shares, drawing.SHARE)}
    drawing.chart(drawn, "overturns", table_open=True,
                  formats={name: look for name, look in formats.items() if name not in ("group", "note")})


def _small(result: SecondResult) -> None:
    """Say which groups have few rows that both decide."""
    least, found = result.request.min_group, result.overturns
    few = [f"{markdown(name, NAME)} ({rows:,.0f})" for name, rows in
           zip(found.groups.names, found.differing.n, strict=True) if 0 < rows < least]
    if few:
        more = f" and {len(few) - SHOWN} more" if len(few) > SHOWN else ""
        st.caption(f"Fewer than {least} rows: {', '.join(few[:SHOWN])}{more}. Their numbers are mostly chance, and the "
                   "disparities over all groups leave them out.")


def _cut(data: Dataset, found: Assessment) -> str:
    if data.score_source == "prediction":
        return "as decided"
    policy = found.policy
    if policy.kind != "common":
        return "with thresholds by group"
    book = policy_book.book(data)
    start = "starting threshold" if book.now == book.start else "threshold set"
    return (f"selected at {policy.otherwise:.4g} or more"
            + (f" (the {start} on the page Thresholds)" if policy.otherwise == book.now.otherwise else ""))


def _rates(result: SecondResult) -> dict[str, list[str]]:
    """Return every rate of those chosen under both decisions, with interval and denominator."""
    names, (a, b) = result.overturns.groups.names, result.request.groups
    words = {"everybody": "everybody", "a": plain(a, 30), "b": plain(b, 30)}
    who = controls.select(PAGE, "rates_of", "Rates of", tuple(words), by="keyword", show=words.__getitem__, flat=True)
    columns: dict[str, list[str]] = {"Rate": [f"**{rate.name}**" for rate in RATES.values()]}
    for which, each in zip(WHICH, (result.first, result.second), strict=True):
        found = each.overall if who == "everybody" else each.groupings[result.grouping]
        place = 0 if who == "everybody" else names.index(a if who == "a" else b)
        columns[which.capitalize()] = [_with_rows(found.rates[key][place]) for key in RATES]
    return columns


def _disparities(result: SecondResult) -> dict[str, list[str]]:
    """Return every disparity under both decisions, with its interval, what chance alone makes and the groups in it."""
    columns: dict[str, list[str]] = {"Disparity": [f"**{rule.name}**" for rule in DISPARITIES.values()]}
    for which, each in zip(WHICH, (result.first, result.second), strict=True):
        found = each.groupings[result.grouping]
        columns[which.capitalize()] = [_disparity(found.disparities[key], len(found.names)) for key in DISPARITIES]
    return columns


def _disparity(found: Disparity, groups: int) -> str:
    if math.isnan(found.value):
        return f":small[{markdown(found.reason or 'not estimable', 160)}]"
    chance = "" if math.isnan(found.noise_high) else f"; chance alone {found.noise_high:.3f}"
    ends = interval(Estimate(found.value, found.low, found.high, reason=found.reason))
    return f"{ends} :small[{groups - len(found.left_out):,} groups{chance}]"


def _with_rows(estimate: Estimate) -> str:
    words = interval(estimate)
    return f":small[{words}]" if math.isnan(estimate.value) else f"{words} :small[of {estimate.n:,.0f}]"
