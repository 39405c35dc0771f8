"""How much a chosen point flatters itself: what to expect on other rows, and the bound to ask for instead."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from engine.charts.frontier import SHARES
from engine.frontier.optimism import REPLICATES, Optimism, refits
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.types import Cancelled, Progress
from pages.parts import controls, definitions, frontier_controls, jobs, opening, state
from pages.parts.frontier_choice import Scene

JOB = "frontier refits"
LEVEL = 0.9


@dataclass(frozen=True)
class Safety:
    """What a bound gives on other rows, and the bound that keeps it with the level's chance; None where none does."""

    expected: Optimism | None
    safe: float | None


def draw(shown: Scene) -> None:
    """Offer the refit bootstrap of the chosen point, show its progress, and say what it found."""
    if shown.point.policy is None:
        st.info("No point is chosen.")
        return
    definitions.offer(("expected_test_gap",))
    tag = f"safety {shown.found.key} {shown.data.score} {shown.chosen.kind} {shown.chosen.bound!r}"
    kept = state.current().kept
    if (done := opening.finished(JOB)) is not None:
        kept[str(done.tag)] = done.result
    if tag in kept:
        _said(shown, kept[tag])
        return
    st.markdown("A point is best on the rows where it was found, so it looks better there than elsewhere. To see by "
                f"how much, the frontier is found again on {REPLICATES} resamples of those rows and each policy judged "
                "on the rows as they are.")
    st.button("Work it out", key="start refits", type=controls.leading(), on_click=_start, args=(shown, tag),
              disabled=jobs.active(JOB))
    jobs.show(JOB)


def _start(shown: Scene, tag: str) -> None:
    result, kind, bound = shown.found.result, shown.chosen.kind, shown.chosen.bound

    def work(progress: Progress, cancelled: Cancelled) -> Safety:
        found = refits(result, kind, REPLICATES, progress=progress, cancelled=cancelled)
        progress(1.0, "looking for the bound that holds")
        return Safety(found.expect(bound, LEVEL), found.safe_bound(bound, LEVEL))

    jobs.start(JOB, work, "Finding the frontier again", tag=tag)


def _said(shown: Scene, safety: Safety) -> None:
    rule, utility = DISPARITIES[shown.disparity], UTILITIES[shown.utility].name
    least = "at least" if rule.form == "ratio" else "at most"
    found = safety.expected
    if found is None:
        st.info("No resample reaches this bound: nothing can be said of other rows.")
        return
    lost = f"{100 * found.utility_lost:.2f} points" if shown.utility in SHARES else f"{found.utility_lost:.4f}"
    spread = f"{100 * found.utility_spread:.2f}" if shown.utility in SHARES else f"{found.utility_spread:.4f}"
    side = "no lower than" if rule.form == "ratio" else "no higher than"
    st.markdown(
        f"Asked for: {rule.name} {least} **{found.bound:.4g}**. To expect on other rows: **{found.disparity:.3f}** on "
        f"average, with {100 * found.level:g} % chance {side} **{found.high:.3f}**. {utility.capitalize()} is then "
        f"**{lost}** lower than promised, standard deviation {spread} ({found.replicates} refits).")
    if safety.safe is None:
        st.markdown(f"Not even equal groups on these rows would keep it {least} {found.bound:.4g} elsewhere with that "
                    "chance: more rows are needed, or a looser bound.")
    elif safety.safe == found.bound:
        st.markdown("The bound itself is kept with that chance: no margin is needed.")
    else:
        st.markdown(f"With a safety margin: ask for **{safety.safe:.4g}**, and {found.bound:.4g} is kept with "
                    f"{100 * found.level:g} % chance.")
        st.button(f"Ask for {safety.safe:.4g}", key="safe bound", on_click=frontier_controls.set_bound,
                  args=(shown.found, safety.safe))
    st.caption("Rows are resampled as they are; a population that shifts is not foreseen.")
