"""Expected cost with costs per error and per group, against the starting policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from engine.assessment import GroupingResult
from engine.charts.theme import Column, badge
from engine.counting.counts import GroupCounts
from engine.metrics import Costs
from engine.text import plain
from engine.thresholds.costs import CostResult, group_costs
from engine.types import Dataset
from pages.parts import drawing, notices, state
from pages.parts import threshold_controls as ask
from pages.parts.policy_book import PAGE

EDITED = 60        # groups with costs of their own
FP, FN = "cost of a false positive", "cost of a false negative"
AMOUNTS = ("false positives", "false negatives", "cost", "change")
READING = (
    "Costs are yours to set, in any unit: type into the first table. The interval is of the cost per row; "
    "look at the change against the starting policy, and at the group that carries it."
)


def draw(
    data: Dataset, result: GroupingResult, now: GroupCounts, before: GroupCounts, common: Costs, level: float
) -> list[Costs] | None:
    """Draw an editor of costs per group above what the errors cost; return the costs, None where none can be said."""
    if data.label is None or not now.values[:, :4].any():
        st.info("Costs are not estimable: no row of these data has a known outcome.")
        return None
    shown = [int(g) for g in np.argsort(-result.sizes, kind="stable")[:EDITED] if result.sizes[g]]
    shown.sort()
    costs = _edited(result, shown, common)   # above the other table: side by side both are clipped
    found, start = (group_costs(counts, costs, level) for counts in (now, before))
    _totals(found, start)
    columns = _table(result, shown, found, start)
    drawing.table(columns, {name: _look(columns[name]) for name in AMOUNTS})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        notices.reading(READING)
        drawing.download(columns, "expected-cost", "costs")
    if len(shown) < sum(map(bool, result.sizes)):
        st.caption(f"The {EDITED} largest groups are listed; all others have the costs of the settings above.")
    return costs


def _look(column: Column) -> str:
    """Return how amounts are written: thousands apart, decimals only where weights, lots or costs make some."""
    whole = all(value is None or float(value) % 1 == 0 for value in column)
    return "%,.0f" if whole else "%,.2f"


def _edited(result: GroupingResult, shown: Sequence[int], common: Costs) -> list[Costs]:
    """Return the costs of every group: as typed here, else those that hold for all."""
    place, settings = ask.grouping_place(), state.settings(PAGE)
    kept = [_kept(settings.get(f"{name}_{place}"), len(shown)) for name in ("group_fp", "group_fn")]
    key = f"costs {place} {state.mark()} {common}"
    if key not in st.session_state:   # what the editor starts from must not change under the hand that types
        st.session_state[f"{key} start"] = {
            "group": [f"{badge(g)} {plain(result.names[g], 40)}" for g in shown],
            FP: [common.false_positive if cost is None else cost for cost in kept[0]],
            FN: [common.false_negative if cost is None else cost for cost in kept[1]],
        }
    number = st.column_config.NumberColumn(min_value=0.0, max_value=1e9, required=True, format="%.6g")
    typed: Any = st.data_editor(st.session_state[f"{key} start"], key=key, hide_index=True, disabled=["group"],
                                column_config={FP: number, FN: number})
    columns = [[float(value) for value in typed[name]] for name in (FP, FN)]
    for name, values, usual in zip(("group_fp", "group_fn"), columns,
                                   (common.false_positive, common.false_negative), strict=True):
        if any(value != usual for value in values):
            settings[f"{name}_{place}"] = tuple(values)
        else:
            settings.pop(f"{name}_{place}", None)
    own = dict(zip(shown, zip(*columns, strict=True), strict=True))
    return [Costs(*own[g]) if g in own else common for g in range(len(result.names))]


def _kept(setting: object, count: int) -> list[float | None]:
    """Return the costs that a setting holds; None for each where it does not suit."""
    given = setting if isinstance(setting, (tuple, list)) and len(setting) == count else ()
    suits = bool(given) and all(isinstance(value, (int, float)) and 0 <= value <= 1e9 for value in given)
    return [float(value) for value in given] if suits else [None] * count


def _totals(found: CostResult, start: CostResult) -> None:
    change = found.everybody - start.everybody
    share = "" if start.everybody == 0 else f" ({100 * change / start.everybody:+.1f} %)"
    moved = f"**{change:+,.6g}**{share}".replace("-", "\u2212") if change else "**0**"
    st.markdown(f"Cost of all errors: **{found.everybody:,.6g}**; under the starting policy {start.everybody:,.6g}; "
                f"change {moved}.")


def _table(result: GroupingResult, shown: Sequence[int], found: CostResult, start: CostResult) -> dict[str, Column]:
    def column(values: np.ndarray) -> list[float | None]:
        return [float(values[g]) if np.isfinite(values[g]) else None for g in shown]

    return {
        "group": [f"{badge(g)} {plain(result.names[g], 40)}" for g in shown],
        "false positives": column(found.false_positives), "false negatives": column(found.false_negatives),
        "cost": column(found.total), "change": column(found.total - start.total),
        "cost per row": column(found.per_row), "low": column(found.low), "high": column(found.high),
    }
