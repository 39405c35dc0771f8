"""What the disparities could be once rows without a group had one: shown where there are such rows, and only there."""

from __future__ import annotations

import math

import streamlit as st

from engine.assessment import GroupingResult
from engine.manipulation.missing import Bounds, bounds
from engine.metrics import DISPARITIES
from engine.types import MISSING, Favourable
from pages.parts import drawing


def draw(result: GroupingResult, favourable: Favourable) -> None:
    """Draw the lowest and highest value of each disparity over all ways to give those rows a group."""
    rows = sum(int(n) for n, levels in zip(result.sizes, result.levels, strict=True) if MISSING in levels)
    if not rows:
        return
    st.markdown("**Rows without a group**")
    st.caption(f"{rows:,} of {int(result.sizes.sum()):,} rows have no value of an attribute. Each disparity could lie "
               "anywhere between these bounds, depending on the groups that they belong to; the bounds are not "
               "intervals, as no sampling is involved.")
    found = bounds(result, favourable)
    drawing.table({
        "Disparity": [rule.name for rule in DISPARITIES.values()],
        "Lowest": [_end(found[key], "low") for key in DISPARITIES],
        "Highest": [_end(found[key], "high") for key in DISPARITIES],
        "Those rows ignored": [_end(found[key], "ignoring_unknown") for key in DISPARITIES],
    })


def _end(found: Bounds, end: str) -> str:
    value = getattr(found, end)
    return (found.reason or "not estimable") if math.isnan(value) else f"{value:.3f}"
