"""The section on another base rate: one slider, the moved threshold, and the scores that would be right there."""

from __future__ import annotations

import streamlit as st

from engine.calibration.prior import ASSUMPTION, Compensated, Deployment, compensated
from engine.charts.calibration_prior import other_base_rate
from engine.policy import Policy
from engine.text import markdown
from engine.types import Dataset
from pages.parts import calibration_used, controls, definitions, drawing, versions
from pages.parts.calibration_controls import PAGE
from pages.parts.calibration_found import Scene

LOW, HIGH, STEP = 0.1, 99.9, 0.1   # per cent


def draw(shown: Scene) -> None:
    """Draw the slider, what it moves, and the chart."""
    everybody = shown.answer.overall
    if not 0 < everybody.base_rate < 1:
        st.info("Another base rate is not estimable: these data have one outcome only.")
        return
    here = 100 * everybody.base_rate
    usual = min(HIGH, max(LOW, round(here, 1)))   # as near to no change as the slider gets
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        there = controls.slider(PAGE, "base_rate", "The deployment base rate is", LOW, HIGH, usual, STEP,
                                format="%.1f %%", help=definitions.tooltip("prior_compensation"))
        definitions.offer(("prior_compensation", "score_version"))
    same = abs(there - usual) < STEP / 2
    there = here if same else there
    found = _found(shown.data, there / 100)
    threshold = _threshold(shown.asked.policy)
    moved = float(found.threshold(threshold)[0])
    st.markdown(f"Base rate here **{here:.1f} %** ({everybody.n:,} persons), there **{there:.1f} %**. A threshold of "
                f"{threshold:.3g} on the moved score is **{moved:.3f}** on the score as it is."
                .replace(" %", "\u00a0%"))
    st.caption(f"This {ASSUMPTION} (label shift). No table from here can check that. Thresholds have no interval: "
               "they follow from the two base rates by arithmetic.")
    drawing.chart(other_base_rate(found, everybody.reliability, threshold), "other base rate")
    if same:
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
        st.caption(f"One rate moves everybody alike. Base rates here run from {100 * low.base_rate:.1f} % "
                   f"({markdown(low.name, 40)}) to {100 * high.base_rate:.1f} % ({markdown(high.name, 40)}).")


def _threshold(policy: Policy) -> float:
    """Return the common threshold in force where it is one between 0 and 1; else one half."""
    return policy.otherwise if policy.kind == "common" and 0 < policy.otherwise < 1 else 0.5


def _use(found: Compensated) -> None:
    calibration_used.use(found.version(), found.dataset.score)


def _found(data: Dataset, rate: float) -> Compensated:
    return _kept(data.fingerprint, data.score, rate, _data=data)


@st.cache_resource(scope="session", max_entries=8, show_spinner=False)
def _kept(fingerprint: str, score: str | None, rate: float, _data: Dataset) -> Compensated:
    return compensated(_data, Deployment(rate))
