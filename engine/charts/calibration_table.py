"""Every measure of every group as columns: for the table on the page, shortened, and for the file, all of it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from engine.calibration.results import Banded, Calibration, GroupCalibration, GroupingCalibration, Statistic
from engine.charts.calibration import FEWEST, signed
from engine.charts.calibration_words import banded, probability
from engine.charts.theme import Column, badge
from engine.text import markdown, plain
from engine.types import Estimate

Cells = dict[str, list[str]]
Cell = Callable[[GroupCalibration, int], str]     # of a group, and the number of groups compared
MAIN, MORE = "main", "more"
TESTS = ("ECCE-R / σ", "Spiegelhalter z")         # columns that small groups have no p in


def table(found: GroupingCalibration, rows: list[int], view: str) -> Cells:
    """Return the groups as cells of Markdown: the measures asked for first, or the others."""
    columns = _MAIN if view == MAIN else _MORE
    shown: Cells = {"Group": [_name(found, g) for g in rows], "Rows": [f"{found.measured[g].n:,}" for g in rows]}
    count = sum(not small for small in found.small)   # as the engine counts tests
    for heading, cell in columns.items():
        shown[heading] = [_grey(_untested(found, g) if heading in TESTS and found.small[g]
                                else cell(found.measured[g], count), found, g) for g in rows]
    return shown


def everything(answer: Calibration, found: GroupingCalibration) -> dict[str, Column]:
    """Return every measure of every group and of everybody, one row each, for a file."""
    groups = [*found.measured, answer.overall]
    names = [*(plain(name) for name in found.names), "everybody"]
    lines = [_flat(group) for group in groups]
    return {"group": names, **{key: [line[key] for line in lines] for key in lines[0]}}


def _flat(group: GroupCalibration) -> dict[str, float | None]:
    plainly = ("n", "base_rate", "mean_score", "cut", "residual_high", "residual_low", "ece2", "corrected_l2", "brier",
               "dsc", "unc", "log_loss", "clipped")
    line: dict[str, float | None] = {key: _finite(float(getattr(group, key))) for key in plainly}
    for key in ("balance", "calibration_in_the_large", "slope", "intercept"):
        estimate: Estimate = getattr(group, key)
        line |= {key: _finite(estimate.value), f"{key}_low": _finite(estimate.low), f"{key}_high": _finite(
            estimate.high)}
    for key in ("balance_null", "ecce_mad", "ecce_r", "spiegelhalter"):
        statistic: Statistic = getattr(group, key)
        line |= {key: _finite(statistic.value), f"{key}_sigma": _finite(statistic.sigma),
                 f"{key}_p_value": _finite(statistic.p_value)}
    for key in ("ece", "ece_mass", "mce", "mcb", "smooth_ece"):
        measure: Banded = getattr(group, key)
        line |= {key: _finite(measure.value), f"{key}_calibrated_mean": _finite(measure.noise_mean),
                 f"{key}_calibrated_high": _finite(measure.noise_high)}
    worst = group.curve.worst
    line |= {"over_confident": _finite(group.regions.under), "under_confident": _finite(group.regions.over),
             "worst_range_from": None if worst is None else worst.low,
             "worst_range_to": None if worst is None else worst.high,
             "worst_range_rows": None if worst is None else float(worst.rows),
             "errors_offset": float(group.cancellation.raised)}
    return line


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _name(found: GroupingCalibration, g: int) -> str:
    group = found.measured[g]
    flag = "  \n:orange-badge[errors offset]" if group.cancellation.raised and not found.small[g] else ""
    name = f"**{badge(g)}** {markdown(group.name, 40)}"
    return _grey(f"{name} (small)", found, g) if found.small[g] else name + flag


def _grey(words: str, found: GroupingCalibration, g: int) -> str:
    return f":gray[{words}]" if found.small[g] else words


def _together(words: str) -> str:
    """Return words that stay on one line: a table on a phone would break them one by one."""
    return words.replace(" ", "\u00a0")


def _nothing(group: GroupCalibration) -> str | None:
    """Return why a group's numbers are not shown: too few rows."""
    return f":small[fewer than {FEWEST} rows]" if group.n < FEWEST else None


def _estimate(estimate: Estimate, digits: int = 3, sign: bool = True) -> str:
    if math.isnan(estimate.value):
        return f":small[{markdown(estimate.reason or 'not estimable', 120)}]"
    words = [signed(x, digits) if sign else f"{x:.{digits}f}".replace("-", "−")
             for x in (estimate.value, estimate.low, estimate.high)]
    if math.isnan(estimate.low):
        return f"**{words[0]}** :small[{markdown(estimate.reason or 'no interval', 120)}]"
    return f"**{words[0]}** :small[{words[1]} to {words[2]}]".replace(" to ", "\u00a0to\u00a0")


def _untested(found: GroupingCalibration, g: int) -> str:
    return _nothing(found.measured[g]) or f":small[no test: fewer than {found.min_group:,} rows]"


def _share(group: GroupCalibration, value: float) -> str:
    return _nothing(group) or f"{100 * value:.1f}\u00a0%"


def _drift(group: GroupCalibration, count: int) -> str:
    found = group.ecce_r
    if math.isnan(found.p_value):
        return _nothing(group) or f":small[{markdown(found.reason or 'not estimable', 120)}]"
    both = min(1.0, found.p_value * max(count, 1))
    return _nothing(group) or (f"**{found.scaled:.2f}** :small[{_together(f'p {probability(found.p_value)},')} "
                               f"{_together(f'Bonferroni {probability(both)}')}]")


def _brier(group: GroupCalibration, _: int) -> str:
    if math.isnan(group.dsc) or math.isnan(group.mcb.value):
        return _nothing(group) or f"**{group.brier:.4f}** :small[one outcome only: not split]"
    split = _together(f"= {group.mcb.value:.4f} − {group.dsc:.4f} + {group.unc:.4f}")
    return _nothing(group) or f"**{group.brier:.4f}** :small[{split}]"


def _band(found: Banded, group: GroupCalibration) -> str:
    if math.isnan(found.value):
        return _nothing(group) or f":small[{markdown(banded(found), 120)}]"
    head, _, rest = banded(found).partition(" (")
    pieces = [_together(markdown(piece, 120)) for piece in f"({rest}".split(", ")] if found.noise_reason is None else [
        markdown(f"({rest}", 160)]
    return _nothing(group) or f"**{head}** :small[{', '.join(pieces)}]"


def _test(found: Statistic, group: GroupCalibration) -> str:
    if np.isnan(found.p_value):
        return _nothing(group) or f":small[{markdown(found.reason or 'not estimable', 120)}]"
    return _nothing(group) or f"**{signed(found.value, 2)}** :small[{_together(f'p {probability(found.p_value)}')}]"


def _squared(group: GroupCalibration, _: int) -> str:
    reason = group.reasons.get("corrected_l2")
    return _nothing(group) or (f":small[{markdown(reason, 120)}]" if reason else signed(group.corrected_l2, 5))


def _loss(group: GroupCalibration, _: int) -> str:
    clipped = f" :small[{group.clipped:,} rows moved off 0 or 1]" if group.clipped else ""
    return _nothing(group) or f"{group.log_loss:.4f}{clipped}"


_MAIN: dict[str, Cell] = {
    "Base rate": lambda group, _: _share(group, group.base_rate),
    "Mean score": lambda group, _: _share(group, group.mean_score),
    "In the large": lambda group, _: _nothing(group) or _estimate(group.calibration_in_the_large),
    "Balance": lambda group, _: _nothing(group) or _estimate(group.balance),
    "ECCE-R / σ": _drift,
    "Brier = MCB − DSC + UNC": _brier,
    "ECE": lambda group, _: _band(group.ece, group),
}
_MORE: dict[str, Cell] = {
    "ECE, equal mass": lambda group, _: _band(group.ece_mass, group),
    "Smooth ECE": lambda group, _: _band(group.smooth_ece, group),
    "MCE": lambda group, _: _band(group.mce, group),
    "MCB": lambda group, _: _band(group.mcb, group),
    "Corrected L2": _squared,
    "Log loss": _loss,
    "Spiegelhalter z": lambda group, _: _test(group.spiegelhalter, group),
    "Slope": lambda group, _: _nothing(group) or _estimate(group.slope, 2, False),
    "Intercept": lambda group, _: _nothing(group) or _estimate(group.intercept, 2),
}
