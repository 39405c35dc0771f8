"""The section on small groups: rates as counted and shrunk towards the other groups, for the eye alone."""

from __future__ import annotations

from math import isnan

import streamlit as st

from engine.calibration.shrinkage import NOT_FOR_GAPS, Shrunk, shrunken
from engine.charts.calibration_shrinkage import dumbbells
from engine.metrics import RATES
from engine.text import markdown
from engine.types import Estimate
from pages.parts import cache, controls, definitions, drawing
from pages.parts.calibration_controls import PAGE
from pages.parts.calibration_found import Scene

SHOWN = ("selection_rate", "true_positive_rate", "false_positive_rate", "base_rate")


def draw(shown: Scene) -> None:
    """Draw the rate chosen, raw and shrunk, what is gained on average and who is moved furthest."""
    keys = tuple(key for key in SHOWN if key in RATES)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        key = controls.select(PAGE, "small_rate", "Rate", keys, by="keyword", show=lambda name: RATES[name].name)
        definitions.offer((key, "shrunk_rate", "shrinkage_risk", "wilson"))
    every = (*shown.asked.attributes,
             *(name for name in shown.asked.policy.attributes if name not in shown.asked.attributes))
    answer = cache.assessment(shown.data, every, shown.asked.assessed())
    result = next(iter(answer.groupings.values()))
    found = shrunken(result, key)
    if found.reason is not None:
        st.info(f"{definitions.escaped(found.sentence)} Choose an intersection of attributes above for more groups.")
        return
    st.markdown(f"**For display only.** {NOT_FOR_GAPS}")
    overall = answer.overall.rates[key][0].value
    left, right = st.columns([3, 2], gap="large")
    with left:
        drawing.chart(dumbbells(result.names, result.rates[key], found.shrunk, overall, RATES[key].name), "shrinkage")
    with right:
        st.markdown(markdown(found.sentence, 500))
        st.table(_risks(found), border="horizontal", hide_index=True)
        st.caption(f"Estimated without bias from the counts of {found.risk_raw.n:,.0f} groups; no interval, and it can "
                   "fall below 0. Policy in force; intervals in the chart are those of the counts.")


def _risks(found: Shrunk) -> dict[str, list[str]]:
    rows = {"as counted": found.risk_raw, "everybody the same": found.risk_pooled, "shrunk": found.risk_shrunk}
    return {"Rates": list(rows), "Expected squared error": [_risk(each) for each in rows.values()]}


def _risk(estimate: Estimate) -> str:
    if isnan(estimate.value):
        return f":small[{markdown(estimate.reason, 120)}]"
    return f"**{estimate.value:.5f}**".replace("-", "−")
