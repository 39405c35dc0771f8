"""The protected attributes of a table that was brought: columns, kinds, edges of groups, reference groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from engine.errors import Issue
from engine.text import markdown, plain
from engine.types import Attribute, Kind
from pages.parts.draft import Draft

KEPT: dict[str, Any] = {"persist_state": "session"}
KINDS: tuple[Kind, ...] = get_args(Kind)


def ask(draft: Draft, first: Sequence[Attribute], prefix: str) -> tuple[list[Attribute], list[Issue]]:
    """Return the attributes as answered, and what is wrong with the answers."""
    columns = draft.table.columns
    usual = {item.column: item for item in first}
    chosen = st.multiselect(
        "Columns", range(len(columns)), default=[columns.index(name) for name in usual if name in columns],
        format_func=lambda place: plain(columns[place]), placeholder="choose at least one",
        key=f"{prefix} protected", **KEPT)
    answers, problems = [], []
    for place in chosen:
        column = columns[place]
        start = usual.get(column, Attribute(column, draft.guess.columns[column].attribute))
        attribute, problem = _one(draft, start, f"{prefix} attribute {place}")
        answers.append(attribute)
        problems += problem
    return answers, problems


def _one(draft: Draft, usual: Attribute, key: str) -> tuple[Attribute, list[Issue]]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = st.segmented_control(f"**{markdown(usual.column)}** is", KINDS, default=usual.kind, required=True,
                                    key=f"{key} kind", width=210, **KEPT)
        if kind == "continuous":
            text = st.text_input("Edges of its groups", value=", ".join(f"{edge:g}" for edge in usual.edges),
                                 placeholder="quartiles", key=f"{key} edges", width=260, **KEPT,
                                 help="Numbers in rising order, each the lower bound of a group: 25, 45, 60")
            edges, problems = parse_edges(text, usual.column)
            return Attribute(usual.column, "continuous", edges), problems
        return Attribute(usual.column, "nominal", (), _reference(draft, usual, key)), []


def _reference(draft: Draft, usual: Attribute, key: str) -> str | None:
    names = [value for value, _ in draft.values(usual.column, protected=True)]
    chosen = st.selectbox(
        "Reference group", range(len(names)), index=names.index(usual.reference) if usual.reference in names else None,
        format_func=lambda place: plain(names[place]), placeholder="the largest", key=f"{key} reference", width=260,
        **KEPT)
    return None if chosen is None else names[chosen]


def parse_edges(text: str, column: str) -> tuple[tuple[float, ...], list[Issue]]:
    """Return the edges written as numbers between commas, and what is wrong with them.

    >>> parse_edges("25, 45 ,60", "age")[0]
    (25.0, 45.0, 60.0)
    """
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    try:
        edges = tuple(float(part) for part in parts)
    except ValueError:
        edges = (math.nan,)
    if all(math.isfinite(edge) for edge in edges) and list(edges) == sorted(set(edges)):
        return edges, []
    return (), [Issue("error", "edges must be numbers in rising order", f"protected attribute '{plain(column)}'",
                      f"'{plain(text)}'", "write them like 25, 45, 60")]
