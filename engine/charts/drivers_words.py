"""What carries a gap, who would flip and how two decisions compare, in sentences of escaped Markdown; no verdict."""

from __future__ import annotations

from math import isnan

from engine.charts.drivers_flip import SMALL, small
from engine.charts.drivers_second import apart
from engine.charts.theme import number, percent
from engine.drivers import DriversResult, Flips, SecondResult
from engine.metrics import RATES
from engine.text import markdown
from engine.types import Estimate

NAME = 40       # characters of a group, a feature or a score
FEATURES = 3    # told in words
PAIRS = 4       # groups with another value, told in words
GAPS = ("selection_rate", "true_positive_rate", "false_positive_rate")


def interval(found: Estimate, digits: int = 3, sign: float = 1.0) -> str:
    """Return a number with its interval, or the reason why there is none; `sign` turns it around.

    >>> interval(Estimate(-0.2, -0.3, -0.1), sign=-1), interval(Estimate(0.2, reason="one row"))
    ('0.200 (0.100 to 0.300)', '0.200 (one row)')
    """
    if isnan(found.value):
        return markdown(found.reason or "not estimable", 160)
    value = number(sign * found.value, digits).replace("-", "−")
    if isnan(found.low) or isnan(found.high):
        return f"{value} ({markdown(found.reason or 'no interval', 120)})"
    low, high = sorted((sign * found.low, sign * found.high))
    ends = f"{number(low, digits)} to {number(high, digits)}".replace("-", "−")
    return f"{value} ({ends})"


def share(found: Estimate, digits: int = 2) -> str:
    """Return a share with its interval as per cent, or the reason why there is none.

    >>> share(Estimate(0.02, 0.0179, 0.0223)).replace("\u00a0", " ")
    '2.00 % (1.79 to 2.23 %)'
    """
    if isnan(found.value):
        return markdown(found.reason or "not estimable", 160)
    value, high = (percent(end, digits).replace(" ", "\u00a0") for end in (found.value, found.high))
    if isnan(found.low) or isnan(found.high):
        return f"{value} ({markdown(found.reason or 'no interval', 120)})"
    return f"{value} ({100 * found.low:.{digits}f} to {high})"


def gap_told(result: DriversResult) -> list[str]:
    """Return the gap between the two groups and the features that carry most of it, in sentences."""
    found, units = result.found, result.explained.units
    a, b = (markdown(name, NAME) for name in result.request.groups)
    if isnan(found.gap.value):
        return [f"{markdown(found.gap.reason, 160)}."]
    what = "the mean imitated score" if result.of == "surrogate" else "the mean score of the model trained here"
    sign, way = (1.0, "higher") if found.gap.value >= 0 else (-1.0, "lower")
    clear = isnan(found.gap.low) or found.gap.low > 0 or found.gap.high < 0
    said = (f"Among **{a}** {what} is **{interval(found.gap, 3, sign)}** {way} than among **{b}**, in units of {units}."
            if clear else f"Between **{a}** and **{b}** {what} is not clearly different: {way} by "
                          f"{interval(found.gap, 3, sign)} among the first, in units of {units}; chance alone could "
                          "make that.")
    return [said, *([_carried(result, sign)] if found.names else []), _score_gap(result, a, b)]


def _carried(result: DriversResult, sign: float) -> str:
    """Say which features add most, towards the gap or against it, and what the rest comes to."""
    found = result.found
    told, rest = found.order[:FEATURES], found.order[FEATURES:]
    parts = []
    for k in map(int, told):
        part = found.contributions[k]
        way, turned = ("widens", sign) if part.value * sign >= 0 else ("narrows", -sign)
        parts.append(f"**{markdown(found.names[k], NAME)}** {way} it by {interval(part, 3, turned)}")
    said = "; ".join(parts)
    left = sign * (float(found.contributions.value[rest].sum()) + found.between.value)
    others = ([f"the {len(rest)} other features" if len(rest) > 1 else "the other feature"] if len(rest) else [])
    others += ["differences between the folds' models"] if found.between.value else []
    tail = f"; {' and '.join(others)} {'widen' if left >= 0 else 'narrow'} it by {number(abs(left))}" if others else ""
    return f"What carries most: {said}{tail}. Together they are the gap."


def _score_gap(result: DriversResult, a: str, b: str) -> str:
    of = "The score itself" if result.of == "surrogate" else "As probability, the score"
    return f"{of} differs by {interval(result.score_gap)}, {a} minus {b}, over all {result.rows:,} rows of both."


def surrogate_told(result: DriversResult) -> str | None:
    """Return how well the surrogate imitates the score, in a sentence; None where no surrogate is explained."""
    if result.surrogate_r2 is None:
        return None
    return (f"A surrogate is explained, not the score itself: on rows it was not fitted on it explains "
            f"**R² {interval(result.surrogate_r2)}** of the score's variance ({result.surrogate_r2.n:,.0f} rows). What "
            "it does not imitate is not in the bars.")


def rows_told(result: DriversResult) -> str:
    """Return which rows were explained, how, and what the intervals are."""
    a, b = (markdown(name, NAME) for name in result.request.groups)
    rows = result.found.rows
    of = "all" if sum(rows) == result.rows else f"a sample of {sum(rows):,}, as many of each where there are, of"
    return (f"Explained: {rows[0]:,} rows of {a} and {rows[1]:,} of {b}, {of} {result.rows:,} rows of both. "
            f"Model: {markdown(result.model, 80)}, explained by {markdown(result.explained.explainer, 80)}. Intervals "
            f"at {100 * result.request.level:g} %, of the rows, not of another training run.")


def flips_told(found: Flips) -> str:
    """Return how many rows flip, in a sentence."""
    others = len(found.values) - 1
    which = f": for at least one of the {others} other values" if others > 1 else ""
    return (f"Of {found.flipped.n:,.0f} rows, **{share(found.flipped)}** would be decided otherwise if only the "
            f"recorded **{markdown(found.attribute, NAME)}** were another{which}.")


def flip_meaning(found: Flips) -> str:
    """Return what the share by group counts, in sentences; that groups are small where some are."""
    others = len(found.values) - 1
    which = f"at least one of the {others} other values" if others > 1 else "the other value"
    few = any(0 < n < SMALL for n in found.by_group.n)
    return (f"Flip: decided otherwise under {which} of {markdown(found.attribute, NAME)}."
            + (f" Small: fewer than {SMALL} rows, where a share is mostly chance." if few else ""))


def directions_told(found: Flips) -> list[str]:
    """Return who would gain and lose by being recorded as what; the `PAIRS` largest, small groups last."""
    pairs = [(gain.value + loss.value, g, other, gain, loss) for g in range(len(found.values))
             for v, other in enumerate(found.values) if g != v
             for gain, loss in ((found.gaining[g][v], found.losing[g][v]),) if not isnan(gain.value)]
    told = sorted(pairs, key=lambda pair: (pair[3].n < SMALL, -pair[0]))[:PAIRS]
    return [f"**{markdown(found.values[g], NAME)}**{small(found, g)} recorded as **{markdown(other, NAME)}**: "
            f"{share(gain)} would gain the favourable decision, {share(loss)} would lose it, of {gain.n:,.0f} rows."
            for _, g, other, gain, loss in told]


def second_told(result: SecondResult) -> list[str]:
    """Return the gaps of both decisions and their paired difference, in sentences; those that can be estimated."""
    a, b = (markdown(name, NAME) for name in result.request.groups)
    first, second = (markdown(name) for name in apart(result, NAME))
    lines = []
    for key in GAPS:
        gap = result.gaps[key]
        if isnan(gap.first.value + gap.second.value):
            continue
        found, chance = gap.difference, ""
        if not isnan(found.low):
            inside = found.low <= 0 <= found.high
            chance = ", which chance alone could make" if inside else ", more than chance alone makes"
        lines.append(f"**{RATES[key].name.capitalize()}**, {a} minus {b}: {interval(gap.first)} by {first}, "
                     f"{interval(gap.second)} by {second}; on the same people they differ by **{interval(found)}**"
                     f"{chance} ({found.n:,.0f} rows).")
    return [*lines, _differing(result)]


def _differing(result: SecondResult) -> str:
    """Say how many rows of both groups are decided differently."""
    found = result.overturns
    parts = [(name, found.differing[found.groups.names.index(name)]) for name in result.request.groups]
    said = " and ".join(f"{share(part, 1)} of {part.n:,.0f} {markdown(name, NAME)} rows" for name, part in parts)
    return f"The two decide {said} differently."
