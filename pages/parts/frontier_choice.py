"""The chosen point: found on half of the rows, reported on the other half, then handed to the threshold page."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import streamlit as st

from engine.charts.frontier import SHARES, Mark
from engine.charts.frontier_words import price
from engine.counting.groups import attribute_sets
from engine.frontier import Point, Reported
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import Policy
from engine.text import markdown
from engine.types import Dataset, Estimate
from pages.parts import controls, definitions, frame, frontier_found, frontier_limits, notices, policy_book, state
from pages.parts.frontier_controls import Chosen
from pages.parts.frontier_found import Found
from pages.parts.policy_book import Book

NBSP = "\u00a0"
_LEAVING = "equipoise to thresholds"


@dataclass(frozen=True, eq=False)
class Scene:
    """What the page is about just now."""

    data: Dataset
    found: Found
    book: Book
    separate: bool          # whether groups may have thresholds of their own: the visitor's word
    chosen: Chosen
    point: Point
    reported: Reported | None

    @property
    def utility(self) -> str:
        """Key of the utility."""
        return self.found.request.utility

    @property
    def disparity(self) -> str:
        """Key of the disparity."""
        return self.found.request.disparity


def scene(data: Dataset, found: Found, book: Book, separate: bool, chosen: Chosen) -> Scene:
    """Return the scene of a chosen point."""
    return Scene(data, found, book, separate, chosen, frontier_found.point(data, found, chosen.kind, chosen.bound),
                 frontier_found.reported(data, found, chosen.kind, chosen.bound))


def mark(shown: Scene) -> Mark | None:
    """Return the point as the chart draws it; None where there is none."""
    point = shown.point
    if point.policy is None or isnan(point.disparity):
        return None
    return Mark(shown.chosen.letter, point.kind, point.disparity, point.utility, shown.reported)


def panel(shown: Scene) -> None:
    """Draw the numbers of the chosen point, and hand it over."""
    point = shown.point
    if point.policy is None:
        st.info(markdown(point.reason, 300) + ". Choose other thresholds or a looser bound.")
        return
    st.table(numbers(shown), border="horizontal", hide_index=True)
    found, kept = shown.found.result.rows
    st.caption(f"Other rows: {kept:,} that were not used to find it. Found here: {found:,} rows, optimistic. All rows: "
               "both together, as the threshold page shows them.  \n"
               + definitions.escaped(capital(price(point, shown.utility))) + ".")
    everybody = frontier_found.everybody(shown.data, shown.found, point.policy)
    compared = [shown.found.result.groups.names[g] for g in shown.found.result.problem.compared]
    frontier_limits.kept(shown.found.request.limits, everybody, compared)
    hand_over(shown)


def numbers(shown: Scene, letter: str = "") -> dict[str, list[str]]:
    """Return the numbers of a point as columns of Markdown, by the rows they are from."""
    point, reported, utility = shown.point, shown.reported, shown.utility
    mark = f"{letter}: " if letter else ""
    table = {"": [capital(UTILITIES[utility].name), capital(DISPARITIES[shown.disparity].name)]}
    if reported is not None:
        table[f"{mark}other rows"] = [interval(reported.utility, utility), interval(reported.disparity, None)]
    table[f"{mark}found here"] = [value(point.utility, utility), value(point.disparity, None)]
    table[f"{mark}all rows"] = list(_whole(shown, point.policy))
    return table


def interval(estimate: Estimate, utility: str | None) -> str:
    """Return an estimate with its interval as Markdown; a utility of `SHARES` as per cent."""
    if isnan(estimate.value):
        return f":small[{markdown(estimate.reason, 200)}]"
    ends = [_bare(end, utility) for end in (estimate.low, estimate.high)]
    words = f"{ends[0]} to {ends[1]}" if not isnan(estimate.low + estimate.high) else "no interval"
    return f"{value(estimate.value, utility)}  \n:small[{words}]"


def hand_over(shown: Scene) -> None:
    """Offer the point as the policy of the threshold page; thresholds by group after the visitor's word."""
    policy = shown.point.policy
    if policy is None:
        return
    allowed = policy.kind == "common" or shown.separate
    st.button("Use on the threshold page", key=f"use {shown.chosen.letter}", type=controls.leading(),
              disabled=not allowed, icon=":material/arrow_forward:", on_click=use,
              args=(shown.data, policy, shown.found.attributes),
              help=None if allowed else "Switch thresholds by group on first: see the note.")


@frame.callback
def use(data: Dataset, policy: Policy, attributes: tuple[str, ...]) -> None:
    """Put a policy in use on the threshold page, which `leave` then opens; for use in a callback.

    A callback, as the run that follows a click may be started again before it comes to the button.
    """
    policy_book.apply(data, policy_book.book(data), policy)
    sets = attribute_sets([attribute.name for attribute in data.attributes])
    if attributes in sets:   # the groups it was found for are shown there
        state.settings(policy_book.PAGE)["grouping"] = sets.index(attributes)
    st.session_state[_LEAVING] = True


def leave() -> None:
    """Open the threshold page where a policy was just put in use there; to be called before anything is drawn."""
    if st.session_state.pop(_LEAVING, False):
        st.switch_page("pages/thresholds.py")


def treatment(shown: Scene) -> None:
    """Say what thresholds by group are, in law, where the chosen point has them."""
    if shown.chosen.kind != "common":
        notices.treatment()
    else:
        st.caption(notices.TREATMENT)


def left_out(shown: Scene) -> None:
    """Say which groups are too small to be compared, and what they get."""
    left = shown.found.result.left_out
    if left:
        named = "; ".join(f"{markdown(name, 30)} ({markdown(why, 80)})" for name, why in left[:8])
        more = f" and {len(left) - 8} more" if len(left) > 8 else ""
        st.caption(f"Not compared, and given the best common threshold: {named}{more}.",
                   help=definitions.tooltip("minimum_group_size"))


def _whole(shown: Scene, policy: Policy | None) -> tuple[str, str]:
    if policy is None:
        return "", ""
    answer, utility = frontier_found.everybody(shown.data, shown.found, policy), UTILITIES[shown.utility]
    rate = utility.sign * answer.overall.rates[utility.rate][0].value
    gap = next(iter(answer.groupings.values())).disparities[shown.disparity]
    return value(rate, shown.utility), value(gap.value, None)


def value(number: float, utility: str | None) -> str:
    """Return a number as Markdown: a utility of `SHARES` as per cent."""
    unit = f"{NBSP}%" if utility in SHARES else ""
    return "not estimable" if isnan(number) else f"**{_bare(number, utility)}{unit}**"


def _bare(value: float, utility: str | None) -> str:
    return f"{100 * value:.1f}" if utility in SHARES else f"{value:.3f}"


def capital(name: str) -> str:
    """Return one of our own names at the start of a cell, as Markdown."""
    return definitions.escaped(name[:1].upper() + name[1:])
