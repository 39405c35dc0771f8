"""Three or more objectives: policies of all kinds across them, those that no other beats, the volume they cover."""

from __future__ import annotations

from math import isnan

import numpy as np
import streamlit as st

from engine.charts import objectives as charts
from engine.frontier import Point
from engine.frontier.objectives import BOUNDED, MOST, RESAMPLED, Objectives, measured, several
from engine.frontier.stops import thinned
from engine.metrics import DISPARITIES
from engine.types import Dataset
from pages.parts import controls, definitions, frontier_chart
from pages.parts.frontier_choice import Scene
from pages.parts.frontier_controls import PAGE
from pages.parts.frontier_found import Found

EACH = 8   # policies of each kind
USUAL = ("demographic_parity_difference", "equal_opportunity_difference", "predictive_equality_difference")


def draw(shown: Scene) -> None:
    """Draw policies across the objectives chosen."""
    keys, tolerance = _asked(shown)
    definitions.offer(("dominated", "hypervolume", *keys))
    if len(keys) < 2:
        st.info("Choose two or three disparities; the utility above is an objective too.")
        return
    points, found = _found(shown.data.fingerprint, shown.data.score, shown.found.key, keys, tolerance,
                           _found_here=shown.found, _data=shown.data)
    now = [p for p, point in enumerate(points)
           if (point.kind, point.bound) == (shown.chosen.kind, shown.chosen.bound)]
    chart = charts.parallel(found, points, now[0] if now else None)
    frontier_chart.clickable(chart, shown.found, "objectives chart")
    volume = found.volume
    ends = f"no interval beyond {RESAMPLED:,} rows" if isnan(volume.low) else f"{volume.low:.4g} to {volume.high:.4g}"
    st.caption(f"Of {len(points)} policies, {int(found.front.sum())} are beaten by none. Hypervolume "
               f"**{volume.value:.4g}** ({ends}) above the reference point {charts.reference(found)}; it means nothing "
               "without that point. The policies were found for the disparity and utility above, on the other half "
               "of the rows.")


def _asked(shown: Scene) -> tuple[tuple[str, ...], float]:
    names = [DISPARITIES[key].name for key in BOUNDED]
    usual = list(dict.fromkeys((shown.disparity, *USUAL)))
    first = [BOUNDED.index(key) for key in usual if key in BOUNDED][:2]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = controls.several(PAGE, "objectives", f"Disparities, {MOST} at most", names, default=first)
        tolerance = controls.number(PAGE, "tolerance", "Differences that do not count", 0.0, low=0.0, high=0.2,
                                    step=0.005, format="%.3f",
                                    help="Objectives are compared in steps of this width, so that noise does not make "
                                         "a policy unbeaten.")
    return tuple(BOUNDED[place] for place in chosen[:MOST]), tolerance


@st.cache_resource(scope="session", max_entries=8, show_spinner="Comparing policies")
def _found(
    fingerprint: str, score: str | None, key: str, keys: tuple[str, ...], tolerance: float, _found_here: Found,
    _data: Dataset,
) -> tuple[list[Point], Objectives]:
    points: list[Point] = []
    for line in _found_here.lines.values():
        places = thinned(np.array([point.bound for point in line.points]), EACH)
        points += [line.points[place] for place in places]
    cells, draws = measured(_found_here.result, points)
    return points, several(cells, draws, keys, _found_here.request, _data.roles.favourable, tolerance)
