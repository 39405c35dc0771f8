"""Set thresholds otherwise than by dragging: presets, an exact value, a percentile, a number of rows; undo, reset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from engine.counting.counted import Index
from engine.counting.groups import Groups
from engine.counting.table import CountTable
from engine.metrics import Costs
from engine.policy import Mix, Policy
from engine.text import markdown, plain
from engine.thresholds.capacity import at_capacity
from engine.thresholds.presets import PRESETS, Goal
from engine.types import Dataset, Favourable, Ints
from pages.parts import cache, controls, frame, state
from pages.parts.live_payload import Handle, fits, handles, mix_of
from pages.parts.policy_book import Book

UNITS = {"score": "score", "percentile": "percentile", "number": "number selected"}
MEANING = {
    "score": "Selected: score at or above this value.",
    "percentile": "Selected: those above this percentile of the scores; 80 selects the highest fifth.",
    "number": "Selected: this many rows, those with the highest scores; ties at the border stay out together.",
}
Preset = tuple[str, str, tuple[int, ...]]
AS_DECIDED = ("as decided", "the decision as it stands, where it is one already and no score")


def presets(
    data: Dataset, table: CountTable, costs: Costs, min_group: int, separate: bool
) -> tuple[Preset, ...]:
    """Return the presets as name, what it does, and an edge per line of the explorer; searched once per setting.

    Groups under the minimum size take no part in the search: they get the best common threshold.
    """
    found = _presets(data.fingerprint, data.score, table.groups.attributes, repr(costs), data.roles.favourable,
                     min_group, separate, _table=table, _costs=costs)
    middle = PRESETS["middle"].name
    return tuple((*AS_DECIDED, each[2]) if data.score_source == "prediction" and each[0] == middle else each
                 for each in found)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def _presets(
    fingerprint: str, score: str | None, attributes: tuple[str, ...], costs: str, favourable: Favourable,
    min_group: int, separate: bool, _table: CountTable, _costs: Costs,
) -> tuple[Preset, ...]:
    lines = handles(_table)
    whole = by_line(_table, lines)
    large = [h for h, rows in enumerate(whole.counts.sum(axis=(1, 2))) if rows >= min_group] or list(range(len(lines)))
    goal = Goal(by_line(_table, [lines[h] for h in large]), _costs, favourable, common=not separate)
    best = PRESETS["utility"].find(Goal(whole, _costs, favourable, common=True))
    inside = bool(_table.edges[0] >= 0 and _table.edges[-1] <= 1)
    found = []
    for preset in PRESETS.values():
        edges = preset.find(goal)
        if edges is not None:
            name = preset.name if preset.key != "middle" or inside else "median for all"
            alike = best is None or len(set(edges.tolist())) == 1
            every = np.full(len(lines), edges[0]) if alike else np.array(best)
            every[large] = edges
            found.append((name, preset.says, tuple(int(edge) for edge in every)))
    return tuple(found)


def by_line(table: CountTable, lines: Sequence[Handle]) -> CountTable:
    """Return the table with a group per line: groups that share a line are counted together."""
    if all(len(line.members) == 1 for line in lines) and len(lines) == len(table.groups):
        return table
    groups = Groups(("line",), (tuple(line.badge for line in lines),), np.arange(len(lines))[:, None])

    def together(cells: np.ndarray | None) -> np.ndarray | None:
        return None if cells is None else np.stack([cells[list(line.members)].sum(axis=0) for line in lines])

    return replace(table, groups=groups, **{
        name: together(getattr(table, name)) for name in ("counts", "score_sum", "score_squares", "weights", "squares")
    })


def of_lines(table: CountTable, edges: Sequence[int] | Ints, score: str | None) -> Policy:
    """Return the policy of one edge per line: common where all are equal, else one threshold per group."""
    stops = np.append(table.edges, np.inf)
    if len(set(map(int, edges))) == 1:
        return Policy.common(float(stops[edges[0]]), score)
    names = table.groups.names
    chosen = {names[g]: float(stops[edge]) for line, edge in zip(handles(table), edges, strict=True)
              for g in line.members}
    common = float(stops[int(np.median(np.asarray(edges)))])
    return Policy.per_group(table.groups.attributes, chosen, common, score)


def buttons(data: Dataset, table: CountTable, book: Book, found: Sequence[Preset]) -> None:
    """Draw the presets as buttons; the live explorer has its own."""
    with st.container(horizontal=True, gap="small"):
        for place, (name, says, edges) in enumerate(found):
            policy = of_lines(table, edges, data.score)
            st.button(name, key=f"preset {place}", help=says, on_click=book.put, args=(policy,))


def steps(book: Book) -> None:
    """Draw undo and reset."""
    st.button("Undo", icon=":material/undo:", on_click=book.undo, disabled=not book.past, key="undo thresholds",
              help="Back to the thresholds before the last change.")
    st.button("Reset", icon=":material/restart_alt:", on_click=book.reset, disabled=book.now == book.start,
              key="reset thresholds", help="Back to the starting policy.")


def exact(data: Dataset, table: CountTable, book: Book, shown: Policy, separate: bool) -> None:
    """Offer a threshold by its value, a percentile or a number of rows, for all groups or for one."""
    with st.popover("Set exactly", icon=":material/edit:"):
        mark = f"{state.mark()} {table.groups.name}"
        group = _whom(table, mark) if separate and fits(table, shown) else None
        unit = st.segmented_control("By", list(UNITS), format_func=UNITS.__getitem__, default="score", required=True,
                                    key=f"exact unit {mark}") or "score"
        rows = int(table.counts[slice(None) if group is None else group].sum())
        value = _value(table, shown, group, unit, rows, mark)
        st.caption(MEANING[unit])
        st.button("Apply", key=f"exact apply {mark}", on_click=_apply, type=controls.leading(),
                  args=(data, table, book, shown, group, unit, value, rows))


def _whom(table: CountTable, mark: str) -> int | None:
    """Return the group that a threshold is set for; None for all of them."""
    groups = [-1, *(g for g in range(len(table.groups)) if table.counts[g].any())]
    names = {g: "all groups" if g < 0 else f"{g + 1} {plain(table.groups.names[g], 40)}" for g in groups}
    chosen = st.selectbox("For", groups, format_func=names.__getitem__, key=f"exact group {mark}", required=True)
    return None if chosen is None or chosen < 0 else int(chosen)


def _value(table: CountTable, shown: Policy, group: int | None, unit: str, rows: int, mark: str) -> float:
    key = f"exact value {unit} {group} {mark}"
    if unit == "percentile":
        return st.number_input("Percentile", 0.0, 100.0, 80.0, 1.0, key=key)
    if unit == "number":
        return st.number_input(f"Rows selected, of {rows:,}", 0, rows, min(rows, max(1, rows // 5)), 1, key=key)
    now = shown.otherwise if group is None else mix_of(table, group, shown)[0][0]
    start = float(now) if np.isfinite(now) else float(table.edges[-1])
    return st.number_input("Threshold", value=start, step=None, format="%.6g", key=key)


@frame.callback
def _apply(
    data: Dataset, table: CountTable, book: Book, shown: Policy, group: int | None, unit: str, value: float, rows: int
) -> None:
    """Put the policy in use that was asked for, and keep in words what it came to."""
    index = cache.score_index(data, table.groups.attributes)
    threshold = float(value)
    if unit != "score":
        asked = float(value) if unit == "number" else rows * (1 - value / 100)
        threshold, _ = at_capacity(index, asked + 1e-9 * rows, None if group is None else [group])
    policy = moved(table, shown, group, threshold, data.score)
    book.put(policy)
    book.said = (policy, _realised(index, group, unit, value, threshold))


def moved(table: CountTable, policy: Policy, group: int | None, threshold: float, score: str | None) -> Policy:
    """Return the policy with one group's threshold, or everybody's, at a value."""
    if group is None:
        return Policy.common(threshold, score)
    names = table.groups.names
    mixes: dict[str, Mix] = {name: mix_of(table, g, policy) for g, name in enumerate(names)}
    mixes[names[group]] = ((threshold, 1.0),)
    kind = "randomised" if any(len(mix) > 1 for mix in mixes.values()) else "deterministic"
    return Policy(kind, policy.otherwise, tuple(mixes.items()), table.groups.attributes, score=score)


def _realised(index: Index, group: int | None, unit: str, value: float, threshold: float) -> str:
    """Say how many are selected, and why fewer where ties decide."""
    counts = index.at(np.full(len(index.groups), threshold)).rows
    chosen = counts.sum(axis=0) if group is None else counts[group]
    selected, whole = int(chosen[[0, 1, 4]].sum()), int(chosen.sum())
    whom = "" if group is None else f" of {markdown(index.groups.names[group], 40)}"
    words = f"Selected: {selected:,} of {whole:,} rows{whom} ({100 * selected / max(whole, 1):.2f} %)"
    asked = {"number": value, "percentile": whole * (1 - value / 100)}.get(unit, selected)
    short = int(asked + 1e-9 * whole) - selected
    where = "nobody" if threshold == np.inf else f"score at least {threshold:.6g}"
    ties = f"; {short:,} fewer than asked for, as rows with equal scores cannot be split" if short > 0 else ""
    return markdown(f"{words}, {where}{ties}.", 400) if group is None else f"{words}, {where}{ties}."
