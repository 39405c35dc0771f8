"""What a chart needs to live outside of the app: its figure as plain values, and the script that draws it."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

DIGITS = 12   # significant: what two machines with the same versions agree on
_LEFT_OUT = {"template", "uirevision", "hovertemplate", "hoverlabel", "customdata", "selected", "unselected"}


def script() -> str:
    """Return Plotly's own script, which draws figures without any network."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def figure_of(figure: go.Figure) -> dict[str, Any]:
    """Return a figure as values that strict JSON can hold: lists, rounded numbers, None where there is no number.

    What only the app uses is left out, so that hover text in a report is made of the numbers themselves.

    >>> figure_of(go.Figure(go.Scatter(x=np.array([1.0, np.nan]), y=[1, 2])))["data"]
    [{'x': [1.0, None], 'y': [1, 2], 'type': 'scatter'}]
    """
    found = figure.to_plotly_json()
    return {part: plain(found.get(part, [] if part == "data" else {})) for part in ("data", "layout")}


def plain(value: object) -> Any:   # noqa: ANN401 - any JSON value
    """Return a value of a figure as plain JSON.

    >>> plain((np.float64(1 / 3), np.inf, np.int64(2)))
    [0.333333333333, None, 2]
    """
    if isinstance(value, Mapping):
        if "bdata" in value:
            return plain(_decoded(value))
        return {str(key): plain(item) for key, item in value.items() if key not in _LEFT_OUT}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _decoded(value: Mapping[str, Any]) -> np.ndarray:
    """Return what Plotly packed into base64."""
    array = np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(value["dtype"]))
    shape = value.get("shape")
    return array.reshape([int(side) for side in str(shape).split(",")]) if shape else array
