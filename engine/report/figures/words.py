"""Plotly's small languages: its bits of HTML, its colours and its number formats, in terms of matplotlib."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from engine.text import plain

INK, CLEAR = "#1b2430", "none"
Colour = tuple[float, float, float, float]
DASHES: dict[str | None, Any] = {
    "solid": "-", "dot": (0, (1, 2)), "dash": (0, (5, 3)), "longdash": (0, (8, 3)), "dashdot": (0, (5, 2, 1, 2)),
    "longdashdot": (0, (8, 2, 1, 2)),
}
SYMBOLS = {
    "circle": "o", "square": "s", "diamond": "D", "cross": "P", "x": "X", "x-thin": "x", "triangle-up": "^",
    "triangle-down": "v", "triangle-left": "<", "triangle-right": ">", "star": "*", "hexagon": "h", "pentagon": "p",
    "cross-thin": "+", "line-ns": "|", "line-ew": "_", "hash": "+",
}
HATCHES = {"/": "////", "\\": "\\\\\\\\", "x": "xxxx", "-": "----", "|": "||||", "+": "++++", ".": "...."}
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:b|i|em|strong|sup|sub|span|a)(?:\s[^<>]*)?>", re.IGNORECASE)
_GAPS, _GAP = re.compile(r"(?:\s|&nbsp;){2,}"), "    "   # what keeps three parts of a title apart
_RGBA = re.compile(r"rgba?\(([^)]*)\)")
_FORMAT = re.compile(r"(?P<sign>\+)?(?P<comma>,)?(?:\.(?P<digits>\d+))?(?P<trim>~)?(?P<kind>[%fgesrd])?")


def words(text: object) -> str:
    """Return what a text of a figure says, without its markup, its lines kept.

    >>> words("<b>1</b> a &lt;b&gt;<br>two")
    '1 a <b>\\ntwo'
    """
    lines = _BREAK.split(str(text if text is not None else ""))
    return "\n".join(_GAP.join(plain(html.unescape(part), 400) for part in _GAPS.split(_TAG.sub("", line)))
                     for line in lines)


def bold(text: object) -> bool:
    """Return whether all of a text is bold."""
    return re.fullmatch(r"<b>[^<]*</b>", str(text)) is not None


def colour(value: object, opacity: float = 1.0) -> Colour:
    """Return a colour of CSS as matplotlib's red, green, blue and opacity.

    >>> colour("rgba(255,0,0,0.5)"), colour("#0072B2", 0.5)[3]
    ((1.0, 0.0, 0.0, 0.5), 0.5)
    """
    from matplotlib.colors import to_rgba

    if isinstance(value, tuple):
        red, green, blue, clear = value
        return red, green, blue, clear * opacity
    found = _RGBA.fullmatch(str(value).replace(" ", ""))
    if found is None:
        red, green, blue, clear = to_rgba(str(value))
        return red, green, blue, clear * opacity
    parts = [float(part) for part in found[1].split(",")]
    return parts[0] / 255, parts[1] / 255, parts[2] / 255, (parts[3] if len(parts) > 3 else 1.0) * opacity


def shade(scale: object, share: float) -> Colour:
    """Return the colour at a share of a scale, ``[[0, "#fff"], ..., [1, "#000"]]``, mixed between its stops."""
    stops = [(float(at), colour(name)) for at, name in scale] if isinstance(scale, list) else []
    if not stops:
        stops = [(0.0, colour("#f0f4f8")), (0.5, colour("#6ba3cc")), (1.0, colour("#08306b"))]
    share = min(max(share, stops[0][0]), stops[-1][0])
    for (low, first), (high, second) in pairwise(stops):
        if share <= high:
            part = (share - low) / (high - low) if high > low else 0.0
            mixed = [a + part * (b - a) for a, b in zip(first, second, strict=True)]
            return mixed[0], mixed[1], mixed[2], mixed[3]
    return stops[-1][1]


def number_format(pattern: object, suffix: str = "", prefix: str = "") -> Callable[[float, object], str]:
    """Return what writes a tick's number, from d3's format of it.

    >>> number_format(".0%")(0.25, None), number_format(".2~%")(0.605, None), number_format(None)(12345.0, None)
    ('25%', '60.5%', '12,345')
    """
    found = _FORMAT.fullmatch(str(pattern)) if pattern else None

    def write(value: float, _: object) -> str:
        value = 0.0 if abs(value) < 1e-12 else value
        return prefix + (_plainly(value) if found is None else _by(found, value)).replace("-", "−") + suffix

    return write


def _plainly(value: float) -> str:
    return f"{value:,.6g}"


def _by(found: re.Match[str], value: float) -> str:
    kind, digits = found["kind"], found["digits"]
    scaled = 100 * value if kind == "%" else value
    if kind in ("%", "f"):
        text = f"{scaled:{found['sign'] or ''}{found['comma'] or ''}.{digits or (0 if kind == '%' else 6)}f}"
        if found["trim"] and "." in text:
            text = text.rstrip("0").rstrip(".")
        return text + ("%" if kind == "%" else "")
    return f"{scaled:{found['sign'] or ''}{found['comma'] or ','}.{digits or 6}g}"
