"""What stands around the frontier: who is affected, a second point, how much a point flatters, models, files.

One section is drawn at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st

from engine.charts.changes import who_changes
from engine.charts.frontier import SHARES
from engine.charts.frontier_words import mixture
from engine.charts.theme import SHOWN, badge
from engine.frontier.effects import Effects
from engine.frontier.utility import UTILITIES
from engine.metrics import RATES
from engine.text import markdown
from pages.parts import (
    cache,
    controls,
    definitions,
    drawing,
    frontier_found,
    frontier_models,
    frontier_objectives,
    frontier_safety,
    policies,
)
from pages.parts import frontier_choice as choice
from pages.parts import frontier_controls as ask
from pages.parts import threshold_setting as setting
from pages.parts.frontier_choice import Scene

PAGE = ask.PAGE
SECTIONS = {"affected": "Who is affected", "compare": "A second point", "flatters": "How much it flatters",
            "objectives": "More objectives", "models": "Models", "take": "Lots and files"}
READING = (
    "Bars to the right are persons whom only the chosen point selects, bars to the left those whom only the policy in "
    "use selects, by their outcome. Look at the groups that carry the change, and whether those who lose a place had "
    "the outcome or not."
)
WORSE = (
    "Only worse (levelling down): fewer favourable decisions than under the policy in use, and not more of the group's "
    "decisions correct. Equal rates that are reached by making a group worse off, and nobody better, are called so."
)
LOTS = (
    "This policy draws lots: where a group has two thresholds, rows between them are selected with the probability "
    "shown. The file holds both; the command writes every row's probability and a decision drawn from a hash of the "
    "row's id and the seed, so that the same person gets the same decision twice, on every machine. Two persons with "
    "the same score in the same group may get different decisions."
)


def draw(shown: Scene) -> Scene | None:
    """Draw the section chosen; return the second point where there is one."""
    section = controls.select(PAGE, "around", "Look at", tuple(SECTIONS), by="keyword", show=SECTIONS.__getitem__,
                              flat=True)
    if section == "compare":
        return _compare(shown)
    _DRAWN[section](shown)
    return None


def _affected(shown: Scene) -> None:
    policy, now = shown.point.policy, shown.book.now
    if policy is None:
        st.info("No point is chosen, so nobody is affected.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Against the policy in use, on all rows.", width="content")
        setting.steps(shown.book)
    effect = frontier_found.affected(shown.data, shown.found, policy, now)
    found = effect.changes
    moved = found.newly_selected.sum(axis=1) + found.newly_rejected.sum(axis=1)
    if not moved.any():
        st.info("Nobody changes sides: the chosen point selects the same rows as the policy in use.")
        return
    gained, lost = found.newly_selected.sum(), found.newly_rejected.sum()
    st.markdown(f"**{gained:,.0f}** persons newly selected, **{lost:,.0f}** newly rejected"
                + (" (expected numbers: lots are drawn)." if found.expected else "."))
    order = np.argsort(-moved, kind="stable").tolist()
    left, right = st.columns(2, gap="large")
    with left:
        drawing.chart(replace(who_changes(found, order), reading=READING, name="who-is-affected"), "frontier changes")
    with right:
        _groups(shown, effect, order[:SHOWN])


def _groups(shown: Scene, effect: Effects, order: list[int]) -> None:
    """Draw each group's thresholds, its rates before and after, and whether it only gets worse."""
    policy, names = shown.point.policy, effect.changes.groups.names
    if policy is None:
        return
    before, after = (next(iter(frontier_found.everybody(shown.data, shown.found, each).groupings.values()))
                     for each in (shown.book.now, policy))
    utility = UTILITIES[shown.utility]
    rates = {"Favourable rate": "favourable_rate", "Accuracy": "accuracy",
             choice.capital(RATES[utility.rate].name): utility.rate}   # accuracy too where F1 or a cost is maximised
    table: dict[str, list[str]] = {"Group": [], "Selected where": [], **{name: [] for name in rates}}
    for g in order:
        flag = "  \n:orange-badge[only worse]" if effect.worse[g] else ""
        table["Group"].append(f"**{badge(g)}** {markdown(names[g], 40)}{flag}")
        table["Selected where"].append(definitions.escaped(mixture(policy.mix(names[g]))))
        for name, key in rates.items():
            table[name].append(_moved(float(before.rates[key].value[g]), float(after.rates[key].value[g]), key))
    st.table(table, border="horizontal", hide_index=True)
    if effect.worse.any():
        st.caption(WORSE)


def _moved(before: float, after: float, rate: str) -> str:
    if np.isnan(before + after):
        return ":small[not estimable]"
    if rate not in ("favourable_rate", *SHARES):   # as the utility is written above
        return f"{before:.3f}\u00a0→ **{after:.3f}**"
    return f"{100 * before:.1f}\u00a0→ **{100 * after:.1f}\u00a0%**"


def _compare(shown: Scene) -> Scene:
    """Draw a second point beside the first."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        second = choice.scene(shown.data, shown.found, shown.book, shown.separate,
                              ask.chosen(shown.found, ask.SECOND))
        controls.select(PAGE, "click", "A click on the chart chooses", tuple(ask.LETTERS), by="keyword",
                        show=ask.LETTERS.__getitem__, flat=True)
    table: dict[str, list[str]] = {}
    for each in (shown, second):
        if each.point.policy is None:
            st.info(f"{each.chosen.letter}: {markdown(each.point.reason, 300)}.")
        else:
            table |= choice.numbers(each, each.chosen.letter)
    if table:
        st.table(table, border="horizontal", hide_index=True)
    _between(shown, second)
    choice.hand_over(second)
    return second


def _between(first: Scene, second: Scene) -> None:
    """Say who changes sides from the first point to the second."""
    one, other = first.point.policy, second.point.policy
    if one is None or other is None:
        return
    effect = frontier_found.affected(first.data, first.found, other, one)
    found = effect.changes
    gained, lost = found.newly_selected.sum(), found.newly_rejected.sum()
    worse = [f"{badge(g)} {markdown(found.groups.names[g], 30)}" for g in np.flatnonzero(effect.worse).tolist()]
    words = f"From A to B, on all rows: **{gained:,.0f}** persons newly selected, **{lost:,.0f}** newly rejected."
    st.markdown(words + (f" Only worse for {', '.join(worse[:8])}." if worse else ""))


def _take(shown: Scene) -> None:
    """Offer the chosen policy as a file, and say how it is applied to rows."""
    policy, data = shown.point.policy, shown.data
    if policy is None:
        st.info("No point is chosen, so there is no policy to take away.")
        return
    if policy.kind == "randomised":
        st.markdown(LOTS)
        definitions.offer(("randomised_thresholds", "draw_of_lots"))
    index = cache.score_index(data, policy.attributes)   # here: the file is made outside the session, on a click
    st.download_button("Download policy", data=lambda: policies.file_of(data, policy, index), key="frontier policy",
                       file_name=f"policy-{data.fingerprint[:8]}.json", mime="application/json", on_click="ignore",
                       icon=":material/download:")
    st.caption("Apply it to a table with the same columns:")
    st.code("python -m engine apply table.csv --policy policy.json -o decided.csv", language="bash")
    if data.score_source in ("fitted here", "recalibrated"):
        st.caption("The score was made here: a table needs it as a column before the policy can be applied.")
    if policy.kind == "randomised" and data.ids is None:
        st.caption("These data have no row id: lots are then drawn by each row's values, and a row whose values change "
                   "may change its decision. Name an id on the data page.")


_DRAWN: dict[str, Callable[[Scene], None]] = {
    "affected": _affected, "flatters": frontier_safety.draw, "objectives": frontier_objectives.draw,
    "models": frontier_models.draw, "take": _take,
}
