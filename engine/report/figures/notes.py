"""Shapes, annotations and the legend of a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.report.figures.axes import Pair, layout_of, reach
from engine.report.figures.traces import PIXEL, colours, hollow
from engine.report.figures.words import DASHES, HATCHES, INK, SYMBOLS, bold, colour, words

Json = Mapping[str, Any]


def _frame(item: Json, panels: Mapping[Pair, Any], whole: Any) -> tuple[Any, Any, Any]:   # noqa: ANN401 - matplotlib
    """Return the axes something is drawn on and what places its x and its y: data, a panel, or the whole figure."""
    x, y = str(item.get("xref", "x")), str(item.get("yref", "y"))

    def on(name: str) -> Any:   # noqa: ANN401
        plainly = name.removesuffix(" domain")
        return next((panel for pair, panel in panels.items() if plainly in pair), whole)

    def exact() -> Any:   # noqa: ANN401
        return panels.get((x.removesuffix(" domain"), y.removesuffix(" domain")))

    places = []
    for name in (x, y):
        owner = exact() or on(name) if name != "paper" else whole
        places.append(owner.transAxes if name == "paper" or name.endswith(" domain") else owner.transData)
    return exact() or (on(x) if x != "paper" else on(y) if y != "paper" else whole), places[0], places[1]


def shape(item: Json, panels: Mapping[Pair, Any], whole: Any, layout: Json) -> None:   # noqa: ANN401 - matplotlib
    """Draw a line, a rectangle or an ellipse."""
    from matplotlib.patches import Ellipse, Rectangle
    from matplotlib.transforms import blended_transform_factory

    owner, across, up = _frame(item, panels, whole)
    place = blended_transform_factory(across, up)
    line = item.get("line", {})
    look: dict[str, Any] = {
        "linewidth": float(line.get("width", 2)) * PIXEL, "linestyle": DASHES.get(line.get("dash"), "-"),
        "transform": place, "zorder": 0.9 if item.get("layer") == "below" else 2.6,
    }
    x0, x1, y0, y1 = (item.get(name, 0) for name in ("x0", "x1", "y0", "y1"))
    fade = float(item.get("opacity", 1))
    stroke = colour(line.get("color", "#444"), fade)
    for side in "xy":
        for end in (f"{side}0", f"{side}1") if _on_data(item, side) and item.get("layer") != "below" else ():
            reach(owner, layout, str(item.get(f"{side}ref", side)), item.get(end))
    limits = owner.get_xlim(), owner.get_ylim()
    if item.get("type") == "line":
        owner.plot([x0, x1], [y0, y1], color=stroke, scalex=False, scaley=False, **look)
    else:
        face = colour(item["fillcolor"], fade) if item.get("fillcolor") else "none"
        common: dict[str, Any] = {"facecolor": face, "edgecolor": stroke if look["linewidth"] else "none", **look}
        owner.add_artist(
            Ellipse(((x0 + x1) / 2, (y0 + y1) / 2), x1 - x0, y1 - y0, **common) if item.get("type") == "circle"
            else Rectangle((x0, y0), x1 - x0, y1 - y0, **common))
    owner.set_xlim(limits[0])
    owner.set_ylim(limits[1])


def annotate(item: Json, panels: Mapping[Pair, Any], whole: Any, layout: Json) -> None:   # noqa: ANN401 - matplotlib
    """Write a text at its place, with its arrow where it has one."""
    from matplotlib.transforms import blended_transform_factory

    if item.get("visible") is False or not (item.get("text") or item.get("showarrow", True)):
        return
    owner, across, up = _frame(item, panels, whole)
    x, y = (_value(item, side, layout) for side in "xy")
    for side, value in (("x", x), ("y", y)):
        if _on_data(item, side):
            reach(owner, layout, str(item.get(f"{side}ref", side)), value)
    arrow = bool(item.get("showarrow", True))
    shift = [float(item.get("xshift", 0)), float(item.get("yshift", 0))]
    if arrow:
        shift = [shift[0] + float(item.get("ax", 0)), shift[1] - float(item.get("ay", -30))]
    from_data = arrow and item.get("axref", "pixel") != "pixel"   # the arrow begins at a place on the axes
    sides = {"left": "left", "right": "right", "center": "center", "auto": _auto(item, "x", ("left", "right"))}
    heights = {"top": "top", "bottom": "bottom", "middle": "center", "auto": _auto(item, "y", ("bottom", "top"))}
    font = item.get("font", {})
    owner.annotate(
        words(item.get("text")), (x, y), xycoords=blended_transform_factory(across, up),
        annotation_clip=False, zorder=4,
        **({"xytext": (float(item["ax"]), float(item["ay"])), "textcoords": owner.transData} if from_data else
           {"xytext": (shift[0] * PIXEL, shift[1] * PIXEL), "textcoords": "offset points"}),
        ha="center" if arrow and "xanchor" not in item else sides.get(item.get("xanchor", "auto"), "center"),
        va="center" if arrow and "yanchor" not in item else heights.get(item.get("yanchor", "auto"), "center"),
        fontsize=float(font.get("size", 12)) * PIXEL, color=colour(font.get("color", INK)),
        fontweight="bold" if bold(item.get("text")) else "normal", rotation=-float(item.get("textangle", 0)),
        multialignment={"left": "left", "right": "right"}.get(str(item.get("align")), "center"),
        arrowprops=_arrow(item) if arrow else None)


def _arrow(item: Json) -> dict[str, Any]:
    return {
        "arrowstyle": "-|>" if item.get("arrowhead", 1) else "-", "color": colour(item.get("arrowcolor", "#808080")),
        "linewidth": float(item.get("arrowwidth", 1)) * PIXEL,
        "shrinkA": float(item.get("startstandoff", 0)) * PIXEL, "shrinkB": float(item.get("standoff", 1)) * PIXEL,
    }


def _on_data(item: Json, side: str) -> bool:
    """Return whether a coordinate is one of the data, not of a panel or of the paper."""
    name = str(item.get(f"{side}ref", side))
    return name != "paper" and not name.endswith(" domain")


def _value(item: Json, side: str, layout: Json) -> float:
    """Return a coordinate; on a logarithmic axis Plotly gives its logarithm."""
    value = item.get(side, 0)
    name = str(item.get(f"{side}ref", side))
    if _on_data(item, side) and layout_of(layout, name).get("type") == "log":
        return float(10.0 ** float(value))
    return float(value)


def _auto(item: Json, side: str, ends: tuple[str, str]) -> str:
    """Return where a text is held when the figure does not say: at the ends of the paper by its near side."""
    value = item.get(side, 0)
    if item.get(f"{side}ref", side) != "paper" or not isinstance(value, int | float):
        return "center"
    return ends[0] if value < 1 / 3 else ends[1] if value > 2 / 3 else "center"


def _swatch(trace: Json, tint: Any) -> dict[str, Any]:   # noqa: ANN401 - a colour
    """Return the look of a filled series in the legend: that of its bars, or of its area."""
    pattern = trace.get("marker", {}).get("pattern", {})
    hatch = HATCHES.get(str(pattern.get("shape", "")), "")
    if trace.get("type") != "bar" and trace.get("fillcolor"):
        return {"facecolor": colour(trace["fillcolor"])}
    if hatch and hollow(pattern):
        return {"facecolor": "none", "edgecolor": tint, "hatch": hatch}
    return {"facecolor": tint, "edgecolor": "white", "hatch": hatch, "linewidth": 0} if hatch else {"facecolor": tint}


def _face(marker: Json, symbol: str, tint: Any) -> dict[str, Any]:   # noqa: ANN401 - a colour
    """Return the inside and the rim of a mark in the legend, as the series has them."""
    rim = marker.get("line", {}).get("color")
    edge = colour(rim if isinstance(rim, str) else INK)
    if symbol.endswith(("-open", "-thin")):
        return {"markerfacecolor": "none", "markeredgecolor": edge if symbol.endswith("-thin") else tint}
    return {"markerfacecolor": tint, "markeredgecolor": edge if not tint[3] else tint}


def legend(page: Any, figure: Json) -> Any:   # noqa: ANN401 - matplotlib
    """Write the names of the series above the panels; None where none has one."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for trace in figure["data"]:
        name = words(trace.get("name"))
        if trace.get("showlegend") is False or not name or trace.get("visible", True) is not True:
            continue
        marker, line = trace.get("marker", {}), trace.get("line", {})
        tint = colours(marker, 1, 1.0)[0] if marker.get("color") is not None else colour(line.get("color", INK))
        if trace.get("type", "scatter") == "bar" or (trace.get("fill", "none") != "none" and not line.get("width", 2)):
            handles.append(Patch(**_swatch(trace, tint), label=name))
            continue
        mode = str(trace.get("mode", "lines"))
        symbol = marker.get("symbol", "circle")
        handles.append(Line2D(
            [], [], label=name, color=colour(line["color"]) if line.get("color") else tint,
            linestyle=DASHES.get(line.get("dash"), "-") if "lines" in mode and line.get("width", 2) else "none",
            linewidth=float(line.get("width", 2)) * PIXEL, markersize=6 * PIXEL,
            marker=SYMBOLS.get(str(symbol).removesuffix("-open"), "o") if "markers" in mode else "none",
            **_face(marker, str(symbol), tint)))
    if not handles:
        return None
    longest = max(len(handle.get_label()) for handle in handles)
    return page.legend(handles=handles, loc="upper left", ncols=max(1, min(len(handles), 88 // (longest + 6))),
                       fontsize=11 * PIXEL, frameon=False, labelcolor=INK, borderaxespad=0, borderpad=0.2,
                       columnspacing=1.2, handlelength=2.2)
