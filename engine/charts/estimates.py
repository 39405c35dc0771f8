"""Numbers with their intervals as dots on a line: a rate by group, and the disparities with their noise bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.assessment import Assessment, Disparity, GroupingResult
from engine.charts.theme import BAND, BLUE, CLEAR, EDGE, GREY, Chart, Column, axis, badge, house, number, percent
from engine.metrics import DISPARITIES, RATES
from engine.text import markup, plain
from engine.types import Estimate, Estimates

NOT_SHARES = ("matthews_correlation", "expected_cost")
UNBOUNDED = ("treatment_equality_difference",)    # no common scale with the others: in the table only
FOUR_FIFTHS = 0.8
RATE_READING = (
    "Each dot is a group's rate, the line its interval, the dotted line everybody together; open grey dots are groups "
    "under the minimum size. Intervals that lie apart are worth a second look; wide ones say that rows are few."
)
GAP_READING = (
    "Each dot is the distance between the two groups furthest apart, the line its interval; the grey band is what "
    "chance alone would give if all groups shared one rate. A dot inside its band is compatible with equal groups; one "
    "far outside is worth a second look."
)


def rates_by_group(result: GroupingResult, overall: Estimate, key: str, shown: Sequence[int]) -> Chart:
    """Draw one rate of each group with its interval, in the order of `shown`, everybody's as a line."""
    rates, name = result.rates[key], RATES[key].name
    figure = go.Figure()
    for small in (False, True):
        rows = [(place, g) for place, g in enumerate(shown) if bool(result.small[g]) is small]
        _dots(figure, rates, rows, result, small, key not in NOT_SHARES)
    for place, g in enumerate(shown):
        if np.isnan(rates.value[g]):
            figure.add_annotation(x=0, xref="paper", y=place, text="not estimable", showarrow=False, xanchor="left",
                                  font={"size": 11})
    if not np.isnan(overall.value):
        figure.add_vline(x=overall.value, line={"color": GREY, "width": 1, "dash": "dot"})
    house(figure, 60 + 24 * len(shown))
    figure.update_xaxes(**axis(name), **_scale(rates, shown), tickformat=".2~f" if key in NOT_SHARES else ".2~%")
    labels = [f"<b>{badge(g)}</b> {markup(plain(result.names[g], 26))}" for g in shown]
    figure.update_yaxes(**axis(""), tickvals=list(range(len(shown))), ticktext=labels,
                        range=[len(shown) - 0.4, -0.6], showgrid=False)
    return Chart(figure, _rate_table(result, rates, shown), _rate_alt(result, rates, name, shown), RATE_READING, key)


def disparities(result: GroupingResult) -> Chart:
    """Draw every bounded disparity with interval and noise band; differences above, ratios below."""
    forms = [[key for key, rule in DISPARITIES.items() if rule.form == form and key not in UNBOUNDED]
             for form in ("difference", "ratio")]
    height = 120 + 24 * sum(map(len, forms))
    figure = make_subplots(2, 1, row_heights=list(map(len, forms)), vertical_spacing=62 / height)
    for row, keys in enumerate(forms, 1):
        _gaps(figure, [result.disparities[key] for key in keys], DISPARITIES[keys[0]].ideal, row)
        figure.update_yaxes(**axis(""), tickvals=list(range(len(keys))), ticktext=[_short(key) for key in keys],
                            range=[len(keys) - 0.4, -0.6], showgrid=False, row=row, col=1)
    figure.update_xaxes(**axis("largest − smallest (0: equal)"), range=[-0.01, _reach(result, forms[0])], row=1, col=1)
    convention = "smallest ÷ largest (1: equal)<br>dotted: four-fifths convention, 0.80"
    figure.update_xaxes(**axis(convention), range=[0, 1.02], row=2, col=1)
    _convention(figure, forms[1].index("disparate_impact_ratio"))
    house(figure, height)
    return Chart(figure, gap_table(result), _gap_alt(result), GAP_READING, "disparities")


def gap_table(result: GroupingResult) -> dict[str, Column]:
    """Return every disparity as columns: value, interval, noise band, p-value, groups, groups left out, method."""
    rows = [(DISPARITIES[key].name, result.disparities[key]) for key in DISPARITIES]
    return {
        "disparity": [name for name, _ in rows],
        "value": [_finite(d.value) for _, d in rows],
        "low": [_finite(d.low) for _, d in rows],
        "high": [_finite(d.high) for _, d in rows],
        "noise band to": [_finite(d.noise_high) for _, d in rows],
        "p-value": [_finite(d.p_value) for _, d in rows],
        "highest": [plain(d.highest) if d.highest is not None else "" for _, d in rows],
        "lowest": [plain(d.lowest) if d.lowest is not None else "" for _, d in rows],
        "groups left out": [len(d.left_out) for _, d in rows],
        "note": ["; ".join(dict.fromkeys(plain(r, 200) for r in (d.reason, d.noise_reason) if r)) for _, d in rows],
        "interval": [d.interval for _, d in rows],
    }


def furthest_first(result: GroupingResult, key: str, groups: Sequence[int]) -> list[int]:
    """Return groups by the distance of their rate from the median group, furthest first; small ones come last."""
    rates = result.rates[key]
    middle = float(np.nanmedian(rates.value[list(groups)])) if not np.isnan(rates.value[list(groups)]).all() else 0.0

    def rank(g: int) -> tuple[bool, bool, float]:
        unknown = bool(np.isnan(rates.value[g]))
        return bool(result.small[g]), unknown, 0.0 if unknown else -abs(float(rates.value[g]) - middle)

    return sorted(groups, key=rank)


def all_rates(answer: Assessment, result: GroupingResult) -> dict[str, Column]:
    """Return every rate of every group as one long table, everybody last; for a file."""
    rows = [(plain(name), rates[g], key) for g, name in enumerate(result.names) for key, rates in result.rates.items()]
    rows += [("everybody", rates[0], key) for key, rates in answer.overall.rates.items()]
    return {
        "grouping": [plain(result.name)] * len(rows),
        "group": [name for name, _, _ in rows],
        "rate": [key for _, _, key in rows],
        "value": [_finite(estimate.value) for _, estimate, _ in rows],
        "low": [_finite(estimate.low) for _, estimate, _ in rows],
        "high": [_finite(estimate.high) for _, estimate, _ in rows],
        "denominator": [float(estimate.n) for _, estimate, _ in rows],
        "note": [plain(estimate.reason or "", 200) for _, estimate, _ in rows],
    }


def _dots(
    figure: go.Figure, rates: Estimates, rows: Sequence[tuple[int, int]], result: GroupingResult, small: bool,
    shares: bool,
) -> None:
    drawn = [(place, g) for place, g in rows if not np.isnan(rates.value[g])]
    chosen = [g for _, g in drawn]
    value, low, high = (np.asarray(part)[chosen] for part in (rates.value, rates.low, rates.high))
    colour = GREY if small else BLUE
    figure.add_scatter(
        x=value, y=[place for place, _ in drawn], mode="markers",
        name=f"under {result.min_group} rows" if small else "groups",
        marker={"color": CLEAR if small else colour, "size": 8, "line": {"color": colour, "width": 1.5}},
        error_x={"type": "data", "symmetric": False, "array": np.nan_to_num(high - value),
                 "arrayminus": np.nan_to_num(value - low), "thickness": 1.5, "width": 0, "color": colour},
        text=[f"{markup(result.names[g])}<br>{estimate_text(rates[g], shares)}<br>of {rates.n[g]:,.0f} rows"
              for g in chosen],
        hovertemplate="%{text}<extra></extra>",
    )


def _gaps(figure: go.Figure, gaps: Sequence[Disparity], ideal: float, row: int) -> None:
    """Draw disparities with the same ideal one below another, as one series: each of its own takes plotly longer."""
    known = [(place, gap) for place, gap in enumerate(gaps) if not np.isnan(gap.value)]
    axes = {"xref": f"x{row}", "yref": f"y{row}"}
    figure.layout.shapes += tuple(
        {"type": "rect", "x0": ideal, "x1": gap.noise_high, "y0": place - 0.32, "y1": place + 0.32, **axes,
         "fillcolor": BAND, "line": {"width": 1, "color": EDGE}, "layer": "below"}
        for place, gap in known if not np.isnan(gap.noise_high))
    figure.layout.annotations += tuple(
        {"x": ideal, "y": place, **axes, "text": "not estimable", "showarrow": False, "font": {"size": 11},
         "xanchor": "left" if ideal == 0 else "right"}
        for place, gap in enumerate(gaps) if np.isnan(gap.value))
    if not known:
        return
    figure.add_scatter(
        x=[gap.value for _, gap in known], y=[place for place, _ in known], mode="markers", name="",
        marker={"color": BLUE, "size": 9},
        error_x={"type": "data", "symmetric": False, "array": np.nan_to_num([gap.high - gap.value for _, gap in known]),
                 "arrayminus": np.nan_to_num([gap.value - gap.low for _, gap in known]), "thickness": 1.5, "width": 0,
                 "color": BLUE},
        text=[f"{number(gap.value)} ({number(gap.low)} to {number(gap.high)})<br>highest {markup(gap.highest)}, "
              f"lowest {markup(gap.lowest)}" for _, gap in known],
        hovertemplate="%{text}<extra></extra>", row=row, col=1,
    )


def _convention(figure: go.Figure, place: int) -> None:
    """Mark 0.80 on the disparate impact ratio alone; the axis names it for what it is."""
    figure.add_shape(type="line", x0=FOUR_FIFTHS, x1=FOUR_FIFTHS, y0=place - 0.45, y1=place + 0.45,
                     line={"color": GREY, "width": 1.5, "dash": "dot"}, row=2, col=1)


def estimate_text(estimate: Estimate, shares: bool = True) -> str:
    """Return a number with its interval in words; a share as per cent.

    >>> estimate_text(Estimate(0.5, 0.4, 0.6, 100))
    '50.0 % (40.0 to 60.0)'
    """
    if np.isnan(estimate.value):
        return plain(estimate.reason or "not estimable", 200)
    scale, digits, unit = (100, 1, " %") if shares else (1, 3, "")
    words = f"{scale * estimate.value:.{digits}f}{unit}"
    if np.isnan(estimate.low):
        return words
    return f"{words} ({scale * estimate.low:.{digits}f} to {scale * estimate.high:.{digits}f})"


def _scale(rates: Estimates, shown: Sequence[int]) -> dict[str, object]:
    """Return the ends of a rate's axis: what is drawn, never cut."""
    ends = np.concatenate([[np.nan], *(np.asarray(part)[list(shown)] for part in (rates.value, rates.low, rates.high))])
    if np.isnan(ends).all():
        return {"range": [0, 1]}
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    margin = 0.04 * max(high - low, 0.05)
    return {"range": [low - margin, high + margin]}


def _reach(result: GroupingResult, keys: Sequence[str]) -> float:
    ends = [end for key in keys for end in (result.disparities[key].value, result.disparities[key].high,
                                            result.disparities[key].noise_high) if not np.isnan(end)]
    return min(1.02, 1.05 * max(ends, default=1.0)) or 1.0


def _short(key: str) -> str:
    return DISPARITIES[key].name.removesuffix(" difference").removesuffix(" ratio")


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rate_table(result: GroupingResult, rates: Estimates, shown: Sequence[int]) -> dict[str, Column]:
    chosen = list(shown)
    return {
        "group": [plain(result.names[g]) for g in chosen],
        "value": [_finite(rates.value[g]) for g in chosen],
        "low": [_finite(rates.low[g]) for g in chosen],
        "high": [_finite(rates.high[g]) for g in chosen],
        "denominator": [float(rates.n[g]) for g in chosen],
        "note": [plain(rates.reasons[g] or "", 200) for g in chosen],
    }


def _rate_alt(result: GroupingResult, rates: Estimates, name: str, shown: Sequence[int]) -> str:
    parts = [f"{plain(result.names[g], 26)} {percent(float(rates.value[g]))}" for g in shown]
    return f"{name} by group with intervals: " + "; ".join(parts) + "."


def _gap_alt(result: GroupingResult) -> str:
    parts = [f"{DISPARITIES[key].name} {number(result.disparities[key].value)}" for key in DISPARITIES]
    return "Disparities with intervals and noise bands: " + "; ".join(parts) + "."
