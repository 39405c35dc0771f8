"""The section on another base rate: a slider, the moved threshold, and the scores that would be right there."""

from __future__ import annotations

import streamlit as st

from engine.calibration.prior import ASSUMPTION, Compensated, Deployment, compensated
from engine.charts.calibration_prior import other_base_rate
from engine.policy import Policy
from engine.text import markdown
from engine.types import Dataset
from pages.parts import calibration_controls as ask
from pages.parts import calibration_group_rates, calibration_used, controls, definitions, drawing, frame, versions
from pages.parts.calibration_controls import PAGE
from pages.parts.calibration_found import Scene

WHOSE = {"all": "one for everybody", "group": "one per group"}
TERMS = ("prior_compensation", "score_version")


def draw(shown: Scene) -> None:
    """Draw the choice of one rate or a rate per group, and what follows from it."""
    if not 0 < shown.answer.overall.base_rate < 1:
        st.info("Another base rate is not estimable: these data have one outcome only.")
        return
    groups = calibration_group_rates.movable(shown)
    whose = "all"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if len(groups) > 1:
            whose = controls.select(PAGE, "base_rates", "Base rate", tuple(WHOSE), by="keyword",
                                    show=WHOSE.__getitem__, flat=True)
        definitions.offer(TERMS)
    threshold = _threshold(shown.asked.policy)
    if whose == "all":
        _common(shown, threshold)
    elif (found := calibration_group_rates.draw(shown, groups, threshold)) is not None:
        _offer(found)


def _common(shown: Scene, threshold: float) -> None:
    """Draw the slider of everybody's rate, what it moves, and the chart."""
    everybody = shown.answer.overall
    asked = ask.base_rate("base_rate", "The deployment base rate is", everybody.base_rate)
    there = everybody.base_rate if asked is None else asked
    found = _found(shown.data, there)
    moved = float(found.threshold(threshold)[0])
    st.markdown(f"Base rate here **{100 * everybody.base_rate:.1f} %** ({everybody.n:,} persons), there "
                f"**{100 * there:.1f} %**. A threshold of {threshold:.3g} on the moved score is **{moved:.3f}** on the "
                "score as it is.".replace(" %", "\u00a0%"))
    st.caption(f"This {ASSUMPTION} (label shift). No table from here can check that. Thresholds have no interval: "
               "they follow from the two base rates by arithmetic.")
    drawing.chart(other_base_rate(found, everybody.reliability, threshold), "other base rate")
    if asked is None:
        st.caption("The base rate of these data: nothing moves. Move the slider to the rate where the scores will be "
                   "used.")
    else:
        _offer(found)
    _groups(shown)


def _offer(found: Compensated) -> None:
    refusal = versions.refusal()
    st.button("Use these scores", key="use moved", icon=":material/arrow_forward:", on_click=_use,
              args=(found,), disabled=refusal is not None, help=refusal or "Puts them in use on every page; the "
              "sidebar leads back.")


def _groups(shown: Scene) -> None:
    rates = [group.base_rate for group, small in zip(shown.found.measured, shown.found.small, strict=True) if not small]
    if len(rates) > 1 and max(rates) - min(rates) > 0.02:
        low, high = (next(group for group in shown.found.measured if group.base_rate == rate)
                     for rate in (min(rates), max(rates)))
        st.caption("One rate moves everybody alike; “one per group” moves each by its own. Base rates here run "
                   f"from {100 * low.base_rate:.1f} % "
                   f"({markdown(low.name, 40)}) to {100 * high.base_rate:.1f} % ({markdown(high.name, 40)}).")


def _threshold(policy: Policy) -> float:
    """Return the common threshold in force where it is one between 0 and 1; else one half."""
    return policy.otherwise if policy.kind == "common" and 0 < policy.otherwise < 1 else 0.5


@frame.callback
def _use(found: Compensated) -> None:
    calibration_used.use(found.version(), found.dataset.score)


def _found(data: Dataset, rate: float) -> Compensated:
    return _kept(data.fingerprint, data.score, rate, _data=data)


@st.cache_resource(scope="session", max_entries=8, show_spinner=False)
def _kept(fingerprint: str, score: str | None, rate: float, _data: Dataset) -> Compensated:
    return compensated(_data, Deployment(rate))
