"""The controls of the threshold page: which groups, whether they may have thresholds of their own, what counts."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from engine.assessment import Request
from engine.counting.groups import attribute_sets
from engine.metrics import RATES, Costs
from engine.policy import Policy
from engine.text import plain
from engine.types import Dataset
from pages.parts import controls, definitions, notices, state
from pages.parts.policy_book import PAGE

DEFAULT_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy")
VIEWS = {"rates": "rates", "difference": "difference from the reference", "ratio": "ratio to the reference"}
SEPARATE = "Thresholds by group, to measure"


@dataclass(frozen=True)
class Settings:
    """What the numbers are worked out with, and how they are shown."""

    rates: tuple[str, ...]
    level: float
    min_group: int
    costs: Costs
    native: bool


def grouping(data: Dataset) -> tuple[str, ...]:
    """Return the attributes whose groups are shown: one of them, or an intersection of up to three."""
    sets = attribute_sets([attribute.name for attribute in data.attributes])
    return controls.select(
        PAGE, "grouping", "Groups", sets, show=lambda names: " x ".join(plain(name, 30) for name in names),
        help=definitions.tooltip("intersection"),
    )


def grouping_place() -> int:
    """Return the position of the grouping shown: its name in settings."""
    place = state.settings(PAGE).get("grouping", 0)
    return place if type(place) is int else 0


def separate() -> bool:
    """Return whether groups may have thresholds of their own; the visitor says that it is to measure."""
    return controls.toggle(PAGE, "acknowledged", SEPARATE, help=notices.TREATMENT)


def settings() -> Settings:
    """Return what counts, from a pop-up."""
    keys = list(RATES)
    with st.popover("Settings", icon=":material/tune:"):
        chosen = controls.several(PAGE, "rates", "Rates in the table", [RATES[key].name for key in keys],
                                  default=[keys.index(key) for key in DEFAULT_RATES])
        level = controls.number(PAGE, "level", "Level of intervals", 0.95, low=0.5, high=0.999, step=0.01,
                                format="%.3f", help=definitions.tooltip("level"))
        least = controls.number(PAGE, "min_group", "Minimum group size, rows", 30, low=0, high=1_000_000, step=1,
                                help=definitions.tooltip("minimum_group_size"))
        fp = controls.number(PAGE, "cost_fp", "Cost of a false positive", 1.0, low=0.0, high=1e9,
                             help=definitions.tooltip("expected_cost"))
        fn = controls.number(PAGE, "cost_fn", "Cost of a false negative", 1.0, low=0.0, high=1e9)
        native = controls.toggle(PAGE, "native", "Plain controls instead of dragging",
                                 help="Sliders do the same work; chosen by itself where the picture does not load.")
    return Settings(tuple(keys[place] for place in chosen), level, int(least), Costs(fp, fn), native)


def view() -> str:
    """Return what the table by group shows: rates, or their difference or ratio to the reference group."""
    return controls.select(PAGE, "view", "Show", tuple(VIEWS), by="keyword", show=VIEWS.__getitem__, flat=True)


def compared(label: str = "Rate compared") -> str:
    """Return the rate that groups are compared by."""
    return controls.select(PAGE, "rate", label, tuple(RATES), by="keyword", default="selection_rate",
                           show=lambda name: RATES[name].name)


def worst_first() -> bool:
    """Return whether the groups furthest from the others come first."""
    return controls.toggle(PAGE, "worst", "Furthest apart first")


def request(chosen: Policy, attributes: tuple[str, ...], settings: Settings) -> Request:
    """Return what is asked of the engine."""
    costs = settings.costs
    return Request(chosen, (attributes,), settings.level, settings.min_group, costs.false_positive,
                   costs.false_negative)
