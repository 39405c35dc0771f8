"""The look of every chart: few colours that hold on light and dark pages, thin rules, nothing without a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from engine.types import Floats

# Okabe and Ito 2008; blue and vermilion keep 3:1 against both pages and stay apart for every colour vision.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
VIOLET, BROWN = "#9966FF", "#AA4433"   # as far from those and from each other, by OKLab under each dichromacy
SERIES = (BLUE, VERMILION, GREEN, PURPLE, VIOLET, BROWN)
GREY = "#808080"
RULE = "rgba(128,128,128,0.25)"      # grid and axis lines
BAND = "rgba(128,128,128,0.32)"      # what chance alone would give
EDGE = "rgba(128,128,128,0.90)"      # around it: a fill that a dark page shows well would drown what lies on it
PALE = 0.30                          # opacity of what is not selected
CLEAR = "rgba(0,0,0,0)"
SHOWN = 12                           # groups drawn; the table has them all
MARKS = 2000                         # per chart: beyond, browsers stutter
TOP = 30                             # pixels above every chart, for the camera: it stood on the data

Column = Sequence[str] | Sequence[float] | Sequence[float | None] | Sequence[int]


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure with what makes it readable without eyes, without colour and without the app.

    Parameters
    ----------
    figure
        Follows the page's theme: text and background have no colour of their own.
    table
        The same numbers as columns of equal length; text in it is plain, not escaped.
    alt
        One or two sentences for screen readers, safe in any sink.
    reading
        Two sentences: how to read it, and what would be worth a second look.
    name
        Stem of the file that a download gets.
    """

    figure: go.Figure
    table: Mapping[str, Column]
    alt: str
    reading: str
    name: str


def axis(title: str, **more: object) -> dict[str, object]:
    """Return the layout of one axis: a title, a thin line, no zero line."""
    return {
        "title": {"text": title, "font": {"size": 12}}, "showline": True, "linecolor": RULE, "linewidth": 1,
        "gridcolor": RULE, "zeroline": False, "ticks": "", "tickfont": {"size": 11}, "automargin": True, **more,
    }


def house(figure: go.Figure, height: int, **more: object) -> go.Figure:
    """Give a figure the house's margins, fonts and legend, and the room for the camera above; returns it."""
    layout: dict[str, object] = {
        "height": height, "paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "showlegend": False, "dragmode": False,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "hoverlabel": {"font": {"size": 12}}, "uirevision": "kept",
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 12}},
    }
    figure.update_layout(**{**layout, **more})
    lacking = max(0, TOP - int(figure.layout.margin.t or 0))
    figure.update_layout(height=height + lacking, margin_t=int(figure.layout.margin.t or 0) + lacking)
    return figure


def hatch(shape: str | Sequence[str]) -> dict[str, object]:
    """Return the pattern of a bar, or of each: white lines over its full colour, which keeps 3:1 against both pages."""
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.6, "size": 6}


def percent(value: float, digits: int = 1) -> str:
    """Return a share in words for hover and alt text.

    >>> percent(0.4485), percent(float("nan"))
    ('44.9 %', 'not estimable')
    """
    return "not estimable" if value != value else f"{100 * value:.{digits}f} %"


def number(value: float, digits: int = 3) -> str:
    """Return a number in words for hover and alt text.

    >>> number(0.5206)
    '0.521'
    """
    return "not estimable" if value != value else f"{value:.{digits}f}"


def badge(position: int) -> str:
    """Return the number by which all charts of a page know a group: its position, from 1."""
    return str(position + 1)


def apart(places: Sequence[float] | Floats, least: float) -> Floats:
    """Return places in their order, moved as little as possible (least squares) until each pair is `least` apart.

    What labels need that would stand on each other: isotonic regression of the places less their ranks.

    >>> apart([10.0, 0.0, 1.0], 4.0)
    array([10. , -1.5,  2.5])
    """
    order = np.argsort(places, kind="stable")
    steps = least * np.arange(len(order))
    blocks: list[tuple[float, int]] = []   # mean and size; a block lower than the one before is joined to it
    for mean in np.asarray(places, dtype=np.float64)[order] - steps:
        size = 1
        while blocks and blocks[-1][0] > mean:
            before, rows = blocks.pop()
            mean, size = (before * rows + mean * size) / (rows + size), rows + size
        blocks.append((float(mean), size))
    found = np.empty(len(order))
    found[order] = np.repeat([mean for mean, _ in blocks], [size for _, size in blocks]) + steps
    return found
