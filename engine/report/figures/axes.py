"""Where the panels of a figure stand, and their scales, ticks and titles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.report.figures.traces import PIXEL
from engine.report.figures.words import INK, colour, number_format, words

Json = Mapping[str, Any]
Axes = Any
Pair = tuple[str, str]


def layout_of(layout: Json, name: str) -> Json:
    """Return the layout of an axis that traces call ``x`` or ``y2``."""
    found: Json = layout.get(f"{name[0]}axis{name[1:]}", {})
    return found


def pairs(figure: Json) -> list[Pair]:
    """Return the pairs of axes that anything stands on, in the order they are met."""
    found = dict.fromkeys((str(t.get("xaxis", "x")), str(t.get("yaxis", "y"))) for t in figure["data"])
    for item in (*figure["layout"].get("shapes", ()), *figure["layout"].get("annotations", ())):
        x, y = (str(item.get(f"{side}ref", side)).removesuffix(" domain") for side in "xy")
        if "paper" not in (x, y):
            found.setdefault((x, y))
    return list(found) or [("x", "y")]


def domain(layout: Json, pair: Pair) -> tuple[float, float, float, float]:
    """Return left, bottom, width and height of a panel as shares of the drawing area."""
    left, right = layout_of(layout, pair[0]).get("domain", (0, 1))
    bottom, top = layout_of(layout, pair[1]).get("domain", (0, 1))
    return left, bottom, right - left, top - bottom


def dress(axes: Axes, layout: Json, pair: Pair, shared: tuple[bool, bool] = (False, False)) -> None:
    """Give a panel the ticks, titles and rules of its two axes; ticks that are shared belong to the first panel."""
    axes.set_facecolor("none")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for name, other, known in ((*pair, shared[0]), (*pair[::-1], shared[1])):
        asked = layout_of(layout, name)
        if not known:
            _ticks(axes.xaxis if name[0] == "x" else axes.yaxis, asked)
        _axis(axes, asked, name, str(asked.get("anchor", other)) in (other, "free"))


def _axis(axes: Axes, asked: Json, name: str, labelled: bool) -> None:
    across = name[0] == "x"
    axis = axes.xaxis if across else axes.yaxis
    spine = axes.spines["bottom" if across else "left"]
    seen = asked.get("visible", True)
    spine.set_visible(bool(seen and asked.get("showline")))
    spine.set_color(colour(asked.get("linecolor", "#808080")))
    spine.set_linewidth(float(asked.get("linewidth", 1)) * PIXEL)
    grid = bool(seen and asked.get("showgrid", True))
    axis.grid(grid, **({"color": colour(asked.get("gridcolor", "rgba(128,128,128,0.25)")), "linewidth": 0.6}
                       if grid else {}))
    if asked.get("side") in ("right", "top"):
        axis.set_ticks_position(asked["side"])
        axis.set_label_position(asked["side"])
    size = float(asked.get("tickfont", {}).get("size", 11)) * PIXEL
    shown = bool(seen and labelled and asked.get("showticklabels", True))
    side = {"top" if across and asked.get("side") == "top" else "bottom" if across else
            "right" if asked.get("side") == "right" else "left": False}
    axis.set_tick_params(length=0, labelsize=size, labelcolor=INK, which="both",
                         **{f"label{key}": shown for key in side})
    title = asked.get("title", {})
    if seen and labelled and title.get("text"):
        axis.set_label_text(words(title["text"]), fontsize=float(title.get("font", {}).get("size", 12)) * PIXEL,
                            color=INK)


def _ticks(axis: Any, asked: Json) -> None:   # noqa: ANN401 - an axis of matplotlib
    from matplotlib.ticker import (
        FixedFormatter,
        FixedLocator,
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        MultipleLocator,
        NullFormatter,
    )

    axis.set_minor_formatter(NullFormatter())
    if asked.get("tickvals") is not None:
        axis.set_major_locator(FixedLocator([float(value) for value in asked["tickvals"]]))
        if asked.get("ticktext") is not None:
            axis.set_major_formatter(FixedFormatter([words(text) for text in asked["ticktext"]]))
            return
    elif asked.get("type") == "log":
        axis.set_major_locator(LogLocator(subs=(1, 3), numticks=12))
    else:
        step = asked.get("dtick")
        axis.set_major_locator(MultipleLocator(float(step)) if isinstance(step, int | float) and step > 0 else
                               MaxNLocator(nbins=int(asked.get("nticks") or 8), steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(number_format(
        asked.get("tickformat"), words(asked.get("ticksuffix")), words(asked.get("tickprefix")))))


def scale(axes: Axes, layout: Json, pair: Pair) -> None:
    """Set the range of both axes where the figure has one; runs once everything is drawn."""
    for name in pair:
        asked = layout_of(layout, name)
        limits, set_ = (axes.get_xlim, axes.set_xlim) if name[0] == "x" else (axes.get_ylim, axes.set_ylim)
        low, high = sorted(limits())
        given = asked.get("range")
        if given is not None and len(given) == 2:
            ends = [10.0 ** end if asked.get("type") == "log" and end is not None else end for end in given]
            set_(low if ends[0] is None else ends[0], high if ends[1] is None else ends[1])
        elif asked.get("autorange") == "reversed":
            set_(high, low)
        elif asked.get("rangemode") == "tozero":
            set_(min(low, 0), max(high, 0))


def reach(axes: Axes, layout: Json, name: str, value: object) -> None:
    """Let an axis without a range of its own reach a shape or a text that stands at a value."""
    if layout_of(layout, name).get("range") is not None or not isinstance(value, int | float):
        return
    limits, set_ = (axes.get_xlim, axes.set_xlim) if name[0] == "x" else (axes.get_ylim, axes.set_ylim)
    low, high = limits()
    if min(low, high) <= value <= max(low, high):
        return
    room = 0.03 * abs(high - low) if layout_of(layout, name).get("type") != "log" else 0.0
    first, last = min(low, high, value - room), max(low, high, value + room)
    set_(*((first, last) if low <= high else (last, first)))
