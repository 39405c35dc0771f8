"""The policies of a session: the one in use, the one it started from, what came before, and those with a name.

A policy in use may lie anywhere; the address carries it where every threshold is a step of the score: as positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import streamlit as st

from engine.assessment import default_policy
from engine.counting.groups import attribute_sets
from engine.errors import Issue
from engine.policy import Policy
from engine.thresholds.exchange import at_edges, on_edges, snapped
from engine.types import Dataset
from pages.parts import cache, session, state

PAGE = "thresholds"
STEPS = 50                    # that undo goes back
MOST_NAMED = 6
CARRIED = 400                 # thresholds in an address
_BOOKS = "equipoise policies"


@dataclass
class Book:
    """The policies of one data set and score; `said` is what was said of the policy it belongs to."""

    now: Policy
    start: Policy
    past: list[Policy] = field(default_factory=list)
    named: dict[str, Policy] = field(default_factory=dict)
    asked: Policy | None = None          # brought, made on other data, waiting for an answer
    refused: tuple[Issue, ...] = ()
    said: tuple[Policy, str] | None = None

    def put(self, policy: Policy) -> None:
        """Put a policy in use; undo brings back the one before."""
        if policy != self.now:
            self.past = [*self.past[1 - STEPS:], self.now]
            self.now = policy

    def undo(self) -> None:
        """Bring back the policy in use before; nothing where there is none."""
        if self.past:
            self.now = self.past.pop()

    def reset(self) -> None:
        """Return to the starting policy."""
        self.put(self.start)


def book(data: Dataset) -> Book:
    """Return the policies of the data and score in use; the first time, from the address or the default."""
    books: dict[tuple[str, str | None], Book] = st.session_state.setdefault(_BOOKS, {})
    key = (data.fingerprint, data.score)
    if key not in books:
        start = _usual(data)
        books[key] = Book(_arrived(data, start), start)
    return books[key]


def apply(data: Dataset, book: Book, policy: Policy) -> None:
    """Put a policy from elsewhere in use: on the score's steps where that selects the same rows."""
    if policy.kind != "randomised":
        index, table = cache.score_index(data, policy.attributes), cache.count_table(data, policy.attributes)
        policy = snapped(policy, table, index)
    book.asked = None
    book.put(replace(policy, score=data.score, data_sha256=None))


def share(data: Dataset, policy: Policy) -> bool:
    """Write this page's settings and the policy to the address; return whether the address can carry the policy."""
    settings = state.settings(PAGE)
    names = [_key(data, part) for part in ("cut", "by", "cuts")]
    for name in names:
        settings.pop(name, None)
    sets, edges = _sets(data), None
    if policy.attributes == () or policy.attributes in sets:
        edges = on_edges(cache.count_table(data, policy.attributes), policy)
    carried = edges is not None and len(edges) <= CARRIED
    if carried and edges is not None:
        settings[names[0]] = int(edges[-1])
        if policy.attributes:
            settings[names[1]] = sets.index(policy.attributes)
            settings[names[2]] = tuple(int(edge) for edge in edges[:-1])
    state.sync_url(PAGE, {key: value for key, value in settings.items() if value not in ((), [])})
    return carried


def _usual(data: Dataset) -> Policy:
    """Return the threshold that the catalogue names, else the engine's default, on a step of the score."""
    named = session.usual_threshold() if data.score_source == "column" else None
    wanted = default_policy(data).otherwise if named is None else named
    table = cache.count_table(data, ())
    return at_edges(table, (), int(table.edge_of(np.array(wanted))), data.score)


def _arrived(data: Dataset, start: Policy) -> Policy:
    """Return the policy that the settings hold as positions; where they do not suit these data, the start."""
    settings, sets = state.settings(PAGE), _sets(data)
    cut, by, cuts = (settings.get(_key(data, part)) for part in ("cut", "by", "cuts"))
    if cut is None:
        return start
    table = cache.count_table(data, ())
    steps = range(len(table.edges) + 1)
    if cuts is None and _step(cut, steps):
        return at_edges(table, (), cut, data.score)
    if _step(cut, steps) and _step(by, range(len(sets))) and isinstance(cuts, (tuple, list)):
        table = cache.count_table(data, sets[by])
        if len(cuts) == len(table.groups) and all(_step(edge, steps) for edge in cuts):
            return at_edges(table, cuts, cut, data.score)
    state.tell(Issue("warning", "the thresholds of the address do not suit these data", "the address",
                     "positions that do not exist here", "check the thresholds now shown, which are the usual ones"))
    return start


def _step(value: object, steps: range) -> bool:
    return type(value) is int and value in steps


def _sets(data: Dataset) -> tuple[tuple[str, ...], ...]:
    return attribute_sets([attribute.name for attribute in data.attributes])


def _key(data: Dataset, part: str) -> str:
    place = list(data.scores).index(data.score) if data.score in data.scores else 0
    return f"{part}_{place}"
