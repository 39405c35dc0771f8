"""The section on another base rate, group by group: a slider each, where each threshold goes, a panel each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.calibration.prior import ASSUMPTION, Compensated, Deployment, compensated
from engine.charts.calibration_prior import base_rates_by_group
from engine.charts.calibration_words import counted
from engine.charts.theme import SHOWN, badge
from engine.text import markdown
from engine.types import Dataset
from pages.parts import calibration_controls as ask
from pages.parts import drawing, notices, state
from pages.parts.calibration_found import Scene

BESIDE = 3   # sliders in a row
Rates = tuple[tuple[str, float], ...]


def movable(shown: Scene) -> list[int]:
    """Return the groups that get a slider: those with a panel and with both outcomes."""
    return [g for g in shown.shown if 0 < shown.found.measured[g].base_rate < 1]


def draw(shown: Scene, groups: Sequence[int], threshold: float) -> Compensated | None:
    """Draw a slider per group, the thresholds that follow and the panels; None where no rate was moved."""
    rates = _rates(shown, groups)
    found = _found(shown.data, shown.asked.attributes, rates)
    st.table(_table(shown, groups, found, threshold), border="horizontal", hide_index=True)
    still = sum(group.n > 0 for group in shown.found.measured) - len(groups)
    st.caption((f"{counted(still, 'group')} without a slider {'keeps its' if still == 1 else 'keep their'} scores: "
                f"those of {shown.found.min_group} rows or more with both outcomes have one, at most {SHOWN}. "
                if still else "")
               + f"This {ASSUMPTION} (label shift), in every group. No table from here can check that. A threshold "
               f"of {threshold:.3g} on the moved scores is the one in the table on the scores as they are; it has no "
               "interval, as it follows from the base rates by arithmetic.")
    drawing.chart(base_rates_by_group(found, shown.found.measured, groups, threshold), "base rates by group")
    if not rates:
        st.caption("The base rates of these data: nothing moves. Move a group's slider to its rate where the scores "
                   "will be used.")
        return None
    st.warning("A rate per group needs each person's group when the scores are used. " + notices.TREATMENT,
               icon=":material/balance:")
    return found


def _rates(shown: Scene, groups: Sequence[int]) -> Rates:
    """Draw the sliders; return the rates of the groups that were moved."""
    place = state.settings(ask.PAGE).get("grouping", 0)
    rates: list[tuple[str, float]] = []
    for k, g in enumerate(groups):
        if k % BESIDE == 0:
            row = st.columns(BESIDE, gap="medium")   # one row each, so that a phone keeps the order
        group = shown.found.measured[g]
        with row[k % BESIDE]:
            there = ask.base_rate(f"rate_{place}_{g}", f"{badge(g)} {markdown(group.name, 40)}", group.base_rate)
        if there is not None:
            rates.append((group.name, there))
    return tuple(rates)


def _table(
    shown: Scene, groups: Sequence[int], found: Compensated, threshold: float
) -> dict[str, list[str]]:
    measured, moved = shown.found.measured, found.threshold(threshold)
    there = [found.there[g] if found.shift[g] else measured[g].base_rate for g in groups]
    return {
        "Group": [f"**{badge(g)}** {markdown(measured[g].name, 40)}" for g in groups],
        "Persons": [f"{measured[g].n:,}" for g in groups],
        "Base rate here": [f"{100 * measured[g].base_rate:.1f}\u00a0%" for g in groups],
        "Base rate there": [f"**{100 * rate:.1f}\u00a0%**" for rate in there],
        f"Threshold {threshold:.3g} becomes": [f"**{moved[g]:.3f}**" for g in groups],
    }


def _found(data: Dataset, attributes: tuple[str, ...], rates: Rates) -> Compensated:
    return _kept(data.fingerprint, data.score, attributes, rates, _data=data)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def _kept(
    fingerprint: str, score: str | None, attributes: tuple[str, ...], rates: Rates, _data: Dataset
) -> Compensated:
    return compensated(_data, Deployment(attributes=attributes, rates=rates))
