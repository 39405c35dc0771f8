"""What does each threshold do to each group?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from engine.counting.table import CountTable
from engine.policy import Policy
from engine.text import markdown
from engine.types import Dataset
from pages.parts import around, cache, frame, live_explorer, notices, policy_book, session, versions
from pages.parts import threshold_controls as ask
from pages.parts import threshold_native as native
from pages.parts import threshold_numbers as numbers
from pages.parts import threshold_setting as setting
from pages.parts.live_payload import COMPARED, Reading

LIVE = "live"   # the component's name on this page


def main() -> None:
    session.framed()
    st.title("Thresholds")
    data = session.require_outcome()
    notices.simulated()
    _meaning(data)
    if not _usable(data):
        return
    explorer(data)


def _meaning(data: Dataset) -> None:
    """Say in words what positive, selected and favourable mean here."""
    roles = data.roles
    favourable = "being selected" if roles.favourable == "selected" else "not being selected"
    words = [f"Favourable to the person: **{favourable}**."]
    if roles.label is not None:
        words.insert(0, f"Positive outcome: {markdown(roles.label)} is **{markdown(roles.positive)}**.")
    if data.score_source == "fitted here":
        words.append(f"The score {markdown(data.score)} was fitted here without the protected attributes; each row is "
                     "scored by a model that did not see it.")
    elif data.score_source == "recalibrated":
        words.append(versions.origin(data) or "")
    if data.score_source == "prediction":
        value = f": selected is **{markdown(roles.selected)}**" if roles.selected is not None else ""
        words.append(f"In use is a decision, {markdown(data.score)}{value}. No score is behind it: the line at 1 is "
                     "the decision as it stands, other lines select everybody or nobody.")
    what = "the decision" if data.score_source == "prediction" else "each threshold"
    st.markdown(f"What does {what} do to each group? " + " ".join(words))


def _usable(data: Dataset) -> bool:
    """Say what is missing for this page, if anything."""
    if not data.attributes:
        st.info("These data have no protected attribute, so there are no groups to compare: name one on the data page.")
    elif data.score is None:
        st.info("These data have no score and none could be fitted: name a score or features on the data page.")
    return bool(data.attributes) and data.score is not None


@frame.fragment
def explorer(data: Dataset) -> None:
    """Controls, the explorer, and everything that follows the thresholds."""
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with bar:
        attributes = ask.grouping(data)
        settings = ask.settings()
    table = cache.count_table(data, attributes)
    if not len(table.edges):
        st.info("No row of these data has a score.")
        return
    book = policy_book.book(data)
    separate = ask.separate()
    policy, live = _explored(data, table, _allowed(book.now, separate), book, settings, separate)
    with bar:   # after the explorer, whose last release it can undo
        setting.exact(data, table, book, policy, separate)
        setting.steps(book)
    every = (*attributes, *(name for name in policy.attributes if name not in attributes))
    answer = cache.assessment(data, every, ask.request(policy, attributes, settings))
    scene = around.Scene(data, attributes, every, table, policy, book, separate, settings, answer)
    if book.said is not None and book.said[0] == policy:
        st.caption(book.said[1])
    _numbers(scene, live)
    around.draw(scene)
    if not policy_book.share(data, policy):
        st.caption("These thresholds lie between the steps of the score or are drawn by lot: the address cannot carry "
                   "them. Download the policy instead.")


def _allowed(policy: Policy, separate: bool) -> Policy:
    """Return the policy; without the visitor's word, thresholds by group wait and the common one holds."""
    if separate:
        st.caption(notices.TREATMENT)
        return policy
    if policy.kind == "common":
        return policy
    st.info("The policy has thresholds by group. Until they are switched on above, one threshold holds for all.")
    return Policy.common(policy.otherwise, policy.score)


def _explored(
    data: Dataset, table: CountTable, policy: Policy, book: policy_book.Book, settings: ask.Settings, separate: bool
) -> tuple[Policy, bool]:
    """Draw what thresholds are moved with; return the policy that it leaves in use, and whether it is the live one."""
    if not live_explorer.fits(table, policy):
        by = " x ".join(markdown(name, 30) for name in policy.attributes)
        st.info(f"The thresholds in use are by {by} and are applied as they are; choose those groups above to move "
                "them, or reset.")
        return policy, False
    found = setting.presets(data, table, settings.costs, settings.min_group, separate)
    plain = settings.native or not live_explorer.explorable(table)
    if plain or native.silent(LIVE):
        if not plain:
            native.sorry(LIVE)
        setting.buttons(data, table, book, found)
        native.sliders(data, table, policy, book, separate)
        return policy, False
    reading = Reading(settings.rates, settings.min_group, settings.level, settings.costs, data.roles.favourable,
                      data.label is not None)
    choice = live_explorer.explorer(
        table, key=LIVE, policy=policy, baseline=_fitting(table, book.start), reading=reading, presets=found,
        separate=separate, index=cache.score_index(data, table.groups.attributes),
    )
    if choice.policy != policy:
        book.put(choice.policy)
    return choice.policy, True


def _fitting(table: CountTable, start: Policy) -> Policy:
    """Return the starting policy as far as the groups shown can show it."""
    return start if live_explorer.fits(table, start) else Policy.common(start.otherwise, start.score)


def _numbers(scene: around.Scene, live: bool) -> None:
    """Draw the numbers that belong to the explorer; without the live one, its tiles and pictures too."""
    if live:
        numbers.chance(scene.result, scene.settings.level, COMPARED)
        return
    numbers.cards(scene.result, scene.settings.level)
    thresholds = scene.thresholds(scene.policy)
    order = numbers.order(scene.result, "selection_rate", worst_first=False)
    native.pictures(scene.data, scene.table, scene.result, np.nan_to_num(thresholds, nan=scene.policy.otherwise), order)


main()
