"""A point of a frontier in words: its thresholds, its price, who is affected; for hover, table and page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.charts.theme import badge, number
from engine.frontier import Point
from engine.frontier.effects import Effects
from engine.frontier.utility import UTILITIES
from engine.metrics import DISPARITIES
from engine.policy import Mix, Policy, PolicyKind
from engine.text import markup, plain
from engine.thresholds.changes import OUTCOMES

KIND_NAMES: dict[PolicyKind, str] = {
    "common": "one threshold for all", "deterministic": "a threshold per group", "randomised": "per group, with lots",
}
LISTED = 4           # groups in a hover
STEP = 0.01          # of a disparity, that a price is said for


def mixture(mix: Mix) -> str:
    """Return a group's thresholds in words.

    >>> mixture(((0.5, 1.0),)), mixture(((0.5, 0.25), (float("inf"), 0.75)))
    ('≥ 0.5', '≥ 0.5 (25 %) or nobody (75 %)')
    """
    if len(mix) == 1:
        return _at_least(mix[0][0])
    return " or ".join(f"{_at_least(threshold)} ({100 * chance:.3g} %)" for threshold, chance in mix)


def thresholds(policy: Policy, names: Sequence[str], escape: Callable[[object], str] = plain) -> list[str]:
    """Return the thresholds of each group in words, names made safe for their sink; or that of everybody."""
    if policy.kind == "common":
        return [f"everybody {mixture(policy.mix(''))}"]
    return [f"{badge(g)} {escape(plain(name, 26))} {mixture(policy.mix(name))}" for g, name in enumerate(names)]


def price(point: Point, utility: str) -> str:
    """Return what a step nearer to equal rates costs at a point."""
    if np.isnan(point.price):
        return f"no price of a step: {(point.price_reason or 'not defined').removeprefix('not defined: ')}"
    lost = point.price * STEP
    amount = f"{100 * lost:.3g} points of" if utility in ("accuracy", "balanced_accuracy") else f"{lost:.3g} of"
    return f"{STEP:g} nearer to equal groups costs {amount} {UTILITIES[utility].name}"


def hover(
    point: Point, effect: Effects | None, names: Sequence[str], disparity: str, value: str, utility: str
) -> str:
    """Return what a point says when it is pointed at; text of a file is escaped."""
    lines = [f"<b>{KIND_NAMES[point.kind]}</b>",
             f"{utility} {value}, {DISPARITIES[disparity].name} {number(point.disparity)}", "(found here: optimistic)"]
    if point.policy is not None:
        listed = thresholds(point.policy, names, markup)
        lines += listed[:LISTED] + _more(len(listed))
    key = next((key for key, row in UTILITIES.items() if row.name == utility), "")
    lines.append(price(point, key))
    if effect is not None:
        lines += affected(effect, names)
    return "<br>".join(lines)


def affected(effect: Effects, names: Sequence[str]) -> list[str]:
    """Return who is affected against the policy in use, most affected groups first, as escaped lines."""
    gained, lost = effect.changes.newly_selected, effect.changes.newly_rejected
    if not gained.any() and not lost.any():
        return ["against the policy in use: nobody changes sides"]
    order = np.argsort(-(gained + lost).sum(axis=1), kind="stable")
    moved = [int(g) for g in order if gained[g].any() or lost[g].any()]
    lines = ["against the policy in use (+ newly selected, − newly rejected):"]
    lines += [f"{badge(g)} {markup(plain(names[g], 26))}: {_persons(gained[g], lost[g])}" for g in moved[:LISTED]]
    lines += _more(len(moved))
    worse = [f"{badge(g)} {markup(plain(names[g], 26))}" for g in np.flatnonzero(effect.worse).tolist()]
    return lines + ([f"levelling down: only worse for {', '.join(worse[:LISTED])}"] if worse else [])


def row(
    point: Point, effect: Effects | None, names: Sequence[str], disparity: str, utility: str
) -> dict[str, str | float | None]:
    """Return a point as one row of a table; text in it is plain."""
    cells: dict[str, str | float | None] = {
        "thresholds": KIND_NAMES[point.kind], f"{DISPARITIES[disparity].name} (found here)": _finite(point.disparity),
        f"{UTILITIES[utility].name} (found here)": _finite(point.utility),
        "price per unit of disparity": _finite(point.price),
        "by group": "; ".join(thresholds(point.policy, names)) if point.policy is not None else "",
    }
    if effect is not None:
        cells["newly selected"] = float(effect.changes.newly_selected.sum())
        cells["newly rejected"] = float(effect.changes.newly_rejected.sum())
        cells["only worse for"] = ", ".join(plain(names[g], 40) for g in np.flatnonzero(effect.worse).tolist())
    return cells


def _persons(gained: np.ndarray, lost: np.ndarray) -> str:
    parts = [f"{sign}{counts[slot]:,.0f} {outcome}" for sign, counts in (("+", gained), ("−", lost))
             for slot, outcome in enumerate(OUTCOMES) if counts[slot] >= 0.5]
    return ", ".join(parts) or "fewer than one expected"


def _more(count: int) -> list[str]:
    return [f"and {count - LISTED} more groups"] if count > LISTED else []


def _at_least(threshold: float) -> str:
    if np.isinf(threshold):
        return "nobody" if threshold > 0 else "everybody"
    return f"≥ {threshold:.4g}"


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
