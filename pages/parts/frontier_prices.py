"""What each kind of thresholds gives within one bound, and what the simpler kinds cost."""

from __future__ import annotations

from math import isnan

import streamlit as st

from engine.charts.frontier import SHARES
from engine.charts.frontier_words import KIND_NAMES
from engine.frontier import Point, Reported
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import KINDS
from engine.text import markdown
from pages.parts import frontier_found
from pages.parts.frontier_choice import Scene, capital, interval, value


def draw(shown: Scene) -> None:
    """Draw the three kinds side by side at the chosen bound, and print both prices."""
    rule = DISPARITIES[shown.disparity]
    least = "at least" if rule.form == "ratio" else "at most"
    st.subheader(f"Where {rule.name} is {least} {shown.chosen.bound:.4g}", anchor=False)
    utility, disparity = capital(UTILITIES[shown.utility].name), capital(rule.name)
    heads = ("Thresholds", f"{utility}, on other rows", f"{disparity}, on other rows", f"{utility}, found here",
             f"{disparity}, found here")
    points = {kind: frontier_found.point(shown.data, shown.found, kind, shown.chosen.bound) for kind in KINDS}
    rows = [_row(shown, point, frontier_found.reported(shown.data, shown.found, kind, shown.chosen.bound))
            for kind, point in points.items()]
    st.table({head: [row[place] for row in rows] for place, head in enumerate(heads)}, border="horizontal",
             hide_index=True)
    st.caption(f"The bound, {shown.chosen.bound:.4g}, holds on the rows where a policy was found; on other rows its "
               "disparity can lie on either side of it. Each disparity keeps a bound of its own, at first half way "
               "between equal groups and the widest gap of these data; the control of point A moves it.")
    st.markdown("  \n".join([
        _price("one common threshold", "a threshold per group", points["common"], points["deterministic"], shown),
        _price("not drawing lots", "lots", points["deterministic"], points["randomised"], shown),
    ]))


def _row(shown: Scene, point: Point, test: Reported | None) -> list[str]:
    name = f"**{KIND_NAMES[point.kind]}**"
    if point.policy is None or test is None:
        return [name, f":small[{markdown(point.reason, 160)}]", "", "", ""]
    return [name, interval(test.utility, shown.utility), interval(test.disparity, None),
            value(point.utility, shown.utility), value(point.disparity, None)]


def _price(simple: str, other: str, cheap: Point, best: Point, shown: Scene) -> str:
    for point in (cheap, best):
        if isnan(point.utility):
            return f"Price of {simple}: not defined here, {markdown(point.reason, 160)}."
    lost = best.utility - cheap.utility
    amount = f"{100 * lost:.2f} points" if shown.utility in SHARES else f"{lost:.4f}"
    return f"Price of {simple}: **{amount}** of {UTILITIES[shown.utility].name} against {other} (found here)."
