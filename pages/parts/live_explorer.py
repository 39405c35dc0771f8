"""The live threshold explorer: thresholds dragged in the browser, every number following without the server.

The browser gets counts once (`assets/threshold_*.js` repeat the engine's arithmetic) and says one thing back: the
thresholds, when they are let go. What it says is input from outside and is checked. Python stays the authority for
every number that leaves the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import streamlit as st

from engine.counting.counted import Index
from engine.counting.table import CountTable
from engine.policy import Mix, Policy, PolicyKind
from pages.parts.live_payload import Handle, Reading, digest, explorable, fits, fixed, handles, mix_of, mixes, payload

__all__ = ["Choice", "Handle", "Reading", "explorable", "explorer", "fits", "handles", "valid"]

ASSETS = Path(__file__).parents[2] / "assets"
SCRIPTS = ("threshold_arithmetic.js", "threshold_parts.js", "threshold_explorer.js")

_mount = st.components.v2.component(
    "threshold_explorer",
    css=(ASSETS / "threshold_explorer.css").read_text(encoding="utf-8"),
    js="\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS),
)


@dataclass(frozen=True)
class Choice:
    """What the visitor let go of: the policy, and whether all groups are linked."""

    policy: Policy
    linked: bool


@dataclass
class _Memory:
    """What the session knows of one explorer; see `explorer`."""

    digest: str
    serial: int                  # of the start now in the browser
    start: Policy
    returned: Choice
    released: dict[str, Any] | None = None


def explorer(
    table: CountTable, *, key: str, policy: Policy, baseline: Policy, reading: Reading,
    presets: Sequence[tuple[str, str, Sequence[int]]] = (), separate: bool = True, index: Index | None = None,
) -> Choice:
    """Mount the explorer and return what the visitor last let go of.

    The page owns the policy: it passes the one in use and puts what this returns in its place. A policy that is not
    what was returned last came from elsewhere (a file, an undo) and the lines go to it. The component cannot read its
    own state, so a start travels with the data, and is frozen: were it to follow each release, all counts would
    travel again.

    Parameters
    ----------
    table
        Counts of one grouping; `explorable`.
    policy, baseline
        In use, and the starting policy drawn as a ghost. Either may lie between edges or draw lots: it is drawn and
        scored as it is until it is touched.
    reading
        What the numbers mean.
    presets
        (name, what it does, edge of every handle); a click needs no server.
    separate
        Whether groups may have thresholds of their own; a policy that has them is shown in any case.
    index
        Scores a policy between edges exactly; without it the table does, taking the next edge up.
    """
    lines = handles(table)
    separate = separate or policy.kind != "common"
    memory = _remembered(key, digest(table), policy)
    loose = fixed(table, lines, memory.start, index)
    cells = [None if h in loose else _edge_number(table, line, memory.start) for h, line in enumerate(lines)]
    start = {"digest": memory.digest, "serial": memory.serial, "cells": cells}

    def released() -> None:
        said = st.session_state[key].get("thresholds")
        if valid(said, start, len(table.edges), separate):
            memory.released = said

    def painted() -> None:
        st.session_state[f"{key} heard"] = True

    since = st.session_state.setdefault(f"{key} since", monotonic())   # what the browser reports, once per session
    _mount(
        key=key,
        data=payload(table, lines, reading) | {
            "since": since, "digest": memory.digest, "serial": memory.serial, "fixed": loose, "separate": separate,
            "start": {"cells": cells, "linked": memory.start.kind == "common"},
            "baseline": [mixes(table, line, baseline) for line in lines],
            "presets": [{"name": name, "says": says, "cells": [int(edge) for edge in edges]}
                        for name, says, edges in presets],
        },
        on_thresholds_change=released,
        on_painted_change=painted,
    )
    if memory.released is not None:
        memory.returned = _chosen(table, lines, memory)
    return memory.returned


def valid(said: object, start: dict[str, Any], edges: int, separate: bool = True) -> bool:
    """Return whether a value from the browser is a choice of thresholds for the start it was given."""
    if not isinstance(said, dict) or said.get("digest") != start["digest"] or said.get("serial") != start["serial"]:
        return False
    cells, linked = said.get("cells"), said.get("linked")
    if not isinstance(linked, bool) or not isinstance(cells, list) or len(cells) != len(start["cells"]):
        return False
    for cell, before in zip(cells, start["cells"], strict=True):
        untouched = cell is None and before is None
        if not untouched and not (type(cell) is int and 0 <= cell <= edges):
            return False
    return all(cell == cells[0] for cell in cells) if linked else separate


def _remembered(key: str, digest: str, policy: Policy) -> _Memory:
    """Return the session's memory of this explorer, with a fresh start where the policy came from elsewhere."""
    name = f"{key} memory"
    known: _Memory | None = st.session_state.get(name)
    mounted = key in st.session_state
    if known is not None and known.digest == digest and known.returned.policy == policy and mounted:
        return known
    serial = 0 if known is None else known.serial + 1
    linked = policy.kind == "common"
    fresh = _Memory(digest, serial, policy, Choice(policy, linked))
    st.session_state[name] = fresh
    return fresh


def _chosen(table: CountTable, lines: Sequence[Handle], memory: _Memory) -> Choice:
    """Return the policy that the last release describes; lines not touched keep what they had."""
    said = memory.released or {}
    start, cells, linked = memory.start, said["cells"], said["linked"]
    names, score = table.groups.names, start.score
    if linked:
        untouched = cells[0] is None
        return Choice(start if untouched else Policy.common(_edge(table, cells[0]), score), True)
    mixes: dict[str, Mix] = {}
    for line, cell in zip(lines, cells, strict=True):
        for g in line.members:
            mixes[names[g]] = mix_of(table, g, start) if cell is None else ((_edge(table, cell), 1.0),)
    kind: PolicyKind = "randomised" if any(len(mix) > 1 for mix in mixes.values()) else "deterministic"
    return Choice(Policy(kind, start.otherwise, tuple(mixes.items()), table.groups.attributes, score=score), False)


def _edge(table: CountTable, edge: int) -> float:
    return float(table.edges[edge]) if edge < len(table.edges) else inf


def _edge_number(table: CountTable, line: Handle, policy: Policy) -> int:
    return int(table.edge_of(np.array(mix_of(table, line.members[0], policy)[0][0])))
