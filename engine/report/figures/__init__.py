"""A figure of Plotly's as a vector drawing by matplotlib, for paper: the same values, no browser."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from engine.report.figures.axes import Pair, domain, dress, layout_of, pairs, scale
from engine.report.figures.notes import annotate, legend, shape
from engine.report.figures.traces import KINDS, PIXEL, bars, contour, floats, heatmap, scatter
from engine.report.figures.words import INK, shade, words
from engine.types import Floats

WIDTH = 640           # pixels of the figure, as wide as a page's text
HEIGHT = 380          # where a figure has none
DOTS = 96             # pixels per inch
_SETTINGS: Any = {"svg.hashsalt": "equipoise", "svg.fonttype": "path", "text.parse_math": False, "path.simplify": True,
             "font.family": ["DejaVu Sans"], "hatch.linewidth": 0.6, "axes.unicode_minus": True}
_ONE_AT_A_TIME = threading.Lock()   # matplotlib's settings belong to the process
Json = Mapping[str, Any]


def unknown_kind(figure: Json) -> str | None:
    """Return the first kind of series that cannot be drawn here; None where all can."""
    return next((str(trace.get("type")) for trace in figure["data"] if trace.get("type", "scatter") not in KINDS), None)


def svg(figure: Json, families: tuple[str, ...] = ()) -> bytes:
    """Return a figure as SVG: text as outlines, the same bytes each time.

    Parameters
    ----------
    figure
        ``{"data": [...], "layout": {...}}`` as `engine.charts.offline.figure_of` makes it, with series of `KINDS`.
    families
        Further families of fonts, for signs that DejaVu Sans lacks.
    """
    import warnings

    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    written = io.BytesIO()
    fonts = {**_SETTINGS, "font.family": [*_SETTINGS["font.family"], *families]}
    with _ONE_AT_A_TIME, mpl.rc_context(fonts), warnings.catch_warnings():
        warnings.simplefilter("ignore")   # signs that the font lacks are drawn as boxes; the table has the text
        page = Figure(figsize=(WIDTH / DOTS, float(figure["layout"].get("height", HEIGHT)) / DOTS), dpi=DOTS)
        FigureCanvasAgg(page)   # measures text
        page.patch.set_alpha(0)
        _draw(page, figure)
        page.savefig(written, format="svg", dpi=DOTS, transparent=True,
                     metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return written.getvalue()


def _draw(page: Any, figure: Json) -> None:   # noqa: ANN401 - a figure of matplotlib
    layout = figure["layout"]
    whole = page.add_axes((0, 0, 1, 1), zorder=5)
    whole.set_axis_off()
    panels: dict[Pair, Any] = {}
    second: dict[Pair, tuple[bool, bool]] = {}   # whether a panel's axes are those of one before it
    for pair in pairs(figure):
        shared = {f"share{side}": next((each for (x, y), each in panels.items() if name in (x, y)
                                        or layout_of(layout, name).get("matches") in (x, y)), None)
                  for side, name in zip("xy", pair, strict=True)}
        panels[pair] = page.add_axes((0, 0, 1, 1), label=" ".join(pair), **shared)
        second[pair] = shared["sharex"] is not None, shared["sharey"] is not None
        for name in pair:
            if layout_of(layout, name).get("type") == "log":
                (panels[pair].set_xscale if name[0] == "x" else panels[pair].set_yscale)("log")
    for pair, panel in panels.items():
        dress(panel, layout, pair, second[pair])
    _series(panels, figure)
    for pair, panel in panels.items():
        scale(panel, layout, pair)
    for item in layout.get("shapes", ()):
        shape(item, panels, whole, layout)
    for item in layout.get("annotations", ()):
        annotate(item, panels, whole, layout)
    box = legend(page, figure) if layout.get("showlegend") else None
    _place(page, layout, panels, whole, box)


def _series(panels: Mapping[Pair, Any], figure: Json) -> None:
    """Draw every series on its panel; bars of one panel stand on each other or side by side."""
    stacked: dict[Pair, dict[tuple[float, bool], float]] = {}
    before: dict[Pair, tuple[Floats, Floats]] = {}
    names = _categories(figure)
    for trace in figure["data"]:
        if trace.get("visible", True) is not True:
            continue
        pair = str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y"))
        kind = trace.get("type", "scatter")
        x, y = (_places(trace.get(axis[0]), names.get(axis), trace, axis[0]) for axis in pair)
        if kind == "bar":
            _bars(panels[pair], trace, (x, y), stacked.setdefault(pair, {}), figure)
        elif kind == "heatmap":
            field = heatmap(panels[pair], trace, x, y)
            if trace.get("showscale", True):
                _colour_bar(panels[pair], trace, field[1:])
        elif kind == "contour":
            contour(panels[pair], trace, x, y)
        else:
            scatter(panels[pair], trace, x, y, before.get(pair))
            marker = trace.get("marker", {})
            if marker.get("showscale"):
                _colour_bar(panels[pair], marker, (float(marker.get("cmin", 0)), float(marker.get("cmax", 1))))
            before[pair] = x, y
    for pair, panel in panels.items():
        for name in pair:
            if name in names:
                axis = panel.xaxis if name[0] == "x" else panel.yaxis
                axis.set_ticks(range(len(names[name])), [words(text) for text in names[name]])


def _categories(figure: Json) -> dict[str, list[str]]:
    """Return the words on each axis that has words in place of numbers, in the order they are met."""
    found: dict[str, dict[str, None]] = {}
    for trace in figure["data"]:
        for side in "xy":
            values = trace.get(side)
            if isinstance(values, list) and any(isinstance(value, str) for value in values):
                name = str(trace.get(f"{side}axis", side))
                given = layout_of(figure["layout"], name).get("categoryarray", [])
                found.setdefault(name, dict.fromkeys(map(str, given))).update(dict.fromkeys(map(str, values)))
    return {name: list(values) for name, values in found.items()}


def _places(values: Any, names: list[str] | None, trace: Json, side: str) -> Floats:   # noqa: ANN401 - JSON
    if values is None:
        other = trace.get("y" if side == "x" else "x") or []
        size = (len(trace["z"][0]) if side == "x" else len(trace["z"])) if "z" in trace else len(other)
        return np.arange(size, dtype=np.float64)
    if names is not None:
        return np.array([names.index(str(value)) if value is not None else np.nan for value in values], dtype=float)
    return floats(values)


def _bars(
    panel: Any, trace: Json, ends: tuple[Floats, Floats], stacked: dict[tuple[float, bool], float], figure: Json   # noqa: ANN401
) -> None:
    layout = figure["layout"]
    at, length = ends[::-1] if trace.get("orientation") == "h" else ends
    step = min((b - a for a, b in pairwise(sorted(set(at.tolist()))) if b > a), default=1.0)
    usual = step * (1 - float(layout.get("bargap", 0.2)))
    mode, width = layout.get("barmode", "group"), trace.get("width")
    widths = floats(width) if isinstance(width, list) else np.full(len(at), float(width or usual))
    base = np.zeros(len(at))
    if trace.get("base") is not None:
        given = trace["base"]
        base = floats(given) if isinstance(given, list) else np.full(len(at), float(given))
    elif mode in ("stack", "relative"):
        for i, (place, amount) in enumerate(zip(at.tolist(), np.nan_to_num(length).tolist(), strict=True)):
            key = (round(place, 9), amount < 0)
            base[i] = stacked.get(key, 0.0)
            stacked[key] = base[i] + amount
    elif mode == "group":
        same = [each for each in figure["data"] if each.get("type") == "bar" and each.get("xaxis", "x") == trace.get(
            "xaxis", "x") and each.get("yaxis", "y") == trace.get("yaxis", "y")]
        widths = widths / len(same)
        at = at + widths * (same.index(trace) - (len(same) - 1) / 2)
    if trace.get("offset") is not None:
        offset = trace["offset"]
        at = at + (floats(offset) if isinstance(offset, list) else float(offset)) + widths / 2
    bars(panel, trace, at, length, base, widths)


def _colour_bar(panel: Any, trace: Json, ends: tuple[float, float]) -> None:   # noqa: ANN401 - matplotlib
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    scale_ = ListedColormap([shade(trace.get("colorscale"), share) for share in np.linspace(0, 1, 64)])
    beside = panel.inset_axes((1.02, 0, 0.02, 1))
    drawn = panel.figure.colorbar(ScalarMappable(Normalize(*ends), scale_), cax=beside)
    drawn.outline.set_visible(False)
    said = trace.get("colorbar", {})
    if said.get("tickvals") and said.get("ticktext"):
        drawn.set_ticks(said["tickvals"], labels=[words(text) for text in said["ticktext"]])
    beside.tick_params(length=0, labelsize=11 * PIXEL, labelcolor=INK)
    beside.set_ylabel(words(said.get("title", {}).get("text")), fontsize=12 * PIXEL, color=INK)


def _place(
    page: Any, layout: Json, panels: Mapping[Pair, Any], whole: Any, box: Any   # noqa: ANN401 - matplotlib
) -> None:
    """Stand the panels inside margins that leave room for every label; the legend makes the page taller."""
    wide, tall = float(WIDTH), float(layout.get("height", HEIGHT))
    given = layout.get("margin", {})
    room = {side: float(given.get(side, 8)) for side in "lrtb"}
    head = 0.0
    if box is not None:
        head = float(box.get_window_extent(page.canvas.get_renderer()).height) + 6
        room["t"] = min(room["t"], 16.0)
        tall += head
        page.set_size_inches(wide / DOTS, tall / DOTS)
    for _ in range(2):
        left, bottom = room["l"] / wide, room["b"] / tall
        across = max(1 - left - room["r"] / wide, 0.2)
        up = max(1 - bottom - (room["t"] + head) / tall, 0.2)
        whole.set_position((left, bottom, across, up))
        for pair, panel in panels.items():
            x, y, width, height = domain(layout, pair)
            panel.set_position((left + x * across, bottom + y * up, width * across, height * up))
        _widen(page, room, panels, whole, (wide, tall - head))
    if box is not None:
        box.set_bbox_to_anchor((0, 1 - head / tall, 1, head / tall), transform=page.transFigure)


def _widen(
    page: Any, room: dict[str, float], panels: Mapping[Pair, Any], whole: Any, size: tuple[float, float]   # noqa: ANN401
) -> None:
    """Add to each margin what stands outside of the page."""
    renderer = page.canvas.get_renderer()
    seen = [panel.get_tightbbox(renderer) for panel in (*panels.values(), whole)]
    edges = [box for box in seen if box is not None]
    room["l"] += max(0.0, 4 - min(box.x0 for box in edges))
    room["b"] += max(0.0, 4 - min(box.y0 for box in edges))
    room["r"] += max(0.0, max(box.x1 for box in edges) - size[0] + 4)
    room["t"] += max(0.0, max(box.y1 for box in edges) - size[1] + 4)


__all__ = ["KINDS", "svg", "unknown_kind"]
