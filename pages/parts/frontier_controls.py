"""The controls of the frontier page: what is traded between which groups, and which point is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import streamlit as st

from engine.charts.frontier_words import KIND_NAMES
from engine.counting.groups import attribute_sets
from engine.frontier.request import Request
from engine.frontier.stops import usual_bound
from engine.frontier.utility import UTILITIES
from engine.metrics import AUC, DISPARITIES
from engine.policy import KINDS, PolicyKind
from engine.text import plain
from engine.types import Dataset
from pages.parts import controls, definitions, frontier_limits, policy_book, state
from pages.parts.frontier_found import Found

PAGE = "frontier"
TRADED = tuple(key for key, rule in DISPARITIES.items() if AUC.key not in rule.rates)   # no threshold moves an AUC
FIRST, SECOND = "first", "second"
LETTERS = {FIRST: "A", SECOND: "B"}
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Chosen:
    """A point that the visitor chose: a kind of policy and a bound."""

    letter: str
    kind: PolicyKind
    bound: float


def asked(data: Dataset) -> Request:
    """Return what is traded, from a row of controls."""
    sets = attribute_sets([attribute.name for attribute in data.attributes])
    shown = state.settings(policy_book.PAGE).get("grouping", 0)   # the threshold page's groups, to begin with
    first = sets[shown] if type(shown) is int and 0 <= shown < len(sets) else sets[0]
    attributes = controls.select(PAGE, "grouping", "Groups", sets, default=first,
                                 show=lambda names: " x ".join(plain(name, 30) for name in names),
                                 help=definitions.tooltip("intersection"))
    disparity = controls.select(PAGE, "disparity", "Disparity", TRADED, by="keyword",
                                default="demographic_parity_difference", show=lambda key: DISPARITIES[key].name)
    utility = controls.select(PAGE, "utility", "Utility", tuple(UTILITIES), by="keyword",
                              show=lambda key: UTILITIES[key].name)
    level, least, fp, fn = _settings()
    limits = frontier_limits.asked(data)
    return Request(disparity, utility, attributes, limits=limits, level=level, min_group=least, cost_fp=fp, cost_fn=fn)


def _settings() -> tuple[float, int, float, float]:
    """Return level, smallest group and costs: those of the threshold page, so that its numbers are the same."""
    page = policy_book.PAGE
    with st.popover("Settings", icon=":material/tune:"):
        level = controls.number(page, "level", "Level of intervals", 0.95, low=0.5, high=0.999, step=0.01,
                                format="%.3f", help=definitions.tooltip("level"))
        least = controls.number(page, "min_group", "Minimum group size, rows", 30, low=0, high=1_000_000, step=1,
                                help=definitions.tooltip("minimum_group_size"))
        fp = controls.number(page, "cost_fp", "Cost of a false positive", 1.0, low=0.0, high=1e9,
                             help=definitions.tooltip("expected_cost"))
        fn = controls.number(page, "cost_fn", "Cost of a false negative", 1.0, low=0.0, high=1e9)
    return level, int(least), fp, fn


def chosen(found: Found, which: str = FIRST) -> Chosen:
    """Return a point from its kind and its bound; both can be set by keyboard, or by a click on the chart."""
    letter, name = LETTERS[which], _bound_name(found, which)
    kind = controls.select(PAGE, f"kind_{which}", f"{letter}: thresholds", KINDS, by="keyword",
                           default=KINDS[0] if which == FIRST else KINDS[1], show=KIND_NAMES.__getitem__,
                           help=definitions.tooltip("group_thresholds"))
    rule = DISPARITIES[found.request.disparity]
    usual = usual_bound(found.lines, rule.ideal)
    most = None if rule.key == "treatment_equality_difference" else 1.0
    words = "at least" if rule.form == "ratio" else "at most"
    bound = controls.number(PAGE, name, f"{letter}: {rule.name} {words}", usual, low=0.0, high=most,
                            step=_step(abs(usual - rule.ideal)), format="%.6g",
                            help="The best policy within this bound is the point. Arrow keys move it; a click on the "
                                 "chart sets it too.")
    return Chosen(letter, kind, bound)


def choose(found: Found, kind: PolicyKind, bound: float) -> None:
    """Set the point that a click is for; for use in a callback."""
    settings = state.settings(PAGE)
    which = settings.get("click", FIRST) if settings.get("around") == "compare" else FIRST
    which = which if which in LETTERS else FIRST
    settings[f"kind_{which}"], settings[_bound_name(found, which)] = kind, float(bound)


def set_bound(found: Found, bound: float) -> None:
    """Set the bound of the first point; for use in a callback."""
    state.settings(PAGE)[_bound_name(found, FIRST)] = float(bound)


def share(found: Found) -> None:
    """Write this page's settings to the address: positions, keywords and the bounds of what is traded now."""
    settings = state.settings(PAGE)
    now = {*(_bound_name(found, which) for which in LETTERS), f"top_{traded(found)}"}
    kept = {key: value for key, value in settings.items() if not key.startswith(("bound_", "top_")) or key in now}
    state.sync_url(PAGE, {key: value for key, value in kept.items() if value not in ((), [])})


def traded(found: Found) -> str:
    """Return the mark of what is traded between whom: each grouping and disparity has settings of its own."""
    sets = attribute_sets([attribute.name for attribute in found.result.dataset.attributes])
    place = sets.index(found.attributes) if found.attributes in sets else 0
    return f"{place}_{list(DISPARITIES).index(found.request.disparity)}"


def _bound_name(found: Found, which: str) -> str:
    return f"bound_{which}_{traded(found)}"


def _step(middle: float) -> float:
    """Return a round step of which about ten lead from the usual bound to parity."""
    wanted = max(middle / 10, 1e-6)
    power = floor(log10(wanted))
    return max(float(f"{step}e{power}") for step in STEPS if step * 10.0**power <= wanted * (1 + 1e-9))
