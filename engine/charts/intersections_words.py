"""The diagnosis and the points of a path in sentences and in the few words that fit a chart."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np

from engine.charts.theme import number, percent
from engine.dependence.diagnosis import Compared, Contrast, Diagnosis, Gap
from engine.dependence.request import PENALTIES
from engine.dependence.result import Path, PathPoint
from engine.text import markdown
from engine.types import Estimate, Floats

NAME = 40            # characters of a group's name
BELOW = {
    "cc": " “Only in combination” below 0 is no error: the root in the distance over all attributes compresses, so "
          "that together they can count less than their sum (see Definitions).",
    "joint": " “Only in combination” below 0 is no error: the bias-corrected estimate scatters around 0 where "
             "combinations add nothing.",
}
MARKERS = {"meets_target": "meets the target", "knee": "knee", "inside_null": "inside the null band"}
MEANING = {
    "meets_target": "meets the target: the least strength whose divergence is no larger than the target set",
    "knee": "knee: after it, less divergence costs more loss",
    "inside_null": "inside the null band: the least strength whose divergence is no larger than chance alone gives",
}
UNPENALISED = "unpenalised"
ONE_NUMBER = "all predictions one number"


def decimals(values: Floats) -> int:
    """Return the decimals, one or more, that give the largest of some numbers three digits, for all of a table.

    >>> decimals(np.array([0.05864, 137.3])), decimals(np.array([0.2, np.nan]))
    (1, 3)
    """
    largest = float(np.max(np.abs(values), where=np.isfinite(values), initial=0.0))
    return int(np.clip(2 - np.floor(np.log10(largest)), 1, 6)) if largest > 0 else 1


def value(amount: float, share: bool, digits: int | None = None) -> str:
    """Return a cell's number in words: a share as per cent.

    >>> value(0.4485, True), value(12.3456, False), value(float("nan"), False)
    ('44.9 %', '12.35', 'not estimable')
    """
    if share or amount != amount:
        return percent(amount)
    return f"{amount:.4g}" if digits is None else f"{amount:,.{digits}f}"


def between(found: Estimate, share: bool, digits: int | None = None) -> str:
    """Return a number with its interval, or the reason why there is none; with four digits unless decimals are given.

    >>> between(Estimate(0.2, 0.1, 0.3), True)
    '20.0 % (10.0 % to 30.0 %)'
    """
    if isnan(found.value):
        return found.reason or "not estimable"
    if isnan(found.low) or isnan(found.high):
        return f"{value(found.value, share, digits)} ({found.reason or 'no interval'})"
    low, high = (value(end, share, digits) for end in (found.low, found.high))
    return f"{value(found.value, share, digits)} ({low} to {high})"


def gap(found: Gap, share: bool) -> str:
    """Return a gap in words as escaped Markdown: its size, bounds, ends, and what chance alone makes."""
    if isnan(found.estimate.value):
        return f"{markdown(found.grouping)}: {markdown(found.estimate.reason, 120)}"
    return (f"**{value(found.estimate.value, share)}** ({value(found.estimate.low, share)} to "
            f"{value(found.estimate.high, share)}; chance alone {value(found.noise_high, share)}), from "
            f"{markdown(found.lowest, NAME)} to {markdown(found.highest, NAME)}")


def told(found: Compared, what: str, share: bool) -> list[str]:
    """Return the diagnosis in sentences of escaped Markdown: single attributes against combinations, and persons.

    Parameters
    ----------
    what
        What is compared, in words, escaped: ``"mean of score"``.
    share
        Whether the numbers are shares.
    """
    known = [each for each in found.marginal if not isnan(each.estimate.value)]
    lines = []
    if known:
        most = max(known, key=lambda each: each.estimate.value)
        lines.append(f"**One attribute at a time**, the {what} differs most by {markdown(most.grouping)}: "
                     f"{gap(most, share)}.")
    whole = found.intersectional
    if len(found.marginal) < 2:
        lines.append("There is one attribute only, so there are no combinations to compare.")
    elif isnan(whole.estimate.value):
        lines.append(f"**Combinations**: {markdown(whole.estimate.reason, 160)}.")
    else:
        compared = len(found.cells) - len(found.left_out)
        lines.append(f"**Over {compared} combinations** it differs by {gap(whole, share)}{_times(known, whole)}.")
    return [*lines, _persons(found)]


def _times(known: list[Gap], whole: Gap) -> str:
    largest = max((each.estimate.value for each in known), default=0.0)
    return f": {whole.estimate.value / largest:.2g} times the largest gap of one attribute" if largest > 0 else ""


def _persons(found: Compared) -> str:
    small = float(sum(found.estimates.n[g] for g, name in enumerate(found.cells.names)
                      if name in dict(found.left_out)))
    words = f"{found.rows:,} persons looked at"
    ends = [(found.intersectional.lowest, "lowest"), (found.intersectional.highest, "highest")]
    sizes = [f"{found.estimates.n[found.cells.names.index(name)]:,.0f} in the {which}" for name, which in ends if name]
    words += f", {' and '.join(sizes)} combination" if sizes and len(found.marginal) > 1 else ""
    if found.left_out:
        words += (f"; {small:,.0f} persons in {len(found.left_out)} small groups are not compared")
    return words + (f"; {found.unscored:,} have no value." if found.unscored else ".")


def dependence(found: Diagnosis, penalty: str, shuffles: int = 0) -> str:
    """Return in sentences of escaped Markdown how large the dependence is, whether chance does it, where it lies.

    Parameters
    ----------
    shuffles
        How many gave the p-value, to say where it is the smallest that so many can give; 0 where not known.
    """
    name = PENALTIES[penalty]
    p = found.dependence_p_value
    chance = "its p-value is not defined" if isnan(p) else (
        f"{_p_value(p, shuffles)}; 95 % of shuffled values stay under {amount(found.dependence_noise)}")
    parts = [f"{markdown(attribute, NAME)} alone {amount(term)}" for attribute, term in found.terms.items()]
    if len(found.terms) > 1:
        parts.append(f"only in combination {amount(found.interaction)}")
    error = f" Relative error of the landmarks about {found.error:.1g}." if found.error else ""
    said = (f"Dependence on all of them together ({name}², {found.estimator}): **{amount(found.dependence)}** "
            f"({chance}). Of it, {'; '.join(parts)}.{error}")
    below = BELOW.get(penalty, "") if len(found.terms) > 1 and found.interaction < 0 else ""
    parts_only = (" The parts have neither interval nor chance value: a shuffle moves all attributes at once."
                  if len(found.terms) > 1 else "")
    return said + parts_only + below


def amount(value: float) -> str:
    """Return three significant digits, written out down to a millionth, with a real minus.

    >>> amount(7.894e-05), amount(-0.000152), amount(1.5)
    ('0.0000789', '−0.000152', '1.5')
    """
    said = f"{value:.3g}"
    if "e-0" in said and abs(value) >= 1e-6:
        said = np.format_float_positional(value, 3, unique=False, fractional=False, trim="-")
    return said.replace("-", "−", 1) if value < 0 else said


def _p_value(p: float, shuffles: int) -> str:
    floor = 1 / (1 + shuffles)
    if shuffles and p <= floor * (1 + 1e-9):
        return f"p at most {floor:.2g}, the smallest that {shuffles} shuffles can give"
    return f"p {p:.3f}"


def units(compared: Sequence[str], numbers: Sequence[str]) -> str:
    """Return why gaps and parts of the dependence differ for attributes taken as numbers, as escaped Markdown; or "".

    Parameters
    ----------
    compared
        Attributes whose groups are compared.
    numbers
        Those that enter the dependence by their own values.
    """
    both = [markdown(name, NAME) for name in numbers if name in compared]
    if not both:
        return ""
    said, kind = " and ".join(both), "a number" if len(both) == 1 else "numbers"
    return (f" The gaps above compare groups (bands of {said}); the dependence takes {said} as {kind}, and is squared, "
            "so the two need not name the same attribute first.")


def sure(contrast: Contrast) -> bool:
    """Return whether a cell's simultaneous bounds leave out 0."""
    return contrast.difference.low > 0 or contrast.difference.high < 0


def kappa(point: PathPoint) -> str:
    """Return a point's strength for a button or an axis.

    >>> from types import SimpleNamespace as Point
    >>> kappa(Point(kappa=0.3)), kappa(Point(kappa=None))
    ('κ 0.3', 'no κ')
    """
    return "no κ" if point.kappa is None else f"κ {point.kappa:.3g}"


def name(point: PathPoint) -> str:
    """Return a model's name with its strength."""
    if point.strength == 0:
        return UNPENALISED
    return point.name if point.kappa is None else f"{point.name}, {kappa(point)}"


def marks(path: Path) -> dict[int, str]:
    """Return what is marked on the path, by the point's position; several words for one point are joined."""
    found: dict[int, list[str]] = {}
    for key, words in MARKERS.items():
        place = getattr(path.markers, key)
        if place is not None:
            found.setdefault(place, []).append(words)
    return {place: ", ".join(words) for place, words in found.items()}


def listed(path: Path, place: int) -> str:
    """Return a point's name in the list of points: its strength, what is marked there, and whether it ranks nobody."""
    point, marked = path.points[place], marks(path).get(place)
    said = ", ".join(filter(None, (marked, ONE_NUMBER if point.collapsed else None)))
    return kappa(point) + (f" ({said})" if said else "")


def meanings(path: Path) -> str:
    """Return what the marks on this path mean, in a sentence; "" where nothing is marked."""
    said = [words for key, words in MEANING.items() if getattr(path.markers, key) is not None]
    return f"{'; '.join(said)}. Chosen on the validation rows." if said else ""


def arrived(point: PathPoint) -> str:
    """Return what a model that was just fitted does on the validation rows."""
    seen = point.validation
    return (f"{name(point)}: loss {number(seen.loss.value, 4)}, divergence {seen.jsd:.3g} "
            f"(chance {seen.jsd_null_high:.3g})" + (f", {ONE_NUMBER}" if point.collapsed else ""))


def suggested(path: Path) -> int:
    """Return the point that is looked at first: a marked one, else the strongest that still tells persons apart."""
    for key in MARKERS:
        place = getattr(path.markers, key)
        if place is not None:
            return int(place)
    alive = [k for k, point in enumerate(path.points) if not point.collapsed]
    return int(max(alive or [0], key=lambda k: path.points[k].strength or 0.0))


def finite(amount: float) -> float | None:
    """Return a number for a table; None where it is not defined."""
    return float(amount) if np.isfinite(amount) else None
