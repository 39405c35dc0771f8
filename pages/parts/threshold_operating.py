"""The section of operating curves: in which range of thresholds does the score work alike for every group?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from engine.charts.operating import operating_curves
from engine.charts.sweep import points
from engine.counting.counted import Index
from engine.counting.table import CountTable
from engine.errors import InvalidData
from engine.text import markdown
from engine.thresholds.operating import UTILITIES, Operating, OperatingCurve, operating_curve
from engine.types import Dataset
from pages.parts import cache, controls, definitions, drawing, notices
from pages.parts import threshold_controls as ask
from pages.parts.policy_book import PAGE

USUAL = (0.1, 0.9)   # share of the scores between which one looks first
TERMS = ("operating_curve", "operating_spread", "noise_band", "minimum_group_size")


def draw(
    data: Dataset, attributes: tuple[str, ...], shown: Sequence[int], settings: ask.Settings, in_use: float | None
) -> None:
    """Draw the controls, the curves and how far apart the groups are."""
    index = cache.score_index(data, attributes)
    if data.label is None or not index.totals().rows[:, :4].any():
        st.info("Operating curves are not estimable: no row of these data has a known outcome.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        request = _asked(data, index, settings)
        definitions.offer(TERMS)
    try:
        found = _found(data, attributes, request, points(len(shown)))
    except InvalidData as refusal:   # said beside the range, which mends it
        notices.issues(refusal.issues)
        return
    drawing.chart(operating_curves(found, shown, in_use), "operating")
    st.markdown(_spread(found))
    for name, why in found.left_out:
        st.caption(f"Not compared: {markdown(name, 40)}: {markdown(why, 120)}.")


def _ends(index: Index) -> tuple[float, ...]:
    """Return the lowest and the highest score, and the quantiles that the range begins with."""
    if isinstance(index, CountTable):
        rows = np.cumsum(index.counts.sum(axis=(0, 2)))
        usual = [index.edges[np.searchsorted(rows, share * rows[-1])] for share in USUAL]
        return float(index.edges[0]), float(index.edges[-1]), *map(float, usual)
    scores = index.scores
    return float(scores.min()), float(scores.max()), *np.quantile(scores, USUAL).tolist()


def _asked(data: Dataset, index: Index, settings: ask.Settings) -> Operating:
    """Return the range and the utility; the range is kept per score version, as their scales differ."""
    low, high, *usual = _ends(index)
    first, last = (float(f"{value:.3g}") for value in usual)
    if first >= last:
        first, last = low, high
    step = 1.0 if high - low > 5 else 0.01
    place = list(data.scores).index(data.score) if data.score in data.scores else 0
    utility = controls.select(PAGE, "operating_utility", "How well a threshold works", tuple(UTILITIES), by="keyword",
                              show=lambda key: UTILITIES[key][0], help=definitions.tooltip("operating_curve"))
    start = controls.number(PAGE, f"operating_low_{place}", "Range from", max(first, low), low=low, high=high,
                            step=step, format="%.4g")
    end = controls.number(PAGE, f"operating_high_{place}", "to", min(last, high), low=low, high=high, step=step,
                          format="%.4g")
    return Operating(start, end, utility, settings.min_group, settings.level)


def _spread(found: OperatingCurve) -> str:
    """Say the spread, what it is of and what chance would make of it."""
    request, spread = found.request, found.spread
    if spread.reason is not None:
        return f"How far apart groups are: {markdown(spread.reason, 200)}."
    words = [f"Between thresholds {request.low:.4g} and {request.high:.4g} groups lie **{100 * spread.value:.1f} "
             f"points** from their mean (root mean square; {len(found.compared)} groups, {spread.n:,.0f} rows with a "
             "known outcome)."]
    if found.noise_reason is not None:
        words.append(f"What chance alone gives: {markdown(found.noise_reason, 120)}.")
    else:
        words.append(f"Chance alone reaches {100 * found.noise_high:.1f} ({100 * request.level:g} % of "
                     f"{request.permutations} draws), p = {found.p_value:.3f}; it stands here in place of an interval.")
    if len(found.compared) > 2 and np.isfinite(found.share).any():
        most = int(np.nanargmax(found.share))
        words.append(f"{100 * found.share[most]:.0f} % of the squared distance is that of "
                     f"{markdown(found.groups.names[most], 40)}.")
    return " ".join(words)


def _found(data: Dataset, attributes: tuple[str, ...], request: Operating, count: int) -> OperatingCurve:
    return _kept(data.fingerprint, data.score, attributes, repr(request), count, _data=data, _request=request)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def _kept(
    fingerprint: str, score: str | None, attributes: tuple[str, ...], request: str, count: int, _data: Dataset,
    _request: Operating,
) -> OperatingCurve:
    return operating_curve(cache.score_index(_data, attributes), attributes, _request, count)
