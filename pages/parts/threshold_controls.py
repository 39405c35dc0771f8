"""The controls of the threshold page: which groups, which thresholds, what counts. Thresholds are table edges."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engine.assessment import Request, default_policy
from engine.charts.histograms import threshold_text
from engine.charts.theme import SHOWN
from engine.counting.groups import attribute_sets
from engine.counting.table import CountTable
from engine.data.catalogue import CATALOGUE
from engine.metrics import RATES
from engine.policy import Policy
from engine.text import markdown, plain
from engine.types import Dataset
from pages.parts import controls, definitions, notices, state

PAGE = "thresholds"
DEFAULT_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy", "base_rate")
KINDS = {"common": "one for all", "group": "one per group"}
VIEWS = {"rates": "rates", "difference": "difference from the reference", "ratio": "ratio to the reference"}
ACKNOWLEDGE = "I use thresholds by group to measure what they would do."
COLUMNS = 4


def grouping(data: Dataset) -> tuple[str, ...]:
    """Return the attributes whose groups are shown: one of them, or an intersection of up to three."""
    sets = attribute_sets([attribute.name for attribute in data.attributes])
    return controls.select(
        PAGE, "grouping", "Groups", sets, show=lambda names: " x ".join(plain(name, 30) for name in names),
        help=definitions.tooltip("intersection"),
    )


def settings() -> tuple[float, int, float, float]:
    """Return level, minimum group size and the two costs, from a pop-up."""
    with st.popover("Level, small groups, costs", icon=":material/tune:"):
        level = controls.number(PAGE, "level", "Level of intervals", 0.95, low=0.5, high=0.999, step=0.01,
                                format="%.3f", help=definitions.tooltip("level"))
        least = controls.number(PAGE, "min_group", "Minimum group size, rows", 30, low=0, high=1_000_000, step=1,
                                help=definitions.tooltip("minimum_group_size"))
        fp = controls.number(PAGE, "cost_fp", "Cost of a false positive", 1.0, low=0.0, high=1e9,
                             help=definitions.tooltip("expected_cost"))
        fn = controls.number(PAGE, "cost_fn", "Cost of a false negative", 1.0, low=0.0, high=1e9)
    return level, int(least), fp, fn


def kind() -> str:
    """Return whether there is one threshold for all or one per group."""
    return controls.select(PAGE, "kind", "Thresholds", tuple(KINDS), by="keyword", show=KINDS.__getitem__, flat=True)


def view() -> str:
    """Return what the table by group shows: rates, or their difference or ratio to the reference group."""
    return controls.select(PAGE, "view", "Show", tuple(VIEWS), by="keyword", show=VIEWS.__getitem__, flat=True)


def rates() -> tuple[str, ...]:
    """Return the rates shown in the table by group, from a pop-up."""
    keys = list(RATES)
    with st.popover("Rates shown", icon=":material/view_column:"):
        chosen = controls.several(PAGE, "rates", "Rates", [definitions.escaped(RATES[key].name) for key in keys],
                                  default=[keys.index(key) for key in DEFAULT_RATES])
    return tuple(keys[place] for place in chosen)


def compared() -> tuple[str, bool]:
    """Return the rate that groups are compared by, and whether those furthest from the others come first."""
    key = controls.select(PAGE, "rate", "Rate compared", tuple(RATES), by="keyword", default="selection_rate",
                          show=lambda name: definitions.escaped(RATES[name].name))
    return key, controls.toggle(PAGE, "worst", "Furthest apart first")


def policy(data: Dataset, table: CountTable, kind: str) -> Policy:
    """Return the policy that the sliders describe: one threshold for all, or one per group where acknowledged."""
    stops = [threshold_text(float(edge)) for edge in table.edges] + ["nobody"]
    score, place = _score_number(data), _grouping_number(table)
    common = controls.along(PAGE, f"edge_{score}", _label(data), stops, default=_default_edge(data, table),
                            help=definitions.tooltip("selected"))
    otherwise = _threshold(table, common)
    if kind == "common" or not _acknowledged():
        return Policy.common(otherwise, data.score)
    chosen = {}
    columns = st.columns(min(COLUMNS, len(by_size(table))))
    for n, g in enumerate(by_size(table)):
        with columns[n % len(columns)]:
            edge = controls.along(PAGE, f"edge_{score}_{place}_{g}", f"{g + 1} {markdown(table.groups.names[g], 30)}",
                                  stops, default=common)
        chosen[table.groups.names[g]] = _threshold(table, edge)
    if len(chosen) < len(table.groups):
        st.caption(f"The {len(chosen)} largest groups have a threshold of their own; the others take the common one.")
    return Policy.per_group(table.groups.attributes, chosen, otherwise, data.score)


def request(chosen: Policy, attributes: tuple[str, ...], numbers: tuple[float, int, float, float]) -> Request:
    """Return what is asked of the engine."""
    level, least, fp, fn = numbers
    return Request(chosen, (attributes,), level, least, fp, fn)


def by_size(table: CountTable) -> list[int]:
    """Return the groups that get a slider: the largest, in the order of the grouping."""
    rows = table.counts.sum(axis=(1, 2))
    return sorted(int(g) for g in np.argsort(-rows, kind="stable")[:SHOWN])


def share() -> None:
    """Write this page's settings to the address: numbers and positions only, nothing of the data."""
    kept = {key: value for key, value in state.settings(PAGE).items() if value not in ((), [])}
    state.sync_url(PAGE, kept)


def _acknowledged() -> bool:
    """Return whether the note on disparate treatment is acknowledged; until then one threshold holds for all."""
    notices.treatment()
    return controls.toggle(PAGE, "acknowledged", ACKNOWLEDGE)


def _label(data: Dataset) -> str:
    return f"Selected when {markdown(data.score, 30)} is at least"


def _threshold(table: CountTable, edge: int) -> float:
    return float(table.edges[edge]) if edge < len(table.edges) else float("inf")


def _default_edge(data: Dataset, table: CountTable) -> int:
    """Return the edge of the threshold that the catalogue names, else of the engine's default; once per score."""
    kept = state.current().kept
    key = f"default threshold {data.fingerprint} {data.score}"
    if key not in kept:
        entry = CATALOGUE.get(state.origin().removeprefix("catalogue:"))
        named = entry.threshold if entry is not None and data.score_source == "column" else None
        kept[key] = default_policy(data).otherwise if named is None else named
    return int(table.edge_of(np.array(kept[key])))


def _score_number(data: Dataset) -> int:
    return list(data.scores).index(data.score) if data.score in data.scores else 0


def _grouping_number(table: CountTable) -> int:
    return int(state.settings(PAGE).get("grouping", 0))
