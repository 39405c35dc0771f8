"""What the calibration of a score says, in sentences: numbers with intervals and persons, and no verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.calibration.results import Banded, Equality, GroupCalibration, GroupingCalibration, Multicalibration
from engine.charts.calibration import FEWEST, SMALL, by_surprise, signed
from engine.charts.theme import badge
from engine.text import markdown, plain
from engine.types import Estimate

ASIDE = 0.02       # share of rows up to which one side of the cut counts as practically empty; a convention
SENTENCES = 6      # groups that get a sentence of their own


def told(found: GroupingCalibration) -> list[int]:
    """Return the groups that get a sentence: all, or some whose scores are clearly off, most beyond chance first."""
    kept = _kept(found)
    if len(kept) <= SENTENCES:
        return kept
    sure = [g for g in kept if not found.small[g]] or kept
    order = [g for g in by_surprise(found.measured, found.min_group) if g in sure]
    return ([g for g in order if _clear(found.measured[g])] or order[:1])[:SENTENCES]


def told_rule(found: GroupingCalibration) -> str | None:
    """Return by which rule some groups get a sentence, and in which order; None where each of `FEWEST` rows has one."""
    first = told(found)
    if len(first) == len(_kept(found)):
        return None
    if not _clear(found.measured[first[0]]):
        return "In no group are scores clearly too high or too low on average; the group that comes nearest to it:"
    which = "Groups" if len(first) < SENTENCES else f"{SENTENCES} groups"
    return f"{which} whose scores are clearly too high or too low on average, those most beyond chance first:"


def _kept(found: GroupingCalibration) -> list[int]:
    return [g for g, group in enumerate(found.measured) if group.n >= FEWEST]


def _clear(group: GroupCalibration) -> bool:
    """Return whether the interval of a group's calibration-in-the-large leaves out 0."""
    return group.calibration_in_the_large.low > 0 or group.calibration_in_the_large.high < 0


def group_sentence(group: GroupCalibration, place: int, least: int = SMALL) -> str:
    """Return one group in a sentence of Markdown: scores against outcomes, then confidence.

    A group under `least` rows gets its means alone: what they differ by is left to the table, with its interval.
    """
    head = f"**{badge(place)} {markdown(group.name, 40)}**, {counted(group.n, 'person')}:"
    mean = f"mean score {100 * group.mean_score:.1f} %, base rate {100 * group.base_rate:.1f} %"
    if group.n < least:
        return f"{head} too few persons to say much (fewer than {least:,}): {mean}.".replace(" %", "\u00a0%")
    return f"{head} {_level(group.calibration_in_the_large)}: {mean}. {_confidence(group)}".replace(" %", "\u00a0%")


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return how many of something there are.

    >>> counted(1, "group"), counted(1200, "group")
    ('1 group', '1,200 groups')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _level(large: Estimate) -> str:
    """Say whether scores are too high or too low on average, in points of a hundred."""
    points, ends = 100 * abs(large.value), sorted(100 * abs(end) for end in (large.low, large.high))
    if np.isnan(large.low):
        return f"outcome − score {signed(100 * large.value, 1)} points of 100 on average ({plain(large.reason, 120)})"
    if large.low <= 0 <= large.high:
        value, low, high = (signed(100 * each, 1) for each in (large.value, large.low, large.high))
        return f"scores neither clearly too high nor too low on average "\
               f"(outcome − score {value} points of 100, {low} to {high})"
    way = "high" if large.value < 0 else "low"
    return f"scores are too {way} by **{points:.1f} points** of 100 on average ({ends[0]:.1f} to {ends[1]:.1f})"


def _confidence(group: GroupCalibration) -> str:
    """Say whether the model is over- or under-confident at the cut."""
    balance = group.balance
    value = f"Balance {signed(balance.value)}"
    if np.isnan(balance.low):
        return f"{value} ({plain(balance.reason, 120)})."
    span = f"({signed(balance.low)} to {signed(balance.high)}, cut {group.cut:.3g})"
    if balance.low <= 0 <= balance.high:
        return f"Neither clearly over- nor under-confident: {value} {span}."
    return f"{'Over' if balance.value < 0 else 'Under'}-confident: {value} {span}."


def one_sided(found: GroupingCalibration, mean: float) -> str | None:
    """Return that Balance says nothing of its own, where practically no score lies on one side of the cut; else None.

    `mean` is everybody's mean score, near which a cut would part the scores.
    """
    sized = [group for group, small in zip(found.measured, found.small, strict=True) if not small]
    above = np.array([int(group.regions.rows[group.regions.low >= group.cut].sum()) for group in sized])
    rows = np.array([group.n for group in sized])
    high = bool(len(rows)) and bool((above >= (1 - ASIDE) * rows).all())
    if not high and not (len(rows) and (above <= ASIDE * rows).all()):
        return None
    aside = int((rows - above).sum() if high else above.sum())
    which = f"All but {aside:,} of {rows.sum():,} scores" if aside else f"All {rows.sum():,} scores"
    side, turned = ("at or above", "") if high else ("below", " with the sign turned")
    return (f"{which} lie {side} the cut, so in every group Balance practically equals "
            f"calibration-in-the-large{turned} and tells nothing more. Another cut does: set a threshold amid "
            f"the scores (their mean is {mean:.3g}) on the threshold page and cut Balance at “the threshold in force”.")


def raised(found: GroupingCalibration) -> list[int]:
    """Return the groups of the minimum size whose errors are flagged as offsetting each other."""
    return [g for g, group in enumerate(found.measured) if group.cancellation.raised and not found.small[g]]


def cancelling(found: GroupingCalibration, most: int | None = None) -> list[str]:
    """Return, as Markdown, what the cancellation flag says: a line per group where it is raised, or one for none.

    Beyond `most` groups the others are named in one line.
    """
    flagged = raised(found)
    if not flagged:
        looked = sum(not small for small in found.small)
        return ["Errors that offset each other: not flagged in any of the " + counted(looked, "group")
                + f" of {found.min_group} rows or more."]
    told = flagged[:most]
    lines = [f"Errors that offset each other, in **{badge(g)} {markdown(found.names[g], 40)}**: "
             f"{markdown(found.measured[g].cancellation.sentence, 300)}" for g in told]
    others = ", ".join(f"{badge(g)} {markdown(found.names[g], 30)}" for g in flagged[len(told):])
    return lines + ([f"Flagged too, with their score ranges below: {others}."] if others else [])


def equality_sentence(found: Equality) -> str:
    """Return the Q test of equal Balance in words."""
    if found.reason is not None:
        return f"Equal Balance in all groups: {plain(found.reason, 200)}."
    return (f"If Balance were the same in all groups, chance would spread it so far or further with probability "
            f"{probability(found.p_value)} (Q = {found.q:.1f} on {counted(found.df, 'degree')} of freedom).")


def drift_sentence(found: Multicalibration) -> str:
    """Return the multicalibration error of the groups looked at in words, as Markdown."""
    if found.reason is not None:
        return f"Multicalibration error: {plain(found.reason, 200)}."
    return (f"Multicalibration error {found.value:.3f}: of {counted(found.groups, 'group')} looked at, "
            f"{markdown(found.group, 40)} drifts furthest, {found.sigmas:.1f} times what chance does "
            f"(p {probability(found.p_value)} after Bonferroni).")


def implied_sentence(found: GroupingCalibration) -> str:
    """Return the gap between groups' positives, and the gap that calibration alone implies."""
    gap = found.positive_class_gap
    if gap.reason is not None or np.isnan(gap.observed):
        return f"Balance for the positive class: {plain(gap.reason or 'not estimable', 200)}."
    return (f"Mean scores of those with the outcome differ by {gap.observed:.3f} between groups; a perfectly "
            f"calibrated version of this score implies a positive-class balance gap of {gap.implied:.3f}, because base "
            "rates and the spread of scores differ between groups (no intervals are worked out here).")


def probability(p: float) -> str:
    """Return a p-value in words.

    >>> probability(0.0002), probability(0.0421), probability(float("nan"))
    ('< 0.001', '0.042', 'not estimable')
    """
    return "not estimable" if p != p else "< 0.001" if p < 0.001 else f"{p:.3f}"


def banded(found: Banded) -> str:
    """Return a measure with what a calibrated score of this size would show."""
    if np.isnan(found.value):
        return plain(found.reason or "not estimable", 160)
    if np.isnan(found.noise_high):
        return f"{found.value:.4f} ({plain(found.noise_reason or 'no noise band', 120)})"
    return f"{found.value:.4f} (calibrated: {found.noise_mean:.4f}, up to {found.noise_high:.4f})"


def left_out(found: GroupingCalibration, shown: Sequence[int]) -> str | None:
    """Return, as Markdown, which groups a chart of panels leaves out and why; None where it leaves out none."""
    small = [g for g, group in enumerate(found.measured) if 0 < group.n < found.min_group]
    more = [g for g, group in enumerate(found.measured) if group.n >= found.min_group and g not in shown]
    words = []
    if small:
        words.append(f"Under {found.min_group} rows, so without a panel: " + ", ".join(
            f"{badge(g)} {markdown(found.measured[g].name, 30)} ({found.measured[g].n})" for g in small[:8])
            + (f" and {len(small) - 8} more" if len(small) > 8 else ""))
    if more:
        words.append(f"{counted(len(shown), 'group')} with most rows {'is' if len(shown) == 1 else 'are'} drawn; "
                     f"{len(more)} more {'is' if len(more) == 1 else 'are'} in the table")
    return ". ".join(words) + "." if words else None
