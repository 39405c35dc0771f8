"""The controls of the calibration page: which groups, where Balance is cut, how many ranges, which order."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from engine.assessment import Request as Assessed
from engine.calibration import Request
from engine.calibration.request import Order
from engine.counting.groups import attribute_sets
from engine.policy import Policy
from engine.text import plain
from engine.types import Dataset
from pages.parts import controls, definitions, policy_book, state

PAGE = "calibration"
CUTS = {"half": "one half", "policy": "the threshold in force"}
ORDERS: dict[Order, str] = {"score": "by score", "confidence": "by confidence"}
FEWEST_BINS, MOST_BINS, BINS = 4, 30, 15
LOWEST, HIGHEST, STEP = 0.1, 99.9, 0.1   # base rates, per cent


@dataclass(frozen=True)
class Asked:
    """What the page looks at: the groups, what the engine is asked, and the policy in force."""

    attributes: tuple[str, ...]
    request: Request
    policy: Policy
    cut: str

    @property
    def cut_words(self) -> str:
        """The cut of Balance in words."""
        if self.cut == "half":
            return "0.5"
        return f"{self.policy.otherwise:.3g}" if self.policy.kind == "common" else "thresholds in force"

    def assessed(self) -> Assessed:
        """Return what the engine is asked about decisions: the policy in force, these groups."""
        return Assessed(self.policy, (self.attributes,), self.request.level, self.request.min_group)


def asked(data: Dataset) -> Asked:
    """Draw the controls; return what they say."""
    attributes = grouping(data)
    cut = controls.select(PAGE, "cut", "Balance is cut at", tuple(CUTS), by="keyword", show=CUTS.__getitem__, flat=True,
                          help=definitions.tooltip("balance_score"))
    with st.popover("Settings", icon=":material/tune:"):
        bins = controls.slider(PAGE, "bins", "Ranges of the score", FEWEST_BINS, MOST_BINS, BINS, 1,
                               help=definitions.tooltip("expected_calibration_error"))
        order = controls.select(PAGE, "order", "Order of the cumulative curve", tuple(ORDERS), by="keyword",
                                show=ORDERS.__getitem__, flat=True, help=definitions.tooltip("cumulative_curve"))
        level = controls.number(PAGE, "level", "Level of intervals", 0.95, low=0.5, high=0.999, step=0.01,
                                format="%.3f", help=definitions.tooltip("level"))
        least = controls.number(PAGE, "min_group", "Minimum group size, rows", 30, low=10, high=1_000_000, step=1,
                                help=definitions.tooltip("minimum_group_size"))
    policy = policy_book.book(data).now
    request = Request((attributes,), 0.5 if cut == "half" else policy, int(bins), level, int(least), order=order)
    return Asked(attributes, request, policy, cut)


def grouping(data: Dataset) -> tuple[str, ...]:
    """Return the attributes whose groups are shown: one of them, or an intersection of up to three."""
    sets = attribute_sets([attribute.name for attribute in data.attributes])
    shown = state.settings(policy_book.PAGE).get("grouping", 0)   # the threshold page's groups, to begin with
    first = sets[shown] if type(shown) is int and 0 <= shown < len(sets) else sets[0]
    return controls.select(
        PAGE, "grouping", "Groups", sets, default=first, help=definitions.tooltip("intersection"),
        show=lambda names: " x ".join(plain(name, 30) for name in names),
    )


def base_rate(key: str, label: str, here: float) -> float | None:
    """Return the base rate chosen, as a share; None where the slider stands as near to the one here as it gets."""
    usual = min(HIGHEST, max(LOWEST, round(100 * here, 1)))
    there = controls.slider(PAGE, key, label, LOWEST, HIGHEST, usual, STEP, format="%.1f %%",
                            help=definitions.tooltip("prior_compensation"))
    return None if abs(there - usual) < STEP / 2 else there / 100


def share() -> None:
    """Write this page's settings to the address."""
    state.sync_url(PAGE, {key: value for key, value in state.settings(PAGE).items() if value not in ((), [])})
