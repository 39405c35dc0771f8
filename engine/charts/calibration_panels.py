"""Small multiples: a panel per group on shared scales, numbered as everywhere on the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.charts.theme import axis, badge
from engine.text import markup, plain

Part = dict[str, Any]       # of a figure
Span = tuple[float, float]
TALL = 178                  # pixels of a row of panels, its title and axis among them
TITLE = 22                  # pixels above a panel, for one line of words
LINE = 14                   # pixels of one more
ROOMY = 62                  # pixels more where panels are wide: slopes stay readable
WIDE = 17                   # characters of a line where three panels share a phone's width
FOOT = 40                   # pixels below a row: ticks and a title


@dataclass(frozen=True)
class Panels:
    """How many panels, and how many of them side by side; a strip may stand below each."""

    count: int
    strip: float = 0.0      # share of a panel's height that a strip below it takes

    @property
    def columns(self) -> int:
        """Return panels per row: two stay readable on a phone, three where there are many."""
        return max(1, min(self.count, 2 if self.count <= 4 else 3))

    @property
    def height(self) -> int:
        """Return the figure's height in pixels."""
        return 16 + self.row * math.ceil(max(1, self.count) / self.columns)

    @property
    def row(self) -> int:
        """Return the height of a row of panels in pixels; three side by side have names of two lines."""
        return TALL + (LINE if self.columns > 2 else ROOMY)

    def room(self, place: int) -> tuple[Span, Span]:
        """Return where a panel stands, as shares of the figure's width and height."""
        lines = math.ceil(self.count / self.columns)
        row, column = divmod(place, self.columns)
        gap = 0.05
        wide = (1 - gap * (self.columns - 1)) / self.columns
        top = 1 - row / lines
        bottom = 1 - (row + 1) / lines
        inner, head = (top - bottom) / self.row, TITLE + (LINE if self.columns > 2 else 0)
        left = column * (wide + gap)
        return (left, left + wide), (bottom + FOOT * inner, top - head * inner)

    def first(self, place: int) -> bool:
        """Return whether a panel is the first of its row."""
        return place % self.columns == 0

    def last(self, place: int) -> bool:
        """Return whether no panel stands below."""
        return place + self.columns >= self.count


def axes(panels: Panels, place: int, across: Part, up: Part) -> Part:
    """Return the two axes of a panel; titles stand at the first of a row and the last of a column.

    `across` and `up` are layouts with a ``title`` in words, and whatever an axis takes.
    """
    number = suffix(place)
    x, y = panels.room(place)
    foot = y[0] + panels.strip * (y[1] - y[0])
    named = panels.last(place) and not panels.strip    # with a strip, its own axis is the one with words
    return {
        f"xaxis{number}": axis(str(across["title"]) if named else "", domain=x, anchor=f"y{number}",
                               showticklabels=not panels.strip, **_rest(across)),
        f"yaxis{number}": axis(str(up["title"]) if panels.first(place) else "", domain=(foot, y[1]),
                               anchor=f"x{number}", showticklabels=panels.first(place), **_rest(up)),
    }


def _rest(layout: Part) -> Part:
    return {key: value for key, value in layout.items() if key != "title"}


def suffix(place: int) -> str:
    """Return what plotly writes behind ``x`` and ``y`` for a panel.

    >>> suffix(0), suffix(1)
    ('', '2')
    """
    return "" if place == 0 else str(place + 1)


def title(panels: Panels, place: int, group: int, name: str) -> Part:
    """Return the words above a panel: the group's number and name, in two lines where panels are narrow."""
    x, y = panels.room(place)
    lines = wrapped(plain(name, 2 * WIDE)) if panels.columns > 2 else [plain(name, 40 if panels.columns == 1 else 26)]
    return {"x": x[0], "y": y[1], "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
            "showarrow": False, "text": f"<b>{badge(group)}</b> " + "<br>".join(str(markup(line)) for line in lines),
            "align": "left", "font": {"size": 12 if panels.columns < 3 else 11}}


def wrapped(name: str, wide: int = WIDE) -> list[str]:
    """Return a name in one line or two, broken between attributes where that fits, else at a space.

    >>> wrapped("female x Northern x < 25"), wrapped("Eastern x 25 to < 40")
    (['female x Northern', 'x < 25'], ['Eastern', 'x 25 to < 40'])
    """
    if len(name) <= wide:
        return [name]
    at = name.rfind(" x ", 0, wide + 3)
    at = at if at > 0 else name.rfind(" ", 0, wide + 1)
    return [name[:wide], plain(name[wide:], wide)] if at <= 0 else [name[:at], plain(name[at + 1:], wide)]
