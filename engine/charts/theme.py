"""The look of every chart: few colours that hold on light and dark pages, thin rules, nothing without a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

# Okabe and Ito 2008; blue and vermilion keep 3:1 against both pages and stay apart for every colour vision.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
GREY = "#808080"
RULE = "rgba(128,128,128,0.25)"      # grid and axis lines
BAND = "rgba(128,128,128,0.30)"      # what chance alone would give
PALE = 0.30                          # opacity of what is not selected
CLEAR = "rgba(0,0,0,0)"
SHOWN = 12                           # groups drawn; the table has them all
MARKS = 2000                         # per chart: beyond, browsers stutter

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
    """Give a figure the house's margins, fonts and legend; returns it."""
    layout: dict[str, object] = {
        "height": height, "paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "showlegend": False, "dragmode": False,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "hoverlabel": {"font": {"size": 12}}, "uirevision": "kept",
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 12}},
    }
    figure.update_layout(**{**layout, **more})
    return figure


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
