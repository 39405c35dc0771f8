"""The numbers of the threshold page: disparities first, then rates by group, each with interval and denominator."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import streamlit as st

from engine.assessment import Assessment, Disparity, GroupingResult
from engine.charts import estimates
from engine.charts.theme import SHOWN, badge
from engine.glossary import GLOSSARY
from engine.metrics import DISPARITIES
from engine.text import markdown
from engine.types import Estimate
from pages.parts import definitions, drawing

CARDS = ("disparate_impact_ratio", "demographic_parity_difference", "equal_opportunity_difference",
         "predictive_equality_difference", "equalized_odds_difference")
LISTED = 30           # groups in the table on the page; the file has all


def cards(result: GroupingResult, level: float) -> None:
    """Draw the disparities most asked for: value, interval, what chance alone gives, which groups."""
    for column, key in zip(st.columns(len(CARDS), gap="small"), CARDS, strict=True):
        with column, st.container(border=True, height="stretch", gap="xxsmall"):
            _card(key, result.disparities[key], result)
    left_out(result, level)


def chance(result: GroupingResult, level: float, keys: Sequence[str]) -> None:
    """Draw, under the explorer, the interval of each of its disparities and how far chance alone would take it."""
    table: dict[str, list[str]] = {"": [f"{100 * level:g} % interval", "chance alone"]}
    for key in keys:
        gap = result.disparities[key]
        if isnan(gap.value):
            cells = [f":small[{markdown(gap.reason, 200)}]", ""]
        else:
            cells = [f"{gap.low:.3f} to {_end(gap.high)}", _chance(gap).removeprefix("chance alone ")]
        table[definitions.escaped(DISPARITIES[key].name.capitalize())] = cells
    st.table(table, border="horizontal", hide_index=True)
    left_out(result, level)


def gaps(result: GroupingResult) -> None:
    """Draw all disparities on one chart."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("All disparities", anchor=False, width="content")
        definitions.offer((*DISPARITIES, "max_min", "noise_band", "simultaneous_pairwise", "four_fifths"))
    drawing.chart(estimates.disparities(result), "disparities")


def rates(
    answer: Assessment, result: GroupingResult, keys: Sequence[str], order: Sequence[int], view: str
) -> None:
    """Draw the rates of each group as a table; `view` is ``rates``, ``difference`` or ``ratio`` to the reference."""
    if view == "rates":
        found = {key: result.rates[key] for key in keys}
    else:
        found = {key: kind for key in keys if (kind := result.against_reference[view].get(key)) is not None}
        st.caption(f"Reference group: {markdown(result.names[result.reference])}, "
                   + ("chosen on the data page." if result.reference_given else "the largest."))
    rows = list(order)[:LISTED]
    table: dict[str, list[str]] = {"Group": [_name(result, g) for g in rows]}
    table["Rows"] = [grey(f"{result.sizes[g]:,}", result, g) for g in rows]
    for key in found:
        shares = view != "ratio" and key not in estimates.NOT_SHARES
        table[_heading(key)] = [grey(_cell(found[key][g], result.names[g], shares), result, g) for g in rows]
    if view == "rates":
        _everybody(table, answer, list(found))
    st.table(table, border="horizontal", hide_index=True)
    _under(answer, result, list(found), len(order), view)


def order(result: GroupingResult, key: str, worst_first: bool) -> list[int]:
    """Return the groups in the order of the grouping, or those furthest from everybody's rate first.

    Groups without rows are left out; small ones come after the others where worst come first.
    """
    kept = [g for g in range(len(result.names)) if result.sizes[g]]
    if not worst_first and len(kept) <= SHOWN:
        return kept
    return estimates.furthest_first(result, key, kept)


def _card(key: str, gap: Disparity, result: GroupingResult) -> None:
    name = definitions.escaped(DISPARITIES[key].name.capitalize())
    value = "–" if isnan(gap.value) else f"{gap.value:.3f}"
    st.caption(name, help=definitions.tooltip(key))
    st.metric(name, value, label_visibility="collapsed")
    if isnan(gap.value):
        st.caption(markdown(gap.reason, 200))
        return
    lines = [f"{gap.low:.3f} to {_end(gap.high)}", _chance(gap), _groups(gap, result)]
    if key == "disparate_impact_ratio":
        lines.append("four-fifths convention: 0.80")
    st.caption(":small[" + "]  \n:small[".join(lines) + "]")


def gap_cell(gap: Disparity) -> str:
    """Return a disparity with its interval and what chance alone gives, or why there is none, as Markdown."""
    if isnan(gap.value):
        return f":small[{markdown(gap.reason, 200)}]"
    return f"**{gap.value:.3f}** :small[{gap.low:.3f} to {_end(gap.high)}; {_chance(gap)}]"


def cell(estimate: Estimate, name: str, key: str) -> str:
    """Return a rate with its interval and denominator, or why there is none, as Markdown."""
    return _cell(estimate, name, key not in estimates.NOT_SHARES)


def _end(value: float) -> str:
    return "no upper bound" if isnan(value) else f"{value:.3f}"


def _chance(gap: Disparity) -> str:
    if isnan(gap.noise_high):
        return definitions.escaped(gap.noise_reason or "no noise band")
    p = "p\u00a0<\u00a00.001" if gap.p_value < 0.001 else f"p\u00a0=\u00a0{gap.p_value:.3f}"
    return f"chance alone to\u00a0{gap.noise_high:.3f}, {p}"


def _groups(gap: Disparity, result: GroupingResult) -> str:
    words = [f"{word} **{badge(result.names.index(name))}** {markdown(name, 24)}"
             for word, name in (("highest", gap.highest), ("lowest", gap.lowest)) if name is not None]
    return "]  \n:small[".join(words)


def left_out(result: GroupingResult, level: float) -> None:
    """Say how sure the numbers are, and which groups are too small for them; those stay in the table."""
    small = [g for g in range(len(result.names)) if result.small[g] and result.sizes[g]]
    sure = f"Largest against smallest group, with {100 * level:g} % intervals; “chance alone” is the noise band."
    if not small:
        st.caption(sure, help=definitions.tooltip("noise_band"))
        return
    named = ", ".join(f"{badge(g)} {markdown(result.names[g], 30)} ({result.sizes[g]:,})" for g in small[:8])
    more = f" and {len(small) - 8:,} more" if len(small) > 8 else ""
    st.caption(f"{sure} Under {result.min_group} rows, so kept out and shown in grey: {named}{more}.",
               help=definitions.tooltip("noise_band") + "\n\n" + definitions.tooltip("minimum_group_size"))


def _name(result: GroupingResult, g: int) -> str:
    name = f"**{badge(g)}** {markdown(result.names[g], 40)}"
    return grey(f"{name} (small)", result, g) if result.small[g] else name


def grey(words: str, result: GroupingResult, g: int) -> str:
    return f":gray[{words}]" if result.small[g] else words


def _heading(key: str) -> str:
    name = GLOSSARY[key].name
    return definitions.escaped(name[0].upper() + name[1:])


def _cell(estimate: Estimate, name: str, shares: bool) -> str:
    """Return a number with its interval and denominator, or why there is none, as Markdown."""
    if isnan(estimate.value):
        reason = (estimate.reason or "not estimable").removeprefix(f"not estimable: {name} ")
        words = reason if reason == estimate.reason else f"not estimable: {reason}"
        return f":small[{markdown(words, 120)}]"
    scale, digits, unit = (100, 1, " %") if shares else (1, 3, "")
    number = f"**{scale * estimate.value:.{digits}f}{unit}**".replace(" ", "\u00a0")
    if isnan(estimate.low) or isnan(estimate.high):
        return f"{number} :small[{markdown(estimate.reason or 'no interval', 120)}]"
    ends = f"{scale * estimate.low:.{digits}f} to {scale * estimate.high:.{digits}f}".replace(" ", "\u00a0")
    return f"{number} :small[{ends} of\u00a0{estimate.n:,.0f}]"


def _everybody(table: dict[str, list[str]], answer: Assessment, keys: Sequence[str]) -> None:
    table["Group"].append("**Everybody**")
    table["Rows"].append(f"{answer.rows_used:,}")
    for key in keys:
        table[_heading(key)].append(_cell(answer.overall.rates[key][0], "all", key not in estimates.NOT_SHARES))


def _under(answer: Assessment, result: GroupingResult, keys: Sequence[str], groups: int, view: str) -> None:
    level = f"Intervals at {100 * answer.request.level:g} %."
    if answer.unscored:
        level += f" {answer.unscored:,} rows without a score are left out."
    unknown = answer.rows_used - answer.labelled
    if unknown:
        level += f" {unknown:,} rows without an outcome count in selection and favourable rates alone."
    if groups > LISTED:
        level += f" {LISTED} of {groups:,} groups are shown, those furthest from everybody first; the file has all."
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(level, width="content")
        definitions.offer((*keys, "wilson") if view == "rates" else (*keys, "reference_group", "newcombe", "mover"))
        drawing.download(estimates.all_rates(answer, result), "rates-by-group", "rates")
