"""What stands around the explorer: disparities, rates, the sweep, pairs of thresholds, who changes sides, costs.

One section is drawn at a time, so that letting go of a threshold costs one picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from engine.assessment import Assessment, GroupingResult
from engine.assessment.rates import Reading
from engine.charts.changes import who_changes
from engine.charts.estimates import rates_by_group
from engine.charts.heat_map import two_groups
from engine.charts.sweep import COLOURED, points, rate_against_threshold
from engine.charts.theme import SHOWN, badge
from engine.counting.table import CountTable
from engine.metrics import DISPARITIES, RATES, Costs
from engine.policy import Policy
from engine.text import plain
from engine.thresholds.changes import changes
from engine.thresholds.costs import cheapest
from engine.thresholds.exchange import at_edges
from engine.thresholds.heat_map import heat_map
from engine.thresholds.sweep import Sweep, sweep
from engine.types import Dataset, Floats
from pages.parts import cache, controls, drawing, frame, policies, threshold_costs, threshold_operating, unknown_groups
from pages.parts import threshold_controls as ask
from pages.parts import threshold_numbers as numbers
from pages.parts.live_payload import fits, mix_of
from pages.parts.policy_book import PAGE, Book

SECTIONS = {
    "gaps": "Disparities", "rates": "Rates by group", "sweep": "Rate against threshold", "pair": "Two thresholds",
    "operating": "Operating range", "changes": "Who changes", "costs": "Costs", "policies": "Policies",
}
MAPPED = tuple(key for key, rule in DISPARITIES.items() if set(rule.rates) <= set(RATES))


@dataclass(frozen=True, eq=False)
class Scene:
    """What the page is about just now: data, counts, the policy in use and the one it started from, the answer."""

    data: Dataset
    attributes: tuple[str, ...]     # of the grouping shown
    every: tuple[str, ...]          # those and the policy's
    table: CountTable               # over `attributes`
    policy: Policy
    book: Book
    separate: bool                  # whether groups may have thresholds of their own
    settings: ask.Settings
    answer: Assessment

    @property
    def start(self) -> Policy:
        """The policy that changes and costs are measured against."""
        return self.book.start

    @property
    def result(self) -> GroupingResult:
        """The grouping shown."""
        return next(iter(self.answer.groupings.values()))

    def thresholds(self, policy: Policy) -> Floats:
        """Return (G,) thresholds of the groups shown; NaN where lots are drawn, or where other attributes decide."""
        if not fits(self.table, policy):
            return np.full(len(self.table.groups), np.nan)
        mixes = [mix_of(self.table, g, policy) for g in range(len(self.table.groups))]
        return np.array([mix[0][0] if len(mix) == 1 else np.nan for mix in mixes])


def draw(scene: Scene) -> None:
    """Draw the section chosen."""
    chosen = controls.select(PAGE, "around", "Look at", tuple(SECTIONS), by="keyword", show=SECTIONS.__getitem__,
                             flat=True)
    if chosen == "policies":
        policies.draw(scene.data, scene.policy, scene.attributes, scene.settings, scene.book)
    else:
        _DRAWN[chosen](scene)


def _gaps(scene: Scene) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        numbers.gaps(scene.result)
    with right:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            key = ask.compared()
            worst = ask.worst_first()
        order = numbers.order(scene.result, key, worst)
        _some(order)
        overall = scene.answer.overall.rates[key][0]
        drawing.chart(rates_by_group(scene.result, overall, key, order[:SHOWN]), "rate")
    unknown_groups.draw(scene.result, scene.data.roles.favourable)


def _rates(scene: Scene) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        view = ask.view()
        key = ask.compared("Ordered by")
        worst = ask.worst_first()
    numbers.rates(scene.answer, scene.result, scene.settings.rates, numbers.order(scene.result, key, worst), view)


def _sweep(scene: Scene) -> None:
    with st.container(width=360):
        key = ask.compared("Rate")
    many = len(scene.result.names) > COLOURED   # then those furthest from the others have the colours
    order = numbers.order(scene.result, key, worst_first=many)[:SHOWN]
    _some(order, len(scene.result.names))
    found = _swept(scene, key, points(len(order)))
    if not np.isfinite(found.value[:, order]).any():
        st.info("This rate is not estimable at any threshold: the data have no known outcome that it needs.")
        return
    common, start = (p.otherwise if p.kind == "common" else None for p in (scene.policy, scene.start))
    small = np.flatnonzero(scene.result.small).tolist()
    chart = rate_against_threshold(found, scene.thresholds(scene.policy), scene.result.rates[key], order, common, start,
                                   small)
    drawing.chart(chart, "sweep")


def _swept(scene: Scene, key: str, count: int) -> Sweep:
    costs = scene.settings.costs
    reading = Reading(scene.data.roles.favourable, costs, scene.settings.level, scene.data.label is not None)
    kept = (scene.data.fingerprint, scene.data.score, scene.attributes, key, count, repr(reading))
    return _sweep_kept(*kept, _scene=scene, _reading=reading)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def _sweep_kept(
    fingerprint: str, score: str | None, attributes: tuple[str, ...], key: str, count: int, reading: str,
    _scene: Scene, _reading: Reading,
) -> Sweep:
    return sweep(cache.score_index(_scene.data, attributes), attributes, key, _reading, count)


def _pair(scene: Scene) -> None:
    groups = [g for g in np.argsort(-scene.result.sizes, kind="stable").tolist() if scene.result.sizes[g]]
    if len(groups) < 2:
        st.info("Two groups with rows are needed for a map of their thresholds.")
        return
    if not fits(scene.table, scene.policy):
        st.info("The thresholds in use are by other groups: choose those groups above to see a map of two of them.")
        return
    names = [f"{badge(g)} {plain(scene.result.names[g], 40)}" for g in groups]
    place = ask.grouping_place()
    left, right = st.columns([3, 1], gap="medium")
    with right:
        first = controls.select(PAGE, f"pair_first_{place}", "Group on the left", names)
        second = controls.select(PAGE, f"pair_second_{place}", "Group below", names, default=names[1])
        rule = controls.select(PAGE, "pair_disparity", "Contours", MAPPED, by="keyword",
                               show=lambda key: DISPARITIES[key].name)
    pair = (groups[names.index(first)], groups[names.index(second)])
    if pair[0] == pair[1]:
        st.info("The two groups are the same: choose another one.")
        return
    now = scene.thresholds(scene.policy)
    edges = np.minimum(scene.table.edge_of(np.nan_to_num(now, nan=scene.policy.otherwise)), len(scene.table.edges))
    costs = scene.settings.costs
    found = heat_map(scene.table, pair, edges, rule, scene.data.roles.favourable, costs)
    chart = two_groups(found, (scene.result.names[pair[0]], scene.result.names[pair[1]]), pair,
                       (float(now[pair[0]]), float(now[pair[1]])), rule, costs)
    others = "" if len(groups) == 2 else " All other groups keep the thresholds in use."
    with left:
        drawing.chart(chart, "two groups")
    with right:
        st.caption("Colour: everybody together. Contours: between these two groups alone." + others
                   + " A pair off the diagonal treats persons with the same score differently by group.")


def _operating(scene: Scene) -> None:
    many = len(scene.result.names) > COLOURED
    order = numbers.order(scene.result, "balanced_accuracy", worst_first=many)[:SHOWN]
    _some(order, len(scene.result.names))
    common = scene.policy.otherwise if scene.policy.kind == "common" else None
    threshold_operating.draw(scene.data, scene.attributes, order, scene.settings, common)


def _changes(scene: Scene) -> None:
    if scene.policy == scene.start:
        st.info("Nobody changes sides: the policy in use is the starting policy. Move a threshold.")
        return
    needed = (*scene.every, *(name for name in scene.start.attributes if name not in scene.every))
    found = changes(cache.score_index(scene.data, needed), scene.attributes, scene.policy, scene.start)
    order = numbers.order(scene.result, "selection_rate", worst_first=False)
    moved = found.newly_selected.sum(axis=1) + found.newly_rejected.sum(axis=1)
    order = sorted(order, key=lambda g: -moved[g]) if len(order) > SHOWN else order
    gained, lost = found.newly_selected.sum(), found.newly_rejected.sum()
    st.markdown(f"**{gained:,.0f}** persons newly selected, **{lost:,.0f}** newly rejected, "
                f"of {scene.answer.rows_used:,}, against the starting policy"
                + (" (expected numbers: a policy draws lots)." if found.expected else "."))
    _some(order)
    drawing.chart(who_changes(found, order), "changes", table_open=True)
    if scene.data.weight is not None:
        st.caption("Rows are counted here, not their weights.")


def _costs(scene: Scene) -> None:
    index = cache.score_index(scene.data, (*scene.every, *(a for a in scene.start.attributes if a not in scene.every)))
    counts = []
    for policy in (scene.policy, scene.start):
        groups, place = index.groups.project(scene.attributes)
        counts.append(index.under(policy).fold(place, len(groups)))
    costs = threshold_costs.draw(scene.data, scene.result, counts[0], counts[1], scene.settings.costs,
                                 scene.settings.level)
    if costs is not None:
        st.button("Use the thresholds of lowest cost", key="cheapest", on_click=_cheapest, args=(scene, costs),
                  help="At the costs typed here; found on these data, so on others they cost more."
                  + ("" if scene.separate else " One threshold for all."))


@frame.callback
def _cheapest(scene: Scene, costs: Sequence[Costs]) -> None:
    one = int(cheapest(scene.table, costs, common=True)[0])
    own = cheapest(scene.table, costs, common=False).tolist() if scene.separate else ()
    scene.book.put(at_edges(scene.table, own, one, scene.data.score))


def _some(order: Sequence[int], all_groups: int | None = None) -> None:
    """Say that not all groups are drawn, where that is so."""
    whole = len(order) if all_groups is None else all_groups
    if whole > SHOWN:
        st.caption(f"{SHOWN} of {whole:,} groups are drawn, those furthest from the others; files have all.")


_DRAWN: dict[str, Callable[[Scene], None]] = {
    "gaps": _gaps, "rates": _rates, "sweep": _sweep, "pair": _pair, "operating": _operating,
    "changes": _changes, "costs": _costs,
}
