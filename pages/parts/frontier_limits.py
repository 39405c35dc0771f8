"""Further limits of the frontier: how many can be selected, and what no group's rate may pass."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np
import streamlit as st

from engine.assessment import Assessment
from engine.frontier import Limit
from engine.frontier.problem import LINEAR
from engine.metrics import RATES
from engine.text import markdown
from engine.types import Dataset, Estimate
from pages.parts import cache, controls, definitions

PAGE = "frontier"
CAPACITY = {"none": "no limit", "share": "a share of the rows", "number": "a number of rows"}
SIDES = {"at-least": "at least", "at-most": "at most"}
UNLIMITED = "none"
FLOORED = tuple(key for key in LINEAR if key != "favourable_rate")


def asked(data: Dataset) -> tuple[Limit, ...]:
    """Return the limits asked for, from a pop-up."""
    with st.popover("Limits", icon=":material/vertical_align_top:"):
        found = (_capacity(data), _group_limit())
    return tuple(limit for limit in found if limit is not None and (limit.at_least > 0 or limit.at_most < 1))


def _capacity(data: Dataset) -> Limit | None:
    st.markdown("**Capacity**", help=definitions.tooltip("capacity"))
    kind = controls.select(PAGE, "capacity", "Selected at most", tuple(CAPACITY), by="keyword",
                           show=CAPACITY.__getitem__)
    if kind == "share":
        percent = controls.number(PAGE, "capacity_share", "Per cent of the rows", 20.0, low=0.0, high=100.0, step=1.0,
                                  format="%.4g")
        return Limit("selection_rate", "overall", at_most=percent / 100)
    if kind == "number":
        rows = _scored(data)
        most = controls.number(PAGE, "capacity_rows", f"Rows, of {rows:,.0f} with a score", max(int(rows) // 5, 1),
                               low=0, high=int(rows), step=1)
        return Limit("selection_rate", "overall", at_most=float(most / rows)) if rows else None
    return None


def _group_limit() -> Limit | None:
    st.markdown("**In every group that is compared**", help=definitions.tooltip("group_floor"))
    key = controls.select(PAGE, "floor_rate", "Rate", (UNLIMITED, *FLOORED), by="keyword",
                          show=lambda key: "no limit" if key == UNLIMITED else RATES[key].name)
    if key == UNLIMITED:
        return None
    side = controls.select(PAGE, "floor_side", "In each group", tuple(SIDES), by="keyword", show=SIDES.__getitem__,
                           default="at-most" if key == "false_positive_rate" else "at-least")
    share = controls.number(PAGE, f"floor_{key}", f"Per cent, {SIDES[side]}", 50.0, low=0.0, high=100.0, step=1.0,
                            format="%.4g") / 100
    return Limit(key, "groups", at_least=share) if side == "at-least" else Limit(key, "groups", at_most=share)


def said(limits: Sequence[Limit]) -> None:
    """Say which limits are in force, and what they cannot do."""
    if limits:
        st.caption(f"In force: {'; '.join(_words(limit) for limit in limits)}. A limit holds on the rows where the "
                   "frontier is found, and about so on others. One threshold per group is not solved with limits.")


def kept(limits: Sequence[Limit], answer: Assessment, compared: Sequence[str]) -> None:
    """Say how a point keeps to the limits on all rows, where part of them was not used to find it."""
    if limits:
        st.caption("All rows: " + "; ".join(_given(limit, answer, compared) for limit in limits) + ".")


def _words(limit: Limit) -> str:
    side, share = ("at most", limit.at_most) if limit.at_most < 1 else ("at least", limit.at_least)
    rate = definitions.escaped(RATES[limit.rate].name)
    whose = "of everybody" if limit.scope == "overall" else "of every compared group"
    return f"{rate} {whose} {side} {100 * share:.4g} %"


def _given(limit: Limit, answer: Assessment, compared: Sequence[str]) -> str:
    """Return the rate that a limit is about: everybody's, or that of the group nearest to the limit or past it."""
    rate = definitions.escaped(RATES[limit.rate].name)
    if limit.scope == "overall":
        return f"{rate} {_estimate(answer.overall.rates[limit.rate][0])}"
    result = next(iter(answer.groupings.values()))
    groups = [g for g, name in enumerate(result.names) if name in compared]
    values = result.rates[limit.rate].value[groups]
    if not groups or np.isnan(values).all():
        return f"{rate} not estimable in the groups compared"
    highest = limit.at_most < 1
    worst = groups[int(np.nanargmax(values) if highest else np.nanargmin(values))]
    return (f"{'highest' if highest else 'lowest'} {rate} {_estimate(result.rates[limit.rate][worst])} in "
            f"{markdown(result.names[worst], 30)}")


def _estimate(found: Estimate) -> str:
    if isnan(found.value):
        return markdown(found.reason, 120)
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f} of {found.n:,.0f})"


def _scored(data: Dataset) -> float:
    """Return the rows that have a score; their weights, where rows are weighted."""
    table = cache.count_table(data, ())
    return float((table.counts if table.weights is None else table.weights).sum())
