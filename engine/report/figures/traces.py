"""The series of a figure on matplotlib's axes: lines, marks, fills, error bars, bars, fields, contours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.report.figures.words import DASHES, HATCHES, INK, SYMBOLS, Colour, bold, colour, shade, words
from engine.types import Floats

PIXEL = 0.75          # points
Trace = Mapping[str, Any]
Axes = Any            # matplotlib.axes.Axes, which is not imported with this module
KINDS = ("scatter", "scattergl", "bar", "heatmap", "contour")
_FEWEST = 20          # points from which Plotly draws lines without marks


def scatter(axes: Axes, trace: Trace, x: Floats, y: Floats, before: tuple[Floats, Floats] | None) -> None:
    """Draw lines, marks, text, fill and error bars of one series; `before` is the series under it."""
    mode = trace.get("mode") or ("lines+markers" if len(x) < _FEWEST else "lines")
    fade, line = float(trace.get("opacity", 1)), trace.get("line", {})
    marker = trace.get("marker", {})
    named = marker.get("color") if isinstance(marker.get("color"), str) else None
    stroke = colour(line.get("color") or named or INK, fade)
    _fill(axes, trace, x, y, before, stroke)
    width = float(line.get("width", 2)) * PIXEL
    if "lines" in mode and width > 0 and len(x):
        style = {"hv": "steps-post", "vh": "steps-pre", "hvh": "steps-mid"}.get(line.get("shape"), "default")
        axes.plot(x, y, color=stroke, linewidth=width, linestyle=DASHES.get(line.get("dash"), "-"), drawstyle=style,
                  zorder=2.2, solid_capstyle="butt")
    for side in ("error_x", "error_y"):
        _errors(axes, trace.get(side), side, x, y, stroke)
    if "markers" in mode:
        _marks(axes, {"color": line.get("color"), **marker}, x, y, fade)
    if "text" in mode:
        _labels(axes, trace, x, y)


def _fill(
    axes: Axes, trace: Trace, x: Floats, y: Floats, before: tuple[Floats, Floats] | None, stroke: Colour
) -> None:
    kind = trace.get("fill", "none")
    if kind in (None, "none") or not len(x):
        return
    inside = colour(trace["fillcolor"]) if trace.get("fillcolor") else (*stroke[:3], 0.4)
    look: dict[str, Any] = {"facecolor": inside, "edgecolor": "none", "linewidth": 0, "zorder": 1.2}
    if kind == "toself":
        for part in _runs(np.isfinite(x) & np.isfinite(y)):
            axes.fill(x[part], y[part], **look)
    elif kind == "tonexty" and before is not None:
        axes.fill(np.append(x, before[0][::-1]), np.append(y, before[1][::-1]), **look)
    elif kind == "tozerox":
        axes.fill_betweenx(y, 0, x, **look)
    else:
        axes.fill_between(x, 0, y, **look)


def _runs(known: np.ndarray) -> list[slice]:
    """Return the stretches without a gap.

    >>> _runs(np.array([True, True, False, True]))
    [slice(0, 2, None), slice(3, 4, None)]
    """
    starts = np.flatnonzero(known & ~np.append(False, known[:-1]))
    ends = np.flatnonzero(known & ~np.append(known[1:], False)) + 1
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def _errors(axes: Axes, bars: Any, side: str, x: Floats, y: Floats, stroke: Colour) -> None:   # noqa: ANN401
    if not isinstance(bars, Mapping) or bars.get("visible") is False or bars.get("array") is None or not len(x):
        return
    high = np.nan_to_num(floats(bars["array"]))
    low = np.nan_to_num(floats(bars["arrayminus"])) if bars.get("arrayminus") is not None else high
    named = {"xerr" if side == "error_x" else "yerr": np.maximum(np.stack([low, high]), 0)}
    axes.errorbar(x, y, **named, fmt="none", ecolor=colour(bars["color"]) if bars.get("color") else stroke,
                  elinewidth=float(bars.get("thickness", 2)) * PIXEL, capsize=float(bars.get("width", 4)) * PIXEL / 2,
                  zorder=2.4)


def _marks(axes: Axes, marker: Mapping[str, Any], x: Floats, y: Floats, fade: float) -> None:
    count = len(x)
    faces = _faded(colours(marker, count, fade), marker)
    sizes = _sizes(marker, count)
    symbols = _each(marker.get("symbol", "circle"), count)
    edge = marker.get("line", {})
    edges = [colour(value, fade) for value in _each(edge.get("color", "#444"), count)]
    widths = [float(value) * PIXEL for value in _each(edge.get("width", 0), count)]
    for symbol in dict.fromkeys(symbols):
        chosen = [i for i, each in enumerate(symbols) if each == symbol and np.isfinite(x[i]) and np.isfinite(y[i])]
        if not chosen:
            continue
        shape = SYMBOLS.get(str(symbol).removesuffix("-open").removesuffix("-dot"), "o")
        hollow, thin = str(symbol).endswith("-open"), shape in "x+|_"
        look: dict[str, Any] = {"facecolors": [faces[i] for i in chosen], "edgecolors": [edges[i] for i in chosen],
                                "linewidths": [widths[i] for i in chosen]}
        if hollow or thin:
            look = {"edgecolors" if hollow else "c": [faces[i] if hollow else edges[i] for i in chosen],
                    "linewidths": [max(widths[i], 1.5 * PIXEL) for i in chosen]}
            if hollow:
                look["facecolors"] = "none"
        axes.scatter(x[chosen], y[chosen], s=[(sizes[i] * PIXEL) ** 2 for i in chosen], marker=shape, zorder=3, **look)


def colours(marker: Mapping[str, Any], count: int, fade: float) -> list[Colour]:
    """Return the colour of each mark: named, or a number on a scale."""
    given = marker.get("color")
    if isinstance(given, list) and given and all(isinstance(value, int | float) or value is None for value in given):
        values = floats(given)
        low, high = marker.get("cmin", np.nanmin(values)), marker.get("cmax", np.nanmax(values))
        return [shade(marker.get("colorscale"), float((value - low) / ((high - low) or 1))) for value in values]
    return [colour(value if value is not None else INK, fade) for value in _each(given, count)]


def _faded(tints: list[Colour], marker: Mapping[str, Any]) -> list[Colour]:
    """Return colours at the opacity of their marks: one for all, or one each."""
    opacities = _each(marker.get("opacity"), len(tints))
    return [colour(tint, 1.0 if opacity is None else float(opacity))
            for tint, opacity in zip(tints, opacities, strict=True)]


def _sizes(marker: Mapping[str, Any], count: int) -> list[float]:
    unit = float(marker.get("sizeref", 1) or 1)
    sizes = [float(value or 0) for value in _each(marker.get("size", 6), count)]
    if marker.get("sizemode") == "area":
        return [float(np.sqrt(size / unit)) for size in sizes]
    return [size / unit for size in sizes]


def _labels(axes: Axes, trace: Trace, x: Floats, y: Floats) -> None:
    up, _, across = str(trace.get("textposition", "middle center")).partition(" ")
    look: dict[str, Any] = {
        "ha": {"left": "right", "right": "left"}.get(across, "center"),
        "va": {"top": "bottom", "bottom": "top"}.get(up, "center"),
        "xytext": ({"left": -4, "right": 4}.get(across, 0), {"top": 3, "bottom": -3}.get(up, 0)),
    }
    font = trace.get("textfont", {})
    for i, said in enumerate(_each(trace.get("text", ""), len(x))):
        if said and np.isfinite(x[i]) and np.isfinite(y[i]):
            axes.annotate(words(said), (x[i], y[i]), textcoords="offset points", zorder=4, annotation_clip=False,
                          fontsize=float(font.get("size", 11)) * PIXEL, fontweight="bold" if bold(said) else "normal",
                          color=colour(font.get("color", INK)), **look)


def bars(axes: Axes, trace: Trace, at: Floats, length: Floats, base: Floats, width: Floats) -> None:
    """Draw bars of one series; the caller knows where they begin and how wide they are."""
    across = trace.get("orientation") == "h"
    marker = trace.get("marker", {})
    faces = _faded(colours(marker, len(at), float(trace.get("opacity", 1))), marker)
    edge, pattern = marker.get("line", {}), marker.get("pattern", {})
    hatches = [HATCHES.get(str(shape), "") for shape in _each(pattern.get("shape", ""), len(at))]
    outline = float(edge.get("width", 0)) * PIXEL if isinstance(edge.get("width", 0), int | float) else 0.0
    for i in range(len(at)):
        if not np.isfinite(length[i]) or length[i] == 0:
            continue
        box = (base[i], length[i]) if across else (at[i] - width[i] / 2, width[i])
        tall = (at[i] - width[i] / 2, width[i]) if across else (base[i], length[i])
        look = {"facecolor": faces[i], "linewidth": outline, "edgecolor": colour(edge.get("color", "#444"))}
        if hatches[i] and hollow(pattern):
            stroke = colour(faces[i], float(pattern.get("fgopacity", 1)))
            look |= {"facecolor": "none", "edgecolor": stroke, "hatch": hatches[i]}
        elif hatches[i]:
            look |= {"edgecolor": "white", "hatch": hatches[i], "linewidth": 0}
        axes.bar(box[0], tall[1], width=box[1], bottom=tall[0], align="edge", zorder=2, **look)
    ends = (base + length, at) if across else (at, base + length)
    stroke = colour(marker["color"]) if isinstance(marker.get("color"), str) else colour(INK)
    for side in ("error_x", "error_y"):
        _errors(axes, trace.get(side), side, *ends, stroke)


def hollow(pattern: Mapping[str, Any]) -> bool:
    """Return whether the pattern of a bar has nothing behind it: else it is white on the bar's colour."""
    return str(pattern.get("fillmode", "replace")) == "replace"


def heatmap(axes: Axes, trace: Trace, x: Floats, y: Floats) -> tuple[Floats, float, float]:
    """Draw a field of colours with its texts; returns its values and the ends of its scale."""
    z = np.array([[np.nan if v is None else v for v in row] for row in trace["z"]], dtype=np.float64)
    known = z[np.isfinite(z)]
    low = float(trace.get("zmin", known.min() if known.size else 0))
    high = float(trace.get("zmax", known.max() if known.size else 1))
    if trace.get("zmid") is not None:
        half = max(abs(high - trace["zmid"]), abs(low - trace["zmid"])) or 1.0
        low, high = trace["zmid"] - half, trace["zmid"] + half
    across, up = _borders(x, z.shape[1]), _borders(y, z.shape[0])
    texts = trace.get("text") if "%{text}" in str(trace.get("texttemplate", "")) else None
    font = trace.get("textfont", {})
    for (i, j), value in np.ndenumerate(z):
        face = shade(trace.get("colorscale"), (value - low) / ((high - low) or 1)) if np.isfinite(value) else None
        if face is not None:
            axes.fill([across[j], across[j + 1], across[j + 1], across[j]], [up[i], up[i], up[i + 1], up[i + 1]],
                      facecolor=face, edgecolor=face, linewidth=0.3, zorder=1)
        if texts and texts[i][j]:
            dark = face is not None and sum(face[:3]) < 1.5
            axes.annotate(words(texts[i][j]), ((across[j] + across[j + 1]) / 2, (up[i] + up[i + 1]) / 2), ha="center",
                          va="center", fontsize=float(font.get("size", 10)) * PIXEL, zorder=4,
                          color="white" if dark else INK)
    axes.set_xlim(float(across.min()), float(across.max()))
    axes.set_ylim(float(up.min()), float(up.max()))
    return z, low, high


def _borders(centres: Floats, count: int) -> Floats:
    """Return the borders of cells from their middles, or as they are where borders were given."""
    if len(centres) == count + 1:
        return centres
    if len(centres) < 2:
        return np.array([centres[0] - 0.5, centres[0] + 0.5]) if len(centres) else np.array([-0.5, 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])


def contour(axes: Axes, trace: Trace, x: Floats, y: Floats) -> None:
    """Draw lines of equal value with their numbers."""
    z = np.array([[np.nan if v is None else v for v in row] for row in trace["z"]], dtype=np.float64)
    known = z[np.isfinite(z)]
    if not known.size or min(z.shape) < 2:
        return
    asked, line = trace.get("contours", {}), trace.get("line", {})
    start, end, step = (asked.get(name) for name in ("start", "end", "size"))
    levels = np.linspace(known.min(), known.max(), 7)[1:-1] if not step else np.arange(start, end + step / 2, step)
    levels = levels[(levels >= known.min()) & (levels <= known.max())]
    if not len(levels):
        return
    drawn = axes.contour(x, y, np.ma.masked_invalid(z), levels=levels, colors=[colour(line.get("color", INK))],
                         linewidths=float(line.get("width", 1)) * PIXEL, zorder=2)
    if asked.get("showlabels"):
        axes.clabel(drawn, fmt=lambda value: f"{value:.4g}", fontsize=8)


def floats(values: Sequence[Any]) -> Floats:
    """Return numbers with NaN where there is none."""
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _each(value: Any, count: int) -> list[Any]:   # noqa: ANN401 - one for all, or a list
    return list(value) if isinstance(value, list) else [value] * count
