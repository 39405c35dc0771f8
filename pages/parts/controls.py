"""Widgets that are seeded from a page's settings and write back to them, so that nothing is lost when the page changes.

A setting is what the URL may carry: a number, a truth value, a fixed keyword, or the position of an option whose text
came from a file. A setting that does not suit the data in use (an old link, another table) is said and replaced.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import streamlit as st

from engine.errors import Issue
from engine.text import markdown, plain
from pages.parts import state

Option = TypeVar("Option")
By = Literal["position", "keyword"]
Show = Callable[[Option], str]
LONGEST = 100   # characters of an option


def select(
    page: str, key: str, label: str, options: Sequence[Option], *, default: Option | None = None,
    show: Show[Option] = str, by: By = "position", flat: bool = False, help: str | None = None,
) -> Option:
    """Return the option chosen from a list (or, `flat`, from a row of buttons).

    `by` says what the setting holds: the option's position (its text came from a file) or the option itself, a fixed
    keyword. `show` returns plain text; it is escaped here where the widget reads Markdown (a row of buttons does, the
    options of a list do not).
    """
    choices: list[object] = list(range(len(options))) if by == "position" else list(options)
    first = choices[options.index(default)] if default is not None else choices[0]
    widget = _seed(page, key, label, first, lambda value: value in choices and not isinstance(value, bool))
    escape, draw = (markdown, st.segmented_control) if flat else (plain, st.selectbox)
    names = {choice: escape(show(option), LONGEST) for choice, option in zip(choices, options, strict=True)}
    held = state.settings(page)[key]
    more = {"required": True, "wrap": True, "default": held} if flat else {"index": choices.index(held)}
    chosen = draw(label, choices, key=widget, format_func=names.__getitem__, help=help,
                  on_change=_store, args=(page, key, widget), **more)
    return options[choices.index(first if chosen is None else chosen)]


def slider(
    page: str, key: str, label: str, low: float, high: float, default: float, step: float, *,
    format: str | None = None, help: str | None = None,
) -> float:
    """Return a number between two bounds, moved along a line."""
    kind = int if all(isinstance(value, int) for value in (low, high, default, step)) else float
    widget = _seed(page, key, label, kind(default), lambda value: _number(value, low, high), kind)
    return st.slider(label, kind(low), kind(high), kind(state.settings(page)[key]), step=kind(step), key=widget,
                     format=format, help=help, on_change=_store, args=(page, key, widget))


def number(
    page: str, key: str, label: str, default: float, *, low: float | None = None, high: float | None = None,
    step: float | None = None, format: str | None = None, help: str | None = None,
) -> float:
    """Return a number typed in, within its bounds where it has any."""
    kind = int if isinstance(default, int) and not isinstance(default, bool) else float
    bounds = {"min_value": None if low is None else kind(low), "max_value": None if high is None else kind(high)}
    widget = _seed(page, key, label, kind(default), lambda value: _number(value, low, high), kind)
    bounds |= {"value": kind(state.settings(page)[key]), "step": None if step is None else kind(step)}
    return st.number_input(label, **bounds, key=widget, format=format, help=help,
                           on_change=_store, args=(page, key, widget))


def toggle(page: str, key: str, label: str, default: bool = False, *, help: str | None = None) -> bool:
    """Return whether something is switched on."""
    widget = _seed(page, key, label, default, lambda value: isinstance(value, bool))
    return st.toggle(label, state.settings(page)[key], key=widget, help=help, on_change=_store,
                     args=(page, key, widget))


def several(
    page: str, key: str, label: str, names: Sequence[str], *, default: Sequence[int], help: str | None = None,
) -> tuple[int, ...]:
    """Return the positions chosen from a list, in the list's order; `names` are shown as they are."""
    places = range(len(names))

    def suits(value: object) -> bool:
        return isinstance(value, (tuple, list)) and all(type(place) is int and place in places for place in value)

    widget = _seed(page, key, label, list(default), suits, lambda value: sorted(set(value)))
    held = sorted(set(state.settings(page)[key]))
    chosen = st.multiselect(label, places, held, key=widget, format_func=lambda place: plain(names[place]), help=help,
                            on_change=_store, args=(page, key, widget))
    return tuple(sorted(chosen))


def reset(page: str, *keys: str) -> None:
    """Forget the settings named, or all of a page's; its controls take their defaults. For use as a callback."""
    settings = state.settings(page)
    for key in keys or tuple(settings):
        settings.pop(key, None)


def _seed(
    page: str, key: str, label: str, default: object, suits: Callable[[object], bool],
    kind: Callable[..., object] | None = None,
) -> str:
    """Put the setting into the widget's place and return the widget's key; a setting that does not suit is replaced.

    The widget takes the setting as its first value too: one in a pop-up is mounted when that is opened, long after the
    run that put the setting in its place, and would otherwise show its lowest value and then send it.
    """
    settings = state.settings(page)
    if key in settings and not suits(settings[key]):
        state.tell(_unsuitable(label, settings[key], default))
        del settings[key]
    value = settings.setdefault(key, default)
    value = value if kind is None else kind(value)
    widget = f"{page}.{key} {state.mark()}"
    if st.session_state.get(widget) != value:   # writing an equal value would fight with a hand on the slider
        st.session_state[widget] = value
    return widget


def _store(page: str, key: str, widget: str) -> None:
    value = st.session_state.get(widget)
    if value is not None:
        state.settings(page)[key] = value


def _number(value: object, low: float | None, high: float | None) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    return (low is None or value >= low) and (high is None or value <= high)


def _unsuitable(label: str, got: object, default: object) -> Issue:
    return Issue("warning", "a setting of the address does not suit these data", f"control '{label}'",
                 f"the value {got}", "check the value now shown, which is the default")


def leading() -> Literal["primary", "secondary"]:
    """Return the type of a page's main button: filled, but not in the dark theme, where white on its blue is faint."""
    return "secondary" if st.context.theme.type == "dark" else "primary"
